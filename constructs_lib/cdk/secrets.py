"""Reading the secrets and keys of CDK: the ARN, Region, account and key of each.

This file loads neither aws_cdk nor Node.js: its caller has a construct, and so has loaded both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.aws.arns import (
    ANY_SUFFIX,
    check_key_arn,
    check_secret_arn,
    key_region,
    refuse_alias,
)
from constructs_lib.aws.tokens import REGION, has_token, starts_with_token
from constructs_lib.cdk.internals import arn_for_policies, read_attribute
from constructs_lib.cdk.object_cache import memoize_per_object
from constructs_lib.errors import InvalidOptionError

if TYPE_CHECKING:
    from aws_cdk.aws_secretsmanager import ISecret

    from constructs_lib.policy.secret_scope import EncryptionKey


@memoize_per_object
def locate_secret(secret: ISecret) -> tuple[str, str, str | None]:
    """Return a secret's ARN, its Region, and its account where CDK knows it."""
    try:
        full_arn: str | None = read_attribute(secret, "secret_full_arn")
    except AttributeError:
        raise InvalidOptionError(
            "secrets",
            must="be an ISecret or a SecretScope, or a sequence of them",
            got=secret,
            remedy="for a name, use SecretScope.from_secret_name",
        ) from None
    if full_arn is None:
        checked = check_secret_arn(read_attribute(secret, "secret_arn"), complete=False)
        arn = checked.arn + ANY_SUFFIX
    else:
        checked = check_secret_arn(full_arn, complete=True)
        arn = arn_for_policies(secret, checked.arn)
    if checked.region is not None:
        return arn, checked.region, None  # the ARN has the account
    env = secret.env
    # An unknown Region or account is that of the stack.
    region = REGION if has_token(env.region) else env.region
    return arn, region, None if has_token(env.account) else env.account


@memoize_per_object
def encryption_key_of(secret: ISecret) -> EncryptionKey | None:
    """Return the key of a secret, if CDK knows that it has one."""
    key: EncryptionKey | None = read_attribute(secret, "encryption_key")
    return key


@memoize_per_object
def read_key(key: EncryptionKey) -> tuple[str | None, str | None]:
    """Return the ARN of a key and its Region, as far as CDK knows them; no ARN is AWS's own key."""
    alias = getattr(key, "alias_name", None)
    if alias == "alias/aws/secretsmanager":
        return None, None  # the AWS-managed key
    if alias is not None:
        refuse_alias(alias)
    try:
        arn = check_key_arn(read_attribute(key, "key_arn"))
    except AttributeError:
        raise InvalidOptionError(
            "encryption_key",
            must="be an aws_kms.IKey, or the ARN of a key",
            got=key,
            remedy="for an imported key, use aws_kms.Key.from_key_arn",
        ) from None
    # The ARN of a key of the app is a token, which does not show the Region of the key.
    return arn, _region_of(key) if starts_with_token(arn) else key_region(arn)


def _region_of(key: EncryptionKey) -> str | None:
    env = read_attribute(key, "env") if hasattr(type(key), "env") else None
    return None if env is None or has_token(env.region) else env.region
