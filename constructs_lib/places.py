"""Where a construct stands: what CDK tells of it, each read once, as each read is a round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aws_cdk import Stack

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

_places: WeakKeyDictionary[IConstruct, tuple[str, str]] = WeakKeyDictionary()
_paths: WeakKeyDictionary[IConstruct, str] = WeakKeyDictionary()


def place_of(scope: Construct) -> tuple[str, str]:
    """Return the account and the Region of a construct's stack, tokens where it knows neither."""
    found = _places.get(scope)
    if found is None:
        stack = Stack.of(scope)
        found = _places[scope] = stack.account, stack.region
    return found


def path_of(scope: Construct, construct_id: str) -> str:
    """Return the path in the app of a construct that stands in `scope`."""
    path = _paths.get(scope)
    if path is None:
        path = _paths[scope] = scope.node.path
    return f"{path}/{construct_id}" if path else construct_id
