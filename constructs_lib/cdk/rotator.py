"""SecretRotator, written by `make generate`.

Change its options in constructs_lib/policy/intents/rotate.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import RotateSecrets
from constructs_lib.policy.option_validation import RotationFunction
from constructs_lib.policy.secret_scope import Secrets


class SecretRotator(SecretPolicy):
    """Lets the role of a rotation function replace the values of secrets.

    It allows DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on the
    secrets, and GetRandomPassword on `*`, the only resource that AWS authorizes it on; that
    action returns a random text, and nothing of a secret. For secrets with an `encryption_key`
    it also allows `kms:Decrypt` and `kms:GenerateDataKey` with that key: for these secrets
    alone, and only in requests of Secrets Manager.

    That is enough for the single user strategy. For alternating users, `superuser_secrets` also
    allows GetSecretValue on the secret of a superuser, and `kms:Decrypt` with its key.

    Other policies must allow the further needs of the function: the network interfaces of a
    function in a VPC (`AWSLambdaVPCAccessExecutionRole`, which CDK adds), the read-only calls
    of Amazon RDS if RDS manages the secret of the superuser (`AmazonRDSReadOnlyAccess`), and
    the policy of the function, which lets Secrets Manager invoke it.

    ```python
    SecretRotator(
        self, "OrdersDbRotator", secrets=db_secret, superuser_secrets=admin_secret,
        rotation_function=function, roles=[function.role],
    )
    ```

    It leaves open: the value, and the time of the change: the policy requires no rotation in
    progress. The current version.

    Source: AWS, "Lambda rotation function execution role permissions for AWS Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/
    rotating-secrets-required-permissions-function.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        superuser_secrets: Secrets | None = None,
        rotation_function: RotationFunction | str | None = None,
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
            secrets: the secrets to rotate, one or several, each an `ISecret` or a `SecretScope`.
            superuser_secrets: the secrets whose credentials the function uses to change other
                credentials, for the alternating users strategy. They are read, and not written.
                Omitted, none.
            rotation_function: the Lambda function, or its ARN, that a secret must be configured
                with (`secretsmanager:resource/AllowRotationLambdaArn`); the ARN is compared
                exactly. Omitted, any function or none.
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
                RotateSecrets(
                    secrets=secrets,
                    superuser_secrets=superuser_secrets,
                    rotation_function=rotation_function,
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
