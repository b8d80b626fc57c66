"""Write the values of secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.pins import pinned_to_keys
from constructs_lib.statements.statement import Condition, Statement, on_secrets, use_key

_KEY_ARN, _KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"


def write(
    scopes: Sequence[SecretScope], *, conditions: AccessConditions | None = None
) -> list[Statement]:
    """Put new values into the secrets, and move their staging labels, without reading any value."""
    actions = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
    statements = [
        *on_secrets("WriteSecretValue", "Allow", actions, scopes),
        *pinned_to_keys("UpdateSecretValue", "secretsmanager:UpdateSecret", scopes, _keep_key),
        # Secrets Manager asks for a data key, and has it decrypted too; kms:Encrypt, which moves
        # older versions to another key, is left out. https://docs.aws.amazon.com/
        # secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)


def _keep_key(key_arn: str | None) -> tuple[Condition, ...]:
    """Return the conditions that UpdateSecret leaves a secret under its key.

    A request that names no key has neither condition key, and keeps the secret's: hence IfExists,
    and Null where no key is known. One that names a key is told by KmsKeyArn, whose older form
    KmsKeyId is the text of the request, also where that is empty: AWS takes an empty text for the
    AWS-managed key, which has no ARN to compare.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
    """
    if key_arn is None:
        return Condition("Null", _KEY_ARN, ("true",)), Condition("Null", _KEY_ID, ("true",))
    return (
        Condition("ArnEqualsIfExists", _KEY_ARN, (key_arn,)),
        Condition("StringEqualsIfExists", _KEY_ID, (key_arn,)),
    )
