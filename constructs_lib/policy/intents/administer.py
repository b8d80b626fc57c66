"""AdministerSecrets: use, change, rotate, delete and restore secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

from constructs_lib.errors import InvalidOptionError, check_flag
from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import SECRETS, option
from constructs_lib.policy.option_validation import (
    RotationFunction,
    check_functions,
    check_recovery_window,
    check_regions,
    check_tag_keys,
)
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Condition, Statement, on_all, on_secrets, use_key

_ROTATE, _DELETE = "secretsmanager:RotateSecret", "secretsmanager:DeleteSecret"
_NINE = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:DescribeSecret",
    "secretsmanager:RestoreSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
    _DELETE,
    _ROTATE,
    "secretsmanager:CancelRotateSecret",
    "secretsmanager:UpdateSecret",
)


@dataclass(frozen=True)
class AdministerSecrets(AllowIntent):
    """Use, change, rotate, delete and restore secrets: the intent of `SecretAdmin`.

    `rotation_functions` and `minimum_recovery_window` move an action out of the nine into a
    statement with a condition. The other options add actions.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups administer secrets: the nine actions of AWS's article."
    effect = """\
It allows GetSecretValue, DescribeSecret, RestoreSecret, PutSecretValue, UpdateSecretVersionStage,
DeleteSecret, RotateSecret, CancelRotateSecret and UpdateSecret on the secrets. It allows
ListSecrets on `*`, the only resource that AWS authorizes it on; that action returns the names and
tags of all secrets, and no value. For secrets with an `encryption_key` it also allows `kms:Decrypt`
and `kms:GenerateDataKey` with that key: for these secrets alone, and only in requests of Secrets
Manager. It does not allow `kms:Encrypt`. Without it, UpdateSecret to another key leaves the
existing versions under the key before
(docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).

`manage_resource_policy`, `replicate_to` and `tag_keys` allow more, each under a condition."""
    leaves_open = """\
To read the values. To move the secrets to the AWS-managed key, which everyone in the account may
use, or to another key that the principals may use. Without `minimum_recovery_window`, to delete
them without recovery. Without `rotation_functions`, to rotate them with any function of the account
that Secrets Manager may invoke."""
    source = """\
AWS, "Identity-based policies for Secrets Manager"
(docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html)."""

    secrets: Secrets = field(metadata=SECRETS)
    _: KW_ONLY
    rotation_functions: Sequence[RotationFunction | str] | None = field(
        default=None,
        metadata=option(
            "the Lambda functions, or their ARNs, that the secrets may be rotated with, whether "
            "the request names the function or the secret has it. It also allows "
            "`lambda:InvokeFunction` on them, which RotateSecret needs. Omitted, RotateSecret with "
            "any function; other policies must allow lambda:InvokeFunction.",
            leaves_open="To invoke the functions directly. Principals that may change their code "
            "get the values.",
            samples=(("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),),
            flag="rotation-function",
            metavar="ARN",
        ),
    )
    minimum_recovery_window: int | None = field(
        default=None,
        metadata=option(
            "the days, 7 to 30, for which a deletion must be recoverable; a forced deletion is "
            "denied. A request without a window has AWS's default of 30 days. Omitted, deletion "
            "without recovery is allowed too.",
            leaves_open="A replica, which AWS deletes at once.",
            samples=(14,),
            flag="minimum-recovery-window",
            metavar="DAYS",
        ),
    )
    manage_resource_policy: bool = field(
        default=False,
        metadata=option(
            "also allow PutResourcePolicy in requests that make AWS refuse public policies "
            "(`BlockPublicPolicy`), and GetResourcePolicy, ValidateResourcePolicy and "
            "DeleteResourcePolicy.",
            leaves_open="To give access to named accounts. To remove a Deny of the resource "
            "policy.",
            samples=(True,),
            flag="manage-resource-policy",
        ),
    )
    replicate_to: Sequence[str] | None = field(
        default=None,
        metadata=option(
            "the Regions that the secrets may be replicated to (ReplicateSecretToRegions), without "
            "overwriting another secret there. For a replica under a customer-managed key, add a "
            "scope of its Region with that key. Omitted, no replication.",
            leaves_open="The readers of the replicas: a policy on the secret alone does not cover "
            "them.",
            samples=(("eu-central-1",),),
            flag="replicate-to",
            metavar="REGION",
        ),
    )
    tag_keys: Sequence[str] | None = field(
        default=None,
        metadata=option(
            "the tag keys that TagResource and UntagResource may change, each of at most 128 "
            "characters. Omitted, no tagging.",
            leaves_open="Access that other policies grant by these tags: name no key that decides "
            "on access.",
            samples=(("CostCenter",),),
            flag="tag-key",
            metavar="KEY",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets."""
        return scopes_of(self.secrets)

    @property
    def free_tag_keys(self) -> frozenset[str]:
        """The tag keys that the principals may set, in lower case."""
        return frozenset(key.lower() for key in self._tag_keys)

    @cached_property
    def _functions(self) -> tuple[str, ...]:
        return check_functions(self.rotation_functions)

    @cached_property
    def _days(self) -> int | None:
        return check_recovery_window(self.minimum_recovery_window)

    @cached_property
    def _regions(self) -> tuple[str, ...]:
        return check_regions(self.replicate_to)

    @cached_property
    def _tag_keys(self) -> tuple[str, ...]:
        return check_tag_keys(self.tag_keys)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        check_flag("manage_resource_policy", self.manage_resource_policy)
        conditional: list[Statement] = []
        if self._functions:
            conditional += _rotate(scopes, self._functions)
        if self._days is not None:
            conditional += _delete(scopes, self._days)
        if self.manage_resource_policy:
            conditional += _manage_policy(scopes)
        if self._regions:
            conditional += _replicate(scopes, self._regions)
        if self._tag_keys:
            conditional += _tag(scopes, self._tag_keys)
        moved = {action for statement in conditional for action in statement.actions}
        actions = tuple(action for action in _NINE if action not in moved)
        return [
            *on_secrets("AdministerSecret", "Allow", actions, scopes),
            *conditional,
            on_all("ListSecrets", "secretsmanager:ListSecrets"),
            *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
        ]


def _rotate(scopes: Sequence[SecretScope], functions: tuple[str, ...]) -> Iterator[Statement]:
    """Yield the rotation with these functions, which read the value and set the next one.

    A request that names a function configures it. A request without one rotates with the function
    that the secret has; another principal may have set it, and a rotation that AWS manages has
    none. The principal must be allowed to invoke the function too.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    """
    named, own = (
        "secretsmanager:RotationLambdaARN",
        "secretsmanager:resource/AllowRotationLambdaArn",
    )
    by_name = (Condition("ArnEquals", named, functions),)
    by_secret = (Condition("Null", named, ("true",)), Condition("ArnEquals", own, functions))
    yield from on_secrets("RotateWithNamedFunction", "Allow", (_ROTATE,), scopes, *by_name)
    yield from on_secrets("RotateWithOwnFunction", "Allow", (_ROTATE,), scopes, *by_secret)
    yield Statement("InvokeRotationFunction", "Allow", ("lambda:InvokeFunction",), functions)


def _delete(scopes: Sequence[SecretScope], days: int) -> Iterator[Statement]:
    """Yield the deletion that can be recovered for at least so many days.

    A request without a window has AWS's default of 30 days, the longest. A request with a window
    can't force the deletion.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    """
    window, force = "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"
    yield from on_secrets(
        "DeleteSecretRecoverably",
        "Allow",
        (_DELETE,),
        scopes,
        Condition("NumericGreaterThanEqualsIfExists", f"secretsmanager:{window}", (str(days),)),
        Condition("BoolIfExists", f"secretsmanager:{force}", ("false",)),
    )


def _manage_policy(scopes: Sequence[SecretScope]) -> Iterator[Statement]:
    """Yield the management of the resource policies of the secrets, public policies excepted.

    By default AWS accepts a public policy; a request must set BlockPublicPolicy to prevent it.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
    """
    not_public = Condition("Bool", "secretsmanager:BlockPublicPolicy", ("true",))
    put, others = (
        ("secretsmanager:PutResourcePolicy",),
        (
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:ValidateResourcePolicy",
            "secretsmanager:DeleteResourcePolicy",
        ),
    )
    yield from on_secrets("PutResourcePolicy", "Allow", put, scopes, not_public)
    yield from on_secrets("ManageResourcePolicy", "Allow", others, scopes)


def _replicate(scopes: Sequence[SecretScope], regions: tuple[str, ...]) -> Iterator[Statement]:
    """Yield the replication to these Regions, without overwriting another secret there.

    ForAllValues is true for a request without Regions; Null requires at least one.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets-permissions.html
    """
    replicas = "secretsmanager:AddReplicaRegions"
    yield from on_secrets(
        "ReplicateSecret",
        "Allow",
        ("secretsmanager:ReplicateSecretToRegions",),
        scopes,
        Condition("ForAllValues:StringEquals", replicas, regions),
        Condition("Null", replicas, ("false",)),
        Condition("BoolIfExists", "secretsmanager:ForceOverwriteReplicaSecret", ("false",)),
    )


def _tag(scopes: Sequence[SecretScope], keys: tuple[str, ...]) -> Iterator[Statement]:
    """Yield the tagging with these keys; the scopes must not depend on any of them.

    IAM compares the names of condition keys, and so tag keys, without regard to case.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
    """
    deciding = {key.lower() for secret_scope in scopes for key, _ in secret_scope.tags}
    for key in keys:
        if key.lower() in deciding:
            raise InvalidOptionError(
                "tag_keys",
                must="not contain a key that the secrets are chosen by: a principal that sets it "
                "chooses the secrets",
                got=key,
                remedy="omit it from tag_keys, or choose the secrets by name",
            )
    yield from on_secrets(
        "TagSecret",
        "Allow",
        ("secretsmanager:TagResource", "secretsmanager:UntagResource"),
        scopes,
        Condition("ForAllValues:StringEquals", "aws:TagKeys", keys),
        Condition("Null", "aws:TagKeys", ("false",)),
    )
