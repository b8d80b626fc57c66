"""Doubts: why the decision on a request is not determined, and the remedies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from constructs_lib.proof.iam.text import Value, unknowns_in


@dataclass(frozen=True)
class Doubt:
    """Something on which a decision depends.

    Attributes:
        text: its text in messages.
        remedies: instructions that decide it, such as `give region=REGION`.
        key: the context key that it is about, if it is about the context of the request.
    """

    text: str
    remedies: tuple[str, ...] = ()
    key: str | None = None

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def doubt_about_key(key: str) -> Doubt:
    """Return the doubt about a context key of which the value is not known."""
    return Doubt(
        f"{key}, of which the request says nothing",
        ("give context={KEY: VALUE, or None if absent}",),
        key.lower(),
    )


def remedies_of(texts: Iterable[Value]) -> tuple[str, ...]:
    """Return the instructions that give the unknowns of texts."""
    remedies = [unknown.remedy for unknown in unknowns_in(texts) if unknown.remedy is not None]
    return tuple(dict.fromkeys(remedies))
