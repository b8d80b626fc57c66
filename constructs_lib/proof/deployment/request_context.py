"""The request that a principal of a template makes, with all that follows from it.

A condition key is in one of four states: its value follows from the request; it is in the request,
with a value that is not known; it is absent, because AWS documents that; or it is undetermined.
`ABSENT` and `PRESENT` are that documentation as data, and everything else is undetermined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import Key, Kind, Principal, Secret
from constructs_lib.proof.cloudformation.stacks import url_suffix
from constructs_lib.proof.cloudformation.unknowns import NAME, Unknowns, has_unknown
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest

Context: TypeAlias = Mapping[str, "str | Sequence[str] | None"]

_GLOBAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"


@dataclass(frozen=True)
class ContextKeys:
    """Condition keys of which AWS documents whether requests have them.

    Attributes:
        name: the key in lower case, or (in `ABSENT`) what the keys begin with.
        source: the page that documents it.
        service: the service whose requests it is about. None: that of every service.
        kind: the kind of the principals whose requests it is about. None: every kind.
    """

    name: str
    source: str
    service: str | None = None
    kind: Kind | None = None

    def are_of(self, kind: Kind, service: str) -> bool:
        """Return whether it is about the requests of such a principal to a service."""
        return self.service in (None, service) and self.kind in (None, kind)


ABSENT = (
    # "Only when the call to your resource is made directly by an AWS service principal": neither
    # users and roles, nor a service that uses their credentials, make such a call.
    ContextKeys("aws:sourceaccount", f"{_GLOBAL}#condition-keys-sourceaccount"),
    ContextKeys("aws:sourcearn", f"{_GLOBAL}#condition-keys-sourcearn"),
    ContextKeys("aws:sourceorgid", f"{_GLOBAL}#condition-keys-sourceorgid"),
    ContextKeys("aws:sourceorgpaths", f"{_GLOBAL}#condition-keys-sourceorgpaths"),
    # It covers aws:PrincipalServiceNamesList, too: the rule is the same.
    ContextKeys("aws:principalservicename", f"{_GLOBAL}#condition-keys-principalservicename"),
    ContextKeys("aws:assumedroot", f"{_GLOBAL}#condition-keys-assumedroot"),
    ContextKeys("aws:username", f"{_GLOBAL}#condition-keys-username", kind="role"),
    # Neither service is among those whose keys are in the requests to others.
    ContextKeys("kms:", _GLOBAL, service="secretsmanager"),
    ContextKeys("secretsmanager:", _GLOBAL, service="kms"),
)

PRESENT = (
    ContextKeys("aws:currenttime", f"{_GLOBAL}#condition-keys-currenttime"),
    ContextKeys("aws:epochtime", f"{_GLOBAL}#condition-keys-epochtime"),
    ContextKeys("aws:userid", f"{_GLOBAL}#condition-keys-userid"),
    ContextKeys("aws:requestedregion", f"{_GLOBAL}#condition-keys-requestedregion"),
    # A role has temporary credentials alone.
    ContextKeys("aws:tokenissuetime", f"{_GLOBAL}#condition-keys-tokenissuetime", kind="role"),
    # A service may use the principal's credentials (a forward access session), and nothing in a
    # template tells whether it does.
    ContextKeys("aws:viaawsservice", f"{_GLOBAL}#condition-keys-viaawsservice"),
)
_PROPERTIES_OF_A_KEY = (
    ContextKeys("kms:keyspec", f"{_KMS}#conditions-kms-key-spec"),
    ContextKeys("kms:keyusage", f"{_KMS}#conditions-kms-key-usage"),
    ContextKeys("kms:keyorigin", f"{_KMS}#conditions-kms-key-origin"),
    ContextKeys("kms:multiregion", f"{_KMS}#conditions-kms-multiregion"),
)

# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
EKS_SESSION_TAGS = frozenset(
    {
        "eks-cluster-arn",
        "eks-cluster-name",
        "kubernetes-namespace",
        "kubernetes-service-account",
        "kubernetes-pod-name",
        "kubernetes-pod-uid",
    }
)
_EKS = "pods.eks.amazonaws.com"
_PRINCIPAL_TAG = "aws:principaltag/"
_RESOURCE_TAGS = ("aws:resourcetag/", "secretsmanager:resourcetag/")
# Tag keys that begin so are reserved for AWS, which may add some.
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
_OF_AWS = "aws:"
# What the context of one request says of the principal, it says of the principal's other requests.
_OF_THE_PRINCIPAL = ("aws:principal", "aws:username", "aws:userid", "aws:multifactorauth")


def member_of(who: Principal, unknowns: Unknowns) -> Principal:
    """Return whoever is in a group: a user of whom nothing else is known."""
    if who.kind != "group":
        return who
    name = unknowns.placeholder(
        f"member of {unknowns.shown(who.name)}",
        key=f"member of {who.arn}",
        characters=NAME,
        shortest=1,
        fresh=True,
    )
    arn = f"{who.arn.partition(':group/')[0]}:user/{name}"
    return replace(who, arn=arn, tags=None)


def complete_request(
    access_request: AccessRequest, resource: Secret | Key | None, context: Context | None
) -> AccessRequest:
    """Return a request with the context that follows from it and from what a test says of it.

    Args:
        access_request: the request.
        resource: the secret or the key that it is about, as far as the templates have it.
        context: condition keys with their values, which the test gives; None: the key is absent.
    """
    who, service = access_request.principal, access_request.action.partition(":")[0].lower()
    values: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (who.account,),
        "aws:principaltype": ("AssumedRole" if who.kind == "role" else "User",),
        # Both services require HTTPS.
        "aws:securetransport": ("true",),
        # Also where a service uses the principal's credentials.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
        "aws:principalisawsservice": ("false",),
    }
    if who.kind != "group":
        values["aws:principalarn"] = (who.arn,)
    if who.kind == "user":
        values["aws:username"] = (who.name,)
    parts = access_request.resource.split(":", 5)
    if len(parts) == 6:
        values["aws:requestedregion"], values["aws:resourceaccount"] = (parts[3],), (parts[4],)
    absent, present = map(list, _documented(who.kind, service))
    undetermined: list[str] = []
    if service == "kms" and ":key/" in access_request.resource:
        # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
        values["kms:calleraccount"] = (who.account,)
        present += [keys.name for keys in _PROPERTIES_OF_A_KEY]
    if isinstance(resource, Key):
        values |= {key: (value,) for key, value in resource.context.items()}
    tags = None if resource is None else resource.tags
    if tags is not None:
        begins = _RESOURCE_TAGS if isinstance(resource, Secret) else _RESOURCE_TAGS[:1]
        lowered = [(key.lower(), (tag,)) for key, tag in tags.items()]
        for begin in begins:
            values.update((begin + key, tag) for key, tag in lowered)
            absent.append(begin)
            undetermined.append(begin + _OF_AWS)
    if who.tags is not None and who.kind != "group":
        session_tags = _session_tags(who)
        if session_tags is not None:
            values |= {
                _PRINCIPAL_TAG + key.lower(): (tag,)
                for key, tag in who.tags.items()
                if key.lower() not in session_tags
            }
            absent.append(_PRINCIPAL_TAG)
            undetermined += [_PRINCIPAL_TAG + key for key in (_OF_AWS, *session_tags)]
    values |= _with_what_follows(context or {}, isinstance(resource, Secret))
    return replace(
        access_request,
        context=values,
        absent=tuple(absent),
        undetermined=tuple(undetermined),
        present=frozenset(present),
    )


@lru_cache(maxsize=64)
def _documented(kind: Kind, service: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the beginnings of the absent keys, and the keys that are present."""
    absent, present = (
        tuple(keys.name for keys in documented if keys.are_of(kind, service))
        for documented in (ABSENT, PRESENT)
    )
    return absent, present


def principal_tag(who: Principal, key: str) -> tuple[str, ...] | None:
    """Return the values of a principal's tag: none if it is absent, None if that is not known."""
    return complete_request(AccessRequest(who, "", "*"), None, None).values(_PRINCIPAL_TAG + key)


def _with_what_follows(context: Context, of_secret: bool) -> dict[str, tuple[str, ...]]:
    """Return the keys that a test gives, with those that have their values from them."""
    given = {
        key.lower(): () if value is None else (value,) if isinstance(value, str) else tuple(value)
        for key, value in context.items()
    }
    values: dict[str, tuple[str, ...]] = {}
    if of_secret:  # both names are those of the same tag of a secret
        for key, texts in given.items():
            for begin in _RESOURCE_TAGS:
                if key.startswith(begin):
                    values |= {other + key[len(begin) :]: texts for other in _RESOURCE_TAGS}
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    if [text.lower() for text in given.get("aws:viaawsservice", ())] == ["false"]:
        values |= dict.fromkeys(("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"), ())
    services = given.get("aws:calledvia")
    if services is not None:
        values |= {"aws:calledviafirst": services[:1], "aws:calledvialast": services[-1:]}
        if services:
            values["aws:viaawsservice"] = ("true",)
    return values | given


def _session_tags(who: Principal) -> frozenset[str] | None:
    """Return the keys that a session may have beside the principal's tags. None: any key.

    A session tag overrides the role's own, and takes sts:TagSession in the role's trust policy.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    if who.kind != "role":
        return frozenset()
    if who.trust is None:
        return None
    try:
        statements = who.trust.statements
    except SecretAccessError:  # nothing is known of a malformed trust policy
        return None
    tags: frozenset[str] = frozenset()
    for statement in statements:
        if not statement.allows or statement.covers_action("sts:tagsession") is False:
            continue
        named = statement.principals
        if named is None or named.aws or named.unknown or set(named.others) != {("Service", _EKS)}:
            return None
        tags = EKS_SESSION_TAGS
    return tags


def decryption(
    who: Principal, secret: Secret, key: Key | str, context: Context | None = None
) -> AccessRequest:
    """Return the request that Secrets Manager makes of KMS, as the principal, to read a secret.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html

    Args:
        who: the principal that reads the secret.
        secret: the secret.
        key: its key, or the ARN of one that the templates do not have.
        context: what a test gives of the request for the secret. What it says of the principal,
            and all keys of KMS, are those of this request, too.
    """
    partition, _, region = secret.arn.split(":", 4)[1:4]
    suffix = url_suffix(partition, None if has_unknown(region) else region)
    kept = {
        name: value
        for name, value in (context or {}).items()
        if name.lower().startswith((*_OF_THE_PRINCIPAL, "kms:"))
    }
    arn = key if isinstance(key, str) else key.arn
    completed = complete_request(
        AccessRequest(who, "kms:Decrypt", arn), None if isinstance(key, str) else key, kept
    )
    service = ("secretsmanager.amazonaws.com",)
    version = "kms:encryptioncontext:secretversionid"
    values = {
        **completed.context,
        "aws:viaawsservice": ("true",),
        "aws:calledvia": service,
        "aws:calledviafirst": service,
        "aws:calledvialast": service,
        "kms:viaservice": (f"secretsmanager.{region}.{suffix}",),
        "kms:encryptioncontext:secretarn": (secret.arn,),
        "kms:encryptioncontextkeys": ("SecretARN", "SecretVersionId"),
        "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
    }
    return replace(
        completed,
        context=values,
        absent=(*completed.absent, "kms:encryptioncontext:"),
        undetermined=(*completed.undetermined, version),
        present=completed.present | {version},
    )
