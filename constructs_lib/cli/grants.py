"""`secret-access grants cdk.out`: the principals that may read secrets, for a reviewer."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from constructs_lib.errors import InvalidOptionError, SecretAccessError
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
        if path.is_dir():
            return SecretAccess.from_assembly(path, region=region, account=account)
        template = json.loads(path.read_text())
    except SecretAccessError:
        raise
    except (OSError, ValueError, RecursionError):
        raise InvalidOptionError(
            "templates",
            must="be the directory of a cloud assembly, or a template as JSON",
            got=str(path),
            remedy="run cdk synth, and give cdk.out",
        ) from None
    return SecretAccess.from_template(template, region=region, account=account)


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
