"""Statements become documents that fit IAM's quotas."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from constructs_lib.errors import SecretAccessError
from constructs_lib.placeholders import at_longest, filled, for_template
from constructs_lib.statements import Statement

PolicyDocument = dict[str, Any]


class PolicyType(Enum):
    """How a policy is attached.

    - `MANAGED`: a policy of its own, which any number of principals can share and which can be
      versioned, attached by others, and used as a permissions boundary. The default.
    - `INLINE`: a part of each principal it is attached to.
    """

    MANAGED = "managed"
    INLINE = "inline"


# IAM's quotas in characters, whitespace not counted; the inline ones are for all inline policies
# of a principal together.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_QUOTA = 6_144
INLINE_QUOTAS = {"user": 2_048, "group": 5_120, "role": 10_240}


def document_for_template(statements: Sequence[Statement]) -> PolicyDocument:
    """Return the document for a CloudFormation template, with intrinsics and CDK tokens in it."""
    return _document(statements, for_template)


def document_for_iam(statements: Sequence[Statement], values: Mapping[str, str]) -> PolicyDocument:
    """Return the document for IAM itself, each pseudo parameter replaced by its value."""
    return _document(statements, lambda text: filled(text, values))


def longest_length(statements: Sequence[Statement]) -> int:
    """Return the document's length as IAM counts it, at its longest.

    Pseudo parameters count as the longest value that AWS has for them. CDK tokens count nothing,
    as nothing is known of them here.
    """
    text = json.dumps(_document(statements, at_longest), separators=(",", ":"), ensure_ascii=False)
    return len(re.sub(r"\s", "", text))


def check_quota(length: int, quota: int, what: str) -> None:
    """Refuse a document that is longer than its quota: IAM would, at deployment."""
    if length > quota:
        raise SecretAccessError(
            f"{what} is {length:,} characters long",
            allowed=f"{quota:,} characters are allowed, whitespace not counted",
            remedy="give fewer secrets, or use more than one construct, or one name prefix",
        )


def _document(statements: Sequence[Statement], render: Callable[[str], object]) -> PolicyDocument:
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(statement, render) for statement in statements],
    }


def _statement(statement: Statement, render: Callable[[str], object]) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Action": _one_or_list(statement.actions),
        "Resource": _one_or_list([render(resource) for resource in statement.resources]),
    }
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
