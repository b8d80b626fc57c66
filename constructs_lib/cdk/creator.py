"""SecretCreator, written by `make generate`.

Change its options in constructs_lib/policy/intents/create.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import CreateSecrets
from constructs_lib.policy.secret_scope import Secrets


class SecretCreator(SecretPolicy):
    """Lets users, roles and groups create secrets, under the names of the scope alone.

    It allows CreateSecret on the scope, and ListSecrets on `*`, the only resource that AWS
    authorizes it on. For a scope with an `encryption_key` it also allows `kms:Decrypt` and
    `kms:GenerateDataKey` with that key, which the creation of a secret under it needs. It does
    not allow to read or to replicate the new secret. It allows to tag it with `required_tags`
    alone: CreateSecret with tags needs TagResource too.

    AWS CloudFormation creates a secret and then tags it, in two steps. A principal with
    `required_tags` can't create secrets by a template: AWS denies the first step
    (docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_tagging.html).

    ```python
    SecretCreator(
        self, "OrdersSecrets",
        secrets=SecretScope.from_secret_name_prefix("orders/", encryption_key=key),
        required_tags={"Project": "orders"}, pin_key=True,
        roles=[pipeline_role],
    )
    ```

    It leaves open: the value and the description of a new secret, and so the value that readers
    of such names get. Without `pin_key`, the key of the secret.

    Source: AWS, "Identity-based policies for Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        required_tags: Mapping[str, str | Sequence[str]] | None = None,
        pin_key: bool = False,
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
            secrets: one or several, by name, name prefix or partial ARN. Tags and complete ARNs are
                refused: a secret that does not exist yet has neither.
            required_tags: the tags that the request must give a new secret, all of them and no
                other (`aws:RequestTag`, `aws:TagKeys`). Several values of a key are alternatives.
                It also allows TagResource with exactly these tags, on the scope. Keys have at most
                128 characters, values 256. Omitted, no tags.
            pin_key: whether a new secret must be under the `encryption_key` of its scope, which the
                request names by its ARN (`secretsmanager:KmsKeyArn`). Omitted, a request may name
                another key that the principal may use, or none.
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
                CreateSecrets(
                    secrets=secrets,
                    required_tags=required_tags,
                    pin_key=pin_key,
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
