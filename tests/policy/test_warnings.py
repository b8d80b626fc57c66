"""Warnings on what is taken as it is given: their ids are public."""

import pytest

from constructs_lib import SecretScope
from constructs_lib.policy.warnings import input_warnings

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"


@pytest.mark.parametrize("name", ["prod/db-AbCdEf", "my-secret", "x-123456", "-abcdef"])
def test_a_name_that_ends_as_a_complete_arn_does(name: str) -> None:
    for scope in (
        SecretScope.from_secret_name(name),
        SecretScope.from_secret_name(name, region="cn-north-1", account="111122223333"),
    ):
        (found,) = input_warnings([scope, scope])
        assert found.id == "secret-access-cdk:nameEndsLikeSuffix"
        assert found.message == (
            f"secret name '{name}' ends in a hyphen and six characters, as a complete ARN does; "
            "Secrets Manager may not find such a secret by a partial ARN; name it otherwise, or "
            "always use its complete ARN"
        )


@pytest.mark.parametrize("name", ["my-secret", "prod/orders-master"])
def test_a_complete_arn_that_may_be_a_partial_one(name: str) -> None:
    (found,) = input_warnings([SecretScope.from_secret_complete_arn(ARN + name)])
    assert found.id == "secret-access-cdk:arnMayBePartial"
    assert found.message.startswith(f"secret ARN ends in '{name[-7:]}', which is taken for")


@pytest.mark.parametrize(
    "scope",
    [
        SecretScope.from_secret_name("prod/db"),
        SecretScope.from_secret_name("my-secrets"),
        SecretScope.from_secret_name("my-secre"),
        SecretScope.from_secret_name("mysecret"),
        SecretScope.from_secret_name("${Token[TOKEN.1]}-secret"),
        SecretScope.from_secret_name_prefix("my-secret"),
        SecretScope.from_secret_name_prefix("my-secre"),
        SecretScope.from_secret_partial_arn(f"{ARN}prod/db"),
        SecretScope.from_secret_complete_arn(f"{ARN}prod/db-AbCdEf"),
        SecretScope.from_secret_complete_arn(f"{ARN}my-secret-a1b2c3"),
        SecretScope.from_secret_complete_arn("${Token[TOKEN.1]}"),
        SecretScope.from_tags({"a-secret": "b-secret"}),
    ],
)
def test_nothing_is_said_of_what_is_clear(scope: SecretScope) -> None:
    assert input_warnings([scope]) == []
