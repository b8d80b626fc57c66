"""Comparing two sets of policies by their patterns: what both have in common is left out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from constructs_lib.errors import SecretAccessError, UndeterminedError
from constructs_lib.proof.iam.condition_operators import AnyTest, UnknownTest
from constructs_lib.proof.iam.evaluator import Policies
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.principal_matching import NamedAs, named_as
from constructs_lib.proof.iam.text_matching import includes as surely_includes
from constructs_lib.proof.symbolic.pattern_inclusion import includes, overlap
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.time_limit import seconds_left

_Statements = tuple[PolicyStatement, ...]


@dataclass(frozen=True)
class Grants:
    """What the policy of a resource, whichever is asked for, allows who asks.

    Attributes:
        given: whether there is such a policy. A key or a role always has one: where none is given
            it is taken to leave its use to the resource's own account.
        to_session: what is for everyone, or for the very session: nothing but a control policy
            limits it.
        to_principal: what is for the user or role itself.
        to_account: what is left to the policies that the account gives it.
        limited: whether the boundary and the session policy limit what is for the principal.
    """

    given: bool
    to_session: _Statements
    to_principal: _Statements
    to_account: _Statements
    limited: bool

    @property
    def every(self) -> _Statements:
        """All of them."""
        return (*self.to_session, *self.to_principal, *self.to_account)

    def beyond(self, other: "Grants") -> "Grants":
        """Return what the other does not grant as far or farther."""
        farther = (*other.to_session, *other.to_principal)
        return replace(
            self,
            to_session=not_covered(self.to_session, other.to_session),
            to_principal=not_covered(self.to_principal, farther),
            to_account=not_covered(self.to_account, other.every),
        )


@dataclass(frozen=True)
class Side:
    """The statements of one principal's policies.

    Attributes:
        identity: one of these must allow, unless a resource's policy grants past it.
        limits: the boundary and the session policy, each of which must allow likewise.
        levels: the levels of control policies, each of which must allow.
        denying: none of these may deny.
        grants: what the resource's policy allows. None: a resource is taken to be in the
            principal's account or to be shared with it, and to leave its use to the account.
    """

    identity: _Statements
    limits: tuple[_Statements, ...] = ()
    levels: tuple[_Statements, ...] = ()
    denying: _Statements = ()
    grants: Grants | None = None

    def changed(self, change: Callable[[_Statements], _Statements]) -> "Side":
        """Return the side with all its statements changed."""
        grants = self.grants
        return Side(
            change(self.identity),
            tuple(map(change, self.limits)),
            tuple(map(change, self.levels)),
            change(self.denying),
            grants
            and replace(
                grants,
                to_session=change(grants.to_session),
                to_principal=change(grants.to_principal),
                to_account=change(grants.to_account),
            ),
        )

    @property
    def layers(self) -> tuple[_Statements, ...]:
        """What must allow, one and all, where no resource grants past it."""
        return (self.identity, *self.limits, *self.levels)

    @property
    def allowing(self) -> _Statements:
        """The statements with which a request that is allowed begins."""
        return (*self.identity, *(self.grants.every if self.grants else ()))

    @property
    def empty(self) -> bool:
        """Return whether it is plain that nothing is allowed."""
        direct = self.grants and (self.grants.to_session or self.grants.to_principal)
        return not all(self.levels if direct else self.layers)


def side_of(
    policies: Policies, principal_class: PrincipalClass | None = None, *, granted: bool = False
) -> Side:
    """Return the statements of a principal's policies.

    Args:
        policies: its policies.
        principal_class: who asks. Omitted, or not known in person: whom statements name stays open.
        granted: whether what the resource's policy grants counts, or else is left open.

    Raises:
        SecretAccessError: if a grant names one session of the role that asks.
    """
    read = policies.statements
    named = granted or (principal_class is not None and principal_class.known)

    def about(statements: Iterable[PolicyStatement]) -> _Statements:
        return tuple(
            _about(principal_class, statements) if named and principal_class else statements
        )

    def allowing(statements: Iterable[PolicyStatement]) -> _Statements:
        return tuple(each for each in statements if each.allows)

    if principal_class is not None and principal_class.other is not None:
        # No policies are attached to it, and service control policies do not limit it.
        own = (*(read.resource or ()), *read.resource_control)
        return Side(
            identity=(),
            denying=about(each for each in own if not each.allows),
            grants=_grants_of(policies, principal_class),
        )
    limits = tuple(allowing(limit) for limit in (read.boundary, read.session) if limit is not None)
    return Side(
        identity=allowing(read.identity),
        limits=limits,
        levels=tuple(map(allowing, read.levels)),
        denying=about(each for each in read.every() if not each.allows),
        grants=_grants_of(policies, principal_class) if granted and principal_class else None,
    )


def _grants_of(policies: Policies, principal_class: PrincipalClass) -> Grants:
    read = policies.statements
    by_name: dict[NamedAs, list[PolicyStatement]] = {"session": [], "principal": [], "account": []}
    for statement in read.resource or ():
        named = statement.principals
        if not statement.allows or named is None:
            continue
        for found in _about(principal_class, [statement]):
            if found.principals is not None:
                raise UndeterminedError(
                    f"{statement.place} names a session of {principal_class.arn}",
                    allowed="a question about one of its sessions is allowed",
                    remedy="give the ARN of the session as principal",
                )
            other = principal_class.other
            how = named_as(named, principal_class.identity, possible=False)
            by_name["session" if other or how is None else how].append(found)
    return Grants(
        given=policies.resource is not None,
        to_session=tuple(by_name["session"]),
        to_principal=tuple(by_name["principal"]),
        to_account=tuple(by_name["account"]),
        limited=principal_class.identity.is_role or read.session is not None,
    )


def _about(
    principal_class: PrincipalClass, statements: Iterable[PolicyStatement]
) -> Iterator[PolicyStatement]:
    """Yield the statements about who asks. Where that is open, the principals stay in them."""
    for statement in statements:
        named = statement.principals is None or principal_class.is_named(statement.principals)
        if named:
            yield replace(statement, principals=None)
        elif named is None:
            yield statement


def cancel_common_statements(new: Side, old: Side) -> tuple[Side, Side]:
    """Return both sides, less what can't matter to whether `new` allows what `old` does not.

    - A Deny of `old` that `new` has too (or a wider one) can't be what the difference is about.
    - If no other Deny is left, and each limit of `old` is one of `new` too (or wider than one),
      then what `old`'s identity policies allow is not new, nor what its resource's policy grants.
      What is left of `new`'s is compared with those of `old`'s that overlap it. If nothing is left,
      nothing is new.
    """
    lost = not_covered(old.denying, new.denying)
    old = replace(old, denying=lost)
    if lost or not _limited_alike(new, old):
        return new, old
    left = not_covered(new.identity, old.identity)
    if new.grants is None or old.grants is None:
        return (
            replace(new, identity=left, denying=_overlapping(new.denying, left)),
            Side(_overlapping(old.identity, left)),
        )
    if old.grants.given and not new.grants.given:
        return new, old
    more = new.grants.beyond(old.grants)
    # A grant to the very session is not limited: that the request is within the limits of `old`
    # does not follow from such a grant of `new`.
    old = replace(old, limits=old.limits if more.to_session else (), levels=())
    if not more.every:  # then it is by what is left of the identity policies, or by nothing
        grants = new.grants if left else more
        old = replace(old, identity=_overlapping(old.identity, left))
        return replace(new, identity=left, grants=grants), old
    return (new if left else replace(new, grants=more)), old


def _limited_alike(new: Side, old: Side) -> bool:
    """Return whether each limit of `old` is one of `new` too, or wider than one."""
    levels = new.levels if new.grants else (*new.limits, *new.levels)
    freed = new.grants and old.grants and old.grants.limited and not new.grants.limited
    return not freed and all(
        any(not not_covered(after, before) for after in afters)
        for afters, befores in (
            ((*new.limits, *new.levels), old.limits),
            (levels, old.levels),
        )
        for before in befores
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
    return tuple(each for each in statements if any(may_overlap(each, one) for one in others))


def may_overlap(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether two statements share a request, as far as is known."""
    seconds_left()
    known = not (one.not_action or other.not_action or one.unknown_actions or other.unknown_actions)
    apart = known and not any(_perhaps_overlap(a, b) for a in one.actions for b in other.actions)
    if apart or one.not_resource or other.not_resource:
        return not apart
    return any(
        surely_includes(a, b) is not False
        if a.unknowns or b.unknowns
        else _perhaps_overlap(a.widest, b.widest)
        for a in one.resources
        for b in other.resources
    )


def _spelled_statement(each: PolicyStatement) -> tuple[object, ...]:
    """Return all that makes a statement what it is: not its place, nor its Sid."""
    return (
        each.allows,
        each.principals,
        frozenset(each.actions),
        frozenset(each.unknown_actions),
        each.not_action,
        frozenset(each.resources),
        each.not_resource,
        frozenset(map(_spelled, each.tests)),
        each.doubt,
    )


def covers(wide: PolicyStatement, narrow: PolicyStatement) -> bool:
    """Return whether whatever `narrow` is about, `wide` is about too (False: not by patterns)."""
    seconds_left()
    return (
        wide.principals == narrow.principals
        and (wide.doubt is None or _doubted_alike(wide, narrow))
        and {_spelled(test) for test in wide.tests} <= {_spelled(test) for test in narrow.tests}
        and _actions_included(narrow, wide)
        and _texts_included(narrow, wide)
    )


def _doubted_alike(one: PolicyStatement, other: PolicyStatement) -> bool:
    """Return whether two statements are in force, or not, together.

    A document that is not known may allow without denying, and deny without allowing.
    """
    return one.doubt == other.doubt and one.allows == other.allows


def _actions_included(narrow: PolicyStatement, wide: PolicyStatement) -> bool:
    if narrow.unknown_actions or wide.unknown_actions:
        if narrow.not_action or wide.not_action:
            return (narrow.actions, narrow.unknown_actions, narrow.not_action) == (
                wide.actions,
                wide.unknown_actions,
                wide.not_action,
            )
        everything = pattern("*") in wide.actions
        if not everything and not set(narrow.unknown_actions) <= set(wide.unknown_actions):
            return False
    return _included(narrow.actions, narrow.not_action, wide.actions, wide.not_action)


def _spelled(test: AnyTest) -> tuple[object, ...]:
    """Return all that makes a condition what it is: not its place."""
    if isinstance(test, UnknownTest):
        return (test.text,)
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
        or any(
            surely_includes(each, text) is True
            for each in outer
            if not each.variables and (each.unknowns or text.unknowns)
        )
        for text in inner
    )


def _included(
    inner: Sequence[Pattern], inner_not: bool, outer: Sequence[Pattern], outer_not: bool
) -> bool:
    """Return whether one union of patterns (or its complement) is included in another."""
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
