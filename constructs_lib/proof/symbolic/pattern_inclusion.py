"""Comparing two patterns: whether one includes the other, and whether some text matches both.

Both questions are answered with a text that shows it, or refused where an answer would take too
long.
"""

from collections import deque
from collections.abc import Iterator

from constructs_lib.errors import TooComplexError, shown
from constructs_lib.proof.iam.patterns import ANY, ONE, Pattern
from constructs_lib.proof.symbolic.time_limit import seconds_left

# Far more than patterns of real policies take; `*` with many `?` behind it could take any number.
_MOST_STATES = 10_000

# Stands for every character that neither of two compared patterns spells out. It is chosen to
# look harmless in a witness.
_OTHERS = "xyzXYZ0123456789-_~"


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
    """Return whether every text that matches `inner` matches `outer`.

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
    """Return whether some text matches both patterns.

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
            raise TooComplexError(
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
