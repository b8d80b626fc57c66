"""What can't be allowed on the secrets of another account, whatever that account allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from constructs import Construct

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token
from constructs_lib.places import place_of
from constructs_lib.scope import SecretScope
from constructs_lib.statements import Statement

# Each intent that needs the key has one of them; https://docs.aws.amazon.com/
# secretsmanager/latest/userguide/auth-and-access_examples_cross.html lists what is effective.
_VALUES = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
_CREATE = "secretsmanager:CreateSecret"


def refuse_in_other_accounts(
    scope: Construct, secrets: Sequence[SecretScope], statements: Iterable[Statement]
) -> None:
    """Refuse to allow, in a stack of a known account, what is denied in another one.

    A value under the AWS-managed key, which nobody of another account can use; and the creation
    of secrets, which AWS has in the caller's own account alone.
    """
    allowed = {action for each in statements if each.effect == "Allow" for action in each.actions}
    creates, values = _CREATE in allowed, bool(_VALUES & allowed)
    for each in secrets:
        if each.account is None or not (creates or (values and each.key_arn is None)):
            continue
        here, _ = place_of(scope)
        if not has_token(here) and each.account != here:
            _refuse(each.arn, each.account, here, creates=creates)


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
