"""SecretShare: principals of other accounts read the value of a secret."""

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

from constructs_lib.aws.tokens import has_token
from constructs_lib.cdk.location import environment_of
from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.policy.document import PolicyDocument, document_for_template
from constructs_lib.policy.intents import ShareSecret
from constructs_lib.policy.option_validation import check_sharing_principals
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement


class SecretShare(Construct):
    """Lets roles and users of other accounts read the value of a secret: the side of its owner.

    It is for the app that makes the secret and its key. To the secret's resource policy it adds
    GetSecretValue for the principals, and to the key's policy `kms:Decrypt`, for this secret alone
    and only in requests that Secrets Manager makes. Other statements in these policies stay.
    `BlockPublicPolicy` makes AWS refuse a public policy of the secret, also by other statements.

    Both accounts must allow it: in the principals' account, place a `SecretReader` for the secret's
    name, with `account`, `region` and `encryption_key`.

    ```python
    app_role = iam.Role.from_role_arn(self, "App", "arn:aws:iam::111122223333:role/orders-app")
    SecretShare(self, "ForOrders", secret=db_secret, principals=[app_role])
    ```

    AWS refuses a policy that names a role or user who does not exist: deploy the other account
    first. A role that is deleted and made again is another role to AWS: remove it from the share,
    deploy, and add it again.

    It leaves open: the principals that the other account lets assume the role; and replicas, whose
    key has a policy of its own. A share with a whole account is not possible: name its roles.

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
            scope: the parent of the construct.
            construct_id: its id in that parent.
            secret: a secret that the app makes, with a `secret_name`, under an `encryption_key`
                that the app makes too.
            principals: the roles and users, at least one, of other accounts; those that exist are
                imported by their ARN, and a role that the app makes has a `role_name`.
            describe: also allow DescribeSecret.

        Raises:
            SecretAccessError: if the secret, its key or a principal is not as described here. CDK
                silently drops statements that are added to an imported secret or key.
        """
        owned = _owned(secret)
        target = _scope_of(owned)
        arns = _principal_arns(principals, environment_of(owned)[0])
        # A Sid must be unique in a policy, which may have several shares.
        path = f"{scope.node.path}/{construct_id}"
        mark = hashlib.sha256(path.encode()).hexdigest()[:8]
        intent = ShareSecret(target, principals=arns, describe=describe)
        of_secret = _marked(intent.statements(), mark)
        of_key = _marked(intent.key_statements(), mark)
        key: Any = owned.encryption_key  # there is one, as there are statements for it
        if not Resource.is_owned_resource(key):
            raise InvalidOptionError(
                "encryption_key of the secret to share",
                must="be a key that the app makes: CDK changes no policy of an imported key",
                got=Text(f"{shown(key.key_arn)}, which is imported"),
                remedy="place the share in the app that makes the key, or add to its policy the "
                "statements that `python -m constructs_lib share` prints",
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
        """The statements that it adds to the resource policy of the secret, with tokens in them."""
        return copy.deepcopy(self._resource_policy)

    @property
    def key_policy_document(self) -> PolicyDocument:
        """The statements that it adds to the policy of the key, with tokens in them."""
        return copy.deepcopy(self._key_policy)


def _owned(secret: object) -> secretsmanager.Secret:
    """Return the secret that the app makes: the parent of a `SecretTargetAttachment`."""
    owned_secret = secret
    if isinstance(secret, secretsmanager.SecretTargetAttachment):
        owned_secret = secret.node.scope
    if not isinstance(owned_secret, secretsmanager.Secret):
        raise InvalidOptionError(
            "secret to share",
            must="be an aws_secretsmanager.Secret that the app makes: CDK changes no policy of an "
            "imported secret",
            got=getattr(secret, "secret_arn", secret),
            remedy="place the share in the app that makes the secret, or add to its policy the "
            "statements that `python -m constructs_lib share` prints",
        )
    return owned_secret


def _scope_of(secret: secretsmanager.Secret) -> SecretScope:
    """Return the scope of a secret by its name: the policy of its key can't refer to the secret."""
    resource: Any = secret.node.default_child
    name: str | None = resource.name
    # The name that CDK generates on demand is None until another stack refers to it.
    if name is None or Stack.of(secret).resolve(name) is None:
        raise InvalidOptionError(
            "secret to share",
            must="have a secret_name: the secret depends on its key, whose policy can refer to the "
            "secret by that name alone",
            got=Text(f"{shown(secret.node.path)} without secret_name"),
            remedy="give it a secret_name, which the other account uses too",
        )
    account, region = (None if has_token(value) else value for value in environment_of(secret))
    return SecretScope.from_secret_name(
        name, encryption_key=secret.encryption_key, account=account, region=region
    )


def _principal_arns(principals: Sequence[iam.IRole | iam.IUser], account: str) -> tuple[str, ...]:
    arns = check_sharing_principals(principals)
    for principal in principals:
        if isinstance(principal, str):
            raise InvalidOptionError(
                "principals",
                must="be aws_iam.IRole or IUser",
                got=principal,
                remedy="for an ARN, use aws_iam.Role.from_role_arn or User.from_user_arn",
            )
        if getattr(principal, "principal_account", None) == account:
            raise InvalidOptionError(
                "principals",
                must="be of other accounts than that of the secret",
                got=principal,
                remedy="use SecretReader, or import it by its ARN if it is of another account",
            )
    return arns


def _marked(statements: Sequence[Statement], mark: str) -> list[Statement]:
    return [replace(statement, sid=f"{statement.sid}{mark}") for statement in statements]
