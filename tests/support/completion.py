"""Completion: a template with a value for each of its unknowns, and without functions.

It shares no code with the library. A `World` chooses a value by the name of the unknown alone, so
that the same world completes two templates, or a smaller one, alike.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.support.law_templates import (
    ACCOUNTS,
    GENERATED,
    KEY_IDS,
    NAMES,
    REGIONS,
    SUFFIXES,
    UNKNOWN_VALUES,
)

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
_SUB = re.compile(r"\$\{([^}]*)\}")
_NO_VALUE = object()
Choice = TypeVar("Choice")


class NotCompletedError(Exception):
    """CloudFormation would refuse the template with these values, or it has an unknown function."""


@dataclass(frozen=True)
class World:
    """A value of each unknown.

    Attributes:
        seed: decides the values.
        known: the values that do not depend on the seed, by the name of the parameter or pseudo
            parameter.
        documents: the documents of managed policies that are not in the template, by ARN.
    """

    seed: str
    known: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def choose(self, what: str, options: Sequence[Choice]) -> Choice:
        return random.Random(f"{self.seed} {what}").choice(options)

    def letters(self, what: str, count: int) -> str:
        return "".join(random.Random(f"{self.seed} {what}").choices(_LETTERS, k=count))

    def pseudo(self, name: str) -> str:
        """Return the value of a pseudo parameter."""
        if name in self.known:
            return str(self.known[name])
        if name == "AWS::StackId":
            region, account = self.pseudo("AWS::Region"), self.pseudo("AWS::AccountId")
            stack = self.pseudo("AWS::StackName")
            return f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/{KEY_IDS[0]}"
        values = {
            "AWS::Region": REGIONS,
            "AWS::AccountId": ACCOUNTS,
            "AWS::StackName": ("prod", "stack", "app"),
            "AWS::Partition": ("aws",),
            "AWS::URLSuffix": ("amazonaws.com",),
            "AWS::NotificationARNs": ("",),
        }
        if name not in values:
            raise NotCompletedError(f"{name} is no pseudo parameter")
        return self.choose(name, values[name])

    def parameter(self, name: str, declared: Mapping[str, Any]) -> Any:
        """Return the value of a parameter."""
        text = str(self.known[name]) if name in self.known else self._value(name, declared)
        is_list = "List" in str(declared.get("Type"))
        return text.split(",") if is_list else text

    def _value(self, name: str, declared: Mapping[str, Any]) -> str:
        if name in UNKNOWN_VALUES:
            return self.choose(f"parameter {name}", UNKNOWN_VALUES[name])
        allowed = declared.get("AllowedValues")
        if isinstance(allowed, list) and allowed:
            return str(self.choose(f"parameter {name}", allowed))
        options = [str(declared["Default"])] if "Default" in declared else []
        if "AllowedPattern" not in declared or not options:
            options += NAMES[:5]
        return self.choose(f"parameter {name}", options)

    def imported(self, name: str) -> str:
        return self.choose(f"import {name}", UNKNOWN_VALUES.get(name, NAMES))

    def generated_name(self, logical_id: str, *, of_stack: bool) -> str:
        """Return a name that CloudFormation generates; an IAM name begins with the stack's."""
        end = self.choose(
            f"name {logical_id}", [*GENERATED, self.letters(f"name {logical_id}", 12)]
        )
        stack = f"{self.pseudo('AWS::StackName')}-" if of_stack else ""
        return f"{stack}{logical_id}-{end}"

    def suffix(self, name: str) -> str:
        """Return the six characters at the end of a secret's ARN."""
        return self.choose(f"suffix {name}", [*SUFFIXES, self.letters(f"suffix {name}", 6)])

    def key_id(self, logical_id: str) -> str:
        """Return the id of a key. No two keys have one id."""
        own = f"{random.Random(f'{self.seed} key {logical_id}').randrange(16**12):012x}"
        options = [f"11111111-2222-3333-4444-{own}"]
        options += KEY_IDS if logical_id == "Key0" else ()
        return self.choose(f"key {logical_id}", options)

    def document(self, arn: str) -> Mapping[str, Any]:
        """Return the document of a managed policy that is not in the template."""
        if arn in self.documents:
            return self.documents[arn]
        if HARMLESS.search(arn):
            return DOCUMENTS[2]
        return self.choose(f"document {arn}", DOCUMENTS)


def _document(*statements: tuple[str, str]) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Action": action, "Resource": "*"} for effect, action in statements
        ],
    }


DOCUMENTS = (
    _document(("Allow", "*")),
    _document(("Deny", "*")),
    _document(("Allow", "logs:*")),
    _document(("Allow", "secretsmanager:*"), ("Deny", "secretsmanager:Put*")),
)


# The library assumes that these policies of AWS give no access: docs/assumptions.md.
HARMLESS = re.compile(
    r":aws:policy/(service-role/AWSLambda|CloudWatchLambdaInsights|AWSX[Rr]ay|Amazon\w+ReadOnly"
    r"|AmazonEC2Container\w+|AmazonEKSClusterPolicy)"
)


@dataclass(frozen=True)
class CompletedResource:
    """A resource without functions, with the return values that policies can refer to."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    ref: str
    arn: str


def complete(template: Mapping[str, Any], world: World) -> dict[str, CompletedResource]:
    """Return the resources of a template, by logical id.

    Raises:
        NotCompletedError: if CloudFormation would refuse the template with these values.
    """
    if template.get("Transform"):
        raise NotCompletedError("the template has a transform")
    return _Completion(template, world).resources()


class _Completion:
    def __init__(self, template: Mapping[str, Any], world: World) -> None:
        self._template, self._world = template, world
        self._busy: set[str] = set()

    def resources(self) -> dict[str, CompletedResource]:
        return {
            logical_id: self._resource(logical_id)
            for logical_id, resource in self._section("Resources").items()
            if "Condition" not in resource or self._condition(resource["Condition"])
        }

    def _section(self, name: str) -> Mapping[str, Any]:
        section: Mapping[str, Any] = self._template.get(name, {})
        return section

    def _resource(self, logical_id: str) -> CompletedResource:
        raw = self._section("Resources")[logical_id]
        ref, arn = self._physical(logical_id)
        properties = self._value(raw.get("Properties") or {})
        return CompletedResource(logical_id, raw["Type"], properties, ref, arn)

    # --- return values ----------------------------------------------------------------------

    def _physical(self, logical_id: str) -> tuple[str, str]:
        """Return what Ref gives of a resource, and its ARN."""
        raw = self._section("Resources").get(logical_id)
        if not isinstance(raw, Mapping) or logical_id in self._busy:
            raise NotCompletedError(f"{logical_id} is no resource, or refers to itself")
        properties, type_ = raw.get("Properties") or {}, raw["Type"]
        self._busy.add(logical_id)
        try:
            return self._identifiers(logical_id, type_, properties)
        finally:
            self._busy.discard(logical_id)

    def _identifiers(
        self, logical_id: str, type_: str, properties: Mapping[str, Any]
    ) -> tuple[str, str]:
        world = self._world
        region, account = world.pseudo("AWS::Region"), world.pseudo("AWS::AccountId")
        if type_ == "AWS::SecretsManager::Secret":
            name = self._name(logical_id, properties, "Name", of_stack=False)
            arn = f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-{world.suffix(name)}"
            return arn, arn
        if type_ in ("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
            key_id = world.key_id(logical_id)
            return key_id, f"arn:aws:kms:{region}:{account}:key/{key_id}"
        if type_ in _NAMES_IN_IAM:
            prop, kind = _NAMES_IN_IAM[type_]
            name = self._name(logical_id, properties, prop, of_stack=True)
            path = self._value(properties.get("Path", "/"))
            arn = f"arn:aws:iam::{account}:{kind}{path}{name}"
            return (arn if kind == "policy" else name), arn
        if type_.startswith("AWS::SecretsManager::") and "SecretId" in properties:
            secret = str(self._value(properties["SecretId"]))
            return secret, secret
        name = world.generated_name(logical_id, of_stack=True)
        return name, f"arn:aws:other:{region}:{account}:{name}"

    def _name(
        self, logical_id: str, properties: Mapping[str, Any], prop: str, *, of_stack: bool
    ) -> str:
        found = self._value({prop: properties.get(prop, {"Ref": "AWS::NoValue"})})
        if prop in found:
            return str(found[prop])
        return self._world.generated_name(logical_id, of_stack=of_stack)

    def _attribute(self, logical_id: str, name: str) -> str:
        ref, arn = self._physical(logical_id)
        if name in ("Id", "KeyId"):
            return ref
        return arn if name.endswith("Arn") else f"{ref}.{name}"

    # --- functions --------------------------------------------------------------------------

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            found = [self._value(each) for each in value]
            return [each for each in found if each is not _NO_VALUE]
        if not isinstance(value, Mapping):
            return self._text(value)
        function = next((key for key in value if key.startswith("Fn::") or key == "Ref"), None)
        if function is not None and len(value) == 1:
            return self._call(function, value[function])
        if function is not None:
            raise NotCompletedError(f"{function} stands with other keys")
        resolved = {key: self._value(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _NO_VALUE}

    def _text(self, value: Any) -> Any:
        if isinstance(value, str) and "{{resolve:" in value:
            return re.sub(r"\{\{resolve:[^{}]*\}\}", "resolved", value)
        return value

    def _call(self, function: str, argument: Any) -> Any:
        handlers: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": lambda name: self._world.imported(str(self._value(name))),
            "Fn::Base64": lambda text: f"base64 {self._value(text)}",
            "Fn::GetAZs": lambda region: [f"{self._world.pseudo('AWS::Region')}{z}" for z in "abc"],
        }
        if function not in handlers:
            raise NotCompletedError(f"{function} is not read")
        return handlers[function](argument)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name.startswith("AWS::"):
            return self._world.pseudo(name)
        if name in self._section("Parameters"):
            return self._world.parameter(name, self._section("Parameters")[name])
        return self._physical(name)[0]

    def _get_att(self, argument: Any) -> str:
        logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._attribute(logical_id, str(self._value(name)))

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        values = {key: self._value(each) for key, each in own.items()}

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in values:
                return str(values[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUB.sub(replaced, str(self._text(text)))

    def _join(self, argument: Any) -> str:
        separator, parts = argument
        return str(separator).join(map(str, self._list(parts)))

    def _list(self, value: Any) -> list[Any]:
        found = self._value(value)
        if not isinstance(found, list):
            raise NotCompletedError(f"{value} is no list")
        return found

    def _if(self, argument: Any) -> Any:
        name, then, otherwise = argument
        return self._value(then if self._condition(name) else otherwise)

    def _select(self, argument: Any) -> Any:
        index, values = int(self._value(argument[0])), self._list(argument[1])
        if not 0 <= index < len(values):
            raise NotCompletedError("Fn::Select is out of range")
        return values[index]

    def _split(self, argument: Any) -> list[str]:
        return str(self._value(argument[1])).split(argument[0])

    def _find_in_map(self, argument: Any) -> Any:
        keys = [str(self._value(each)) for each in argument[:3]]
        try:
            return self._section("Mappings")[keys[0]][keys[1]][keys[2]]
        except KeyError as error:
            raise NotCompletedError(f"the mapping has no {error}") from error

    # --- conditions -------------------------------------------------------------------------

    def _condition(self, name: str) -> bool:
        if name not in self._section("Conditions"):
            raise NotCompletedError(f"there is no condition {name}")
        return self._holds(self._section("Conditions")[name])

    def _holds(self, rule: Any) -> bool:
        if not isinstance(rule, Mapping) or len(rule) != 1:
            raise NotCompletedError(f"{rule} is no condition")
        ((function, argument),) = rule.items()
        if function == "Condition":
            return self._condition(argument)
        if function == "Fn::Equals":
            one, other = (self._value(each) for each in argument)
            return str(one) == str(other)
        if function == "Fn::Not":
            return not self._holds(argument[0])
        if function == "Fn::And":
            return all(map(self._holds, argument))
        if function == "Fn::Or":
            return any(map(self._holds, argument))
        raise NotCompletedError(f"{function} is not read")


_NAMES_IN_IAM = {
    "AWS::IAM::Role": ("RoleName", "role"),
    "AWS::IAM::User": ("UserName", "user"),
    "AWS::IAM::Group": ("GroupName", "group"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "policy"),
}
