"""Secrets become as many documents as it takes: docs/decisions/0001-packing.md tells why so."""

from collections.abc import Callable, Sequence

from constructs_lib.scope import SecretScope
from constructs_lib.statements import Statement


def pack(
    secrets: Sequence[SecretScope],
    statements_of: Callable[[Sequence[SecretScope]], list[Statement]],
    fits: Callable[[Sequence[Statement]], bool],
) -> list[list[Statement]]:
    """Return the statements on the secrets in as many documents as it takes for each to fit.

    The secrets stay in their order, and each document has as many as fit. So a secret that is added
    at the end changes the last document, or makes a new one, and leaves the others as they are. A
    secret has all its statements in one document: a Deny is wherever its Allow is.

    What needs no secret, such as ListSecrets on `*`, is allowed by the first document alone. A
    document is returned even if it does not fit, where one secret alone is too much.
    """
    whole = statements_of(secrets)
    if len(secrets) < 2 or fits(whole):
        return [whole]
    documents: list[list[Statement]] = []
    begin = 0
    current: list[Statement] = []
    for end in range(1, len(secrets) + 1):
        longer = _beside(documents, statements_of(secrets[begin:end]))
        if current and not fits(longer):
            documents.append(current)
            begin = end - 1
            longer = _beside(documents, statements_of(secrets[begin:end]))
        current = longer
    return [*documents, current]


def _beside(documents: list[list[Statement]], found: list[Statement]) -> list[Statement]:
    """Return the statements that no earlier document has; a Deny is repeated."""
    allowed = [each for document in documents for each in document if each.effect == "Allow"]
    return [each for each in found if each not in allowed]
