"""Every use of what jsii or CDK keep private, each with a canary test (test_internals.py).

None of them has a silent default: where CDK no longer has the private part, an error says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from aws_cdk import CfnResource
    from aws_cdk import aws_iam as iam
    from constructs import Construct, Node

_Resource = TypeVar("_Resource", bound="CfnResource")

# The end of the ARN that CDK returns for a role before its look-up; the real one follows.
_DUMMY_ARN = "/DUMMY_ARN"


def read_attribute(subject: object, name: str) -> Any:
    """Return an attribute of an object of CDK, in one round trip.

    jsii represents an interface, such as an imported role, by a proxy. An attribute of the proxy
    takes two round trips, one of them to see whether it exists.
    """
    for delegate in getattr(subject, "_delegates", ()):
        if hasattr(type(delegate), name):
            return getattr(delegate, name)
    return getattr(subject, name)


def identity_of(subject: object) -> object:
    """Return the identity of a CDK object across its Python objects.

    jsii can make another Python object each time that a property is read, as of `function.role`.
    An object that is implemented in Python alone is its own identity.
    """
    delegates = getattr(subject, "_delegates", None)
    first = delegates[0] if delegates else subject
    reference = getattr(first, "__jsii_ref__", None)
    return subject if reference is None else reference.ref


def arn_for_policies(secret: object, full_arn: str) -> str:
    """Return the ARN of a secret with a complete ARN, as CDK's own grants write it.

    CDK decides at synth whether the six characters of an owned secret are known in a template; in a
    stack of another environment they are not. The token of this private property stands for the
    ARN, or for the ARN with six `?`. A secret that is implemented in Python alone has its own ARN.
    """
    if not hasattr(type(secret), "__jsii_type__"):
        return str(getattr(secret, "_arn_for_policies", full_arn))
    arn: str = secret._arn_for_policies  # type: ignore[attr-defined]
    return arn


def is_placeholder_of_lookup(arn: str) -> bool:
    """Return whether an ARN is the placeholder that CDK returns before it has looked up a role."""
    return arn.endswith(_DUMMY_ARN)


def has_mutable_twin(siblings: Node, construct_id: str) -> bool:
    """Return whether a role is immutable, from the siblings of its construct.

    CDK drops statements that are added to an immutable role, and has no public property for it. It
    makes the mutable role next to it, under an id that is derived from the id of the immutable one:
    aws-cdk-lib/aws-iam/lib/role.ts, `fromRoleArn` and `withoutPolicyUpdates`.
    """
    if siblings.try_find_child(f"MutableRole{construct_id}") is not None:
        return True
    twin = construct_id.removeprefix("ImmutableRole")
    return twin != construct_id and siblings.try_find_child(twin) is not None


def managed_policy(
    scope: Construct,
    construct_id: str,
    *,
    policy_document: Mapping[str, Any],
    managed_policy_name: str | None,
    description: str | None,
    path: str | None,
    users: Sequence[str],
    roles: Sequence[str],
    groups: Sequence[str],
) -> iam.CfnManagedPolicy:
    """Return a `CfnManagedPolicy`, made without jsii's check of each prop at run time.

    That check is a third of Python's share of a construct, and the arguments are validated already.
    The parameters are those of the constructor, so that mypy refuses a misspelt one.
    """
    from aws_cdk import aws_iam as iam

    props = {
        "policyDocument": policy_document,
        "managedPolicyName": managed_policy_name,
        "description": description,
        "path": path,
        "users": users or None,
        "roles": roles or None,
        "groups": groups or None,
    }
    return _create(iam.CfnManagedPolicy, scope, construct_id, props)


def inline_policy(
    scope: Construct,
    construct_id: str,
    *,
    policy_document: Mapping[str, Any],
    policy_name: str,
    users: Sequence[str],
    roles: Sequence[str],
    groups: Sequence[str],
) -> iam.CfnPolicy:
    """Return a `CfnPolicy`, made as a `managed_policy` is."""
    from aws_cdk import aws_iam as iam

    props = {
        "policyDocument": policy_document,
        "policyName": policy_name,
        "users": users or None,
        "roles": roles or None,
        "groups": groups or None,
    }
    return _create(iam.CfnPolicy, scope, construct_id, props)


def _create(
    resource_class: type[_Resource],
    scope: Construct,
    construct_id: str,
    props: Mapping[str, object],
) -> _Resource:
    import jsii  # the reader of secrets uses this file too, and must not start Node.js

    resource = resource_class.__new__(resource_class)
    present = {name: value for name, value in props.items() if value is not None}
    jsii.create(resource_class, resource, [scope, construct_id, present])
    return resource
