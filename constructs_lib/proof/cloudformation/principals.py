"""Users, roles and groups of templates, with all the policies that apply to each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from constructs_lib.aws.managed_policies import managed_policy
from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import (
    AttachedPolicy,
    Document,
    Kind,
    Principal,
    ResourceLocation,
)
from constructs_lib.proof.cloudformation.permission_sets import (
    PERMISSION_SET,
    assigned_accounts,
    boundary_of,
    inline_policy_of,
    managed_policies_of,
    permission_set_role,
)
from constructs_lib.proof.cloudformation.properties import (
    Resource,
    document_of,
    list_of,
    place_of,
    refuse_twice,
    resolved_document,
    tags_of,
    texts_of,
)
from constructs_lib.proof.cloudformation.resource_identifiers import iam_arn, iam_path, name_of
from constructs_lib.proof.cloudformation.unknowns import PATH, Unknowns, has_unknown
from constructs_lib.proof.iam.doubts import Doubt

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
_Id: TypeAlias = tuple[str, Kind, str]  # account, kind, name in lower case


def _id_of(account: str, kind: Kind, name: str) -> _Id:
    """Return what no two principals have in common: their names "are not distinguished by case".

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return account, kind, name.lower()


@dataclass
class _Draft:
    """A principal while its policies are gathered."""

    resolver: TemplateResolver
    principal: Principal
    attached: list[AttachedPolicy] = field(default_factory=list)
    inline: dict[str, list[AttachedPolicy]] = field(default_factory=dict)
    groups: dict[_Id, Doubt | None] = field(default_factory=dict)

    def own(self) -> list[AttachedPolicy]:
        """Return its own policies. Of two inline ones with one name, IAM keeps the later."""
        found = list(self.attached)
        for name, policies in self.inline.items():
            if any(each.document != policies[0].document for each in policies):
                doubt = Doubt(f"which of the inline policies called {shown(name)} is put last")
                policies = [replace(each, doubt=doubt) for each in policies]
            found += policies
        return found


class PrincipalReader:
    """Gathers principals, and the managed policies that they may have."""

    def __init__(self, unknowns: Unknowns, managed_policies: Mapping[str, Document]) -> None:
        """Begin with none, and with the managed policies that are given beside the templates."""
        self._unknowns = unknowns
        self._given = managed_policies
        self._drafts: dict[_Id, _Draft] = {}
        self._managed: dict[str, AttachedPolicy] = {}
        self._of_aws: dict[str, AttachedPolicy] = {}

    def read(self, resources: Sequence[Resource]) -> None:
        """Read managed policies, then the principals that may have them, then what is attached."""
        for resolver, logical_id, type_, properties in resources:
            if type_ == "AWS::IAM::ManagedPolicy":
                self._read_managed_policy(resolver, logical_id, properties)
        for resolver, logical_id, type_, properties in resources:
            if type_ in _KINDS:
                self._read_principal(resolver, logical_id, _KINDS[type_], properties)
            elif type_ == PERMISSION_SET:
                accounts = assigned_accounts(resolver, logical_id, resources)
                self._read_permission_set(resolver, logical_id, properties, accounts)
        for resource in resources:
            self._read_attachment(*resource)

    def _read_managed_policy(
        self, resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place = f"Resources.{logical_id}.Properties"
        if "PolicyDocument" not in properties:
            resolver.refuse(place, "has no PolicyDocument", "one is needed")
        name = name_of(resolver, logical_id, "ManagedPolicyName")
        arn = iam_arn(resolver, "policy", iam_path(resolver, logical_id), name)
        document = document_of(resolver, properties["PolicyDocument"], f"{place}.PolicyDocument")
        where = place_of(resolver, logical_id)
        if arn in self._managed:
            refuse_twice(resolver, logical_id, arn, self._managed[arn].location)
        self._managed[arn] = self._policy(f"managed policy {where}", document, where)

    def _read_principal(
        self, resolver: TemplateResolver, logical_id: str, kind: Kind, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", place_of(resolver, logical_id)
        name = name_of(resolver, logical_id, _NAME_PROP[kind])
        account = resolver.pseudo("AWS::AccountId", place)
        arn = iam_arn(resolver, kind, iam_path(resolver, logical_id), name)
        one = _id_of(account, kind, name)
        if one in self._drafts:
            refuse_twice(
                resolver, logical_id, f"{kind} {name}", self._drafts[one].principal.location
            )
        boundary = resolver.resolve(
            {"PermissionsBoundary": properties.get("PermissionsBoundary")}, place
        ).get("PermissionsBoundary")
        if boundary is not None and not isinstance(boundary, str):
            there = f"{place}.PermissionsBoundary"
            resolver.refuse(there, f"is {shown(boundary)}", "an ARN is allowed")
        tags = {} if kind == "group" else tags_of(resolver, properties, place)
        principal = Principal(
            kind,
            name,
            account,
            arn,
            where,
            boundary=None if boundary is None else self._managed_policy(boundary),
            tags=tags,
            trust=self._trust(resolver, properties, place, where),
        )
        draft = self._drafts[one] = _Draft(resolver, principal)
        for policy in texts_of(resolver, properties, "ManagedPolicyArns", place):
            draft.attached.append(self._managed_policy(policy))
        for at, inline in enumerate(list_of(resolver, properties, "Policies", place)):
            here = f"{place}.Policies[{at}]"
            if not isinstance(inline, Mapping) or "PolicyDocument" not in inline:
                if isinstance(inline, str):
                    here = f"{place}.Policies"
                resolver.refuse(here, f"is {shown(inline)}", "a PolicyDocument is needed")
            document = inline["PolicyDocument"]
            document = resolved_document(resolver, document, f"{here}.PolicyDocument")
            called = str(inline.get("PolicyName"))
            label = f"inline policy {self._unknowns.shown(called)} of {where}"
            draft.inline.setdefault(called, []).append(self._policy(label, document, where))

    def _read_permission_set(
        self,
        resolver: TemplateResolver,
        logical_id: str,
        properties: Mapping[str, Any],
        accounts: Sequence[str],
    ) -> None:
        """Read a permission set as the role that it becomes in each account of an assignment.

        Without an assignment in the templates, it may be assigned to the stack's own account.
        """
        place, where = f"Resources.{logical_id}.Properties", place_of(resolver, logical_id)
        unassigned = Doubt(f"whether permission set {where} is assigned to the account")
        for account in accounts or [resolver.pseudo("AWS::AccountId", place)]:
            name, arn = permission_set_role(resolver, logical_id, properties, account)
            attached = [
                self._managed_policy(policy)
                for policy in managed_policies_of(resolver, properties, account, place)
            ]
            if "InlinePolicy" in properties:
                document = inline_policy_of(resolver, properties, place)
                attached.append(self._policy(f"inline policy of {where}", document, where))
            boundary = boundary_of(resolver, properties, account, place)
            principal = Principal(
                "role",
                name,
                account,
                arn,
                where,
                boundary=None if boundary is None else self._managed_policy(boundary),
            )
            if not accounts:
                attached = [replace(policy, doubt=unassigned) for policy in attached]
            self._drafts[account, "role", name] = _Draft(resolver, principal, attached)

    def _trust(
        self,
        resolver: TemplateResolver,
        properties: Mapping[str, Any],
        place: str,
        where: ResourceLocation,
    ) -> AttachedPolicy | None:
        prop = "AssumeRolePolicyDocument"
        if prop not in properties:
            return None
        document = document_of(resolver, properties[prop], f"{place}.{prop}")
        return AttachedPolicy(
            f"trust policy of {where}", document, self._unknowns, where, principals="trust"
        )

    def _policy(
        self, name: str, document: Document | None, where: ResourceLocation | None = None
    ) -> AttachedPolicy:
        return AttachedPolicy(name, document, self._unknowns, where)

    def _managed_policy(self, arn: str) -> AttachedPolicy:
        """Return the managed policy of an ARN: of the templates, given, of AWS, or unknown."""
        if arn in self._managed:
            return self._managed[arn]
        label = self._unknowns.shown(arn)
        for given, document in self._given.items():
            if given == arn or given == arn.rpartition("/")[2] or _of_aws(given, arn):
                return self._policy(f"managed policy {label}", document)
        if arn not in self._of_aws:
            self._of_aws[arn] = self._policy_of_aws(arn)
        return self._of_aws[arn]

    def _policy_of_aws(self, arn: str) -> AttachedPolicy:
        of_aws = managed_policy(arn)
        if of_aws is None:
            name = f"managed policy {self._unknowns.shown(arn)}"
            return AttachedPolicy(name, None, self._unknowns, arn=arn)
        unknown = f"resources in the document of {of_aws}, which is cut to some services"
        document = of_aws.document(self._unknowns.placeholder(unknown))
        return self._policy(str(of_aws), document)

    def _draft(self, resolver: TemplateResolver, kind: Kind, name: str) -> _Draft:
        """Return the principal of a name in a stack's account, which may exist already."""
        account = resolver.pseudo("AWS::AccountId", "")
        one = _id_of(account, kind, name)
        if one not in self._drafts:
            path = self._unknowns.placeholder(
                f"path of {kind} {self._unknowns.shown(name)}", characters=PATH
            )
            arn = iam_arn(resolver, kind, f"/{path}", name)
            tags: dict[str, str] | None = {} if kind == "group" else None
            self._drafts[one] = _Draft(resolver, Principal(kind, name, account, arn, tags=tags))
        return self._drafts[one]

    def _join_group(self, resolver: TemplateResolver, user: _Id, group: str) -> None:
        draft = self._draft(resolver, "group", group)
        self._drafts[user].groups[_id_of(draft.principal.account, "group", group)] = None

    def _read_attachment(
        self, resolver: TemplateResolver, logical_id: str, type_: str, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", None
        targets: list[tuple[Kind, str]] = []
        if type_ in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            for prop, kind in _LISTED.items():
                targets += [(kind, name) for name in texts_of(resolver, properties, prop, place)]
        elif type_ in _ONE_TARGET:
            kind = _ONE_TARGET[type_]
            prop = _NAME_PROP[kind]
            targets = [(kind, resolver.text(properties.get(prop), f"{place}.{prop}"))]
        elif type_ == "AWS::IAM::User":  # only now is every group known that the templates create
            account = resolver.pseudo("AWS::AccountId", place)
            one = _id_of(account, "user", name_of(resolver, logical_id, "UserName"))
            for group in texts_of(resolver, properties, "Groups", place):
                self._join_group(resolver, one, group)
        elif type_ == "AWS::IAM::UserToGroupAddition":
            group = resolver.text(properties.get("GroupName"), f"{place}.GroupName")
            for user in texts_of(resolver, properties, "Users", place):
                principal = self._draft(resolver, "user", user).principal
                self._join_group(resolver, _id_of(principal.account, "user", user), group)
        if not targets:
            return
        where = place_of(resolver, logical_id)
        if type_ == "AWS::IAM::ManagedPolicy":
            arn = resolver.attribute(logical_id, "PolicyArn", place)
            for kind, name in targets:
                attached = self._draft(resolver, kind, name).attached
                if self._managed[arn] not in attached:
                    attached.append(self._managed[arn])
            return
        if "PolicyDocument" not in properties:
            if type_ == "AWS::IAM::Policy":
                resolver.refuse(place, "has no PolicyDocument", "one is needed")
            return  # a RolePolicy without one changes nothing
        document = document_of(resolver, properties["PolicyDocument"], f"{place}.PolicyDocument")
        called = resolver.text(properties.get("PolicyName"), f"{place}.PolicyName")
        for kind, name in targets:
            policy = self._policy(f"inline policy {where}", document, where)
            self._draft(resolver, kind, name).inline.setdefault(called, []).append(policy)

    def principals(self, named: Collection[str]) -> tuple[Principal, ...]:
        """Return them all. `named` are the ARNs that the policies of secrets and keys name."""
        found = []
        own = {one: draft.own() for one, draft in self._drafts.items()}
        alike = self._alike()
        for one, draft in self._drafts.items():
            policies = list(own[one])
            groups: dict[_Id, Doubt | None] = dict(draft.groups)
            for other, doubt in alike.get(one, {}).items():
                policies += [replace(each, doubt=doubt) for each in own[other]]
                groups.update(dict.fromkeys(self._drafts[other].groups, doubt))
            policies += [
                policy
                for group in groups
                if draft.principal.kind == "user" and self._drafts[group].principal.location is None
                for policy in self._policies_of_unknown_group(group)
            ]
            for group, unsure in groups.items():
                candidates: dict[_Id, Doubt | None] = {group: unsure, **alike.get(group, {})}
                for candidate, why in candidates.items():
                    why = unsure or why
                    policies += [replace(each, doubt=why or each.doubt) for each in own[candidate]]
            principal = replace(
                draft.principal,
                policies=tuple(_once(policies)),
                groups=tuple(group[2] for group, unsure in groups.items() if unsure is None),
            )
            if principal.location is None:
                principal = replace(principal, arn=_arn_of(principal, named))
            found.append(principal)
        return tuple(found)

    def _policies_of_unknown_group(self, group: _Id) -> Iterator[AttachedPolicy]:
        """Yield what a group that the templates do not create may allow, and may deny."""
        name = f"group {self._unknowns.shown(group[2])}, which is not in the templates"
        for effect, verb in (("Allow", "allow"), ("Deny", "deny")):
            statement = {"Effect": effect, "Action": "*", "Resource": "*"}
            document = {"Version": "2012-10-17", "Statement": [statement]}
            # Allow and Deny are two doubts: the policies may have one without the other.
            doubt = Doubt(f"what the policies of {name}, {verb}")
            yield replace(self._policy(f"policies of {name}", document), doubt=doubt)

    def _alike(self) -> dict[_Id, dict[_Id, Doubt]]:
        """Return the principals that may be one and the same, and on what that depends."""
        found: dict[_Id, dict[_Id, Doubt]] = {}
        open_ones = [one for one in self._drafts if self._open(one[0]) or self._open(one[2])]
        accounts = {one[0] for one in self._drafts}
        for one in open_ones:
            if len(accounts) == 1 and not self._open(one[2]):
                continue  # its account is the only one, and its name is known
            created = self._drafts[one].principal.location is not None
            for other in self._drafts:
                if other == one or other[1] != one[1]:
                    continue
                if created and self._drafts[other].principal.location is not None:
                    continue  # names are unique in an account, and the templates create both
                parts = [self._unknowns.same(one[at], other[at]) for at in (0, 2)]
                if False not in parts:
                    accounts_differ = one[0] != other[0]
                    texts = (
                        f"{each[1]} {each[2]}" + (f" of {each[0]}" if accounts_differ else "")
                        for each in (one, other)
                    )
                    doubt = self._unknowns.doubt(f"whether {' is '.join(texts)}")
                    found.setdefault(one, {})[other] = doubt
                    found.setdefault(other, {})[one] = doubt
        return found

    def _open(self, text: str) -> bool:
        return has_unknown(text)


def _of_aws(given: str, arn: str) -> bool:
    """Return whether both are the ARN of one policy of AWS's own, in whatever partition."""
    ends = [each.partition(":iam::aws:policy/")[2] for each in (given, arn)]
    return ends[0] != "" and ends[0] == ends[1]


def _once(policies: Iterable[AttachedPolicy]) -> list[AttachedPolicy]:
    """Return the policies, each once."""
    found: list[AttachedPolicy] = []
    for policy in policies:
        if policy not in found:
            found.append(policy)
    return found


def _arn_of(principal: Principal, named: Collection[str]) -> str:
    """Return the ARN of a principal that exists already, with its path if a policy tells it.

    Names are unique in an account, whatever their paths.
    """
    begin = principal.arn.partition("/")[0] + "/"
    arns = {
        arn for arn in named if arn.startswith(begin) and arn.rpartition("/")[2] == principal.name
    }
    return arns.pop() if len(arns) == 1 else principal.arn
