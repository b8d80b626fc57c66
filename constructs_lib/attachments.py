"""What an app has attached to each principal so far: IAM's quotas are for all of it together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from constructs import Construct

from constructs_lib.documents import longest_length
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.measure import Measure
from constructs_lib.placeholders import has_token
from constructs_lib.principals import Principal
from constructs_lib.quotas import (
    ATTACHED_QUOTAS,
    INLINE_QUOTAS,
    Kind,
    check_attached,
    check_length,
)
from constructs_lib.statements import Statement


@dataclass
class _Load:
    """What one principal has: so many managed policies, and inline ones, at their longest."""

    managed: int = 0
    inline: list[tuple[int, Sequence[Statement]]] = field(default_factory=list)
    inline_names: set[str] = field(default_factory=set)


_loads: dict[object, _Load] = {}


def _identity(principal: Principal) -> object:
    """Return what tells a principal from others: the reference that CDK has for it.

    In Python, what CDK makes is another object each time that it is read, as `function.role` is.
    """
    (first, *_) = getattr(principal, "_delegates", (principal,))
    reference = getattr(first, "__jsii_ref__", None)
    return principal if reference is None else reference.ref


class Attachment:
    """What one construct attaches to each of its principals.

    Two imports of one principal are two here. `SecretAccessChecks` counts in the templates, where
    they are one, and also counts what others attach.
    """

    def __init__(
        self,
        scope: Construct,
        measure: Measure,
        *,
        managed: int = 0,
        inline: Sequence[Statement] = (),
        inline_name: str | None = None,
    ) -> None:
        """Attach so many managed policies, or these statements as an inline policy."""
        self._scope, self._measure = scope, measure
        self._managed, self._inline, self._inline_name = managed, inline, inline_name
        self._longest = longest_length(inline) if inline else 0

    def check(self, kind: Kind, principal: Principal, name: str) -> None:
        """Refuse a principal that has no room for it."""
        load = _loads.get(_identity(principal), _Load())
        managed = load.managed + self._managed
        if managed > ATTACHED_QUOTAS[kind].default:
            context = self._scope.node.try_get_context
            check_attached(kind, _called(principal, name), managed, context)
        if self._inline:
            self._check_inline(kind, principal, name, load)

    def count(self, principal: Principal) -> None:
        """Count it as attached."""
        load = _loads.setdefault(_identity(principal), _Load())
        load.managed += self._managed
        if self._inline:
            load.inline.append((self._longest, self._inline))
        if self._inline_name is not None:
            load.inline_names.add(self._inline_name)

    def _check_inline(self, kind: Kind, principal: Principal, name: str, load: _Load) -> None:
        quota = INLINE_QUOTAS[kind]
        together = self._longest + sum(length for length, _ in load.inline)
        if together > quota:  # so far at their longest
            several = [self._inline, *(statements for _, statements in load.inline)]
            together = sum(self._measure.length(statements) for statements in several)
        if together > quota:
            what = f"inline policies of {kind} {shown(_called(principal, name))}"
            check_length(
                together,
                quota,
                what,
                "give fewer secrets, or one name prefix, or use PolicyType.MANAGED",
            )
        if self._inline_name is not None and self._inline_name in load.inline_names:
            raise SecretAccessError(
                f"{kind} {shown(_called(principal, name))} already has an inline policy called "
                f"{shown(self._inline_name)}",
                allowed="each inline policy of a principal has its own name: IAM puts one over "
                "another of that name without a word",
                remedy="give another policy_name, or leave it out",
            )


def _called(principal: Principal, name: str) -> str:
    """Return what a message calls a principal: its path in the app where it has no name yet."""
    return principal.node.path if has_token(name) else name
