"""Intent: the purpose of a policy, as a value that has statements and documents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import Field, dataclass, field, fields
from functools import cached_property
from typing import ClassVar

from constructs_lib.aws.arns import check_key_region
from constructs_lib.aws.tokens import REGION
from constructs_lib.errors import InvalidOptionError
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.apply_conditions import apply_conditions
from constructs_lib.policy.document import ANY_ACCOUNT, PolicyDocument, document_for_account
from constructs_lib.policy.frozen_mapping import FrozenMapping
from constructs_lib.policy.intents.option import Option, option, option_of
from constructs_lib.policy.other_accounts import refuse_secrets_of_other_accounts
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement


@dataclass(frozen=True)
class Intent(ABC):
    """The purpose of a policy: which access to which secrets.

    An intent is a value: it is compared by its options, and it does not change. It validates itself
    when it is made. `SecretPolicy` attaches one or several, and each construct attaches one.

    Attributes:
        summary: one sentence on it.
        effect: the access that it allows or denies, in paragraphs.
        leaves_open: the access that it does not prevent.
        source: the AWS pages that its facts are from.
    """

    summary: ClassVar[str]
    effect: ClassVar[str]
    leaves_open: ClassVar[str]
    source: ClassVar[str]

    def __post_init__(self) -> None:
        """Validate the options: an intent that exists has statements. Then copy its collections."""
        _ = self._all_statements
        for documented in fields(self):
            value = getattr(self, documented.name)
            if isinstance(value, list):  # the caller can change it, and a value does not change
                object.__setattr__(self, documented.name, tuple(value))
            elif isinstance(value, dict):
                object.__setattr__(self, documented.name, FrozenMapping(value))

    @property
    @abstractmethod
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets, which several documents can divide among themselves."""

    @property
    def other_scopes(self) -> tuple[SecretScope, ...]:
        """Further secrets, which every document has."""
        return ()

    @property
    def named_principals(self) -> tuple[str, ...]:
        """The ARNs of the principals that options name; they are of the policy's own account."""
        return ()

    @property
    def deciding_tag_keys(self) -> frozenset[str]:
        """The tag keys that decide on which secrets the statements cover, in lower case."""
        scopes = (*self.scopes, *self.other_scopes)
        return frozenset(key.lower() for scope in scopes for key, _ in scope.tags)

    @property
    def free_tag_keys(self) -> frozenset[str]:
        """The tag keys that the statements allow to set to any value, in lower case."""
        return frozenset()

    def statements(self, scopes: Sequence[SecretScope] | None = None) -> list[Statement]:
        """Return the statements of the intent, on some of its `scopes`. Omitted, on all of them."""
        if scopes is None or (len(scopes) == len(self.scopes) and tuple(scopes) == self.scopes):
            return list(self._all_statements)
        return self._conditioned(self._statements(scopes))

    def document(
        self,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
    ) -> PolicyDocument:
        """Return the policy document as plain JSON, which takes no CDK app and no Node.js.

        It is for the inline policy of a permission set, for the template of a stack set, or for
        the IAM console.

        >>> from constructs_lib import ReadSecrets, SecretScope
        >>> database = SecretScope.from_secret_name("prod/db")
        >>> document = ReadSecrets(database).document(region="eu-west-1", account="111122223333")
        >>> document["Statement"][0]["Resource"]
        'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????'

        Args:
            region: the Region of the secrets whose scope names none.
            account: the account of the secrets whose scope names none. `"*"` stands for the account
                of the principal: the document fits every account, and allows access to secrets of
                the principal's own account alone (`aws:ResourceAccount`). A Deny is then for
                secrets of those names in every account.
            partition: such as `aws-cn`. Omitted, it is the Region's.

        Raises:
            InvalidOptionError: if a statement depends on a Region or account that is omitted, a
                value is not one that AWS has, or a key is of another Region than the secrets.
        """
        scopes = (*self.scopes, *self.other_scopes)
        for scope in scopes:
            if scope.key_arn and scope.region == REGION:
                check_key_region(scope.key_arn, scope.key_region, region)
        if isinstance(account, str) and account != ANY_ACCOUNT:
            refuse_secrets_of_other_accounts([self], account)
        return document_for_account(
            self.statements(),
            region=region,
            account=account,
            partition=partition,
            regions=[scope.region for scope in scopes],
            named_principals=self.named_principals,
        )

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the options by name, in the order in which they are documented."""
        return {name: documented for name, (_, documented) in option_fields(cls).items()}

    @cached_property
    def _all_statements(self) -> tuple[Statement, ...]:
        return tuple(self._conditioned(self._statements(self.scopes)))

    @abstractmethod
    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        """Return the statements on `scopes`."""

    def _conditioned(self, statements: list[Statement]) -> list[Statement]:
        return statements


@dataclass(frozen=True)
class AllowIntent(Intent):
    """An intent that allows something, under conditions that all such intents share."""

    conditions: AccessConditions | None = field(
        default=None,
        kw_only=True,
        metadata=option(
            "the conditions of the access: from which network, and by whom. Omitted, the access "
            "has no further condition.",
            leaves_open="See [AccessConditions](#accessconditions).",
            samples=(
                AccessConditions(
                    vpc_endpoints=["vpce-0123456789abcdef0"],
                    organization_id="o-a1b2c3d4e5",
                    mfa=True,
                ),
            ),
        ),
    )

    def _conditioned(self, statements: list[Statement]) -> list[Statement]:
        return apply_conditions(statements, self.conditions)


def check_together(intents: Sequence[Intent]) -> None:
    """Refuse intents of one policy of which one allows to set the tags that decide on another."""
    for intent in intents:
        for other in intents:
            if keys := sorted(intent.free_tag_keys & other.deciding_tag_keys):
                raise InvalidOptionError(
                    "tag_keys",
                    must=f"not contain a tag key that decides on the secrets of a "
                    f"{type(other).__name__} of the policy: a principal that sets it chooses them",
                    got=keys[0],
                    remedy="omit it from tag_keys, or choose the secrets by name",
                )


def option_fields(intent: type[Intent]) -> dict[str, tuple[Field[object], Option]]:
    """Return the fields of the options by name; the shared `conditions` is the last."""
    documented = {
        found.name: (found, documentation)
        for found in fields(intent)
        if (documentation := option_of(found.metadata)) is not None
    }
    if "conditions" in documented:
        documented["conditions"] = documented.pop("conditions")
    return documented
