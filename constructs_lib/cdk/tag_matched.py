"""TagMatchedAccess, written by `make generate`.

Change its options in constructs_lib/policy/intents/match_tags.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import UseTagMatchedSecrets
from constructs_lib.policy.secret_scope import Secrets


class TagMatchedAccess(SecretPolicy):
    """Lets users, roles and groups use the secrets that have the same tags as they have.

    One policy is enough for every team: a principal with the tag `Project=orders` may read the
    secrets with that tag. A new secret or colleague needs a tag, and no new policy. All of
    `tag_keys` must be equal; values are compared by case. A principal that lacks one of the
    tags, or has an empty value, may use no secret.

    The same policy denies these principals to set, change or remove those tags of secrets, in
    any spelling of the key (`project` counts as `Project`), whatever else allows it. So they
    can't create a secret with such a tag, except with `create=True`. Give a principal one
    policy of this kind for a tag: the Deny of a second one, without `create=True`, applies too.

    AWS CloudFormation tags a secret after it has created it, and so can't create a secret for
    these principals.

    ```python
    TagMatchedAccess(self, "TeamSecrets", tag_keys=["Project"], write=True, groups=[developers])
    ```

    It leaves open: principals that may tag the principals choose their secrets (iam:TagUser,
    iam:TagRole, and sts:TagSession in the trust policy of a role). So do other principals that
    may tag secrets: the Deny applies to the principals of this policy alone.

    Source: AWS, "IAM tutorial: Define permissions to access AWS resources based on tags"
    (docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html) and
    "IAM policy elements: Variables and tags"
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tag_keys: Sequence[str],
        secrets: Secrets | None = None,
        read: bool = True,
        describe: bool = False,
        write: bool = False,
        create: bool = False,
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
            tag_keys: the keys of the tags whose values must be equal, at least one: ASCII letters,
                digits and `_.:/=+-@`.
            secrets: the secrets to choose from, by name, name prefix or ARN, each an `ISecret` or a
                `SecretScope`. For those with an `encryption_key`, the use of the key is allowed
                too. Omitted, all secrets of the account and Region of the stack, and no key.
            read: allow GetSecretValue.
            describe: also allow DescribeSecret.
            write: also allow the actions of a `SecretWriter`: PutSecretValue,
                UpdateSecretVersionStage, and UpdateSecret while the secret keeps its key.
            create: also allow CreateSecret with the principal's own values of all of the tags and
                with no other tag, and the TagResource that it needs. Each tag key then adds some
                1,500 characters to the policy: with three keys there is no room for `write`.
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
                UseTagMatchedSecrets(
                    tag_keys=tag_keys,
                    secrets=secrets,
                    read=read,
                    describe=describe,
                    write=write,
                    create=create,
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
