"""The location of a construct: the environment of its stack, and its path in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack

from constructs_lib.cdk.object_cache import memoize_per_object

if TYPE_CHECKING:
    from constructs import Construct, IConstruct, Node


@memoize_per_object
def environment_of(scope: Construct) -> tuple[str, str]:
    """Return the account and the Region of the stack of a construct; a token for an unknown one."""
    stack = Stack.of(scope)
    return stack.account, stack.region


def path_of(scope: Construct, construct_id: str) -> str:
    """Return the path in the app of a construct in `scope`."""
    path = path_to(scope)
    return f"{path}/{construct_id}" if path else construct_id


@memoize_per_object
def path_to(scope: Construct) -> str:
    """Return the path in the app of `scope` itself; empty for the app."""
    return node_of(scope).path


@memoize_per_object
def node_of(construct: IConstruct) -> Node:
    """Return the node of a construct."""
    return construct.node
