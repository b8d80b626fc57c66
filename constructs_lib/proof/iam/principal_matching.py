"""How the policy of a resource names who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from typing import Literal

from constructs_lib.proof.iam.policy_parser import Principals
from constructs_lib.proof.iam.request import Identity

NamedAs = Literal["session", "principal", "account"]


def is_named(named: Principals, identity: Identity) -> bool | str:
    """Return whether a statement is about who asks, or why that can't be told."""
    how = {_how(each, identity) for each in named.aws} - {None}
    if "one session" in how:
        return "it names one session, and the request only a role"
    if not named.negated:
        return bool(how)
    if "*" in named.aws:
        return False
    if not how - {"account"}:
        return True
    # AWS may deny a principal that NotPrincipal excepts unless its account, and for a role its
    # session, are excepted beside it.
    if identity.kind == "user" and {"account", "principal"} <= how:
        return False
    if {"account", "principal", "session"} <= how:
        return False
    return "its NotPrincipal excepts the principal, but not all it is"


def named_as(named: Principals, identity: Identity) -> NamedAs:
    """Return how closely a statement that is about who asks names it."""
    how = {_how(each, identity) for each in named.aws}
    names: tuple[NamedAs, ...] = ("session", "principal", "account")
    return next(name for name in names if name in how)


def _how(name: str, identity: Identity) -> NamedAs | Literal["one session"] | None:
    """Return how a name in a policy is this principal's, if it is."""
    if name == "*":
        # "Permissions boundaries and session policies do not limit permissions granted using the
        # aws:PrincipalArn condition key with a wildcard (*) in the Principal element": section
        # "IAM role principals" of the page above.
        return "session"
    if name == identity.account or _is_root_of(identity.account, name):
        return "account"
    if name == identity.arn:
        return "session" if identity.kind == "session" else "principal"
    if identity.is_role:
        kind, _, path = name.partition(f"::{identity.account}:")[2].partition("/")
        if kind == "role" and identity.kind == "session":
            return "principal" if path.rpartition("/")[2] == identity.name else None
        of_this_role = kind == "assumed-role" and path.partition("/")[0] == identity.name
        if of_this_role and identity.kind == "role":
            return "one session"
    return None


def _is_root_of(account: str, name: str) -> bool:
    return name.startswith("arn:aws") and name.endswith(f":iam::{account}:root")
