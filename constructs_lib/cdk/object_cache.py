"""Reading an object of CDK once: each read is a round trip to Node.js, and objects recur often."""

from collections.abc import Callable
from functools import wraps
from typing import Generic, TypeVar
from weakref import ref

_Object = TypeVar("_Object")
_Result = TypeVar("_Result")


class ObjectCache(Generic[_Result]):
    """Results for objects, each kept as long as its object lives.

    The key is the identity of the object: objects that compare equal do not share a result.
    """

    def __init__(self) -> None:
        """Make an empty cache."""
        self._kept: dict[int, tuple[ref[object], _Result]] = {}

    def get(self, subject: object, compute: Callable[[], _Result]) -> _Result:
        """Return the result for an object, computed at the first time."""
        identity = id(subject)
        if identity in self._kept:
            return self._kept[identity][1]
        result = compute()
        try:
            reference = ref(subject, lambda _: self._kept.pop(identity, None))
        except TypeError:  # no object of CDK: it has no weak references, and is read each time
            return result
        self._kept[identity] = reference, result
        return result


def memoize_per_object(reader: Callable[[_Object], _Result]) -> Callable[[_Object], _Result]:
    """Keep the result of `reader` for each object; it has no other argument to depend on."""
    cache: ObjectCache[_Result] = ObjectCache()

    @wraps(reader)
    def read_once(subject: _Object, /) -> _Result:
        return cache.get(subject, lambda: reader(subject))

    return read_once
