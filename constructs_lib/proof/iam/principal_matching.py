"""How the policy of a resource names a principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from constructs_lib.proof.iam.doubts import Doubt, remedies_of
from constructs_lib.proof.iam.policy_parser import Principals
from constructs_lib.proof.iam.request import Identity
from constructs_lib.proof.iam.text import Text, Unknown, Value, joined
from constructs_lib.proof.iam.text_matching import same

NamedAs = Literal["session", "principal", "account"]
_How = NamedAs | Literal["one session"] | None
_NAMES: tuple[NamedAs, ...] = ("session", "principal", "account")


def is_named(named: Principals, identity: Identity) -> bool | None:
    """Return whether a statement is about a principal; None: that is not determined."""
    surely = set(_names(named, identity, possible=False))
    possibly = set(_names(named, identity, possible=True))
    if not named.negated:
        if surely - {"one session"}:
            return True
        return None if possibly else False
    if "*" in named.aws:
        return False
    if not possibly - {"account"}:
        return True
    # AWS may deny a principal that NotPrincipal excepts unless its account, and for a role its
    # session, are excepted as well.
    if identity.kind == "user" and {"account", "principal"} <= surely:
        return False
    return False if {"account", "principal", "session"} <= surely else None


def named_as(named: Principals, identity: Identity, *, possible: bool) -> NamedAs | None:
    """Return how closely a statement names a principal: certainly, or at the closest possible."""
    names = set(_names(named, identity, possible=possible))
    if possible and "one session" in names:
        names.add("session")
    return next((name for name in _NAMES if name in names), None)


def doubt_about_principals(named: Principals, identity: Identity) -> Doubt:
    """Return why it is not determined whether a statement is about a principal."""
    if "one session" in _names(named, identity, possible=False):
        return Doubt("Principal, which names one session of the role")
    if named.negated and not named.unknown:
        return Doubt("NotPrincipal, which excepts the principal, but not all that it is")
    listed = ", ".join((*named.aws, *map(str, named.unknown)))
    texts: list[Value] = [*named.unknown, identity.account, identity.arn]
    return Doubt(
        f"{'Not' if named.negated else ''}Principal {listed} compared with {identity.arn}",
        remedies_of(texts),
    )


def _names(named: Principals, identity: Identity, *, possible: bool) -> Iterator[_How]:
    """Yield how the names of a statement are this principal's, without those that are not."""
    for name in named.aws:
        how = _how(name, identity, possible)
        if how is not None:
            yield how
    for text in named.unknown:
        how = _how_unknown(text, identity, possible)
        if how is not None:
            yield how


def _how(name: str, identity: Identity, possible: bool) -> _How:
    if name == "*":
        # "Permissions boundaries and session policies do not limit permissions granted using the
        # aws:PrincipalArn condition key with a wildcard (*) in the Principal element": section
        # "IAM role principals" of the page above.
        return "session"
    if name == identity.arn:
        return "session" if identity.kind == "session" else "principal"
    if not isinstance(identity.arn, str) or not isinstance(identity.account, str):
        return _how_unknown(name, identity, possible)
    if name == identity.account or _is_root_of(identity.account, name):
        return "account"
    if identity.is_role:
        kind, _, path = name.partition(f"::{identity.account}:")[2].partition("/")
        if kind == "role" and identity.kind == "session":
            return "principal" if path.rpartition("/")[2] == identity.name else None
        of_this_role = kind == "assumed-role" and path.partition("/")[0] == identity.name
        if of_this_role and identity.kind == "role":
            return "one session"
    return None


def _how_unknown(name: Value, identity: Identity, possible: bool) -> _How:
    """Return the same where the name or the principal has unknowns."""
    if possible and isinstance(name, Text) and len(name.pieces) == 1 and _may_be_anything(name):
        return "session"  # it may be *
    partition = str(identity.arn).split(":", 2)[1]
    root = joined(f"arn:{partition}:iam::", identity.account, ":root")
    ways: tuple[tuple[NamedAs, Value], ...] = (
        ("principal", identity.arn),
        ("account", identity.account),
        ("account", root),
    )
    for how, value in ways:
        outcome = same(name, value)
        if outcome or (possible and outcome is None):
            return how
    if possible and identity.kind == "role":
        session = (f"arn:{partition}:sts::", identity.account, ":assumed-role/", identity.name)
        if same(name, joined(*session, "/", Text.of([_ANY_SESSION]))) is not False:
            return "one session"
    return None


_ANY_SESSION = Unknown("any session", shortest=2)


def _may_be_anything(name: Text) -> bool:
    return all(unknown.may_have("*") for unknown in name.unknowns)


def _is_root_of(account: str, name: str) -> bool:
    return name.startswith("arn:aws") and name.endswith(f":iam::{account}:root")
