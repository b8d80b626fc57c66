"""Texts of policies in which variables stand: `${aws:username}`, `${aws:PrincipalTag/team, 'x'}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.errors import InvalidPolicyError, UndeterminedError, shown
from constructs_lib.proof.iam.patterns import ANY, ONE, Pattern, pattern, refuse_signs

Context = Mapping[str, tuple[str, ...]]

# The prefix of a key may be a web identity provider, such as `cognito-identity.amazonaws.com` or
# `oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE`; the key of a tag may have spaces.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
_VARIABLE = re.compile(
    r"\$\{\s*(?:(?P<special>[*?$])|(?P<key>[A-Za-z0-9][A-Za-z0-9./_-]*:[^\s,'{}$](?:[^,'{}$]*[^\s,'{}$])?)"
    r"(?:\s*,\s*'(?P<default>[^']*)')?)\s*\}"
)


@dataclass(frozen=True)
class Variable:
    """A variable: the context key (in lower case), and what stands for it where that is absent."""

    key: str
    default: str | None


@dataclass(frozen=True)
class Text:
    """A text of a policy: a pattern, or pieces of one with variables between them."""

    pieces: tuple[str | Variable, ...]
    fixed: Pattern | None

    def resolve(self, context: Context) -> Pattern | None:
        """Return the pattern for a request; None if a variable in it has no value.

        Raises:
            SecretAccessError: if a variable has several values in the request.
        """
        if self.fixed is not None:
            return self.fixed
        signs = []
        for piece in self.pieces:
            if isinstance(piece, str):
                signs.append(piece)
                continue
            values = context.get(piece.key, ())
            if len(values) > 1:
                raise UndeterminedError(
                    f"policy variable {piece.key} has {len(values)} values in the request",
                    allowed="a key with one value is allowed in a variable",
                    remedy="give the request one value for it",
                )
            value = values[0] if values else piece.default
            if value is None:
                return None
            signs.append(value)
        return Pattern("".join(signs))


def read_text(text: str, place: str, version: str) -> Text:
    """Return a Resource or a condition's value, with its wildcards and variables."""
    if "${" not in text or version == "2008-10-17":  # the older version has no variables
        return Text((), pattern(text))
    pieces: list[str | Variable] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        pieces.append(_signs(text[at : match.start()], place))
        at = match.end()
        if match["special"]:
            pieces.append(match["special"])
        else:
            pieces.append(Variable(match["key"].lower(), match["default"]))
    pieces.append(_signs(text[at:], place))
    if all(isinstance(piece, str) for piece in pieces):
        return Text((), Pattern("".join(map(str, pieces))))
    return Text(tuple(pieces), None)


def _signs(text: str, place: str) -> str:
    if "${" in text:
        raise InvalidPolicyError(
            f"{place} has {shown(text)}",
            allowed="${service:key}, ${service:key, 'default'}, ${*}, ${?} and ${$} are allowed",
            remedy="correct the variable",
        )
    refuse_signs(text, place)
    return text.replace("*", ANY).replace("?", ONE)
