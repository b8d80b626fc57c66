"""Where a construct stands: what CDK tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack

from constructs_lib.once import once_for_each

if TYPE_CHECKING:
    from constructs import Construct, IConstruct, Node


@once_for_each
def place_of(scope: Construct) -> tuple[str, str]:
    """Return the account and the Region of a construct's stack, tokens where it knows neither."""
    stack = Stack.of(scope)
    return stack.account, stack.region


def path_of(scope: Construct, construct_id: str) -> str:
    """Return the path in the app of a construct that stands in `scope`."""
    path = path_to(scope)
    return f"{path}/{construct_id}" if path else construct_id


@once_for_each
def path_to(scope: Construct) -> str:
    """Return the path in the app of `scope` itself; of the app, nothing."""
    return node_of(scope).path


@once_for_each
def node_of(construct: IConstruct) -> Node:
    """Return the node of a construct."""
    return construct.node
