"""Deny access to secrets."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.pins import other_key_arn, other_key_id, pinned_to_keys
from constructs_lib.statements.statement import Condition, Statement, on_secrets


class DenyLevel(Enum):
    """How much is denied, and what each level leaves open.

    BatchGetSecretValue and ListSecrets are in none: AWS authorizes them on `*` alone, so that a
    Deny on these secrets would do nothing, and on `*` would be about every secret. A batch returns
    the secrets for which GetSecretValue is allowed
    (docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html), so the
    values are denied; ListSecrets still tells names, descriptions and tags. Nor is a replica in a
    Region that the secrets do not name: see `SecretScope.in_regions`.

    - `ARTICLE`: GetSecretValue and DescribeSecret, as AWS's article does. Open: every other action,
      also those by which the value gets out in another way (PutResourcePolicy, TagResource,
      RotateSecret, ReplicateSecretToRegions, UpdateSecret to another key).
    - `VALUE`: every action by which the value can get out. GetSecretValue; PutResourcePolicy and
      DeleteResourcePolicy (others get in); RotateSecret (a function gets the value);
      ReplicateSecretToRegions (a copy, where this Deny does not hold); TagResource and
      UntagResource (a tag may decide who reads, or whether the secret is among these); and
      UpdateSecret to another KMS key. Open: metadata; writing new values, and moving the staging
      labels, by which readers of one stage can be given another version; deleting, restoring, and
      ending rotation or replication.
    - `METADATA`: `VALUE`, and DescribeSecret, ListSecretVersionIds and GetResourcePolicy. Open: the
      rest of what `VALUE` leaves open, and ListSecrets.
    - `ALL`: every action of Secrets Manager on the secrets, also those that AWS will add. Open:
      ListSecrets. The secret's key is not touched; outside Secrets Manager there is nothing of the
      secret to decrypt with it.
    """

    ARTICLE = "article"
    VALUE = "value"
    METADATA = "metadata"
    ALL = "all"


# Those that deny a change of key, for which the secrets' own must be known.
LEVELS_WITH_KEYS = (DenyLevel.VALUE, DenyLevel.METADATA)


# Not among them, of the actions on a secret: CreateSecret, PutSecretValue, UpdateSecretVersionStage
# (the value comes in, or stays), DeleteSecret, RestoreSecret (it is lost, or back),
# CancelRotateSecret, RemoveRegionsFromReplication, StopReplicationToReplica (what was there, ends)
# and ValidateResourcePolicy (nothing changes).
_VALUE = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:DeleteResourcePolicy",
    "secretsmanager:RotateSecret",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
)
_METADATA = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:GetResourcePolicy",
)
_ACTIONS = {
    DenyLevel.ARTICLE: ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
    DenyLevel.VALUE: _VALUE,
    DenyLevel.METADATA: (*_VALUE, *_METADATA),
    DenyLevel.ALL: ("secretsmanager:*",),
}


def deny(
    scopes: Sequence[SecretScope],
    *,
    level: DenyLevel = DenyLevel.ARTICLE,
    except_principals: tuple[str, ...] = (),
    except_vpc_endpoints: tuple[str, ...] = (),
) -> list[Statement]:
    """Deny access to the secrets, whatever else is allowed, to all but the exceptions."""
    if not isinstance(level, DenyLevel):
        raise SecretAccessError(
            f"level is {shown(level)}",
            allowed="DenyLevel.ARTICLE, .VALUE, .METADATA and .ALL are allowed",
            remedy="give one of them",
        )
    others = _all_but(except_principals, except_vpc_endpoints)
    statements = list(on_secrets("DenySecretAccess", "Deny", _ACTIONS[level], scopes, *others))
    if level in LEVELS_WITH_KEYS:
        statements += _deny_other_key("DenyOtherKey", other_key_arn, scopes, others)
        statements += _deny_other_key("DenyOtherKeyId", other_key_id, scopes, others)
    return statements


def _deny_other_key(
    sid: str,
    other_key: Callable[[str | None], tuple[Condition, ...]],
    scopes: Sequence[SecretScope],
    others: tuple[Condition, ...],
) -> Iterator[Statement]:
    def conditions(key_arn: str | None) -> tuple[Condition, ...]:
        return (*other_key(key_arn), *others)

    return pinned_to_keys(sid, "secretsmanager:UpdateSecret", scopes, conditions, "Deny")


def _all_but(principals: tuple[str, ...], endpoints: tuple[str, ...]) -> tuple[Condition, ...]:
    """Return the conditions that a request is of none of these, and through none of these.

    Both must hold for the Deny, so that either exception lifts it. Of a role's session,
    aws:PrincipalArn is the role's ARN. A negated operator also holds where the key is absent: a
    request through no endpoint is denied, as one that a service makes for the principal.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    conditions = []
    if principals:
        conditions.append(Condition("ArnNotEquals", "aws:PrincipalArn", principals))
    if endpoints:
        conditions.append(Condition("StringNotEquals", "aws:SourceVpce", endpoints))
    return tuple(conditions)
