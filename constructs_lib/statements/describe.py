"""Describe secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import check_flag
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import Statement, on_all, on_secrets, tagged
from constructs_lib.tags import Tags


def describe(
    scopes: Sequence[SecretScope],
    *,
    list_all: bool = False,
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """See the secrets' metadata, and no value."""
    check_flag("list", list_all)
    actions = (
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:GetResourcePolicy",
    )
    statements = [*on_secrets("DescribeSecret", "Allow", actions, scopes)]
    if list_all:
        statements.append(on_all("ListSecrets", "secretsmanager:ListSecrets"))
    return limited(statements, conditions)


def describe_tagged(tags: Tags, *, conditions: AccessConditions | None = None) -> list[Statement]:
    """Describe every secret that carries the tags."""
    actions = ("secretsmanager:DescribeSecret",)
    statement = Statement("DescribeTaggedSecrets", "Allow", actions, ("*",), tagged(tags))
    return limited([statement], conditions)
