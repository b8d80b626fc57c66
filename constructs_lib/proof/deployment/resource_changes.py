"""The access that a change of a secret or of tags adds, while the policies stay as they are.

A condition on a tag holds of other secrets or principals once a tag changes. A secret under another
key can be read by other principals, and a replica, or a secret under another name, has an ARN that
other statements match. The access to each such secret is decided before and after the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from constructs_lib.aws.actions import ACTIONS, WITHOUT_RESOURCE
from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import (
    Deployment,
    Key,
    Principal,
    Secret,
)
from constructs_lib.proof.deployment.key_changes import (
    access_by_changed_keys,
    roles_assumed_by_tags,
)
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    partial_request,
    statements_of,
)
from constructs_lib.proof.deployment.request_context import (
    complete_request,
    decryption,
    member_of,
)
from constructs_lib.proof.deployment.secret_lookup import customer_key_of, policies_of_key
from constructs_lib.proof.iam.evaluator import PartialDecision
from constructs_lib.proof.iam.policy_parser import PolicyStatement, keys_of
from constructs_lib.proof.iam.request import PartialRequest
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.iam.text_matching import matches
from constructs_lib.proof.symbolic.time_limit import seconds_left

# Secrets Manager's actions on a secret that exists.
_ACTIONS = tuple(
    ACTIONS[action]
    for action in ACTIONS
    if action.startswith("secretsmanager:")
    and action not in {*WITHOUT_RESOURCE, "secretsmanager:createsecret"}
)
# The use of the key that an action requires.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
_KEY_ACTIONS = {
    "secretsmanager:GetSecretValue": "kms:Decrypt",
    "secretsmanager:PutSecretValue": "kms:GenerateDataKey",
}
_TAGS = ("aws:resourcetag/", "secretsmanager:resourcetag/", "aws:principaltag/")
_REGION = "aws:requestedregion"

# Whether a statement decides alike on the access now and before.
_Alike: TypeAlias = "Callable[[_Access, _Access, PolicyStatement], bool]"


@dataclass(frozen=True)
class _Access:
    """A principal, a secret, and the deployment in which it may have access to it."""

    deployment: Deployment
    principal: Principal
    secret: Secret

    def decision(self, action: str) -> PartialDecision:
        """Return whether the action is allowed on the secret."""
        request = complete_request(
            AccessRequest(self.principal, action, self.secret.arn), self.secret, None
        )
        return evaluate_partially(request, self.deployment.unknowns, resource=self.secret.policies)

    def use_of_key(self, action: str) -> bool | None:
        """Return whether the principal may use the key of the secret for an action."""
        key = customer_key_of(self.deployment, self.secret)
        key_action = _KEY_ACTIONS.get(action)
        if key_action is None or key is None:
            return True
        request = replace(decryption(self.principal, self.secret, key), action=key_action)
        policies = policies_of_key(self.deployment, key, self.principal)
        return evaluate_partially(request, self.deployment.unknowns, resource=policies).allowed

    def statements(self) -> Iterator[PolicyStatement]:
        """Yield the statements that can decide on the secret."""
        boundary = self.principal.boundary
        yield from statements_of(self.principal.policies)
        yield from boundary.statements if boundary is not None else ()
        yield from statements_of(self.secret.policies)

    @cached_property
    def request(self) -> PartialRequest:
        """A request for the secret, in whose context conditions are compared."""
        request = AccessRequest(self.principal, "secretsmanager:GetSecretValue", self.secret.arn)
        request = complete_request(request, self.secret, None)
        return partial_request(request, self.deployment.unknowns)

    def matches(self, statement: PolicyStatement) -> tuple[bool | None, ...]:
        """Return whether each resource of a statement matches; None where a variable decides."""
        return tuple(
            None if text.variables else matches(text, self.request.resource)
            for text in statement.resources
        )


def access_by_changed_resources(new: Deployment, old: Deployment) -> Iterator[str]:
    """Yield a sentence for the access that is, or may be, new by changed secrets, keys and tags."""
    principals_before = {(who.kind, who.account, who.name): who for who in old.principals}
    # A principal that is new is left out: all of its policies are new, and are compared.
    principals = [
        (principal, before)
        for principal in new.principals
        if (before := principals_before.get((principal.kind, principal.account, principal.name)))
    ]
    yield from access_by_changed_keys(new, old, principals)
    yield from roles_assumed_by_tags(new, principals)
    retagged = [(after, before) for after, before in principals if after.tags != before.tags]
    for secret in new.secrets:
        earlier = _earlier(secret, new, old)
        if earlier is None:
            continue  # a new secret: the policies themselves are compared
        if secret.tags != earlier.tags and _policy_depends_on_tags(secret):
            yield (
                f"{secret.policies[0].name} may allow more, by the change of the tags of the secret"
            )
        keys = _key_arn(new, secret), _key_arn(old, earlier)
        changed = (secret.arn, secret.tags, keys[0]) != (earlier.arn, earlier.tags, keys[1])
        for principal, before in principals if changed else retagged:
            seconds_left()
            now = _Access(new, member_of(principal, new.unknowns), secret)
            was = _Access(old, member_of(before, old.unknowns), earlier)
            yield from _new_access(now, was, other_key=keys[0] != keys[1])


def _earlier(secret: Secret, new: Deployment, old: Deployment) -> Secret | None:
    """Return the secret before the change: by ARN, by logical id, or as the primary's replica."""
    by_arn = next((other for other in old.secrets if other.arn == secret.arn), None)
    if by_arn is not None:
        return by_arn
    if secret.primary is not None:
        primary = next(other for other in new.secrets if other.arn == secret.primary)
        return _earlier(primary, new, old)
    place = _place(secret)
    return next(
        (
            other
            for other in old.secrets
            if place is not None and other.primary is None and _place(other) == place
        ),
        None,
    )


def _place(secret: Secret) -> tuple[str, str] | None:
    """Return the stack and the logical id of a secret, if the templates create it."""
    where = secret.location
    return None if where is None else (where.stack, where.logical_id)


def _key_arn(deployment: Deployment, secret: Secret) -> str | None:
    """Return the ARN of the key, or its name if it is not known which key that is."""
    try:
        key = customer_key_of(deployment, secret)
    except SecretAccessError:
        return secret.key
    return key.arn if isinstance(key, Key) else key


def _policy_depends_on_tags(secret: Secret) -> bool:
    """Return whether the resource policy has a condition on tags, for whomever it names."""
    return any(
        statement.doubt is not None or any(map(_is_tag, keys_of(statement)))
        for statement in statements_of(secret.policies)
    )


def _new_access(now: _Access, was: _Access, *, other_key: bool) -> Iterator[str]:
    unknowns = now.deployment.unknowns
    changes = []
    if now.secret.arn != was.secret.arn and not _alike(now, was, _resource_alike):
        what = "a replica" if now.secret.primary is not None else "the name"
        changes.append(f"{what}, {unknowns.shown(now.secret.arn.split(':', 6)[-1])}")
    if now.secret.tags != was.secret.tags and not _alike(now, was, _tags_alike):
        changes.append("the tags of the secret")
    if now.principal.tags != was.principal.tags and not _alike(now, was, _tags_alike):
        changes.append("the tags of the principal")
    if not (changes or other_key):
        return
    for action in _ACTIONS:
        allowed = now.decision(action)
        if allowed.allowed is False:
            continue
        if changes and was.decision(action).allowed is not True:
            change = " and ".join(changes)
        elif other_key and _key_gives_access(now, was, action):
            change = "the key of the secret"
        else:
            continue
        may = "may be allowed" if allowed.allowed is None else "is allowed"
        who = f"{now.principal.kind} {now.principal.location or unknowns.shown(now.principal.name)}"
        secret = now.secret.location or unknowns.shown(now.secret.arn)
        yield f"{who} {may} {action} on secret {secret}, by the change of {change}"


def _key_gives_access(now: _Access, was: _Access, action: str) -> bool:
    try:
        return now.use_of_key(action) is not False and was.use_of_key(action) is not True
    except SecretAccessError:  # it is not known which key that is
        return True


def _alike(now: _Access, was: _Access, alike: _Alike) -> bool:
    """Return whether each statement decides alike on the secret before and after the change."""
    return all(
        statement.doubt is None and alike(now, was, statement) for statement in now.statements()
    )


def _resource_alike(now: _Access, was: _Access, statement: PolicyStatement) -> bool:
    outcomes = now.matches(statement)
    return (
        outcomes == was.matches(statement)
        and None not in outcomes
        and not any(isinstance(key, Text) or key == _REGION for key in keys_of(statement))
    )


def _tags_alike(now: _Access, was: _Access, statement: PolicyStatement) -> bool:
    """Return whether the conditions on tags certainly have the same outcome."""
    if any(_is_tag(variable.key) for text in statement.resources for variable in text.variables):
        return False
    for test in statement.tests:
        if not any(map(_is_tag, keys_of(replace(statement, resources=(), tests=(test,))))):
            continue
        outcome, before = (
            test.holds(access.request.values, access.request.present) for access in (now, was)
        )
        if outcome is None or outcome != before:
            return False
    return True


def _is_tag(key: str | Text) -> bool:
    """Return whether a context key is a tag, or may be one."""
    return isinstance(key, Text) or key.startswith(_TAGS)
