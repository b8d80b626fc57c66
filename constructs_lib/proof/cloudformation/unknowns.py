"""Unknowns in the strings of templates: values that only the deployment has.

A template names a secret `prod/db` but not its six last characters; another has a parameter in a
role's name. Resolving a template works on strings, so in them a placeholder character stands for
each unknown. Policies and requests have the unknowns themselves (`iam/text.py`).
"""

import re
import string
from dataclasses import dataclass, field

from constructs_lib.errors import InvalidTemplateError, TooComplexError, shown
from constructs_lib.proof.iam.doubts import Doubt
from constructs_lib.proof.iam.text import Text, Unknown, Value, read_text, value_of
from constructs_lib.proof.iam.text_matching import matches, same

# The placeholders are those of Unicode's private plane 15: no text of AWS's has them.
_FIRST, _LAST = 0xF0000, 0xFFFFD
_PLACEHOLDER = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")

ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
DIGITS = frozenset(string.digits)
NAME = ALPHANUMERIC | {"-"}
REGION = frozenset(string.ascii_lowercase + string.digits) | {"-"}
HOST = REGION | {"."}
PATH = ALPHANUMERIC | frozenset("/_+=,.@-")


@dataclass
class Unknowns:
    """The unknowns of templates that are read together, each created once for its key."""

    placeholders: dict[str, Unknown] = field(default_factory=dict)
    _by_key: dict[str, Unknown] = field(default_factory=dict)
    _values: dict[str, Value] = field(default_factory=dict)
    _patterns: dict[str, Text] = field(default_factory=dict)

    def placeholder(
        self,
        label: str,
        *,
        key: str | None = None,
        characters: frozenset[str] | None = None,
        shortest: int = 0,
        longest: int | None = None,
        generated: bool = False,
        form: re.Pattern[str] | None = None,
        fresh: bool = False,
        values: tuple[str, ...] | None = None,
        remedy: str | None = None,
    ) -> str:
        """Return the placeholder of an unknown; `key` tells apart those with one label."""
        key = label if key is None else key
        unknown = self._by_key.get(key)
        if unknown is None:
            number = _FIRST + len(self._by_key)
            if number > _LAST:
                raise TooComplexError(
                    f"the templates have more than {_LAST - _FIRST:,} unknown values",
                    allowed="fewer are allowed",
                    remedy="give their parameters, or read fewer templates at once",
                )
            unknown = Unknown(
                label=label,
                characters=characters,
                shortest=shortest,
                longest=longest,
                generated=generated,
                form=form,
                fresh=fresh,
                values=values,
                remedy=remedy,
                placeholder=chr(number),
            )
            self._by_key[key] = self.placeholders[unknown.placeholder] = unknown
        return unknown.placeholder

    def value(self, text: str) -> Value:
        """Return a string of a template as a text of a request."""
        if text.isascii():
            return text
        if text not in self._values:
            self._values[text] = value_of(text, self.placeholders)
        return self._values[text]

    def pattern(self, text: str) -> Text:
        """Return a string of a template as a text of a policy of the current version."""
        if text not in self._patterns:
            self._patterns[text] = read_text(text, shown(text), "2012-10-17", self.placeholders)
        return self._patterns[text]

    def values_of(self, text: str) -> tuple[str, ...] | None:
        """Return the values that a text may have, where a template lists them."""
        unknown = self.placeholders.get(text)
        return None if unknown is None else unknown.values

    def unknowns_in(self, text: str) -> list[Unknown]:
        """Return the unknowns in a text, each once."""
        return [
            self.placeholders[placeholder]
            for placeholder in dict.fromkeys(_PLACEHOLDER.findall(text))
        ]

    def shown(self, text: str) -> str:
        """Return a text as a message shows it: each unknown as its label in angle brackets."""
        return _PLACEHOLDER.sub(lambda match: repr(self.placeholders[match.group()]), text)

    def doubt(self, text: str) -> Doubt:
        """Return a doubt of a text with unknowns, which are what decides it."""
        remedies = [each.remedy for each in self.unknowns_in(text) if each.remedy is not None]
        return Doubt(self.shown(text), tuple(dict.fromkeys(remedies)))

    def same(self, one: str, other: str) -> bool | None:
        """Return whether two texts are the same; None if that depends on unknowns."""
        return same(self.value(one), self.value(other))

    def matches(self, pattern: str, text: str) -> bool | None:
        """Return whether a text matches a pattern of IAM; None if that depends on unknowns."""
        return matches(self.pattern(pattern), self.value(text))


def has_unknown(text: str) -> bool:
    """Return whether an unknown is in a text."""
    return not text.isascii() and _PLACEHOLDER.search(text) is not None


def refuse_placeholders(text: str, place: str) -> str:
    """Return a text that comes from outside, if no placeholder is in it."""
    if has_unknown(text):
        raise InvalidTemplateError(
            f"{place} is {shown(text)}",
            allowed="characters of Unicode's private use plane 15 are not allowed",
            remedy="remove them",
        )
    return text
