"""The policies that an app's templates attach to each principal, compared with IAM's quotas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from constructs_lib.aws.quotas import (
    INLINE_QUOTAS,
    MANAGED_QUOTA,
    Kind,
    check_attached,
    check_length,
)
from constructs_lib.checks.lengths import Lengths
from constructs_lib.errors import InvalidTemplateError, SecretAccessError, shown

_KINDS: dict[str, Kind] = {
    "AWS::IAM::User": "user",
    "AWS::IAM::Role": "role",
    "AWS::IAM::Group": "group",
}
_NAMES = {"user": "UserName", "role": "RoleName", "group": "GroupName"}
_LISTED: dict[str, Kind] = {"Users": "user", "Roles": "role", "Groups": "group"}
_OF_ONE: dict[str, tuple[Kind, str]] = {
    "AWS::IAM::UserPolicy": ("user", "UserName"),
    "AWS::IAM::RolePolicy": ("role", "RoleName"),
    "AWS::IAM::GroupPolicy": ("group", "GroupName"),
}
_INLINE, _MANAGED = "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"


RULES = (
    "ManagedPolicyLength",
    "InlinePolicyLength",
    "InlinePolicyName",
    "AttachedManagedPolicies",
)


class Place(NamedTuple):
    """A resource: the path of its template, and its logical id there."""

    path: str
    logical_id: str


@dataclass(frozen=True)
class Template:
    """One template of an app.

    Attributes:
        path: where it is.
        stack: the stack's path in the app, for messages.
        home: its account, or the place of its deployment if the account is unknown.
        lengths: the template, and how its values are measured.
        outer: the template that has the nested stack, if it is the template of one.
        parameters: the parameters that the outer template gives.
        sure: whether it is certainly deployed.
    """

    path: str
    stack: str
    home: str
    lengths: Lengths
    outer: Template | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    sure: bool = True

    def resources(self) -> Iterator[tuple[str, str, Mapping[str, Any], bool]]:
        """Yield each resource: logical id, type, properties, and whether it is made for sure."""
        resources = self.lengths.template.get("Resources")
        for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
            if isinstance(resource, dict):
                properties = resource.get("Properties")
                yield (
                    logical_id,
                    str(resource.get("Type")),
                    properties if isinstance(properties, dict) else {},
                    self.sure and "Condition" not in resource,
                )


@dataclass(frozen=True)
class Finding:
    """A policy or attachment that IAM would refuse at deployment.

    Attributes:
        rule: a stable name, by which it can be acknowledged.
        error: the problem, the rule and the remedy.
        place: the resource at which it is reported; of several together, the last one.
    """

    rule: str
    error: SecretAccessError
    place: Place


class _Inline(NamedTuple):
    """An inline policy of a principal."""

    name: str | None
    document: object
    lengths: Lengths
    place: Place


@dataclass
class _Load:
    """The policies of one principal."""

    kind: Kind
    name: str
    managed: dict[str, Place] = field(default_factory=dict)
    inline: list[_Inline] = field(default_factory=list)


def findings(templates: Sequence[Template], context: Callable[[str], object]) -> Iterator[Finding]:
    """Yield policies over a quota, and inline policies that overwrite each other.

    A policy that a condition may leave out is measured by itself, and not summed up.
    """
    app = _App(templates)
    for template in templates:
        for logical_id, type_, properties, _ in template.resources():
            if type_ == _MANAGED:
                yield from _managed_policy_findings(template, logical_id, properties)
    for load in app.loads():
        yield from _inline_findings(load)
        yield from _attached_findings(load, context)


def _managed_policy_findings(
    template: Template, logical_id: str, properties: Mapping[str, Any]
) -> Iterator[Finding]:
    document = properties.get("PolicyDocument", {})
    what = f"managed policy {shown(f'{template.stack}/{logical_id}')}"
    remedy = "make several policies of it"
    if template.lengths.at_most(document) > MANAGED_QUOTA:
        yield from _finding_of(
            "ManagedPolicyLength",
            lambda: check_length(template.lengths.of(document), MANAGED_QUOTA, what, remedy),
            [Place(template.path, logical_id)],
        )


def _inline_findings(load: _Load) -> Iterator[Finding]:
    quota = INLINE_QUOTAS[load.kind]
    what = f"inline policies of {load.kind} {shown(load.name)}"
    remedy = "make some of them managed policies, or shorter"
    if sum(policy.lengths.at_most(policy.document) for policy in load.inline) > quota:
        length = sum(policy.lengths.of(policy.document) for policy in load.inline)
        yield from _finding_of(
            "InlinePolicyLength",
            lambda: check_length(length, quota, what, remedy),
            [policy.place for policy in load.inline],
        )
    by_name: dict[str, list[Place]] = {}
    for policy in load.inline:
        if policy.name is not None:
            by_name.setdefault(policy.name, []).append(policy.place)
    for name, same in by_name.items():
        if len(same) > 1:
            principal, several = f"{load.kind} {shown(load.name)}", f"{len(same)} inline policies"
            error = InvalidTemplateError(
                f"{principal} has {several} called {shown(name)}",
                allowed="each inline policy of a principal has its own name: IAM puts one over "
                "another of that name without a word",
                remedy="give each a name of its own",
            )
            yield Finding("InlinePolicyName", error, same[-1])


def _attached_findings(load: _Load, context: Callable[[str], object]) -> Iterator[Finding]:
    yield from _finding_of(
        "AttachedManagedPolicies",
        lambda: check_attached(load.kind, load.name, len(load.managed), context),
        [*load.managed.values()],
    )


def _finding_of(rule: str, check: Callable[[], None], places: Sequence[Place]) -> Iterator[Finding]:
    try:
        check()
    except SecretAccessError as error:
        yield Finding(rule, error, places[-1])


class _App:
    """The templates of an app together."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._templates = templates
        self._loads: dict[tuple[str, ...], _Load] = {}
        self._makers = Counter(
            (template.home, made)
            for template in templates
            for made in {
                _made_principal(properties, type_)
                for _, type_, properties, _ in template.resources()
            }
        )
        self._exports = {
            (template.home, name): (template, value)
            for template in templates
            for name, value in _exports(template)
        }

    def loads(self) -> list[_Load]:
        for template in self._templates:
            for logical_id, type_, properties, sure in template.resources():
                if sure:
                    self._read(template, logical_id, type_, properties)
        return [*self._loads.values()]

    def _read(
        self, template: Template, logical_id: str, type_: str, properties: Mapping[str, Any]
    ) -> None:
        place = Place(template.path, logical_id)
        if type_ in _KINDS:
            load = self._load_of(template, _KINDS[type_], {"Ref": logical_id})
            for policy in _list(properties.get("Policies")):
                if isinstance(policy, dict) and "PolicyDocument" in policy:
                    self._add_inline(load, template, policy, place)
            for arn in _list(properties.get("ManagedPolicyArns")):
                if not _is_choice(arn):
                    load.managed[self._distinct_name(template, arn)] = place
        elif type_ in _OF_ONE:
            kind, prop = _OF_ONE[type_]
            load = self._load_of(template, kind, properties.get(prop))
            self._add_inline(load, template, properties, place)
        elif type_ in (_INLINE, _MANAGED):
            for prop, kind in _LISTED.items():
                for principal in _list(properties.get(prop)):
                    if _is_choice(principal):
                        continue
                    load = self._load_of(template, kind, principal)
                    if type_ == _MANAGED:
                        load.managed[self._distinct_name(template, {"Ref": logical_id})] = place
                    else:
                        self._add_inline(load, template, properties, place)

    def _add_inline(
        self,
        load: _Load,
        template: Template,
        policy: Mapping[str, Any],
        place: Place,
    ) -> None:
        name, document = policy.get("PolicyName"), policy.get("PolicyDocument", {})
        if any(inline.document is document for inline in load.inline):
            return  # attached to one principal twice, as by its name and by a reference to it
        load.inline.append(
            _Inline(name if isinstance(name, str) else None, document, template.lengths, place)
        )

    def _load_of(self, template: Template, kind: Kind, principal: object) -> _Load:
        owner, value = self._exported(template, principal)
        distinct_name = self._distinct_name(owner, value)
        shown_name = (
            _description_of(owner, value) if distinct_name.startswith(owner.path) else distinct_name
        )
        return self._loads.setdefault((kind, template.home, distinct_name), _Load(kind, shown_name))

    def _distinct_name(self, template: Template, value: object) -> str:
        """Return the identity of a principal or a policy: its name, or else its resource."""
        template, value = self._exported(template, value)
        if isinstance(value, str):
            return value
        reference = value.get("Ref") if isinstance(value, dict) else None
        resources = template.lengths.template.get("Resources", {})
        resource = resources.get(reference) if isinstance(reference, str) else None
        if isinstance(resource, dict) and str(resource.get("Type")) in _KINDS:
            made = _made_principal(resource.get("Properties"), resource["Type"])
            # Two stacks that make one of the same name are never both in one account.
            if made is not None and self._makers[template.home, made] == 1:
                return made[1]
        # Two nested stacks may have one template.
        return f"{template.path} {template.stack} {json.dumps(value, sort_keys=True)}"

    def _exported(self, template: Template, value: object) -> tuple[Template, object]:
        """Return what another stack exports or gives as a parameter, and that stack."""
        name = value.get("Fn::ImportValue") if isinstance(value, dict) else None
        if isinstance(name, str):
            return self._exports.get((template.home, name), (template, value))
        parameter = value.get("Ref") if isinstance(value, dict) else None
        if template.outer is not None and str(parameter) in template.parameters:
            return self._exported(template.outer, template.parameters[str(parameter)])
        return template, value


def _description_of(template: Template, value: object) -> str:
    reference = value.get("Ref") if isinstance(value, dict) else None
    return f"{template.stack}/{reference or json.dumps(value)}"


def _made_principal(properties: object, type_: str) -> tuple[Kind, str] | None:
    """Return the principal that a resource makes, where the template has its name."""
    kind = _KINDS.get(type_)
    if kind is None or not isinstance(properties, dict):
        return None
    name = properties.get(_NAMES[kind])
    return (kind, name) if isinstance(name, str) else None


def _exports(template: Template) -> Iterator[tuple[str, object]]:
    outputs = template.lengths.template.get("Outputs")
    for output in outputs.values() if isinstance(outputs, dict) else ():
        export = output.get("Export") if isinstance(output, dict) else None
        name = export.get("Name") if isinstance(export, dict) else None
        if isinstance(name, str):
            yield name, output.get("Value")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_choice(value: object) -> bool:
    """Return whether only the deployment knows if there is something."""
    return isinstance(value, dict) and ("Fn::If" in value or value == {"Ref": "AWS::NoValue"})
