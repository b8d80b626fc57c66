"""DenySecrets: deny access to secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from functools import cached_property

from constructs_lib.errors import InvalidOptionError
from constructs_lib.policy.access_conditions import check_vpc_endpoints
from constructs_lib.policy.intents.intent import Intent
from constructs_lib.policy.intents.option import option
from constructs_lib.policy.kms_key_conditions import other_key_arn, other_key_id, pinned_to_keys
from constructs_lib.policy.option_validation import Role, User, check_principals
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Condition, Statement, on_secrets


class DenyLevel(Enum):
    """The amount of access that a `DenySecretAccess` denies.

    No level has BatchGetSecretValue or ListSecrets. AWS authorizes both on `*` alone: a Deny on the
    secrets would do nothing, and a Deny on `*` would be about every secret. A batch returns the
    secrets for which GetSecretValue is allowed
    (docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html), so the
    values are denied; ListSecrets still returns names, descriptions and tags. No level covers a
    replica in a Region that the secrets do not name: see `SecretScope.in_regions`.

    Attributes:
        denies: the actions that the level denies.
        leaves_open: the access that it does not prevent.
    """

    READ_AND_DESCRIBE = "read-and-describe"
    VALUE = "value"
    METADATA = "metadata"
    ALL = "all"

    @property
    def denies(self) -> str:
        """The actions that the level denies, in words."""
        return _TEXTS[self][0]

    @property
    def leaves_open(self) -> str:
        """The access that the level does not prevent."""
        return _TEXTS[self][1]


_TEXTS = {
    DenyLevel.READ_AND_DESCRIBE: (
        "GetSecretValue and DescribeSecret, as in AWS's article.",
        "Every other action, including those that reveal the value in another way: "
        "PutResourcePolicy, TagResource, RotateSecret, ReplicateSecretToRegions, and UpdateSecret "
        "to another key.",
    ),
    DenyLevel.VALUE: (
        "every action that can reveal the value. GetSecretValue; PutResourcePolicy and "
        "DeleteResourcePolicy, which give access to others; RotateSecret, whose function gets the "
        "value; ReplicateSecretToRegions, which makes a copy outside this Deny; TagResource and "
        "UntagResource, as tags may decide on access, or on the secrets of this Deny; and "
        "UpdateSecret to another KMS key.",
        "Metadata. To write new values, and to move staging labels, which gives readers of a label "
        "another version. To delete, to restore, and to end rotation or replication.",
    ),
    DenyLevel.METADATA: (
        "`VALUE`, and DescribeSecret, ListSecretVersionIds and GetResourcePolicy.",
        "As `VALUE`, without the metadata; and ListSecrets.",
    ),
    DenyLevel.ALL: (
        "every action of Secrets Manager on the secrets, including actions that AWS adds later.",
        "ListSecrets. The key of the secret is not covered: outside Secrets Manager there is "
        "nothing of the secret to decrypt with it.",
    ),
}

# The levels that deny a change of the key, for which the key of the secrets must be known.
LEVELS_WITH_KEYS = (DenyLevel.VALUE, DenyLevel.METADATA)


# The other actions on a secret are: CreateSecret, PutSecretValue, UpdateSecretVersionStage
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
    DenyLevel.READ_AND_DESCRIBE: ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
    DenyLevel.VALUE: _VALUE,
    DenyLevel.METADATA: (*_VALUE, *_METADATA),
    DenyLevel.ALL: ("secretsmanager:*",),
}


@dataclass(frozen=True)
class DenySecrets(Intent):
    """Deny access to secrets: the intent of `DenySecretAccess`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Denies users, roles and groups access to secrets, whatever else allows it."
    effect = """\
An explicit Deny overrides every Allow, in every policy. By default it denies GetSecretValue and
DescribeSecret on the secrets, as AWS's article does; other actions still reveal the value.
`level=DenyLevel.VALUE` denies these too. `DenyLevel` has the actions of each level, and the access
that it leaves open."""
    leaves_open = """\
Replicas in other Regions than that of the scope, or of the stack for a scope without a Region.
`SecretScope.in_regions` names them."""
    source = """\
AWS, "Identity-based policies for Secrets Manager"
(docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html) and
"AWS global condition context keys"
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)."""

    secrets: Secrets = field(
        metadata=option(
            "one secret or several, each an `ISecret` or a `SecretScope`. With `VALUE` and "
            "`METADATA`, their `encryption_key` is the one key that UpdateSecret may name, by its "
            "ARN; without it, UpdateSecret may name none."
        )
    )
    _: KW_ONLY
    level: DenyLevel = field(
        default=DenyLevel.READ_AND_DESCRIBE,
        metadata=option(
            "the amount of access that is denied. Omitted, `DenyLevel.READ_AND_DESCRIBE`.",
            samples=tuple(DenyLevel),
            flag="level",
        ),
    )
    except_principals: Sequence[Role | User | str] | None = field(
        default=None,
        metadata=option(
            "roles, with all of their sessions, and users, or their ARNs, that are not denied "
            "(`aws:PrincipalArn`), such as a user in the group that has the policy. A role with a "
            "path is imported by its ARN, as its name lacks the path. Omitted, none.",
            leaves_open="A principal that may assume such a role is not denied in its sessions.",
            samples=(("arn:aws:iam::444455556666:role/partner",),),
            flag="except-principal",
            metavar="ARN",
        ),
    )
    except_vpc_endpoints: Sequence[str] | None = field(
        default=None,
        metadata=option(
            "VPC endpoints of Secrets Manager, by id: requests through one of them are not denied "
            "(`aws:SourceVpce`). The console, and services that call on behalf of the principal, "
            "use no endpoint, and are denied. Omitted, none.",
            leaves_open="Requests of these principals through one of the endpoints.",
            samples=(("vpce-0123456789abcdef0",),),
            flag="except-vpc-endpoint",
            metavar="ID",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets; their keys count only for a level that denies a change of the key."""
        return scopes_of(self.secrets, with_keys=self.level in LEVELS_WITH_KEYS)

    @cached_property
    def named_principals(self) -> tuple[str, ...]:
        """The ARNs of the excepted principals."""
        return check_principals(self.except_principals)

    @cached_property
    def _endpoints(self) -> tuple[str, ...]:
        return check_vpc_endpoints(self.except_vpc_endpoints, "except_vpc_endpoints")

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        if not isinstance(self.level, DenyLevel):
            raise InvalidOptionError(
                "level",
                must="be DenyLevel.READ_AND_DESCRIBE, .VALUE, .METADATA or .ALL",
                got=self.level,
                remedy="give one of them",
            )
        others = _all_but(self.named_principals, self._endpoints)
        actions = _ACTIONS[self.level]
        statements = list(on_secrets("DenySecretAccess", "Deny", actions, scopes, *others))
        if self.level in LEVELS_WITH_KEYS:
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
    """Return the conditions that a request is by no excepted principal, and via no endpoint.

    The Deny applies if both hold, so that either exception lifts it. In a session of a role,
    aws:PrincipalArn is the ARN of the role. A negated operator is true for an absent key: a request
    via no endpoint is denied, such as a request that a service makes for the principal.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    conditions = []
    if principals:
        conditions.append(Condition("ArnNotEquals", "aws:PrincipalArn", principals))
    if endpoints:
        conditions.append(Condition("StringNotEquals", "aws:SourceVpce", endpoints))
    return tuple(conditions)
