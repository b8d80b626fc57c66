"""Requests at the borders of statements: what refutes a question is mostly among them."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.iam.condition_operators import ConditionTest
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.symbolic.goal import ProofGoal
from constructs_lib.proof.symbolic.pattern_inclusion import find_in_both, find_outside
from constructs_lib.proof.symbolic.principal_classes import ACCOUNT, ANOTHER, PrincipalClass
from constructs_lib.proof.symbolic.subsumption import may_overlap

# Actions that stand for all those that a wildcard matches.
USUAL_ACTIONS = ("secretsmanager:GetSecretValue", "kms:Decrypt", "sts:AssumeRole")

# How many of each are tried with each other, for one statement.
_MOST_NEIGHBOURS, _MOST_TEXTS, _MOST_CONTEXTS = 12, 16, 16


def candidate_counterexamples(goal: ProofGoal) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield requests that each statement left of `new` is about, and others just are or aren't.

    Each is an action in lower case, a resource and a context.
    """
    new, old = goal.new_side, goal.old_side
    lost = old.denying if old is not None else ()
    before = old.allowing if old is not None else ()
    # First those that what is no longer denied was about.
    first = [any(may_overlap(each, one) for one in lost) for each in new.allowing]
    for _, statement in sorted(
        zip(first, new.allowing, strict=True), key=lambda each: each[0], reverse=True
    ):
        # What is no longer denied, then what was never allowed, then what keeps it from being so.
        for neighbours in (lost, (*before, *new.denying)):
            near = list(islice(neighbours, _MOST_NEIGHBOURS))
            actions = _border(
                statement.actions,
                statement.not_action,
                goal.actions,
                [each.actions for each in near],
                _usual_actions,
            )
            resources = _resources(goal, statement, near)
            yield from product(
                list(islice(actions, _MOST_TEXTS)),
                list(islice(resources, _MOST_TEXTS)),
                list(islice(_contexts(statement, near), _MOST_CONTEXTS)),
            )


def _resources(
    goal: ProofGoal, statement: PolicyStatement, near: Sequence[PolicyStatement]
) -> Iterator[str]:
    if goal.resource is not None:
        yield goal.resource
        return
    if goal.instance is not None:
        for text in statement.resources:
            instance = goal.instance(text) if text.unknowns else None
            if instance is not None:
                yield instance
    yield from _border(
        _fixed_patterns(statement),
        statement.not_resource,
        goal.resources,
        [_fixed_patterns(each) for each in near],
        lambda one: _shaped(one, goal.principal_class),
    )


def _fixed_patterns(statement: PolicyStatement) -> list[Pattern]:
    return [text.fixed for text in statement.resources if text.fixed is not None]


def _border(
    patterns: Sequence[Pattern],
    negated: bool,
    within: Sequence[Pattern],
    others: Iterable[Sequence[Pattern]],
    likely: Callable[[Pattern], Iterable[Pattern]],
) -> Iterator[str]:
    """Yield texts that some pattern matches, and other patterns just don't."""
    wanted = within if negated else patterns
    for one in wanted:
        for candidate in dict.fromkeys((*likely(one), one)):
            for area in within:
                yield from _found(find_in_both, candidate, area)
            for other in {each for group in others for each in group}:
                yield from _found(find_outside, candidate, other)
                yield from _found(find_in_both, candidate, other)


def _found(
    find: Callable[[Pattern, Pattern], str | None], one: Pattern, other: Pattern
) -> Iterator[str]:
    with contextlib.suppress(SecretAccessError):  # it would take too long
        found = find(one, other)
        if found is not None:
            yield found


def _usual_actions(one: Pattern) -> Iterator[Pattern]:
    """Yield actions that everyone knows, where a pattern matches them."""
    for action in USUAL_ACTIONS:
        if not one.literal and one.matches(action.lower()):
            yield pattern(action.lower())


def _shaped(one: Pattern, principal_class: PrincipalClass) -> Iterator[Pattern]:
    """Yield patterns that name a resource in full where they can, in whichever account."""
    own = str(principal_class.identity.account) if principal_class.arn else ACCOUNT
    other = ANOTHER if own == ACCOUNT else ACCOUNT
    text = str(one)
    for account in (own, other) if principal_class.at_home else (other, own):
        if text == "*":
            yield pattern(f"arn:aws:secretsmanager:eu-west-1:{account}:secret:*")
            yield pattern(f"arn:aws:kms:eu-west-1:{account}:key/*")
        elif text.startswith("arn:") and not one.literal:
            parts = text.split(":", 5)
            if len(parts) == 6:
                filled = ("arn", "aws", "secretsmanager", "eu-west-1", account)
                parts[:5] = [
                    likely if part == "*" else part
                    for part, likely in zip(parts[:5], filled, strict=True)
                ]
                yield pattern(":".join(parts))


def _contexts(
    statement: PolicyStatement, others: Sequence[PolicyStatement]
) -> Iterator[dict[str, str]]:
    """Yield contexts that meet the statement, then some that also meet or miss other conditions."""
    base: dict[str, str] = {}
    for test in _known_tests(statement):
        value = _value_for(test)
        if value is not None:
            base[test.key] = value
            for variable in test.values[0].variables:
                base.setdefault(variable.key, _ANY)
    for text in statement.resources:
        for variable in text.variables:
            base.setdefault(variable.key, _ANY)
    yield base
    for other in others:
        for test in _known_tests(other):
            if test.key in base:
                continue
            value = _value_for(test)
            yield {**base, test.key: value or "other"}
            yield {**base, test.key: "other"}
            if test.negated:  # a value of which it does not hold
                yield {**base, test.key: _written(test.values[0]).partition("/")[0]}


_ANY = "any"


def _known_tests(statement: PolicyStatement) -> Iterator[ConditionTest]:
    return (test for test in statement.tests if isinstance(test, ConditionTest))


def _value_for(test: ConditionTest) -> str | None:
    """Return a value for which a condition is likely to hold; None: better absent."""
    if test.is_null or test.negated:
        absent = test.is_null and any(_written(value).lower() == "true" for value in test.values)
        return None if absent or test.negated else _ANY
    return _written(test.values[0]).replace("*", "x").replace("?", "x")


def _written(text: Text) -> str:
    """Return a text as a request has it, with its unknowns, and without variables."""
    return _ANY if text.variables else text.encoded
