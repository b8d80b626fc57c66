"""The Conditions of a template: whether they hold, as far as a template tells."""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.values import DEEPEST, NeedsChoice, Resolver, has_macro


def truth_of(
    resolver: Resolver, expression: object, place: str, depth: int
) -> tuple[bool | None, NeedsChoice | None]:
    """Return whether an expression of conditions holds, or else what only the deployment knows."""
    if depth > DEEPEST:
        resolver.refuse(place, "leads too deep, or back to itself", "no circle is allowed")
    if has_macro(expression):
        return _made_by_macro(resolver, place)
    if not isinstance(expression, Mapping) or len(expression) != 1:
        resolver.refuse(place, f"is {shown(expression)}", "one function of conditions is allowed")
    ((function, argument),) = expression.items()
    if function == "Condition":
        declared = resolver.section("Conditions")
        if isinstance(argument, str) and (
            "Fn::Transform" in declared or (argument not in declared and has_macro(declared))
        ):
            return _made_by_macro(resolver, f"Conditions.{argument}")
        if not isinstance(argument, str) or argument not in declared:
            resolver.refuse(place, f"names {shown(argument)}", "one of its Conditions is allowed")
        return truth_of(resolver, declared[argument], f"Conditions.{argument}", depth + 1)
    if function == "Fn::Equals":
        one, other = (
            resolver.as_text(resolver.resolve(each, place), place)
            for each in resolver.arguments(argument, place, 2)
        )
        try:
            return resolver.equal(one, other), None
        except NeedsChoice as asked:
            return None, asked
    if function == "Fn::Not":
        (inner,) = resolver.arguments(argument, place, 1)
        decided, needs = truth_of(resolver, inner, place, depth + 1)
        return None if decided is None else not decided, needs
    if function in ("Fn::And", "Fn::Or"):
        each = [
            truth_of(resolver, inner, place, depth + 1)
            for inner in resolver.arguments(argument, place, *range(1, 11))
        ]
        ends = function == "Fn::Or"
        if any(decided is ends for decided, _ in each):
            return ends, None
        undecided = next((needs for decided, needs in each if decided is None), None)
        return (None, undecided) if undecided is not None else (not ends, None)
    resolver.refuse(place, f"has {function}", "Fn::Equals, Fn::And, Fn::Or, Fn::Not are allowed")


def _made_by_macro(resolver: Resolver, place: str) -> tuple[bool | None, NeedsChoice | None]:
    """Return the truth of a condition that a macro makes or may change: it may be either."""
    try:
        return resolver.equal(resolver.opaque(f"what a macro makes of {place}"), "true"), None
    except NeedsChoice as asked:
        return None, asked
