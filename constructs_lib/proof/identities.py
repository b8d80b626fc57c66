"""Users, roles and groups of templates, with all the policies that apply to each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from constructs_lib.errors import shown
from constructs_lib.proof.found import AttachedPolicy, Document, Kind, Place, Principal
from constructs_lib.proof.intrinsics import Scope
from constructs_lib.proof.physical import iam_arn, iam_path, name_of
from constructs_lib.proof.properties import (
    Resource,
    document_of,
    list_of,
    place_of,
    refuse_twice,
    resolved_document,
    tags_of,
    texts_of,
)
from constructs_lib.proof.symbols import PATH, Symbols

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


class Identities:
    """Gathers principals, and the managed policies that they may have."""

    def __init__(self, symbols: Symbols, managed_policies: Mapping[str, Document]) -> None:
        """Begin with none, and with the managed policies that are given beside the templates."""
        self._symbols = symbols
        self._given = managed_policies
        self._drafts: dict[_Id, _Draft] = {}
        self._managed: dict[str, AttachedPolicy] = {}

    def read(self, resources: Sequence[Resource]) -> None:
        """Read managed policies, then the principals that may have them, then what is attached."""
        for scope, logical_id, type_, properties in resources:
            if type_ == "AWS::IAM::ManagedPolicy":
                self._read_managed_policy(scope, logical_id, properties)
        for scope, logical_id, type_, properties in resources:
            if type_ in _KINDS:
                self._read_principal(scope, logical_id, _KINDS[type_], properties)
        for resource in resources:
            self._read_attachment(*resource)

    def _read_managed_policy(
        self, scope: Scope, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place = f"Resources.{logical_id}.Properties"
        if "PolicyDocument" not in properties:
            scope.refuse(place, "has no PolicyDocument", "one is needed")
        name = name_of(scope, logical_id, "ManagedPolicyName")
        arn = iam_arn(scope, "policy", iam_path(scope, logical_id), name)
        document = document_of(scope, properties["PolicyDocument"], f"{place}.PolicyDocument")
        where = place_of(scope, logical_id)
        if arn in self._managed:
            refuse_twice(scope, logical_id, arn, self._managed[arn].place)
        self._managed[arn] = AttachedPolicy(f"managed policy {where}", document, where)

    def _read_principal(
        self, scope: Scope, logical_id: str, kind: Kind, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", place_of(scope, logical_id)
        name = name_of(scope, logical_id, _NAME_PROP[kind])
        account = scope.pseudo("AWS::AccountId", place)
        arn = iam_arn(scope, kind, iam_path(scope, logical_id), name)
        one = (account, kind, name)
        if one in self._drafts:
            refuse_twice(scope, logical_id, f"{kind} {name}", self._drafts[one].principal.place)
        boundary = scope.resolve(
            {"PermissionsBoundary": properties.get("PermissionsBoundary")}, place
        ).get("PermissionsBoundary")
        if boundary is not None and not isinstance(boundary, str):
            there = f"{place}.PermissionsBoundary"
            scope.refuse(there, f"is {shown(boundary)}", "an ARN is allowed")
        tags = {} if kind == "group" else tags_of(scope, properties, place)
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
        for policy in texts_of(scope, properties, "ManagedPolicyArns", place):
            draft.attached.append(self._managed_policy(policy))
        for at, inline in enumerate(list_of(scope, properties, "Policies", place)):
            here = f"{place}.Policies[{at}]"
            if not isinstance(inline, Mapping) or "PolicyDocument" not in inline:
                if isinstance(inline, str):
                    here = f"{place}.Policies"
                scope.refuse(here, f"is {shown(inline)}", "a PolicyDocument is needed")
            document = inline["PolicyDocument"]
            document = resolved_document(scope, document, f"{here}.PolicyDocument")
            called = str(inline.get("PolicyName"))
            label = f"inline policy {self._symbols.shown(called)} of {where}"
            draft.inline.setdefault(called, []).append(AttachedPolicy(label, document, where))

    def _trust(
        self, scope: Scope, properties: Mapping[str, Any], place: str, where: Place
    ) -> AttachedPolicy | None:
        prop = "AssumeRolePolicyDocument"
        if prop not in properties:
            return None
        document = document_of(scope, properties[prop], f"{place}.{prop}")
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
                targets += [(kind, name) for name in texts_of(scope, properties, prop, place)]
        elif type_ in _ONE_TARGET:
            kind = _ONE_TARGET[type_]
            prop = _NAME_PROP[kind]
            targets = [(kind, scope.text(properties.get(prop), f"{place}.{prop}"))]
        elif type_ == "AWS::IAM::User":  # only now is every group known that the templates create
            account = scope.pseudo("AWS::AccountId", place)
            one: _Id = (account, "user", name_of(scope, logical_id, "UserName"))
            for group in texts_of(scope, properties, "Groups", place):
                self._join_group(scope, one, group)
        elif type_ == "AWS::IAM::UserToGroupAddition":
            group = scope.text(properties.get("GroupName"), f"{place}.GroupName")
            for user in texts_of(scope, properties, "Users", place):
                principal = self._draft(scope, "user", user).principal
                self._join_group(scope, (principal.account, "user", user), group)
        if not targets:
            return
        where = place_of(scope, logical_id)
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
        document = document_of(scope, properties["PolicyDocument"], f"{place}.PolicyDocument")
        called = scope.text(properties.get("PolicyName"), f"{place}.PolicyName")
        for kind, name in targets:
            policy = AttachedPolicy(f"inline policy {where}", document, where)
            self._draft(scope, kind, name).inline.setdefault(called, []).append(policy)

    def principals(self, named: Collection[str]) -> tuple[Principal, ...]:
        """Return them all. `named` are the ARNs that the policies of secrets and keys name."""
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
                principal = replace(principal, arn=_arn_of(principal, named))
            found.append(principal)
        return tuple(found)

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


def _arn_of(principal: Principal, named: Collection[str]) -> str:
    """Return the ARN of a principal that exists already, with its path if a policy tells it.

    Names are unique in an account, whatever their paths.
    """
    begin = principal.arn.partition("/")[0] + "/"
    arns = {
        arn for arn in named if arn.startswith(begin) and arn.rpartition("/")[2] == principal.name
    }
    return arns.pop() if len(arns) == 1 else principal.arn
