"""The access in a completed template, by a small reader of its own and `evaluate`.

It shares no code with the reader of the library: the laws compare the two.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from constructs_lib import SecretAccessError
from constructs_lib.errors import UndeterminedError
from constructs_lib.proof import NamedPolicy, Policies, Request, evaluate
from tests.support.completion import CompletedResource, NotCompletedError, World, complete

Document = Mapping[str, Any]
Values = str | list[str]
Context = dict[str, Values]

_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")
_IAM_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")
_ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
FULL_ACCESS: Document = {"Version": "2012-10-17", "Statement": [_ALLOW_ALL]}


@dataclass
class Actor:
    """A user or a role with its effective policies, or a group for one of its members.

    Attributes:
        name: the logical id, or the name of one that exists already.
        kind: user, role or group.
        arn: the ARN.
        tags: the tags, those of the session among them.
        documents: the identity policies, those of the groups among them.
        boundary: the permissions boundary.
        groups: the names of the groups of a user.
        trust: the trust policy of a role.
    """

    name: str
    kind: Literal["user", "role", "group"]
    arn: str
    tags: dict[str, str] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    boundary: Document | None = None
    groups: set[str] = field(default_factory=set)
    trust: Document | None = None

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


@dataclass(frozen=True)
class Target:
    """A secret or a key.

    Attributes:
        name: its logical id; of one that exists already, its ARN.
        arn: its ARN.
        tags: its tags.
        policy: its resource policy.
        primary: of a replica, the ARN of the secret that it copies.
        key: the ARN of the key of a secret; None: the AWS-managed key.
        context: the condition keys of its properties.
    """

    name: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: Document | None = None
    primary: str | None = None
    key: str | None = None
    context: Mapping[str, Values] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


@dataclass
class ConcreteAccess:
    """All principals, secrets and keys of a completed template."""

    world: World
    actors: dict[str, Actor]
    targets: list[Target]

    def actor(self, name: str) -> Actor | None:
        """Return the principal of a logical id, a name or an ARN. Of an ARN, it may exist."""
        if not name.startswith("arn:"):
            return self.actors.get(name)
        for actor in self.actors.values():
            if _without_path(actor.arn) == _without_path(name):
                return actor if actor.arn == name else None
        tags = {"Team": self.world.choose(f"tag {name}", ["orders", "pay"])}
        return Actor(name, "role" if ":role/" in name else "user", name, tags)

    def targets_of(self, name: str) -> list[Target]:
        """Return the secret, or key, of a logical id or ARN, then its replicas."""
        if not name.startswith("arn:"):
            return [each for each in self.targets if each.name == name]
        if any(name[:-7] == each.arn[:-7] for each in self.targets):
            return [each for each in self.targets if each.arn == name]
        return [Target(name, name, {"Team": self.world.choose(f"tag {name}", ["orders", "pay"])})]

    def key_of(self, arn: str) -> Target:
        """Return the key of an ARN; one that exists already has the default key policy."""
        for target in self.targets:
            if target.arn == arn:
                return target
        account = arn.split(":")[4]
        return Target(arn, arn, policy=default_key_policy(account))


def default_key_policy(account: str) -> Document:
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def concrete_access(template: Mapping[str, Any], world: World) -> ConcreteAccess:
    """Read a template with the values of a world.

    Raises:
        NotCompletedError: if AWS would refuse the template with these values.
    """
    try:
        resources = complete(template, world)
        actors = _Actors(resources, world).read()
        targets = [*_keys(resources, world), *_secrets(resources, world)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # A property has another form than AWS documents.
        raise NotCompletedError(f"{type(error).__name__}: {error}") from error
    for names in (
        [(each.kind, each.arn.rpartition("/")[2].lower()) for each in actors.values()],
        [each.arn for each in targets],
        [each.arn[:-7] for each in targets if ":secret:" in each.arn],
    ):
        if len(set(names)) < len(names):
            raise NotCompletedError("two resources have one name")
    access = ConcreteAccess(world, actors, targets)
    _refuse_other_paths(access)
    return access


def _refuse_other_paths(access: ConcreteAccess) -> None:
    """Refuse a resource policy that names a principal with another path: AWS knows no such one."""
    own = {_without_path(each.arn): each.arn for each in access.actors.values()}
    policies = [each.policy for each in access.targets]
    policies += [each.trust for each in access.actors.values()]
    for arn in re.findall(_ONE, str(policies)):
        if own.get(_without_path(arn), arn) != arn:
            raise NotCompletedError(f"{arn} has another path")


def _without_path(arn: str) -> str:
    kind, _, name = arn.partition("/")
    return f"{kind}/{name.rpartition('/')[2]}".lower()


# --- principals -------------------------------------------------------------------------------

_KINDS: dict[str, Literal["user", "role", "group"]] = {
    "AWS::IAM::User": "user",
    "AWS::IAM::Role": "role",
    "AWS::IAM::Group": "group",
}
_LISTS: dict[str, Literal["user", "role", "group"]] = {
    "Users": "user",
    "Roles": "role",
    "Groups": "group",
}
_ONE_TARGET = {
    "AWS::IAM::UserPolicy": ("user", "UserName"),
    "AWS::IAM::RolePolicy": ("role", "RoleName"),
    "AWS::IAM::GroupPolicy": ("group", "GroupName"),
}


class _Actors:
    def __init__(self, resources: Mapping[str, CompletedResource], world: World) -> None:
        self._resources, self._world = resources, world
        self._managed = {
            each.arn: each.properties["PolicyDocument"]
            for each in resources.values()
            if each.type == "AWS::IAM::ManagedPolicy"
        }
        self._actors: dict[tuple[str, str], Actor] = {}

    def read(self) -> dict[str, Actor]:
        for resource in self._resources.values():
            if resource.type in _KINDS:
                self._add(resource)
        for resource in self._resources.values():
            self._attach(resource)
        self._add_policies_of_groups()
        return {each.name: each for each in self._actors.values()}

    def _add(self, resource: CompletedResource) -> None:
        kind, properties = _KINDS[resource.type], resource.properties
        name = resource.arn.rpartition("/")[2]
        if not _IAM_NAME.fullmatch(name) or not _IAM_NAME.fullmatch(resource.ref):
            raise NotCompletedError(f"{resource.ref} is no name in IAM")
        if (kind, name.lower()) in self._actors:
            raise NotCompletedError(f"two principals are called {name}")
        documents = [each["PolicyDocument"] for each in properties.get("Policies", [])]
        documents += [self._policy(arn) for arn in properties.get("ManagedPolicyArns", [])]
        boundary = properties.get("PermissionsBoundary")
        self._actors[kind, name.lower()] = Actor(
            resource.logical_id,
            kind,
            resource.arn,
            {} if kind == "group" else tags_of(resource, self._world, always=False),
            documents,
            None if boundary is None else self._policy(boundary),
            {_name(each) for each in properties.get("Groups", [])},
            properties.get("AssumeRolePolicyDocument"),
        )

    def _policy(self, arn: str) -> Document:
        return self._managed[arn] if arn in self._managed else self._world.document(arn)

    def _actor(self, kind: Literal["user", "role", "group"], name: str) -> Actor:
        """Return the principal of a name, which may exist already."""
        if not _IAM_NAME.fullmatch(name):
            raise NotCompletedError(f"{name} is no name in IAM")
        place = kind, name.lower()
        if place not in self._actors:
            account = self._world.pseudo("AWS::AccountId")
            path = self._world.choose(f"path {name}", ["/", "/ops/"])
            tags = {"Team": self._world.choose(f"tag {name}", ["orders", "pay"])}
            arn = f"arn:aws:iam::{account}:{kind}{path}{name}"
            self._actors[place] = Actor(name, kind, arn, tags)
        return self._actors[place]

    def _attach(self, resource: CompletedResource) -> None:
        properties = resource.properties
        if resource.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for prop, kind in _LISTS.items():
                for name in properties.get(prop, []):
                    self._actor(kind, name).documents.append(properties["PolicyDocument"])
        elif resource.type in _ONE_TARGET and "PolicyDocument" in properties:
            one_kind, prop = _ONE_TARGET[resource.type]
            for kind in _KINDS.values():
                if kind == one_kind:
                    self._actor(kind, properties[prop]).documents.append(
                        properties["PolicyDocument"]
                    )
        elif resource.type == "AWS::IAM::UserToGroupAddition":
            for name in properties["Users"]:
                self._actor("user", name).groups.add(_name(properties["GroupName"]))

    def _add_policies_of_groups(self) -> None:
        for actor in list(self._actors.values()):
            for name in actor.groups:
                group = self._actors.get(("group", name))
                if group is None:  # a group that exists already, with policies of its own
                    document = self._world.document(f"group {name}")
                    actor.documents.append(document)
                else:
                    actor.documents += group.documents


def _name(text: str) -> str:
    return text.lower()


# --- secrets and keys ---------------------------------------------------------------------------


def tags_of(resource: CompletedResource, world: World, *, always: bool) -> dict[str, str]:
    """Return the tags of a resource, with those that CloudFormation creates (always, or maybe)."""
    tags = {str(each["Key"]): str(each["Value"]) for each in resource.properties.get("Tags", [])}
    if always or world.choose(f"system tags {resource.logical_id}", [True, False]):
        begin = "aws:cloudformation:"
        tags[f"{begin}stack-name"] = world.pseudo("AWS::StackName")
        tags[f"{begin}stack-id"] = world.pseudo("AWS::StackId")
        tags[f"{begin}logical-id"] = resource.logical_id
    return tags


def _keys(resources: Mapping[str, CompletedResource], world: World) -> Iterator[Target]:
    for resource in resources.values():
        if resource.type not in ("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
            continue
        default = default_key_policy(world.pseudo("AWS::AccountId"))
        aliases = [
            str(each.properties["AliasName"])
            for each in resources.values()
            if each.type == "AWS::KMS::Alias"
            and each.properties["TargetKeyId"] in (resource.ref, resource.arn)
        ]
        properties = resource.properties
        context: dict[str, Values] = {
            "kms:KeySpec": str(properties.get("KeySpec", "SYMMETRIC_DEFAULT")),
            "kms:KeyUsage": str(properties.get("KeyUsage", "ENCRYPT_DECRYPT")),
            "kms:KeyOrigin": str(properties.get("Origin", "AWS_KMS")),
            "kms:MultiRegion": str(properties.get("MultiRegion", False)).lower(),
        }
        if aliases:
            context["kms:ResourceAliases"] = aliases
        tags = tags_of(resource, world, always=False)
        policy = properties.get("KeyPolicy", default)
        yield Target(resource.logical_id, resource.arn, tags, policy, context=context)


def _secrets(resources: Mapping[str, CompletedResource], world: World) -> list[Target]:
    found: dict[str, Target] = {}
    for resource in resources.values():
        if resource.type == "AWS::SecretsManager::Secret":
            if not _SECRET_NAME.fullmatch(resource.arn.split(":", 6)[6]):
                raise NotCompletedError(f"{resource.arn} has no name of a secret")
            if resource.arn in found:
                raise NotCompletedError("two secrets have one name")
            tags = tags_of(resource, world, always=True)
            key = _key_arn(resource.properties.get("KmsKeyId"), resource.arn, resources)
            found[resource.arn] = Target(resource.logical_id, resource.arn, tags, key=key)
    _add_resource_policies(found, resources, world)
    replicas = [
        replica
        for target in found.values()
        if target.name in resources
        for replica in _replicas(target, resources[target.name], resources, world)
    ]
    return [*found.values(), *replicas]


def _replicas(
    target: Target,
    resource: CompletedResource,
    resources: Mapping[str, CompletedResource],
    world: World,
) -> Iterator[Target]:
    parts = target.arn.split(":", 4)
    regions = [each["Region"] for each in resource.properties.get("ReplicaRegions", [])]
    if len({target.region, *regions}) < len(regions) + 1:
        raise NotCompletedError("a replica is in a Region that has the secret")
    for each in resource.properties.get("ReplicaRegions", []):
        arn = ":".join((*parts[:3], each["Region"], parts[4]))
        tags = dict(target.tags)
        if world.choose(f"system tags of replica {arn}", [True, False]):
            tags = {key: tag for key, tag in tags.items() if not key.startswith("aws:")}
        key = _key_arn(each.get("KmsKeyId"), arn, resources)
        yield replace(target, arn=arn, tags=tags, primary=target.arn, key=key)


def _key_arn(
    given: str | None, secret_arn: str, resources: Mapping[str, CompletedResource]
) -> str | None:
    """Return the ARN of the key of a secret; None: the AWS-managed key."""
    if given is None or given.endswith("alias/aws/secretsmanager"):
        return None
    for resource in resources.values():
        if resource.type == "AWS::KMS::Alias" and given.endswith(resource.properties["AliasName"]):
            given = str(resource.properties["TargetKeyId"])
    if given.startswith("arn:"):
        return given
    region, account = secret_arn.split(":")[3:5]
    return f"arn:aws:kms:{region}:{account}:key/{given}"


def _add_resource_policies(
    found: dict[str, Target], resources: Mapping[str, CompletedResource], world: World
) -> None:
    """Give each secret its policy. Of two, the one that is put last counts: any of them."""
    policies: dict[str, list[Document]] = {}
    for resource in resources.values():
        if resource.type == "AWS::SecretsManager::ResourcePolicy":
            arn = _arn_of_secret(str(resource.properties["SecretId"]), found, world)
            policies.setdefault(arn, []).append(resource.properties["ResourcePolicy"])
    for arn, documents in policies.items():
        policy = world.choose(f"last policy of {len(documents)}", documents)
        found[arn] = replace(found.get(arn, Target(arn, arn)), policy=policy)


def _arn_of_secret(given: str, found: Mapping[str, Target], world: World) -> str:
    region, account = world.pseudo("AWS::Region"), world.pseudo("AWS::AccountId")
    begin = f"arn:aws:secretsmanager:{region}:{account}:secret:"
    name = given.removeprefix(begin)
    if not _SECRET_NAME.fullmatch(name):
        raise NotCompletedError(f"{given} is no secret of this account and Region")
    for arn in found:
        if given == arn or arn[:-7] == begin + name:
            return arn
    if given.startswith("arn:"):
        if not _SUFFIX.fullmatch(given[-7:]):
            return f"{given}-{world.suffix(name)}"
        if any(arn[:-7] == given[:-7] for arn in found):
            raise NotCompletedError(f"{given} has not the suffix of the secret of that name")
        return given
    return f"{begin}{name}-{world.suffix(name)}"


# --- requests ------------------------------------------------------------------------------------

TAG_VALUES = ("orders", "pay", "Orders", "prod", None)


@dataclass(frozen=True)
class Probe:
    """One request of a world.

    Attributes:
        number: the number of the request: another has another context.
        given: condition keys that a test gives, which override those of the world.
        any_tags: whether the tags of the resource are any, and not those of the template.
    """

    number: int = 0
    given: Mapping[str, Any] = field(default_factory=dict)
    any_tags: bool = False


def context_of(access: ConcreteAccess, actor: Actor, target: Target, probe: Probe) -> Context:
    """Return the condition keys of a request, as AWS documents that they can be."""
    world = replace(access.world, seed=f"{access.world.seed} request {probe.number}")
    found = {**_context_of_caller(world, actor), **_context_of_network(world)}
    found["aws:requestedregion"] = target.region
    tags: Mapping[str, str | None] = target.tags
    if probe.any_tags:
        tags = {key: world.choose(f"resource tag {key}", TAG_VALUES) for key in ("Team", "Stage")}
    found |= {f"aws:resourcetag/{key.lower()}": value for key, value in tags.items()}
    if ":kms:" in target.arn:
        found |= {key.lower(): value for key, value in target.context.items()}
        found |= _context_of_key_use(world, access)
    else:
        stage = ["AWSCURRENT", "AWSPREVIOUS", None]
        found["secretsmanager:versionstage"] = world.choose("stage", stage)
    given = {key.lower(): value for key, value in probe.given.items()}
    if "secretsmanager:resourcetag/team" in given:
        given["aws:resourcetag/team"] = given.pop("secretsmanager:resourcetag/team")
    return {key: value for key, value in {**found, **given}.items() if value is not None}


def _context_of_caller(world: World, actor: Actor) -> dict[str, Any]:
    found: dict[str, Any] = {
        "aws:userid": world.choose("user id", ["AIDAEXAMPLE", "AROAEXAMPLE:s"])
    }
    tags: dict[str, str | None] = dict(actor.tags)
    if actor.kind == "group":
        tags["Team"] = world.choose("tag of member", TAG_VALUES)
    if actor.kind == "role":
        found["aws:principalarn"] = actor.arn
        found["aws:tokenissuetime"] = "2026-01-01T00:00:00Z"
        if may_tag_sessions(actor.trust):
            tags["Team"] = world.choose("session tag", [*TAG_VALUES[:-1], actor.tags.get("Team")])
    found |= {f"aws:principaltag/{key.lower()}": value for key, value in tags.items()}
    mfa = world.choose("mfa", ["true", "false", None])
    found["aws:multifactorauthpresent"] = mfa
    if mfa == "true":
        found["aws:multifactorauthage"] = world.choose("mfa age", ["60", "86400"])
    found["aws:principalorgid"] = world.choose("organization", ["o-11111111", "o-22222222", None])
    return found


def may_tag_sessions(trust: Document | None) -> bool:
    """Return whether a trust policy may allow session tags; unknown policies may."""
    return trust is None or "TagSession" in str(trust) or "sts:*" in str(trust)


def _context_of_network(world: World) -> dict[str, Any]:
    via = world.choose("via", ["false", "false", "true"])
    found: dict[str, Any] = {
        "aws:currenttime": world.choose("time", ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        "aws:sourcevpce": world.choose("vpce", ["vpce-1", "vpce-2", None]),
        "aws:sourceip": world.choose("ip", ["10.1.2.3", "203.0.113.7"]),
        "aws:viaawsservice": via,
    }
    if via == "true":
        services = ["cloudformation.amazonaws.com"]
        found |= {"aws:calledvia": services, "aws:calledviafirst": services[0]}
        found |= {"aws:calledvialast": services[0]}
    return found


def _context_of_key_use(world: World, access: ConcreteAccess) -> dict[str, Any]:
    """Return the context of the use of a key: direct, or by Secrets Manager."""
    secrets = [each.arn for each in access.targets if ":secretsmanager:" in each.arn]
    if not secrets or world.choose("key use", [True, False]):
        return {}
    return decryption_context(world.choose("secret of key", secrets))


def decryption_context(secret_arn: str) -> dict[str, Any]:
    """Return the context in which Secrets Manager decrypts a secret for its reader."""
    service = "secretsmanager.amazonaws.com"
    return {
        "aws:viaawsservice": "true",
        "aws:calledvia": [service],
        "aws:calledviafirst": service,
        "aws:calledvialast": service,
        "kms:viaservice": f"secretsmanager.{secret_arn.split(':')[3]}.amazonaws.com",
        "kms:encryptioncontext:secretarn": secret_arn,
        "kms:encryptioncontext:secretversionid": "11111111-aaaa-bbbb-cccc-222222222222",
        "kms:encryptioncontextkeys": ["SecretARN", "SecretVersionId"],
        "kms:encryptionalgorithm": "SYMMETRIC_DEFAULT",
    }


def decision(
    access: ConcreteAccess, actor: Actor, action: str, target: Target, probe: Probe
) -> tuple[bool, str] | None:
    """Return the decision of the evaluator, and the request for messages; None: it has none."""
    context = context_of(access, actor, target, probe)
    try:
        request = Request(_caller(access.world, actor, probe), action, target.arn, context)
        found = evaluate(request, _policies(actor, target))
    except UndeterminedError:
        return None
    except SecretAccessError as error:
        raise NotCompletedError(str(error)) from error
    shown = {key: value for key, value in context.items() if not key.startswith("aws:token")}
    return (
        found.allowed,
        f"{request.principal} {action} on {target.arn} with {shown}: {found.reason}",
    )


def _policies(actor: Actor, target: Target) -> Policies:
    return Policies(
        [NamedPolicy(f"policy {number}", each) for number, each in enumerate(actor.documents)],
        permissions_boundary=actor.boundary,
        resource=target.policy,
    )


def _caller(world: World, actor: Actor, probe: Probe) -> str:
    """Return the ARN of who makes the request: a session of a role, or a member of a group."""
    name = actor.arn.rpartition("/")[2]
    if actor.kind == "role":
        session = world.choose(f"session {probe.number}", ["session-1", "session-2"])
        return f"arn:aws:sts::{actor.account}:assumed-role/{name}/{session}"
    if actor.kind == "group":
        return f"arn:aws:iam::{actor.account}:user/member-of-{name}"
    return actor.arn


def outsiders(access: ConcreteAccess, targets: Sequence[Target]) -> Iterator[Actor]:
    """Yield principals that the template does not have, with the most that they can have."""
    world = access.world
    own = {_without_path(each.arn) for each in access.actors.values()}
    arns = {f"arn:aws:iam::{world.pseudo('AWS::AccountId')}:user/fresh"}
    arns |= {"arn:aws:iam::999999999999:role/other", "arn:aws:iam::123123123123:role/fresh"}
    arns |= {arn for target in targets for arn in re.findall(_ONE, str(target.policy))}
    for arn in sorted(each for each in arns if _without_path(each) not in own):
        elsewhere = arn.split(":")[4] != world.pseudo("AWS::AccountId")
        documents = [FULL_ACCESS] if elsewhere else []
        yield Actor(arn, "role" if ":role/" in arn else "user", arn, documents=documents)


_ONE = re.compile(r"arn:aws:iam::\d{12}:(?:user|role)/[\w+=,.@/-]+")
