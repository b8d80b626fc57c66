"""Comparing two sets of policies by their patterns: what both have in common is left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.conditions import Test
from constructs_lib.proof.evaluator import Policies
from constructs_lib.proof.patterns import Pattern, includes, overlap, pattern
from constructs_lib.proof.policies import PolicyStatement

_Statements = tuple[PolicyStatement, ...]


@dataclass(frozen=True)
class Side:
    """The statements of one principal's policies.

    Attributes:
        layers: of each of these (identity, boundary, session, control), one must allow.
        denying: none of these may deny.
    """

    layers: tuple[_Statements, ...]
    denying: _Statements


def side_of(policies: Policies) -> Side:
    """Return the statements of a principal's policies."""
    read = policies.statements
    limits = (read.boundary, read.session, *read.levels)
    layers = (read.identity, *(limit for limit in limits if limit is not None))
    return Side(
        tuple(tuple(each for each in layer if each.allows) for layer in layers),
        tuple(each for each in read.every() if not each.allows),
    )


def without_what_is_common(new: Side, old: Side) -> tuple[Side, Side]:
    """Return both sides, less what can't matter to whether `new` allows what `old` does not.

    - A Deny of `old` that `new` has too (or a wider one) can't be what the difference is about.
    - If no other Deny is left, and each limit of `old` is one of `new` too (or wider than one),
      then what `old`'s identity policies allow is not new. What is left of `new`'s is compared
      with those of `old`'s that overlap it. If nothing is left, nothing is new.
    """
    lost = not_covered(old.denying, new.denying)
    old = Side(old.layers, lost)
    limited = all(
        any(not not_covered(after, before) for after in new.layers[1:]) for before in old.layers[1:]
    )
    if lost or not limited:
        return new, old
    left = not_covered(new.layers[0], old.layers[0])
    return (
        Side((left, *new.layers[1:]), _overlapping(new.denying, left)),
        Side((_overlapping(old.layers[0], left),), ()),
    )


def not_covered(statements: _Statements, by: _Statements) -> _Statements:
    """Return the statements that no single one of `by` includes. Equal ones are found at once."""
    spelled = {_spelled_statement(each) for each in by}
    return tuple(
        each
        for each in statements
        if _spelled_statement(each) not in spelled and not any(covers(one, each) for one in by)
    )


def _overlapping(statements: _Statements, others: _Statements) -> _Statements:
    """Return the statements that share a request with one of the others, as far as is known."""
    return tuple(each for each in statements if any(_may_overlap(each, one) for one in others))


def _may_overlap(one: PolicyStatement, other: PolicyStatement) -> bool:
    apart = not (one.not_action or other.not_action) and not any(
        _perhaps_overlap(a, b) for a in one.actions for b in other.actions
    )
    if apart or one.not_resource or other.not_resource:
        return not apart
    return any(
        a.fixed is None or b.fixed is None or _perhaps_overlap(a.fixed, b.fixed)
        for a in one.resources
        for b in other.resources
    )


def _spelled_statement(each: PolicyStatement) -> tuple[object, ...]:
    """Return all that makes a statement what it is: not its place, nor its Sid."""
    return (
        each.allows,
        each.principals,
        frozenset(each.actions),
        each.not_action,
        frozenset(each.resources),
        each.not_resource,
        frozenset(map(_spelled, each.tests)),
    )


def covers(wide: PolicyStatement, narrow: PolicyStatement) -> bool:
    """Tell whether whatever `narrow` is about, `wide` is about too (False: not by patterns)."""
    return (
        wide.principals == narrow.principals
        and {_spelled(test) for test in wide.tests} <= {_spelled(test) for test in narrow.tests}
        and _included(narrow.actions, narrow.not_action, wide.actions, wide.not_action)
        and _texts_included(narrow, wide)
    )


def _spelled(test: Test) -> tuple[object, ...]:
    """Return all that makes a condition what it is: not its place."""
    return (test.name, test.quantifier, test.if_exists, test.key, test.values)


def _texts_included(narrow: PolicyStatement, wide: PolicyStatement) -> bool:
    inner, outer = narrow.resources, wide.resources
    if narrow.not_resource and wide.not_resource:
        inner, outer = outer, inner
    elif narrow.not_resource or wide.not_resource:
        fixed = [[each.fixed for each in texts if each.fixed] for texts in (inner, outer)]
        if len(fixed[0]) + len(fixed[1]) < len(inner) + len(outer):
            return False  # with variables in them
        return _included(fixed[0], narrow.not_resource, fixed[1], wide.not_resource)
    patterns = [each.fixed for each in outer if each.fixed is not None]
    return all(
        text in outer
        or (text.fixed is not None and any(_surely_includes(each, text.fixed) for each in patterns))
        or pattern("*") in patterns
        for text in inner
    )


def _included(
    inner: Sequence[Pattern], inner_not: bool, outer: Sequence[Pattern], outer_not: bool
) -> bool:
    """Tell whether one union of patterns (or its complement) is included in another."""
    if inner_not and outer_not:
        return _included(outer, False, inner, False)
    if inner_not:
        return pattern("*") in outer
    if outer_not:
        return not any(_perhaps_overlap(one, other) for one in inner for other in outer)
    return all(any(_surely_includes(wide, narrow) for wide in outer) for narrow in inner)


def _surely_includes(outer: Pattern, inner: Pattern) -> bool:
    try:
        return includes(outer, inner)
    except SecretAccessError:
        return False


def _perhaps_overlap(one: Pattern, other: Pattern) -> bool:
    try:
        return overlap(one, other)
    except SecretAccessError:
        return True
