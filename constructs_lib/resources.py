"""Making CDK's resources, at less cost than by their own constructors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import jsii

if TYPE_CHECKING:
    from aws_cdk import CfnResource
    from constructs import Construct

_Resource = TypeVar("_Resource", bound="CfnResource")


def make(
    resource_class: type[_Resource],
    scope: Construct,
    construct_id: str,
    props: Mapping[str, object],
) -> _Resource:
    """Return a resource of CDK's own class, made as its constructor does.

    What is left out is jsii's check, at run time, of the type of each prop, a third of Python's
    share of it: all of them were checked already. Props are called as in CDK's JavaScript, and
    those that are None are left out.
    """
    resource = resource_class.__new__(resource_class)
    given = {name: value for name, value in props.items() if value is not None}
    jsii.create(resource_class, resource, [scope, construct_id, given])
    return resource
