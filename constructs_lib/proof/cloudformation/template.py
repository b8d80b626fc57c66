"""From templates to principals: each user, role and group with the policies that it really has.

    >>> from constructs_lib.proof.cloudformation.stacks import Stack
    >>> from constructs_lib.proof.cloudformation.template import read
    >>> worlds = read([Stack("Orders", template)])

What the templates do not say is taken not to be: a policy that is attached elsewhere, another
resource policy. What they say and only the deployment knows stays unknown, and is never guessed.
What may give or take access and can't be read is named: `Deployment.unread`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from constructs_lib.errors import InvalidTemplateError, TooComplexError, shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver, TemplateSet
from constructs_lib.proof.cloudformation.model import Deployment, Document
from constructs_lib.proof.cloudformation.principals import PrincipalReader
from constructs_lib.proof.cloudformation.resource_identifiers import PHYSICAL
from constructs_lib.proof.cloudformation.secrets_and_keys import SecretsAndKeys
from constructs_lib.proof.cloudformation.stack_sets import stacks_of_set
from constructs_lib.proof.cloudformation.stacks import NESTED_STACK, STACK_SET, Stack
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.cloudformation.unread_resources import unread_in
from constructs_lib.proof.cloudformation.values import NeedsChoice

# Each undecided condition doubles what has to be looked at.
_MOST_WORLDS = 64


def read(
    stacks: Sequence[Stack],
    *,
    managed_policies: Mapping[str, Document] | None = None,
    unknowns: Unknowns | None = None,
) -> list[Deployment]:
    """Return what templates grant: one `Deployment` for each way their conditions may turn out.

    Stacks whose account (or Region) is unknown are taken to be in the same one, as CDK does.

    Args:
        stacks: the templates, each with what is known of its place and parameters.
        managed_policies: the documents of managed policies that are not in the templates, by ARN
            or by name, such as `{"SecretsManagerReadWrite": {...}}`.
        unknowns: the unknowns of other templates, to be compared with these. What is called the
            same in both is taken to be the same.

    Raises:
        SecretAccessError: if a template is malformed or can't be understood; it names the
            resource and the path.
    """
    unknowns = Unknowns() if unknowns is None else unknowns
    waiting: list[dict[tuple[str, str], bool]] = [{}]
    found: list[Deployment] = []
    while waiting:
        choices = waiting.pop()
        try:
            found.append(
                _deployment(stacks, TemplateSet(unknowns, choices), managed_policies or {})
            )
        except NeedsChoice as asked:
            if len(waiting) + len(found) >= _MOST_WORLDS:
                raise TooComplexError(
                    f"more than {_MOST_WORLDS} combinations of conditions are undecided",
                    allowed=f"{_MOST_WORLDS} are allowed",
                    remedy="give the parameters on which they depend",
                ) from None
            waiting += [{**choices, asked.compared: False}, {**choices, asked.compared: True}]
        except RecursionError:
            raise InvalidTemplateError(
                "a template is nested too deeply",
                allowed="what CloudFormation takes is allowed",
                remedy="correct the template",
            ) from None
    return found


def _deployment(
    stacks: Sequence[Stack], templates: TemplateSet, managed_policies: Mapping[str, Document]
) -> Deployment:
    """Return what is read under certain choices."""
    for stack in stacks:
        _add(templates, stack)
    resources = [
        (resolver, *each) for resolver in templates.resolvers for each in resolver.resources()
    ]
    unknowns = templates.unknowns
    owned, principal_reader = SecretsAndKeys(unknowns), PrincipalReader(unknowns, managed_policies)
    owned.read(resources)
    principal_reader.read(resources)
    principals = principal_reader.principals(owned.named_principals())
    return Deployment(
        principals=principals,
        secrets=owned.secrets(),
        keys=owned.keys,
        unknowns=unknowns,
        templates=templates,
        choices=tuple(
            unknowns.shown(f"{one} {'is' if equal else 'is not'} {other}")
            for (one, other), equal in templates.choices.items()
        ),
        unread=tuple(unread_in(templates.resolvers, resources, principals)),
    )


def _add_stack_set(
    templates: TemplateSet,
    resolver: TemplateResolver,
    logical_id: str,
    properties: Mapping[str, Any],
) -> None:
    """Add the stacks of a stack set. One that is not known, or has macros, is unread."""
    stacks = stacks_of_set(resolver, logical_id, properties)
    try:
        for stack in stacks:
            TemplateResolver(templates, stack, PHYSICAL)
    except InvalidTemplateError:
        return
    for stack in stacks:
        resolver.read_templates.add(logical_id)
        _add(templates, stack)


def _add(
    templates: TemplateSet,
    stack: Stack,
    parent: TemplateResolver | None = None,
    nested_in: str | None = None,
) -> None:
    resolver = TemplateResolver(templates, stack, PHYSICAL, parent, nested_in)
    templates.resolvers.append(resolver)
    if parent is not None and nested_in is not None:
        parent.nested[nested_in] = resolver
    for logical_id, type_, properties in resolver.resources():
        if type_ == STACK_SET:
            _add_stack_set(templates, resolver, logical_id, properties)
        if type_ != NESTED_STACK:
            continue
        if logical_id not in stack.nested:
            continue  # it is unread
        resolver.read_templates.add(logical_id)
        given = properties.get("Parameters", {})
        if not isinstance(given, Mapping):
            place = f"Resources.{logical_id}.Properties.Parameters"
            resolver.refuse(place, f"is {shown(given)}", "a mapping is allowed")
        inner = replace(stack.nested[logical_id], parameters=given)
        _add(templates, inner, resolver, logical_id)
