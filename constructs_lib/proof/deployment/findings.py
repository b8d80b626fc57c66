"""Findings: requests that a deployment allows, or may allow, as messages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.proof.iam.evaluator import PartialDecision


@dataclass(frozen=True)
class Finding:
    """A reason why something is not proved.

    Attributes:
        sentence: the request that is allowed, or the reason why that is not known.
        remedies: instructions that decide it. None of them: it is allowed.
    """

    sentence: str
    remedies: tuple[str, ...] = ()


def sentence_of(
    action: str, resource: str, context: Mapping[str, str], partial_decision: PartialDecision
) -> str:
    """Return a request with the statements that allow it, or with the doubts about them."""
    request = f"{action} on {resource}" + (f" with {dict(context)}" if context else "")
    if partial_decision.allowed is None:
        return f"it is not proved: {request} may be allowed; {depends(partial_decision.doubts)}"
    places = dict.fromkeys(each.place for each in partial_decision.decision.statements)
    return f"{request} is allowed by {' and '.join(places)}"


def depends(doubts: Sequence[object]) -> str:
    """Return the doubts on which a decision depends, a few of them if they are many."""
    first = " and ".join(map(str, doubts[:5]))
    return f"it depends on {first}" + (f" and {len(doubts) - 5} more" if len(doubts) > 5 else "")
