"""Grants that depend on the context of the request alone: the conditions, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from constructs_lib.proof.iam.condition_operators import AnyTest, ConditionTest
from constructs_lib.proof.iam.evaluator import PartialDecision
from constructs_lib.proof.iam.patterns import ANY, ONE
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.request import PartialRequest
from constructs_lib.proof.iam.text import Text

# Condition keys with the words for a positive comparison of their value.
_WORDS = {
    "aws:calledvia": "through {}",
    "aws:principalorgid": "from organization {}",
    "aws:principalorgpaths": "from organization path {}",
    "aws:requestedregion": "in {}",
    "aws:sourceip": "from {}",
    "aws:sourcevpc": "from {}",
    "aws:sourcevpce": "from {}",
    "kms:viaservice": "through {}",
}
_TAG_WORDS = {
    "aws:principaltag/": "the principal's tag",
    "aws:resourcetag/": "its tag",
    "secretsmanager:resourcetag/": "its tag",
}
_EQUAL = ("stringequals", "stringlike")
_MFA = "aws:multifactorauthpresent"

# Returns the decision on the request with further context keys; None: the key is absent.
Decide = Callable[[Mapping[str, "str | None"]], PartialDecision]


def context_conditions(
    decision: PartialDecision, request: PartialRequest, decide: Decide
) -> tuple[str, ...] | None:
    """Return the conditions under which an undetermined request is allowed.

    Args:
        decision: the decision on the request.
        request: the request.
        decide: returns the decision on the request with further context keys.

    Returns:
        The conditions in words. None: it depends on more than the context, or no context was found
        in which it is allowed.
    """
    if decision.allowed is not None or decision.possible is None:
        return None
    if not decision.doubts or any(doubt.key is None for doubt in decision.doubts):
        return None
    allowing = [each for each in decision.undetermined if each in decision.possible.statements]
    denying = [each for each in decision.undetermined if not each.allows]
    context: dict[str, str | None] = {}
    for statement in allowing:
        for test in _open_tests(statement, request):
            if isinstance(test, ConditionTest):
                context |= _satisfying(test)
    absent = {doubt.key: None for doubt in decision.doubts if doubt.key is not None}
    if not decide({**absent, **context}).allowed:
        return None
    conditions = [
        condition_in_words(test) for each in allowing for test in _open_tests(each, request)
    ]
    for statement in denying:
        tests = " and ".join(map(condition_in_words, _open_tests(statement, request)))
        conditions.append(f"unless {tests}")
    return tuple(dict.fromkeys(conditions))


def condition_in_words(test: AnyTest) -> str:
    """Return a condition as a reader says it."""
    if not isinstance(test, ConditionTest) or test.negated or test.is_null:
        return f"if {test}"
    values = " or ".join(map(str, test.values))
    if test.key == _MFA and values == "true" and not test.if_exists:
        return "with MFA"
    for begin, words in _TAG_WORDS.items():
        if test.key.startswith(begin) and test.name in _EQUAL and test.quantifier is None:
            tag = test.spelled_key.partition("/")[2]
            return f"if {words} {tag} is {values}" + (" or absent" if test.if_exists else "")
    if test.key in _WORDS and not test.if_exists and test.quantifier != "ForAllValues":
        return _WORDS[test.key].format(values)
    return f"if {test}"


def _open_tests(statement: PolicyStatement, request: PartialRequest) -> Iterator[AnyTest]:
    """Yield the conditions of a statement that are not determined."""
    for test in statement.tests:
        if test.holds(request.values, request.present) is None:
            yield test


def _satisfying(test: ConditionTest) -> dict[str, str | None]:
    """Return a value of the key for which a condition is likely to hold."""
    first = test.values[0]
    if test.negated:
        return {test.key: None}
    if test.is_null:
        return {test.key: None if str(first).lower() == "true" else "any"}
    if first.variables:
        return {}
    return {test.key: _without_wildcards(first)}


def _without_wildcards(text: Text) -> str:
    return "".join(
        piece.replace(ANY, "x").replace(ONE, "x")
        if isinstance(piece, str)
        else getattr(piece, "placeholder", "")
        for piece in text.pieces
    )
