"""What is refused on secrets of another account than the stack's, as nothing would come of it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as sm

from constructs_lib import (
    DenySecretAccess,
    SecretAccessError,
    SecretAdmin,
    SecretCreator,
    SecretDescriber,
    SecretReader,
    SecretRotator,
    SecretScope,
    SecretWriter,
)

HOME, OTHER = "111122223333", "444455556666"
ARN = f"arn:aws:secretsmanager:eu-west-1:{OTHER}:secret:prod/db"
KEY_ARN = f"arn:aws:kms:eu-west-1:{OTHER}:key/abc"
THERE: dict[str, Any] = {"region": "eu-west-1", "account": OTHER}
OF_VALUES: list[type[SecretReader | SecretWriter | SecretAdmin | SecretRotator]] = [
    *(SecretReader, SecretWriter, SecretAdmin, SecretRotator),
]
SCOPES = [
    SecretScope.from_secret_name("prod/db", **THERE),
    SecretScope.from_secret_name_prefix("prod/", **THERE),
    SecretScope.from_secret_partial_arn(ARN),
    SecretScope.from_secret_complete_arn(f"{ARN}-AbCdEf"),
    SecretScope.from_tags({"Project": "orders"}, **THERE),
]
WITHOUT_KEY = f"encryption_key must be given for a secret outside the account of the policy, {HOME}"


@pytest.mark.parametrize("construct", OF_VALUES)
@pytest.mark.parametrize("secret", SCOPES)
def test_fails_on_a_value_under_the_aws_managed_key(
    ireland: cdk.Stack, construct: type[SecretReader], secret: SecretScope
) -> None:
    here = SecretScope.from_secret_name("here")
    with pytest.raises(SecretAccessError, match=f"^{WITHOUT_KEY}: .* got none for 'arn:.* {OTHER}"):
        construct(ireland, "Bad", secrets=[here, secret])
    assert not ireland.node.children


def test_fails_on_the_secret_of_a_superuser_under_the_aws_managed_key(ireland: cdk.Stack) -> None:
    here = SecretScope.from_secret_name("here")
    with pytest.raises(SecretAccessError, match=WITHOUT_KEY):
        SecretRotator(ireland, "Bad", secrets=here, superuser_secrets=SCOPES[0])


def test_fails_on_a_secret_of_the_app_under_the_aws_managed_key(
    app: cdk.App, ireland: cdk.Stack
) -> None:
    env = cdk.Environment(account=OTHER, region="eu-west-1")
    secret = sm.Secret(cdk.Stack(app, "Other", env=env), "Secret", secret_name="prod/db")
    with pytest.raises(SecretAccessError, match=WITHOUT_KEY):
        SecretReader(ireland, "Bad", secrets=secret)
    own = sm.Secret(ireland, "Own")
    SecretReader(ireland, "Good", secrets=own)


@pytest.mark.parametrize("construct", OF_VALUES)
def test_a_value_under_a_key_is_allowed(ireland: cdk.Stack, construct: type[SecretReader]) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", KEY_ARN)
    secret = SecretScope.from_secret_name("prod/db", encryption_key=key, **THERE)
    found = construct(ireland, "It", secrets=secret).policy_documents[0]["Statement"]
    assert found[-1]["Resource"] == KEY_ARN


@pytest.mark.parametrize("construct", [SecretDescriber, DenySecretAccess])
def test_what_needs_no_key_is_allowed(
    ireland: cdk.Stack, construct: type[SecretDescriber | DenySecretAccess]
) -> None:
    for number, secret in enumerate(SCOPES):
        construct(ireland, f"It{number}", secrets=secret)


@pytest.mark.parametrize("construct", OF_VALUES)
def test_a_stack_of_that_account_or_of_none_is_not_refused(
    app: cdk.App, stack: cdk.Stack, construct: type[SecretReader]
) -> None:
    env = cdk.Environment(account=OTHER, region="eu-west-1")
    there = cdk.Stack(app, "There", env=env)
    for place in (stack, there):
        construct(place, "It", secrets=SCOPES[0])


@pytest.mark.parametrize("key_arn", [KEY_ARN, None])
def test_fails_on_a_creation_in_another_account(ireland: cdk.Stack, key_arn: str | None) -> None:
    key = key_arn and kms.Key.from_key_arn(ireland, "Key", key_arn)
    secret = SecretScope.from_secret_name("prod/db", encryption_key=key or None, **THERE)
    message = f"^secrets must be of the account of the policy, {HOME}, to be created, .*{OTHER}"
    with pytest.raises(SecretAccessError, match=message):
        SecretCreator(ireland, "Bad", secrets=secret)
    SecretCreator(ireland, "Good", secrets=SecretScope.from_secret_name("prod/db", account=HOME))
