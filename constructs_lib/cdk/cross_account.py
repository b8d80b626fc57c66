"""Accounts, Regions and partitions that can't go together in one policy of a stack."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from constructs_lib.aws.arns import check_key_region
from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import REGION, has_token
from constructs_lib.cdk.location import environment_of
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.intents import Intent
from constructs_lib.policy.option_validation import check_principals_account
from constructs_lib.policy.secret_scope import SecretScope

# Each intent that needs the key has one of them; https://docs.aws.amazon.com/
# secretsmanager/latest/userguide/auth-and-access_examples_cross.html lists the effective actions.
_VALUES = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
_CREATE = "secretsmanager:CreateSecret"


def refuse_secrets_of_other_accounts(scope: Construct, intents: Sequence[Intent]) -> None:
    """Refuse to allow, in a stack of a known account, an access that another account denies.

    That is the value of a secret under the AWS-managed key, which no other account can use; and the
    creation of secrets, which AWS has in the account of the principal alone.
    """
    for intent in intents:
        secrets = [
            secret_scope
            for secret_scope in (*intent.scopes, *intent.other_scopes)
            if secret_scope.account is not None
        ]
        if not secrets:
            continue
        allowed = {
            action
            for statement in intent.statements()
            if statement.effect == "Allow"
            for action in statement.actions
        }
        creates, values = _CREATE in allowed, bool(_VALUES & allowed)
        for secret_scope in secrets:
            if creates or (values and secret_scope.key_arn is None):
                account, _ = environment_of(scope)
                if not has_token(account) and secret_scope.account != account:
                    _refuse(secret_scope, account, creates=creates)


def refuse_principals_of_other_accounts(scope: Construct, intents: Sequence[Intent]) -> None:
    """Refuse principals that options name, such as exceptions, of another account."""
    for intent in intents:
        if intent.named_principals:
            check_principals_account(intent.named_principals, environment_of(scope)[0])


def refuse_keys_of_other_regions(scope: Construct, secrets: Sequence[SecretScope]) -> None:
    """Refuse a key of another Region than that of the stack, for secrets of the stack's Region."""
    for secret_scope in secrets:
        if secret_scope.key_arn and secret_scope.key_region and secret_scope.region == REGION:
            check_key_region(
                secret_scope.key_arn, secret_scope.key_region, environment_of(scope)[1]
            )


def refuse_other_partitions(scope: Construct, secrets: Sequence[SecretScope]) -> None:
    """Refuse secrets of another partition than that of the stack: the policy can't cover them.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    for secret_scope in secrets:
        if secret_scope.region == REGION or has_token(secret_scope.region):
            continue
        region, partition = environment_of(scope)[1], partition_of(secret_scope.region).name
        if not has_token(region) and partition_of(region).name != partition:
            raise InvalidOptionError(
                "secrets",
                must=f"be of the partition of the stack, {partition_of(region).name}: accounts and "
                "their policies belong to one partition",
                got=Text(f"{secret_scope.arn!r} of {partition}"),
                remedy=f"make the policy in a stack of the partition {partition}",
            )


def _refuse(secret_scope: SecretScope, account: str, *, creates: bool) -> None:
    if creates:
        raise InvalidOptionError(
            "secrets",
            must=f"be of the account of the stack, {account}, to be created",
            got=Text(f"{secret_scope.arn!r} of account {secret_scope.account}"),
            remedy=f"make the policy in a stack of account {secret_scope.account}",
        )
    raise InvalidOptionError(
        "encryption_key",
        must=f"be given for a secret outside the account of the stack, {account}: no other account "
        "can use the AWS-managed key",
        got=Text(f"none for {secret_scope.arn!r} of account {secret_scope.account}"),
        remedy=f"give encryption_key, and place a SecretShare in account {secret_scope.account}",
    )
