"""From templates to principals: each user, role and group with the policies that it really has.

    >>> from constructs_lib.proof.stacks import Stack
    >>> from constructs_lib.proof.template import read
    >>> worlds = read([Stack("Orders", template)])

What the templates do not say is taken not to be: a policy that is attached elsewhere, another
resource policy. What they say and only the deployment knows stays unknown, and is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.found import Deployment, Document
from constructs_lib.proof.identities import Identities
from constructs_lib.proof.intrinsics import Reading, Scope
from constructs_lib.proof.physical import PHYSICAL
from constructs_lib.proof.secrets import SecretsAndKeys
from constructs_lib.proof.stacks import NESTED_STACK, Stack
from constructs_lib.proof.symbols import Symbols
from constructs_lib.proof.values import NeedsChoice

# Each undecided condition doubles what has to be looked at.
_MOST_WORLDS = 64


def read(
    stacks: Sequence[Stack],
    *,
    managed_policies: Mapping[str, Document] | None = None,
    symbols: Symbols | None = None,
) -> list[Deployment]:
    """Return what templates grant: one `Deployment` for each way their conditions may turn out.

    Stacks whose account (or Region) is unknown are taken to be in the same one, as CDK does.

    Args:
        stacks: the templates, each with what is known of its place and parameters.
        managed_policies: the documents of managed policies that are not in the templates, by ARN
            or by name, such as `{"SecretsManagerReadWrite": {...}}`.
        symbols: the unknowns of other templates, to be compared with these. What is called the
            same in both is taken to be the same.

    Raises:
        SecretAccessError: if a template is malformed or can't be understood; it names the
            resource and the path.
    """
    symbols = Symbols() if symbols is None else symbols
    waiting: list[dict[tuple[str, str], bool]] = [{}]
    found: list[Deployment] = []
    while waiting:
        choices = waiting.pop()
        try:
            found.append(_deployment(stacks, Reading(symbols, choices), managed_policies or {}))
        except NeedsChoice as asked:
            if len(waiting) + len(found) >= _MOST_WORLDS:
                raise SecretAccessError(
                    f"more than {_MOST_WORLDS} combinations of conditions are undecided",
                    allowed=f"{_MOST_WORLDS} are allowed",
                    remedy="give the parameters on which they depend",
                ) from None
            waiting += [{**choices, asked.compared: False}, {**choices, asked.compared: True}]
        except RecursionError:
            raise SecretAccessError(
                "a template is nested too deeply",
                allowed="what CloudFormation takes is allowed",
                remedy="correct the template",
            ) from None
    return found


def _deployment(
    stacks: Sequence[Stack], reading: Reading, managed_policies: Mapping[str, Document]
) -> Deployment:
    """Return what is read under certain choices."""
    for stack in stacks:
        _add(reading, stack)
    resources = [(scope, *each) for scope in reading.scopes for each in scope.resources()]
    symbols = reading.symbols
    owned, identities = SecretsAndKeys(symbols), Identities(symbols, managed_policies)
    owned.read(resources)
    identities.read(resources)
    return Deployment(
        principals=identities.principals(owned.named_principals()),
        secrets=owned.secrets(),
        keys=owned.keys,
        symbols=symbols,
        reading=reading,
        chosen=tuple(
            symbols.shown(f"{one} {'is' if equal else 'is not'} {other}")
            for (one, other), equal in reading.choices.items()
        ),
    )


def _add(
    reading: Reading, stack: Stack, parent: Scope | None = None, nested_in: str | None = None
) -> None:
    scope = Scope(reading, stack, PHYSICAL, parent, nested_in)
    reading.scopes.append(scope)
    if parent is not None and nested_in is not None:
        parent.nested[nested_in] = scope
    for logical_id, type_, properties in scope.resources():
        if type_ != NESTED_STACK:
            continue
        if logical_id not in stack.nested:
            scope.refuse(
                f"Resources.{logical_id}",
                "is a nested stack whose template is not at hand",
                "a nested stack of a cloud assembly is allowed",
                "read the cloud assembly, or give Stack(..., nested={logical id: Stack(...)})",
            )
        given = properties.get("Parameters", {})
        if not isinstance(given, Mapping):
            place = f"Resources.{logical_id}.Properties.Parameters"
            scope.refuse(place, f"is {shown(given)}", "a mapping is allowed")
        inner = replace(stack.nested[logical_id], parameters=given)
        _add(reading, inner, scope, logical_id)
