"""Accounts, Regions and partitions that can't go together in one policy of a stack."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from constructs_lib.aws.arns import check_key_region
from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import REGION, has_token
from constructs_lib.cdk.location import environment_of
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.document import check_partition, partitions_in
from constructs_lib.policy.intents import Intent
from constructs_lib.policy.option_validation import check_principals_account
from constructs_lib.policy.other_accounts import refuse_secrets_of_other_accounts
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement


def refuse_other_accounts(scope: Construct, intents: Sequence[Intent], account: str | None) -> None:
    """Refuse secrets and named principals that the account of the policy can't go together with.

    The account is that of the principals of the policy, if it is known, or else the stack's.
    """
    named = [arn for intent in intents for arn in intent.named_principals]
    elsewhere = any(
        secret_scope.account is not None
        for intent in intents
        for secret_scope in (*intent.scopes, *intent.other_scopes)
    )
    if named or elsewhere:
        account = account or environment_of(scope)[0]
        refuse_secrets_of_other_accounts(intents, account)
        check_principals_account(named, account)


def refuse_keys_of_other_regions(scope: Construct, secrets: Sequence[SecretScope]) -> None:
    """Refuse a key of another Region than that of the stack, for secrets of the stack's Region."""
    for secret_scope in secrets:
        if secret_scope.key_arn and secret_scope.key_region and secret_scope.region == REGION:
            check_key_region(
                secret_scope.key_arn, secret_scope.key_region, environment_of(scope)[1]
            )


def refuse_other_partitions(
    scope: Construct, secrets: Sequence[SecretScope], statements: Sequence[Statement]
) -> None:
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
    if partitions_in(statements):
        region = environment_of(scope)[1]
        if not has_token(region):
            check_partition(statements, partition_of(region).name)
