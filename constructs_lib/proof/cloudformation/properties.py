"""The properties of resources that several types have: policy documents, lists and tags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import Document, ResourceLocation
from constructs_lib.proof.cloudformation.unknowns import has_unknown

# Its template, logical id, type and raw properties.
Resource: TypeAlias = tuple[TemplateResolver, str, str, Mapping[str, Any]]

# An escape of JSON for one of the placeholders that stand for unknowns.
_ESCAPED_PLACEHOLDER = re.compile(r"\\u[dD][bB][89abAB]")


def place_of(resolver: TemplateResolver, logical_id: str) -> ResourceLocation:
    """Return how messages name a resource."""
    type_, _ = resolver.resource(logical_id)
    return ResourceLocation(resolver.name, logical_id, type_, resolver.construct_path(logical_id))


def document_of(resolver: TemplateResolver, value: object, place: str) -> Document:
    """Return a policy document of a template, resolved."""
    return resolved_document(resolver, resolver.resolve(value, place), place)


def resolved_document(resolver: TemplateResolver, found: object, place: str) -> Document:
    """Return what was resolved and must be a policy document: a mapping, or its JSON text."""
    if isinstance(found, str) and found.lstrip().startswith("{"):
        # An unknown may stand in a string of it: then it is a character of that string.
        try:
            if _ESCAPED_PLACEHOLDER.search(found):
                raise ValueError("it has a character of Unicode for private use")
            found = json.loads(found, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            resolver.refuse(
                place,
                f"is {shown(resolver.unknowns.shown(str(found)))}, which can't be read: {error}",
                "a policy document is allowed, or JSON text of one",
            )
    if not isinstance(found, Mapping):
        text = resolver.unknowns.shown(found) if isinstance(found, str) else found
        resolver.refuse(place, f"is {shown(text)}", "a policy document is allowed")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"keys {[key for key, _ in pairs]} are not each there once")
    if any(map(has_unknown, found)):
        raise ValueError("a key of it is not known")
    return found


def list_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], name: str, place: str
) -> list[Any]:
    """Return a property that is a list; a list of which nothing is known is one unknown."""
    found = resolver.resolve({name: properties.get(name, [])}, place).get(name, [])
    if isinstance(found, str) and has_unknown(found):
        return [found]
    if not isinstance(found, list):
        resolver.refuse(f"{place}.{name}", f"is {shown(found)}", "a list is allowed")
    return found


def texts_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], name: str, place: str
) -> list[str]:
    """Return a property that is a list of texts."""
    found = list_of(resolver, properties, name, place)
    for each in found:
        if not isinstance(each, str) or not each:
            resolver.refuse(f"{place}.{name}", f"has {shown(each)}", "strings are allowed")
    return found


def tags_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], place: str
) -> dict[str, str] | None:
    """Return a resource's tags, those of its stack among them. None: they are not known.

    "All stack-level tags [...] are propagated to resources that CloudFormation supports."
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
    """
    own, of_stack = _own_tags(resolver, properties, place), _stack_tags(resolver)
    if own is None or of_stack is None:
        return None
    tags = dict(own)
    keys = {key.lower(): key for key in own}  # IAM compares them without regard to case
    for key, value in of_stack.items():
        same = keys.get(key.lower())
        if same is None:
            tags[key] = value
        elif own[same] != value:
            # No page of CloudFormation's says which of the two it is.
            tags[same] = resolver.unknowns.placeholder(
                f"tag {same} of {place.split('.')[1]} in {resolver.name}"
            )
    return tags


def _stack_tags(resolver: TemplateResolver) -> dict[str, str] | None:
    """Return the tags of a stack; those of a nested one are also its own resource's."""
    if resolver.parent is None or resolver.nested_in is None:
        return dict(resolver.stack.tags)
    _, properties = resolver.parent.resource(resolver.nested_in)
    return tags_of(resolver.parent, properties, f"Resources.{resolver.nested_in}.Properties")


def _own_tags(
    resolver: TemplateResolver, properties: Mapping[str, Any], place: str
) -> dict[str, str] | None:
    tags: dict[str, str] = {}
    for tag in list_of(resolver, properties, "Tags", place):
        if isinstance(tag, str):
            return None  # a list of which nothing is known
        if not isinstance(tag, Mapping) or not {"Key", "Value"} <= set(tag):
            resolver.refuse(f"{place}.Tags", f"has {shown(tag)}", "a Key and a Value are needed")
        tags[str(tag["Key"])] = str(tag["Value"])
    return tags if not any(map(has_unknown, tags)) else None


def refuse_twice(
    resolver: TemplateResolver, logical_id: str, what: str, other: ResourceLocation | None
) -> NoReturn:
    """Refuse a resource that has the name of another one."""
    resolver.refuse(
        f"Resources.{logical_id}",
        f"is {shown(resolver.unknowns.shown(what))}, as {other} is",
        "one resource of a name is allowed in an account",
        "read the stages of an app one by one, such as cdk.out/assembly-Prod",
    )
