"""IAM's patterns: `*` for any text and `?` for any one character.

`symbolic/pattern_inclusion.py` compares two patterns with each other.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from constructs_lib.errors import InvalidPolicyError, shown

# Inside a pattern, the wildcards are signs that no text of AWS's has, so that a literal `*` (from
# `${*}`, or from the value of a variable) stays apart.
ANY = "\ue000"
ONE = "\ue001"

_WILDCARD = re.compile(f"[{ANY}{ONE}]")


@dataclass(frozen=True)
class Pattern:
    """A pattern, ready to be matched. Make one with `pattern`."""

    signs: str

    @cached_property
    def _pieces(self) -> tuple[tuple[re.Pattern[str], int], ...]:
        """What stands between the `*`, with its length. Most patterns never get so far."""
        return tuple(
            (
                re.compile(
                    "".join("." if sign == ONE else re.escape(sign) for sign in piece), re.S
                ),
                len(piece),
            )
            for piece in self.signs.split(ANY)
        )

    def __str__(self) -> str:
        """Return the pattern as a policy spells it."""
        return self.signs.replace(ANY, "*").replace(ONE, "?")

    @cached_property
    def beginning(self) -> str:
        """What every text that matches begins with."""
        return _WILDCARD.split(self.signs, maxsplit=1)[0]

    @property
    def ending(self) -> str:
        """What every text that matches ends with."""
        return _WILDCARD.split(self.signs)[-1]

    @property
    def literal(self) -> bool:
        """Return whether it matches one text only."""
        return ANY not in self.signs and ONE not in self.signs

    def matches(self, text: str) -> bool:
        """Return whether `text` matches. Each piece is sought once, from left to right."""
        if not text.startswith(self.beginning):
            return False
        if ANY not in self.signs:
            return len(text) == len(self.signs) and all(
                sign in (ONE, letter) for sign, letter in zip(self.signs, text, strict=True)
            )
        if len(self.signs) == len(self.beginning) + 1:
            return True
        (first, at), *others = self._pieces
        if not first.match(text):
            return False
        *between, (last, length) = others
        for piece, its in between:
            found = piece.search(text, at)
            if not found:
                return False
            at = found.start() + its
        end = len(text) - length
        return end >= at and last.match(text, end) is not None


@lru_cache(maxsize=65_536)
def pattern(text: str) -> Pattern:
    """Return the pattern that a policy spells `text`.

    Raises:
        SecretAccessError: if the text has one of the signs that stand for wildcards here.
    """
    refuse_signs(text, "a pattern")
    return Pattern(text.replace("*", ANY).replace("?", ONE))


def has_wildcard_sign(text: str) -> bool:
    """Return whether a text has one of the two signs that stand for wildcards in a `Pattern`."""
    return not text.isascii() and (ANY in text or ONE in text)


def refuse_signs(text: str, whose: str) -> None:
    """Refuse the two signs that stand for wildcards in a `Pattern`: they would become such.

    Policies have none: their last character is U+00FF. Tags are letters, spaces, numbers and some
    punctuation. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """
    if has_wildcard_sign(text):
        raise InvalidPolicyError(
            f"{whose} has {shown(text)}",
            allowed="letters, numbers and punctuation are allowed, and no private characters",
            remedy="remove the characters U+E000 and U+E001",
        )
