"""SecretWriter, written by `make generate`.

Change its options in constructs_lib/policy/intents/write.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import WriteSecrets
from constructs_lib.policy.secret_scope import Secrets


class SecretWriter(SecretPolicy):
    """Lets users, roles and groups write the values of secrets, and read none.

    It allows PutSecretValue, UpdateSecretVersionStage and UpdateSecret on the secrets. For
    secrets with an `encryption_key` it also allows `kms:GenerateDataKey` and `kms:Decrypt` with
    that key: for these secrets alone, and only in requests of Secrets Manager.

    UpdateSecret could also move a secret to another KMS key. It is allowed while the secret
    keeps the `encryption_key` of its scope: a request omits the key, or names it by its ARN
    (`secretsmanager:KmsKeyArn`; an alias or a key id is denied). For a scope without a key, a
    request may name none.

    ```python
    SecretWriter(self, "OrdersDbWriter", secrets=db_secret, roles=[pipeline_role])
    ```

    It leaves open: the description of the secret. The current version, and so the value that
    readers get: a staging label can be moved back to an older version. It allows no read of
    values or metadata: add a `SecretReader` or `SecretDescriber` for that.

    Source: AWS, "Actions, resources, and condition keys for AWS Secrets Manager"
    (docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html) and
    "Secret encryption and decryption"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
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
            intents=[WriteSecrets(secrets=secrets, conditions=conditions)],
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
