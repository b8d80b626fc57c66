"""Resources of a deployment with policies of their own: secrets, keys, and roles to be assumed."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns


@dataclass(frozen=True)
class ResourceWithPolicy:
    """A resource with policies of its own.

    Attributes:
        name: its name in messages.
        arn: its ARN.
        account: its account.
        policies: its policy; several where it is not known which one it has.
    """

    name: str
    arn: str
    account: str
    policies: tuple[AttachedPolicy, ...]


def resources_of(deployment: Deployment) -> list[ResourceWithPolicy]:
    """Return the secrets and keys of a deployment."""
    secrets = [("secret", each.arn, each.policies) for each in deployment.secrets]
    keys = [("key", each.arn, (each.policy,)) for each in deployment.keys]
    return [
        ResourceWithPolicy(
            f"{kind} {deployment.unknowns.shown(arn.split(':', 6)[-1])}",
            arn,
            arn.split(":")[4],
            policies,
        )
        for kind, arn, policies in (*secrets, *keys)
    ]


def left_to_account(principal: Principal, unknowns: Unknowns) -> AttachedPolicy:
    """Return a resource's policy that leaves it to the policies of a principal's account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal.account},
        "Action": "*",
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    name = "the resource's policy, taken to leave it to the account"
    return AttachedPolicy(name, document, unknowns, principals="own")
