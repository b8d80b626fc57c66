"""The message of a failed assertion: the principal, the request, the statement and the remedy."""

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
class DeploymentRequest:
    """A request to one deployment, and the message about its decision.

    Attributes:
        deployment: the deployment.
        access_request: the request.
        resource_policies: the policies of the resource of the request.
        secret: the secret of the request, if it has one.
    """

    deployment: Deployment
    access_request: AccessRequest
    resource_policies: tuple[AttachedPolicy, ...] = ()
    secret: Secret | None = None

    def partial_decision(self) -> PartialDecision:
        """Return the decision, which also depends on the unread resources."""
        return decision_with_unread(
            self.decision_on_policies(), self.deployment, self.access_request.action
        )

    def decision_on_policies(self) -> PartialDecision:
        """Return the decision by the policies of the templates."""
        return evaluate_partially(
            self.access_request, self.deployment.unknowns, resource=self.resource_policies
        )

    def require(self, allowed: bool) -> None:
        """Fail unless the decision is certain, and equals `allowed`."""
        __tracebackhide__ = True  # pytest shows the line of the test, and the message
        partial_decision = self.partial_decision()
        if partial_decision.allowed is allowed:
            return
        if partial_decision.allowed is None:
            remedy = remedy_of_doubts(partial_decision.remedies)
        elif allowed:
            remedy = self._remedy_of_denial(partial_decision)
        else:
            remedy = "narrow that statement, or deny it with DenySecretAccess"
        raise AssertionError(f"{self.sentence(partial_decision)}; {remedy}{self.conditions()}")

    def sentence(self, partial_decision: PartialDecision) -> str:
        """Return the principal and the request, with the statement that decides it."""
        principal = name_of_principal(self.access_request.principal, self.deployment.unknowns)
        request = f"{self.access_request.action} on {self._name_of_resource()}"
        if partial_decision.allowed is None:
            doubts = _doubts(partial_decision)
            return f"whether {principal} is allowed {request} is undetermined: {doubts}"
        if partial_decision.allowed:
            return f"{principal} is allowed {request}: {self.reason(partial_decision)}"
        return f"{principal} is not allowed {request}: {partial_decision.decision.reason}"

    def reason(self, partial_decision: PartialDecision, *, conditional: bool = False) -> str:
        """Return the statement that allows it, or the unknowns on which it depends.

        Args:
            partial_decision: the decision.
            conditional: whether it depends on the context of the request alone.
        """
        if partial_decision.allowed is None:
            possible = partial_decision.possible
            if conditional and possible is not None:
                return f"{possible.reason}{_resources_of(possible)}"
            by = f"; if so, {possible.reason}" if possible is not None else ""
            return f"it is undetermined: {_doubts(partial_decision)}{by}"
        decision = partial_decision.decision
        return f"{decision.reason}{_resources_of(decision)}"

    def conditions(self) -> str:
        """Return the conditions of the templates under which the deployment exists."""
        choices = self.deployment.choices
        return f" (where {' and '.join(choices)})" if choices else ""

    def _name_of_resource(self) -> str:
        unknowns = self.deployment.unknowns
        if self.secret is None or not self.access_request.action.startswith("secretsmanager:"):
            suffix = f" for secret {unknowns.shown(self.secret.name)}" if self.secret else ""
            return unknowns.shown(self.access_request.resource) + suffix
        return f"secret {name_of_secret(self.secret, unknowns)}"

    def _remedy_of_denial(self, partial_decision: PartialDecision) -> str:
        decision = partial_decision.decision
        if decision.statements:
            return "remove the request from that statement"
        if decision.missing and decision.missing != ("identity policy",):
            return f"allow it in the {listed(decision.missing)}"
        similar = []
        for statement in statements_of(self.access_request.principal.policies):
            if statement.allows and statement.covers_action(self.access_request.action.lower()):
                resources = listed([str(text) for text in statement.resources])
                tests = listed([str(test) for test in statement.tests])
                suffix = f" if {tests}" if tests else ""
                similar.append(f"{statement.place} allows it on {resources}{suffix}")
        if similar:
            return f"{'; '.join(similar[:3])}; extend one of them, or add a statement"
        names = [policy.name for policy in self.access_request.principal.policies]
        if not names:
            return "it has no policy in the templates; attach one, such as a SecretReader"
        return f"no statement of {listed(names)} is about it; add one, such as a SecretReader's"


def _resources_of(decision: Decision) -> str:
    """Return the resources of the deciding statements, as the end of a sentence."""
    resources = {
        str(text)
        for statement in decision.statements
        if not statement.not_resource and statement.principals is None
        for text in statement.resources
    }
    return f", on {listed(sorted(resources))}" if resources else ""


def _doubts(partial_decision: PartialDecision) -> str:
    return listed([str(doubt) for doubt in partial_decision.doubts])


def name_of_principal(principal: Principal, unknowns: Unknowns) -> str:
    """Return the name of a principal in a message."""
    kind = "a member of group" if principal.kind == "group" else principal.kind
    if principal.location is not None:
        if principal.location.type == PERMISSION_SET:
            return f"{kind} {unknowns.shown(principal.name)} of {principal.location}"
        is_known = unknowns.unknowns_in(principal.name) == []
        name = f", named {principal.name}" if is_known and principal.name not in kind else ""
        return f"{kind} {principal.location}{name}"
    return f"{kind} {unknowns.shown(principal.name)}"


def name_of_secret(secret: Secret, unknowns: Unknowns) -> str:
    """Return the name of a secret in a message."""
    if secret.location is None:
        return unknowns.shown(secret.arn)
    region = unknowns.shown(secret.arn.split(":")[3])
    return str(secret.location) + (f", its replica in {region}" if secret.primary else "")


def remedy_of_doubts(remedies: Sequence[str]) -> str:
    """Return the instructions that make an undetermined decision certain."""
    return listed(remedies) or "write it out in the template"


def listed(texts: Sequence[str]) -> str:
    """Return the texts as an enumeration, which has at most the first five of them."""
    enumeration = " and ".join(texts[:5])
    return f"{enumeration} and {len(texts) - 5} more" if len(texts) > 5 else enumeration
