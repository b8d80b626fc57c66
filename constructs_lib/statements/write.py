"""Write the values of secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.pins import keep_key, pinned_to_keys
from constructs_lib.statements.statement import Statement, on_secrets, use_key


def write(
    scopes: Sequence[SecretScope], *, conditions: AccessConditions | None = None
) -> list[Statement]:
    """Put new values into the secrets, and move their staging labels, without reading any value."""
    actions = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
    statements = [
        *on_secrets("WriteSecretValue", "Allow", actions, scopes),
        *pinned_to_keys("UpdateSecretValue", "secretsmanager:UpdateSecret", scopes, keep_key),
        # Secrets Manager asks for a data key, and has it decrypted too; kms:Encrypt, which moves
        # older versions to another key, is left out. https://docs.aws.amazon.com/
        # secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)
