"""A request to AWS: who asks for what on which resource, and what IAM knows of it beside."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.variables import Context

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<kind>user|role|assumed-role)/(?P<name>[\w+=,.@/-]+)",
    re.ASCII,
)
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
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
            aws:username, aws:ResourceAccount, and the other one of secretsmanager:ResourceTag/...
            and aws:ResourceTag/... of a secret.

    Raises:
        SecretAccessError: if the principal is no user, role or session, or something is no ARN.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parts."""
        if not isinstance(self.principal, str) or not _PRINCIPAL.fullmatch(self.principal):
            raise SecretAccessError(
                f"principal is {shown(self.principal)}",
                allowed="the ARN of a user, a role or a role session is allowed",
                remedy="give it in full; a root user or a service is not evaluated",
            )
        if not isinstance(self.action, str) or not _ACTION.fullmatch(self.action):
            raise SecretAccessError(
                f"action is {shown(self.action)}",
                allowed="one action is allowed, such as secretsmanager:GetSecretValue",
                remedy="give it in full, without wildcards",
            )
        if self.resource != "*" and (
            not isinstance(self.resource, str) or len(self.resource.split(":", 5)) != 6
        ):
            raise SecretAccessError(
                f"resource is {shown(self.resource)}",
                allowed="an ARN is allowed, or * for an action without resources",
                remedy="give the whole ARN, a secret's with its last six characters",
            )


@dataclass(frozen=True)
class Identity:
    """Who asks: what a policy can call them."""

    kind: Literal["user", "role", "session"]
    arn: str
    account: str
    name: str

    @property
    def is_role(self) -> bool:
        """Tell whether it is a role or one of its sessions."""
        return self.kind != "user"


def identity_of(request: Request) -> Identity:
    """Return who asks."""
    found = _PRINCIPAL.fullmatch(request.principal)
    assert found is not None  # the request checked it
    name = found["name"]
    if found["kind"] == "assumed-role":
        return Identity("session", request.principal, found["account"], name.partition("/")[0])
    kind: Literal["user", "role"] = "user" if found["kind"] == "user" else "role"
    return Identity(kind, request.principal, found["account"], name.rpartition("/")[2])


def resource_account(request: Request, identity: Identity) -> str:
    """Return the resource's account: its ARN's, or the principal's where it tells none."""
    parts = request.resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] else identity.account


def context_of(request: Request, identity: Identity) -> Context:
    """Return the context in lower case, with the keys that follow from the request."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in request.context.items():
        values = (value,) if isinstance(value, str) else tuple(value)
        if key.lower() in found or not all(isinstance(each, str) for each in values):
            raise SecretAccessError(
                f"context key {key} is {shown(value)}, or is given twice",
                allowed="a string or a list of strings is allowed, once for a key",
                remedy="keys are compared without regard to case",
            )
        found[key.lower()] = values
    found.setdefault("aws:principalaccount", (identity.account,))
    found.setdefault("aws:principaltype", ("User" if identity.kind == "user" else "AssumedRole",))
    if identity.kind == "user":
        found.setdefault("aws:username", (identity.name,))
    if identity.kind != "session":  # a session's ARN does not tell its role's path
        found.setdefault("aws:principalarn", (identity.arn,))
    if request.resource != "*":
        found.setdefault("aws:resourceaccount", (resource_account(request, identity),))
    if request.action.startswith("secretsmanager:"):
        for key, values in list(found.items()):
            for one, other in (_TAG_KEYS, _TAG_KEYS[::-1]):
                if (
                    key.startswith(one)
                    and found.setdefault(other + key[len(one) :], values) != values
                ):
                    raise SecretAccessError(
                        f"context keys {key} and {other + key[len(one) :]} differ",
                        allowed="they are two names of the same tag of a secret",
                        remedy="give one of them",
                    )
    return found
