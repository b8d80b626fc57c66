"""The access that depends on what is not read: resources that may grant, macros, and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from constructs_lib.proof.cloudformation.model import Deployment, Unread
from constructs_lib.proof.iam.doubts import Doubt
from constructs_lib.proof.iam.evaluator import PartialDecision
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.symbolic.pattern_inclusion import overlap


def decision_with_unread(
    decision: PartialDecision, deployment: Deployment, action: str
) -> PartialDecision:
    """Return a decision that also depends on what is not read.

    What may allow an action makes its denial undetermined: it may also replace the policy that
    denies it. What may deny the action makes its permission undetermined.
    """
    unread = (
        unread_that_allows(deployment, [action])
        if decision.allowed is False
        else unread_that_denies(deployment, [action])
        if decision.allowed
        else ()
    )
    if not unread:
        return decision
    return replace(
        decision,
        allowed=None,
        doubts=tuple(Doubt(str(entry), (entry.remedy,)) for entry in unread),
    )


def unread_that_allows(deployment: Deployment, actions: Sequence[str]) -> tuple[Unread, ...]:
    """Return what is not read and may allow one of the actions (or patterns of them)."""
    return tuple(entry for entry in deployment.unread if _about(entry.allows, actions))


def unread_that_denies(deployment: Deployment, actions: Sequence[str]) -> tuple[Unread, ...]:
    """Return what is not read and may deny one of the actions (or patterns of them)."""
    return tuple(entry for entry in deployment.unread if _about(entry.denies, actions))


def new_unread(new: Deployment, old: Deployment) -> tuple[Unread, ...]:
    """Return what is not read and may allow what it did not, and limits that are gone."""
    return (
        *(entry for entry in new.unread if entry.allows and entry not in old.unread),
        *(entry for entry in old.unread if entry.denies and entry not in new.unread),
    )


def _about(patterns: Sequence[str], actions: Sequence[str]) -> bool:
    return any(
        overlap(pattern(text.lower()), pattern(action.lower()))
        for text in patterns
        for action in actions
    )
