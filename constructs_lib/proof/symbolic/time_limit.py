"""The time that an answer may take: whatever works long on it looks at the clock in between."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from constructs_lib.errors import InvalidOptionError

_END: ContextVar[float | None] = ContextVar("end", default=None)

TOO_LATE = "there was no answer within the time limit"


class OutOfTimeError(Exception):
    """The time that an answer may take is over."""


@contextmanager
def time_limit_of(seconds: float) -> Iterator[None]:
    """Let what is done inside end after so many seconds, by an OutOfTimeError.

    Raises:
        SecretAccessError: if that is no number of seconds.
    """
    if not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
        raise InvalidOptionError(
            "time_limit",
            must="be a number of seconds above 0",
            got=seconds,
            remedy="give one, such as 10, or leave it out",
        )
    outer = _END.get()
    end = time.monotonic() + seconds
    token = _END.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _END.reset(token)


def seconds_left() -> float:
    """Return the seconds that are left.

    Raises:
        OutOfTimeError: if there are none.
    """
    end = _END.get()
    left = float("inf") if end is None else end - time.monotonic()
    if left <= 0:
        raise OutOfTimeError
    return left
