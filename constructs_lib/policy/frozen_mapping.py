"""FrozenMapping: the tags of an intent, which do not change with those of the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class FrozenMapping(Mapping[str, Any]):
    """A mapping that does not change, and has a hash. It equals a mapping of the same items."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        """Copy the items; a list among the values becomes a tuple."""
        self._items = {
            key: tuple(value) if isinstance(value, list) else value for key, value in items.items()
        }

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key."""
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._items)

    def __hash__(self) -> int:
        """Return the hash of the items, in any order."""
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        """Return the items as a dict is written."""
        return repr(self._items)
