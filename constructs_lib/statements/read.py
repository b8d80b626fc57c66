"""Read the values of secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import SecretAccessError, check_flag
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import (
    Condition,
    Statement,
    on_all,
    on_secrets,
    use_key,
)


def read(
    scopes: Sequence[SecretScope],
    *,
    describe: bool = False,
    batch: bool = False,
    version_stages: tuple[str, ...] = (),
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """Read the secrets' values."""
    get, describe_secret = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
    statements: list[Statement] = []
    check_flag("describe", describe)
    check_flag("batch", batch)
    if version_stages and batch:
        raise SecretAccessError(
            "batch is given with version_stages",
            allowed="one of them is allowed: BatchGetSecretValue names no stage, so that "
            "GetSecretValue under that condition would refuse it every secret",
            remedy="leave out batch, or make a construct for each",
        )
    if version_stages:
        # DescribeSecret does not have this condition key: with it, it would be granted never.
        stage = Condition("ForAnyValue:StringEquals", "secretsmanager:VersionStage", version_stages)
        statements += on_secrets("ReadSecretValue", "Allow", (get,), scopes, stage)
        if describe:
            statements += on_secrets("DescribeSecret", "Allow", (describe_secret,), scopes)
    else:
        actions = (get, describe_secret) if describe else (get,)
        statements += on_secrets("ReadSecretValue", "Allow", actions, scopes)
    if batch:
        # It takes `*` alone, and gives no value that GetSecretValue does not.
        statements.append(on_all("BatchGetSecretValue", "secretsmanager:BatchGetSecretValue"))
    decrypt = use_key("DecryptSecretValue", ("kms:Decrypt",), scopes)
    return limited([*statements, *decrypt], conditions)
