"""The access that a change of a key's aliases or tags adds, or of the tags of principals.

Conditions on them hold of other requests once they change, while the policies stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from constructs_lib.aws.actions import ACTIONS, WITHOUT_RESOURCE
from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import Deployment, Key, Principal
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    identity_of_principal,
    statements_of,
)
from constructs_lib.proof.deployment.request_context import complete_request, member_of
from constructs_lib.proof.iam.policy_parser import PolicyStatement, keys_of
from constructs_lib.proof.iam.principal_matching import is_named
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.symbolic.time_limit import seconds_left

_ACTIONS = tuple(
    ACTIONS[action]
    for action in ACTIONS
    if action.startswith("kms:") and action not in WITHOUT_RESOURCE
)
_PRINCIPAL_TAGS = "aws:principaltag/"
# What may change of a key, with the condition keys (or their beginnings) that depend on it.
_OF_KEYS: dict[str, tuple[str, Callable[[Key], object]]] = {
    "the aliases of the key": ("kms:resourcealiases", lambda key: frozenset(key.aliases)),
    "the tags of the key": ("aws:resourcetag/", lambda key: key.tags),
    "the properties of the key": ("kms:", lambda key: key.context),
}


@dataclass(frozen=True)
class _Change:
    """A change, with the beginning of the condition keys that depend on it."""

    name: str
    keys: str

    def concerns(self, statements: Sequence[PolicyStatement]) -> bool:
        """Return whether a statement may depend on the change."""
        return any(
            statement.doubt is not None
            or any(isinstance(key, Text) or key.startswith(self.keys) for key in keys_of(statement))
            for statement in statements
        )


def access_by_changed_keys(
    new: Deployment, old: Deployment, principals: Sequence[tuple[Principal, Principal]]
) -> Iterator[str]:
    """Yield a sentence for the use of each key that is, or may be, new.

    Args:
        new: the deployment after the change.
        old: the deployment before it.
        principals: the principals of both, after the change and before it.
    """
    before = {key.arn: key for key in old.keys}
    for key in new.keys:
        earlier = before.get(key.arn)
        if earlier is None:
            continue  # a new key: its policy is compared
        changes = [
            _Change(name, keys)
            for name, (keys, value) in _OF_KEYS.items()
            if value(key) != value(earlier)
        ]
        for change in changes:
            if change.concerns(key.policy.statements):
                yield f"{key.policy.name} may allow more, by the change of {change.name}"
        for principal, was in principals:
            seconds_left()
            own = [*changes]
            if principal.tags != was.tags:
                own.append(_Change("the tags of the principal", _PRINCIPAL_TAGS))
            boundary = () if principal.boundary is None else principal.boundary.statements
            statements = (*statements_of(principal.policies), *boundary, *key.policy.statements)
            concerned = [change.name for change in own if change.concerns(statements)]
            if not concerned:
                continue
            for action in _new_actions((new, principal, key), (old, was, earlier)):
                who = f"{principal.kind} {principal.location or new.unknowns.shown(principal.name)}"
                place = new.unknowns.shown(key.arn.split(":", 5)[5])
                cause = " and ".join(concerned)
                yield f"{who} may be allowed {action} on {place}, by the change of {cause}"


def _new_actions(
    now: tuple[Deployment, Principal, Key], was: tuple[Deployment, Principal, Key]
) -> Iterator[str]:
    """Yield the actions on a key that may be allowed now, and were not certainly before."""
    for action in _ACTIONS:
        if _allowed(action, *now) is not False and _allowed(action, *was) is not True:
            yield action


def _allowed(action: str, deployment: Deployment, principal: Principal, key: Key) -> bool | None:
    who = member_of(principal, deployment.unknowns)
    request = complete_request(AccessRequest(who, action, key.arn), key, None)
    return evaluate_partially(request, deployment.unknowns, resource=[key.policy]).allowed


def roles_assumed_by_tags(
    new: Deployment, principals: Sequence[tuple[Principal, Principal]]
) -> Iterator[str]:
    """Yield a sentence for each role that a principal may assume by the change of its tags."""
    change = _Change("the tags of the principal", _PRINCIPAL_TAGS)
    for principal, was in principals:
        if principal.tags == was.tags:
            continue
        identity = identity_of_principal(member_of(principal, new.unknowns), new.unknowns)
        for role in new.principals:
            try:
                statements = () if role.trust is None else role.trust.statements
            except SecretAccessError:  # a malformed policy lets nobody in
                continue
            named = [
                each
                for each in statements
                if each.principals is not None and is_named(each.principals, identity) is not False
            ]
            if change.concerns(named):
                who = f"{principal.kind} {principal.location or new.unknowns.shown(principal.name)}"
                yield f"{who} may assume role {role.location}, by the change of {change.name}"
