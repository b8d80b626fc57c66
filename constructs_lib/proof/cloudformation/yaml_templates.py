"""Templates as text: JSON, or YAML with CloudFormation's short forms (extra `yaml`).

YAML is read as CloudFormation does: version 1.1 without timestamps, binary, omap, pairs, set and
merges. So `Version: 2012-10-17` is a string, `yes` is true, and `!Ref Name` is `{"Ref": "Name"}`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from constructs_lib.errors import (
    InvalidOptionError,
    InvalidTemplateError,
    SecretAccessError,
    TooComplexError,
)

if TYPE_CHECKING:
    import yaml

_YAML = "tag:yaml.org,2002:"
_TIMESTAMP = f"{_YAML}timestamp"
_SCALARS = {f"{_YAML}{name}" for name in ("str", "null", "bool", "int", "float")}
_PLAIN = {"Ref", "Condition"}  # the functions without the prefix `Fn::`
_FUNCTIONS = _PLAIN | {
    *("And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals"),
    *("FindInMap", "GetAtt", "GetAZs", "GetStackOutput", "If", "ImportValue", "Join", "Length"),
    *("Not", "Or", "RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform"),
    *("ValueOf", "ValueOfAll"),
}
# A template has at most 1 MB; aliases can repeat its values.
_MOST_VALUES = 500_000


def parse_template(text: str, name: str) -> Any:
    """Return a template that is given as text. As CloudFormation does, read it as JSON if it is.

    Raises:
        SecretAccessError: if it is neither, or has a key twice; or PyYAML is not installed.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except ValueError as error:
        if text.lstrip().startswith(("{", "[")):
            _refuse(name, f"is not JSON: {error}")
    except RecursionError:
        _refuse(name, "is nested too deeply")
    return _Reader(name).read(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} is there twice")
        found[key] = value
    return found


def _refuse(name: str, given: str) -> NoReturn:
    raise InvalidTemplateError(
        f"template {name} must be JSON or YAML that CloudFormation reads, but {given}",
        remedy="correct the template",
    )


class _Reader:
    """Reads one template of YAML."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = _MOST_VALUES
        self._within: list[yaml.Node] = []

    def read(self, text: str) -> Any:
        try:
            import yaml
        except ModuleNotFoundError:
            raise InvalidOptionError(
                "template",
                must="be JSON where PyYAML is not installed",
                got=self._name,
                remedy="install the extra yaml: pip install 'secret-access-cdk[yaml]'",
            ) from None
        try:
            loader = yaml.SafeLoader(text)  # the one in C ends the process on deep nesting
            try:
                root = loader.get_single_node()
                self._scalar: Callable[[Any], Any] = loader.construct_object
                return None if root is None else self._value(root)
            finally:
                loader.dispose()
        except SecretAccessError:
            raise
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse(str(error.problem or error.context), mark)
        except (yaml.YAMLError, ValueError) as error:
            self._refuse(str(error).splitlines()[0])
        except RecursionError:
            self._refuse("it is nested too deeply")

    def _value(self, node: yaml.Node) -> Any:
        self._left -= 1
        if self._left < 0:
            raise TooComplexError(
                f"template {self._name} must have at most {_MOST_VALUES:,} values, "
                "with those that aliases repeat",
                remedy="use fewer aliases",
            )
        if any(outer is node for outer in self._within):
            self._refuse("an alias is inside of its own anchor", node.start_mark)
        self._within.append(node)
        function = node.tag.removeprefix("!")
        if not node.tag.startswith("!"):
            found = self._plain(node)
        elif function not in _FUNCTIONS:
            self._refuse(f"{node.tag} is no short form of a function", node.start_mark)
        else:
            found = self._function(function, node)
        self._within.pop()
        return found

    def _function(self, function: str, node: yaml.Node) -> dict[str, Any]:
        argument = node.value if isinstance(node.value, str) else self._collection(node)
        if function == "GetAtt" and isinstance(argument, str):
            argument = argument.split(".", 1)
        return {function if function in _PLAIN else f"Fn::{function}": argument}

    def _plain(self, node: yaml.Node) -> Any:
        if node.id == "scalar":
            if node.tag == _TIMESTAMP and node.style is None:
                return node.value  # unquoted and without a tag, it is a string
            if node.tag in _SCALARS:
                return self._scalar(node)
        elif node.tag in (f"{_YAML}map", f"{_YAML}seq"):
            return self._collection(node)
        self._refuse(f"{node.tag.replace(_YAML, '!!')} is not supported", node.start_mark)

    def _collection(self, node: yaml.Node) -> Any:
        if node.id == "sequence":
            return [self._value(each) for each in node.value]
        return self._mapping(node.value)

    def _mapping(self, pairs: Iterable[tuple[yaml.Node, yaml.Node]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            # A key is its text: CloudFormation has names there, such as `Null` and `2012-10-17`.
            if key.id != "scalar" or key.tag.startswith("!"):
                self._refuse("a key is no string", key.start_mark)
            if key.tag == f"{_YAML}merge":
                self._refuse("a merge (<<) is not supported", key.start_mark)
            if key.value in found:
                self._refuse(f"key {key.value!r} is there twice", key.start_mark)
            found[key.value] = self._value(value)
        return found

    def _refuse(self, given: str, mark: Any = None) -> NoReturn:
        line = "" if mark is None else f"in line {mark.line + 1}, "
        _refuse(self._name, f"{line}{given}")
