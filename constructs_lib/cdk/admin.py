"""SecretAdmin, written by `make generate`.

Change its options in constructs_lib/policy/intents/administer.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import AdministerSecrets
from constructs_lib.policy.option_validation import RotationFunction
from constructs_lib.policy.secret_scope import Secrets


class SecretAdmin(SecretPolicy):
    """Lets users, roles and groups administer secrets: the nine actions of AWS's article.

    It allows GetSecretValue, DescribeSecret, RestoreSecret, PutSecretValue,
    UpdateSecretVersionStage, DeleteSecret, RotateSecret, CancelRotateSecret and UpdateSecret on
    the secrets. It allows ListSecrets on `*`, the only resource that AWS authorizes it on; that
    action returns the names and tags of all secrets, and no value. For secrets with an
    `encryption_key` it also allows `kms:Decrypt` and `kms:GenerateDataKey` with that key: for
    these secrets alone, and only in requests of Secrets Manager. It does not allow
    `kms:Encrypt`. Without it, UpdateSecret to another key leaves the existing versions under
    the key before
    (docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html).

    `manage_resource_policy`, `replicate_to` and `tag_keys` allow more, each under a condition.

    ```python
    SecretAdmin(
        self, "DbAdmin", secrets=db_secret, groups=[on_call],
        rotation_functions=[rotation_function], minimum_recovery_window=14,
    )
    ```

    It leaves open: to read the values. To move the secrets to the AWS-managed key, which
    everyone in the account may use, or to another key that the principals may use. Without
    `minimum_recovery_window`, to delete them without recovery. Without `rotation_functions`, to
    rotate them with any function of the account that Secrets Manager may invoke.

    Source: AWS, "Identity-based policies for Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        rotation_functions: Sequence[RotationFunction | str] | None = None,
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
            scope: the parent of the construct.
            construct_id: its id in that parent.
            secrets: one secret or several, each an `ISecret` or a `SecretScope`.
            rotation_functions: the Lambda functions, or their ARNs, that the secrets may be rotated
                with, whether the request names the function or the secret has it. It also allows
                `lambda:InvokeFunction` on them, which RotateSecret needs. Omitted, RotateSecret
                with any function; other policies must allow lambda:InvokeFunction.
            minimum_recovery_window: the days, 7 to 30, for which a deletion must be recoverable; a
                forced deletion is denied. A request without a window has AWS's default of 30 days.
                Omitted, deletion without recovery is allowed too.
            manage_resource_policy: also allow PutResourcePolicy in requests that make AWS refuse
                public policies (`BlockPublicPolicy`), and GetResourcePolicy, ValidateResourcePolicy
                and DeleteResourcePolicy.
            replicate_to: the Regions that the secrets may be replicated to
                (ReplicateSecretToRegions), without overwriting another secret there. For a replica
                under a customer-managed key, add a scope of its Region with that key. Omitted, no
                replication.
            tag_keys: the tag keys that TagResource and UntagResource may change, each of at most
                128 characters. Omitted, no tagging.
            conditions: the conditions of the access: from which network, and by whom. Omitted, the
                access has no further condition.
            users: the users to attach it to.
            roles: the roles to attach it to.
            groups: the groups to attach it to.
            policy_type: managed, or inline in each principal.
            policy_name: 1 to 128 letters, digits and `_+=,.@-`. Omitted, CloudFormation generates
                it; the name of an inline policy is made of the path of the construct and the id of
                the stack.
            description: at most 1,000 characters, for a managed policy alone.
            path: such as `/secrets/`, for a managed policy alone. Omitted, `/`.

        Raises:
            SecretAccessError: if an argument is not one that AWS accepts, is of another account, or
                can't be attached, or if IAM's quotas are exceeded: 6,144 characters for one secret
                in a managed policy, and 10 managed policies on a principal; for all inline policies
                together 2,048 characters for a user, 5,120 for a group, 10,240 for a role.
        """
        super().__init__(
            scope,
            construct_id,
            intents=[
                AdministerSecrets(
                    secrets=secrets,
                    rotation_functions=rotation_functions,
                    minimum_recovery_window=minimum_recovery_window,
                    manage_resource_policy=manage_resource_policy,
                    replicate_to=replicate_to,
                    tag_keys=tag_keys,
                    conditions=conditions,
                )
            ],
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
