"""Reading an object of CDK's once: each read is a round trip, and the same one is given often."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

_Object = TypeVar("_Object")
_Found = TypeVar("_Found")


def once_for_each(read: Callable[[_Object], _Found]) -> Callable[[_Object], _Found]:
    """Keep what `read` returns of an object, as long as the object is."""
    kept: WeakKeyDictionary[_Object, _Found] = WeakKeyDictionary()

    @wraps(read)
    def found(given: _Object) -> _Found:
        try:
            return kept[given]
        except KeyError:
            result = kept[given] = read(given)
            return result
        except TypeError:  # it is no object of CDK's: read, or refused, each time
            return read(given)

    return found
