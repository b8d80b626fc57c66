"""SecretDescriber and TagScopedDescriber: see the metadata of secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of
from constructs_lib.tags import check_tags


class SecretDescriber(SecretAccessPolicy):
    """Lets users, roles and groups see secrets' metadata, and no value.

    It allows DescribeSecret, ListSecretVersionIds and GetResourcePolicy on the secrets.

    It leaves open: what metadata tells: names, descriptions, tags, versions and their staging
    labels, the rotation and its function, replicas, the KMS key and who else has access. Keep
    secrets out of names, descriptions and tags.

    ```python
    SecretDescriber(self, "Inventory", secrets=SecretScope.from_secret_name_prefix("prod/"),
                    list=True, groups=[auditors])
    ```

    Source: AWS, "Actions, resources, and condition keys for AWS Secrets Manager"
    (docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        list: bool = False,
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
            list: also allow `secretsmanager:ListSecrets`, on `*` as AWS demands. Open: the
                names, descriptions and tags of all secrets of the account and Region.
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
            secrets=scopes_of(secrets, with_keys=False),
            statements=partial(statements.describe, list_all=list, conditions=conditions),
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )


class TagScopedDescriber(SecretAccessPolicy):
    """Lets users, roles and groups describe every secret that carries certain tags.

    It allows DescribeSecret on `*` under the condition that the secret's tags
    (`secretsmanager:ResourceTag/KEY`) equal the values. It gives metadata, never a value.

    It leaves open: who may tag secrets, and so chooses which of them it covers; and what metadata
    tells.

    ```python
    TagScopedDescriber(self, "OrdersDescriber", tags={"Project": "orders"}, groups=[support])
    ```

    Source: AWS, "Identity-based policies for Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tags: Mapping[str, str | Sequence[str]],
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
            tags: the tags that a secret must all carry. Several values of a key are alternatives.
                Keys to 128 characters, values to 256.
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
        checked = check_tags(tags)
        super().__init__(
            scope,
            construct_id,
            secrets=(),
            statements=lambda _: statements.describe_tagged(checked, conditions=conditions),
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
