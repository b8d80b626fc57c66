"""The Conditions of a template: whether they hold, as far as a template tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from constructs_lib.errors import shown
from constructs_lib.proof.values import DEEPEST, NeedsChoice

if TYPE_CHECKING:
    from constructs_lib.proof.intrinsics import Scope


def truth_of(
    scope: Scope, expression: object, place: str, depth: int
) -> tuple[bool | None, NeedsChoice | None]:
    """Tell whether an expression of conditions holds, or else what only the deployment knows."""
    if depth > DEEPEST:
        scope.refuse(place, "leads too deep, or back to itself", "no circle is allowed")
    if not isinstance(expression, Mapping) or len(expression) != 1:
        scope.refuse(place, f"is {shown(expression)}", "one function of conditions is allowed")
    ((function, argument),) = expression.items()
    if function == "Condition":
        declared = scope.section("Conditions")
        if not isinstance(argument, str) or argument not in declared:
            scope.refuse(place, f"names {shown(argument)}", "one of its Conditions is allowed")
        return truth_of(scope, declared[argument], f"Conditions.{argument}", depth + 1)
    if function == "Fn::Equals":
        one, other = (
            scope.as_text(scope.resolve(each, place), place)
            for each in scope.arguments(argument, place, 2)
        )
        try:
            return scope.reading.equal(one, other), None
        except NeedsChoice as asked:
            return None, asked
    if function == "Fn::Not":
        (inner,) = scope.arguments(argument, place, 1)
        decided, needs = truth_of(scope, inner, place, depth + 1)
        return None if decided is None else not decided, needs
    if function in ("Fn::And", "Fn::Or"):
        each = [
            truth_of(scope, inner, place, depth + 1)
            for inner in scope.arguments(argument, place, *range(1, 11))
        ]
        ends = function == "Fn::Or"
        if any(decided is ends for decided, _ in each):
            return ends, None
        undecided = next((needs for decided, needs in each if decided is None), None)
        return (None, undecided) if undecided is not None else (not ends, None)
    scope.refuse(place, f"has {function}", "Fn::Equals, Fn::And, Fn::Or, Fn::Not are allowed")
