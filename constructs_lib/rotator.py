"""SecretRotator: rotate secrets, as a rotation function does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.opt_ins import RotationFunction, check_function
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of


class SecretRotator(SecretAccessPolicy):
    """Lets the role of a rotation function replace secrets' values.

    It allows DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on the
    secrets, and GetRandomPassword on `*` (AWS authorizes it on nothing narrower; it makes a
    password up, and tells nothing of any secret). Where the secrets have an `encryption_key`, it
    allows `kms:Decrypt` and `kms:GenerateDataKey` with that key, for these secrets alone and only
    when Secrets Manager asks for it.

    That is for the single user strategy. For alternating users, `superuser_secrets` also allows
    GetSecretValue on the secret of a superuser, and `kms:Decrypt` with its key.

    It leaves open: which value is put, and when, as it takes no rotation that is under way; and
    which version is current.

    What the function needs beside secrets is for other policies: the network of one in a VPC
    (`AWSLambdaVPCAccessExecutionRole`, which CDK adds), read-only calls of Amazon RDS where RDS
    manages the superuser's secret (`AmazonRDSReadOnlyAccess`), and the function's own, by which
    Secrets Manager may invoke it.

    ```python
    SecretRotator(
        self, "OrdersDbRotator", secrets=db_secret, superuser_secrets=admin_secret,
        rotation_function=function, roles=[function.role],
    )
    ```

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
        rotation_function: RotationFunction | None = None,
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
            secrets: those to rotate, one or several; each an `ISecret` or a `SecretScope`.
            superuser_secrets: those with whose credentials the function changes others, for the
                alternating users strategy; they are read alone. Omitted, none.
            rotation_function: the Lambda function that a secret to rotate must be configured with
                (`secretsmanager:resource/AllowRotationLambdaArn`), by exactly this ARN. Omitted,
                any or none.
            conditions: from where and by whom the access may be used. Omitted, only by the
                principals that the policy is attached to.
            users: the users to attach it to.
            roles: the roles to attach it to; the function's own is `function.role`.
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
        superuser_scopes = () if superuser_secrets is None else scopes_of(superuser_secrets)
        super().__init__(
            scope,
            construct_id,
            secrets=scopes_of(secrets),
            other_secrets=superuser_scopes,
            statements=partial(
                statements.rotate,
                superuser_scopes=superuser_scopes,
                rotation_function=(
                    None if rotation_function is None else check_function(rotation_function)
                ),
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
