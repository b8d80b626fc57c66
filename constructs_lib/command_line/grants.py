"""`python -m constructs_lib grants cdk.out`: who may read which secrets, for a reviewer."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.testing import Grant, SecretAccess


def grants_text(given: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises:
        SecretAccessError: if there is no such assembly or template, or it can't be understood.
    """
    grants = _access(Path(given.templates), given.region, given.account).grants(given.action)
    if given.json:
        return json.dumps([asdict(grant) for grant in grants], indent=2)
    return "\n".join(_lines(grants)) if grants else f"nobody is allowed {given.action}"


def _access(path: Path, region: str | None, account: str | None) -> SecretAccess:
    if path.is_dir():
        return SecretAccess.from_assembly(path, region=region, account=account)
    try:
        template = json.loads(path.read_text())
    except (OSError, ValueError):
        raise SecretAccessError(
            f"templates is {shown(str(path))}",
            allowed="a cloud assembly's directory, or a template as JSON, is allowed",
            remedy="run cdk synth, and give cdk.out",
        ) from None
    return SecretAccess.from_template(template, region=region, account=account)


def _lines(grants: list[Grant]) -> Iterator[str]:
    by_principal = sorted(grants, key=lambda grant: grant.principal)
    for principal, found in groupby(by_principal, key=lambda grant: grant.principal):
        yield principal
        for grant in found:
            word = "may" if grant.certain else "may be able to"
            for secret in grant.secrets:
                yield f"  {word}: {secret}"
            yield f"    {grant.reason}"
