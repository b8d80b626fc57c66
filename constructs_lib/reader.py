"""SecretReader: read secrets' values."""

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
from constructs_lib.stages import check_version_stages


class SecretReader(SecretAccessPolicy):
    """Lets users, roles and groups read secrets' values.

    It allows `secretsmanager:GetSecretValue` on the secrets and, where they have an
    `encryption_key`, `kms:Decrypt` with that key: for these secrets alone, and only when Secrets
    Manager asks for it (`kms:ViaService`, `kms:EncryptionContext:SecretARN`). A key condition can't
    see tags: with secrets by tags, the key is usable for every secret under it, though only those
    with the tags can be read.

    ```python
    SecretReader(
        self, "OrdersDbReader",
        secrets=[db_secret, SecretScope.from_secret_name("prod/api-key", encryption_key=key)],
        roles=[task_role],
    )
    ```

    It leaves open: older versions of the value, unless `version_stages` leaves them out; and, with
    secrets by tags, who may tag secrets, and so chooses which are read.

    The key's own policy must let the account's IAM policies decide, as the default key policy
    does.

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
            scope: the construct's parent.
            construct_id: its id in that parent.
            secrets: one or several; each an `ISecret` or a `SecretScope`.
            describe: also allow `secretsmanager:DescribeSecret` on them, for their metadata.
            batch: also allow `secretsmanager:BatchGetSecretValue`, on `*` as AWS demands. It
                returns only values that GetSecretValue allows as well.
            version_stages: limit GetSecretValue to versions with one of these staging labels,
                such as `["AWSCURRENT"]`. A request must then name its stage: the condition is on
                the stages in the request, so one that names none is refused, and batch as well.
                Omitted, every version. Open: who may move staging labels, and so chooses the
                version.
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
                statements.read,
                describe=describe,
                batch=batch,
                version_stages=check_version_stages(version_stages),
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
