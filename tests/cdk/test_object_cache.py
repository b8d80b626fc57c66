"""An object of CDK is read once, by its identity."""

import gc
from collections.abc import Callable

import pytest

from constructs_lib.cdk.object_cache import ObjectCache, memoize_per_object


class Thing:
    """An object that can have weak references, as those of CDK can."""


class Equal(Thing):
    """An object that equals every other one of its class."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal)

    def __hash__(self) -> int:
        return 1


def numbering(subjects: list[object]) -> Callable[[object], int]:
    """Return a reader that numbers its subjects, and records them in `subjects`."""

    @memoize_per_object
    def number(subject: object) -> int:
        subjects.append(subject)
        return len(subjects)

    return number


def test_each_object_is_read_once() -> None:
    subjects: list[object] = []
    number = numbering(subjects)
    first, second = Thing(), Thing()
    assert [number(thing) for thing in (first, second, first, second)] == [1, 2, 1, 2]
    assert subjects == [first, second]


def test_objects_that_are_equal_do_not_share_a_result() -> None:
    number = numbering([])
    first, second = Equal(), Equal()
    assert first == second
    assert [number(thing) for thing in (first, second, first)] == [1, 2, 1]


def test_a_result_is_dropped_with_its_object() -> None:
    cache: ObjectCache[int] = ObjectCache()
    thing = Thing()
    assert cache.get(thing, lambda: 1) == 1
    assert len(cache._kept) == 1
    del thing
    gc.collect()
    assert not cache._kept


@pytest.mark.parametrize("subject", ["text", 1, ("a", "tuple"), [], {}, None])
def test_an_object_without_weak_references_is_read_each_time(subject: object) -> None:
    number = numbering([])
    assert [number(subject), number(subject)] == [1, 2]


def test_a_refusal_is_not_kept() -> None:
    attempts: list[object] = []

    @memoize_per_object
    def refuse(subject: object) -> int:
        attempts.append(subject)
        raise ValueError(subject)

    thing = Thing()
    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011 - raised here
            refuse(thing)
    assert attempts == [thing, thing]
