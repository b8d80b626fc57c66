"""SecretReader, written by `make generate`.

Change its options in constructs_lib/policy/intents/read.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import ReadSecrets
from constructs_lib.policy.secret_scope import Secrets


class SecretReader(SecretPolicy):
    """Lets users, roles and groups read the values of secrets.

    It allows `secretsmanager:GetSecretValue` on the secrets. For secrets with an
    `encryption_key` it also allows `kms:Decrypt` with that key: for these secrets alone, and
    only in requests of Secrets Manager (`kms:ViaService`, `kms:EncryptionContext:SecretARN`). A
    condition on a key can't depend on tags. For secrets by tags, the key decrypts every secret
    under it, but only the secrets with the tags can be read.

    The key policy must let the IAM policies of the account decide, as the default key policy
    does.

    ```python
    SecretReader(
        self, "OrdersDbReader",
        secrets=[db_secret, SecretScope.from_secret_name("prod/api-key", encryption_key=key)],
        roles=[task_role],
    )
    ```

    It leaves open: older versions of the value, unless `version_stages` excludes them. For
    secrets by tags, principals that may tag secrets choose the secrets that are read.

    Source: AWS, "Identity-based policies for Secrets Manager" and "Secret encryption and
    decryption" (docs.aws.amazon.com/secretsmanager/latest/userguide).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        describe: bool = False,
        batch: bool = False,
        version_stages: Sequence[str] | None = None,
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
            describe: also allow `secretsmanager:DescribeSecret` on them, for their metadata.
            batch: also allow `secretsmanager:BatchGetSecretValue`, on `*`, which is the only
                resource that AWS authorizes it on. It returns only values that GetSecretValue
                allows too.
            version_stages: the staging labels, such as `AWSCURRENT`, of the versions that
                GetSecretValue may return. The condition is on the label in the request: a request
                without a label is denied, and so is a batch. Omitted, every version.
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
                ReadSecrets(
                    secrets=secrets,
                    describe=describe,
                    batch=batch,
                    version_stages=version_stages,
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
