"""Describe secrets."""

from collections.abc import Sequence

from constructs_lib.errors import check_flag
from constructs_lib.scope import SecretScope
from constructs_lib.statements.statement import Statement, on_all, on_secrets, tagged
from constructs_lib.tags import Tags


def describe(scopes: Sequence[SecretScope], *, list_all: bool = False) -> list[Statement]:
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
    return statements


def describe_tagged(tags: Tags) -> list[Statement]:
    """Describe every secret that carries the tags."""
    action, conditions = "secretsmanager:DescribeSecret", tagged(tags)
    return [Statement("DescribeTaggedSecrets", "Allow", (action,), ("*",), conditions)]
