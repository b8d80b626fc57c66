"""Administer secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import Statement, on_all, on_secrets, use_key


def administer(
    scopes: Sequence[SecretScope], *, conditions: AccessConditions | None = None
) -> list[Statement]:
    """Use, change, rotate, delete and restore the secrets: the article's nine actions."""
    actions = (
        "secretsmanager:GetSecretValue",
        "secretsmanager:DescribeSecret",
        "secretsmanager:RestoreSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "secretsmanager:DeleteSecret",
        "secretsmanager:RotateSecret",
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:UpdateSecret",
    )
    statements = [
        *on_secrets("AdministerSecret", "Allow", actions, scopes),
        on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)
