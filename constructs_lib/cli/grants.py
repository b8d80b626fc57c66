"""`secret-access grants cdk.out`: the principals that may read secrets, for a reviewer."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from constructs_lib.errors import InvalidOptionError
from constructs_lib.testing import Grant, SecretAccess


def grants_text(arguments: argparse.Namespace) -> str:
    """Return the output of the command.

    Raises:
        SecretAccessError: if there is no such assembly or template, or it can't be read.
    """
    grants = _access(Path(arguments.templates), arguments.region, arguments.account).grants(
        arguments.action
    )
    if arguments.json:
        return json.dumps([asdict(grant) for grant in grants], indent=2)
    return "\n".join(_lines(grants)) if grants else f"nobody is allowed {arguments.action}"


def _access(path: Path, region: str | None, account: str | None) -> SecretAccess:
    try:
        is_directory = path.is_dir()
        is_template = not is_directory and path.is_file()
    except (OSError, ValueError):
        is_directory = is_template = False
    if is_directory:
        return SecretAccess.from_assembly(path, region=region, account=account)
    if is_template:
        return SecretAccess.from_template(path, region=region, account=account)
    raise InvalidOptionError(
        "templates",
        must="be the directory of a cloud assembly, or a template of JSON or YAML",
        got=str(path),
        remedy="run cdk synth, and give cdk.out",
    )


def _lines(grants: list[Grant]) -> Iterator[str]:
    by_principal = sorted(grants, key=lambda grant: grant.principal)
    for principal, principal_grants in groupby(by_principal, key=lambda grant: grant.principal):
        yield principal
        for grant in principal_grants:
            word = "may" if grant.certain else "may be able to"
            for secret in grant.secrets:
                yield f"  {word}: {secret}"
            yield f"    {grant.reason}"
            if grant.assumed_by:
                yield f"    assumed by {', '.join(grant.assumed_by)}"
