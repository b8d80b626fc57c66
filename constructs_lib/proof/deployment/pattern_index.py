"""Which texts a pattern may match, found without comparing it with each of them.

A text and a pattern that begin alike and then differ in two characters that are both written out
never match, whatever the unknowns in them turn out to be. So a pattern may match only the texts
that begin as it does, up to its first wildcard, and those that part from it at an unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown
from constructs_lib.proof.iam.patterns import Pattern
from constructs_lib.proof.iam.text import Text, Unknown
from constructs_lib.proof.iam.text_matching import matches

_LAST = chr(0x10FFFF)  # after every sign and letter of a text


class PatternIndex:
    """Texts, kept so that those that a pattern may match are found fast.

    Attributes:
        texts: the texts, numbered by their place.
    """

    def __init__(self, texts: Sequence[str], unknowns: Unknowns) -> None:
        """Keep the texts."""
        self.texts = texts
        self._unknowns = unknowns
        order = sorted(range(len(texts)), key=texts.__getitem__)
        self._order = order
        self._sorted = [texts[number] for number in order]
        # By what stands before each of their unknowns, and by the unknown.
        self._parting: dict[str, dict[str, list[int]]] = {}
        for number, text in enumerate(texts):
            for place in _unknown_at(text):
                parting = self._parting.setdefault(text[:place], {})
                parting.setdefault(text[place], []).append(number)
        self._matched: dict[Text, dict[int, bool | None]] = {}

    def matched(self, pattern: Text) -> dict[int, bool | None]:
        """Return the numbers of the texts that a pattern matches: True, or None if it depends.

        A pattern with a policy variable depends, as far as it is known that it may match at all.
        """
        if pattern not in self._matched:
            value = self._unknowns.value
            outcomes = {
                number: matches(pattern, value(self.texts[number]))
                for number in sorted(self._near(_head(pattern)))
            }
            if pattern.variables:
                outcomes = {number: None for number, each in outcomes.items() if each is not False}
            self._matched[pattern] = {
                number: outcome for number, outcome in outcomes.items() if outcome is not False
            }
        return self._matched[pattern]

    def _near(self, head: str) -> set[int]:
        found = set(self._order[self._beginning(head)])
        for place in _unknown_at(head):
            # The texts that part from the pattern here: its unknown may be anything.
            every, alike = self._beginning(head[:place]), self._beginning(head[: place + 1])
            found.update(self._order[every.start : alike.start])
            found.update(self._order[alike.stop : every.stop])
        for place in range(len(head) + 1):
            for unknown, numbers in self._parting.get(head[:place], {}).items():
                if head[place : place + 1] != unknown:
                    found.update(numbers)  # the text's unknown may be anything
        return found

    def _beginning(self, head: str) -> slice:
        """Return where in the order the texts stand that begin with a head."""
        first = bisect_left(self._sorted, head)
        return slice(first, bisect_left(self._sorted, head + _LAST))


def _head(pattern: Text) -> str:
    """Return the beginning of a pattern, up to a wildcard or a policy variable."""
    head = ""
    for piece in pattern.pieces:
        if isinstance(piece, Unknown) and piece.placeholder:
            head += piece.placeholder
            continue
        beginning = Pattern(piece).beginning if isinstance(piece, str) else ""
        head += beginning
        if beginning != piece:
            break
    return head


def _unknown_at(text: str) -> list[int]:
    return [place for place, letter in enumerate(text) if has_unknown(letter)]
