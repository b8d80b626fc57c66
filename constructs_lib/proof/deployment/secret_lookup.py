"""Finding what a user names: principals, secrets and keys, by name, logical id, path or ARN."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn, TypeVar

from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import (
    Deployment,
    Key,
    Kind,
    Principal,
    ResourceLocation,
    Secret,
)
from constructs_lib.proof.cloudformation.resource_identifiers import regional, secret_suffix
from constructs_lib.proof.cloudformation.unknowns import Unknowns

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
        found = _with_name(deployment.principals, given)
        return _unambiguous(found, given, deployment.unknowns, "principal")
    account, kind, name = match.groups()
    for each in deployment.principals:
        if (each.account, each.kind, each.name) == (account, kind, name):
            # The ARN tells the path of one that exists already.
            return each if each.location is not None else replace(each, arn=given)
    return Principal(_KINDS[kind], name, account, given) if exact else None


def secret_of(
    deployment: Deployment, given: str, *, resolver: TemplateResolver | None = None
) -> Secret | None:
    """Return the secret of a name, logical id, construct path, ARN, or ARN without its end.

    Args:
        deployment: where to look.
        given: the name or ARN.
        resolver: the stack whose account and Region are meant for a name that no secret of the
            templates has. None: that of all stacks, if they have one.
    """
    match = _SECRET.fullmatch(given)
    if match is not None:
        return _secret_of_arn(deployment, match[1], match[2])
    if given.startswith("arn:") or "*" in given or "?" in given:
        return None
    found = _unambiguous(
        _with_name(_primaries(deployment), given), given, deployment.unknowns, "secret"
    )
    if found is not None:
        return found
    begins = {
        regional(each, "secretsmanager") + ":secret:"
        for each in ([resolver] if resolver is not None else deployment.templates.resolvers)
    }
    if len(begins) != 1:
        raise InvalidOptionError(
            "secret",
            must="be an ARN, or a name where all stacks have one account and region",
            got=Text(f"{shown(given)}, which may be in {len(begins)} places"),
            remedy="give the secret's ARN",
        )
    return _secret_of_arn(deployment, begins.pop(), given, complete=False)


def _secret_of_arn(
    deployment: Deployment, begin: str, end: str, *, complete: bool | None = None
) -> Secret:
    arn = begin + end
    unknowns = deployment.unknowns
    for secret in deployment.secrets:
        if arn in (secret.arn, secret.arn[:-2]):
            return secret
    has_suffix = _SUFFIX.search(end) is not None or unknowns.unknowns_in(end[-1:]) != []
    if complete is False or not has_suffix:
        return Secret(end, f"{arn}-{secret_suffix(unknowns, arn)}")
    for secret in deployment.secrets:
        # A name has one secret, so this is the one of which a template gives only the name.
        if secret.location is None and secret.arn[:-2] == arn[:-7]:
            return replace(secret, arn=arn)
    return Secret(end[:-7] if _SUFFIX.search(end) else end, arn)


def names_secret(deployment: Deployment, given: str) -> bool:
    """Return whether a secret of the templates has this name, logical id or construct path."""
    return _with_name(_primaries(deployment), given) != []


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
        if key.policy.location is not None and given in _names(key.policy.location):
            return key
    if _KEY.fullmatch(given):
        return given
    if re.fullmatch(r"[A-Za-z0-9-]{36}|mrk-[0-9a-f]{32}", given) and secret is not None:
        return (
            secret.arn.split(":secret:")[0].replace(":secretsmanager:", ":kms:") + f":key/{given}"
        )
    raise InvalidOptionError(
        "encryption key",
        must="be a key of the templates, or a key's ARN",
        got=deployment.unknowns.shown(given),
        remedy="give the key that it stands for as encryption_key=",
    )


def no_such(deployment: Deployment, what: str, given: str) -> NoReturn:
    """Refuse a name that nothing in the templates has, and say which names there are."""
    known: Iterable[Principal | Secret] = (
        deployment.principals if what == "principal" else _primaries(deployment)
    )
    names = sorted(
        each.location.logical_id
        if deployment.unknowns.unknowns_in(each.name) and each.location
        else each.name
        for each in known
    )
    listed = ", ".join(deployment.unknowns.shown(name) for name in names[:10])
    listed += f" and {len(names) - 10} more" if len(names) > 10 else ""
    raise InvalidOptionError(
        what,
        must=f"be in the templates, which have {listed or 'none'}",
        got=deployment.unknowns.shown(given),
        remedy="give one of them by name, logical id or ARN, or as a construct",
    )


def _with_name(known: Iterable[Found], given: str) -> list[Found]:
    """Return those of a name; if none has it, those of a logical id or construct path."""
    all_ = list(known)
    by_name = [each for each in all_ if each.name == given]
    return by_name or [each for each in all_ if each.location and given in _names(each.location)]


def _names(location: ResourceLocation) -> set[str]:
    path = location.construct_path or location.logical_id
    return {location.logical_id, path, path.removesuffix("/Resource")}


def _unambiguous(found: list[Found], given: str, unknowns: Unknowns, what: str) -> Found | None:
    if len(found) > 1:
        arns = " and ".join(unknowns.shown(each.arn) for each in found[:3])
        raise InvalidOptionError(
            what,
            must="be a name that one alone has",
            got=Text(f"{shown(given)}, which is {arns}"),
            remedy="give its ARN, its logical id, or the construct",
        )
    return found[0] if found else None
