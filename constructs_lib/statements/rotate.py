"""Rotate secrets, as a rotation function does."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import Condition, Statement, on_all, on_secrets, use_key


def rotate(
    scopes: Sequence[SecretScope],
    *,
    superuser_scopes: Sequence[SecretScope] = (),
    rotation_function: str | None = None,
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """Replace the secrets' values, with the help of a superuser's where there is one.

    AWS's example for the key also has kms:DescribeKey, under an encryption context that requests
    of DescribeKey do not have: it would be allowed never, and is left out.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/
    rotating-secrets-required-permissions-function.html
    """
    actions = (
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    )
    own = "secretsmanager:resource/AllowRotationLambdaArn"
    with_function = (
        () if rotation_function is None else (Condition("ArnEquals", own, (rotation_function,)),)
    )
    read = ("secretsmanager:GetSecretValue",)
    statements = [
        *on_secrets("ReplaceSecretValue", "Allow", actions, scopes, *with_function),
        *on_secrets("ReadSuperuserSecret", "Allow", read, superuser_scopes),
        on_all("GetRandomPassword", "secretsmanager:GetRandomPassword"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
        *use_key("DecryptSuperuserSecret", ("kms:Decrypt",), superuser_scopes),
    ]
    return limited(statements, conditions)
