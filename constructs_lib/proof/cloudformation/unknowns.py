"""What only the deployment knows, as placeholders inside otherwise known text.

A template names a secret `prod/db` but not its six last characters; another has a parameter in a
role's name. Each such unknown is one placeholder character inside the text. Two texts are then
compared soundly: `True` if they match whatever the unknowns turn out to be, `False` if they never
do, and `None` if it depends.

An unknown that AWS chooses (`generated`) differs from what AWS chooses for any other resource. It
may be a text that is written out and has its form: after the first deployment, its value can be
copied into a policy. An unknown that stands for any other value (`fresh`) differs from every text
that is written out. Every other unknown, such as a parameter, may be anything that its kind allows.
"""

import hashlib
import re
import string
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from constructs_lib.errors import InvalidTemplateError, TooComplexError, shown

# The placeholders are those of Unicode's private plane 15: no text of AWS's has them.
_FIRST, _LAST = 0xF0000, 0xFFFFD
_PLACEHOLDER = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
# Policy variables and escapes: ${aws:username}, ${*}.
_ESCAPED = re.compile(r"\$\{([*?$])\}")

ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
DIGITS = frozenset(string.digits)
NAME = ALPHANUMERIC | {"-"}
REGION = frozenset(string.ascii_lowercase + string.digits) | {"-"}
HOST = REGION | {"."}
PATH = ALPHANUMERIC | frozenset("/_+=,.@-")


@dataclass(frozen=True)
class Unknown:
    """One unknown.

    Attributes:
        label: what it is, for messages: `parameter Name of Orders`.
        placeholder: the character that stands for it.
        characters: those that it may have. None: any.
        shortest: its least length.
        longest: its greatest length. None: any.
        generated: whether AWS chooses it at random, for one resource.
        form: the form of a generated value, if its characters and length do not determine it.
        fresh: whether it stands for a value that no policy writes out.
        values: the values that it may have, where a template lists them.
        instance: a value that it may have. None: one is invented.
    """

    label: str
    placeholder: str
    characters: frozenset[str] | None = None
    shortest: int = 0
    longest: int | None = None
    generated: bool = False
    instance: str | None = None
    form: re.Pattern[str] | None = None
    fresh: bool = False
    values: tuple[str, ...] | None = None

    def may_have(self, character: str) -> bool:
        """Return whether the character may be in it."""
        return self.characters is None or character in self.characters

    def example(self) -> str:
        """Return a value that it may have, always the same one."""
        if self.instance is not None:
            return self.instance
        allowed = sorted(self.characters or ALPHANUMERIC)
        length = self.shortest if self.longest == self.shortest else max(self.shortest, 12)
        length = length if self.longest is None else min(length, self.longest)
        digest = int(hashlib.sha512(f"{self.placeholder} {self.label}".encode()).hexdigest(), 16)
        found = ""
        for _ in range(length):
            digest, at = divmod(digest, len(allowed))
            found += allowed[at]
        return found


@dataclass
class Unknowns:
    """The unknowns of templates that are read together, each made once for its key."""

    _by_key: dict[str, Unknown] = field(default_factory=dict)
    _by_placeholder: dict[str, Unknown] = field(default_factory=dict)
    _examples: dict[str, str] = field(default_factory=dict)
    _compared: dict[tuple[str, str, bool], bool | None] = field(default_factory=dict)

    def placeholder(
        self,
        label: str,
        *,
        key: str | None = None,
        characters: frozenset[str] | None = None,
        shortest: int = 0,
        longest: int | None = None,
        generated: bool = False,
        instance: str | None = None,
        form: re.Pattern[str] | None = None,
        fresh: bool = False,
        values: tuple[str, ...] | None = None,
    ) -> str:
        """Return the placeholder of an unknown; `key` tells apart those with one label."""
        key = label if key is None else key
        found = self._by_key.get(key)
        if found is None:
            number = _FIRST + len(self._by_key)
            if number > _LAST:
                raise TooComplexError(
                    f"the templates have more than {_LAST - _FIRST:,} unknown values",
                    allowed="fewer are allowed",
                    remedy="give their parameters, or read fewer templates at once",
                )
            found = Unknown(
                label,
                chr(number),
                characters,
                shortest,
                longest,
                generated,
                instance,
                form,
                fresh,
                values,
            )
            self._by_key[key] = self._by_placeholder[found.placeholder] = found
        return found.placeholder

    def unknown(self, placeholder: str) -> Unknown:
        """Return the unknown of a placeholder."""
        return self._by_placeholder[placeholder]

    def values_of(self, text: str) -> tuple[str, ...] | None:
        """Return the values that a text may have, where a template lists them."""
        unknown = self._by_placeholder.get(text)
        return None if unknown is None else unknown.values

    def unknowns_in(self, text: str) -> list[Unknown]:
        """Return the unknowns in a text, each once."""
        return [
            self._by_placeholder[placeholder]
            for placeholder in dict.fromkeys(_PLACEHOLDER.findall(text))
        ]

    def shown(self, text: str) -> str:
        """Return a text as a message shows it: each unknown as its label in angle brackets."""
        return _PLACEHOLDER.sub(
            lambda match: f"<{self._by_placeholder[match.group()].label}>", text
        )

    def concrete(self, text: str, values: Mapping[str, str] | None = None) -> str:
        """Return a text with a possible value for each unknown, or that given in `values`."""
        values = values or {}

        def value(match: re.Match[str]) -> str:
            placeholder = match.group()
            if placeholder in values:
                return values[placeholder]
            if placeholder not in self._examples:
                self._examples[placeholder] = self._by_placeholder[placeholder].example()
            return self._examples[placeholder]

        return _PLACEHOLDER.sub(value, text)

    def same(self, one: str, other: str) -> bool | None:
        """Return whether two texts are the same."""
        return self._compare(one, other, wildcards=False)

    def matches(self, pattern: str, text: str) -> bool | None:
        """Return whether a text matches a pattern of IAM, with `*`, `?`, `${*}`, `${?}`, `${$}`."""
        return self._compare(pattern, text, wildcards=True)

    def _compare(self, pattern: str, text: str, *, wildcards: bool) -> bool | None:
        if pattern == text or (wildcards and pattern == "*"):
            return True
        asked = (pattern, text, wildcards)
        if asked not in self._compared:
            self._compared[asked] = self._decide(pattern, text, wildcards)
        return self._compared[asked]

    def _decide(self, pattern: str, text: str, wildcards: bool) -> bool | None:
        if not has_unknown(pattern) and not has_unknown(text) and not wildcards:
            return False
        if wildcards:
            signs = list(_tokens(pattern))
            if "*" not in signs and "?" not in signs:  # then a pattern is a text
                return self.same("".join(map(_literal, signs)), text)
        else:
            signs = [f"\\{character}" if character in "*?" else character for character in pattern]
        alike = 0  # what both begin with is the same in both, whatever its unknowns are
        for wanted, given in zip(signs, text, strict=False):
            if wanted != given or wanted in "*?":
                break
            alike += 1
        meeting = _Meeting(self, signs[alike:], list(text[alike:]))
        if not meeting.may():
            return False
        if not wildcards:  # the form of an unknown is checked on the side of the text
            literal = ["\\" + letter if letter in "*?" else letter for letter in text[alike:]]
            if not _Meeting(self, literal, list(pattern[alike:])).may():
                return False
        return True if meeting.must() else None


def has_unknown(text: str) -> bool:
    """Return whether an unknown is in a text."""
    return not text.isascii() and _PLACEHOLDER.search(text) is not None


@lru_cache(maxsize=16_384)
def _tokens(pattern: str) -> tuple[str, ...]:
    """Take a pattern apart; what is literal though it looks wild is marked by a backslash."""
    found: list[str] = []
    at = 0
    for match in _ESCAPED.finditer(pattern):
        found += pattern[at : match.start()]
        found.append("\\" + match[1])
        at = match.end()
    return (*found, *pattern[at:])


@dataclass(frozen=True)
class _Meeting:
    """A pattern and a text, walked through together."""

    unknowns: Unknowns
    pattern: list[str]
    text: list[str]

    def _unknown(self, signs: list[str], at: int) -> Unknown | None:
        return self.unknowns._by_placeholder.get(signs[at]) if at < len(signs) else None

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
        """Yield what follows; `used` characters of an unknown of known length are matched."""
        if at == len(self.pattern):
            return
        wanted = self.pattern[at]
        if wanted == "*":
            yield at + 1, on, used
        if on == len(self.text):
            return
        unknown = self._unknown(self.text, on)
        if wanted == "*":
            yield at, on + 1, 0
        elif wanted == "?":
            if unknown is None:
                yield at + 1, on + 1, 0
            elif unknown.longest == unknown.shortest:
                full = used + 1 == unknown.shortest
                yield at + 1, on + full, 0 if full else used + 1
        elif used == 0 and _literal(wanted) == self.text[on]:
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
            sign in ("*", "?") or sign in self.unknowns._by_placeholder for sign in signs
        ):
            return True
        return unknown.form.fullmatch("".join(map(_literal, signs))) is not None

    def _may_steps(
        self, at: int, taken: int, on: int, used: int, wild: bool
    ) -> Iterator[tuple[int, int, int, int, bool]]:
        """Yield what follows one more character, or the end of an unknown.

        Of the pattern's unknown at `at`, `taken` characters have been seen, of the text's at `on`
        `used`; `wild` tells whether a wildcard had part in the latter.
        """
        mine, its = self._unknown(self.pattern, at), self._unknown(self.text, on)
        if mine is not None and mine is its and not taken and not used:
            yield at + 1, 0, on + 1, 0, False
        if at < len(self.pattern) and self.pattern[at] == "*":
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
        if not _meet(wanted, mine, given, its):
            return
        by_wildcard = wanted in ("*", "?") or mine is not None
        on_next = (on + 1, 0, False)
        if its is not None:
            wild = wild or by_wildcard
            # The form of a value takes its exact length; beside wildcards, that would only add
            # steps.
            exact = its.form is not None and not wild
            on_next = (on, used + 1 if exact else _counted(its, used), wild)
        if wanted == "*":
            yield (at, 0, *on_next)
        elif mine is None:
            yield (at + 1, 0, *on_next)
        else:
            yield (at, _counted(mine, taken), *on_next)


def _of_two_resources(one: Unknown, other: Unknown) -> bool:
    """Return whether AWS chooses two unknowns for different resources, or one is fresh."""
    return (one.generated or one.fresh) and (other.generated or other.fresh)


def _literal(placeholder: str) -> str:
    """Return what a sign of a pattern stands for, without the mark of a literal one."""
    return placeholder[-1]


def _meet(wanted: str, mine: Unknown | None, given: str, its: Unknown | None) -> bool:
    """Return whether one character can be both what is wanted and what is given."""
    if wanted in ("*", "?"):
        return True
    if mine is None:
        literal = _literal(wanted)
        return literal == given if its is None else its.may_have(literal)
    if its is None:
        return mine.may_have(given)
    if mine.characters is None or its.characters is None:
        return True
    return not mine.characters.isdisjoint(its.characters)


def _counted(unknown: Unknown, count: int) -> int:
    """Return one more than `count`, as far as it matters."""
    limit = unknown.shortest if unknown.longest is None else unknown.longest
    return min(count + 1, limit)


def refuse_placeholders(text: str, place: str) -> str:
    """Return a text that comes from outside, if no placeholder is in it."""
    if has_unknown(text):
        raise InvalidTemplateError(
            f"{place} is {shown(text)}",
            allowed="characters of Unicode's private use plane 15 are not allowed",
            remedy="remove them",
        )
    return text
