"""SecretDescriber, written by `make generate`.

Change its options in constructs_lib/policy/intents/describe.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import DescribeSecrets
from constructs_lib.policy.secret_scope import Secrets


class SecretDescriber(SecretPolicy):
    """Lets users, roles and groups see the metadata of secrets, and no value.

    It allows DescribeSecret, ListSecretVersionIds and GetResourcePolicy on the secrets.

    ```python
    SecretDescriber(self, "Inventory", secrets=SecretScope.from_secret_name_prefix("prod/"),
                    list=True, groups=[auditors])
    ```

    It leaves open: the metadata itself: names, descriptions, tags, versions and their staging
    labels, the rotation and its function, replicas, the KMS key, and the principals with
    access. Keep secret values out of names, descriptions and tags.

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
            scope: the parent of the construct.
            construct_id: its id in that parent.
            secrets: one secret or several, each an `ISecret` or a `SecretScope`.
            list: also allow `secretsmanager:ListSecrets`, on `*`, which is the only resource that
                AWS authorizes it on.
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
            intents=[DescribeSecrets(secrets=secrets, list=list, conditions=conditions)],
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
