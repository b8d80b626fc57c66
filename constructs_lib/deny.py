"""DenySecretAccess: deny reading and describing secrets."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.documents import PolicyType
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of


class DenySecretAccess(SecretAccessPolicy):
    """Denies users, roles and groups to read and describe secrets, whatever else allows it.

    It denies GetSecretValue and DescribeSecret on the secrets, as AWS's article does. An explicit
    Deny overrides every Allow, in whatever policy.

    It leaves open every other action, also those that lead to the value by another way:
    PutResourcePolicy, TagResource, RotateSecret, ReplicateSecretToRegions, UpdateSecret. Where a
    scope names a Region, replicas of the secret in other Regions stay open too. Deny those who
    hold such permissions more than this.

    ```python
    DenySecretAccess(self, "NotForAdmins", secrets=payroll_secret, roles=[admin_role])
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
                account, can't be attached, or makes the policy longer than IAM's quota (managed
                6,144 characters; inline 2,048 for a user, 5,120 a group, 10,240 a role).
        """
        super().__init__(
            scope,
            construct_id,
            secrets=scopes_of(secrets, with_keys=False),
            statements=statements.deny,
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
