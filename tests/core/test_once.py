"""What is read of an object of CDK's is read once."""

import pytest

from constructs_lib.once import once_for_each


class Thing:
    """What can be kept: CDK's objects can."""


def test_each_object_is_read_once() -> None:
    read: list[object] = []

    @once_for_each
    def number(thing: object) -> int:
        read.append(thing)
        return len(read)

    one, two = Thing(), Thing()
    assert [number(thing) for thing in (one, two, one, two)] == [1, 2, 1, 2]
    assert read == [one, two]


def test_what_is_no_object_of_cdks_is_read_each_time() -> None:
    read: list[object] = []

    @once_for_each
    def number(thing: object) -> int:
        read.append(thing)
        return len(read)

    assert [number("a"), number([]), number("a")] == [1, 2, 3]


def test_fails_as_the_reading_does() -> None:
    @once_for_each
    def name(thing: Thing) -> object:
        return thing.name  # type: ignore[attr-defined]

    with pytest.raises(AttributeError):
        name(Thing())
