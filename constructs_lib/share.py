"""SecretShare: let principals of other accounts read a secret's value."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aws_cdk import Resource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib import statements
from constructs_lib.arns import check_principal_arn
from constructs_lib.documents import PolicyDocument, document_for_template
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token
from constructs_lib.places import place_of
from constructs_lib.scope import SecretScope
from constructs_lib.statements import Statement


class SecretShare(Construct):
    """Lets roles and users of other accounts read a secret's value: the owner's side of it.

    It is for the app that makes the secret and its key. To the secret's resource policy it adds
    GetSecretValue for the principals, and to the key's policy `kms:Decrypt`, for this secret alone
    and only when Secrets Manager asks for it. Statements of others in these policies stay. It has
    AWS refuse a public policy of the secret (`BlockPublicPolicy`), whoever else adds to it.

    Both accounts must allow it: in the principals' account, place a `SecretReader` for the secret's
    name, with `account`, `region` and `encryption_key`.

    ```python
    app_role = iam.Role.from_role_arn(self, "App", "arn:aws:iam::111122223333:role/orders-app")
    SecretShare(self, "ForOrders", secret=db_secret, principals=[app_role])
    ```

    AWS refuses a policy that names a role or user who does not exist: deploy theirs first. One that
    is deleted and made anew is another one to AWS: take it out of the share, and put it in again.

    It leaves open: to whom the other account lends the role, and replicas, whose key has a policy
    of its own. There is no share with a whole account: name its roles.

    Source: AWS, "Access AWS Secrets Manager secrets from a different account"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secret: secretsmanager.ISecret,
        principals: Sequence[iam.IRole | iam.IUser],
        describe: bool = False,
    ) -> None:
        """Add the statements to the policies of the secret and of its key.

        Args:
            scope: the construct's parent.
            construct_id: its id in that parent.
            secret: a secret that the app makes, with a `secret_name`, under an `encryption_key`
                that the app makes too.
            principals: the roles and users, at least one, of other accounts; those that exist are
                imported by their ARN, and a role that the app makes has a `role_name`.
            describe: also allow DescribeSecret.

        Raises:
            SecretAccessError: if anything given is not that. CDK would drop what is added to an
                imported secret or key without a word.
        """
        owned = _owned(secret)
        target = _scope_of(owned)
        arns = _principal_arns(principals, place_of(owned)[0])
        # A Sid is to be unique in a policy, which may have several shares.
        path = f"{scope.node.path}/{construct_id}"
        mark = hashlib.sha256(path.encode()).hexdigest()[:8]
        of_secret = _marked(statements.share(arns, describe=describe), mark)
        of_key = _marked(statements.share_key(target, arns), mark)
        key: Any = owned.encryption_key  # there is one, as there are statements for it
        if not Resource.is_owned_resource(key):
            raise SecretAccessError(
                f"encryption_key of the secret to share is {shown(key.key_arn)}, which is imported",
                allowed="a key that the app makes is allowed: CDK leaves others as they are",
                remedy="place the share where the key is made, or add to its policy what "
                "`python -m constructs_lib share` prints",
            )

        super().__init__(scope, construct_id)
        self._resource_policy = document_for_template(of_secret)
        self._key_policy = document_for_template(of_key)
        for statement in self._key_policy["Statement"]:
            key.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
        for statement in self._resource_policy["Statement"]:
            added = owned.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
            policy: Any = added.policy_dependable
            policy.node.default_child.block_public_policy = True

    @property
    def resource_policy_document(self) -> PolicyDocument:
        """What is added to the secret's resource policy, with tokens in it."""
        return copy.deepcopy(self._resource_policy)

    @property
    def key_policy_document(self) -> PolicyDocument:
        """What is added to the key's policy, with intrinsics and tokens in it."""
        return copy.deepcopy(self._key_policy)


def _owned(secret: object) -> secretsmanager.Secret:
    """Return the secret itself, which the app makes: of one that is attached, its parent."""
    found = secret
    if isinstance(secret, secretsmanager.SecretTargetAttachment):
        found = secret.node.scope
    if not isinstance(found, secretsmanager.Secret):
        raise SecretAccessError(
            f"secret to share is {shown(getattr(secret, 'secret_arn', secret))}",
            allowed="an aws_secretsmanager.Secret that the app makes is allowed: CDK leaves the "
            "policy of an imported one as it is",
            remedy="place the share where the secret is made, or add to its policy what "
            "`python -m constructs_lib share` prints",
        )
    return found


def _scope_of(secret: secretsmanager.Secret) -> SecretScope:
    """Return the scope of a secret by its name, as its key can't refer to what refers to it."""
    resource: Any = secret.node.default_child
    name: str | None = resource.name
    # CDK's name that is made up when needed is nothing until another stack asks for it.
    if name is None or Stack.of(secret).resolve(name) is None:
        raise SecretAccessError(
            f"secret to share is {shown(secret.node.path)}, which has no name yet",
            allowed="a secret with a secret_name is allowed: the policy of its key, on which the "
            "secret depends, can't refer to it otherwise",
            remedy="give it a secret_name, by which the other account finds it too",
        )
    account, region = (None if has_token(each) else each for each in place_of(secret))
    return SecretScope.from_secret_name(
        name, encryption_key=secret.encryption_key, account=account, region=region
    )


def _principal_arns(principals: object, account: str) -> tuple[str, ...]:
    if isinstance(principals, str) or not isinstance(principals, Sequence) or not principals:
        raise SecretAccessError(
            f"principals is {shown(principals)}",
            allowed="a sequence of at least one role or user is allowed",
            remedy="give a list: principals=[...]",
        )
    return tuple(dict.fromkeys(_principal_arn(principal, account) for principal in principals))


def _principal_arn(principal: object, account: str) -> str:
    arn = getattr(principal, "role_arn", None) or getattr(principal, "user_arn", None)
    if arn is None:
        raise SecretAccessError(
            f"principal is {shown(principal)}",
            allowed="an aws_iam.IRole or IUser is allowed",
            remedy="for an ARN, use aws_iam.Role.from_role_arn or User.from_user_arn",
        )
    checked = check_principal_arn(arn)
    if getattr(principal, "principal_account", None) == account:
        raise SecretAccessError(
            f"principal {shown(arn)} is of the secret's own account",
            allowed="principals of other accounts are allowed",
            remedy="use SecretReader, or import it by its ARN if it is of another account",
        )
    return checked


def _marked(found: Sequence[Statement], mark: str) -> list[Statement]:
    return [replace(each, sid=f"{each.sid}{mark}") for each in found]
