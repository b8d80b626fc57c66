"""CloudFormation's functions that take texts and lists apart, and put them together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from constructs_lib.errors import shown
from constructs_lib.proof.symbols import has_unknown, refuse_signs
from constructs_lib.proof.values import Parts

if TYPE_CHECKING:
    from constructs_lib.proof.intrinsics import Scope

_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")


def join(scope: Scope, argument: object, place: str, depth: int) -> str:
    """Return what Fn::Join gives."""
    separator, values = scope.arguments(argument, place, 2)
    if not isinstance(separator, str):
        scope.refuse(place, f"joins with {shown(separator)}", "a string is allowed")
    found = scope.resolve(values, f"{place}[1]", depth)
    if isinstance(found, Parts):
        same = found.separator == separator
        return found.text if same else scope.opaque(str(scope.whole(found)))
    if isinstance(found, str) and has_unknown(found):  # a list of which nothing is known
        return scope.opaque(f"{scope.symbols.shown(found)} joined with {separator!r}")
    if not isinstance(found, list):
        scope.refuse(place, f"joins {shown(found)}", "a list is allowed")
    texts = (scope.as_text(each, f"{place}[1][{at}]") for at, each in enumerate(found))
    return separator.join(texts)


def sub(scope: Scope, argument: object, place: str, depth: int) -> str:
    """Return what Fn::Sub gives."""
    variables: Mapping[str, Any] = {}
    if isinstance(argument, list | tuple):
        argument, variables = scope.arguments(argument, place, 2)
    if not isinstance(argument, str) or not isinstance(variables, Mapping):
        scope.refuse(place, f"is {shown(argument)}", "a string, and variables, are allowed")

    def value(match: re.Match[str]) -> str:
        name = match[2].strip()
        if match[1]:
            return f"${{{match[2]}}}"
        if name in variables:
            return scope.text(variables[name], f"{place}.{name}")
        if "." in name:
            logical_id, attribute = name.split(".", 1)
            return scope.attribute(logical_id, attribute, place)
        return scope.as_text(scope.ref(scope.name_in(name, place), place), place)

    return _SUB.sub(value, refuse_signs(argument, place))


def select(scope: Scope, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::Select gives."""
    index, values = scope.arguments(argument, place, 2)
    at = scope.as_text(scope.resolve(index, place, depth), place)
    found = scope.resolve(values, f"{place}[1]", depth)
    if isinstance(found, Parts) or (isinstance(found, str) and has_unknown(found)):
        whole = scope.whole(found)
        return scope.opaque(scope.symbols.shown(f"part {at} of {whole}"))
    if has_unknown(at):
        return scope.opaque(scope.symbols.shown(f"part {at} of {found}"))
    if not isinstance(found, list) or not at.isdecimal() or int(at) >= len(found):
        scope.refuse(place, f"takes {at} of {shown(found)}", "an index of the list is allowed")
    return found[int(at)]


def split(scope: Scope, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::Split gives."""
    separator, value = scope.arguments(argument, place, 2)
    if not isinstance(separator, str) or not separator:
        scope.refuse(place, f"splits at {shown(separator)}", "a string is allowed")
    text = scope.as_text(scope.resolve(value, place, depth), place)
    if any(all(map(each.may_have, separator)) for each in scope.symbols.unknowns(text)):
        return Parts(separator, text)
    if len(separator) > 1 and has_unknown(text):
        return Parts(separator, text)
    return text.split(separator)


def find_in_map(scope: Scope, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::FindInMap gives."""
    arguments = scope.arguments(argument, place, 3, 4)
    keys = [scope.text(each, f"{place}[{at}]") for at, each in enumerate(arguments[:3])]
    if any(map(has_unknown, keys)):
        return scope.opaque(f"Fn::FindInMap {scope.symbols.shown('.'.join(keys))}")
    found: Any = scope.section("Mappings")
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            if len(arguments) == 4 and isinstance(arguments[3], Mapping):
                return scope.resolve(arguments[3].get("DefaultValue"), place, depth)
            scope.refuse(place, f"finds no {'.'.join(keys)}", "what Mappings has is allowed")
        found = found[key]
    return scope.resolve(found, f"Mappings.{'.'.join(keys)}", depth)
