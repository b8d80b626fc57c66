"""TagMatchedAccess: access to the secrets whose tags equal the principal's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.opt_ins import check_matched_tag_keys
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, every_secret, scopes_of


class TagMatchedAccess(SecretAccessPolicy):
    """Lets users, roles and groups use the secrets that carry the same tags as they do themselves.

    One policy for every team: who is tagged `Project=orders` may read the secrets that are, and a
    new secret or colleague needs a tag and no new policy. All of `tag_keys` must be equal, their
    values by case. Who lacks one of the tags, or has it empty, may use nothing.

    The same policy denies these principals to set, change or remove those tags of the secrets,
    however the key is spelt (`project` counts as `Project`), whatever else allows it; so they can
    create no secret with such a tag either, unless by `create=True`. Give a principal one policy of
    this kind for a tag: the Deny of another, without `create=True`, holds for it too.

    ```python
    TagMatchedAccess(self, "TeamSecrets", tag_keys=["Project"], write=True, groups=[developers])
    ```

    It leaves open: who tags the principals (iam:TagUser and iam:TagRole, sts:TagSession in a role's
    trust policy) chooses their secrets, and so does who else may tag secrets, as the Deny holds for
    these principals alone.

    AWS CloudFormation tags a secret after it has created it, and so can't create one for these
    principals.

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
            scope: the construct's parent.
            construct_id: its id in that parent.
            tag_keys: the keys of the tags, of which the principal's value and the secret's must be
                equal; ASCII letters, digits and `_.:/=+-@`.
            secrets: among which secrets, by name, name prefix or ARN; each an `ISecret` or a
                `SecretScope`. Where they have an `encryption_key`, its use for them is allowed too.
                Omitted, all secrets of the stack's account and Region, with no key.
            read: allow GetSecretValue.
            describe: also allow DescribeSecret.
            write: also allow what a `SecretWriter` does: PutSecretValue, UpdateSecretVersionStage,
                and UpdateSecret while the secret keeps its key. Open: which version is current.
            create: also allow CreateSecret with the principal's own values of all of the tags and
                with no other tag, and the TagResource that it takes. Each tag key takes some 1,500
                characters of the policy then: three keys leave no room for `write` beside it. Open:
                a secret there that has no other value of the tags, as one without tags, can be
                given the principal's own, and so be taken, as AWS does not tell that from tagging a
                new one: tag every secret, or narrow `secrets`.
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
            secrets=(every_secret(),) if secrets is None else scopes_of(secrets),
            statements=partial(
                statements.match_tags,
                tag_keys=check_matched_tag_keys(tag_keys),
                read=read,
                describe=describe,
                write=write,
                create=create,
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
