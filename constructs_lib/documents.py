"""Statements become documents, for templates and for IAM itself, and are measured as IAM does."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from constructs_lib.placeholders import (
    LONGEST_ARN,
    SHORTEST_ARN,
    at_longest,
    filled,
    for_template,
    tokens,
)
from constructs_lib.statements import Statement

PolicyDocument = dict[str, Any]
_Render = Callable[[str], object]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PolicyType(Enum):
    """How a policy is attached.

    - `MANAGED`: a policy of its own, which any number of principals can share and which can be
      versioned, attached by others, and used as a permissions boundary. The default.
    - `INLINE`: a part of each principal it is attached to.
    """

    MANAGED = "managed"
    INLINE = "inline"


def document_for_template(statements: Sequence[Statement]) -> PolicyDocument:
    """Return the document for a CloudFormation template, with intrinsics and CDK tokens in it."""
    return _document(statements, for_template)


def document_for_iam(statements: Sequence[Statement], values: Mapping[str, str]) -> PolicyDocument:
    """Return the document for IAM itself, each pseudo parameter replaced by its value."""
    return _document(statements, lambda text: filled(text, values))


def longest_length(statements: Sequence[Statement]) -> int:
    """Return the document's length as IAM counts it, at its longest, wherever it is deployed.

    Pseudo parameters count as the longest value that AWS has for them, and CDK tokens as the
    longest ARN of a secret.
    """
    return _length(statements, _at_longest)


@lru_cache(maxsize=1_000)  # a secret's ARN is in several statements
def _at_longest(text: str) -> str:
    return at_longest(text) + "x" * LONGEST_ARN * len(tokens(text))


def length_in(
    statements: Sequence[Statement], known: Mapping[str, str], owned: Mapping[str, str]
) -> int:
    """Return the document's length in one place, as far as that is known.

    Pseudo parameters that are not in `known` count as the longest value that AWS has for them. A
    CDK token counts as what `owned` has for it; a whole Resource that it does not have as the
    shortest ARN, and any other one as nothing.
    """

    def render(text: str) -> str:
        return owned.get(text) or at_longest(text, known, owned)

    return _length(statements, render, lambda text: render(text) or SHORTEST_ARN)


def _length(
    statements: Sequence[Statement], render: _Render, render_resource: _Render | None = None
) -> int:
    text = _encode(_document(statements, render, render_resource))
    return sum(map(len, text.split()))  # IAM does not count whitespace


def _document(
    statements: Sequence[Statement], render: _Render, render_resource: _Render | None = None
) -> PolicyDocument:
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(each, render, render_resource or render) for each in statements],
    }


def _statement(statement: Statement, render: _Render, render_resource: _Render) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": statement.effect,
    }
    if statement.principals:
        arns = [render(arn) for arn in statement.principals]
        rendered["Principal"] = {"AWS": _one_or_list(arns)}
    rendered["Action"] = _one_or_list(statement.actions)
    rendered["Resource"] = _one_or_list([render_resource(each) for each in statement.resources])
    if statement.conditions:
        block: dict[str, dict[str, object]] = {}
        for condition in statement.conditions:
            values = [render(value) for value in condition.values]
            block.setdefault(condition.operator, {})[condition.key] = _one_or_list(values)
        rendered["Condition"] = block
    return rendered


def _one_or_list(values: Sequence[object]) -> object:
    """Return a single value as it is, and several as a list: the form that CDK and AWS print."""
    return values[0] if len(values) == 1 else list(values)
