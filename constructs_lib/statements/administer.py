"""Administer secrets."""

from collections.abc import Iterator, Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.limits import limited
from constructs_lib.statements.statement import Condition, Statement, on_all, on_secrets, use_key

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


def administer(
    scopes: Sequence[SecretScope],
    *,
    rotation_functions: tuple[str, ...] = (),
    minimum_recovery_window: int | None = None,
    manage_resource_policy: bool = False,
    replicate_to: tuple[str, ...] = (),
    tag_keys: tuple[str, ...] = (),
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """Use, change, rotate, delete and restore the secrets: the article's nine actions, or more.

    Rotation functions and a recovery window take an action out of the nine and allow it under
    their conditions; the other options add actions.
    """
    check_flag("manage_resource_policy", manage_resource_policy)
    instead: list[Statement] = []
    if rotation_functions:
        instead += _rotate(scopes, rotation_functions)
    if minimum_recovery_window is not None:
        instead += _delete(scopes, minimum_recovery_window)
    if manage_resource_policy:
        instead += _manage_policy(scopes)
    if replicate_to:
        instead += _replicate(scopes, replicate_to)
    if tag_keys:
        instead += _tag(scopes, tag_keys)
    elsewhere = {action for statement in instead for action in statement.actions}
    actions = tuple(action for action in _NINE if action not in elsewhere)
    statements = [
        *on_secrets("AdministerSecret", "Allow", actions, scopes),
        *instead,
        on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)


def _rotate(scopes: Sequence[SecretScope], functions: tuple[str, ...]) -> Iterator[Statement]:
    """Yield the rotation with these functions: they get the value, and set the next one.

    A request names a function to set it; one that names none rotates with the function that the
    secret has, which may be another one that somebody else set, or, where AWS manages the rotation,
    none. The caller must be allowed to invoke the function too.
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
    """Yield the deletion that can be taken back for so many days.

    A request that names no window has AWS's default of 30 days, the longest; one that names a
    window can't force the deletion as well.
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
    """Yield the management of the secrets' own policies, none of which may be a public one.

    By default AWS takes a public policy; a request must ask it not to.
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
    """Yield the replication to these Regions, over no other secret there.

    ForAllValues holds for a request without Regions; Null keeps to those that have some.
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
    """Yield the tagging with these keys, none of which decides on access here.

    IAM compares the names of condition keys, and so tag keys, without regard to case.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
    """
    deciding = {key.lower() for scope in scopes for key, _ in scope.tags}
    for key in keys:
        if key.lower() in deciding:
            raise SecretAccessError(
                f"tag key {shown(key)} is in tag_keys, and the secrets are chosen by it",
                allowed="keys that decide on no access are allowed: who sets one that does, "
                "chooses the secrets",
                remedy="leave it out of tag_keys, or choose the secrets by name",
            )
    yield from on_secrets(
        "TagSecret",
        "Allow",
        ("secretsmanager:TagResource", "secretsmanager:UntagResource"),
        scopes,
        Condition("ForAllValues:StringEquals", "aws:TagKeys", keys),
        Condition("Null", "aws:TagKeys", ("false",)),
    )
