"""RotateSecrets: replace the values of secrets, as a rotation function does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import option
from constructs_lib.policy.option_validation import RotationFunction, check_function
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Condition, Statement, on_all, on_secrets, use_key


@dataclass(frozen=True)
class RotateSecrets(AllowIntent):
    """Replace the values of secrets, as a rotation function does: the intent of `SecretRotator`.

    AWS's example for the key also has kms:DescribeKey, under an encryption context that requests of
    DescribeKey do not have. It would never be allowed, and is left out.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/
    rotating-secrets-required-permissions-function.html

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets the role of a rotation function replace the values of secrets."
    effect = """\
It allows DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on the
secrets, and GetRandomPassword on `*`, the only resource that AWS authorizes it on; that action
returns a random text, and nothing of a secret. For secrets with an `encryption_key` it also allows
`kms:Decrypt` and `kms:GenerateDataKey` with that key: for these secrets alone, and only in requests
of Secrets Manager.

That is enough for the single user strategy. For alternating users, `superuser_secrets` also allows
GetSecretValue on the secret of a superuser, and `kms:Decrypt` with its key.

Other policies must allow the further needs of the function: the network interfaces of a function in
a VPC (`AWSLambdaVPCAccessExecutionRole`, which CDK adds), the read-only calls of Amazon RDS if RDS
manages the secret of the superuser (`AmazonRDSReadOnlyAccess`), and the policy of the function,
which lets Secrets Manager invoke it."""
    leaves_open = """\
The value, and the time of the change: the policy requires no rotation in progress. The current
version."""
    source = """\
AWS, "Lambda rotation function execution role permissions for AWS Secrets Manager"
(docs.aws.amazon.com/secretsmanager/latest/userguide/
rotating-secrets-required-permissions-function.html)."""

    secrets: Secrets = field(
        metadata=option(
            "the secrets to rotate, one or several, each an `ISecret` or a `SecretScope`."
        )
    )
    _: KW_ONLY
    superuser_secrets: Secrets | None = field(
        default=None,
        metadata=option(
            "the secrets whose credentials the function uses to change other credentials, for the "
            "alternating users strategy. They are read, and not written. Omitted, none.",
            samples=(
                SecretScope(
                    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/superuser-??????",
                    "eu-west-1",
                    "arn:aws:kms:eu-west-1:111122223333:key/prod-superuser",
                ),
            ),
            flag="superuser",
        ),
    )
    rotation_function: RotationFunction | str | None = field(
        default=None,
        metadata=option(
            "the Lambda function, or its ARN, that a secret must be configured with "
            "(`secretsmanager:resource/AllowRotationLambdaArn`); the ARN is compared exactly. "
            "Omitted, any function or none.",
            samples=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
            flag="rotation-function",
            metavar="ARN",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets to rotate."""
        return scopes_of(self.secrets)

    @cached_property
    def other_scopes(self) -> tuple[SecretScope, ...]:
        """The secrets of superusers."""
        return () if self.superuser_secrets is None else scopes_of(self.superuser_secrets)

    @cached_property
    def _function(self) -> str | None:
        return None if self.rotation_function is None else check_function(self.rotation_function)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        actions = (
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        )
        configured = "secretsmanager:resource/AllowRotationLambdaArn"
        function = self._function
        conditions = () if function is None else (Condition("ArnEquals", configured, (function,)),)
        read = ("secretsmanager:GetSecretValue",)
        return [
            *on_secrets("ReplaceSecretValue", "Allow", actions, scopes, *conditions),
            *on_secrets("ReadSuperuserSecret", "Allow", read, self.other_scopes),
            on_all("GetRandomPassword", "secretsmanager:GetRandomPassword"),
            *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
            *use_key("DecryptSuperuserSecret", ("kms:Decrypt",), self.other_scopes),
        ]
