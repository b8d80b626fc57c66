"""What can't be allowed on the secrets of another account, whatever that account allows."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.arns import secret_account
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token, starts_with_token
from constructs_lib.places import place_of
from constructs_lib.statements import Statement

# Each intent that needs the key has one of them; https://docs.aws.amazon.com/
# secretsmanager/latest/userguide/auth-and-access_examples_cross.html lists what is effective.
_VALUES = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
_CREATE = "secretsmanager:CreateSecret"


def refuse_in_other_accounts(scope: Construct, statements: Iterable[Statement]) -> None:
    """Refuse to allow, in a stack of a known account, what is denied in another one.

    A value under the AWS-managed key, which nobody of another account can use; and the creation
    of secrets, which AWS has in the caller's own account alone.
    """
    allowed = [each for each in statements if each.effect == "Allow"]
    with_key = {
        arn
        for statement in allowed
        for condition in statement.conditions
        if condition.key == "kms:EncryptionContext:SecretARN"
        for arn in condition.values
    }
    for statement in allowed:
        creates, values = _CREATE in statement.actions, _VALUES & set(statement.actions)
        for arn in statement.resources:
            if creates or (values and arn not in with_key):
                _refuse_elsewhere(scope, arn, creates=creates)


def _refuse_elsewhere(scope: Construct, arn: str, *, creates: bool) -> None:
    account = secret_account(arn)
    if account is None and not starts_with_token(arn):
        return  # it is the stack's own, or known at deployment alone
    here, _ = place_of(scope)
    if has_token(here):
        return
    if account is None:
        # Of a secret of the app, which another stack may make, CDK alone knows the account.
        account = secret_account(json.dumps(Stack.of(scope).resolve(arn)))
    if account is not None and account != here:
        _refuse(arn, account, here, creates=creates)


def _refuse(arn: str, account: str, here: str, *, creates: bool) -> None:
    given = f"secret {shown(arn)} is of account {account}, the stack of account {here}"
    if creates:
        raise SecretAccessError(
            given,
            allowed="secrets are created in the account of who creates them",
            remedy=f"make the policy in a stack of account {account}",
        )
    raise SecretAccessError(
        f"{given}, and no encryption_key is given",
        allowed="the value of a secret under a customer-managed key is allowed: no other account "
        "can use the AWS-managed one",
        remedy=f"give the key as encryption_key, and in {account} place a SecretShare",
    )
