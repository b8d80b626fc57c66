"""A question to the prover: is there a request that is allowed now, and was not before?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from constructs_lib.aws.actions import ACTIONS
from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.iam.evaluator import Policies, evaluate
from constructs_lib.proof.iam.patterns import Pattern
from constructs_lib.proof.iam.request import (
    OF_AWS,
    TLS_ONLY,
    Request,
    has_policy_of_its_own,
)
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.subsumption import Side

_SECRET = re.compile(r"arn:aws[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]*")


@dataclass(frozen=True)
class Counterexample:
    """A request that is allowed now, and was not before.

    Attributes:
        reason: the request and the statement that allows it, in a sentence.
        certain: whether it is allowed whatever the unknowns are. Otherwise it may be.
        request: the request. None: parts of it are unknown.
    """

    reason: str
    certain: bool = True
    request: Request | None = None


# Returns whether an action (in lower case) on a resource in a context is a counterexample.
Judge: TypeAlias = Callable[[str, str, Mapping[str, str]], Counterexample | None]


@dataclass(frozen=True)
class ProofGoal:
    """Is there a request within `actions` and `resources` that is a counterexample?

    Attributes:
        actions: patterns of actions, in lower case.
        resources: patterns of ARNs.
        principal_class: the principal.
        new_side: the statements that matter now: what both have in common is left out.
        old_side: the statements that mattered before. None: nothing was allowed.
        judge: confirms a request that the statements suggest.
        resource: the only resource of the question, as the judge takes it, if there is one. The
            statements are those about it.
        instance: returns a resource that a text with unknowns matches, as the judge takes it.
    """

    actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...]
    principal_class: PrincipalClass
    new_side: Side
    old_side: Side | None
    judge: Judge
    resource: str | None = None
    instance: Callable[[Text], str | None] | None = None

    def confirmed(
        self, action: str, resource: str, context: Mapping[str, str]
    ) -> Counterexample | None:
        """Return the counterexample that a request is, if it is one."""
        if not any(each.matches(action.lower()) for each in self.actions):
            return None
        unknown = self.resource is not None or self.instance is not None
        if not unknown and not any(each.matches(resource) for each in self.resources):
            return None
        return self.judge(action, self.resource or resource, context)


@dataclass(frozen=True)
class PoliciesJudge:
    """Judges requests by the policies that are given, with the evaluator.

    Attributes:
        new: the policies now.
        old: the policies before. None: nothing was allowed.
        principal_class: the principal.
        granted: whether the policies of resources are part of the question.
        spelled: the actions by their name in lower case.
    """

    new: Policies
    old: Policies | None
    principal_class: PrincipalClass
    granted: bool
    spelled: Mapping[str, str]
    _left_to_account: dict[tuple[bool, str], Policies] = field(default_factory=dict, compare=False)

    def __call__(
        self, action: str, resource: str, context: Mapping[str, str]
    ) -> Counterexample | None:
        """Return the counterexample that a request is, if it is one."""
        if not _exists(action, resource, context):
            return None
        action = self.spelled.get(action.lower()) or ACTIONS.get(action.lower(), action)
        try:
            principal = self.principal_class.arn_for(resource, context.get("aws:username"))
            request = Request(principal, action, resource, self.principal_class.context(context))
            refutes = self._allowed(request, new=True) and not (
                self.old is not None and self._allowed(request, new=False)
            )
        except SecretAccessError:  # the evaluator does not decide this request
            return None
        if not refutes:
            return None
        shown = f" with {dict(request.context)}" if request.context else ""
        return Counterexample(f"{action} is allowed on {resource}{shown}", request=request)

    def _allowed(self, request: Request, *, new: bool) -> bool:
        """Evaluate a request, with policies of resources that are not given as `Side` has them."""
        policies = self.new if new else self.old
        assert policies is not None
        if policies.resource is None:
            account = request.principal.split(":")[4]
            (its_account,) = request.resource.split(":", 5)[4:5] or [account]
            own = has_policy_of_its_own(request.action, request.resource)
            if not self.granted and (own or its_account not in ("", OF_AWS, account)):
                policies = self._left_to(account, policies, new=new)
            elif self.granted and own:
                policies = self._left_to(its_account or account, policies, new=new)
        return evaluate(request, policies).allowed

    def _left_to(self, account: str, policies: Policies, *, new: bool) -> Policies:
        if (new, account) not in self._left_to_account:
            statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": account}}
            own_policy = {
                "Version": "2012-10-17",
                "Statement": {**statement, "Action": "*", "Resource": "*"},
            }
            left = replace(policies, resource=own_policy)
            self._left_to_account[new, account] = left
        return self._left_to_account[new, account]


def _exists(action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Return whether AWS may be asked so. The formula of the solver has the same rules."""
    parts = resource.split(":", 5)
    # "The secret name can contain ASCII letters, numbers, and the following characters: /_+=.@-"
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    if parts[2:3] == ["secretsmanager"] and not _SECRET.fullmatch(resource):
        return False
    insecure = context.get("aws:securetransport", "true").lower() != "true"
    if insecure and action.lower().startswith(TLS_ONLY):
        return False
    account = parts[4] if len(parts) == 6 and parts[4].isdigit() else None
    return account is None or context.get("aws:resourceaccount", account) == account
