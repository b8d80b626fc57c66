"""From templates to principals: each user, role and group with the policies that it really has.

    >>> from constructs_lib.proof.template import Stack, read
    >>> worlds = read([Stack("Orders", template)])

What the templates do not say is taken not to be: a policy that is attached elsewhere, another
resource policy. What they say and only the deployment knows stays unknown, and is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.intrinsics import NeedsChoice, Reading, Scope
from constructs_lib.proof.physical import (
    KEYS,
    PHYSICAL,
    SECRET,
    iam_arn,
    iam_path,
    name_of,
    regional,
    secret_arn,
)
from constructs_lib.proof.stacks import NESTED_STACK, Stack, read_assembly
from constructs_lib.proof.symbols import PATH, Symbols, has_unknown

__all__ = [
    "AttachedPolicy",
    "Deployment",
    "Document",
    "Key",
    "Place",
    "Principal",
    "Secret",
    "Stack",
    "read",
    "read_assembly",
]

Document: TypeAlias = Mapping[str, Any]
Kind = Literal["user", "role", "group"]

# Each undecided condition doubles what has to be looked at.
_MOST_WORLDS = 64

_KINDS: dict[str, Kind] = {
    "AWS::IAM::User": "user",
    "AWS::IAM::Role": "role",
    "AWS::IAM::Group": "group",
}
_NAME_PROP: dict[Kind, str] = {"user": "UserName", "role": "RoleName", "group": "GroupName"}
_ONE_TARGET: dict[str, Kind] = {
    "AWS::IAM::UserPolicy": "user",
    "AWS::IAM::RolePolicy": "role",
    "AWS::IAM::GroupPolicy": "group",
}
_LISTED: dict[str, Kind] = {"Users": "user", "Roles": "role", "Groups": "group"}


# ---------------------------------------------------------------------------------------------
# What is found
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
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
        name: what it is called in messages.
        document: its document. None: it is not known.
        place: the resource that it comes from.
        doubt: on what it depends whether it is attached at all. None: it is.
    """

    name: str
    document: Document | None
    place: Place | None = None
    doubt: str | None = None


@dataclass(frozen=True)
class Principal:
    """A user, role or group, with its effective policies.

    Attributes:
        kind: user, role or group.
        name: its name.
        account: its account.
        arn: its ARN. A principal that the templates do not create has an unknown path.
        place: the resource that creates it. None: it exists already.
        policies: all that apply to it; a user's groups' among them.
        boundary: its permissions boundary.
        tags: its tags. None: they are not known.
        groups: the names of the groups that a user is certainly in.
        trust: a role's trust policy, where the templates create it.
    """

    kind: Kind
    name: str
    account: str
    arn: str
    place: Place | None = None
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
        place: the resource that creates it. None: it exists already.
        key: what KmsKeyId says: a key's ARN or id, or an alias. None: the AWS-managed key.
        policies: its resource policy (several if it is open which one it is).
        tags: its tags. None: they are not known.
        primary: of a replica in another Region, the ARN of the secret that it is a copy of. It has
            that secret's policies and tags, and a key of its own.
    """

    name: str
    arn: str
    place: Place | None = None
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
    """

    arn: str
    policy: AttachedPolicy
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """All that the templates say, under one choice for each undecided condition.

    Attributes:
        principals: users, roles and groups, also those that are only named.
        secrets: the secrets that the templates create, or give a resource policy, and their
            replicas.
        keys: the keys that they create.
        symbols: the unknowns in all of it.
        reading: the templates themselves, for resolving more values.
        chosen: what was chosen, for messages.
    """

    principals: tuple[Principal, ...]
    secrets: tuple[Secret, ...]
    keys: tuple[Key, ...]
    symbols: Symbols
    reading: Reading
    chosen: tuple[str, ...] = ()

    def copies(self, secret: Secret) -> tuple[Secret, ...]:
        """Return the replicas of a secret."""
        return tuple(each for each in self.secrets if each.primary == secret.arn)


def read(
    stacks: Sequence[Stack],
    *,
    managed_policies: Mapping[str, Document] | None = None,
    symbols: Symbols | None = None,
) -> list[Deployment]:
    """Return what templates grant: one `Deployment` for each way their conditions may turn out.

    Stacks whose account (or Region) is unknown are taken to be in the same one, as CDK does.

    Args:
        stacks: the templates, each with what is known of its place and parameters.
        managed_policies: the documents of managed policies that are not in the templates, by ARN
            or by name, such as `{"SecretsManagerReadWrite": {...}}`.
        symbols: the unknowns of other templates, to be compared with these. What is called the
            same in both is taken to be the same.

    Raises:
        SecretAccessError: if a template is malformed or can't be understood; it names the
            resource and the path.
    """
    symbols = Symbols() if symbols is None else symbols
    waiting: list[dict[tuple[str, str], bool]] = [{}]
    found: list[Deployment] = []
    while waiting:
        choices = waiting.pop()
        try:
            found.append(_Reader(stacks, symbols, choices, managed_policies or {}).deployment())
        except NeedsChoice as asked:
            if len(waiting) + len(found) >= _MOST_WORLDS:
                raise SecretAccessError(
                    f"more than {_MOST_WORLDS} combinations of conditions are undecided",
                    allowed=f"{_MOST_WORLDS} are allowed",
                    remedy="give the parameters on which they depend",
                ) from None
            waiting += [{**choices, asked.compared: False}, {**choices, asked.compared: True}]
        except RecursionError:
            raise SecretAccessError(
                "a template is nested too deeply",
                allowed="what CloudFormation takes is allowed",
                remedy="correct the template",
            ) from None
    return found


# ---------------------------------------------------------------------------------------------
# How it is found
# ---------------------------------------------------------------------------------------------

_Id: TypeAlias = tuple[str, Kind, str]  # account, kind, name


@dataclass
class _Draft:
    """A principal while its policies are gathered."""

    scope: Scope
    principal: Principal
    attached: list[AttachedPolicy] = field(default_factory=list)
    inline: dict[str, list[AttachedPolicy]] = field(default_factory=dict)
    groups: dict[_Id, str | None] = field(default_factory=dict)

    def own(self) -> list[AttachedPolicy]:
        """Return its own policies. Of two inline ones with one name, IAM keeps the later."""
        found = list(self.attached)
        for name, policies in self.inline.items():
            if any(each.document != policies[0].document for each in policies):
                doubt = f"which of the inline policies called {shown(name)} is put last"
                policies = [replace(each, doubt=doubt) for each in policies]
            found += policies
        return found


class _Reader:
    """One reading of all stacks, under certain choices."""

    def __init__(
        self,
        stacks: Sequence[Stack],
        symbols: Symbols,
        choices: Mapping[tuple[str, str], bool],
        managed_policies: Mapping[str, Document],
    ) -> None:
        self._symbols = symbols
        self._given = managed_policies
        self._reading = Reading(symbols, choices)
        for stack in stacks:
            self._add(stack, None, None)
        self._drafts: dict[_Id, _Draft] = {}
        self._managed: dict[str, AttachedPolicy] = {}
        self._secrets: dict[str, Secret] = {}
        self._replicas: dict[str, list[tuple[str, str | None]]] = {}  # Regions, with their keys
        self._keys: dict[str, Key] = {}
        self._named: set[str] | None = None
        self._resources = [
            (scope, *resource) for scope in self._reading.scopes for resource in scope.resources()
        ]

    def _add(self, stack: Stack, parent: Scope | None, nested_in: str | None) -> None:
        scope = Scope(self._reading, stack, PHYSICAL, parent, nested_in)
        self._reading.scopes.append(scope)
        if parent is not None and nested_in is not None:
            parent.nested[nested_in] = scope
        for logical_id, type_, properties in scope.resources():
            if type_ != NESTED_STACK:
                continue
            if logical_id not in stack.nested:
                scope.refuse(
                    f"Resources.{logical_id}",
                    "is a nested stack whose template is not at hand",
                    "a nested stack of a cloud assembly is allowed",
                    "read the cloud assembly, or give Stack(..., nested={logical id: Stack(...)})",
                )
            given = properties.get("Parameters", {})
            if not isinstance(given, Mapping):
                place = f"Resources.{logical_id}.Properties.Parameters"
                scope.refuse(place, f"is {shown(given)}", "a mapping is allowed")
            inner = replace(stack.nested[logical_id], parameters=given)
            self._add(inner, scope, logical_id)

    def deployment(self) -> Deployment:
        """Return all that was found."""
        for scope, logical_id, type_, properties in self._resources:
            if type_ == "AWS::IAM::ManagedPolicy":
                self._read_managed_policy(scope, logical_id, properties)
            elif type_ in KEYS:
                self._read_key(scope, logical_id, properties)
            elif type_ == SECRET:
                self._read_secret(scope, logical_id, properties)
        for scope, logical_id, type_, properties in self._resources:
            if type_ in _KINDS:
                self._read_principal(scope, logical_id, _KINDS[type_], properties)
        for scope, logical_id, type_, properties in self._resources:
            self._read_attachment(scope, logical_id, type_, properties)
        return Deployment(
            principals=self._principals(),
            secrets=self._all_secrets(),
            keys=tuple(self._keys.values()),
            symbols=self._symbols,
            reading=self._reading,
            chosen=tuple(
                self._symbols.shown(f"{one} {'is' if equal else 'is not'} {other}")
                for (one, other), equal in self._reading.choices.items()
            ),
        )

    # --- one resource after the other -------------------------------------------------------

    def _place(self, scope: Scope, logical_id: str) -> Place:
        type_, _ = scope.resource(logical_id)
        return Place(scope.name, logical_id, type_, scope.construct_path(logical_id))

    def _document(self, scope: Scope, value: object, place: str) -> Document:
        return self._resolved_document(scope, scope.resolve(value, place), place)

    def _resolved_document(self, scope: Scope, found: object, place: str) -> Document:
        if not isinstance(found, Mapping):
            scope.refuse(place, f"is {shown(found)}", "a policy document is allowed")
        return found

    def _list(
        self, scope: Scope, properties: Mapping[str, Any], name: str, place: str
    ) -> list[Any]:
        """Return a property that is a list; a list of which nothing is known is one unknown."""
        found = scope.resolve({name: properties.get(name, [])}, place).get(name, [])
        if isinstance(found, str) and has_unknown(found):
            return [found]
        if not isinstance(found, list):
            scope.refuse(f"{place}.{name}", f"is {shown(found)}", "a list is allowed")
        return found

    def _texts(
        self, scope: Scope, properties: Mapping[str, Any], name: str, place: str
    ) -> list[str]:
        found = self._list(scope, properties, name, place)
        for each in found:
            if not isinstance(each, str) or not each:
                scope.refuse(f"{place}.{name}", f"has {shown(each)}", "strings are allowed")
        return found

    def _tags(
        self, scope: Scope, properties: Mapping[str, Any], place: str
    ) -> dict[str, str] | None:
        tags: dict[str, str] = {}
        for tag in self._list(scope, properties, "Tags", place):
            if isinstance(tag, str):
                return None  # a list of which nothing is known
            if not isinstance(tag, Mapping) or not {"Key", "Value"} <= set(tag):
                scope.refuse(f"{place}.Tags", f"has {shown(tag)}", "a Key and a Value are needed")
            tags[str(tag["Key"])] = str(tag["Value"])
        return tags if not any(map(has_unknown, tags)) else None

    def _read_managed_policy(
        self, scope: Scope, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place = f"Resources.{logical_id}.Properties"
        if "PolicyDocument" not in properties:
            scope.refuse(place, "has no PolicyDocument", "one is needed")
        name = name_of(scope, logical_id, "ManagedPolicyName")
        arn = iam_arn(scope, "policy", iam_path(scope, logical_id), name)
        document = self._document(scope, properties["PolicyDocument"], f"{place}.PolicyDocument")
        where = self._place(scope, logical_id)
        if arn in self._managed:
            self._twice(scope, logical_id, arn, self._managed[arn].place)
        self._managed[arn] = AttachedPolicy(f"managed policy {where}", document, where)

    def _twice(self, scope: Scope, logical_id: str, what: str, other: Place | None) -> None:
        scope.refuse(
            f"Resources.{logical_id}",
            f"is {shown(self._symbols.shown(what))}, as {other} is",
            "one resource of a name is allowed in an account",
            "read the stages of an app one by one, such as cdk.out/assembly-Prod",
        )

    def _read_key(self, scope: Scope, logical_id: str, properties: Mapping[str, Any]) -> None:
        arn = scope.attribute(logical_id, "Arn", f"Resources.{logical_id}")
        place, where = f"Resources.{logical_id}.Properties", self._place(scope, logical_id)
        if "KeyPolicy" in properties:
            document = self._document(scope, properties["KeyPolicy"], f"{place}.KeyPolicy")
        else:
            document = default_key_policy(arn.split(":")[1], arn.split(":")[4])
        aliases = [
            other.text(props.get("AliasName"), f"Resources.{alias}.Properties.AliasName")
            for other, alias, type_, props in self._resources
            if type_ == "AWS::KMS::Alias"
            and other.text(props.get("TargetKeyId"), f"Resources.{alias}.Properties.TargetKeyId")
            in (arn, arn.rpartition("/")[2])
        ]
        policy = AttachedPolicy(f"key policy of {where}", document, where)
        self._keys[arn] = Key(arn, policy, tuple(aliases))

    def _read_secret(self, scope: Scope, logical_id: str, properties: Mapping[str, Any]) -> None:
        place = f"Resources.{logical_id}.Properties"
        name = name_of(scope, logical_id, "Name")
        arn = secret_arn(scope, name)
        if arn in self._secrets:
            self._twice(scope, logical_id, name, self._secrets[arn].place)
        found = scope.resolve({"KmsKeyId": properties.get("KmsKeyId")}, f"{place}.KmsKeyId")
        self._secrets[arn] = Secret(
            name,
            arn,
            self._place(scope, logical_id),
            key=self._encryption_key(scope, found, place),
            tags=self._tags(scope, properties, place),
        )
        for at, replica in enumerate(self._list(scope, properties, "ReplicaRegions", place)):
            here = f"{place}.ReplicaRegions[{at}]"
            region = replica.get("Region") if isinstance(replica, Mapping) else None
            if not isinstance(region, str) or not region:
                scope.refuse(here, f"is {shown(replica)}", "a Region is needed")
            key = self._encryption_key(scope, replica, here)
            self._replicas.setdefault(arn, []).append((region, key))

    def _encryption_key(self, scope: Scope, found: Mapping[str, Any], place: str) -> str | None:
        key = found.get("KmsKeyId")
        if key is not None and not isinstance(key, str):
            scope.refuse(f"{place}.KmsKeyId", f"is {shown(key)}", "a key's ARN or id is allowed")
        return key or None

    def _all_secrets(self) -> tuple[Secret, ...]:
        """Return the secrets with their replicas.

        "Secrets Manager replicates the encrypted secret data and metadata such as tags and resource
        policies across the specified Regions. The ARN for a replicated secret is the same as the
        primary secret except for the Region."
        https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
        """
        found = list(self._secrets.values())
        for arn, replicas in self._replicas.items():
            parts = arn.split(":", 4)
            for region, key in replicas:
                copy = ":".join((*parts[:3], region, parts[4]))
                found.append(replace(self._secrets[arn], arn=copy, key=key, primary=arn))
        return tuple(found)

    def _read_principal(
        self, scope: Scope, logical_id: str, kind: Kind, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", self._place(scope, logical_id)
        name = name_of(scope, logical_id, _NAME_PROP[kind])
        account = scope.pseudo("AWS::AccountId", place)
        arn = iam_arn(scope, kind, iam_path(scope, logical_id), name)
        one = (account, kind, name)
        if one in self._drafts:
            self._twice(scope, logical_id, f"{kind} {name}", self._drafts[one].principal.place)
        boundary = scope.resolve(
            {"PermissionsBoundary": properties.get("PermissionsBoundary")}, place
        ).get("PermissionsBoundary")
        if boundary is not None and not isinstance(boundary, str):
            there = f"{place}.PermissionsBoundary"
            scope.refuse(there, f"is {shown(boundary)}", "an ARN is allowed")
        tags = {} if kind == "group" else self._tags(scope, properties, place)
        principal = Principal(
            kind,
            name,
            account,
            arn,
            where,
            boundary=None if boundary is None else self._managed_policy(boundary),
            tags=tags,
            trust=self._trust(scope, properties, place, where),
        )
        draft = self._drafts[one] = _Draft(scope, principal)
        for policy in self._texts(scope, properties, "ManagedPolicyArns", place):
            draft.attached.append(self._managed_policy(policy))
        for at, inline in enumerate(self._list(scope, properties, "Policies", place)):
            here = f"{place}.Policies[{at}]"
            if not isinstance(inline, Mapping) or "PolicyDocument" not in inline:
                if isinstance(inline, str):
                    here = f"{place}.Policies"
                scope.refuse(here, f"is {shown(inline)}", "a PolicyDocument is needed")
            document = inline["PolicyDocument"]
            document = self._resolved_document(scope, document, f"{here}.PolicyDocument")
            called = str(inline.get("PolicyName"))
            label = f"inline policy {self._symbols.shown(called)} of {where}"
            draft.inline.setdefault(called, []).append(AttachedPolicy(label, document, where))

    def _trust(
        self, scope: Scope, properties: Mapping[str, Any], place: str, where: Place
    ) -> AttachedPolicy | None:
        prop = "AssumeRolePolicyDocument"
        if prop not in properties:
            return None
        document = self._document(scope, properties[prop], f"{place}.{prop}")
        return AttachedPolicy(f"trust policy of {where}", document, where)

    def _managed_policy(self, arn: str) -> AttachedPolicy:
        """Return the managed policy of an ARN: of the templates, given, or unknown."""
        if arn in self._managed:
            return self._managed[arn]
        label = self._symbols.shown(arn)
        for given, document in self._given.items():
            if given == arn or given == arn.rpartition("/")[2] or _of_aws(given, arn):
                return AttachedPolicy(f"managed policy {label}", document)
        return AttachedPolicy(f"managed policy {label}", None)

    def _draft(self, scope: Scope, kind: Kind, name: str) -> _Draft:
        """Return the principal of a name in a stack's account, which may exist already."""
        account = scope.pseudo("AWS::AccountId", "")
        one = (account, kind, name)
        if one not in self._drafts:
            path = self._symbols.sign(
                f"path of {kind} {self._symbols.shown(name)}", characters=PATH, instance=""
            )
            arn = iam_arn(scope, kind, f"/{path}", name)
            tags: dict[str, str] | None = {} if kind == "group" else None
            self._drafts[one] = _Draft(scope, Principal(kind, name, account, arn, tags=tags))
        return self._drafts[one]

    def _join_group(self, scope: Scope, user: _Id, group: str) -> None:
        draft = self._draft(scope, "group", group)
        self._drafts[user].groups[(draft.principal.account, "group", group)] = None

    def _read_attachment(
        self, scope: Scope, logical_id: str, type_: str, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", None
        targets: list[tuple[Kind, str]] = []
        if type_ in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            for prop, kind in _LISTED.items():
                targets += [(kind, name) for name in self._texts(scope, properties, prop, place)]
        elif type_ in _ONE_TARGET:
            kind = _ONE_TARGET[type_]
            prop = _NAME_PROP[kind]
            targets = [(kind, scope.text(properties.get(prop), f"{place}.{prop}"))]
        elif type_ == "AWS::IAM::User":  # only now is every group known that the templates create
            account = scope.pseudo("AWS::AccountId", place)
            one: _Id = (account, "user", name_of(scope, logical_id, "UserName"))
            for group in self._texts(scope, properties, "Groups", place):
                self._join_group(scope, one, group)
        elif type_ == "AWS::IAM::UserToGroupAddition":
            group = scope.text(properties.get("GroupName"), f"{place}.GroupName")
            for user in self._texts(scope, properties, "Users", place):
                principal = self._draft(scope, "user", user).principal
                self._join_group(scope, (principal.account, "user", user), group)
        elif type_ == "AWS::SecretsManager::ResourcePolicy":
            self._read_resource_policy(scope, logical_id, properties)
        if not targets:
            return
        where = self._place(scope, logical_id)
        if type_ == "AWS::IAM::ManagedPolicy":
            arn = scope.attribute(logical_id, "PolicyArn", place)
            for kind, name in targets:
                attached = self._draft(scope, kind, name).attached
                if self._managed[arn] not in attached:
                    attached.append(self._managed[arn])
            return
        if "PolicyDocument" not in properties:
            if type_ == "AWS::IAM::Policy":
                scope.refuse(place, "has no PolicyDocument", "one is needed")
            return  # a RolePolicy without one changes nothing
        document = self._document(scope, properties["PolicyDocument"], f"{place}.PolicyDocument")
        called = scope.text(properties.get("PolicyName"), f"{place}.PolicyName")
        for kind, name in targets:
            policy = AttachedPolicy(f"inline policy {where}", document, where)
            self._draft(scope, kind, name).inline.setdefault(called, []).append(policy)

    def _read_resource_policy(
        self, scope: Scope, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", self._place(scope, logical_id)
        given = scope.text(properties.get("SecretId"), f"{place}.SecretId")
        document = self._document(
            scope, properties.get("ResourcePolicy"), f"{place}.ResourcePolicy"
        )
        policy = AttachedPolicy(f"resource policy {where}", document, where)
        certain = self._secret_named(scope, given)
        if certain is None:
            arn = given if given.startswith("arn:") else secret_arn(scope, given)
            name = arn.split(":", 6)[-1].rpartition("-")[0] if ":secret:" in arn else given
            certain = self._secrets[arn] = Secret(name, arn)
        doubt = f"whether {self._symbols.shown(given)} is this secret"
        for arn, secret in list(self._secrets.items()):
            if secret is certain:
                self._secrets[arn] = replace(secret, policies=(*secret.policies, policy))
            elif has_unknown(given) or has_unknown(arn):
                name_or_arn = (self._symbols.same(given, each) for each in (arn, secret.name))
                if None in name_or_arn:
                    doubted = replace(policy, doubt=doubt)
                    self._secrets[arn] = replace(secret, policies=(*secret.policies, doubted))

    def _secret_named(self, scope: Scope, given: str) -> Secret | None:
        """Return the secret that a SecretId names: by ARN, ARN without its end, or name."""
        begin = f"{regional(scope, 'secretsmanager')}:secret:"
        for arn, secret in self._secrets.items():
            if given in (arn, arn[:-2]) or (given == secret.name and arn.startswith(begin)):
                return secret
        return None

    # --- all together -----------------------------------------------------------------------

    def _principals(self) -> tuple[Principal, ...]:
        found = []
        own = {one: draft.own() for one, draft in self._drafts.items()}
        alike = self._alike()
        for one, draft in self._drafts.items():
            policies = list(own[one])
            groups: dict[_Id, str | None] = dict(draft.groups)
            for other, doubt in alike.get(one, {}).items():
                policies += [replace(each, doubt=doubt) for each in own[other]]
                groups.update(dict.fromkeys(self._drafts[other].groups, doubt))
            for group, unsure in groups.items():
                candidates: dict[_Id, str | None] = {group: unsure, **alike.get(group, {})}
                for candidate, why in candidates.items():
                    why = unsure or why
                    policies += [replace(each, doubt=why or each.doubt) for each in own[candidate]]
            principal = replace(
                draft.principal,
                policies=tuple(_once(policies)),
                groups=tuple(group[2] for group, unsure in groups.items() if unsure is None),
            )
            if principal.place is None:
                principal = replace(principal, arn=self._arn_of(principal))
            found.append(principal)
        return tuple(found)

    def _arn_of(self, principal: Principal) -> str:
        """Return the ARN of a principal that exists already, with its path if a policy tells it.

        Names are unique in an account, whatever their paths.
        """
        begin = principal.arn.partition("/")[0] + "/"
        arns = {
            arn
            for arn in self._named_principals()
            if arn.startswith(begin) and arn.rpartition("/")[2] == principal.name
        }
        return arns.pop() if len(arns) == 1 else principal.arn

    def _named_principals(self) -> set[str]:
        """Return the ARNs that the policies of secrets and keys name as principals."""
        if self._named is None:
            documents = [each.policy.document for each in self._keys.values()]
            for secret in self._secrets.values():
                documents += [each.document for each in secret.policies]
            self._named = {arn for document in documents for arn in _principals_in(document or {})}
        return self._named

    def _alike(self) -> dict[_Id, dict[_Id, str]]:
        """Return the principals that may be one and the same, and on what that depends."""
        found: dict[_Id, dict[_Id, str]] = {}
        open_ones = [one for one in self._drafts if self._open(one[0]) or self._open(one[2])]
        accounts = {one[0] for one in self._drafts}
        for one in open_ones:
            if len(accounts) == 1 and not self._open(one[2]):
                continue  # its account is the only one, and its name is known
            for other in self._drafts:
                if other == one or other[1] != one[1]:
                    continue
                parts = [self._symbols.same(one[at], other[at]) for at in (0, 2)]
                if False not in parts:
                    shown_one, shown_other = (
                        self._symbols.shown(f"{each[1]} {each[2]} of {each[0]}")
                        for each in (one, other)
                    )
                    doubt = f"whether {shown_one} is {shown_other}"
                    found.setdefault(one, {})[other] = doubt
                    found.setdefault(other, {})[one] = doubt
        return found

    def _open(self, text: str) -> bool:
        return any(not each.made_up for each in self._symbols.unknowns(text))


def default_key_policy(partition: str, account: str) -> dict[str, Any]:
    """Return the policy that KMS gives a key without one: the account's IAM policies decide.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _principals_in(document: Document) -> Iterable[str]:
    """Yield the AWS principals that the statements of a document name."""
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        named = principal.get("AWS") if isinstance(principal, Mapping) else None
        for each in named if isinstance(named, list) else [named]:
            if isinstance(each, str):
                yield each


def _of_aws(given: str, arn: str) -> bool:
    """Tell whether both are the ARN of one policy of AWS's own, in whatever partition."""
    ends = [each.partition(":iam::aws:policy/")[2] for each in (given, arn)]
    return ends[0] != "" and ends[0] == ends[1]


def _once(policies: Iterable[AttachedPolicy]) -> list[AttachedPolicy]:
    """Return the policies, each once."""
    found: list[AttachedPolicy] = []
    for policy in policies:
        if policy not in found:
            found.append(policy)
    return found
