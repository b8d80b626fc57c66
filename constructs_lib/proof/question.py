"""What is asked of the prover: is there a request that is allowed now, and was not before?"""

from dataclasses import dataclass

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.evaluator import Policies, evaluate
from constructs_lib.proof.inclusion import Side
from constructs_lib.proof.patterns import Pattern
from constructs_lib.proof.request import Request, has_policy_of_its_own

ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Question:
    """Is there a request within `actions` and `resources` that `new` allows and `old` does not?

    Without `old`, nothing was allowed before. `new_side` and `old_side` are the statements that
    matter to the answer: what both have in common is left out. `principal` is who asks; without
    it, any role of the account that the resource is in.
    """

    new: Policies
    old: Policies | None
    actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...]
    principal: str | None
    new_side: Side
    old_side: Side | None

    def asked_by(self, resource: str) -> str:
        """Return the ARN of who asks for a resource."""
        if self.principal is not None:
            return self.principal
        parts = resource.split(":", 5)
        account = parts[4] if len(parts) == 6 and parts[4].isdigit() else ACCOUNT
        return f"arn:aws:iam::{account}:role/any"

    def confirmed(self, request: Request) -> bool:
        """Tell whether the evaluator says that this request refutes."""
        try:
            return (
                any(each.matches(request.action.lower()) for each in self.actions)
                and any(each.matches(request.resource) for each in self.resources)
                and _allows(self.new, request)
                and not (self.old is not None and _allows(self.old, request))
            )
        except SecretAccessError:  # the evaluator does not decide this request
            return False


def _allows(policies: Policies, request: Request) -> bool:
    """Evaluate a request, with a KMS key's use, or a role's, left to its account.

    A resource of another account is taken to be shared with the principal's.
    """
    account = request.principal.split(":")[4]
    its_account = request.resource.split(":", 5)[4:5]
    if has_policy_of_its_own(request) or its_account not in ([], [""], [account]):
        statement = {"Effect": "Allow", "Principal": {"AWS": account}}
        own_policy = {
            "Version": "2012-10-17",
            "Statement": {**statement, "Action": "*", "Resource": "*"},
        }
        policies = Policies(
            policies.identity,
            policies.permissions_boundary,
            policies.session,
            own_policy,
            policies.service_control,
            policies.resource_control,
        )
    return evaluate(request, policies).allowed
