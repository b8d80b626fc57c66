"""Statement, and the statements that intents share: on secrets, on all of them, and with a key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from constructs_lib.aws.tags import Tags
from constructs_lib.aws.tokens import URL_SUFFIX
from constructs_lib.policy.secret_scope import SecretScope


@dataclass(frozen=True)
class Condition:
    """One condition: the operator, the condition key, and the values of which one must match."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document, as plain data.

    A statement of a resource-based policy has principals, by their ARNs.
    """

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    principals: tuple[str, ...] = ()


def on_secrets(
    sid: str,
    effect: Literal["Allow", "Deny"],
    actions: tuple[str, ...],
    scopes: Sequence[SecretScope],
    *conditions: Condition,
) -> Iterator[Statement]:
    """Yield the actions on the secrets: one statement for those without tags, one for each tags."""
    by_tags: dict[Tags, list[str]] = {}
    for secret_scope in scopes:
        by_tags.setdefault(secret_scope.tags, []).append(secret_scope.arn)
    for number, (tags, arns) in enumerate(by_tags.items(), start=1):
        all_conditions = (*conditions, *tagged(tags))
        yield Statement(numbered(sid, number), effect, actions, _once(arns), all_conditions)


def on_all(sid: str, action: str) -> Statement:
    """Return an action that AWS authorizes on `*` alone: with an ARN it would grant nothing."""
    return Statement(sid, "Allow", (action,), ("*",))


def tagged(tags: Tags) -> tuple[Condition, ...]:
    """Return the conditions that a secret carries all of the tags."""
    return tuple(
        Condition("StringEquals", f"secretsmanager:ResourceTag/{key}", values)
        for key, values in tags
    )


def use_key(
    sid: str, actions: tuple[str, ...], scopes: Sequence[SecretScope]
) -> Iterator[Statement]:
    """Yield the use of each customer-managed key, for its own secrets and through the service only.

    Secrets Manager calls KMS as the caller, from the secret's Region, with the secret's ARN in the
    encryption context; on a create too, when it validates the key (a change of key also takes
    kms:Encrypt with the new one, which is not granted here):
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    by_key: dict[tuple[str, str], list[str]] = {}
    for secret_scope in scopes:
        if secret_scope.key_arn is not None:
            key = secret_scope.key_arn, secret_scope.region
            by_key.setdefault(key, []).append(secret_scope.arn)
    for number, ((key_arn, region), arns) in enumerate(by_key.items(), start=1):
        service = f"secretsmanager.{region}.{URL_SUFFIX}"
        yield Statement(
            numbered(sid, number),
            "Allow",
            actions,
            (key_arn,),
            (
                Condition("StringEquals", "kms:ViaService", (service,)),
                Condition("StringLike", "kms:EncryptionContext:SecretARN", _once(arns)),
            ),
        )


def numbered(sid: str, number: int) -> str:
    """Return a Sid that is unique in its document and does not change when others are appended."""
    return sid if number == 1 else f"{sid}{number}"


def _once(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
