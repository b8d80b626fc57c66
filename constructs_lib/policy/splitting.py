"""Dividing secrets among documents; docs/decisions/0001-packing.md has the reasons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement, numbered


class Divisible(Protocol):
    """An intent, whose secrets can be divided among documents."""

    @property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets."""

    def statements(self, scopes: Sequence[SecretScope] | None = None) -> list[Statement]:
        """Return the statements on some of the secrets."""


# An intent with one of its secrets; None is an intent without secrets.
_Part = tuple[Divisible, SecretScope | None]


def split(
    intents: Sequence[Divisible], fits: Callable[[Sequence[Statement]], bool]
) -> list[list[Statement]]:
    """Return the statements of the intents in as many documents as it takes for each to fit.

    The secrets stay in their order, and each document has as many as fit. So a secret that is added
    at the end changes the last document, or makes a new one, and leaves the others unchanged. A
    secret has all statements of an intent in one document: a Deny is in the document of its Allow.

    A statement without secrets, such as ListSecrets on `*`, is in the first document alone. A
    document is returned even if it does not fit, where one secret alone is too much.
    """
    parts: list[_Part] = [
        (intent, secret_scope) for intent in intents for secret_scope in intent.scopes or (None,)
    ]
    whole = list(_merged(intents, parts))
    if len(parts) < 2 or fits(_with_unique_sids(whole)):
        return [_with_unique_sids(whole)]
    documents: list[list[Statement]] = []
    begin = 0
    current: list[Statement] = []
    for end in range(1, len(parts) + 1):
        longer = _not_yet_allowed(documents, _merged(intents, parts[begin:end]))
        if current and not fits(_with_unique_sids(longer)):
            documents.append(current)
            begin = end - 1
            longer = _not_yet_allowed(documents, _merged(intents, parts[begin:end]))
        current = longer
    return [_with_unique_sids(document) for document in (*documents, current)]


def _merged(intents: Sequence[Divisible], parts: Sequence[_Part]) -> Iterator[Statement]:
    """Yield the statements of the intents on these parts, each statement once."""
    seen: set[Statement] = set()
    for intent in intents:
        own = [secret_scope for other, secret_scope in parts if other is intent]
        if not own:
            continue
        scopes = [secret_scope for secret_scope in own if secret_scope is not None]
        for statement in intent.statements(scopes):
            if statement not in seen:
                seen.add(statement)
                yield statement


def _not_yet_allowed(
    documents: list[list[Statement]], statements: Iterator[Statement]
) -> list[Statement]:
    """Return the statements that no earlier document allows; a Deny is repeated."""
    allowed = {
        statement for document in documents for statement in document if statement.effect == "Allow"
    }
    return [statement for statement in statements if statement not in allowed]


def _with_unique_sids(statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements; a Sid that an earlier one has gets a number, as IAM demands."""
    taken: set[str] = set()
    unique: list[Statement] = []
    for statement in statements:
        sid, number = statement.sid, 1
        while sid in taken:
            number += 1
            sid = numbered(statement.sid, number)
        taken.add(sid)
        unique.append(statement if sid == statement.sid else replace(statement, sid=sid))
    return unique
