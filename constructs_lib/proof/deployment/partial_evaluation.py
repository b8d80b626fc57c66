"""One request to a deployment: allowed, denied, or dependent on unknowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from constructs_lib.errors import UndeterminedError
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.iam.evaluator import (
    PartialDecision,
    PolicyStatements,
    decide,
    for_principal,
)
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.request import OF_AWS, Identity, PartialRequest
from constructs_lib.proof.iam.text import Value


@dataclass(frozen=True)
class AccessRequest:
    """A request whose parts may have unknowns in them.

    Attributes:
        principal: the principal.
        action: the action.
        resource: the ARN of the resource.
        context: condition keys in lower case, each with its values; none: the key is absent.
        absent: beginnings of keys that are absent unless the context has them.
        undetermined: beginnings of keys that are an exception to `absent`.
        present: keys that are in the request, also where the context does not have their values.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()
    present: frozenset[str] = frozenset()

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a key, none if it is absent, and None if that is not known."""
        key = key.lower()
        values = self.context.get(key)
        if values is not None or not key.startswith(self.absent):
            return values
        return None if key.startswith(self.undetermined) else ()


def evaluate_partially(
    access_request: AccessRequest,
    unknowns: Unknowns,
    *,
    resource: Sequence[AttachedPolicy] = (),
) -> PartialDecision:
    """Return whether a principal may do something, by its policies and those of the resource.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    principal = access_request.principal
    boundary = principal.boundary
    policies = PolicyStatements(
        identity=statements_of(principal.policies),
        boundary=None if boundary is None else boundary.statements,
        # Several are only there where it is not known which one the resource has.
        resource=for_principal(statements_of(resource), bounded=boundary is not None)
        if resource
        else None,
    )
    return decide(partial_request(access_request, unknowns), policies)


def statements_of(policies: Sequence[AttachedPolicy]) -> tuple[PolicyStatement, ...]:
    """Return the statements of policies.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    return tuple(statement for policy in policies for statement in policy.statements)


def identity_of_principal(principal: Principal, unknowns: Unknowns) -> Identity:
    """Return a principal as policies name it."""
    return Identity(
        "role" if principal.kind == "role" else "user",
        unknowns.value(principal.arn),
        unknowns.value(principal.account),
        unknowns.value(principal.name),
    )


def partial_request(access_request: AccessRequest, unknowns: Unknowns) -> PartialRequest:
    """Return a request with its unknowns as values.

    Raises:
        SecretAccessError: if it is not known at all which resource is meant.
    """

    def values(key: str) -> tuple[Value, ...] | None:
        texts = access_request.values(key)
        return None if texts is None else tuple(map(unknowns.value, texts))

    identity = identity_of_principal(access_request.principal, unknowns)
    resource = unknowns.value(access_request.resource)
    return PartialRequest(
        identity,
        access_request.action.lower(),
        resource,
        _account_of(access_request, unknowns),
        values,
        access_request.present,
    )


def _account_of(access_request: AccessRequest, unknowns: Unknowns) -> Value:
    """Return the account of a resource; the principal's if its ARN has none."""
    own = unknowns.value(access_request.principal.account)
    if access_request.resource == "*":
        return own
    parts = access_request.resource.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise UndeterminedError(
            f"resource is {unknowns.shown(access_request.resource)}",
            allowed="an ARN is allowed, in which it is known at least where the account stands",
            remedy="give the ARN, or the parameter that it comes from",
        )
    return own if parts[4] in ("", OF_AWS) else unknowns.value(parts[4])
