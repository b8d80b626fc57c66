"""The choices of conditions under which an answer holds, without those that do not matter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from constructs_lib.proof.cloudformation.model import Deployment

_Choices: TypeAlias = Mapping[tuple[str, str], bool]


def conditions_of(holding: Collection[int], deployments: Sequence[Deployment]) -> str:
    """Return the conditions of the templates under which an answer holds.

    Args:
        holding: the numbers of the deployments in which it holds.
        deployments: all deployments of the templates, one for each choice of their conditions.

    Returns:
        The conditions; nothing if the answer is the same in all deployments.
    """
    choices = [each.templates.choices for each in deployments]
    relevant = {compared for each in choices for compared in each}
    for compared in list(relevant):
        if _is_closed(holding, choices, relevant - {compared}):
            relevant.discard(compared)
    unknowns = deployments[0].unknowns
    alternatives = dict.fromkeys(
        " and ".join(
            f"{unknowns.shown(left)} {'is' if equal else 'is not'} {unknowns.shown(right)}"
            for (left, right), equal in choices[number].items()
            if (left, right) in relevant
        )
        for number in holding
    )
    return " or ".join(alternatives)


def _is_closed(
    holding: Collection[int], choices: Sequence[_Choices], relevant: Collection[tuple[str, str]]
) -> bool:
    """Return whether the relevant choices alone determine in which deployments an answer holds."""
    return not any(
        _agree(choices[number], choices[other], relevant)
        for number in holding
        for other in range(len(choices))
        if other not in holding
    )


def _agree(one: _Choices, other: _Choices, relevant: Collection[tuple[str, str]]) -> bool:
    return all(
        one[compared] == other[compared]
        for compared in relevant
        if compared in one and compared in other
    )
