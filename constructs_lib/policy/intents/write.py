"""WriteSecrets: write the values of secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import SECRETS
from constructs_lib.policy.kms_key_conditions import keep_key, pinned_to_keys
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Statement, on_secrets, use_key


@dataclass(frozen=True)
class WriteSecrets(AllowIntent):
    """Write the values of secrets: the intent of `SecretWriter`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups write the values of secrets, and read none."
    effect = """\
It allows PutSecretValue, UpdateSecretVersionStage and UpdateSecret on the secrets. For secrets with
an `encryption_key` it also allows `kms:GenerateDataKey` and `kms:Decrypt` with that key: for these
secrets alone, and only in requests of Secrets Manager.

UpdateSecret could also move a secret to another KMS key. It is allowed while the secret keeps the
`encryption_key` of its scope: a request omits the key, or names it by its ARN
(`secretsmanager:KmsKeyArn`; an alias or a key id is denied). For a scope without a key, a request
may name none."""
    leaves_open = """\
The description of the secret. The current version, and so the value that readers get: a staging
label can be moved back to an older version. It allows no read of values or metadata: add a
`SecretReader` or `SecretDescriber` for that."""
    source = """\
AWS, "Actions, resources, and condition keys for AWS Secrets Manager"
(docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html) and
"Secret encryption and decryption"
(docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html)."""

    secrets: Secrets = field(metadata=SECRETS)

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets."""
        return scopes_of(self.secrets)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        actions = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
        return [
            *on_secrets("WriteSecretValue", "Allow", actions, scopes),
            *pinned_to_keys("UpdateSecretValue", "secretsmanager:UpdateSecret", scopes, keep_key),
            # Secrets Manager requests a data key, and its decryption. kms:Encrypt, which moves
            # older versions to another key, is left out. https://docs.aws.amazon.com/
            # secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
            *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
        ]
