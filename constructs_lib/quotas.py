"""IAM's quotas, in one place: how long policies may be, and how many a principal may have.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from constructs_lib.errors import SecretAccessError, shown

Kind = Literal["user", "role", "group"]

# Characters, whitespace not counted; the inline ones are for all inline policies of a principal
# together. AWS raises none of these.
MANAGED_QUOTA = 6_144
INLINE_QUOTAS: dict[Kind, int] = {"user": 2_048, "group": 5_120, "role": 10_240}


class AttachedQuota(NamedTuple):
    """How many managed policies a principal may have: by default, and at most if AWS raises it."""

    default: int
    highest: int


ATTACHED_QUOTAS: dict[Kind, AttachedQuota] = {
    "user": AttachedQuota(10, 20),
    "group": AttachedQuota(10, 10),
    "role": AttachedQuota(10, 25),
}


def context_key(kind: Kind) -> str:
    """Return the key of CDK context by which an app says that AWS raised its quota."""
    return f"secret-access-cdk:managedPoliciesPer{kind.capitalize()}"


def attached_quota(kind: Kind, context: Callable[[str], object]) -> int:
    """Return how many managed policies a principal may have, by an app's context."""
    default, highest = ATTACHED_QUOTAS[kind]
    if default == highest:
        return default
    given = context(context_key(kind))
    if given is None:
        return default
    # The command line's `-c key=20` gives a string, and a number comes back from CDK as a float.
    text = f"{given:g}" if isinstance(given, int | float) else given
    number = int(text) if isinstance(text, str) and text.isdecimal() else 0
    if not default <= number <= highest:
        raise SecretAccessError(
            f"context {context_key(kind)} is {shown(given)}",
            allowed=f"{default} to {highest} are allowed, which AWS has for a {kind}",
            remedy="give the quota that AWS raised yours to, or leave it out",
        )
    return number


def check_length(length: int, quota: int, what: str, remedy: str) -> None:
    """Refuse a policy, or several together, longer than a quota: IAM would, at deployment."""
    if length > quota:
        raise SecretAccessError(
            f"{what} can be {length:,} characters long",
            allowed=f"{quota:,} characters are allowed, whitespace not counted",
            remedy=remedy,
        )


def check_attached(
    kind: Kind, principal: str, count: int, context: Callable[[str], object]
) -> None:
    """Refuse more managed policies than a principal may have, by an app's context."""
    if count <= ATTACHED_QUOTAS[kind].default:
        return  # the context need not be asked: that takes a call to CDK
    quota = attached_quota(kind, context)
    if count <= quota:
        return
    fewer = f"attach fewer, such as one construct with all of the {kind}'s secrets"
    raise_it = f"have AWS raise the quota, and give it as CDK context {context_key(kind)}"
    raisable = quota < ATTACHED_QUOTAS[kind].highest
    raise SecretAccessError(
        f"{kind} {shown(principal)} has {count:,} managed policies attached by this app",
        allowed=f"{quota:,} are allowed for a {kind}",
        remedy=f"{fewer}, or {raise_it}" if raisable else fewer,
    )
