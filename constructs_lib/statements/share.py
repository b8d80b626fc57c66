"""Share a secret with principals of other accounts: the policies of the secret and of its key.

Their `*` is the secret, or the key, that the policy is attached to. The other account has to allow
its principals the same: `read` makes that policy.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
"""

from dataclasses import replace

from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.statement import Statement, use_key


def share(principals: tuple[str, ...], *, describe: bool = False) -> list[Statement]:
    """Let principals of other accounts read the secret's value: for the secret's own policy."""
    check_flag("describe", describe)
    get, describe_secret = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
    actions = (get, describe_secret) if describe else (get,)
    return [Statement("ShareSecretValue", "Allow", actions, ("*",), principals=principals)]


def share_key(scope: SecretScope, principals: tuple[str, ...]) -> list[Statement]:
    """Let them decrypt that value, through Secrets Manager alone: for the key's policy.

    AWS's example also has kms:DescribeKey, which it allows on the other side to nobody: the two
    sides together grant kms:Decrypt alone.
    """
    if scope.key_arn is None:
        name = scope.arn.partition(":secret:")[2] or scope.arn
        raise SecretAccessError(
            f"secret to share is {shown(name)}, which has no encryption_key",
            allowed="a secret under a customer-managed key is allowed: no other account can use "
            "the AWS-managed one",
            remedy="encrypt it with a key of your own, and give that as encryption_key",
        )
    decrypt = use_key("DecryptSharedSecret", ("kms:Decrypt",), [scope])
    return [replace(each, resources=("*",), principals=principals) for each in decrypt]
