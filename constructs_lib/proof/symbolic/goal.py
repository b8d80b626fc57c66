"""What is asked of the prover: is there a request that is allowed now, and was not before?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from constructs_lib.errors import SecretAccessError, UndeterminedError
from constructs_lib.proof.iam.evaluator import Policies, evaluate
from constructs_lib.proof.iam.patterns import Pattern
from constructs_lib.proof.iam.request import (
    OF_AWS,
    TLS_ONLY,
    Request,
    has_policy_of_its_own,
)
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.subsumption import Side

_SECRET = re.compile(r"arn:aws[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]*")


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


@dataclass(frozen=True)
class ProofGoal:
    """Is there a request within `actions` and `resources` that `new` allows and `old` does not?

    Without `old`, nothing was allowed before. `new_side` and `old_side` are the statements that
    matter to the answer: what both have in common is left out.
    """

    new: Policies
    old: Policies | None
    actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...]
    principal_class: PrincipalClass
    new_side: Side
    old_side: Side | None
    _left_to_account: dict[tuple[bool, str], Policies] = field(default_factory=dict, compare=False)

    def request(self, action: str, resource: str, context: Mapping[str, str]) -> Request:
        """Return a request of who asks.

        Raises:
            SecretAccessError: if there is no such request.
        """
        if not _exists(action, resource, context):
            raise UndeterminedError(
                f"there is no request for {action} on {resource} with {dict(context)}",
                allowed="requests that AWS documents are allowed",
                remedy="give one",
            )
        principal = self.principal_class.arn_for(resource, context.get("aws:username"))
        return Request(principal, action, resource, self.principal_class.context(context))

    def confirmed(self, request: Request) -> bool:
        """Return whether the evaluator says that this request refutes."""
        try:
            return (
                any(each.matches(request.action.lower()) for each in self.actions)
                and any(each.matches(request.resource) for each in self.resources)
                and self._allowed(request, new=True)
                and not (self.old is not None and self._allowed(request, new=False))
            )
        except SecretAccessError:  # the evaluator does not decide this request
            return False

    def spelled(self) -> Iterator[str]:
        """Yield the actions as the policies spell them."""
        for policies in (self.new, self.old):
            if policies is not None:
                for statement in policies.statements.every():
                    yield from statement.spelled_actions

    def _allowed(self, request: Request, *, new: bool) -> bool:
        """Evaluate a request, with what is not given of resources' policies as `Side` has it."""
        policies, side = (self.new, self.new_side) if new else (self.old, self.old_side)
        assert policies is not None
        assert side is not None
        if policies.resource is None:
            account = request.principal.split(":")[4]
            (its_account,) = request.resource.split(":", 5)[4:5] or [account]
            own = has_policy_of_its_own(request)
            if side.grants is None and (own or its_account not in ("", OF_AWS, account)):
                policies = self._left_to(account, policies, new=new)
            elif side.grants is not None and own:
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
