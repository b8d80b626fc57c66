"""ReadSecrets: read the values of secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

from constructs_lib.aws.staging_labels import check_version_stages
from constructs_lib.errors import InvalidOptionError, Text, check_flag
from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import SECRETS, option
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Condition, Statement, on_all, on_secrets, use_key

_GET, _DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"


@dataclass(frozen=True)
class ReadSecrets(AllowIntent):
    """Read the values of secrets: the intent of `SecretReader`.

    >>> from constructs_lib import SecretScope
    >>> database = SecretScope.from_secret_name("prod/db")
    >>> [statement.sid for statement in ReadSecrets(database, batch=True).statements()]
    ['ReadSecretValue', 'BatchGetSecretValue']

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups read the values of secrets."
    effect = """\
It allows `secretsmanager:GetSecretValue` on the secrets. For secrets with an `encryption_key` it
also allows `kms:Decrypt` with that key: for these secrets alone, and only in requests of Secrets
Manager (`kms:ViaService`, `kms:EncryptionContext:SecretARN`). A condition on a key can't depend on
tags. For secrets by tags, the key decrypts every secret under it, but only the secrets with the
tags can be read.

The key policy must let the IAM policies of the account decide, as the default key policy does."""
    leaves_open = """\
Older versions of the value, unless `version_stages` excludes them. For secrets by tags, principals
that may tag secrets choose the secrets that are read."""
    source = """\
AWS, "Identity-based policies for Secrets Manager" and "Secret encryption and decryption"
(docs.aws.amazon.com/secretsmanager/latest/userguide)."""

    secrets: Secrets = field(metadata=SECRETS)
    _: KW_ONLY
    describe: bool = field(
        default=False,
        metadata=option(
            "also allow `secretsmanager:DescribeSecret` on them, for their metadata.",
            samples=(True,),
            flag="describe",
        ),
    )
    batch: bool = field(
        default=False,
        metadata=option(
            "also allow `secretsmanager:BatchGetSecretValue`, on `*`, which is the only resource "
            "that AWS authorizes it on. It returns only values that GetSecretValue allows too.",
            samples=(True,),
            flag="batch",
        ),
    )
    version_stages: Sequence[str] | None = field(
        default=None,
        metadata=option(
            "the staging labels, such as `AWSCURRENT`, of the versions that GetSecretValue may "
            "return. The condition is on the label in the request: a request without a label is "
            "denied, and so is a batch. Omitted, every version.",
            leaves_open="Principals that may move staging labels choose the version.",
            samples=(("AWSCURRENT",),),
            flag="version-stage",
            metavar="LABEL",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets."""
        return scopes_of(self.secrets)

    @cached_property
    def _stages(self) -> tuple[str, ...]:
        return check_version_stages(self.version_stages)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        check_flag("describe", self.describe)
        check_flag("batch", self.batch)
        if self._stages and self.batch:
            raise InvalidOptionError(
                "batch",
                must="be omitted with version_stages, as BatchGetSecretValue names no staging "
                "label, and each GetSecretValue in it would be denied",
                got=Text("both"),
                remedy="omit one of them, or make a policy for each",
            )
        statements: list[Statement] = []
        if self._stages:
            # DescribeSecret lacks this condition key: under the condition it is never allowed.
            stage = Condition(
                "ForAnyValue:StringEquals", "secretsmanager:VersionStage", self._stages
            )
            statements += on_secrets("ReadSecretValue", "Allow", (_GET,), scopes, stage)
            if self.describe:
                statements += on_secrets("DescribeSecret", "Allow", (_DESCRIBE,), scopes)
        else:
            actions = (_GET, _DESCRIBE) if self.describe else (_GET,)
            statements += on_secrets("ReadSecretValue", "Allow", actions, scopes)
        if self.batch:
            statements.append(on_all("BatchGetSecretValue", "secretsmanager:BatchGetSecretValue"))
        return [*statements, *use_key("DecryptSecretValue", ("kms:Decrypt",), scopes)]
