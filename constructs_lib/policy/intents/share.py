"""ShareSecret: share a secret with principals of other accounts.

It makes statements for the resource policy of the secret and for the policy of its key, where `*`
is the resource that has the policy. The other account must allow its principals the same access,
for which `ReadSecrets` is the intent.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import ClassVar

from constructs_lib.errors import InvalidOptionError, Text, check_flag
from constructs_lib.policy.intents.option import option
from constructs_lib.policy.option_validation import Role, User, check_sharing_principals
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement, use_key


@dataclass(frozen=True)
class ShareSecret:
    """Share a secret with principals of other accounts: the intent of `SecretShare`.

    It is no `Intent`: it makes resource-based policies, and `SecretPolicy` an identity-based one.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts, or the secret has no key of
            its own.
    """

    summary: ClassVar[str] = (
        "Lets roles and users of other accounts read the value of a secret: the side of its owner."
    )
    leaves_open: ClassVar[str] = (
        "To whom the other account gives the role or user. The principals need a policy of their "
        "own account too, such as a `SecretReader`."
    )

    secret: SecretScope = field(
        metadata=option(
            "a secret that the app makes, with a `secret_name`, under an `encryption_key` that the "
            "app makes too."
        )
    )
    _: KW_ONLY
    principals: Sequence[Role | User | str] = field(
        metadata=option(
            "the roles and users of other accounts, at least one. An existing one is imported by "
            "its ARN; a role that the app makes has a `role_name`.",
            flag="principal",
            metavar="ARN",
        )
    )
    describe: bool = field(
        default=False,
        metadata=option("also allow DescribeSecret.", samples=(True,), flag="describe"),
    )

    def __post_init__(self) -> None:
        """Validate the options."""
        if self.secret.tags or "*" in self.secret.arn:
            raise InvalidOptionError(
                "secret",
                must="be one secret, as each has a policy of its own",
                got=Text(
                    f"the scope {self.secret.arn!r}" + (" by tags" if self.secret.tags else "")
                ),
                remedy="share each secret, by its name or ARN",
            )
        self.statements()
        self.key_statements()

    @cached_property
    def _arns(self) -> tuple[str, ...]:
        arns = check_sharing_principals(self.principals)
        for arn in arns:
            if self.secret.account is not None and arn.split(":")[4:5] == [self.secret.account]:
                raise InvalidOptionError(
                    "principals",
                    must=f"be of other accounts than that of the secret, {self.secret.account}",
                    got=arn,
                    remedy="use ReadSecrets, or SecretReader",
                )
        return arns

    def statements(self) -> list[Statement]:
        """Return the statements for the resource policy of the secret."""
        check_flag("describe", self.describe)
        get, describe = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
        actions = (get, describe) if self.describe else (get,)
        return [Statement("ShareSecretValue", "Allow", actions, ("*",), principals=self._arns)]

    def key_statements(self) -> list[Statement]:
        """Return the statements for the key policy: decryption in requests of Secrets Manager.

        AWS's example also has kms:DescribeKey, which it does not allow in the other account: the
        two sides together grant kms:Decrypt alone.
        """
        if self.secret.key_arn is None:
            raise InvalidOptionError(
                "secret",
                must="be under a customer-managed key, as no other account can use the "
                "AWS-managed one",
                got=Text(f"no encryption_key of {self.secret.name!r}"),
                remedy="encrypt it with a key of your own, and give that as encryption_key",
            )
        decrypt = use_key("DecryptSharedSecret", ("kms:Decrypt",), [self.secret])
        return [
            replace(statement, resources=("*",), principals=self._arns) for statement in decrypt
        ]
