"""What is found in templates: principals, secrets and keys, with the policies that each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from constructs_lib.proof.cloudformation.intrinsics import TemplateSet
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.iam.doubts import Doubt
from constructs_lib.proof.iam.policy_parser import (
    EVERYONE,
    PolicyStatement,
    Principled,
    read_document,
    statement_on_everything,
)

Document: TypeAlias = Mapping[str, Any]
Kind = Literal["user", "role", "group"]


@dataclass(frozen=True)
class ResourceLocation:
    """A resource of a template, for messages.

    Attributes:
        stack: the stack's name.
        logical_id: the resource's logical id.
        type: its type.
        construct_path: the path of the construct that made it, where the template tells.
    """

    stack: str
    logical_id: str
    type: str
    construct_path: str | None = None

    def __str__(self) -> str:
        """Return the logical id, and the construct's path or else the stack."""
        path = (self.construct_path or "").removesuffix("/Resource")
        return f"{self.logical_id} ({path or f'stack {self.stack}'})"


@dataclass(frozen=True)
class AttachedPolicy:
    """A policy that a principal, a secret or a key has.

    Attributes:
        name: its name in messages.
        document: its document, as the template has it. None: it is not known.
        unknowns: the unknowns in the document.
        location: the resource that it comes from.
        doubt: why it is not known whether it is attached at all. None: it is.
        arn: the ARN of a managed policy that the templates do not have.
        principals: whether its statements name principals, as those of a secret, a key or a role.
    """

    name: str
    document: Document | None
    unknowns: Unknowns = field(compare=False, repr=False)
    location: ResourceLocation | None = None
    doubt: Doubt | None = None
    arn: str | None = None
    principals: Principled = "forbidden"

    @cached_property
    def statements(self) -> tuple[PolicyStatement, ...]:
        """The statements of the document. One that is not known may allow and deny everything.

        Raises:
            SecretAccessError: if the document is malformed.
        """
        if self.document is None:
            remedies = ("give managed_policies={NAME: DOCUMENT}",) if self.arn else ()
            document = f"the document of {self.name}, which is not known"
            return tuple(
                replace(
                    statement_on_everything(self.name, allows=allows),
                    principals=None if self.principals == "forbidden" else EVERYONE,
                    doubt=self.doubt or Doubt(document, remedies),
                )
                for allows in (True, False)
            )
        statements = read_document(
            self.document,
            self.name,
            principals=self.principals,
            placeholders=self.unknowns.placeholders,
        )
        if self.doubt is None:
            return statements
        return tuple(replace(statement, doubt=self.doubt) for statement in statements)


@dataclass(frozen=True)
class Principal:
    """A user, role or group, with its effective policies.

    Attributes:
        kind: user, role or group.
        name: its name.
        account: its account.
        arn: its ARN. A principal that the templates do not create has an unknown path.
        location: the resource that creates it. None: it exists already.
        policies: all that apply to it; a user's groups' among them.
        boundary: its permissions boundary.
        tags: its tags. None: they are not known.
        groups: the names, in lower case, of the groups that a user is certainly in.
        trust: a role's trust policy, where the templates create it.
    """

    kind: Kind
    name: str
    account: str
    arn: str
    location: ResourceLocation | None = None
    policies: tuple[AttachedPolicy, ...] = ()
    boundary: AttachedPolicy | None = None
    tags: Mapping[str, str] | None = None
    groups: tuple[str, ...] = ()
    trust: AttachedPolicy | None = None


@dataclass(frozen=True)
class Secret:
    """A secret.

    Attributes:
        name: its name.
        arn: its ARN, with the six characters.
        location: the resource that creates it. None: it exists already.
        key: what KmsKeyId says: a key's ARN or id, or an alias. None: the AWS-managed key.
        policies: its resource policy (several if it is open which one it is).
        tags: its tags. None: they are not known.
        primary: of a replica in another Region, the ARN of the secret that it is a copy of. It has
            that secret's policies and tags, and a key of its own.
    """

    name: str
    arn: str
    location: ResourceLocation | None = None
    key: str | None = None
    policies: tuple[AttachedPolicy, ...] = ()
    tags: Mapping[str, str] | None = None
    primary: str | None = None


@dataclass(frozen=True)
class Key:
    """A KMS key of the templates.

    Attributes:
        arn: its ARN.
        policy: its key policy.
        aliases: the names of its aliases.
        context: the condition keys, in lower case, that tell its properties.
        tags: its tags. None: they are not known.
    """

    arn: str
    policy: AttachedPolicy
    aliases: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Unread:
    """A resource, or a place of a template, whose effect on access is not known.

    Attributes:
        place: the resource or place, for messages.
        reason: why it is not read.
        remedy: what decides it.
        content: its text in the template. Two templates with the same content of the same place
            have the same unread access.
        allows: the patterns of the actions that it may allow, to any principal on any resource.
        denies: the patterns of the actions that it may deny.
    """

    place: str
    reason: str
    remedy: str
    content: str
    allows: tuple[str, ...] = ("*",)
    denies: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the place and the reason."""
        return f"{self.place} is not read: {self.reason}"


@dataclass(frozen=True)
class Deployment:
    """All that the templates say, under one choice for each undecided condition.

    Attributes:
        principals: users, roles and groups, also those that are only named.
        secrets: the secrets that the templates create, or give a resource policy, and their
            replicas.
        keys: the keys that they create.
        unknowns: the unknowns in all of it.
        templates: the templates themselves, for resolving more values.
        choices: the choices for the undecided conditions, for messages.
        unread: what may give or take access, and is not read.
    """

    principals: tuple[Principal, ...]
    secrets: tuple[Secret, ...]
    keys: tuple[Key, ...]
    unknowns: Unknowns
    templates: TemplateSet
    choices: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()

    def replicas(self, secret: Secret) -> tuple[Secret, ...]:
        """Return the replicas of a secret."""
        return tuple(each for each in self.secrets if each.primary == secret.arn)
