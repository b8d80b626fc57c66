"""IAM's quotas on the length of policies, and on their number for each principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from constructs_lib.errors import InvalidOptionError, QuotaExceededError, shown

Kind = Literal["user", "role", "group"]

# Characters, whitespace not counted; the inline ones are for all inline policies of a principal
# together. AWS raises none of these.
MANAGED_QUOTA = 6_144
INLINE_QUOTAS: dict[Kind, int] = {"user": 2_048, "group": 5_120, "role": 10_240}


class AttachedQuota(NamedTuple):
    """The quota of managed policies of a principal: the default, and the highest one of AWS."""

    default: int
    highest: int


ATTACHED_QUOTAS: dict[Kind, AttachedQuota] = {
    "user": AttachedQuota(10, 20),
    "group": AttachedQuota(10, 10),
    "role": AttachedQuota(10, 25),
}


def context_key(kind: Kind) -> str:
    """Return the key of CDK context with which an app states a quota that AWS raised."""
    return f"secret-access-cdk:managedPoliciesPer{kind.capitalize()}"


def attached_quota(kind: Kind, context: Callable[[str], object]) -> int:
    """Return the quota of managed policies of a principal, by the context of the app."""
    default, highest = ATTACHED_QUOTAS[kind]
    if default == highest:
        return default
    value = context(context_key(kind))
    if value is None:
        return default
    # The command line's `-c key=20` gives a string, and a number comes back from CDK as a float.
    text = f"{value:g}" if isinstance(value, int | float) else value
    number = int(text) if isinstance(text, str) and text.isdecimal() else 0
    if not default <= number <= highest:
        raise InvalidOptionError(
            f"context {context_key(kind)}",
            must=f"be {default} to {highest}, the quotas that AWS has for a {kind}",
            got=value,
            remedy="give the quota to which AWS raised yours, or omit it",
        )
    return number


def check_length(length: int, quota: int, what: str, remedy: str) -> None:
    """Refuse a policy, or several together, longer than a quota, before IAM does at deployment."""
    if length > quota:
        raise QuotaExceededError(
            f"{what} must be at most {quota:,} characters, whitespace not counted, got {length:,}",
            remedy=remedy,
        )


def check_attached(
    kind: Kind, principal: str, count: int, context: Callable[[str], object]
) -> None:
    """Refuse more managed policies than the quota of a principal, by the context of the app."""
    if count <= ATTACHED_QUOTAS[kind].default:
        return  # without a call to CDK for the context
    quota = attached_quota(kind, context)
    if count <= quota:
        return
    fewer = f"attach fewer, such as one construct with all of the {kind}'s secrets"
    raise_it = f"have AWS raise the quota, and give it as CDK context {context_key(kind)}"
    raisable = quota < ATTACHED_QUOTAS[kind].highest
    raise QuotaExceededError(
        f"{kind} {shown(principal)} must have at most {quota:,} managed policies, "
        f"got {count:,} from this app",
        remedy=f"{fewer}, or {raise_it}" if raisable else fewer,
    )
