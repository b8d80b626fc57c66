"""Strings that hold what only the deployment knows: pseudo parameters and CDK tokens.

A statement is written once, with CloudFormation's pseudo parameters in it
(`arn:${AWS::Partition}:secretsmanager:...`). Rendered for a template, they become `Fn::Sub`;
rendered for IAM itself (the console, the AWS CLI), they are filled in. A CDK token is an opaque
piece of such a string: it is carried along and never looked into.
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

# How CDK encodes a token in a string: aws-cdk-lib/core/lib/private/encoding.ts.
_TOKEN = re.compile(r"\$\{Token\[[a-zA-Z0-9:._-]*\]\}")
_PSEUDO = re.compile(r"\$\{AWS::[A-Za-z]+\}")
# Stands for a token while a string is taken apart; no text that AWS accepts contains it.
_MASK = "\0"


def has_token(text: str) -> bool:
    """Tell whether a CDK token is anywhere in `text`."""
    return _TOKEN.search(text) is not None


def starts_with_token(text: str) -> bool:
    """Tell whether `text` begins with a CDK token."""
    return _TOKEN.match(text) is not None


def known_part(text: str) -> str:
    """Return `text` without its CDK tokens: the part that can be checked now."""
    return _TOKEN.sub("", text)


def known_parts(text: str) -> list[str]:
    """Return the parts of `text` between its CDK tokens."""
    return _TOKEN.split(text)


def split(text: str, separator: str, maxsplit: int) -> list[str]:
    """Split `text`, but never inside a CDK token (whose name may hold the separator)."""
    tokens = iter(_TOKEN.findall(text))
    parts = _TOKEN.sub(_MASK, text).split(separator, maxsplit)
    return [re.sub(_MASK, lambda _: next(tokens), part) for part in parts]


def for_template(text: str) -> object:
    """Return `text` for a CloudFormation template: as it is, or as `Fn::Sub`.

    A CDK token inside the string of an `Fn::Sub` would not survive, so tokens are passed to it as
    variables (its two-argument form).
    """
    if not _PSEUDO.search(text):
        return text
    variables: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        variable = f"Value{len(variables) + 1}"
        variables[variable] = match.group()
        return f"${{{variable}}}"

    body = _TOKEN.sub(name, text)
    return {"Fn::Sub": [body, variables]} if variables else {"Fn::Sub": body}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each pseudo parameter replaced by its value in `values`."""
    return _PSEUDO.sub(lambda match: values[match.group()], text)


def at_longest(text: str, known: Mapping[str, str] | None = None) -> str:
    """Return `text` with the longest value for each pseudo parameter that is not in `known`.

    CDK tokens, of which nothing is known, are left out.
    """
    return known_part(filled(text, {**_LONGEST, **(known or {})}))
