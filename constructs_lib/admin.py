"""SecretAdmin: use, change, rotate, delete and restore secrets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.opt_ins import (
    RotationFunction,
    check_functions,
    check_recovery_window,
    check_regions,
    check_tag_keys,
)
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of


class SecretAdmin(SecretAccessPolicy):
    """Lets users, roles and groups administer secrets: the nine actions of AWS's article.

    It allows GetSecretValue, DescribeSecret, RestoreSecret, PutSecretValue,
    UpdateSecretVersionStage, DeleteSecret, RotateSecret, CancelRotateSecret and UpdateSecret on
    the secrets, and ListSecrets on `*` (AWS authorizes it on nothing narrower; it tells the names
    and tags of all secrets, not their values). Where the secrets have an `encryption_key`, it
    allows `kms:Decrypt` and `kms:GenerateDataKey` with that key, for these secrets alone and only
    when Secrets Manager asks for it. It does not allow `kms:Encrypt`, without which UpdateSecret
    leaves the versions of a secret that it moves to another key under the one before
    (docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).

    It leaves open: to read the values, and to move the secrets to the AWS-managed key, which
    everyone in the account may use, or to another that the principals may use; without
    `minimum_recovery_window`, to delete them without recovery; and without `rotation_functions`, to
    have any function of the account that Secrets Manager may invoke rotate them.

    `manage_resource_policy`, `replicate_to` and `tag_keys` allow more, each under a condition.

    ```python
    SecretAdmin(
        self, "DbAdmin", secrets=db_secret, groups=[on_call],
        rotation_functions=[rotation_function], minimum_recovery_window=14,
    )
    ```

    Source: AWS, "Identity-based policies for Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        rotation_functions: Sequence[RotationFunction] | None = None,
        minimum_recovery_window: int | None = None,
        manage_resource_policy: bool = False,
        replicate_to: Sequence[str] | None = None,
        tag_keys: Sequence[str] | None = None,
        conditions: AccessConditions | None = None,
        users: Sequence[iam.IUser] = (),
        roles: Sequence[iam.IRole] = (),
        groups: Sequence[iam.IGroup] = (),
        policy_type: PolicyType = PolicyType.MANAGED,
        policy_name: str | None = None,
        description: str | None = None,
        path: str | None = None,
    ) -> None:
        """Make the policy and attach it.

        Args:
            scope: the construct's parent.
            construct_id: its id in that parent.
            secrets: one or several; each an `ISecret` or a `SecretScope`.
            rotation_functions: Lambda functions, with which alone the secrets may be rotated: set
                by the request, or set before. Also allows `lambda:InvokeFunction` on them, which
                RotateSecret takes. Omitted, RotateSecret with any function, and
                lambda:InvokeFunction is left to other policies. Open: to invoke them directly; and
                the values, for whoever may change their code.
            minimum_recovery_window: the days, 7 to 30, for which a deletion must be recoverable;
                it may not be forced. A request that names no window has AWS's 30. Omitted, also
                deletion without recovery. Open: a replica, which is deleted at once.
            manage_resource_policy: also allow PutResourcePolicy, in requests that have AWS refuse
                public policies (`BlockPublicPolicy`), and GetResourcePolicy,
                ValidateResourcePolicy and DeleteResourcePolicy. Open: to give access to named
                accounts, and to take away what the policy denies.
            replicate_to: also allow ReplicateSecretToRegions, to these Regions and over no other
                secret there. For a replica under a customer-managed key, add a scope of its
                Region with that key. Open: who reads the replicas, of which a policy on the secret
                alone says nothing.
            tag_keys: also allow TagResource and UntagResource, of these keys alone. To 128
                characters each. Open: access that other policies decide by them: give no such key.
            conditions: from where and by whom the access may be used. Omitted, only by the
                principals that the policy is attached to.
            users: the users to attach it to.
            roles: the roles to attach it to.
            groups: the groups to attach it to.
            policy_type: managed, or inline in each principal.
            policy_name: 1 to 128 letters, digits and `_+=,.@-`. Omitted, it is made up (for an
                inline policy, of the construct's path and the stack's id).
            description: at most 1,000 characters; for a managed policy alone.
            path: such as `/secrets/`; for a managed policy alone. Omitted, `/`.

        Raises:
            SecretAccessError: if anything given is not exactly what AWS accepts, is of another
                account, can't be attached, or goes over IAM's quotas: 6,144 characters for one
                secret in a managed policy, and 10 of these on a principal; for all that is inline
                2,048 for a user, 5,120 a group, 10,240 a role.
        """
        super().__init__(
            scope,
            construct_id,
            secrets=scopes_of(secrets),
            statements=partial(
                statements.administer,
                rotation_functions=check_functions(rotation_functions),
                minimum_recovery_window=check_recovery_window(minimum_recovery_window),
                manage_resource_policy=manage_resource_policy,
                replicate_to=check_regions(replicate_to),
                tag_keys=check_tag_keys(tag_keys),
                conditions=conditions,
            ),
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
