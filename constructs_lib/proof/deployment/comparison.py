"""What templates grant in all: what they never do, and what a change of them adds.

Access is what a principal's policies allow together with those of resources. So that a change
adds none, it is enough that each principal's policies allow nothing that they did not, that no
resource (secret, key, or role to be assumed) grants more or denies less than it did, and that where
a Deny or a boundary is gone, no resource grants to the principal directly, past its policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown
from constructs_lib.proof.deployment.lowering import Lowering
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, names_principal
from constructs_lib.proof.deployment.request_context import principal_tag
from constructs_lib.proof.deployment.resource_changes import access_by_changed_resources
from constructs_lib.proof.deployment.unread_access import new_unread
from constructs_lib.proof.iam.evaluator import NamedPolicy, Policies, evaluate
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement, read_document
from constructs_lib.proof.symbolic.pattern_inclusion import overlap
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.prover import Verdict, never_allowed_to, no_new_access
from constructs_lib.proof.symbolic.subsumption import not_covered, side_of
from constructs_lib.proof.symbolic.time_limit import TOO_LATE, OutOfTimeError, time_limit_of

_Statements = tuple[PolicyStatement, ...]


@dataclass(frozen=True)
class ResourceWithPolicy:
    """A resource with policies of its own: a secret, a key, or a role that can be assumed."""

    what: str
    arn: str
    account: str
    policies: tuple[AttachedPolicy, ...]


def resources_of(deployment: Deployment) -> list[ResourceWithPolicy]:
    """Return the secrets and keys of a deployment."""
    secrets = [
        ResourceWithPolicy("secret", each.arn, "", each.policies) for each in deployment.secrets
    ]
    keys = [ResourceWithPolicy("key", each.arn, "", (each.policy,)) for each in deployment.keys]
    return [
        ResourceWithPolicy(
            f"{each.what} {_name_of_resource(each, deployment)}",
            each.arn,
            _account(each),
            each.policies,
        )
        for each in (*secrets, *keys)
    ]


def _name_of_resource(resource: ResourceWithPolicy, deployment: Deployment) -> str:
    return deployment.unknowns.shown(resource.arn.split(":", 6)[-1])


def _account(resource: ResourceWithPolicy) -> str:
    return resource.arn.split(":")[4]


def ever_allowed(
    deployment: Deployment,
    principal: Principal,
    actions: Sequence[str],
    resources: Sequence[str],
    time_limit: float,
) -> str | None:
    """Return how a principal may ever do one of the actions, or why that is unknown; else None."""
    try:
        with time_limit_of(time_limit):
            return _ever_allowed(deployment, principal, actions, resources, time_limit)
    except OutOfTimeError:
        return f"it is not proved: {TOO_LATE}"


def _ever_allowed(
    deployment: Deployment,
    principal: Principal,
    actions: Sequence[str],
    resources: Sequence[str],
    time_limit: float,
) -> str | None:
    lowering = Lowering(deployment.unknowns)
    granted = [
        named
        for each in resources_of(deployment)
        for named in lowering.granted(each.policies, each.arn, principal)
    ]
    own = lowering.documents(principal.policies)
    limits = lowering.documents([principal.boundary]) if principal.boundary else []
    about = [_about(actions, each) for each in (own, granted, limits)]
    doubts = list(lowering.doubts([*_resources(*about), *resources]))
    if doubts:
        return f"it depends on {doubts[0]}"
    facts = _facts(principal, lowering, [*own, *granted, *limits])
    # A group stands for any of its members.
    known = principal.kind != "group" and not has_unknown(lowering.text(principal.arn))
    arn = deployment.unknowns.concrete(principal.arn).replace(":group/", ":user/")
    principal_class = PrincipalClass(arn, known=known)
    asked = ([each.lower() for each in actions], [lowering.text(each) for each in resources])
    theirs = _of_other_accounts(deployment, principal, resources)
    if theirs:
        lent = [
            named
            for each in theirs
            for named in lowering.granted(each.policies, each.arn, principal, through_account=True)
        ]
        if not lent:
            return None
        # Both accounts must allow it: what theirs does is a further limit.
        policies = Policies(
            [*own, *_only_denying(lent)], _one(limits), service_control=[facts, lent]
        )
        verdict = never_allowed_to(principal_class, policies, *asked, time_limit)
        if verdict.proved:
            return None
        its = [named for each in theirs for named in lowering.of_resource(each.policies)]
        return _describe(verdict, Policies(own, _one(limits), resource=_one(its)), lowering)
    # What a resource grants to a user is not limited by a boundary: it is asked for by itself.
    denying = _only_denying([*own, *limits])
    for policies in (
        Policies([*own, *granted], _one(limits), service_control=facts),
        Policies([*denying, *granted], service_control=facts),
    ):
        verdict = never_allowed_to(principal_class, policies, *asked, time_limit)
        if not verdict.proved:
            return _describe(verdict, policies, lowering)
        if principal.boundary is None:
            break  # without one, both are the same question
    return None


def _of_other_accounts(
    deployment: Deployment, principal: Principal, resources: Sequence[str]
) -> list[ResourceWithPolicy]:
    """Return what is asked for if all of it is certainly of other accounts, which must allow too.

    It is none if one of them is not in the templates, so that it is not known what it allows.
    """
    owned = {each.arn: each for each in resources_of(deployment)}
    found = [owned[arn] for arn in resources if arn in owned]
    apart = all(
        deployment.unknowns.same(principal.account, each.account) is False for each in found
    )
    return found if apart and len(found) == len(resources) else []


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
        who = _name_of_principal(principal, new.unknowns)
        found = partial(_new_of_principal, principal, earlier, owned, new.unknowns, time_limit)
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
        yield from _in_time(found, resource.what, time_limit)
    for arn, gone in owned_before.items():
        if all(each.arn != arn for each in owned):
            nothing = ResourceWithPolicy(gone.what, arn, gone.account, ())
            found = partial(_new_of_resource, nothing, gone, new.unknowns)
            yield from _in_time(found, gone.what, time_limit)
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
    owned: Sequence[ResourceWithPolicy],
    unknowns: Unknowns,
    time_limit: float,
) -> Iterator[str]:
    lowering = Lowering(unknowns)
    now, was = _policies(principal, lowering), _policies(earlier, lowering)
    sides = side_of(now), side_of(was)
    lost = not_covered(sides[1].denying, sides[0].denying)
    unlimited = len(sides[0].layers) < len(sides[1].layers) or any(
        not_covered(after, before)
        for after, before in zip(sides[0].layers[1:], sides[1].layers[1:], strict=False)
    )
    if earlier is not None and (lost or unlimited):
        for resource in owned:
            for policy in resource.policies:
                if _grants_directly(policy, principal, resource, unknowns):
                    what = _position_of(lost[0]) if lost else "its permissions boundary"
                    yield f"{what} is no longer there, and {policy.name} may grant it access"
                    return
    verdict = no_new_access(new=now, old=was, time_limit=time_limit)
    if not verdict.proved:
        yield _describe(verdict, now, lowering)
        return
    if not not_covered(sides[0].layers[0], sides[1].layers[0]) and not (lost or unlimited):
        return  # statement by statement, whatever the unknowns are
    documents = [
        each
        for who in (principal, earlier)
        if who is not None
        for each in lowering.documents([*who.policies, *([who.boundary] if who.boundary else [])])
    ]
    for doubt in islice(lowering.doubts(_resources(documents)), 1):
        yield f"it depends on {doubt}"


def _policies(principal: Principal | None, lowering: Lowering) -> Policies:
    if principal is None:
        return Policies()
    limits = lowering.documents([principal.boundary]) if principal.boundary else []
    return Policies(lowering.documents(principal.policies), _one(limits))


def _new_of_resource(
    resource: ResourceWithPolicy, was: ResourceWithPolicy | None, unknowns: Unknowns
) -> Iterator[str]:
    lowering = Lowering(unknowns)
    now, before = (
        () if each is None else _own_statements(lowering, each.policies) for each in (resource, was)
    )
    if was is None:  # what it leaves to the account's policies was proved of those
        now = tuple(each for each in now if not _left_to_account(each, resource, lowering))
    granting, granting_before = ([one for one in each if one.allows] for each in (now, before))
    for statement in not_covered(tuple(granting), tuple(granting_before)):
        names = statement.principals.aws if statement.principals is not None else ()
        to = unknowns.shown(" and ".join(names)) or "a service"
        yield f"{_position_of(statement)} allows it to {to}"
    denying, denying_before = ([one for one in each if not one.allows] for each in (now, before))
    for statement in not_covered(tuple(denying_before), tuple(denying)):
        yield f"{_position_of(statement)}, which denies, is no longer there"


def _own_statements(lowering: Lowering, policies: Sequence[AttachedPolicy]) -> _Statements:
    return tuple(
        statement
        for named in lowering.of_resource(policies)
        for statement in read_document(named.document, named.name, principals="own")
    )


def _left_to_account(
    statement: PolicyStatement, resource: ResourceWithPolicy, lowering: Lowering
) -> bool:
    account = lowering.text(resource.account)
    partition = resource.arn.split(":", 2)[1]
    root = f"arn:{partition}:iam::{account}:root"
    named = statement.principals
    return named is not None and not named.negated and set(named.aws) in ({account}, {root})


def _grants_directly(
    policy: AttachedPolicy, principal: Principal, resource: ResourceWithPolicy, unknowns: Unknowns
) -> bool:
    access_request = AccessRequest(principal, "", resource.arn)
    return any(
        each.get("Effect") != "Deny"
        and names_principal(access_request, each, unknowns, exactly=True) is not False
        for each in policy.statements
    )


# ---------------------------------------------------------------------------------------------
# Parts of both
# ---------------------------------------------------------------------------------------------


def _one(documents: Sequence[NamedPolicy]) -> NamedPolicy | None:
    """Return the statements of several documents as those of one."""
    if not documents:
        return None
    statements = [one for each in documents for one in _raw_statements(each)]
    name = documents[0].name.rpartition(", statement ")[0] or documents[0].name
    return NamedPolicy(name, {**documents[0].document, "Statement": statements})


def _raw_statements(named: NamedPolicy) -> list[Any]:
    found = named.document["Statement"]
    return found if isinstance(found, list) else [found]


def _about(actions: Sequence[str], documents: Sequence[NamedPolicy]) -> list[NamedPolicy]:
    """Return the documents that may say something of one of the actions."""
    asked = [pattern(each.lower()) for each in actions]
    return [
        named
        for named in documents
        if any(
            overlap(one, each)
            for statement in read_document(named.document, named.name, principals="forbidden")
            for one in (asked if not statement.not_action else [pattern("*")])
            for each in statement.actions
        )
    ]


def _resources(*groups: Sequence[NamedPolicy]) -> list[str]:
    found: list[str] = []
    for named in (each for group in groups for each in group):
        for part in _raw_statements(named):
            given = part.get("Resource", part.get("NotResource", []))
            found += given if isinstance(given, list) else [given]
    return found


def _only_denying(documents: Sequence[NamedPolicy]) -> list[NamedPolicy]:
    found = []
    for each in documents:
        denying = [part for part in _raw_statements(each) if part.get("Effect") == "Deny"]
        if denying:
            found.append(NamedPolicy(each.name, {**each.document, "Statement": denying}))
    return found


def _facts(
    principal: Principal, lowering: Lowering, documents: Sequence[NamedPolicy]
) -> list[NamedPolicy]:
    """Return what is known of who asks, as a limit to its requests: a policy that demands it."""
    if principal.kind == "group":
        return []
    facts = {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
    }
    known = {key: lowering.text(each) for key, each in facts.items()}
    block: dict[str, dict[str, Any]] = {
        "StringEquals": {key: each for key, each in known.items() if not has_unknown(each)}
    }
    for key in sorted(_principal_tags(documents)):
        values = principal_tag(principal, key)
        if values == ():
            block.setdefault("Null", {})[f"aws:PrincipalTag/{key}"] = "true"
        elif values is not None and not has_unknown(lowering.text(values[0])):
            block["StringEquals"][f"aws:PrincipalTag/{key}"] = lowering.text(values[0])
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block}
    return [
        NamedPolicy("what is known of who asks", {"Version": "2012-10-17", "Statement": statement})
    ]


def _principal_tags(documents: Sequence[NamedPolicy]) -> set[str]:
    """Return the tags of the principal that documents ask for, in lower case."""
    policies = Policies(documents)
    found = set()
    for statement in policies.statements.identity:
        for test in statement.tests:
            keys = [test.key, *(v for text in test.values for v in _variables(text))]
            found |= {key for key in keys if key.startswith("aws:principaltag/")}
        for text in statement.resources:
            found |= {key for key in _variables(text) if key.startswith("aws:principaltag/")}
    return {key.partition("/")[2] for key in found}


def _variables(text: Any) -> list[str]:
    return [piece.key for piece in text.pieces if not isinstance(piece, str)]


def _describe(verdict: Verdict, policies: Policies, lowering: Lowering) -> str:
    """Return what a verdict says, with the statement that allows it."""
    request = verdict.witness
    if request is None:
        return f"it is not proved: {verdict.reason}"
    context = {key: value for key, value in request.context.items() if key not in lowering.labels}
    found = f"{request.action} on {lowering.shown(request.resource)}"
    found += f" with {context}" if context else ""
    assumed = lowering.assumed({**request.context, **_sparing(verdict, policies, lowering)})
    found += f", {assumed}," if assumed else ""
    decided = _deciding(policies, verdict)
    return f"{found} is allowed{f' by {decided}' if decided else ''}"


def _sparing(verdict: Verdict, policies: Policies, lowering: Lowering) -> dict[str, str]:
    """Return what is unknown and would deny the request, were it so."""
    request = verdict.witness
    assert request is not None
    if not _deciding(policies, verdict):
        return {}
    return {
        key: "false"
        for key in lowering.labels
        if key not in request.context
        and not evaluate(
            replace(request, context={**request.context, key: "true"}), policies
        ).allowed
    }


def _deciding(policies: Policies, verdict: Verdict) -> str:
    assert verdict.witness is not None
    if verdict.witness.action.lower().startswith(("kms:", "sts:")):
        return ""  # the resource's own policy, which is taken to leave it, is not at hand
    decision = evaluate(verdict.witness, policies)
    return (
        " and ".join(dict.fromkeys(map(_position_of, decision.statements)))
        if decision.allowed
        else ""
    )


def _position_of(statement: PolicyStatement) -> str:
    """Return where a statement stands in the template: each was made a document of its own."""
    return statement.place.rpartition(", statement ")[0] or statement.place


def _name_of_principal(principal: Principal, unknowns: Unknowns) -> str:
    called = principal.location or unknowns.shown(principal.name)
    return f"{principal.kind} {called}"
