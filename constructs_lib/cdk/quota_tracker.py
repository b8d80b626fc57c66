"""The policies that an app attaches to each principal, counted against the quotas of IAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from constructs import Construct

from constructs_lib.aws.quotas import (
    ATTACHED_QUOTAS,
    INLINE_QUOTAS,
    Kind,
    check_attached,
    check_length,
)
from constructs_lib.aws.tokens import has_token
from constructs_lib.cdk.internals import identity_of
from constructs_lib.cdk.principals import Principal
from constructs_lib.cdk.size_estimate import SizeEstimate
from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.policy.document import longest_length
from constructs_lib.policy.statement import Statement


@dataclass
class _Load:
    """The policies of one principal: the number of managed ones, and inline ones with lengths."""

    managed: int = 0
    inline: list[tuple[int, Sequence[Statement]]] = field(default_factory=list)
    inline_names: set[str] = field(default_factory=set)


_loads: dict[object, _Load] = {}


class Attachment:
    """The policies that one construct attaches to each of its principals.

    Two imports of one principal count as two principals. `SecretAccessChecks` counts in the
    templates, where they are one, and also counts the policies of other constructs.
    """

    def __init__(
        self,
        scope: Construct,
        estimate: SizeEstimate,
        *,
        managed: int = 0,
        inline: Sequence[Statement] = (),
        inline_name: str | None = None,
    ) -> None:
        """Make it of a number of managed policies, or of the statements of an inline policy."""
        self._scope, self._estimate = scope, estimate
        self._managed, self._inline, self._inline_name = managed, inline, inline_name
        self._longest = longest_length(inline) if inline else 0

    def check(self, kind: Kind, principal: Principal, name: str) -> None:
        """Refuse a principal whose quota the policies would exceed."""
        load = _loads.get(identity_of(principal), _Load())
        managed = load.managed + self._managed
        if managed > ATTACHED_QUOTAS[kind].default:
            context = self._scope.node.try_get_context
            check_attached(kind, _name_or_path(principal, name), managed, context)
        if self._inline:
            self._check_inline(kind, principal, name, load)

    def count(self, principal: Principal) -> None:
        """Count it as attached."""
        load = _loads.setdefault(identity_of(principal), _Load())
        load.managed += self._managed
        if self._inline:
            load.inline.append((self._longest, self._inline))
        if self._inline_name is not None:
            load.inline_names.add(self._inline_name)

    def _check_inline(self, kind: Kind, principal: Principal, name: str, load: _Load) -> None:
        quota = INLINE_QUOTAS[kind]
        together = self._longest + sum(length for length, _ in load.inline)
        if together > quota:  # the sum of their longest lengths
            several = [self._inline, *(statements for _, statements in load.inline)]
            together = sum(self._estimate.length(statements) for statements in several)
        if together > quota:
            what = f"inline policies of {kind} {shown(_name_or_path(principal, name))}"
            check_length(
                together,
                quota,
                what,
                "give fewer secrets, or one name prefix, or use PolicyType.MANAGED",
            )
        if self._inline_name is not None and self._inline_name in load.inline_names:
            raise InvalidOptionError(
                "policy_name",
                must="be unique among the inline policies of a principal: IAM silently overwrites "
                "an inline policy with another of its name",
                got=Text(
                    f"{shown(self._inline_name)}, which "
                    f"{kind} {shown(_name_or_path(principal, name))} has already"
                ),
                remedy="give another policy_name, or omit it",
            )


def _name_or_path(principal: Principal, name: str) -> str:
    """Return the name of a principal, or its path in the app where it has no name yet."""
    return principal.node.path if has_token(name) else name
