"""The resources and places of templates whose effect on access is not read, with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from constructs_lib.proof.cloudformation.custom_resources import CustomResources
from constructs_lib.proof.cloudformation.intrinsics import PROCESSED, TemplateResolver
from constructs_lib.proof.cloudformation.model import Principal, Unread
from constructs_lib.proof.cloudformation.permission_sets import ASSIGNMENT, permission_set_of
from constructs_lib.proof.cloudformation.properties import Resource, list_of, place_of
from constructs_lib.proof.cloudformation.resource_types import (
    LIMITS,
    UNREAD,
    harmless,
    is_custom,
    is_decided,
)
from constructs_lib.proof.cloudformation.stacks import NESTED_STACK, STACK_SET
from constructs_lib.proof.cloudformation.values import has_macro

_EVERYTHING = ("*",)
_WRITE_OUT = "write what it grants out in a template that is read"
# The types of policies of an organization that limit access. The others, such as backup policies,
# do not. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
_LIMITING = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


def unread_in(
    resolvers: Sequence[TemplateResolver],
    resources: Sequence[Resource],
    principals: Sequence[Principal],
) -> Iterator[Unread]:
    """Yield what may give or take access in templates, and is not read."""
    for resolver in resolvers:
        for logical_id, body in resolver.section("Resources").items():
            if resolver.is_generated(logical_id):
                yield Unread(
                    f"Resources.{logical_id} of stack {resolver.name}",
                    "a macro makes its resources",
                    PROCESSED,
                    _content(body),
                    denies=_EVERYTHING,
                )
    if resources:
        custom = CustomResources(resources, principals, resources[0][0].unknowns)
        for resource in resources:
            yield from _of_resource(resource, custom)


def _of_resource(resource: Resource, custom: CustomResources) -> Iterator[Unread]:
    resolver, logical_id, type_, properties = resource
    body = resolver.section("Resources")[logical_id]
    place = f"{type_} {place_of(resolver, logical_id)}"
    content = _content(body)
    if has_macro(body) or (type_ not in harmless() and _macro_in(properties)):
        reason = "a macro stands in it, which may change it"
        yield Unread(place, reason, PROCESSED, content, denies=_EVERYTHING)
    elif is_custom(type_):
        cause = custom.reason(resource)
        if cause is not None:
            remedy = "read the stack that has its function, or narrow the policies of its role"
            yield Unread(place, cause, remedy, content)
    elif type_ in (NESTED_STACK, STACK_SET):
        if logical_id not in resolver.read_templates:
            of = "nested stack" if type_ == NESTED_STACK else "stack set"
            yield Unread(
                place,
                f"the template of the {of}, or the account or Region of a stack of it, is not "
                "at hand"
                if type_ == STACK_SET
                else f"the template of the {of} is not at hand",
                f"give its template: nested={{{logical_id!r}: ...}}",
                content,
            )
    elif type_ == ASSIGNMENT:
        if permission_set_of(resource, custom.resources) is None:
            reason = "it assigns a permission set that is not in the templates"
            yield Unread(place, reason, "read the stack that has the permission set", content)
    elif type_ == "AWS::Organizations::Policy":
        yield from _of_organization(resource, place, content)
    elif type_ in UNREAD:
        denies = _EVERYTHING if type_ in LIMITS else ()
        yield Unread(place, UNREAD[type_], _WRITE_OUT, content, denies=denies)
    elif not is_decided(type_):
        yield Unread(place, "its type is not known", _WRITE_OUT, content)


def _of_organization(resource: Resource, place: str, content: str) -> Iterator[Unread]:
    """Yield a policy of an organization that denies: it is a limit, and never grants.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    """
    resolver, logical_id, _, properties = resource
    here = f"Resources.{logical_id}.Properties"
    if resolver.text(properties.get("Type", ""), f"{here}.Type") not in _LIMITING:
        return
    if not list_of(resolver, properties, "TargetIds", here):
        return  # it is attached to nothing
    document = resolver.resolve(properties.get("Content"), f"{here}.Content")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = None
    denies = _denied(document)
    if denies:
        reason = "it may deny that in accounts of the organization"
        remedy = "evaluate it with constructs_lib.proof.evaluate, as service_control="
        yield Unread(place, reason, remedy, content, allows=(), denies=denies)


def _denied(document: Any) -> tuple[str, ...]:
    """Return the patterns of the actions that a policy of an organization denies."""
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    patterns: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping):
            return _EVERYTHING
        if statement.get("Effect") == "Allow":
            continue  # FullAWSAccess is attached in addition, if nothing detaches it
        actions = statement.get("Action", "*")
        texts = actions if isinstance(actions, list) else [actions]
        patterns += [text if isinstance(text, str) else "*" for text in texts]
    return tuple(patterns)


def _macro_in(value: object) -> bool:
    """Return whether a macro stands anywhere in a value."""
    if isinstance(value, Mapping):
        return has_macro(value) or any(map(_macro_in, value.values()))
    return isinstance(value, list) and any(map(_macro_in, value))


def _content(body: object) -> str:
    return json.dumps(body, sort_keys=True, default=str)
