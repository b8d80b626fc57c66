"""Texts of policies and requests: literals with wildcards, policy variables and unknowns.

A text of which every part is known is a `Pattern` (in a policy) or a string (in a request). An
unknown is a value of its own: two texts are compared for all values that it may have.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from constructs_lib.errors import InvalidPolicyError, shown
from constructs_lib.proof.iam.patterns import ANY, ONE, Pattern, pattern, refuse_signs

# The prefix of a key may be a web identity provider, such as `cognito-identity.amazonaws.com` or
# `oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE`; the key of a tag may have spaces.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
_VARIABLE = re.compile(
    r"\$\{\s*(?:(?P<special>[*?$])|(?P<key>[A-Za-z0-9][A-Za-z0-9./_-]*:[^\s,'{}$](?:[^,'{}$]*[^\s,'{}$])?)"
    r"(?:\s*,\s*'(?P<default>[^']*)')?)\s*\}"
)


_LITERAL_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Variable:
    """A policy variable: the context key (in lower case), and its default value."""

    key: str
    default: str | None


@dataclass(frozen=True, eq=False)
class Unknown:
    """A value that only the deployment has. It equals itself.

    Attributes:
        label: its name in messages: `parameter Name of Orders`.
        characters: those that it may have. None: any.
        shortest: its least length.
        longest: its greatest length. None: any.
        generated: whether AWS generates it, for one resource.
        form: the form of a generated value, if its characters and length do not determine it.
        fresh: whether it stands for a value that no policy has.
        values: the values that it may have, where a template lists them.
        remedy: the instruction that gives its value, such as `give region=REGION`.
        placeholder: the character that stands for it in the strings of a template.
    """

    label: str
    characters: frozenset[str] | None = None
    shortest: int = 0
    longest: int | None = None
    generated: bool = False
    form: re.Pattern[str] | None = None
    fresh: bool = False
    values: tuple[str, ...] | None = None
    remedy: str | None = None
    placeholder: str = ""

    def may_have(self, character: str) -> bool:
        """Return whether the character may be in it."""
        return self.characters is None or character in self.characters

    def __repr__(self) -> str:
        """Return its label in angle brackets, as messages show it."""
        return f"<{self.label}>"

    @cached_property
    def in_any_case(self) -> Unknown:
        """The unknown as an operator compares it that ignores case."""
        characters = self.characters
        if characters is not None:
            characters = frozenset(
                each for one in characters for each in (one, one.lower(), one.upper())
            )
        return Unknown(self.label, characters, self.shortest, self.longest, fresh=self.fresh)


Piece: TypeAlias = str | Variable | Unknown
Placeholders: TypeAlias = Mapping[str, Unknown]


@dataclass(frozen=True)
class Text:
    """A text: pieces of a pattern (with the signs of `Pattern`), variables and unknowns."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Text:
        """Return the text of some pieces, of which neighbouring strings become one."""
        joined: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, str) and joined and isinstance(joined[-1], str):
                joined[-1] += piece
            elif piece != "":
                joined.append(piece)
        return cls(tuple(joined))

    @cached_property
    def fixed(self) -> Pattern | None:
        """The pattern, if there is no variable and no unknown in it."""
        if not self.pieces:
            return Pattern("")
        (first, *others) = self.pieces
        return Pattern(first) if isinstance(first, str) and not others else None

    @cached_property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknowns in it, each once."""
        return tuple(dict.fromkeys(piece for piece in self.pieces if isinstance(piece, Unknown)))

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The policy variables in it."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Variable))

    @cached_property
    def widest(self) -> Pattern:
        """A pattern that matches all that the text may match."""
        return Pattern("".join(map(_widest, self.pieces)))

    @cached_property
    def encoded(self) -> str:
        """The text as a policy of a template has it: each unknown as its placeholder."""
        return "".join(
            piece.placeholder
            if isinstance(piece, Unknown)
            else _escaped(piece)
            if isinstance(piece, str)
            else _spelled(piece)
            for piece in self.pieces
        )

    def __str__(self) -> str:
        """Return the text as messages show it."""
        return "".join(
            str(Pattern(piece))
            if isinstance(piece, str)
            else _spelled(piece)
            if isinstance(piece, Variable)
            else repr(piece)
            for piece in self.pieces
        )

    def resolve(self, values: ValuesOfKey) -> Text | Literal[False] | None:
        """Return the text with the values of its variables.

        Returns:
            The text; False if a variable has no value; None if one is not known, or has several.
        """
        if not self.variables:
            return self
        pieces: list[Piece] = []
        for piece in self.pieces:
            if not isinstance(piece, Variable):
                pieces.append(piece)
                continue
            found = values(piece.key)
            if found is None or len(found) > 1:
                return None
            value = found[0] if found else piece.default
            if value is None:
                return False
            pieces += [value] if isinstance(value, str) else value.pieces
        return Text.of(pieces)


# A text of a request: a string, or a text with unknowns and without wildcards.
Value: TypeAlias = str | Text
# The values of a context key (none if it is absent), or None if they are not known.
ValuesOfKey: TypeAlias = Callable[[str], tuple[Value, ...] | None]


def _widest(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Unknown) and piece.longest == piece.shortest:
        return ONE * piece.shortest
    return ANY


def _escaped(signs: str) -> str:
    escaped = _LITERAL_WILDCARD.sub(r"${\g<0>}", signs)
    return escaped.replace(ANY, "*").replace(ONE, "?")


def _spelled(variable: Variable) -> str:
    default = "" if variable.default is None else f", '{variable.default}'"
    return f"${{{variable.key}{default}}}"


def literal_text(text: str) -> Text:
    """Return a known text of a request as a text of a policy without wildcards."""
    return Text.of([text])


def joined(*values: Value) -> Value:
    """Return texts of a request as one."""
    text = Text.of(
        piece for each in values for piece in ((each,) if isinstance(each, str) else each.pieces)
    )
    return text if text.fixed is None else text.fixed.signs


def unknowns_in(values: Iterable[Value]) -> Iterator[Unknown]:
    """Yield the unknowns in texts of a request."""
    for value in values:
        if isinstance(value, Text):
            yield from value.unknowns


def pieces_of(text: str, placeholders: Placeholders) -> list[str | Unknown]:
    """Return a string of a template in pieces, with an unknown for each placeholder."""
    if text.isascii() or not placeholders:
        return [text]
    pieces: list[str | Unknown] = [""]
    for character in text:
        unknown = placeholders.get(character)
        if unknown is not None:
            pieces += [unknown, ""]
        else:
            pieces[-1] += character  # type: ignore[operator]
    return pieces


def has_unknown(text: object, placeholders: Placeholders) -> bool:
    """Return whether an unknown is in a string of a template."""
    if not placeholders or not isinstance(text, str) or text.isascii():
        return False
    return any(character in placeholders for character in text)


def value_of(text: str, placeholders: Placeholders) -> Value:
    """Return a string of a template as a text of a request."""
    pieces = pieces_of(text, placeholders)
    return text if len(pieces) == 1 else Text.of(pieces)


def read_text(
    text: str, place: str, version: str, placeholders: Placeholders | None = None
) -> Text:
    """Return a text of a policy, with its wildcards, variables and unknowns.

    Raises:
        SecretAccessError: if a variable is malformed.
    """
    placeholders = placeholders or {}
    if "${" not in text or version == "2008-10-17":  # the older version has no variables
        if text.isascii() or not placeholders:
            return _plain(text)
        return Text.of(_with_wildcards(pieces_of(text, placeholders), place))
    pieces: list[Piece] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        pieces += _without_variables(text[at : match.start()], place, placeholders)
        at = match.end()
        pieces.append(match["special"] or _variable(match["key"], match["default"], placeholders))
    return Text.of([*pieces, *_without_variables(text[at:], place, placeholders)])


@lru_cache(maxsize=65_536)
def _plain(text: str) -> Text:
    return Text.of([pattern(text).signs])


def _variable(key: str, default: str | None, placeholders: Placeholders) -> Piece:
    named = value_of(key, placeholders)
    return Variable(key.lower(), default) if isinstance(named, str) else _unknown_variable(named)


@lru_cache(maxsize=1_024)
def _unknown_variable(key: Text) -> Unknown:
    return Unknown(f"${{{key}}}", remedy=next((each.remedy for each in key.unknowns), None))


def _without_variables(text: str, place: str, placeholders: Placeholders) -> list[Piece]:
    if "${" in text:
        raise InvalidPolicyError(
            f"{place} has {shown(text)}",
            allowed="${service:key}, ${service:key, 'default'}, ${*}, ${?} and ${$} are allowed",
            remedy="correct the variable",
        )
    return _with_wildcards(pieces_of(text, placeholders), place)


def _with_wildcards(pieces: list[str | Unknown], place: str) -> list[Piece]:
    signs: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str):
            refuse_signs(piece, place)
            piece = piece.replace("*", ANY).replace("?", ONE)
        signs.append(piece)
    return signs
