"""Finding what a user names: principals, secrets and keys, by name, logical id, path or ARN."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn, TypeVar

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.found import Deployment, Key, Kind, Place, Principal, Secret
from constructs_lib.proof.intrinsics import Scope
from constructs_lib.proof.physical import regional, secret_suffix
from constructs_lib.proof.symbols import Symbols

_PRINCIPAL = re.compile(r"arn:[^:]+:iam::([^:]+):(user|role|group)/(?:.*/)?([^/]+)", re.DOTALL)
_SECRET = re.compile(r"(arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:)(.+)", re.DOTALL)
_KEY = re.compile(r"arn:[^:]+:kms:[^:]+:[^:]+:key/.+", re.DOTALL)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
_KINDS: dict[str, Kind] = {"user": "user", "role": "role", "group": "group"}

Found = TypeVar("Found", Principal, Secret)


def principal_of(deployment: Deployment, given: str, *, exact: bool = False) -> Principal | None:
    """Return the principal of a name, logical id, construct path or ARN.

    Args:
        deployment: where to look.
        given: the name or ARN.
        exact: whether it is what a construct gave, and so known to be meant: if the templates do
            not have it, it has no policy of theirs.

    Returns:
        The principal, or None if there is none of that name.
    """
    match = _PRINCIPAL.fullmatch(given)
    if match is None:
        found = _called(deployment.principals, given)
        return _only(found, given, deployment.symbols, "principal")
    account, kind, name = match.groups()
    for each in deployment.principals:
        if (each.account, each.kind, each.name) == (account, kind, name):
            # The ARN tells the path of one that exists already.
            return each if each.place is not None else replace(each, arn=given)
    return Principal(_KINDS[kind], name, account, given) if exact else None


def secret_of(deployment: Deployment, given: str, *, scope: Scope | None = None) -> Secret | None:
    """Return the secret of a name, logical id, construct path, ARN, or ARN without its end.

    Args:
        deployment: where to look.
        given: the name or ARN.
        scope: the stack whose account and Region are meant for a name that no secret of the
            templates has. None: that of all stacks, if they have one.
    """
    match = _SECRET.fullmatch(given)
    if match is not None:
        return _secret_of_arn(deployment, match[1], match[2])
    if given.startswith("arn:") or "*" in given or "?" in given:
        return None
    found = _only(_called(_primaries(deployment), given), given, deployment.symbols, "secret")
    if found is not None:
        return found
    begins = {
        regional(each, "secretsmanager") + ":secret:"
        for each in ([scope] if scope is not None else deployment.reading.scopes)
    }
    if len(begins) != 1:
        raise SecretAccessError(
            f"secret {shown(given)} may be in {len(begins)} places",
            allowed="an ARN is allowed, or a name where all stacks have one account and region",
            remedy="give the secret's ARN",
        )
    return _secret_of_arn(deployment, begins.pop(), given, complete=False)


def _secret_of_arn(
    deployment: Deployment, begin: str, end: str, *, complete: bool | None = None
) -> Secret:
    arn = begin + end
    symbols = deployment.symbols
    for secret in deployment.secrets:
        if arn in (secret.arn, secret.arn[:-2]):
            return secret
    has_suffix = _SUFFIX.search(end) is not None or symbols.unknowns(end[-1:]) != []
    if complete is False or not has_suffix:
        return Secret(end, f"{arn}-{secret_suffix(symbols, arn)}")
    for secret in deployment.secrets:
        # A name has one secret, so this is the one of which a template gives only the name.
        if secret.place is None and secret.arn[:-2] == arn[:-7]:
            return replace(secret, arn=arn)
    return Secret(end[:-7] if _SUFFIX.search(end) else end, arn)


def names_secret(deployment: Deployment, given: str) -> bool:
    """Tell whether a secret of the templates has this name, logical id or construct path."""
    return _called(_primaries(deployment), given) != []


def _primaries(deployment: Deployment) -> list[Secret]:
    """Return the secrets that a name can mean: of a secret and its replicas, the secret."""
    return [each for each in deployment.secrets if each.primary is None]


def key_of(deployment: Deployment, given: str, secret: Secret | None) -> Key | str:
    """Return the key of an ARN, id or alias: of the templates, or else its ARN.

    Raises:
        SecretAccessError: if it is not known which key that is.
    """
    for key in deployment.keys:
        if given in (key.arn, key.arn.rpartition("/")[2], *key.aliases):
            return key
        begin = key.arn.rpartition(":")[0]
        if given in (f"{begin}:{alias}" for alias in key.aliases):
            return key
        if key.policy.place is not None and given in _names(key.policy.place):
            return key
    if _KEY.fullmatch(given):
        return given
    if re.fullmatch(r"[A-Za-z0-9-]{36}|mrk-[0-9a-f]{32}", given) and secret is not None:
        return (
            secret.arn.split(":secret:")[0].replace(":secretsmanager:", ":kms:") + f":key/{given}"
        )
    raise SecretAccessError(
        f"encryption key is {shown(deployment.symbols.shown(given))}",
        allowed="a key of the templates, or a key's ARN, is allowed",
        remedy="give the key that it stands for as encryption_key=",
    )


def no_such(deployment: Deployment, what: str, given: str) -> NoReturn:
    """Refuse a name that nothing in the templates has, and say which names there are."""
    known: Iterable[Principal | Secret] = (
        deployment.principals if what == "principal" else _primaries(deployment)
    )
    names = sorted(
        each.place.logical_id
        if deployment.symbols.unknowns(each.name) and each.place
        else each.name
        for each in known
    )
    listed = ", ".join(deployment.symbols.shown(name) for name in names[:10])
    listed += f" and {len(names) - 10} more" if len(names) > 10 else ""
    raise SecretAccessError(
        f"{what} is {shown(deployment.symbols.shown(given))}",
        allowed=f"the templates have {listed or 'none'}",
        remedy="give one of them by name, logical id or ARN, or as a construct",
    )


def _called(known: Iterable[Found], given: str) -> list[Found]:
    """Return those of a name; if none has it, those of a logical id or construct path."""
    all_ = list(known)
    by_name = [each for each in all_ if each.name == given]
    return by_name or [each for each in all_ if each.place and given in _names(each.place)]


def _names(place: Place) -> set[str]:
    path = place.construct_path or place.logical_id
    return {place.logical_id, path, path.removesuffix("/Resource")}


def _only(found: list[Found], given: str, symbols: Symbols, what: str) -> Found | None:
    if len(found) > 1:
        arns = " and ".join(symbols.shown(each.arn) for each in found[:3])
        raise SecretAccessError(
            f"{what} {shown(given)} is {arns}",
            allowed="a name that one alone has is allowed",
            remedy="give its ARN, its logical id, or the construct",
        )
    return found[0] if found else None
