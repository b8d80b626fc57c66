"""Create secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.arns import ANY_SUFFIX
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import Statement, on_all, on_secrets, use_key


def create(
    scopes: Sequence[SecretScope], *, conditions: AccessConditions | None = None
) -> list[Statement]:
    """Create the secrets."""
    for scope in scopes:
        # A secret that does not exist has no tags, and no six characters yet.
        if scope.tags or not scope.arn.endswith((ANY_SUFFIX, "*")):
            raise SecretAccessError(
                f"secrets to create is {shown((scope.tags and dict(scope.tags)) or scope.arn)}",
                allowed="a name, name prefix or partial ARN is allowed for secrets to create",
                remedy="use SecretScope.from_secret_name or from_secret_name_prefix",
            )
    statements = [
        *on_secrets("CreateSecret", "Allow", ("secretsmanager:CreateSecret",), scopes),
        on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)
