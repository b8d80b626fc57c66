"""What an assertion that fails says: who, what, which statement of which resource, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal, Secret
from constructs_lib.proof.cloudformation.permission_sets import PERMISSION_SET
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    statements_of,
)
from constructs_lib.proof.deployment.unread_access import decision_with_unread
from constructs_lib.proof.iam.evaluator import Decision, PartialDecision


@dataclass(frozen=True)
class Case:
    """One request to one deployment, and how its answer is told."""

    deployment: Deployment
    access_request: AccessRequest
    resource_policies: tuple[AttachedPolicy, ...] = ()
    secret: Secret | None = None

    def partial_decision(self) -> PartialDecision:
        """Return the answer, which also depends on what is not read."""
        return decision_with_unread(
            self.decision_on_policies(), self.deployment, self.access_request.action
        )

    def decision_on_policies(self) -> PartialDecision:
        """Return the answer of the policies that are read."""
        return evaluate_partially(
            self.access_request, self.deployment.unknowns, resource=self.resource_policies
        )

    def demand(self, allowed: bool) -> None:
        """Fail unless this is the answer."""
        __tracebackhide__ = True  # pytest shows the line of the test, and the message
        partial_decision = self.partial_decision()
        if partial_decision.allowed is allowed:
            return
        if partial_decision.allowed is None:
            remedy = how_to_decide(partial_decision.remedies)
        elif allowed:
            remedy = self._how_to_allow(partial_decision)
        else:
            remedy = "narrow that statement, or deny it with DenySecretAccess"
        raise AssertionError(f"{self.sentence(partial_decision)}; {remedy}{self.where()}")

    def sentence(self, partial_decision: PartialDecision) -> str:
        """Return who can or can't do what, and which statement decides it."""
        unknowns = self.deployment.unknowns
        who = who_is(self.access_request.principal, unknowns)
        what = f"{self.access_request.action} on {self._what()}"
        if partial_decision.allowed is None:
            return f"whether {who} is allowed {what} is undetermined: {_doubts(partial_decision)}"
        if partial_decision.allowed:
            return f"{who} is allowed {what}: {self.reason(partial_decision)}"
        return f"{who} is not allowed {what}: {partial_decision.decision.reason}"

    def reason(self, partial_decision: PartialDecision, *, conditional: bool = False) -> str:
        """Return the statement that allows it, or the unknowns on which it depends.

        Args:
            partial_decision: the decision.
            conditional: whether it depends on the context of the request alone.
        """
        if partial_decision.allowed is None:
            possible = partial_decision.possible
            if conditional and possible is not None:
                return f"{possible.reason}{self._covered(possible)}"
            by = f"; if so, {possible.reason}" if possible is not None else ""
            return f"it is undetermined: {_doubts(partial_decision)}{by}"
        decision = partial_decision.decision
        return f"{decision.reason}{self._covered(decision)}"

    def _what(self) -> str:
        unknowns = self.deployment.unknowns
        if self.secret is None or not self.access_request.action.startswith("secretsmanager:"):
            of = f" for secret {unknowns.shown(self.secret.name)}" if self.secret else ""
            return unknowns.shown(self.access_request.resource) + of
        return f"secret {which_is(self.secret, unknowns)}"

    def _covered(self, decision: Decision) -> str:
        """Return the resources that the deciding statements are about."""
        resources = {
            str(text)
            for statement in decision.statements
            if not statement.not_resource and statement.principals is None
            for text in statement.resources
        }
        return f", on {listed(sorted(resources))}" if resources else ""

    def _how_to_allow(self, partial_decision: PartialDecision) -> str:
        decision = partial_decision.decision
        if decision.statements:
            return "take the request out of that statement"
        if decision.missing and decision.missing != ("identity policy",):
            return f"allow it in the {listed(decision.missing)}"
        near = []
        for statement in statements_of(self.access_request.principal.policies):
            if statement.allows and statement.covers_action(self.access_request.action.lower()):
                resources = listed([str(text) for text in statement.resources])
                conditions = listed([str(test) for test in statement.tests])
                under = f" if {conditions}" if conditions else ""
                near.append(f"{statement.place} allows it on {resources}{under}")
        if near:
            return f"{'; '.join(near[:3])}; extend one of them, or add a statement"
        names = [policy.name for policy in self.access_request.principal.policies]
        if not names:
            return "it has no policy in the templates; attach one, such as a SecretReader"
        return f"no statement of {listed(names)} is about it; add one, such as a SecretReader's"

    def where(self) -> str:
        """Return under which conditions of the templates this is so."""
        chosen = self.deployment.chosen
        return f" (where {' and '.join(chosen)})" if chosen else ""


def _doubts(partial_decision: PartialDecision) -> str:
    return listed([str(doubt) for doubt in partial_decision.doubts])


def who_is(principal: Principal, unknowns: Unknowns) -> str:
    """Return how a message names a principal."""
    kind = "a member of group" if principal.kind == "group" else principal.kind
    if principal.location is not None:
        if principal.location.type == PERMISSION_SET:
            return f"{kind} {unknowns.shown(principal.name)} of {principal.location}"
        own = unknowns.unknowns_in(principal.name) == []
        name = f", named {principal.name}" if own and principal.name not in kind else ""
        return f"{kind} {principal.location}{name}"
    return f"{kind} {unknowns.shown(principal.name)}"


def which_is(secret: Secret, unknowns: Unknowns) -> str:
    """Return how a message names a secret."""
    if secret.location is None:
        return unknowns.shown(secret.arn)
    region = unknowns.shown(secret.arn.split(":")[3])
    return str(secret.location) + (f", its replica in {region}" if secret.primary else "")


def how_to_decide(remedies: Sequence[str]) -> str:
    """Return the instructions that decide what is not determined."""
    return listed(remedies) or "write it out in the template"


def listed(texts: Sequence[str]) -> str:
    """Return texts as a message lists them, a few of them if they are many."""
    found = " and ".join(texts[:5])
    return f"{found} and {len(texts) - 5} more" if len(texts) > 5 else found
