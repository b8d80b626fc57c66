"""What a change of templates adds to the access that they grant.

Access is what a principal's policies allow together with those of resources. So that a change
adds none, it is enough that each principal's policies allow nothing that they did not, that no
resource (secret, key, or role to be assumed) grants more or denies less than it did, and that where
a Deny or a boundary is gone, no resource grants to the principal directly, past its policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from constructs_lib.aws.actions import ACTIONS
from constructs_lib.errors import SecretAccessError, UndeterminedError
from constructs_lib.proof.cloudformation.model import Deployment, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.deployment.findings import depends, sentence_of
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    identity_of_principal,
    statements_of,
)
from constructs_lib.proof.deployment.request_context import complete_request
from constructs_lib.proof.deployment.resource_changes import access_by_changed_resources
from constructs_lib.proof.deployment.resource_policies import (
    ResourceWithPolicy,
    left_to_account,
    resources_of,
)
from constructs_lib.proof.deployment.unread_access import new_unread
from constructs_lib.proof.iam.patterns import ANY, ONE, pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement, keys_of
from constructs_lib.proof.iam.principal_matching import named_as
from constructs_lib.proof.iam.text import Text, joined
from constructs_lib.proof.symbolic.goal import Counterexample, ProofGoal
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.prover import settle
from constructs_lib.proof.symbolic.subsumption import (
    Side,
    cancel_common_statements,
    not_covered,
)
from constructs_lib.proof.symbolic.time_limit import TOO_LATE, OutOfTimeError, time_limit_of

_Statements: TypeAlias = tuple[PolicyStatement, ...]


def new_access(new: Deployment, old: Deployment, time_limit: float) -> Iterator[str]:
    """Yield a sentence for everything that `new` may grant, and `old` does not.

    Both must have been read with the same `Unknowns`.
    """
    for entry in new_unread(new, old):
        change = "is new or changed" if entry in new.unread else "is no longer there"
        yield f"{entry}, and it {change}; {entry.remedy}"
    before = {(each.kind, each.account, each.name): each for each in old.principals}
    owned = resources_of(new)
    owned_before = {each.arn: each for each in resources_of(old)}
    for principal in new.principals:
        earlier = before.get((principal.kind, principal.account, principal.name))
        who = _name_of(principal, new.unknowns)
        found = partial(_new_of_principal, principal, earlier, owned, new.unknowns)
        yield from _in_time(found, who, time_limit)
        if earlier is not None and principal.trust is not None:
            trust, trust_before = (
                ResourceWithPolicy(
                    "trust", each.arn, each.account, (each.trust,) if each.trust else ()
                )
                for each in (principal, earlier)
            )
            found = partial(_new_of_resource, trust, trust_before, new.unknowns)
            yield from _in_time(found, f"{who} may be assumed", time_limit)
    for resource in owned:
        found = partial(_new_of_resource, resource, owned_before.get(resource.arn), new.unknowns)
        yield from _in_time(found, resource.name, time_limit)
    for arn, gone in owned_before.items():
        if all(each.arn != arn for each in owned):
            nothing = ResourceWithPolicy(gone.name, arn, gone.account, ())
            found = partial(_new_of_resource, nothing, gone, new.unknowns)
            yield from _in_time(found, gone.name, time_limit)
    changed = partial(access_by_changed_resources, new, old)
    yield from _in_time(changed, "change of a resource", time_limit)


def _in_time(find: Callable[[], Iterator[str]], whose: str, time_limit: float) -> list[str]:
    """Return what is found within the time limit, or that it is over."""
    try:
        with time_limit_of(time_limit):
            return [f"{whose}: {sentence}" for sentence in find()]
    except OutOfTimeError:
        return [f"{whose}: it is not proved: {TOO_LATE}"]


def _new_of_principal(
    principal: Principal,
    earlier: Principal | None,
    owned: list[ResourceWithPolicy],
    unknowns: Unknowns,
) -> Iterator[str]:
    now, was = _side(principal), _side(earlier)
    lost = not_covered(was.denying, now.denying)
    unlimited = len(now.layers) < len(was.layers) or any(
        not_covered(after, before)
        for after, before in zip(now.layers[1:], was.layers[1:], strict=False)
    )
    if earlier is not None and (lost or unlimited):
        for resource in owned:
            for statement in statements_of(resource.policies):
                if _grants_directly(statement, principal, unknowns):
                    what = lost[0].place if lost else "its permissions boundary"
                    yield f"{what} is no longer there, and {statement.place} may grant it access"
                    return
    now, was = _cancelled(now, was)
    judge = _Judge(principal, earlier, unknowns)
    goal = ProofGoal(
        (pattern("*"),), (pattern("*"),), PrincipalClass(), now, was, judge, instance=judge.instance
    )
    try:
        verdict = settle(goal)
    except UndeterminedError as error:  # it takes the solver
        yield f"it is not proved: {error}"
        return
    if not verdict.proved:
        uncertain = verdict.refuted or verdict.reason.startswith("it is not proved")
        yield verdict.reason if uncertain else f"it is not proved: {verdict.reason}"


def _side(principal: Principal | None) -> Side:
    if principal is None:
        return Side(())
    own = statements_of(principal.policies)
    boundary = () if principal.boundary is None else principal.boundary.statements
    return Side(
        tuple(each for each in own if each.allows),
        () if principal.boundary is None else (tuple(each for each in boundary if each.allows),),
        denying=tuple(each for each in (*own, *boundary) if not each.allows),
    )


def _cancelled(now: Side, was: Side) -> tuple[Side, Side]:
    """Return both sides, less what they have in common, resource by resource."""
    now, was = cancel_common_statements(now, was)
    if was.denying or was.layers[1:] or now.empty:
        return now, was
    parts = tuple(part for statement in now.identity for part in _parts(statement))
    return replace(now, identity=not_covered(parts, was.identity)), was


def _parts(statement: PolicyStatement) -> Iterator[PolicyStatement]:
    """Yield a statement for each action and resource of one."""
    actions: list[PolicyStatement] = [statement]
    if not statement.not_action:
        actions = [
            replace(statement, actions=(action,), unknown_actions=())
            for action in statement.actions
        ]
        actions += [
            replace(statement, actions=(), unknown_actions=(action,))
            for action in statement.unknown_actions
        ]
    for part in actions:
        if statement.not_resource:
            yield part
        else:
            yield from (replace(part, resources=(text,)) for text in statement.resources)


class _Judge:
    """Evaluates the requests that the prover finds, now and before."""

    def __init__(self, principal: Principal, earlier: Principal | None, unknowns: Unknowns) -> None:
        self._principals = [principal, *([earlier] if earlier is not None else [])]
        self._unknowns = unknowns
        self._keys = frozenset(
            key
            for who in self._principals
            for policy in (*who.policies, *([who.boundary] if who.boundary else ()))
            for statement in policy.statements
            for key in keys_of(statement)
            if isinstance(key, str)
        )

    def instance(self, text: Text) -> str | None:
        """Return a resource that a text with unknowns matches, as a request has it."""
        if text.variables:
            return None
        signs = (
            self._unknowns.placeholder(
                "any other", key=f"any other of {text} at {at}", shortest=1, fresh=True
            )
            if piece in (ANY, ONE)
            else piece
            for at, piece in enumerate(_signs(text))
        )
        return "".join(signs)

    def __call__(
        self, action: str, resource: str, context: Mapping[str, str]
    ) -> Counterexample | None:
        action = ACTIONS.get(action.lower(), action)
        given = {key: context.get(key) for key in self._keys if not key.startswith(_OF_REQUEST)}
        decisions = []
        for who in self._principals:
            request = complete_request(AccessRequest(who, action, resource), None, given)
            policy = left_to_account(who, self._unknowns)
            try:
                decision = evaluate_partially(request, self._unknowns, resource=[policy])
            except SecretAccessError:  # a request that nobody can make
                return None
            decisions.append(decision)
        now = decisions[0]
        before = decisions[1] if len(decisions) > 1 else None
        if now.allowed is False or (before is not None and before.allowed):
            return None
        shown = {key: value for key, value in given.items() if value is not None}
        text = sentence_of(action, self._unknowns.shown(resource), shown, now)
        certain = now.allowed is True and (before is None or before.allowed is False)
        if now.allowed and not certain and before is not None:
            text = f"it is not proved: {text}, and was perhaps not; {depends(before.doubts)}"
        return Counterexample(text, certain)


# The keys that follow from the resource and the principal of a request.
_OF_REQUEST = ("aws:resourceaccount", "aws:requestedregion", "aws:principalaccount")


def _signs(text: Text) -> Iterator[str]:
    for piece in text.pieces:
        if isinstance(piece, str):
            yield from piece
        else:
            yield piece.placeholder if not hasattr(piece, "key") else ""


def _new_of_resource(
    resource: ResourceWithPolicy, was: ResourceWithPolicy | None, unknowns: Unknowns
) -> Iterator[str]:
    now, before = (() if each is None else statements_of(each.policies) for each in (resource, was))
    if was is None:  # what it leaves to the account's policies was proved of those
        now = tuple(each for each in now if not _left_to_account(each, resource, unknowns))
    granting, granting_before = ([one for one in each if one.allows] for each in (now, before))
    for statement in not_covered(tuple(granting), tuple(granting_before)):
        named = statement.principals
        names = () if named is None else (*named.aws, *map(str, named.unknown))
        yield f"{statement.place} allows it to {' and '.join(names) or 'a service'}"
    denying, denying_before = ([one for one in each if not one.allows] for each in (now, before))
    for statement in not_covered(tuple(denying_before), tuple(denying)):
        yield f"{statement.place}, which denies, is no longer there"


def _left_to_account(
    statement: PolicyStatement, resource: ResourceWithPolicy, unknowns: Unknowns
) -> bool:
    """Return whether a statement leaves it to the policies of the resource's account alone."""
    named = statement.principals
    if named is None or named.negated or named.others:
        return False
    account = unknowns.value(resource.account)
    root = joined(f"arn:{resource.arn.split(':', 2)[1]}:iam::", account, ":root")
    return all(name in (account, root) for name in (*named.aws, *named.unknown))


def _grants_directly(statement: PolicyStatement, principal: Principal, unknowns: Unknowns) -> bool:
    identity = identity_of_principal(principal, unknowns)
    return (
        statement.allows
        and statement.principals is not None
        and named_as(statement.principals, identity, possible=True) in ("session", "principal")
    )


def _name_of(principal: Principal, unknowns: Unknowns) -> str:
    return f"{principal.kind} {principal.location or unknowns.shown(principal.name)}"
