"""Comparing texts with unknowns, for all values that the unknowns may have.

Each answer is True if the texts match whatever the unknowns are, False if they never match, and
None if that depends. Values that AWS generates for two resources differ. A generated value may be a
text that is written out and has its form: after the first deployment, its value can be copied into
a policy. A `fresh` unknown differs from every text that is written out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from constructs_lib.proof.iam.patterns import ANY, ONE
from constructs_lib.proof.iam.text import Text, Unknown, Value, ValuesOfKey, Variable

# A literal character, one of the two wildcards, or an unknown.
_Sign: TypeAlias = str | Unknown
_WILDCARDS = (ANY, ONE)
_ANYTHING = Unknown("anything")


def matches(pattern: Text, value: Value) -> bool | None:
    """Return whether a text of a request matches a pattern without variables."""
    if isinstance(value, str) and pattern.fixed is not None:
        return pattern.fixed.matches(value)
    return _compared(pattern, value)


def matches_in_context(pattern: Text, value: Value, values: ValuesOfKey) -> bool | None:
    """Return whether a text of a request matches a pattern, which may have policy variables."""
    if pattern.fixed is not None and isinstance(value, str):
        return pattern.fixed.matches(value)
    resolved = pattern.resolve(values)
    if isinstance(resolved, Text):
        return matches(resolved, value)
    # A text with a variable that has no value matches no resource.
    return False if resolved is False or matches(pattern, value) is False else None


def same(one: Value, other: Value) -> bool | None:
    """Return whether two texts of requests are the same."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return _compared(_literal(one), other)


def includes(outer: Text, inner: Text) -> bool | None:
    """Return whether a pattern matches all texts that another one matches.

    False: it matches none of them. A policy variable includes itself alone.
    """
    if outer == inner:
        return True
    return _compared(outer, inner)


def ignoring_case(value: Value) -> Value:
    """Return a text in lower case, with unknowns that may have either case."""
    if isinstance(value, str):
        return value.lower()
    return Text.of(
        piece.lower()
        if isinstance(piece, str)
        else piece.in_any_case
        if isinstance(piece, Unknown)
        else piece
        for piece in value.pieces
    )


def parts_of(value: Value | Text) -> tuple[Text, ...] | None:
    """Return the six parts of an ARN, or None if an unknown may hold a colon between them."""
    parts: list[list[str | Unknown | Variable]] = [[]]
    for piece in (value,) if isinstance(value, str) else value.pieces:
        if isinstance(piece, str):
            first, *others = piece.split(":", 6 - len(parts))
            parts[-1].append(first)
            parts += [[other] for other in others]
        elif len(parts) < 6 and (isinstance(piece, Variable) or piece.may_have(":")):
            return None
        else:
            parts[-1].append(piece)
    return tuple(map(Text.of, parts))


def _literal(value: Value) -> Text:
    return Text.of([value]) if isinstance(value, str) else value


@lru_cache(maxsize=262_144)
def _compared(pattern: Text, text: Value) -> bool | None:
    if pattern.pieces == (ANY,):
        return True
    wanted, given = list(_signs(pattern)), list(_signs(_literal(text)))
    alike = 0  # the common beginning is the same whatever its unknowns are
    for one, other in zip(wanted, given, strict=False):
        if (one is not other and one != other) or one in _WILDCARDS:
            break
        alike += 1
    # A wildcard in the text stands for all texts that it matches.
    comparison = _Comparison(wanted[alike:], [_quantified(sign) for sign in given[alike:]])
    if not comparison.may():
        return False
    if ANY not in wanted and ONE not in wanted:  # the form of an unknown is checked in the text
        mirrored = [_quantified(sign) for sign in wanted[alike:]]
        if not _Comparison(given[alike:], mirrored).may():
            return False
    return True if comparison.must() else None


def _signs(text: Text) -> Iterator[_Sign]:
    for piece in text.pieces:
        if isinstance(piece, str):
            yield from piece
        else:
            yield piece if isinstance(piece, Unknown) else _variable(piece)


@lru_cache(maxsize=1_024)
def _variable(variable: Variable) -> Unknown:
    return Unknown(f"${{{variable.key}}}")


def _quantified(sign: _Sign) -> _Sign:
    if sign == ANY:
        return _ANYTHING
    return Unknown("any character", shortest=1, longest=1) if sign == ONE else sign


@dataclass(frozen=True)
class _Comparison:
    """A pattern and a text, compared sign by sign."""

    pattern: Sequence[_Sign]
    text: Sequence[_Sign]

    def must(self) -> bool:
        """Return whether they match for every value of the unknowns (may miss it, never errs)."""
        goal = (len(self.pattern), len(self.text), 0)
        seen = {(0, 0, 0)}
        queue = deque(seen)
        while queue:
            state = queue.popleft()
            if state == goal:
                return True
            for step in self._must_steps(*state):
                if step not in seen:
                    seen.add(step)
                    queue.append(step)
        return False

    def _must_steps(self, at: int, on: int, used: int) -> Iterator[tuple[int, int, int]]:
        """Yield the next states; `used` characters of an unknown of known length are matched."""
        if at == len(self.pattern):
            return
        wanted = self.pattern[at]
        if wanted == ANY:
            yield at + 1, on, used
        if on == len(self.text):
            return
        given = self.text[on]
        if wanted == ANY:
            yield at, on + 1, 0
        elif wanted == ONE:
            if isinstance(given, str):
                yield at + 1, on + 1, 0
            elif given.longest == given.shortest:
                full = used + 1 == given.shortest
                yield at + 1, on + full, 0 if full else used + 1
        elif used == 0 and given is not _ANYTHING and wanted == given:
            yield at + 1, on + 1, 0

    def may(self) -> bool:
        """Return whether they match for some value of the unknowns (may say so wrongly)."""
        start = (0, 0, 0, 0, False)
        seen = {start}
        queue = deque(seen)
        while queue:
            state = queue.popleft()
            if state[0] == len(self.pattern) and state[2] == len(self.text):
                return True
            for step in self._may_steps(*state):
                if step not in seen:
                    seen.add(step)
                    queue.append(step)
        return False

    def _has_form(self, unknown: Unknown, at: int, used: int) -> bool:
        """Return whether an unknown may be the literal text that ends at a place of the pattern."""
        if unknown.fresh:
            return False
        signs = self.pattern[max(at - used, 0) : at]
        if unknown.form is None or any(
            sign in _WILDCARDS or isinstance(sign, Unknown) for sign in signs
        ):
            return True
        return unknown.form.fullmatch("".join(map(str, signs))) is not None

    def _may_steps(
        self, at: int, taken: int, on: int, used: int, wild: bool
    ) -> Iterator[tuple[int, int, int, int, bool]]:
        """Yield the states after one more character, or the end of an unknown.

        Of the pattern's unknown at `at`, `taken` characters are seen, of the text's at `on` `used`;
        `wild` is whether a wildcard had part in the latter.
        """
        mine, its = _unknown(self.pattern, at), _unknown(self.text, on)
        if mine is not None and mine is its and not taken and not used:
            yield at + 1, 0, on + 1, 0, False
        if at < len(self.pattern) and self.pattern[at] == ANY:
            yield at + 1, 0, on, used, wild
        if mine is not None and taken >= mine.shortest:
            yield at + 1, 0, on, used, wild
        if its is not None and used >= its.shortest and (wild or self._has_form(its, at, used)):
            yield at, taken, on + 1, 0, False
        if at == len(self.pattern) or on == len(self.text):
            return
        if (mine is not None and mine.longest == taken) or (
            its is not None and its.longest == used
        ):
            return
        wanted, given = self.pattern[at], self.text[on]
        if mine is not None and its is None and mine.fresh:
            return
        if mine is not None and its is not None and _of_two_resources(mine, its):
            return
        if not _may_meet(wanted, given):
            return
        by_wildcard = wanted in _WILDCARDS or mine is not None
        on_next = (on + 1, 0, False)
        if its is not None:
            wild = wild or by_wildcard
            # The form of a value takes its exact length; beside wildcards, that would only add
            # steps.
            exact = its.form is not None and not wild
            on_next = (on, used + 1 if exact else _counted(its, used), wild)
        if wanted == ANY:
            yield (at, 0, *on_next)
        elif mine is None:
            yield (at + 1, 0, *on_next)
        else:
            yield (at, _counted(mine, taken), *on_next)


def _unknown(signs: Sequence[_Sign], at: int) -> Unknown | None:
    sign = signs[at] if at < len(signs) else None
    return sign if isinstance(sign, Unknown) else None


def _of_two_resources(one: Unknown, other: Unknown) -> bool:
    """Return whether AWS generates two unknowns for different resources, or one is fresh."""
    return (one.generated or one.fresh) and (other.generated or other.fresh)


def _may_meet(wanted: _Sign, given: _Sign) -> bool:
    """Return whether one character can be in both."""
    if isinstance(wanted, str):
        if wanted in _WILDCARDS:
            return True
        return wanted == given if isinstance(given, str) else given.may_have(wanted)
    if isinstance(given, str):
        return wanted.may_have(given)
    if wanted.characters is None or given.characters is None:
        return True
    return not wanted.characters.isdisjoint(given.characters)


def _counted(unknown: Unknown, count: int) -> int:
    """Return one more than `count`, as far as it matters."""
    limit = unknown.shortest if unknown.longest is None else unknown.longest
    return min(count + 1, limit)
