"""Shrinking: the smallest templates of which something still holds."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Path = tuple[str | int, ...]
Property = Callable[[list[Any]], bool]


def shrink(templates: Sequence[Any], holds: Property, *, seconds: float = 20.0) -> list[Any]:
    """Return templates without the parts that can go while `holds` stays true.

    Args:
        templates: one template, or several versions of one.
        holds: the property; it is true of the templates.
        seconds: the time limit.
    """
    end = time.monotonic() + seconds
    smallest = list(templates)
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for path in sorted(_all_paths(smallest), key=len):
            for candidate in _without(smallest, path):
                if time.monotonic() < end and _is_true(holds, candidate):
                    smallest, changed = candidate, True
                    break
    return smallest


def _is_true(holds: Property, templates: list[Any]) -> bool:
    try:
        return holds(templates)
    except Exception:  # a template without a necessary part
        return False


def _all_paths(templates: Sequence[Any]) -> list[Path]:
    return list(dict.fromkeys(path for each in templates for path in _paths(each, ())))


def _paths(value: Any, path: Path) -> Iterator[Path]:
    """Yield the path of each part. A function is one part."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref")):
            return
        for key, each in value.items():
            yield (*path, key)
            yield from _paths(each, (*path, key))
    elif isinstance(value, list):
        for number, each in reversed(list(enumerate(value))):
            yield (*path, number)
            yield from _paths(each, (*path, number))


def _without(templates: list[Any], path: Path) -> Iterator[list[Any]]:
    """Yield the templates without one part: of all versions, then of one of them."""
    without = [_removed(each, path) for each in templates]
    present = [number for number, each in enumerate(without) if each is not None]
    if present:
        yield [
            each if each is not None else templates[number] for number, each in enumerate(without)
        ]
    if len(present) > 1:
        for number in present:
            yield [*templates[:number], without[number], *templates[number + 1 :]]


def _removed(template: Any, path: Path) -> Any:
    """Return a copy without the part at a path; None: it has no such part."""
    copied = copy.deepcopy(template)
    parent = copied
    try:
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return copied
