"""Reading an object of CDK's once: each read is a round trip, and the same one is given often."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

_Object = TypeVar("_Object")
_Found = TypeVar("_Found")
_Rest = ParamSpec("_Rest")


def read(given: object, name: str) -> Any:
    """Return an attribute of an object of CDK's.

    What stands for an interface in Python, as all that is imported does, reads an attribute once to
    see whether it is there, and then again.
    """
    for each in getattr(given, "_delegates", ()):
        if hasattr(type(each), name):
            return getattr(each, name)
    return getattr(given, name)


def once_for_each(
    reader: Callable[Concatenate[_Object, _Rest], _Found],
) -> Callable[Concatenate[_Object, _Rest], _Found]:
    """Keep what `reader` returns of an object, as long as the object is.

    What else it is given only helps it to read: no matter what, it would return the same.
    """
    kept: WeakKeyDictionary[_Object, _Found] = WeakKeyDictionary()

    @wraps(reader)
    def found(given: _Object, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> _Found:
        try:
            return kept[given]
        except KeyError:
            result = kept[given] = reader(given, *args, **kwargs)
            return result
        except TypeError:  # it is no object of CDK's: read, or refused, each time
            return reader(given, *args, **kwargs)

    return found
