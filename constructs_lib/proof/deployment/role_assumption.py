"""Who may assume a role, by its trust policy."""

from __future__ import annotations

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
_ASSUMING = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")


def assumed_by(principal: Principal, unknowns: Unknowns) -> tuple[str, ...]:
    """Return the principals that a role's trust policy names, such as a service.

    It is empty for users and groups, and for a role that the templates do not create.
    """
    try:
        statements = () if principal.trust is None else principal.trust.statements
    except SecretAccessError:  # IAM refuses a malformed policy
        return ()
    names: dict[str, None] = {}
    for statement in statements:
        named = statement.principals
        about = any(statement.covers_action(action) is not False for action in _ASSUMING)
        if not statement.allows or not about or named is None:
            continue
        shown = [f"AWS {unknowns.shown(name)}" for name in named.aws]
        shown += [f"AWS {text}" for text in named.unknown]
        shown += [f"{kind} {name}" for kind, name in named.others]
        condition = " and ".join(map(str, statement.tests))
        suffix = f" if {condition}" if condition else ""
        names |= dict.fromkeys(name + suffix for name in shown)
    return tuple(names)
