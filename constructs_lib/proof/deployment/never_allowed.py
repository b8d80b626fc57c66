"""Whether a principal is ever allowed actions on resources: in every context, with any tags.

For one resource, each statement is compared with it first, so that only actions and conditions are
left to the prover. For a pattern of ARNs, a secret that each statement allows is tried first, and
then the prover is asked about all resources at once. A request that the prover finds is evaluated
as every other request is: it is allowed, or it depends on unknowns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from constructs_lib.aws.actions import ACTIONS
from constructs_lib.errors import SecretAccessError, UndeterminedError
from constructs_lib.proof.cloudformation.model import (
    AttachedPolicy,
    Deployment,
    Key,
    Principal,
    Secret,
)
from constructs_lib.proof.deployment.external_secrets import secrets_matched
from constructs_lib.proof.deployment.findings import Finding, sentence_of
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    identity_of_principal,
    partial_request,
    statements_of,
)
from constructs_lib.proof.deployment.request_context import complete_request, member_of
from constructs_lib.proof.deployment.resource_policies import left_to_account
from constructs_lib.proof.deployment.secret_lookup import policies_of_key, policies_of_secret
from constructs_lib.proof.iam.condition_operators import AnyTest, UnknownTest
from constructs_lib.proof.iam.evaluator import for_principal
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.policy_parser import (
    PolicyStatement,
    keys_of,
    statement_on_everything,
)
from constructs_lib.proof.iam.principal_matching import is_named, named_as
from constructs_lib.proof.iam.request import Identity, PartialRequest
from constructs_lib.proof.iam.text import Text, Value
from constructs_lib.proof.iam.text_matching import includes, matches, matches_in_context, same
from constructs_lib.proof.symbolic.goal import Counterexample, ProofGoal
from constructs_lib.proof.symbolic.pattern_inclusion import includes as action_includes
from constructs_lib.proof.symbolic.pattern_inclusion import overlap
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.prover import settle
from constructs_lib.proof.symbolic.subsumption import Side, covers
from constructs_lib.proof.symbolic.time_limit import TOO_LATE, OutOfTimeError, time_limit_of

_Statements: TypeAlias = tuple[PolicyStatement, ...]
# A secret or key, the ARN of one that the templates do not have, or a pattern of ARNs.
Resource: TypeAlias = "Secret | Key | str"

_OF_SECRETS = pattern("secretsmanager:*")
_ANY = statement_on_everything("", allows=True).resources
_LONGER = "give a longer time_limit="
_SAME_TAG = ("secretsmanager:resourcetag/", "aws:resourcetag/")


def ever_allowed(
    deployment: Deployment,
    principal: Principal,
    actions: Sequence[str],
    resources: Sequence[Resource],
    time_limit: float,
) -> Finding | None:
    """Return how a principal may be allowed one of the actions; None if it never is.

    Args:
        deployment: the deployment.
        principal: a principal of it. A group stands for any of its members.
        actions: actions, or patterns of them.
        resources: secrets, keys, ARNs, or patterns of ARNs.
        time_limit: the seconds that the answer may take.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    asked = tuple(pattern(action.lower()) for action in actions)
    spelled = {action.lower(): action for action in actions}
    search = _Search(deployment, member_of(principal, deployment.unknowns), asked, spelled)
    try:
        with time_limit_of(time_limit):
            findings = (finding for each in resources for finding in search.findings(each))
            return next(findings, None)
    except OutOfTimeError:
        return Finding(f"it is not proved: {TOO_LATE}", (_LONGER,))


@dataclass(frozen=True)
class _Search:
    """The search for a request of one principal that is allowed."""

    deployment: Deployment
    principal: Principal
    actions: tuple[Pattern, ...]
    spelled: Mapping[str, str]

    def findings(self, resource: Resource) -> Iterator[Finding]:
        if isinstance(resource, Secret):
            policies = policies_of_secret(self.deployment, resource, self.principal)
            yield from self._on_one(resource.arn, policies, replace(resource, tags=None))
        elif isinstance(resource, Key):
            yield from self._on_one(resource.arn, (resource.policy,), replace(resource, tags=None))
        elif "*" in resource or "?" in resource:
            yield from self._on_pattern(resource)
        else:
            policies = policies_of_key(self.deployment, resource, self.principal)
            yield from self._on_one(resource, policies, None)

    # --- the principal ----------------------------------------------------------------------

    @cached_property
    def _identity(self) -> Identity:
        return identity_of_principal(self.principal, self.deployment.unknowns)

    @cached_property
    def _own(self) -> _Statements:
        return tuple(filter(self._about_actions, statements_of(self.principal.policies)))

    @cached_property
    def _boundary(self) -> _Statements | None:
        boundary = self.principal.boundary
        if boundary is None:
            return None
        return tuple(filter(self._about_actions, boundary.statements))

    def _about_actions(self, statement: PolicyStatement) -> bool:
        """Return whether a statement may be about one of the actions."""
        if statement.not_action:
            return statement.unknown_actions != () or not all(
                any(action_includes(outer, action) for outer in statement.actions)
                for action in self.actions
            )
        return statement.unknown_actions != () or any(
            overlap(one, action) for one in statement.actions for action in self.actions
        )

    # --- one resource -----------------------------------------------------------------------

    def _on_one(
        self, arn: str, policies: Sequence[AttachedPolicy], resource: Secret | Key | None
    ) -> Iterator[Finding]:
        try:
            base = self._request("", arn, resource, {})
            request = partial_request(base, self.deployment.unknowns)
        except UndeterminedError as error:
            yield Finding(f"it is not proved: {error}", ("give the ARN",))
            return
        of_resource = for_principal(
            filter(self._about_actions, statements_of(policies)),
            bounded=self._boundary is not None,
        )
        own, its, boundary = (
            tuple(self._narrowed(statements, request))
            for statements in (self._own, of_resource, self._boundary or ())
        )
        allowing, granting = ([one for one in each if one.allows] for each in (own, its))
        if not allowing and not granting:
            return
        denying = tuple(each for each in (*own, *its, *boundary) if not each.allows)
        limits = () if self._boundary is None else (tuple(one for one in boundary if one.allows),)
        closeness = {id(each): self._closeness(each) for each in granting}
        granting = [replace(each, principals=None) for each in granting]
        named = list(zip(closeness.values(), granting, strict=True))
        at_home = same(self._identity.account, request.resource_account)
        delegated = ":key/" in arn or at_home is False
        levels = (tuple(granting),) if delegated else ()
        sides = [Side(tuple(allowing), limits, levels)]
        if at_home is not False:
            direct = tuple(each for how, each in named if how != "account")
            sides.append(Side(direct, limits))
            free = ("session",) if self._identity.is_role else ("session", "principal")
            if self._boundary is not None:
                unlimited = tuple(each for how, each in named if how in free)
                sides.append(Side(unlimited))
        for side in sides:
            yield from self._settled(side, denying, arn, policies, resource, request.resource)

    def _narrowed(
        self, statements: Sequence[PolicyStatement], request: PartialRequest
    ) -> Iterator[PolicyStatement]:
        """Yield the statements about a request, with what is not determined of them."""
        for statement in self._with_open_tests(statements, request):
            named = statement.principals
            outcome = named is None or is_named(named, self._identity)
            if outcome is False or (outcome is None and not statement.allows):
                continue
            outcomes = {
                text: matches_in_context(text, request.resource, request.values)
                for text in statement.resources
            }
            undetermined = tuple(text for text, outcome in outcomes.items() if outcome is None)
            certain = True in outcomes.values()
            kept = statement if statement.allows else replace(statement, principals=None)
            if statement.not_resource and not certain:
                yield (
                    replace(kept, resources=undetermined)
                    if undetermined
                    else replace(kept, resources=_ANY, not_resource=False)
                )
            elif certain and not statement.not_resource:
                yield replace(kept, resources=_ANY)
            elif undetermined and not statement.not_resource:
                yield replace(kept, resources=undetermined)

    def _with_open_tests(
        self, statements: Sequence[PolicyStatement], request: PartialRequest
    ) -> Iterator[PolicyStatement]:
        """Yield the statements of which no condition fails, without the conditions that hold."""
        for statement in statements:
            outcomes = [test.holds(request.values, request.present) for test in statement.tests]
            if False not in outcomes:
                tests = zip(statement.tests, outcomes, strict=True)
                yield replace(
                    statement,
                    tests=tuple(
                        _with_known_variables(test, request)
                        for test, outcome in tests
                        if outcome is None
                    ),
                )

    def _closeness(self, statement: PolicyStatement) -> str | None:
        assert statement.principals is not None
        return named_as(statement.principals, self._identity, possible=True)

    def _settled(
        self,
        side: Side,
        denying: _Statements,
        arn: str,
        policies: Sequence[AttachedPolicy],
        resource: Secret | Key | None,
        value: Value,
    ) -> Iterator[Finding]:
        within = Pattern(value) if isinstance(value, str) else value.widest
        judge = _Judge(self, policies, resource, arn)
        yield from self._answer(replace(side, denying=denying), within, judge, arn)

    def _answer(
        self, side: Side, within: Pattern, judge: _Judge, resource: str | None
    ) -> Iterator[Finding]:
        side = replace(side, identity=tuple(self._not_denied(side)))
        goal = ProofGoal(self.actions, (within,), PrincipalClass(), side, None, judge, resource)
        try:
            verdict = settle(goal)
        except UndeterminedError as error:  # it takes the solver, or a sign that it has not
            yield Finding(f"it is not proved: {error}", (error.remedy,))
            return
        if verdict.proved:
            return
        if verdict.refuted or judge.remedies:
            yield Finding(verdict.reason, () if verdict.refuted else tuple(judge.remedies))
        elif judge.undetermined:
            yield Finding(verdict.reason, ("write it out in the template",))
        else:
            yield Finding(f"it is not proved: {verdict.reason}", (_LONGER,))

    def _not_denied(self, side: Side) -> Iterator[PolicyStatement]:
        """Yield the statements that allow, without those that one statement denies in full."""
        for statement in side.identity:
            asked = replace(statement, actions=self.actions, not_action=False, unknown_actions=())
            if not any(covers(deny, each) for deny in side.denying for each in (statement, asked)):
                yield statement

    def _request(
        self,
        action: str,
        arn: str,
        resource: Secret | Key | None,
        context: Mapping[str, str | None],
    ) -> AccessRequest:
        service = arn.split(":", 3)[2] if arn.startswith("arn:") else ""
        access_request = AccessRequest(self.principal, action or f"{service}:any", arn)
        return complete_request(access_request, resource, context)

    # --- a pattern of resources -------------------------------------------------------------

    def _on_pattern(self, given: str) -> Iterator[Finding]:
        unknowns = self.deployment.unknowns
        asked = unknowns.pattern(given)
        resources: list[Secret | Key] = [*self.deployment.secrets, *self.deployment.keys]
        for owned in resources:
            if matches(asked, unknowns.value(owned.arn)) is not False and self._is_named_by(owned):
                yield from self.findings(owned)
        allowing = [each for each in self._own if each.allows]
        if not allowing:
            return
        yield from self._on_examples(allowing, asked)
        request = partial_request(self._request("", "*", None, {}), unknowns)
        own, boundary = (
            tuple(self._overlapping([*self._with_open_tests(statements, request)], asked))
            for statements in (self._own, self._boundary or ())
        )
        limits = () if self._boundary is None else (tuple(one for one in boundary if one.allows),)
        statements = (*own, *boundary)
        side = Side(
            tuple(each for each in own if each.allows),
            limits,
            denying=tuple(each for each in statements if not each.allows),
        )
        policy = left_to_account(self.principal, unknowns)
        judge = _Judge(self, [policy], None, given)
        yield from self._answer(side, asked.widest, judge, None)

    def _is_named_by(self, owned: Secret | Key) -> bool:
        """Return whether the policy of a resource may allow it to the principal itself."""
        policies = owned.policies if isinstance(owned, Secret) else (owned.policy,)
        return any(
            each.allows and self._closeness(each) in ("session", "principal")
            for each in filter(self._about_actions, statements_of(policies))
        )

    def _on_examples(self, allowing: Sequence[PolicyStatement], asked: Text) -> Iterator[Finding]:
        """Yield the findings on a secret that each statement allows, within the pattern."""
        if not any(overlap(action, _OF_SECRETS) for action in self.actions):
            return
        tried = set()
        for statement in allowing:
            for text in (asked,) if statement.not_resource else statement.resources:
                if text.variables:
                    continue
                inner = text if includes(asked, text) else asked if includes(text, asked) else None
                for secret in secrets_matched(self.deployment, inner.encoded) if inner else ():
                    if secret.arn not in tried:
                        tried.add(secret.arn)
                        yield from self.findings(secret)

    def _overlapping(
        self, statements: Sequence[PolicyStatement], asked: Text
    ) -> Iterator[PolicyStatement]:
        """Yield the statements about some resource of a pattern."""
        for statement in statements:
            if statement.not_resource:
                yield statement
                continue
            texts = tuple(
                text
                for text in statement.resources
                if text.variables or includes(text, asked) is not False
            )
            if texts:
                yield replace(statement, resources=texts)


def _with_known_variables(test: AnyTest, request: PartialRequest) -> AnyTest:
    """Return a condition with the values of the policy variables that are known."""
    if isinstance(test, UnknownTest):
        return test
    resolved = ((text, text.resolve(request.values)) for text in test.values)
    return replace(
        test, values=tuple(found if isinstance(found, Text) else text for text, found in resolved)
    )


class _Judge:
    """Evaluates the requests that the prover finds."""

    def __init__(
        self,
        search: _Search,
        policies: Sequence[AttachedPolicy],
        resource: Secret | Key | None,
        shown: str,
    ) -> None:
        self._search, self._policies = search, policies
        self._resource, self._shown = resource, shown
        self.undetermined = False
        self.remedies: list[str] = []

    def __call__(
        self, action: str, resource: str, context: Mapping[str, str]
    ) -> Counterexample | None:
        search, unknowns = self._search, self._search.deployment.unknowns
        action = search.spelled.get(action) or ACTIONS.get(action, action)
        try:
            base = search._request(action, resource, self._resource, {})
            free = {
                key: context.get(_one_name(key))
                for key in self._keys
                if base.values(key) is None
                and (key not in base.present or _one_name(key) in context)
            }
            request = search._request(action, resource, self._resource, free)
            decision = evaluate_partially(request, unknowns, resource=self._policies)
        except SecretAccessError:  # a request that nobody can make
            return None
        if decision.allowed is False:
            return None
        if decision.allowed is None:
            self.undetermined = True
            self.remedies += [each for each in decision.remedies if each not in self.remedies]
        shown = {key: unknowns.shown(value) for key, value in free.items() if value is not None}
        sentence = sentence_of(action, unknowns.shown(self._shown), shown, decision)
        return Counterexample(sentence, certain=decision.allowed is True)

    @cached_property
    def _keys(self) -> frozenset[str]:
        """The context keys that the policies depend on."""
        statements = [*self._search._own, *(self._search._boundary or ())]
        statements += statements_of(self._policies)
        return frozenset(
            key for each in statements for key in keys_of(each) if isinstance(key, str)
        )


def _one_name(key: str) -> str:
    """Return a key under one name: the tag of a secret has two."""
    return key.replace(*_SAME_TAG)
