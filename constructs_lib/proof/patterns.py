"""IAM's patterns: `*` for any text and `?` for any one character.

Besides telling whether a text matches, two patterns can be compared: whether one includes all that
the other matches, and whether there is a text that both match. Both questions are answered with a
text that shows it, or refused where an answer would take too long.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.deadline import seconds_left

# Inside a pattern, the wildcards are signs that no text of AWS's has, so that a literal `*` (from
# `${*}`, or from the value of a variable) stays apart.
ANY = "\ue000"
ONE = "\ue001"

_WILDCARD = re.compile(f"[{ANY}{ONE}]")

# Far more than patterns of real policies take; `*` with many `?` behind it could take any number.
_MOST_STATES = 10_000

# Stands for every character that neither of two compared patterns spells out. It is chosen to
# look harmless in a witness.
_OTHERS = "xyzXYZ0123456789-_~"


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
        """Tell whether it matches one text only."""
        return ANY not in self.signs and ONE not in self.signs

    def matches(self, text: str) -> bool:
        """Tell whether `text` matches. Each piece is sought once, from left to right."""
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


def refuse_signs(text: str, whose: str) -> None:
    """Refuse the two signs that stand for wildcards in a `Pattern`: they would become such.

    Policies have none: their last character is U+00FF. Tags are letters, spaces, numbers and some
    punctuation. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """
    if ANY in text or ONE in text:
        raise SecretAccessError(
            f"{whose} has {shown(text)}",
            allowed="letters, numbers and punctuation are allowed, and no private characters",
            remedy="remove the characters U+E000 and U+E001",
        )


def find_in_both(one: Pattern, other: Pattern) -> str | None:
    """Return a shortest text that matches both patterns, or None if there is none."""
    alphabet = _alphabet(one, other)
    start = (_closed(one, frozenset({0})), _closed(other, frozenset({0})))
    for text, (positions, others) in _walk(start, alphabet, one, other):
        if len(one.signs) in positions and len(other.signs) in others:
            return text
    return None


def find_outside(inner: Pattern, outer: Pattern) -> str | None:
    """Return a shortest text that matches `inner` but not `outer`, or None if there is none."""
    alphabet = _alphabet(inner, outer)
    start = (_closed(inner, frozenset({0})), _closed(outer, frozenset({0})))
    for text, (positions, others) in _walk(start, alphabet, inner, outer):
        if len(inner.signs) in positions and len(outer.signs) not in others:
            return text
    return None


def includes(outer: Pattern, inner: Pattern) -> bool:
    """Tell whether every text that matches `inner` matches `outer`.

    Raises:
        SecretAccessError: if the patterns take too long to compare.
    """
    if outer.signs in (ANY, inner.signs):
        return True
    if inner.literal:
        return outer.matches(inner.signs)
    if not (inner.beginning.startswith(outer.beginning) and inner.ending.endswith(outer.ending)):
        return False
    return find_outside(inner, outer) is None


def overlap(one: Pattern, other: Pattern) -> bool:
    """Tell whether some text matches both patterns.

    Raises:
        SecretAccessError: if the patterns take too long to compare.
    """
    if one.literal:
        return other.matches(one.signs)
    if other.literal:
        return one.matches(other.signs)
    a, b = sorted((one.beginning, other.beginning), key=len)
    c, d = sorted((one.ending, other.ending), key=len)
    if not (b.startswith(a) and d.endswith(c)):
        return False
    return find_in_both(one, other) is not None


_Positions = frozenset[int]
_State = tuple[_Positions, _Positions]


def _walk(
    start: _State, alphabet: str, one: Pattern, other: Pattern
) -> Iterator[tuple[str, _State]]:
    """Yield every pair of position sets that some text leads to, with a shortest such text.

    States from which `one` can match no more are left out: no question asks for them.
    """
    texts = {start: ""}
    queue = deque([start])
    while queue:
        seconds_left()
        state = queue.popleft()
        text = texts[state]
        yield text, state
        for sign in alphabet:
            step = (_step(one, state[0], sign), _step(other, state[1], sign))
            if step[0] and step not in texts:
                texts[step] = text + sign
                queue.append(step)
        if len(texts) > _MOST_STATES:
            raise SecretAccessError(
                f"patterns {shown(str(one))} and {shown(str(other))} take too long to compare",
                allowed=f"{_MOST_STATES:,} steps are allowed",
                remedy="use fewer ? behind a *",
            )


def _step(pattern: Pattern, positions: _Positions, sign: str) -> _Positions:
    """Return the positions in a pattern after one more sign of a text."""
    signs = pattern.signs
    after = set()
    for position in positions:
        if position < len(signs):
            wanted = signs[position]
            if wanted == ANY:
                after.add(position)
            elif wanted in (ONE, sign):
                after.add(position + 1)
    return _closed(pattern, frozenset(after))


def _closed(pattern: Pattern, positions: _Positions) -> _Positions:
    """Add the positions that are reached without a sign: a `*` may match nothing."""
    signs = pattern.signs
    found = set(positions)
    for position in positions:
        at = position
        while at < len(signs) and signs[at] == ANY:
            at += 1
            found.add(at)
    # Behind a `*`, an earlier position says nothing that the latest `*` does not say already.
    last = max((at for at in found if at < len(signs) and signs[at] == ANY), default=None)
    return frozenset(found if last is None else (at for at in found if at >= last))


def _alphabet(one: Pattern, other: Pattern) -> str:
    """Return the signs that the patterns spell out, and one for all the others."""
    spelled = dict.fromkeys(sign for sign in one.signs + other.signs if sign not in (ANY, ONE))
    candidates = (*_OTHERS, *map(chr, range(0x100, 0x2000)))
    another = next(sign for sign in candidates if sign not in spelled)
    return "".join((another, *spelled))
