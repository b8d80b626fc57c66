"""CloudFormation's intrinsic functions, resolved as far as a template tells.

What only the deployment knows stays an unknown (`unknowns.py`); what is malformed, or can't be
understood, is refused with the resource and the path at which it stands.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from constructs_lib.errors import InvalidTemplateError, shown
from constructs_lib.proof.cloudformation.conditions import truth_of
from constructs_lib.proof.cloudformation.resource_types import harmless
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.string_functions import (
    find_in_map,
    join,
    select,
    split,
    sub,
)
from constructs_lib.proof.cloudformation.unknowns import (
    DIGITS,
    NAME,
    REGION,
    Unknowns,
    has_unknown,
    refuse_placeholders,
)
from constructs_lib.proof.cloudformation.values import (
    DEEPEST,
    LeftOut,
    NeedsChoice,
    NoValue,
    Parts,
    has_macro,
    is_macro,
)

_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")
# Transforms that change nothing of what is read here, as long as their own functions are not used.
_HARMLESS_TRANSFORMS = {"AWS::LanguageExtensions"}
PROCESSED = (
    "give the processed template (aws cloudformation get-template --template-stage Processed)"
)


@dataclass
class TemplateSet:
    """All stacks that are read together, under one choice for each undecided condition."""

    unknowns: Unknowns
    choices: Mapping[tuple[str, str], bool]
    resolvers: list[TemplateResolver] = field(default_factory=list)

    def equal(self, one: str, other: str) -> bool:
        """Return whether two values are the same, or ask for a choice."""
        decided = self.unknowns.same(one, other)
        if decided is not None:
            return decided
        if (one, other) not in self.choices and (other, one) in self.choices:
            one, other = other, one
        if (one, other) in self.choices:
            return self.choices[one, other]
        for parameter, value in ((one, other), (other, one)):
            values = self.unknowns.values_of(parameter)
            if values is None or has_unknown(value):
                continue
            # One of its AllowedValues is left if the others are excluded.
            excluded = {
                text
                for compared, equal in self.choices.items()
                if parameter in compared and not equal
                for text in compared
            }
            possible = set(values) - excluded
            if value not in possible:
                return False
            if possible == {value}:
                return True
        for (left, right), equal in self.choices.items():
            # A parameter that is known to have one value does not have another.
            if equal and left == one and self.unknowns.same(right, other) is False:
                return False
        raise NeedsChoice(one, other)


@dataclass
class PhysicalIds:
    """How resources are called: what `Ref` and `Fn::GetAtt` give, by type."""

    ref: Callable[[TemplateResolver, str, Mapping[str, Any]], str]
    attribute: Callable[[TemplateResolver, str, Mapping[str, Any], str], str]


@dataclass
class TemplateResolver:
    """One template, in which values are resolved."""

    templates: TemplateSet
    stack: Stack
    physical: PhysicalIds
    parent: TemplateResolver | None = None
    nested_in: str | None = None
    nested: dict[str, TemplateResolver] = field(default_factory=dict)
    read_templates: set[str] = field(default_factory=set)  # of nested stacks and stack sets
    _busy: set[str] = field(default_factory=set)
    _kept: dict[str, str] = field(default_factory=dict)
    _sections: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a template that a macro would change first."""
        for section in ("Transform", "Fn::Transform"):
            transform = self.stack.template.get(section, [])
            for macro in transform if isinstance(transform, list) else [transform]:
                name = macro.get("Name") if isinstance(macro, Mapping) else macro
                if not isinstance(name, str) or name not in _HARMLESS_TRANSFORMS:
                    self.refuse(
                        section,
                        f"names {shown(name if isinstance(name, str) else macro)}",
                        "AWS::LanguageExtensions is allowed: what others add is not in the "
                        "template",
                        PROCESSED,
                    )
        for logical_id in self.section("Resources"):
            if logical_id.startswith("Fn::") and not is_macro(logical_id):
                self.refuse("Resources", f"has {logical_id}", "resources are allowed")

    # --- the template -----------------------------------------------------------------------

    @property
    def unknowns(self) -> Unknowns:
        """The unknowns."""
        return self.templates.unknowns

    @property
    def name(self) -> str:
        """The stack's name, for messages."""
        return self.stack.name if self.parent is None else f"{self.parent.name}/{self.nested_in}"

    @property
    def root(self) -> TemplateResolver:
        """The stack that this one is nested in, or itself."""
        return self if self.parent is None else self.parent.root

    def section(self, name: str) -> Mapping[str, Any]:
        """Return one of the sections of the template."""
        if name in self._sections:
            return self._sections[name]
        found = self.stack.template.get(name, {})
        if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
            self.refuse(name, f"is {shown(found)}", "a mapping is allowed")
        self._sections[name] = found
        return found

    def resources(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Return the logical id, type and raw properties of every resource that is deployed.

        A resource that gives no access by itself counts as deployed: its Condition is not
        evaluated, as it does not matter to any answer.
        """
        resources = (
            (logical_id, *self.resource(logical_id))
            for logical_id in self.section("Resources")
            if not self.is_generated(logical_id)
        )
        return [each for each in resources if each[1] in harmless() or self.exists(each[0])]

    def is_generated(self, logical_id: str) -> bool:
        """Return whether a macro makes the resource, so that its type is not in the template."""
        found = self.section("Resources").get(logical_id)
        has_type = isinstance(found, Mapping) and isinstance(found.get("Type"), str)
        return is_macro(logical_id) or (has_macro(found) and not has_type)

    def resource(self, logical_id: str) -> tuple[str, Mapping[str, Any]]:
        """Return a resource's type and raw properties."""
        found = self.section("Resources").get(logical_id)
        type_ = found.get("Type") if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping) or not isinstance(type_, str):
            self.refuse(f"Resources.{logical_id}", f"is {shown(found)}", "a Type is needed")
        if type_.endswith("::MODULE"):
            self.refuse(
                f"Resources.{logical_id}",
                f"is the module {type_}, whose resources are not in the template",
                "resources are allowed",
                PROCESSED,
            )
        properties = found.get("Properties") or {}
        if not isinstance(properties, Mapping):
            place = f"Resources.{logical_id}.Properties"
            self.refuse(place, f"is {shown(properties)}", "a mapping is allowed")
        return type_, properties

    def exists(self, logical_id: str) -> bool:
        """Return whether a resource's Condition lets it be deployed."""
        found = self.section("Resources").get(logical_id)
        name = found.get("Condition") if isinstance(found, Mapping) else None
        return name is None or self.condition(name, f"Resources.{logical_id}.Condition")

    def construct_path(self, logical_id: str) -> str | None:
        """Return the path of the construct that made a resource, where the template tells."""
        found = self.section("Resources").get(logical_id)
        metadata = found.get("Metadata") if isinstance(found, Mapping) else None
        path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
        return path if isinstance(path, str) else self.stack.paths.get(logical_id)

    def refuse(
        self,
        place: str,
        given: str,
        allowed: str,
        remedy: str = "correct the template: nothing is guessed of it",
    ) -> NoReturn:
        """Refuse something, and say where it stands."""
        raise InvalidTemplateError(
            f"{place} of stack {self.name} {self.unknowns.shown(given)}",
            allowed=allowed,
            remedy=remedy,
        )

    def equal(self, one: str, other: str) -> bool:
        """Return whether two values are the same, or ask for a choice."""
        return self.templates.equal(one, other)

    # --- values -----------------------------------------------------------------------------

    def resolve(self, value: object, place: str, depth: int = 0) -> Any:
        """Return a value of the template with every function in it resolved."""
        if depth > DEEPEST:
            self.refuse(place, "is nested too deeply", f"{DEEPEST} levels are allowed")
        if isinstance(value, str):
            return self._dynamic(refuse_placeholders(value, place))
        if isinstance(value, list | tuple):
            found = [
                self.resolve(each, f"{place}[{at}]", depth + 1) for at, each in enumerate(value)
            ]
            return [self.whole(each) for each in found if not isinstance(each, NoValue)]
        if not isinstance(value, Mapping):
            if value is None or isinstance(value, bool | int | float):
                return value
            self.refuse(place, f"is {shown(value)}", "a value of JSON is allowed")
        if not all(isinstance(key, str) for key in value):
            self.refuse(place, f"is {shown(value)}", "keys that are strings are allowed")
        if has_macro(value):
            return self.opaque(f"what a macro makes of {place}")
        functions = [key for key in value if key.startswith("Fn::") or key == "Ref"]
        if functions:
            if len(value) > 1:
                self.refuse(place, f"has {functions[0]} beside others", "one function is allowed")
            return self._call(functions[0], value[functions[0]], place, depth + 1)
        entries = {
            refuse_placeholders(key, place): self.resolve(each, f"{place}.{key}", depth + 1)
            for key, each in value.items()
        }
        return {
            key: self.whole(each) for key, each in entries.items() if not isinstance(each, NoValue)
        }

    def text(self, value: object, place: str) -> str:
        """Return a value of the template that must be a string."""
        return self.as_text(self.resolve(value, place), place)

    def as_text(self, found: object, place: str) -> str:
        """Return what was resolved and must be a string."""
        found = self.whole(found)
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, int | float):
            return str(found)
        if not isinstance(found, str):
            self.refuse(place, f"is {shown(found)}", "a string is allowed")
        return found

    def whole(self, found: Any) -> Any:
        """Return what was split and not taken apart as one unknown: how many there are is open."""
        if isinstance(found, Parts):
            return self.opaque(f"{self.unknowns.shown(found.text)} split at {found.separator}")
        return found

    def opaque(
        self, label: str, values: tuple[str, ...] | None = None, remedy: str | None = None
    ) -> str:
        """Return an unknown, which may have these values alone."""
        label = f"{label}, of {self.name}"
        # Templates of two times may list different values: these are two unknowns.
        key = label if values is None else f"{label}: {values}"
        return self.unknowns.placeholder(label, key=key, values=values, remedy=remedy)

    def _unknown_parameter(self, name: str, values: tuple[str, ...] | None = None) -> str:
        return self.opaque(f"parameter {name}", values, f"give parameters={{{name!r}: VALUE}}")

    def _dynamic(self, text: str) -> str:
        """Put an unknown in the place of each dynamic reference."""
        if "{{resolve:" not in text:
            return text
        return _DYNAMIC.sub(
            lambda match: self.opaque(self.unknowns.shown(match.group().strip("{}"))), text
        )

    def _call(self, function: str, argument: object, place: str, depth: int) -> Any:
        here = f"{place}.{function}"
        if function == "Ref":
            return self._dynamic_result(self.ref(self.name_in(argument, here), here))
        if function == "Fn::If":
            return self._if(argument, here, depth)
        of_texts = {
            "Fn::Join": join,
            "Fn::Sub": sub,
            "Fn::Select": select,
            "Fn::Split": split,
            "Fn::FindInMap": find_in_map,
        }
        if function in of_texts:
            return self._dynamic_result(of_texts[function](self, argument, here, depth))
        references = {
            "Fn::GetAtt": self._get_att,
            "Fn::ImportValue": self._import_value,
            "Fn::GetStackOutput": self._stack_output,
        }
        if function in references:
            return self._dynamic_result(references[function](argument, here, depth))
        if function in ("Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::Length", "Fn::ToJsonString"):
            return self.opaque(shown({function: argument}, 200))
        self.refuse(here, "can't be resolved", "a function of CloudFormation's is allowed")

    def _dynamic_result(self, found: Any) -> Any:
        return self._dynamic(found) if isinstance(found, str) else found

    def name_in(self, argument: object, place: str) -> str:
        """Return the argument of a function that must be a name."""
        if not isinstance(argument, str) or not argument:
            self.refuse(place, f"is {shown(argument)}", "a name is allowed")
        return argument

    def arguments(self, argument: object, place: str, *counts: int) -> list[Any]:
        """Return the arguments of a function, of which there must be so many."""
        if not isinstance(argument, list | tuple) or len(argument) not in counts:
            wanted = " or ".join(map(str, counts))
            self.refuse(place, f"is {shown(argument)}", f"a list of {wanted} is allowed")
        return list(argument)

    # --- references -------------------------------------------------------------------------

    def ref(self, name: str, place: str) -> Any:
        """Return what Ref gives."""
        if name.startswith("AWS::"):
            return self.pseudo(name, place)
        if name in self.section("Parameters"):
            return self._parameter(name, place)
        if self.is_generated(name):
            return self.opaque(f"Ref of {name}")
        self._deployed(name, place)
        _, properties = self.resource(name)
        return self._once(name, "Ref", lambda: self.physical.ref(self, name, properties))

    def _deployed(self, logical_id: str, place: str) -> None:
        if logical_id not in self.section("Resources"):
            self.refuse(place, f"names {shown(logical_id)}", "what the template has is allowed")
        if not self.exists(logical_id):
            raise LeftOut(
                f"{place} of stack {self.name} names {shown(logical_id)}, which its Condition "
                "leaves out",
                allowed="a resource that is deployed is allowed",
                remedy="correct the template: nothing is guessed of it",
            )

    def _once(self, name: str, what: str, find: Callable[[], str]) -> str:
        """Resolve a reference once, and refuse one that leads back to itself."""
        key = f"{name}.{what}"
        if key in self._kept:
            return self._kept[key]
        if key in self._busy:
            self.refuse(f"Resources.{name}", "refers to itself", "no circle is allowed")
        self._busy.add(key)
        try:
            self._kept[key] = find()
        finally:
            self._busy.discard(key)
        return self._kept[key]

    def pseudo(self, name: str, place: str) -> Any:
        """Return a pseudo parameter's value."""
        stack = self.root.stack
        if name == "AWS::NoValue":
            return NoValue()
        if name == "AWS::Partition":
            return stack.in_partition
        if name == "AWS::URLSuffix":
            return stack.url_suffix
        if name == "AWS::Region":
            return stack.region or self.unknowns.placeholder(
                "AWS::Region",
                characters=REGION,
                shortest=9,
                longest=20,
                remedy="give region=REGION",
            )
        if name == "AWS::AccountId":
            return stack.account or self.unknowns.placeholder(
                "AWS::AccountId",
                characters=DIGITS,
                shortest=12,
                longest=12,
                remedy="give account=ACCOUNT",
            )
        if name == "AWS::StackName":
            if self.parent is None and stack.name_known:
                return stack.name
            return self.unknowns.placeholder(
                f"name of stack {self.name}", characters=NAME, shortest=1
            )
        if name == "AWS::StackId":
            region = self.pseudo("AWS::Region", place)
            account = self.pseudo("AWS::AccountId", place)
            own = self.unknowns.placeholder(
                f"id of stack {self.name}", characters=NAME, shortest=36, longest=36, generated=True
            )
            arn = f"arn:{stack.in_partition}:cloudformation:{region}:{account}:stack"
            return f"{arn}/{self.pseudo('AWS::StackName', place)}/{own}"
        if name == "AWS::NotificationARNs":
            return self.opaque(name)
        self.refuse(place, f"names {shown(name)}", "CloudFormation's pseudo parameters are allowed")

    def _parameter(self, name: str, place: str) -> Any:
        declared = self.section("Parameters")[name]
        if not isinstance(declared, Mapping):
            self.refuse(f"Parameters.{name}", f"is {shown(declared)}", "a mapping is allowed")
        kind = str(declared.get("Type", "String"))
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        given = self.stack.parameters.get(name)
        if given is not None and self.parent is not None:
            given = self._from_parent(name, given)
            if isinstance(given, Parts) or (is_list and has_unknown(str(given))):
                return self._unknown_parameter(name)
        values = declared.get("AllowedValues")
        if given is None and isinstance(values, list) and len(values) == 1:
            given = values[0]
        several = isinstance(values, list) and values != []
        if given is None and kind == "String" and several:
            assert isinstance(values, list)
            allowed = tuple(value for value in values if isinstance(value, str))
            known = allowed if len(allowed) == len(values) else None
            return self._unknown_parameter(name, known)
        if given is None or kind.startswith("AWS::SSM::Parameter::Value"):
            return self._unknown_parameter(name)
        if is_list:
            texts = given if isinstance(given, list | tuple) else str(given).split(",")
            return [str(each).strip() for each in texts]
        return self.as_text(given, f"Parameters.{name}")

    def _from_parent(self, name: str, given: object) -> Any:
        assert self.parent is not None
        place = f"Resources.{self.nested_in}.Properties.Parameters.{name}"
        found = self.parent.resolve(given, place)
        return ",".join(map(str, found)) if isinstance(found, list) else found

    def _get_att(self, argument: object, place: str, depth: int) -> Any:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        logical_id, attribute = self.arguments(argument, place, 2)
        return self.attribute(
            self.name_in(logical_id, place), self.text(attribute, f"{place}[1]"), place
        )

    def attribute(self, logical_id: str, attribute: str, place: str) -> str:
        """Return an attribute of a resource."""
        if self.is_generated(logical_id):
            return self.opaque(f"{attribute} of {logical_id}")
        self._deployed(logical_id, place)
        type_, properties = self.resource(logical_id)

        def find() -> str:
            if type_ == "AWS::CloudFormation::Stack" and attribute.startswith("Outputs."):
                return self._nested_output(logical_id, attribute.removeprefix("Outputs."), place)
            return self.physical.attribute(self, logical_id, properties, attribute)

        return self._once(logical_id, attribute, find)

    def _nested_output(self, logical_id: str, output: str, place: str) -> str:
        nested = self.nested.get(logical_id)
        if nested is None:
            return self.opaque(f"output {output} of nested stack {logical_id}")
        return nested.output(output, place)

    def output(self, name: str, place: str) -> str:
        """Return the value of an output."""
        outputs = self.section("Outputs")
        found = outputs.get(name)
        if "Fn::Transform" in outputs or (name not in outputs and has_macro(outputs)):
            return self.opaque(f"output {name}")
        if not isinstance(found, Mapping) or "Value" not in found:
            self.refuse(f"Outputs.{name}", f"is {shown(found)}", "a Value is needed")
        return self._once(
            f"Outputs.{name}", "", lambda: self.text(found["Value"], f"Outputs.{name}.Value")
        )

    def _import_value(self, argument: object, place: str, depth: int) -> str:
        wanted = self.text(argument, place)
        found: dict[int, tuple[TemplateResolver, str]] = {}
        for resolver in self.templates.resolvers:
            if resolver.stack.region != self.root.stack.region:
                continue
            if resolver.stack.account != self.root.stack.account:
                continue
            for name, output in resolver.section("Outputs").items():
                export = output.get("Export") if isinstance(output, Mapping) else None
                if isinstance(export, Mapping) and "Name" in export:
                    if not resolver._exists_output(output):
                        continue
                    given = resolver.text(export["Name"], f"Outputs.{name}.Export.Name")
                    if self.unknowns.same(given, wanted):
                        found[id(output)] = (resolver, name)
        if len(found) > 1:
            stacks = " and ".join(resolver.name for resolver, _ in found.values())
            self.refuse(place, f"names {wanted}, which {stacks} export", "one export is allowed")
        for resolver, name in found.values():
            return resolver.output(name, place)
        # It is exported by a stack that is not read here.
        return self.unknowns.placeholder(f"export {self.unknowns.shown(wanted)}")

    def _exists_output(self, output: Mapping[str, Any]) -> bool:
        name = output.get("Condition")
        return name is None or self.condition(name, "Outputs")

    def _stack_output(self, argument: object, place: str, depth: int) -> str:
        found = self.resolve(argument, place, depth)
        if not isinstance(found, Mapping) or not {"StackName", "OutputName"} <= set(found):
            self.refuse(place, f"is {shown(argument)}", "a StackName and an OutputName are needed")
        stack = self.as_text(found["StackName"], place)
        output = self.as_text(found["OutputName"], place)
        region = self.as_text(found.get("Region", self.pseudo("AWS::Region", place)), place)
        matching = [
            resolver
            for resolver in self.templates.resolvers
            if resolver.parent is None
            and resolver.stack.name == stack
            and resolver.pseudo("AWS::Region", place) == region
        ]
        if len(matching) == 1:
            return matching[0].output(output, place)
        label = f"output {output} of stack {stack} in {region}"
        return self.unknowns.placeholder(self.unknowns.shown(label))

    # --- conditions -------------------------------------------------------------------------

    def _if(self, argument: object, place: str, depth: int) -> Any:
        name, true, false = self.arguments(argument, place, 3)
        chosen = true if self.condition(name, place) else false
        return self.resolve(chosen, f"{place}[{1 if chosen is true else 2}]", depth)

    def condition(self, name: object, place: str) -> bool:
        """Return whether a condition holds; NeedsChoice if only the deployment knows."""
        decided, asked = truth_of(self, {"Condition": name}, place, 0)
        if decided is None:
            assert asked is not None
            raise asked
        return decided
