"""SecretCreator: create secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.opt_ins import check_required_tags
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of


class SecretCreator(SecretAccessPolicy):
    """Lets users, roles and groups create secrets, and so only under the names of the scope.

    It allows CreateSecret on the scope and ListSecrets on `*` (AWS authorizes it on nothing
    narrower). Where the scope has an `encryption_key`, it allows `kms:Decrypt` and
    `kms:GenerateDataKey` with that key, which creating a secret under it takes. It does not allow
    to read what was created, nor to tag it (CreateSecret with tags takes TagResource as well)
    unless there are `required_tags`, nor to replicate it.

    It leaves open: the value and description of a new secret, and so what those get who may read
    secrets of such names; and, without `pin_key`, its key.

    ```python
    SecretCreator(
        self, "OrdersSecrets",
        secrets=SecretScope.from_secret_name_prefix("orders/", encryption_key=key),
        required_tags={"Project": "orders"}, pin_key=True,
        roles=[pipeline_role],
    )
    ```

    AWS CloudFormation creates a secret and then tags it, in two steps: who must have
    `required_tags` can't create secrets by a stack's template, and gets an access-denied error
    (docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_tagging.html).

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
            scope: the construct's parent.
            construct_id: its id in that parent.
            secrets: one or several, by name, name prefix or partial ARN. Tags and complete ARNs
                are refused: a secret that does not exist yet has neither.
            required_tags: the tags that a new secret must have in the request that creates it, all
                of them and no other (`aws:RequestTag`, `aws:TagKeys`); several values of a key are
                alternatives. Also allows TagResource with exactly these, on the scope. Keys to 128
                characters, values to 256. Omitted, no tags. Open: to give them to a secret there
                that has none of them yet; one with other values of them keeps those.
            pin_key: whether a new secret must be under its scope's `encryption_key`, which the
                request names by its ARN (`secretsmanager:KmsKeyArn`). Omitted, a request may
                name another key that it may use, or none.
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
                statements.create,
                required_tags=check_required_tags(required_tags),
                pin_key=pin_key,
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
