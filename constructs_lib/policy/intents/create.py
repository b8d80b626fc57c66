"""CreateSecrets: create secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

from constructs_lib.aws.tags import Tags
from constructs_lib.errors import InvalidOptionError, Text, check_flag
from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import option
from constructs_lib.policy.kms_key_conditions import pinned_to_keys
from constructs_lib.policy.option_validation import check_required_tags
from constructs_lib.policy.secret_creation import check_creatable, requested, tag_new
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Condition, Statement, on_all, on_secrets, use_key


@dataclass(frozen=True)
class CreateSecrets(AllowIntent):
    """Create secrets: the intent of `SecretCreator`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups create secrets, under the names of the scope alone."
    effect = """\
It allows CreateSecret on the scope, and ListSecrets on `*`, the only resource that AWS authorizes
it on. For a scope with an `encryption_key` it also allows `kms:Decrypt` and `kms:GenerateDataKey`
with that key, which the creation of a secret under it needs. It does not allow to read or to
replicate the new secret. It allows to tag it with `required_tags` alone: CreateSecret with tags
needs TagResource too.

AWS CloudFormation creates a secret and then tags it, in two steps. A principal with
`required_tags` can't create secrets by a template: AWS denies the first step
(docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_tagging.html).\
"""
    leaves_open = """\
The value and the description of a new secret, and so the value that readers of such names get.
Without `pin_key`, the key of the secret."""
    source = """\
AWS, "Identity-based policies for Secrets Manager"
(docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html)."""

    secrets: Secrets = field(
        metadata=option(
            "one or several, by name, name prefix or partial ARN. Tags and complete ARNs are "
            "refused: a secret that does not exist yet has neither."
        )
    )
    _: KW_ONLY
    required_tags: Mapping[str, str | Sequence[str]] | None = field(
        default=None,
        metadata=option(
            "the tags that the request must give a new secret, all of them and no other "
            "(`aws:RequestTag`, `aws:TagKeys`). Several values of a key are alternatives. It also "
            "allows TagResource with exactly these tags, on the scope. Keys have at most 128 "
            "characters, values 256. Omitted, no tags.",
            leaves_open="An existing secret of the scope can get these tags if it has none of "
            "them yet. A secret with other values of them keeps its values.",
            samples=({"Project": "orders"},),
            flag="required-tag",
            metavar="KEY=VALUE",
        ),
    )
    pin_key: bool = field(
        default=False,
        metadata=option(
            "whether a new secret must be under the `encryption_key` of its scope, which the "
            "request names by its ARN (`secretsmanager:KmsKeyArn`). Omitted, a request may name "
            "another key that the principal may use, or none.",
            samples=(True,),
            flag="pin-key",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets to create."""
        return scopes_of(self.secrets)

    @cached_property
    def _tags(self) -> Tags:
        return check_required_tags(self.required_tags)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        check_flag("pin_key", self.pin_key)
        for secret_scope in scopes:
            check_creatable(secret_scope)
            if self.pin_key and secret_scope.key_arn is None:
                raise InvalidOptionError(
                    "pin_key",
                    must="be omitted, or every one of the secrets have an encryption_key",
                    got=Text(f"no encryption_key of {secret_scope.name!r}"),
                    remedy="give encryption_key to the SecretScope, or omit pin_key",
                )
        request = requested(self._tags)

        def with_key(key_arn: str | None) -> tuple[Condition, ...]:
            # A request without a key is for the AWS-managed one: hence no IfExists.
            key = "secretsmanager:KmsKeyArn"
            return (*request, *((Condition("ArnEquals", key, (key_arn,)),) if key_arn else ()))

        action = "secretsmanager:CreateSecret"
        return [
            *(
                pinned_to_keys("CreateSecret", action, scopes, with_key)
                if self.pin_key
                else on_secrets("CreateSecret", "Allow", (action,), scopes, *request)
            ),
            *(tag_new(scopes, self._tags) if self._tags else ()),
            on_all("ListSecrets", "secretsmanager:ListSecrets"),
            *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
        ]
