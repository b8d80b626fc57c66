"""Templates on the command line: their path, and the values that they do not have."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from constructs_lib.errors import InvalidOptionError
from constructs_lib.testing import SecretAccess

_SUFFIXES = (".json", ".template", ".yaml", ".yml")


def access_of(arguments: argparse.Namespace) -> SecretAccess:
    """Return the access in the templates that a command names.

    Raises:
        SecretAccessError: if there is no such assembly or template, or it can't be read.
    """
    given: dict[str, Any] = {
        "region": arguments.region,
        "account": arguments.account,
        "parameters": dict(_pairs("--parameter", arguments.parameter)) or None,
        "managed_policies": {
            name: _document(path)
            for name, path in _pairs("--managed-policy", arguments.managed_policy)
        }
        or None,
        "nested": dict(_pairs("--nested", arguments.nested)) or None,
    }
    path = Path(arguments.templates)
    try:
        is_directory, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_directory = is_file = False
    if is_directory and (path / "manifest.json").is_file():
        with progress(f"reading {path}"):
            return SecretAccess.from_assembly(path, **given)
    templates = _templates_in(path) if is_directory else [path] if is_file else []
    if not templates:
        raise InvalidOptionError(
            "templates",
            must="be a cloud assembly, a template of JSON or YAML, or a directory of templates",
            got=str(path),
            remedy="run cdk synth, and give cdk.out",
        )
    with progress(f"reading {len(templates)} templates"):
        return SecretAccess.from_template(templates, **given)


def context_of(arguments: argparse.Namespace) -> dict[str, str | None] | None:
    """Return the condition keys of `--context`; None: it was not given."""
    return {key: value or None for key, value in _pairs("--context", arguments.context)} or None


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Show on the terminal, while it lasts, what the command does."""
    if not sys.stderr.isatty():
        yield
        return
    print(f"{text} ...", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(f"\r{' ' * (len(text) + 4)}\r", end="", file=sys.stderr, flush=True)


def _templates_in(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES)


def _pairs(option: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen = set()
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals or name in seen:
            rule = "be given once for each name" if name in seen else "be NAME=VALUE"
            raise InvalidOptionError(option, must=rule, got=text, remedy="correct the option")
        seen.add(name)
        yield name, value


def _document(path: str) -> Any:
    """Return a policy document from its file."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidOptionError(
            "--managed-policy",
            must="name a file with a policy document of JSON",
            got=path,
            remedy="save it with: aws iam get-policy-version --query PolicyVersion.Document",
        )
    return document
