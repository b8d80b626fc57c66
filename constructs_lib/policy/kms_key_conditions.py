"""Statements on an action that may name a KMS key, each limited to the key of its secrets.

A request of UpdateSecret without a key keeps that of the secret, and has neither condition key. A
request with a key has KmsKeyArn. The older KmsKeyId is the text of the request, which may be empty:
AWS reads an empty text as the AWS-managed key, which has no ARN to compare.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Condition, Statement, numbered, on_secrets

_KEY_ARN, _KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"


def keep_key(key_arn: str | None) -> tuple[Condition, ...]:
    """Return the conditions under which UpdateSecret leaves a secret under its key.

    IfExists lets a request omit the key. Without a known key, a request must omit it: hence Null.
    """
    if key_arn is None:
        return Condition("Null", _KEY_ARN, ("true",)), Condition("Null", _KEY_ID, ("true",))
    return (
        Condition("ArnEqualsIfExists", _KEY_ARN, (key_arn,)),
        Condition("StringEqualsIfExists", _KEY_ID, (key_arn,)),
    )


def other_key_arn(key_arn: str | None) -> tuple[Condition, ...]:
    """Return the conditions that UpdateSecret names another key, or any if none is known.

    A negated operator is also true for a request without the key; Null excludes that request.
    """
    named = Condition("Null", _KEY_ARN, ("false",))
    return (named, Condition("ArnNotEquals", _KEY_ARN, (key_arn,))) if key_arn else (named,)


def other_key_id(key_arn: str | None) -> tuple[Condition, ...]:
    """Return the same for the text of the request, which may be empty: for another statement."""
    named = Condition("Null", _KEY_ID, ("false",))
    return (named, Condition("StringNotEquals", _KEY_ID, (key_arn,))) if key_arn else (named,)


def pinned_to_keys(
    sid: str,
    action: str,
    scopes: Sequence[SecretScope],
    pin: Callable[[str | None], tuple[Condition, ...]],
    effect: Literal["Allow", "Deny"] = "Allow",
) -> Iterator[Statement]:
    """Yield the action on the secrets of each key, under the conditions of `pin` for it."""
    by_key: dict[str | None, list[SecretScope]] = {}
    for secret_scope in scopes:
        by_key.setdefault(secret_scope.key_arn, []).append(secret_scope)
    number = 0
    for key_arn, same_key in by_key.items():
        for statement in on_secrets(sid, effect, (action,), same_key, *pin(key_arn)):
            number += 1
            yield replace(statement, sid=numbered(sid, number))
