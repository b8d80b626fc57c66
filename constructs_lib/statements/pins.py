"""Statements of an action that may name a KMS key, each pinned to the key of its secrets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from constructs_lib.scope import SecretScope
from constructs_lib.statements.statement import Condition, Statement, numbered, on_secrets


def pinned_to_keys(
    sid: str,
    action: str,
    scopes: Sequence[SecretScope],
    pin: Callable[[str | None], tuple[Condition, ...]],
) -> Iterator[Statement]:
    """Yield the action on the secrets of each key, under the conditions that `pin` has for it."""
    by_key: dict[str | None, list[SecretScope]] = {}
    for scope in scopes:
        by_key.setdefault(scope.key_arn, []).append(scope)
    number = 0
    for key_arn, same_key in by_key.items():
        for statement in on_secrets(sid, "Allow", (action,), same_key, *pin(key_arn)):
            number += 1
            yield replace(statement, sid=numbered(sid, number))
