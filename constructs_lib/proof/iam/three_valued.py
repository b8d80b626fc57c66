"""Logic with three values: True, False, and None for what is not determined."""

from collections.abc import Iterable


def any_of(outcomes: Iterable[bool | None]) -> bool | None:
    """Return whether one holds."""
    undetermined = False
    for outcome in outcomes:
        if outcome:
            return True
        undetermined |= outcome is None
    return None if undetermined else False


def all_of(outcomes: Iterable[bool | None]) -> bool | None:
    """Return whether all hold."""
    undetermined = False
    for outcome in outcomes:
        if outcome is False:
            return False
        undetermined |= outcome is None
    return None if undetermined else True


def negation(outcome: bool | None) -> bool | None:
    """Return whether it does not hold."""
    return None if outcome is None else not outcome
