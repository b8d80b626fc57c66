"""SecretWriter: write secrets' values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of


class SecretWriter(SecretAccessPolicy):
    """Lets users, roles and groups write secrets' values, without reading any.

    It allows PutSecretValue, UpdateSecretVersionStage and UpdateSecret on the secrets and, where
    they have an `encryption_key`, `kms:GenerateDataKey` and `kms:Decrypt` with that key: for these
    secrets alone, and only when Secrets Manager asks for it.

    UpdateSecret could also move a secret to another KMS key. It is allowed while the secret keeps
    the scope's `encryption_key`: a request may leave the key out, or name it by that ARN
    (`secretsmanager:KmsKeyArn`; an alias or id is refused). Where the scope has no key, a request
    may name none.

    It leaves open: the secret's description; which version is current (a staging label can be moved
    back to an older one), and so what its readers get. It allows no read of values or metadata: add
    a `SecretReader` or `SecretDescriber` for that.

    ```python
    SecretWriter(self, "OrdersDbWriter", secrets=db_secret, roles=[pipeline_role])
    ```

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
            scope: the construct's parent.
            construct_id: its id in that parent.
            secrets: one or several; each an `ISecret` or a `SecretScope`.
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
            statements=partial(statements.write, conditions=conditions),
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
