"""Refusals of access that the account of a secret denies to a policy of another account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from constructs_lib.aws.tokens import has_token
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.secret_scope import SecretScope

if TYPE_CHECKING:
    from constructs_lib.policy.intents.intent import Intent

# Each intent that needs the key has one of them; https://docs.aws.amazon.com/
# secretsmanager/latest/userguide/auth-and-access_examples_cross.html lists the effective actions.
_VALUES = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
_CREATE = "secretsmanager:CreateSecret"


def refuse_secrets_of_other_accounts(intents: Sequence[Intent], account: str) -> None:
    """Refuse to allow, in a known account, an access that another account denies.

    That is the value of a secret under the AWS-managed key, which no other account can use; and the
    creation of secrets, which AWS has in the account of the principal alone.
    """
    if has_token(account):
        return
    for intent in intents:
        allowed = {
            action
            for statement in intent.statements()
            if statement.effect == "Allow"
            for action in statement.actions
        }
        creates, values = _CREATE in allowed, bool(_VALUES & allowed)
        for secret_scope in (*intent.scopes, *intent.other_scopes):
            if secret_scope.account in (None, account):
                continue
            if creates or (values and secret_scope.key_arn is None):
                _refuse(secret_scope, account, creates=creates)


def _refuse(secret_scope: SecretScope, account: str, *, creates: bool) -> None:
    if creates:
        raise InvalidOptionError(
            "secrets",
            must=f"be of the account of the policy, {account}, to be created",
            got=Text(f"{secret_scope.arn!r} of account {secret_scope.account}"),
            remedy=f"make the policy in account {secret_scope.account}",
        )
    raise InvalidOptionError(
        "encryption_key",
        must=f"be given for a secret outside the account of the policy, {account}: no other "
        "account can use the AWS-managed key",
        got=Text(f"none for {secret_scope.arn!r} of account {secret_scope.account}"),
        remedy=f"give encryption_key, and place a SecretShare in account {secret_scope.account}",
    )
