"""IAM's quotas, and those that AWS raises."""

import pytest

from constructs_lib import QuotaExceededError, SecretAccessError
from constructs_lib.aws.quotas import (
    ATTACHED_QUOTAS,
    INLINE_QUOTAS,
    MANAGED_QUOTA,
    Kind,
    attached_quota,
    check_attached,
    check_length,
)


def test_quotas_are_iams() -> None:
    assert MANAGED_QUOTA == 6_144
    assert INLINE_QUOTAS == {"user": 2_048, "group": 5_120, "role": 10_240}
    assert ATTACHED_QUOTAS == {"user": (10, 20), "group": (10, 10), "role": (10, 25)}


def test_what_is_exactly_as_long_as_the_quota_is_taken() -> None:
    check_length(6_144, MANAGED_QUOTA, "managed policy", "shorten it")


def test_fails_one_character_over_the_quota() -> None:
    with pytest.raises(QuotaExceededError) as caught:
        check_length(6_145, MANAGED_QUOTA, "managed policy 'Reader'", "give fewer secrets")
    assert str(caught.value) == (
        "managed policy 'Reader' must be at most 6,144 characters, whitespace not counted, "
        "got 6,145; give fewer secrets"
    )


@pytest.mark.parametrize(
    ("kind", "given", "quota"),
    [
        ("role", None, 10),
        ("role", 10, 10),
        ("role", 25, 25),
        ("role", 25.0, 25),
        ("role", "25", 25),
        ("user", "20", 20),
        ("user", None, 10),
        ("group", None, 10),
        ("group", 20, 10),  # AWS does not raise it
    ],
)
def test_the_quota_that_an_app_says_to_have(kind: Kind, given: object, quota: int) -> None:
    key = f"secret-access-cdk:managedPoliciesPer{kind.capitalize()}"
    assert attached_quota(kind, {key: given}.get) == quota
    assert attached_quota(kind, {"other": 3}.get) == 10


@pytest.mark.parametrize("given", [9, 26, 12.5, "x", "", "-1", True, [12], "1e1"])
def test_fails_on_a_quota_that_aws_does_not_have(given: object) -> None:
    with pytest.raises(SecretAccessError, match="managedPoliciesPerRole must be 10 to 25, "):
        attached_quota("role", lambda _: given)


def no_context(_: str) -> None:
    return None


def test_fails_on_more_policies_than_a_principal_may_have() -> None:
    check_attached("role", "app", 10, no_context)
    with pytest.raises(QuotaExceededError) as caught:
        check_attached("role", "app", 11, no_context)
    assert str(caught.value) == (
        "role 'app' must have at most 10 managed policies, got 11 from this app; "
        "attach fewer, such as one construct with all of the role's secrets, or have AWS raise "
        "the quota, and give it as CDK context secret-access-cdk:managedPoliciesPerRole"
    )


def test_the_context_is_asked_only_beyond_the_default() -> None:
    asked: list[str] = []
    check_attached("user", "alice", 10, asked.append)
    assert asked == []
    check_attached("user", "alice", 20, {"secret-access-cdk:managedPoliciesPerUser": 20}.get)


@pytest.mark.parametrize(("kind", "highest"), [("group", 10), ("role", 25), ("user", 20)])
def test_what_aws_does_not_raise_is_not_the_remedy(kind: Kind, highest: int) -> None:
    with pytest.raises(QuotaExceededError) as caught:
        check_attached(kind, "x", highest + 1, lambda _: highest)
    assert "raise" not in caught.value.remedy
