"""CloudFormation's intrinsic functions, resolved as far as a template tells.

What only the deployment knows stays an unknown (`symbols.py`); what is malformed, or can't be
understood, is refused with the resource and the path at which it stands.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.stacks import Stack
from constructs_lib.proof.symbols import (
    DIGITS,
    NAME,
    REGION,
    Symbols,
    has_unknown,
    refuse_signs,
)

_DEEPEST = 60
_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")
# Transforms that change nothing of what is read here, as long as their own functions are not used.
_HARMLESS_TRANSFORMS = {"AWS::LanguageExtensions"}


class NoValue:
    """What `AWS::NoValue` gives: the property or list element is left out."""


@dataclass(frozen=True)
class Parts:
    """A text that is split where its unknowns may or may not have the separator."""

    separator: str
    text: str


class LeftOut(SecretAccessError):
    """A resource is named that its Condition leaves out."""


class NeedsChoice(Exception):
    """A condition compares two values of which only the deployment knows whether they are equal."""

    def __init__(self, one: str, other: str) -> None:
        """Keep the two values."""
        super().__init__(one, other)
        self.compared = (one, other)


@dataclass
class Reading:
    """All stacks that are read together, under one choice for each undecided condition."""

    symbols: Symbols
    choices: Mapping[tuple[str, str], bool]
    scopes: list[Scope] = field(default_factory=list)

    def add(self, stack: Stack, physical: PhysicalIds) -> Scope:
        """Add a stack, and the stacks nested in it."""
        scope = Scope(self, stack, physical)
        self.scopes.append(scope)
        return scope

    def equal(self, one: str, other: str) -> bool:
        """Tell whether two values are the same, or ask for a choice."""
        decided = self.symbols.same(one, other)
        if decided is not None:
            return decided
        if (one, other) not in self.choices and (other, one) in self.choices:
            one, other = other, one
        if (one, other) in self.choices:
            return self.choices[one, other]
        for (left, right), equal in self.choices.items():
            # A parameter that is known to have one value does not have another.
            if equal and left == one and self.symbols.same(right, other) is False:
                return False
        raise NeedsChoice(one, other)


@dataclass
class PhysicalIds:
    """How resources are called: what `Ref` and `Fn::GetAtt` give, by type."""

    ref: Callable[[Scope, str, Mapping[str, Any]], str]
    attribute: Callable[[Scope, str, Mapping[str, Any], str], str]


@dataclass
class Scope:
    """One template, in which values are resolved."""

    reading: Reading
    stack: Stack
    physical: PhysicalIds
    parent: Scope | None = None
    nested_in: str | None = None
    nested: dict[str, Scope] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _kept: dict[str, str] = field(default_factory=dict)
    _sections: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a template that a macro would change first."""
        transform = self.stack.template.get("Transform", [])
        for each in transform if isinstance(transform, list) else [transform]:
            if each not in _HARMLESS_TRANSFORMS:
                self.refuse(
                    "Transform",
                    f"names {shown(each)}",
                    "AWS::LanguageExtensions is allowed: what others add is not in the template",
                    "give the processed template "
                    "(aws cloudformation get-template --template-stage Processed)",
                )
        for logical_id in self._section("Resources"):
            if logical_id.startswith("Fn::"):
                self.refuse("Resources", f"has {logical_id}", "resources are allowed")

    # --- the template -----------------------------------------------------------------------

    @property
    def symbols(self) -> Symbols:
        """The unknowns."""
        return self.reading.symbols

    @property
    def name(self) -> str:
        """The stack's name, for messages."""
        return self.stack.name if self.parent is None else f"{self.parent.name}/{self.nested_in}"

    @property
    def root(self) -> Scope:
        """The stack that this one is nested in, or itself."""
        return self if self.parent is None else self.parent.root

    def _section(self, name: str) -> Mapping[str, Any]:
        if name in self._sections:
            return self._sections[name]
        found = self.stack.template.get(name, {})
        if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
            self.refuse(name, f"is {shown(found)}", "a mapping is allowed")
        self._sections[name] = found
        return found

    def resources(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Return the logical id, type and raw properties of every resource that is deployed."""
        return [
            (logical_id, *self.resource(logical_id))
            for logical_id in self._section("Resources")
            if self.exists(logical_id)
        ]

    def resource(self, logical_id: str) -> tuple[str, Mapping[str, Any]]:
        """Return a resource's type and raw properties."""
        found = self._section("Resources").get(logical_id)
        type_ = found.get("Type") if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping) or not isinstance(type_, str):
            self.refuse(f"Resources.{logical_id}", f"is {shown(found)}", "a Type is needed")
        if type_.endswith("::MODULE"):
            self.refuse(
                f"Resources.{logical_id}",
                f"is the module {type_}, whose resources are not in the template",
                "resources are allowed",
                "give the processed template "
                "(aws cloudformation get-template --template-stage Processed)",
            )
        properties = found.get("Properties") or {}
        if not isinstance(properties, Mapping):
            place = f"Resources.{logical_id}.Properties"
            self.refuse(place, f"is {shown(properties)}", "a mapping is allowed")
        return type_, properties

    def exists(self, logical_id: str) -> bool:
        """Tell whether a resource's Condition lets it be deployed."""
        found = self._section("Resources").get(logical_id)
        name = found.get("Condition") if isinstance(found, Mapping) else None
        return name is None or self.condition(name, f"Resources.{logical_id}.Condition")

    def construct_path(self, logical_id: str) -> str | None:
        """Return the path of the construct that made a resource, where the template tells."""
        found = self._section("Resources").get(logical_id)
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
        raise SecretAccessError(
            f"{place} of stack {self.name} {self.symbols.shown(given)}",
            allowed=allowed,
            remedy=remedy,
        )

    # --- values -----------------------------------------------------------------------------

    def resolve(self, value: object, place: str, depth: int = 0) -> Any:
        """Return a value of the template with every function in it resolved."""
        if depth > _DEEPEST:
            self.refuse(place, "is nested too deeply", f"{_DEEPEST} levels are allowed")
        if isinstance(value, str):
            return self._dynamic(refuse_signs(value, place))
        if isinstance(value, list | tuple):
            found = [
                self.resolve(each, f"{place}[{at}]", depth + 1) for at, each in enumerate(value)
            ]
            return [self._whole(each) for each in found if not isinstance(each, NoValue)]
        if not isinstance(value, Mapping):
            if value is None or isinstance(value, bool | int | float):
                return value
            self.refuse(place, f"is {shown(value)}", "a value of JSON is allowed")
        if not all(isinstance(key, str) for key in value):
            self.refuse(place, f"is {shown(value)}", "keys that are strings are allowed")
        functions = [key for key in value if key.startswith("Fn::") or key == "Ref"]
        if functions:
            if len(value) > 1:
                self.refuse(place, f"has {functions[0]} beside others", "one function is allowed")
            return self._call(functions[0], value[functions[0]], place, depth + 1)
        entries = {
            refuse_signs(key, place): self.resolve(each, f"{place}.{key}", depth + 1)
            for key, each in value.items()
        }
        return {
            key: self._whole(each) for key, each in entries.items() if not isinstance(each, NoValue)
        }

    def text(self, value: object, place: str) -> str:
        """Return a value of the template that must be a string."""
        return self._as_text(self.resolve(value, place), place)

    def _as_text(self, found: object, place: str) -> str:
        found = self._whole(found)
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, int | float):
            return str(found)
        if not isinstance(found, str):
            self.refuse(place, f"is {shown(found)}", "a string is allowed")
        return found

    def _whole(self, found: Any) -> Any:
        """Return what was split and not taken apart as one unknown: how many there are is open."""
        if isinstance(found, Parts):
            return self._opaque(f"{self.symbols.shown(found.text)} split at {found.separator}")
        return found

    def _opaque(self, label: str) -> str:
        return self.symbols.sign(f"{label}, of {self.name}")

    def _dynamic(self, text: str) -> str:
        """Put an unknown in the place of each dynamic reference."""
        if "{{resolve:" not in text:
            return text
        return _DYNAMIC.sub(
            lambda match: self._opaque(self.symbols.shown(match.group().strip("{}"))), text
        )

    def _call(self, function: str, argument: object, place: str, depth: int) -> Any:
        here = f"{place}.{function}"
        if function == "Ref":
            return self._dynamic_result(self._ref(self._name(argument, here), here))
        if function == "Fn::If":
            return self._if(argument, here, depth)
        simple = {
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Sub": self._sub,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import_value,
            "Fn::GetStackOutput": self._stack_output,
        }
        if function in simple:
            return self._dynamic_result(simple[function](argument, here, depth))
        if function in ("Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::Length", "Fn::ToJsonString"):
            return self._opaque(shown({function: argument}, 200))
        self.refuse(here, "can't be resolved", "a function of CloudFormation's is allowed")

    def _dynamic_result(self, found: Any) -> Any:
        return self._dynamic(found) if isinstance(found, str) else found

    def _name(self, argument: object, place: str) -> str:
        if not isinstance(argument, str) or not argument:
            self.refuse(place, f"is {shown(argument)}", "a name is allowed")
        return argument

    def _arguments(self, argument: object, place: str, *counts: int) -> list[Any]:
        if not isinstance(argument, list | tuple) or len(argument) not in counts:
            wanted = " or ".join(map(str, counts))
            self.refuse(place, f"is {shown(argument)}", f"a list of {wanted} is allowed")
        return list(argument)

    # --- references -------------------------------------------------------------------------

    def _ref(self, name: str, place: str) -> Any:
        if name.startswith("AWS::"):
            return self.pseudo(name, place)
        if name in self._section("Parameters"):
            return self._parameter(name, place)
        self._deployed(name, place)
        _, properties = self.resource(name)
        return self._once(name, "Ref", lambda: self.physical.ref(self, name, properties))

    def _deployed(self, logical_id: str, place: str) -> None:
        if logical_id not in self._section("Resources"):
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
            return stack.region or self.symbols.sign(
                "AWS::Region", characters=REGION, shortest=9, longest=20, instance="eu-none-1"
            )
        if name == "AWS::AccountId":
            return stack.account or self.symbols.sign(
                "AWS::AccountId", characters=DIGITS, shortest=12, longest=12
            )
        if name == "AWS::StackName":
            if self.parent is None and stack.name_known:
                return stack.name
            return self.symbols.sign(f"name of stack {self.name}", characters=NAME, shortest=1)
        if name == "AWS::StackId":
            region = self.pseudo("AWS::Region", place)
            account = self.pseudo("AWS::AccountId", place)
            own = self.symbols.sign(
                f"id of stack {self.name}", characters=NAME, shortest=36, longest=36, made_up=True
            )
            arn = f"arn:{stack.in_partition}:cloudformation:{region}:{account}:stack"
            return f"{arn}/{self.pseudo('AWS::StackName', place)}/{own}"
        if name == "AWS::NotificationARNs":
            return self._opaque(name)
        self.refuse(place, f"names {shown(name)}", "CloudFormation's pseudo parameters are allowed")

    def _parameter(self, name: str, place: str) -> Any:
        declared = self._section("Parameters")[name]
        if not isinstance(declared, Mapping):
            self.refuse(f"Parameters.{name}", f"is {shown(declared)}", "a mapping is allowed")
        kind = str(declared.get("Type", "String"))
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        given = self.stack.parameters.get(name)
        if given is not None and self.parent is not None:
            given = self._from_parent(name, given)
            if isinstance(given, Parts) or (is_list and has_unknown(str(given))):
                return self._opaque(f"parameter {name}")
        values = declared.get("AllowedValues")
        if given is None and isinstance(values, list) and len(values) == 1:
            given = values[0]
        if given is None or kind.startswith("AWS::SSM::Parameter::Value"):
            return self._opaque(f"parameter {name}")
        if is_list:
            texts = given if isinstance(given, list | tuple) else str(given).split(",")
            return [str(each).strip() for each in texts]
        return self._as_text(given, f"Parameters.{name}")

    def _from_parent(self, name: str, given: object) -> Any:
        assert self.parent is not None
        place = f"Resources.{self.nested_in}.Properties.Parameters.{name}"
        found = self.parent.resolve(given, place)
        return ",".join(map(str, found)) if isinstance(found, list) else found

    def _get_att(self, argument: object, place: str, depth: int) -> Any:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        logical_id, attribute = self._arguments(argument, place, 2)
        return self.attribute(
            self._name(logical_id, place), self.text(attribute, f"{place}[1]"), place
        )

    def attribute(self, logical_id: str, attribute: str, place: str) -> str:
        """Return an attribute of a resource."""
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
            return self._opaque(f"output {output} of nested stack {logical_id}")
        return nested.output(output, place)

    def output(self, name: str, place: str) -> str:
        """Return the value of an output."""
        found = self._section("Outputs").get(name)
        if not isinstance(found, Mapping) or "Value" not in found:
            self.refuse(f"Outputs.{name}", f"is {shown(found)}", "a Value is needed")
        return self._once(
            f"Outputs.{name}", "", lambda: self.text(found["Value"], f"Outputs.{name}.Value")
        )

    def _import_value(self, argument: object, place: str, depth: int) -> str:
        wanted = self.text(argument, place)
        found: dict[int, tuple[Scope, str]] = {}
        for scope in self.reading.scopes:
            if scope.stack.region != self.root.stack.region:
                continue
            if scope.stack.account != self.root.stack.account:
                continue
            for name, output in scope._section("Outputs").items():
                export = output.get("Export") if isinstance(output, Mapping) else None
                if isinstance(export, Mapping) and "Name" in export:
                    if not scope._exists_output(output):
                        continue
                    given = scope.text(export["Name"], f"Outputs.{name}.Export.Name")
                    if self.symbols.same(given, wanted):
                        found[id(output)] = (scope, name)
        if len(found) > 1:
            stacks = " and ".join(scope.name for scope, _ in found.values())
            self.refuse(place, f"names {wanted}, which {stacks} export", "one export is allowed")
        for scope, name in found.values():
            return scope.output(name, place)
        # It is exported by a stack that is not read here.
        return self.symbols.sign(f"export {self.symbols.shown(wanted)}")

    def _exists_output(self, output: Mapping[str, Any]) -> bool:
        name = output.get("Condition")
        return name is None or self.condition(name, "Outputs")

    def _stack_output(self, argument: object, place: str, depth: int) -> str:
        found = self.resolve(argument, place, depth)
        if not isinstance(found, Mapping) or not {"StackName", "OutputName"} <= set(found):
            self.refuse(place, f"is {shown(argument)}", "a StackName and an OutputName are needed")
        stack = self._as_text(found["StackName"], place)
        output = self._as_text(found["OutputName"], place)
        region = self._as_text(found.get("Region", self.pseudo("AWS::Region", place)), place)
        matching = [
            scope
            for scope in self.reading.scopes
            if scope.parent is None
            and scope.stack.name == stack
            and scope.pseudo("AWS::Region", place) == region
        ]
        if len(matching) == 1:
            return matching[0].output(output, place)
        label = f"output {output} of stack {stack} in {region}"
        return self.symbols.sign(self.symbols.shown(label))

    # --- texts ------------------------------------------------------------------------------

    def _join(self, argument: object, place: str, depth: int) -> str:
        separator, values = self._arguments(argument, place, 2)
        if not isinstance(separator, str):
            self.refuse(place, f"joins with {shown(separator)}", "a string is allowed")
        found = self.resolve(values, f"{place}[1]", depth)
        if isinstance(found, Parts):
            same = found.separator == separator
            return found.text if same else self._opaque(str(self._whole(found)))
        if isinstance(found, str) and has_unknown(found):  # a list of which nothing is known
            return self._opaque(f"{self.symbols.shown(found)} joined with {separator!r}")
        if not isinstance(found, list):
            self.refuse(place, f"joins {shown(found)}", "a list is allowed")
        texts = (self._as_text(each, f"{place}[1][{at}]") for at, each in enumerate(found))
        return separator.join(texts)

    def _sub(self, argument: object, place: str, depth: int) -> str:
        variables: Mapping[str, Any] = {}
        if isinstance(argument, list | tuple):
            argument, variables = self._arguments(argument, place, 2)
        if not isinstance(argument, str) or not isinstance(variables, Mapping):
            self.refuse(place, f"is {shown(argument)}", "a string, and variables, are allowed")

        def value(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{match[2]}}}"
            if name in variables:
                return self.text(variables[name], f"{place}.{name}")
            if "." in name:
                logical_id, attribute = name.split(".", 1)
                return self.attribute(logical_id, attribute, place)
            return self._as_text(self._ref(self._name(name, place), place), place)

        return _SUB.sub(value, refuse_signs(argument, place))

    def _select(self, argument: object, place: str, depth: int) -> Any:
        index, values = self._arguments(argument, place, 2)
        at = self._as_text(self.resolve(index, place, depth), place)
        found = self.resolve(values, f"{place}[1]", depth)
        if isinstance(found, Parts) or (isinstance(found, str) and has_unknown(found)):
            whole = self._whole(found)
            return self._opaque(self.symbols.shown(f"part {at} of {whole}"))
        if has_unknown(at):
            return self._opaque(self.symbols.shown(f"part {at} of {found}"))
        if not isinstance(found, list) or not at.isdecimal() or int(at) >= len(found):
            self.refuse(place, f"takes {at} of {shown(found)}", "an index of the list is allowed")
        return found[int(at)]

    def _split(self, argument: object, place: str, depth: int) -> Any:
        separator, value = self._arguments(argument, place, 2)
        if not isinstance(separator, str) or not separator:
            self.refuse(place, f"splits at {shown(separator)}", "a string is allowed")
        text = self._as_text(self.resolve(value, place, depth), place)
        if any(all(map(each.may_have, separator)) for each in self.symbols.unknowns(text)):
            return Parts(separator, text)
        if len(separator) > 1 and has_unknown(text):
            return Parts(separator, text)
        return text.split(separator)

    def _find_in_map(self, argument: object, place: str, depth: int) -> Any:
        arguments = self._arguments(argument, place, 3, 4)
        keys = [self.text(each, f"{place}[{at}]") for at, each in enumerate(arguments[:3])]
        if any(map(has_unknown, keys)):
            return self._opaque(f"Fn::FindInMap {self.symbols.shown('.'.join(keys))}")
        found: Any = self._section("Mappings")
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                if len(arguments) == 4 and isinstance(arguments[3], Mapping):
                    return self.resolve(arguments[3].get("DefaultValue"), place, depth)
                self.refuse(place, f"finds no {'.'.join(keys)}", "what Mappings has is allowed")
            found = found[key]
        return self.resolve(found, f"Mappings.{'.'.join(keys)}", depth)

    # --- conditions -------------------------------------------------------------------------

    def _if(self, argument: object, place: str, depth: int) -> Any:
        name, true, false = self._arguments(argument, place, 3)
        chosen = true if self.condition(name, place) else false
        return self.resolve(chosen, f"{place}[{1 if chosen is true else 2}]", depth)

    def condition(self, name: object, place: str) -> bool:
        """Tell whether a condition holds; NeedsChoice if only the deployment knows."""
        decided, asked = self._truth({"Condition": name}, place, 0)
        if decided is None:
            assert asked is not None
            raise asked
        return decided

    def _truth(
        self, expression: object, place: str, depth: int
    ) -> tuple[bool | None, NeedsChoice | None]:
        if depth > _DEEPEST:
            self.refuse(place, "leads too deep, or back to itself", "no circle is allowed")
        if not isinstance(expression, Mapping) or len(expression) != 1:
            self.refuse(place, f"is {shown(expression)}", "one function of conditions is allowed")
        ((function, argument),) = expression.items()
        if function == "Condition":
            declared = self._section("Conditions")
            if not isinstance(argument, str) or argument not in declared:
                self.refuse(place, f"names {shown(argument)}", "one of its Conditions is allowed")
            return self._truth(declared[argument], f"Conditions.{argument}", depth + 1)
        if function == "Fn::Equals":
            one, other = (
                self._as_text(self.resolve(each, place), place)
                for each in self._arguments(argument, place, 2)
            )
            try:
                return self.reading.equal(one, other), None
            except NeedsChoice as asked:
                return None, asked
        if function == "Fn::Not":
            (inner,) = self._arguments(argument, place, 1)
            decided, needs = self._truth(inner, place, depth + 1)
            return None if decided is None else not decided, needs
        if function in ("Fn::And", "Fn::Or"):
            each = [
                self._truth(inner, place, depth + 1)
                for inner in self._arguments(argument, place, *range(1, 11))
            ]
            ends = function == "Fn::Or"
            if any(decided is ends for decided, _ in each):
                return ends, None
            undecided = next((needs for decided, needs in each if decided is None), None)
            return (None, undecided) if undecided is not None else (not ends, None)
        self.refuse(place, f"has {function}", "Fn::Equals, Fn::And, Fn::Or, Fn::Not are allowed")
