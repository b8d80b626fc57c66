"""What is read of an object of CDK's is read once."""

from collections.abc import Callable

import pytest

from constructs_lib.once import once_for_each


class Thing:
    """What can be kept: CDK's objects can."""


def numbering(read: list[object]) -> Callable[..., int]:
    """Return a reader that numbers what it reads, and keeps it in `read`."""

    @once_for_each
    def number(thing: object, *_: object) -> int:
        read.append(thing)
        return len(read)

    return number


def test_each_object_is_read_once() -> None:
    read: list[object] = []
    number = numbering(read)
    one, two = Thing(), Thing()
    assert [number(thing) for thing in (one, two, one, two)] == [1, 2, 1, 2]
    assert read == [one, two]


def test_what_helps_to_read_tells_no_objects_apart() -> None:
    read: list[object] = []
    number = numbering(read)
    one, two = Thing(), Thing()
    assert [number(one, "here"), number(one, "there"), number(two, "here")] == [1, 1, 2]
    assert read == [one, two]


def test_what_is_no_object_of_cdks_is_read_each_time() -> None:
    number = numbering([])
    assert [number("a"), number([]), number("a")] == [1, 2, 3]


def test_fails_as_the_reading_does() -> None:
    @once_for_each
    def name(thing: Thing) -> object:
        return thing.name  # type: ignore[attr-defined]

    with pytest.raises(AttributeError):
        name(Thing())
