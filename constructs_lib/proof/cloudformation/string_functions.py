"""CloudFormation's functions that take texts and lists apart, and put them together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.unknowns import has_unknown, refuse_placeholders
from constructs_lib.proof.cloudformation.values import Parts, Resolver, has_macro

_SUB = re.compile(r"\$\{(!?)([^{}]*)\}")


def join(resolver: Resolver, argument: object, place: str, depth: int) -> str:
    """Return what Fn::Join gives."""
    separator, values = resolver.arguments(argument, place, 2)
    if not isinstance(separator, str):
        resolver.refuse(place, f"joins with {shown(separator)}", "a string is allowed")
    found = resolver.resolve(values, f"{place}[1]", depth)
    if isinstance(found, Parts):
        same = found.separator == separator
        return found.text if same else resolver.opaque(str(resolver.whole(found)))
    if isinstance(found, str) and has_unknown(found):  # a list of which nothing is known
        return resolver.opaque(f"{resolver.unknowns.shown(found)} joined with {separator!r}")
    if not isinstance(found, list):
        resolver.refuse(place, f"joins {shown(found)}", "a list is allowed")
    texts = (resolver.as_text(each, f"{place}[1][{at}]") for at, each in enumerate(found))
    return separator.join(texts)


def sub(resolver: Resolver, argument: object, place: str, depth: int) -> str:
    """Return what Fn::Sub gives."""
    variables: Mapping[str, Any] = {}
    if isinstance(argument, list | tuple):
        argument, variables = resolver.arguments(argument, place, 2)
    if not isinstance(argument, str) or not isinstance(variables, Mapping):
        resolver.refuse(place, f"is {shown(argument)}", "a string, and variables, are allowed")

    def value(match: re.Match[str]) -> str:
        name = match[2].strip()
        if match[1]:
            return f"${{{match[2]}}}"
        if name in variables:
            return resolver.text(variables[name], f"{place}.{name}")
        if "." in name:
            logical_id, attribute = name.split(".", 1)
            return resolver.attribute(logical_id, attribute, place)
        return resolver.as_text(resolver.ref(resolver.name_in(name, place), place), place)

    return _SUB.sub(value, refuse_placeholders(argument, place))


def select(resolver: Resolver, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::Select gives."""
    index, values = resolver.arguments(argument, place, 2)
    at = resolver.as_text(resolver.resolve(index, place, depth), place)
    found = resolver.resolve(values, f"{place}[1]", depth)
    if isinstance(found, Parts) or (isinstance(found, str) and has_unknown(found)):
        whole = resolver.whole(found)
        return resolver.opaque(resolver.unknowns.shown(f"part {at} of {whole}"))
    if has_unknown(at):
        return resolver.opaque(resolver.unknowns.shown(f"part {at} of {found}"))
    if not isinstance(found, list) or not at.isdecimal() or int(at) >= len(found):
        resolver.refuse(place, f"takes {at} of {shown(found)}", "an index of the list is allowed")
    return found[int(at)]


def split(resolver: Resolver, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::Split gives."""
    separator, value = resolver.arguments(argument, place, 2)
    if not isinstance(separator, str) or not separator:
        resolver.refuse(place, f"splits at {shown(separator)}", "a string is allowed")
    text = resolver.as_text(resolver.resolve(value, place, depth), place)
    if any(all(map(each.may_have, separator)) for each in resolver.unknowns.unknowns_in(text)):
        return Parts(separator, text)
    if len(separator) > 1 and has_unknown(text):
        return Parts(separator, text)
    return text.split(separator)


def find_in_map(resolver: Resolver, argument: object, place: str, depth: int) -> Any:
    """Return what Fn::FindInMap gives."""
    arguments = resolver.arguments(argument, place, 3, 4)
    keys = [resolver.text(each, f"{place}[{at}]") for at, each in enumerate(arguments[:3])]
    if any(map(has_unknown, keys)):
        return resolver.opaque(f"Fn::FindInMap {resolver.unknowns.shown('.'.join(keys))}")
    found: Any = resolver.section("Mappings")
    for key in keys:
        if has_macro(found):  # which may also change what stands beside it
            return resolver.opaque(f"Fn::FindInMap {'.'.join(keys)}")
        if not isinstance(found, Mapping) or key not in found:
            if len(arguments) == 4 and isinstance(arguments[3], Mapping):
                return resolver.resolve(arguments[3].get("DefaultValue"), place, depth)
            resolver.refuse(place, f"finds no {'.'.join(keys)}", "what Mappings has is allowed")
        found = found[key]
    return resolver.resolve(found, f"Mappings.{'.'.join(keys)}", depth)
