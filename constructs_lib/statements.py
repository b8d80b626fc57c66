"""Every statement that the library can emit. Read from top to bottom, this is the security review.

The facts about actions, resources and condition keys are those of AWS's Service Authorization
Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/
list_awssecretsmanager.html (and .../list_awskeymanagementservice.html for KMS).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from constructs_lib.arns import ANY_SUFFIX
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import URL_SUFFIX
from constructs_lib.scope import SecretScope
from constructs_lib.tags import Tags


@dataclass(frozen=True)
class Condition:
    """One condition: the operator, the condition key, and the values of which one must match."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document, as plain data."""

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()


# ---------------------------------------------------------------------------------------------
# The intents
# ---------------------------------------------------------------------------------------------


def read(
    scopes: Sequence[SecretScope],
    *,
    describe: bool = False,
    batch: bool = False,
    version_stages: tuple[str, ...] = (),
) -> list[Statement]:
    """Read the secrets' values."""
    get, describe_secret = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
    statements: list[Statement] = []
    for name, flag in (("describe", describe), ("batch", batch)):
        if not isinstance(flag, bool):
            raise SecretAccessError(
                f"{name} is {shown(flag)}", allowed="True or False is allowed", remedy="give one"
            )
    if version_stages and batch:
        raise SecretAccessError(
            "batch is given with version_stages",
            allowed="one of them is allowed: BatchGetSecretValue names no stage, so that "
            "GetSecretValue under that condition would refuse it every secret",
            remedy="leave out batch, or make a construct for each",
        )
    if version_stages:
        # DescribeSecret does not have this condition key: with it, it would be granted never.
        stage = Condition("ForAnyValue:StringEquals", "secretsmanager:VersionStage", version_stages)
        statements += _on_secrets("ReadSecretValue", "Allow", (get,), scopes, stage)
        if describe:
            statements += _on_secrets("DescribeSecret", "Allow", (describe_secret,), scopes)
    else:
        actions = (get, describe_secret) if describe else (get,)
        statements += _on_secrets("ReadSecretValue", "Allow", actions, scopes)
    if batch:
        # It takes `*` alone, and gives no value that GetSecretValue does not.
        statements.append(_on_all("BatchGetSecretValue", "secretsmanager:BatchGetSecretValue"))
    return [*statements, *_use_key("DecryptSecretValue", ("kms:Decrypt",), scopes)]


def administer(scopes: Sequence[SecretScope]) -> list[Statement]:
    """Use, change, rotate, delete and restore the secrets: the article's nine actions."""
    actions = (
        "secretsmanager:GetSecretValue",
        "secretsmanager:DescribeSecret",
        "secretsmanager:RestoreSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "secretsmanager:DeleteSecret",
        "secretsmanager:RotateSecret",
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:UpdateSecret",
    )
    return [
        *_on_secrets("AdministerSecret", "Allow", actions, scopes),
        _on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *_use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]


def create(scopes: Sequence[SecretScope]) -> list[Statement]:
    """Create the secrets."""
    for scope in scopes:
        # A secret that does not exist has no tags, and no six characters yet.
        if scope.tags or not scope.arn.endswith((ANY_SUFFIX, "*")):
            raise SecretAccessError(
                f"secrets to create is {shown((scope.tags and dict(scope.tags)) or scope.arn)}",
                allowed="a name, name prefix or partial ARN is allowed for secrets to create",
                remedy="use SecretScope.from_secret_name or from_secret_name_prefix",
            )
    return [
        *_on_secrets("CreateSecret", "Allow", ("secretsmanager:CreateSecret",), scopes),
        _on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *_use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]


def describe_tagged(tags: Tags) -> list[Statement]:
    """Describe every secret that carries the tags."""
    action, conditions = "secretsmanager:DescribeSecret", _tagged(tags)
    return [Statement("DescribeTaggedSecrets", "Allow", (action,), ("*",), conditions)]


def deny(scopes: Sequence[SecretScope]) -> list[Statement]:
    """Deny reading and describing the secrets, whatever else is allowed."""
    actions = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
    return list(_on_secrets("DenySecretAccess", "Deny", actions, scopes))


# ---------------------------------------------------------------------------------------------
# What they are made of
# ---------------------------------------------------------------------------------------------


def _on_secrets(
    sid: str,
    effect: Literal["Allow", "Deny"],
    actions: tuple[str, ...],
    scopes: Sequence[SecretScope],
    *conditions: Condition,
) -> Iterator[Statement]:
    """Yield the actions on the secrets: one statement for those without tags, one for each tags."""
    by_tags: dict[Tags, list[str]] = {}
    for scope in scopes:
        by_tags.setdefault(scope.tags, []).append(scope.arn)
    for number, (tags, arns) in enumerate(by_tags.items(), start=1):
        all_conditions = (*conditions, *_tagged(tags))
        yield Statement(_numbered(sid, number), effect, actions, _once(arns), all_conditions)


def _on_all(sid: str, action: str) -> Statement:
    """Return an action that AWS authorizes on `*` alone: with an ARN it would grant nothing."""
    return Statement(sid, "Allow", (action,), ("*",))


def _tagged(tags: Tags) -> tuple[Condition, ...]:
    """Return the conditions that a secret carries all of the tags."""
    return tuple(
        Condition("StringEquals", f"secretsmanager:ResourceTag/{key}", values)
        for key, values in tags
    )


def _use_key(
    sid: str, actions: tuple[str, ...], scopes: Sequence[SecretScope]
) -> Iterator[Statement]:
    """Yield the use of each customer-managed key, for its own secrets and through the service only.

    Secrets Manager calls KMS as the caller, from the secret's Region, with the secret's ARN in the
    encryption context; on a create too, when it validates the key (a change of key also takes
    kms:Encrypt with the new one, which is not granted here):
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    by_key: dict[tuple[str, str], list[str]] = {}
    for scope in scopes:
        if scope.key_arn is not None:
            by_key.setdefault((scope.key_arn, scope.region), []).append(scope.arn)
    for number, ((key_arn, region), arns) in enumerate(by_key.items(), start=1):
        service = f"secretsmanager.{region}.{URL_SUFFIX}"
        yield Statement(
            _numbered(sid, number),
            "Allow",
            actions,
            (key_arn,),
            (
                Condition("StringEquals", "kms:ViaService", (service,)),
                Condition("StringLike", "kms:EncryptionContext:SecretARN", _once(arns)),
            ),
        )


def _numbered(sid: str, number: int) -> str:
    """Return a Sid that is unique in its document and does not change when others are appended."""
    return sid if number == 1 else f"{sid}{number}"


def _once(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
