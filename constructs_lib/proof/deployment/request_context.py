"""The request that a principal of a template makes, with all that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from constructs_lib.proof.cloudformation.model import Principal, Secret
from constructs_lib.proof.cloudformation.stacks import url_suffix
from constructs_lib.proof.cloudformation.unknowns import NAME, Unknowns, has_unknown
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest

Context: TypeAlias = Mapping[str, "str | Sequence[str] | None"]


def member_of(who: Principal, unknowns: Unknowns) -> Principal:
    """Return whoever is in a group: a user of whom nothing else is known."""
    if who.kind != "group":
        return who
    name = unknowns.placeholder(
        f"member of {unknowns.shown(who.name)}",
        key=f"member of {who.arn}",
        characters=NAME,
        shortest=1,
        generated=True,
    )
    arn = f"{who.arn.partition(':group/')[0]}:user/{name}"
    return replace(who, arn=arn, tags=None)


def complete_request(
    access_request: AccessRequest, secret: Secret | None, context: Context | None
) -> AccessRequest:
    """Return a question with all that follows from it, and what the test says of it."""
    who, service = access_request.principal, access_request.action.partition(":")[0].lower()
    found: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (who.account,),
        "aws:principaltype": ("AssumedRole" if who.kind == "role" else "User",),
        # Both services take HTTPS alone, and the principal itself asks.
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
    }
    if who.kind != "group":
        found["aws:principalarn"] = (who.arn,)
        found["aws:username"] = (who.name,) if who.kind == "user" else ()
    closed = ["kms:" if service == "secretsmanager" else "secretsmanager:"]
    closed += ["aws:calledvia", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorg"]
    if access_request.resource != "*":
        parts = access_request.resource.split(":", 5)
        found["aws:requestedregion"], found["aws:resourceaccount"] = (parts[3],), (parts[4],)
    if who.tags is not None and who.kind != "group":
        found |= {f"aws:principaltag/{key.lower()}": (tag,) for key, tag in who.tags.items()}
        closed.append("aws:principaltag/")
    if secret is not None and secret.tags is not None:
        for begin in ("aws:resourcetag/", "secretsmanager:resourcetag/"):
            found |= {begin + key.lower(): (tag,) for key, tag in secret.tags.items()}
            closed.append(begin)
    for key, value in (context or {}).items():
        values = () if value is None else (value,) if isinstance(value, str) else tuple(value)
        found[key.lower()] = values
        for one, other in _TAG_KEYS:
            if key.lower().startswith(one) and secret is not None:
                found[other + key.lower()[len(one) :]] = values
    return replace(access_request, context=found, closed=tuple(closed))


_TAG_KEYS = (
    ("aws:resourcetag/", "secretsmanager:resourcetag/"),
    ("secretsmanager:resourcetag/", "aws:resourcetag/"),
)


def decryption(who: Principal, secret: Secret, key_arn: str) -> AccessRequest:
    """Return the request that Secrets Manager makes of KMS, as the principal, to read a secret.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    partition, _, region = secret.arn.split(":", 4)[1:4]
    suffix = url_suffix(partition, None if has_unknown(region) else region)
    found = complete_request(AccessRequest(who, "kms:Decrypt", key_arn), None, None)
    context = {
        **found.context,
        "aws:viaawsservice": ("true",),
        "aws:calledvia": ("secretsmanager.amazonaws.com",),
        "kms:viaservice": (f"secretsmanager.{region}.{suffix}",),
        "kms:calleraccount": (who.account,),
        "kms:encryptioncontext:secretarn": (secret.arn,),
        "kms:encryptioncontext:secretversionid": ("00000000-0000-0000-0000-000000000000",),
        "kms:encryptioncontextkeys": ("SecretARN", "SecretVersionId"),
        "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
    }
    return replace(found, context=context, closed=(*found.closed, "kms:"))
