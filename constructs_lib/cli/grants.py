"""`secret-access grants cdk.out`: the principals that may read secrets, for a reviewer."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from constructs_lib.cli.templates import access_of, context_of, progress
from constructs_lib.testing import Grant


def grants_text(arguments: argparse.Namespace) -> str:
    """Return the output of the command.

    Raises:
        SecretAccessError: if there is no such assembly or template, or it can't be read.
    """
    access = access_of(arguments)
    with progress(f"evaluating {arguments.action}"):
        grants = access.grants(arguments.action, context=context_of(arguments))
    grants = [
        grant
        for grant in grants
        if _is_selected([grant.principal], arguments.principal)
        and _is_selected(grant.secrets, arguments.secret)
    ]
    if arguments.json:
        return json.dumps([asdict(grant) for grant in grants], indent=2)
    return "\n".join(_lines(grants)) if grants else f"nobody is allowed {arguments.action}"


def _is_selected(names: Sequence[str], selected: Sequence[str] | None) -> bool:
    """Return whether one of the names has one of the selected texts in it."""
    return not selected or any(text in name for name in names for text in selected)


def _lines(grants: Sequence[Grant]) -> Iterator[str]:
    certain = [grant for grant in grants if grant.certain]
    undetermined = [grant for grant in grants if not grant.certain]
    yield from _by_principal(certain, "may")
    if undetermined:
        yield from ["", "undetermined:", ""] if certain else ["undetermined:", ""]
        yield from _by_principal(undetermined, "may be able to")


def _by_principal(grants: Sequence[Grant], verb: str) -> Iterator[str]:
    in_order = sorted(grants, key=lambda grant: grant.principal)
    for principal, principal_grants in groupby(in_order, key=lambda grant: grant.principal):
        yield principal
        assumers: dict[str, None] = {}
        for grant in principal_grants:
            conditions = "".join(f", {condition}" for condition in grant.conditions)
            for secret in grant.secrets:
                yield f"  {verb}{conditions}: {secret}"
            yield f"    {grant.reason}"
            assumers |= dict.fromkeys(grant.assumed_by)
        if assumers:
            yield f"  assumed by {', '.join(assumers)}"
