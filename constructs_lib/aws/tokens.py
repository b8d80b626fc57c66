"""Strings with values that only the deployment has: pseudo parameters and CDK tokens.

A statement is written once, with CloudFormation's pseudo parameters in it
(`arn:${AWS::Partition}:secretsmanager:...`). Rendered for a template, they become `Fn::Sub`;
rendered for IAM itself (the console, the AWS CLI), they are replaced by their values. A CDK token
is an opaque piece of such a string: it is kept as it is. If it stands for an ARN, `arn_part` is a
part of that ARN: the deployment splits it.
"""

import re
from collections.abc import Mapping

PARTITION = "${AWS::Partition}"
REGION = "${AWS::Region}"
ACCOUNT = "${AWS::AccountId}"
URL_SUFFIX = "${AWS::URLSuffix}"

# The longest value that AWS has for each, so that a measured document is never shorter than the
# deployed one. https://docs.aws.amazon.com/general/latest/gr/rande.html
_LONGEST = {
    PARTITION: "aws-us-gov",
    REGION: "us-isof-south-1",
    ACCOUNT: "111122223333",
    URL_SUFFIX: "amazonaws.com.cn",
}

# The ARN of a secret of which nothing is known.
SHORTEST_ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf"
# The length of the longest: of some 100 characters at its beginning, and a name of 512.
LONGEST_ARN = 620

# How CDK encodes a token in a string: aws-cdk-lib/core/lib/private/encoding.ts.
# With a number at its end it is a part of the ARN that the token stands for: this file's own way.
_TOKEN = re.compile(r"\$\{Token\[[a-zA-Z0-9:._-]*\](?:#[0-9])?\}")
_ARN_PART = re.compile(r"(?P<token>\$\{Token\[[a-zA-Z0-9:._-]*\])#(?P<number>[0-9])\}")
_PSEUDO = re.compile(r"\$\{AWS::[A-Za-z]+\}")
_PLACEHOLDER = re.compile(f"{_TOKEN.pattern}|{_PSEUDO.pattern}")
# Stands for a placeholder while a string is taken apart; no text that AWS accepts contains it.
_MASK = "\0"


def has_token(text: str) -> bool:
    """Return whether a CDK token is anywhere in `text`."""
    return _TOKEN.search(text) is not None


def starts_with_token(text: str) -> bool:
    """Return whether `text` begins with a CDK token."""
    return _TOKEN.match(text) is not None


def tokens(text: str) -> list[str]:
    """Return the CDK tokens in `text`."""
    return _TOKEN.findall(text)


def known_part(text: str) -> str:
    """Return `text` without its CDK tokens: the part that can be checked now."""
    return _TOKEN.sub("", text)


def known_parts(text: str) -> list[str]:
    """Return the parts of `text` between its CDK tokens."""
    return _TOKEN.split(text)


def split(text: str, separator: str, maxsplit: int) -> list[str]:
    """Split `text`, but never inside a placeholder (which may hold the separator)."""
    placeholders = iter(_PLACEHOLDER.findall(text))
    parts = _PLACEHOLDER.sub(_MASK, text).split(separator, maxsplit)
    return [re.sub(_MASK, lambda _: next(placeholders), part) for part in parts]


def is_token(text: str) -> bool:
    """Return whether `text` is one CDK token and nothing else."""
    return _TOKEN.fullmatch(text) is not None


def arn_part(token: str, number: int) -> str:
    """Return a part of the ARN that a token stands for, as a piece of a string with placeholders.

    The colons separate the parts: part 4 is the account, and part 6 of a secret is its name.
    """
    return f"{token[:-1]}#{number}}}"


def for_template(text: str) -> object:
    """Return `text` for a CloudFormation template: as it is, or as `Fn::Sub`.

    A CDK token inside the string of an `Fn::Sub` would not survive, so tokens are passed to it as
    variables (its two-argument form).
    """
    if not _PSEUDO.search(text):
        return text
    variables: dict[str, object] = {}

    def name(match: re.Match[str]) -> str:
        variable = f"Value{len(variables) + 1}"
        part = _ARN_PART.fullmatch(match.group())
        variables[variable] = (
            {"Fn::Select": [int(part["number"]), {"Fn::Split": [":", part["token"] + "}"]}]}
            if part
            else match.group()
        )
        return f"${{{variable}}}"

    body = _TOKEN.sub(name, text)
    return {"Fn::Sub": [body, variables]} if variables else {"Fn::Sub": body}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each pseudo parameter replaced by its value in `values`."""
    return _PSEUDO.sub(lambda match: values[match.group()], text)


def arn_tokens(text: str) -> list[str]:
    """Return the tokens of ARNs of which parts are in `text`."""
    return [match["token"] + "}" for match in _ARN_PART.finditer(text)]


def at_longest(
    text: str, known: Mapping[str, str] | None = None, arns: Mapping[str, str] | None = None
) -> str:
    """Return `text` with the longest value for each pseudo parameter that is not in `known`.

    A part of an ARN is that of the one in `arns`; other CDK tokens, of which nothing is known, are
    left out.
    """

    def part(match: re.Match[str]) -> str:
        arn = (arns or {}).get(match["token"] + "}") or SHORTEST_ARN
        return arn.split(":", 6)[int(match["number"])]

    return known_part(_ARN_PART.sub(part, filled(text, {**_LONGEST, **(known or {})})))
