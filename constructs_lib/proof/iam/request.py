"""A request to AWS: who asks for what on which resource, and what IAM knows of it beside."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from constructs_lib.aws.actions import ACTIONS
from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.iam.patterns import has_wildcard_sign
from constructs_lib.proof.iam.text import Value, ValuesOfKey

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<kind>user|role|assumed-role)/(?P<name>[\w+=,.@/-]+)",
    re.ASCII,
)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
# What AWS KMS is asked about no key, or about an alias, which has no policy. Nothing else is.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
_WITHOUT_KEY = {
    *("kms:connectcustomkeystore", "kms:createcustomkeystore", "kms:createkey"),
    *("kms:deletecustomkeystore", "kms:describecustomkeystores", "kms:disconnectcustomkeystore"),
    *("kms:generaterandom", "kms:listaliases", "kms:listkeys", "kms:listretirablegrants"),
    "kms:updatecustomkeystore",
}
# "All API requests to Secrets Manager must be made over a secure TLS connection".
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/data-protection.html
TLS_ONLY = "secretsmanager:"
_OF_ALIASES = {"kms:createalias", "kms:deletealias", "kms:updatealias"}
# AWS's own managed policies, `arn:aws:iam::aws:policy/...`, are in every account.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
OF_AWS = "aws"
# Actions that take no permission: "If an administrator attaches a policy to your identity that
# explicitly denies access to the sts:GetCallerIdentity action, you can still perform this
# operation." https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
WITHOUT_PERMISSION = frozenset({"sts:getcalleridentity"})
# Where a resource's tags are told under two names, they are the same tags.
_TAG_KEYS = ("secretsmanager:resourcetag/", "aws:resourcetag/")


@dataclass(frozen=True)
class Request:
    """A request, as IAM sees it.

    Args:
        principal: the ARN of the user, role or role session that asks. A role stands for any of
            its sessions.
        action: such as `secretsmanager:GetSecretValue`.
        resource: the ARN of the resource, or `*` for an action that has none.
        context: condition keys with their value, or list of values. Keys that follow from the
            request need not be given: aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType,
            aws:PrincipalIsAWSService, aws:username, aws:ResourceAccount, kms:CallerAccount,
            aws:ViaAWSService where aws:CalledVia is given, aws:SecureTransport of Secrets Manager,
            and the other one of secretsmanager:ResourceTag/... and aws:ResourceTag/... of a secret.
            A statement that depends on aws:ViaAWSService or aws:SecureTransport, which every
            request has, is undetermined without a value. Any other key that is not given is
            absent. Where an ARN tells no account, as those of S3, aws:ResourceAccount does;
            without it, the resource is taken to be in the principal's account.

    Raises:
        SecretAccessError: if the principal is no user, role or session, or something is no ARN.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parts."""
        identity_of(self.principal)
        if not isinstance(self.action, str) or not _ACTION.fullmatch(self.action):
            raise InvalidOptionError(
                "action",
                must="be one action, such as secretsmanager:GetSecretValue",
                got=self.action,
                remedy="give it in full, without wildcards",
            )
        if self.resource != "*" and (
            not isinstance(self.resource, str) or len(self.resource.split(":", 5)) != 6
        ):
            raise InvalidOptionError(
                "resource",
                must="be an ARN, or * for an action without resources",
                got=self.resource,
                remedy="give the whole ARN, a secret's with its last six characters",
            )
        _refuse_signs(self.resource, "resource")
        if not isinstance(self.context, Mapping):
            raise InvalidOptionError(
                "context",
                must="be a mapping of condition keys to their values",
                got=self.context,
                remedy='give it as {"aws:ResourceTag/Project": "orders"}',
            )


@dataclass(frozen=True)
class Identity:
    """A principal, by the names that a policy has for it."""

    kind: Literal["user", "role", "session"]
    arn: Value
    account: Value
    name: Value

    @property
    def service_linked(self) -> bool | None:
        """Return whether it is a service-linked role; None: a session's ARN lacks the path.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
        """
        if self.kind == "session":
            return None if str(self.name).startswith("AWSServiceRoleFor") else False
        return self.kind == "role" and ":role/aws-service-role/" in str(self.arn)

    @property
    def is_role(self) -> bool:
        """Return whether it is a role or one of its sessions."""
        return self.kind != "user"


def is_principal(arn: object) -> bool:
    """Return whether something is the ARN of a user, a role or a role session."""
    return isinstance(arn, str) and _PRINCIPAL.fullmatch(arn) is not None


def identity_of(principal: str) -> Identity:
    """Return who a principal is.

    Raises:
        SecretAccessError: if it is no user, role or session.
    """
    found = _PRINCIPAL.fullmatch(principal) if isinstance(principal, str) else None
    if found is None:
        raise InvalidOptionError(
            "principal",
            must="be the ARN of a user, a role or a role session",
            got=principal,
            remedy="give it in full; a root user or a service is not evaluated",
        )
    name = found["name"]
    if found["kind"] == "assumed-role":
        return Identity("session", principal, found["account"], name.partition("/")[0])
    kind: Literal["user", "role"] = "user" if found["kind"] == "user" else "role"
    return Identity(kind, principal, found["account"], name.rpartition("/")[2])


@dataclass(frozen=True)
class PartialRequest:
    """A request of which parts may be unknown.

    Attributes:
        identity: the principal.
        action: the action, in lower case.
        resource: the ARN of the resource, or `*`.
        resource_account: the account of the resource.
        values: the values of a context key; None: they are not known.
        present: the keys that the request has, though their values may not be known.
    """

    identity: Identity
    action: str
    resource: Value
    resource_account: Value
    values: ValuesOfKey
    present: AbstractSet[str] = frozenset()

    @classmethod
    def of(cls, request: Request) -> "PartialRequest":
        """Return a request that is known, with the context that follows from it.

        Raises:
            SecretAccessError: if the principal or the context is invalid.
        """
        identity = identity_of(request.principal)
        context = context_of(request, identity)

        def values(key: str) -> tuple[str, ...] | None:
            found = context.get(key)
            return () if found is None and key not in _IN_EVERY_REQUEST else found

        return cls(
            identity,
            request.action.lower(),
            request.resource,
            _resource_account(request, identity, context),
            values,
        )


# Keys that a request has although it does not follow from the rest of it which value.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_IN_EVERY_REQUEST = {"aws:principalarn", "aws:viaawsservice", "aws:securetransport"}


def _resource_account(
    request: Request, identity: Identity, context: Mapping[str, tuple[str, ...]]
) -> Value:
    """Return the resource's account: its ARN's, or the one that the context has."""
    parts = request.resource.split(":", 5)
    if len(parts) == 6 and parts[4] == OF_AWS:
        return identity.account
    if len(parts) == 6 and parts[4]:
        return parts[4]
    accounts = context.get("aws:resourceaccount", ()) if len(parts) == 6 else ()
    return accounts[0] if len(accounts) == 1 else identity.account


def has_policy_of_its_own(action: str, resource: str) -> Literal["key", "role", None]:
    """Return whether the resource's own policy must allow a request, in the same account too.

    "IAM role trust policies and KMS key policies are exceptions to this logic, because they must
    explicitly allow access for principals".
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html

    Raises:
        SecretAccessError: if AWS KMS decides by the policy of a key which the request does not
            name.
    """
    action = action.lower()
    if action.startswith("sts:"):
        return "role" if ":role/" in resource else None
    if not action.startswith("kms:"):
        return None
    if ":key/" in resource:
        return "key"
    on_alias = ":alias/" in resource
    if (on_alias and action not in _OF_ALIASES) or (resource == "*" and action not in _WITHOUT_KEY):
        spelled = ACTIONS.get(action, action)
        raise InvalidOptionError(
            "resource",
            must=f"be the ARN of a key, by whose policy AWS KMS decides {spelled}",
            got=resource,
            remedy="give the ARN of the key",
        )
    return None


def context_of(request: Request, identity: Identity) -> Mapping[str, tuple[str, ...]]:
    """Return the context in lower case, with the keys that follow from the request."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in request.context.items():
        values = _values(value)
        if not isinstance(key, str) or values is None or key.lower() in found:
            raise InvalidOptionError(
                f"context key {key}",
                must="be a string or a list of strings, and be given once",
                got=value,
                remedy="keys are compared without regard to case",
            )
        for each in values:
            _refuse_signs(each, f"context key {key}")
        found[key.lower()] = values
    account, name = str(identity.account), str(identity.name)
    found.setdefault("aws:principalaccount", (account,))
    found.setdefault("aws:principaltype", ("User" if identity.kind == "user" else "AssumedRole",))
    # It is in every signed request, and many policies spare services by it: were it absent,
    # `Bool: false` would miss everybody else.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
    found.setdefault("aws:principalisawsservice", ("false",))
    if identity.kind == "user":
        found.setdefault("aws:username", (name,))
    if identity.kind != "session":  # a session's ARN does not tell its role's path
        found.setdefault("aws:principalarn", (request.principal,))
    # "This key is always included in the request context", with true where a service asks on
    # behalf of a principal; aws:CalledVia lists such services.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice
    if any(found.get("aws:calledvia", ())):
        found.setdefault("aws:viaawsservice", ("true",))
    if request.action.lower().startswith(TLS_ONLY):
        found.setdefault("aws:securetransport", ("true",))
    if request.resource.split(":", 5)[4:5] not in ([], [OF_AWS]):
        found.setdefault("aws:resourceaccount", (str(_resource_account(request, identity, found)),))
    action = request.action.lower()
    if action.startswith("kms:") and action not in _WITHOUT_KEY:
        # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
        found.setdefault("kms:calleraccount", (account,))
    if action.startswith("secretsmanager:"):
        for key, values in [each for each in found.items() if "resourcetag/" in each[0]]:
            for one, other in (_TAG_KEYS, _TAG_KEYS[::-1]):
                if (
                    key.startswith(one)
                    and found.setdefault(other + key[len(one) :], values) != values
                ):
                    raise InvalidOptionError(
                        f"context keys {key} and {other + key[len(one) :]}",
                        must="have one value, as they are two names of the same tag of a secret",
                        got=Text(f"{shown(values)} and {shown(found[other + key[len(one) :]])}"),
                        remedy="give one of them",
                    )
    return found


def _refuse_signs(text: str, option: str) -> None:
    if has_wildcard_sign(text):
        raise InvalidOptionError(
            option,
            must="have letters, numbers and punctuation, and no private characters",
            got=text,
            remedy="remove the characters U+E000 and U+E001",
        )


def _values(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None
