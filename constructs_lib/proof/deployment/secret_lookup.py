"""Finding what a user names: principals, secrets and keys, by name, logical id, path or ARN."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NoReturn, TypeVar

from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import (
    AttachedPolicy,
    Deployment,
    Key,
    Kind,
    Principal,
    ResourceLocation,
    Secret,
)
from constructs_lib.proof.cloudformation.resource_identifiers import regional, secret_suffix
from constructs_lib.proof.cloudformation.secrets_and_keys import default_key_policy
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown

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
        found = _with_name(deployment.principals, given, name_of=_principal_name)
        return _unambiguous(found, given, deployment.unknowns, "principal")
    account, kind, name = match.groups()
    certain = certain_principal_of(deployment, given)
    if certain is not None:
        # The ARN has the path of a principal that exists already.
        return certain if certain.location is not None else replace(certain, arn=given)
    possible = _possible_policies(deployment, _KINDS[kind], account, name)
    if possible:
        return Principal(_KINDS[kind], name, account, given, policies=possible)
    return Principal(_KINDS[kind], name, account, given) if exact else None


def certain_principal_of(deployment: Deployment, arn: str) -> Principal | None:
    """Return the principal of the templates that an ARN certainly names, whatever its path."""
    match = _PRINCIPAL.fullmatch(arn)
    if match is None:
        return None
    account, kind, name = match.groups()
    for principal in deployment.principals:
        its = (principal.account, principal.kind, _principal_name(principal))
        if its == (account, kind, name.lower()):
            return principal
    return None


def _possible_policies(
    deployment: Deployment, kind: Kind, account: str, name: str
) -> tuple[AttachedPolicy, ...]:
    """Return the policies of the principals that may have this account and name."""
    unknowns = deployment.unknowns
    possible: list[AttachedPolicy] = []
    for principal in deployment.principals:
        if principal.kind != kind:
            continue
        pairs = ((principal.account, account), (principal.name, name))
        if False not in [unknowns.same(*pair) for pair in pairs]:
            doubt = unknowns.doubt(f"whether {principal.arn} is {kind} {name} of {account}")
            possible += [replace(policy, doubt=doubt) for policy in principal.policies]
    return tuple(possible)


def secret_of(
    deployment: Deployment,
    given: str,
    *,
    resolver: TemplateResolver | None = None,
    complete: bool | None = None,
) -> Secret | None:
    """Return the secret of a name, logical id, construct path, ARN, or ARN without its end.

    Args:
        deployment: where to look.
        given: the name or ARN.
        resolver: the stack whose account and Region are meant for a name that no secret of the
            templates has. None: that of all stacks, if they have one.
        complete: whether an ARN has its end. None: its last characters tell, as for AWS.
    """
    match = _SECRET.fullmatch(given)
    if match is not None:
        return _secret_of_arn(deployment, match[1], match[2], complete=complete)
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
    """Return the secret of an ARN, with the policies of those of the templates that it may be.

    AWS takes an ARN that ends in a hyphen and six characters for a complete one.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
    """
    arn = begin + end
    unknowns = deployment.unknowns
    for secret in deployment.secrets:
        if arn in ((secret.arn,) if complete else (secret.arn, secret.arn[:-2])):
            return secret
    has_suffix = _SUFFIX.search(end) is not None
    if complete is None:
        # What ends in an unknown may be either: a full ARN is then the wider of both.
        complete = has_suffix or has_unknown(end[-1:])
    if not complete:
        return _possibly_created(deployment, Secret(end, f"{arn}-{secret_suffix(unknowns, arn)}"))
    for secret in deployment.secrets:
        # A name has one secret, so this is the one of which a template has the name.
        if has_suffix and secret.arn[:-2] == arn[:-7]:
            return replace(secret, arn=arn)
    return _possibly_created(deployment, Secret(end[:-7] if has_suffix else end, arn))


def _possibly_created(deployment: Deployment, named: Secret) -> Secret:
    """Return a secret with the policies of those of the templates that it may be."""
    unknowns = deployment.unknowns
    policies = [
        replace(
            policy,
            doubt=unknowns.doubt(f"whether {named.arn} is {secret.arn}"),
        )
        for secret in deployment.secrets
        if unknowns.same(named.arn, secret.arn) is None
        for policy in secret.policies
    ]
    return replace(named, policies=tuple(policies))


def has_secret_name(deployment: Deployment, given: str) -> bool:
    """Return whether a secret of the templates has this name."""
    return any(secret.name == given for secret in _primaries(deployment))


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
        if given in _names_of_key(key):
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


def customer_key_of(deployment: Deployment, secret: Secret) -> Key | str | None:
    """Return the customer-managed key of a secret; None for the AWS-managed key.

    Raises:
        SecretAccessError: if it is not known which key that is.
    """
    if secret.key is None or is_aws_managed(secret.key):
        return None
    return key_of(deployment, secret.key, secret)


def is_aws_managed(key: str) -> bool:
    """Return whether a key is the one that AWS manages for Secrets Manager.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    return key.endswith("alias/aws/secretsmanager")


def policies_of_secret(
    deployment: Deployment, secret: Secret, principal: Principal
) -> tuple[AttachedPolicy, ...]:
    """Return the resource policy of a secret, also the one that it may have in another account.

    A secret of another account must allow the access by its own policy too.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
    """
    unknowns = deployment.unknowns
    account = secret.arn.split(":", 5)[4]
    known = secret.policies or secret.location is not None
    if known or unknowns.same(account, principal.account) is True:
        return secret.policies
    doubt = unknowns.doubt(f"whether the resource policy of {secret.arn} allows it")
    name = f"resource policy of {unknowns.shown(secret.arn)}"
    return (AttachedPolicy(name, None, unknowns, doubt=doubt, principals="own"),)


def policies_of_key(
    deployment: Deployment, key: Key | str, principal: Principal
) -> tuple[AttachedPolicy, ...]:
    """Return the policy of a key; of one that is only named, every policy that it may have."""
    if isinstance(key, Key):
        return (key.policy,)
    unknowns = deployment.unknowns
    document = default_key_policy(key.split(":")[1], principal.account)
    possible = (
        replace(other.policy, doubt=unknowns.doubt(f"whether {other.arn} is {key}"))
        for other in deployment.keys
        if unknowns.same(key, other.arn) is None
    )
    name = "the key's policy, taken to leave it to the account"
    default = AttachedPolicy(name, document, unknowns, principals="own")
    return (default, *possible)


def names_key(deployment: Deployment, given: str) -> bool:
    """Return whether a key of the templates has this ARN, id, alias, logical id or path."""
    return any(given in _names_of_key(key) for key in deployment.keys)


def _names_of_key(key: Key) -> set[str]:
    begin = key.arn.rpartition(":")[0]
    names = {key.arn, key.arn.rpartition("/")[2], *key.aliases}
    names.update(f"{begin}:{alias}" for alias in key.aliases)
    return names | (_names(key.policy.location) if key.policy.location is not None else set())


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


def _principal_name(principal: Principal) -> str:
    """Return the name of a principal in lower case.

    Names of users, groups and roles "are not distinguished by case".
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return principal.name.lower()


def _with_name(
    known: Iterable[Found], given: str, *, name_of: Callable[[Found], str] | None = None
) -> list[Found]:
    """Return those of a name; if none has it, those of a logical id or construct path.

    `name_of` returns a name in lower case, where names are compared without regard to case.
    """
    all_ = list(known)
    if name_of is None:
        by_name = [each for each in all_ if each.name == given]
    else:
        by_name = [each for each in all_ if name_of(each) == given.lower()]
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
