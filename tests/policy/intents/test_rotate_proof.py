"""What a rotator is allowed: the table of test_intents_proof.py, continued.

Written from https://docs.aws.amazon.com/secretsmanager/latest/userguide/
rotating-secrets-required-permissions-function.html.
"""

from typing import Any

import pytest

from constructs_lib import RotateSecrets, SecretScope
from constructs_lib.proof import Policies, never_allowed, no_new_access
from tests.support.intent_proofs import (
    ACTIONS,
    ARN,
    BASE,
    BY_NAME,
    BY_TAGS,
    HERE,
    HOME,
    KEY,
    KEY_POLICY,
    MATCHED,
    NEIGHBOURS,
    OTHER_KEY,
    RECREATED,
    REGION,
    SERVICE,
    TAGS_THAT_DO_NOT,
    TAGS_THAT_MATCH,
    TARGET,
    VIA,
    allowed,
    on_secrets,
    policies,
    table,
)

FOUR = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
# AWS authorizes it on `*`; that also covers a request that names a resource, which nobody makes.
PASSWORD = on_secrets(["GetRandomPassword"], HERE)
OWN = "secretsmanager:resource/AllowRotationLambdaArn"
FUNCTION = f"arn:aws:lambda:{REGION}:{HOME}:function:rotate"


class OtherKey:
    key_arn = OTHER_KEY


SUPERUSER = NEIGHBOURS[0]
OF_SUPERUSER = SecretScope.from_secret_complete_arn(SUPERUSER, encryption_key=OtherKey())


@pytest.mark.parametrize("scope", MATCHED)
def test_rotator_of_a_single_user(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    assert (
        table(policies(RotateSecrets([secrets]).statements()))
        == on_secrets(FOUR, matched) | PASSWORD
    )


def test_rotator_of_alternating_users() -> None:
    rules = policies(RotateSecrets([BY_NAME], superuser_secrets=[OF_SUPERUSER]).statements())
    replaced = on_secrets(FOUR, {TARGET, RECREATED})
    read = on_secrets(["GetSecretValue"], {SUPERUSER})
    assert table(rules) == replaced | read | PASSWORD


@pytest.mark.parametrize(
    ("context", "rotates"),
    [
        ({OWN: FUNCTION}, True),
        ({OWN: f"{FUNCTION}2"}, False),
        ({OWN: f"{FUNCTION}:live"}, False),
        ({OWN: FUNCTION.replace(HOME, "444455556666")}, False),
        ({OWN: ""}, False),
        ({"secretsmanager:RotationLambdaARN": FUNCTION}, False),
        ({}, False),
    ],
)
def test_a_rotator_may_be_kept_to_the_secrets_of_its_function(
    context: dict[str, Any], rotates: bool
) -> None:
    found = RotateSecrets(
        [BY_NAME], superuser_secrets=[OF_SUPERUSER], rotation_function=FUNCTION
    ).statements()
    replaced = on_secrets(FOUR, {TARGET, RECREATED}) if rotates else set()
    read = on_secrets(["GetSecretValue"], {SUPERUSER})
    assert table(policies(found), context) == replaced | read | PASSWORD


def test_rotator_by_tags() -> None:
    rules = policies(RotateSecrets([BY_TAGS]).statements())
    for context in TAGS_THAT_MATCH:
        assert table(rules, context) > PASSWORD
    for context in TAGS_THAT_DO_NOT:
        assert table(rules, context) == PASSWORD


def test_a_rotator_only_decrypts_with_the_key_of_the_superuser() -> None:
    found = RotateSecrets([BY_NAME], superuser_secrets=[OF_SUPERUSER]).statements()
    rules = policies(found, resource=KEY_POLICY)
    usable = {
        *(("kms:Decrypt", KEY, TARGET), ("kms:GenerateDataKey", KEY, TARGET)),
        ("kms:Decrypt", OTHER_KEY, SUPERUSER),
    }
    for action in (each for each in ACTIONS if each.startswith("kms:")):
        for key in (KEY, OTHER_KEY):
            for secret in (TARGET, SUPERUSER):
                context = {VIA: SERVICE, ARN: secret}
                expected = (action, key, secret) in usable
                assert allowed(rules, action, key, context) == expected, (action, key, secret)
                assert not allowed(rules, action, key, {ARN: secret})


def at_most(*, condition: dict[str, Any] | None = None) -> Policies:
    """Return a policy written by hand: what a rotator of alternating users may do at most."""

    def allow(actions: list[str], resource: str, **more: Any) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}

    def through_secrets_manager(secret: str) -> dict[str, Any]:
        return {"StringEquals": {VIA: SERVICE}, "StringLike": {ARN: secret}}

    by_name = f"{BASE}prod/db-??????"
    four = [f"secretsmanager:{action}" for action in FOUR]
    document = [
        allow(four, by_name, **({"Condition": condition} if condition else {})),
        allow(["secretsmanager:GetSecretValue"], SUPERUSER),
        allow(["secretsmanager:GetRandomPassword"], "*"),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"], KEY, Condition=through_secrets_manager(by_name)
        ),
        allow(["kms:Decrypt"], OTHER_KEY, Condition=through_secrets_manager(SUPERUSER)),
    ]
    return Policies([{"Version": "2012-10-17", "Statement": document}])


def test_nothing_beyond_the_table_is_allowed_by_any_request() -> None:
    found = RotateSecrets([BY_NAME], superuser_secrets=[OF_SUPERUSER]).statements()
    kept = RotateSecrets(
        [BY_NAME], superuser_secrets=[OF_SUPERUSER], rotation_function=FUNCTION
    ).statements()
    of_function: dict[str, Any] = {"ArnEquals": {OWN: FUNCTION}}
    for rules, most in (
        (policies(found), at_most()),
        (policies(kept), at_most(condition=of_function)),
    ):
        assert no_new_access(new=rules, old=most).proved
        assert no_new_access(new=most, old=rules).proved
    assert no_new_access(new=policies(found), old=at_most(condition=of_function)).refuted
    others = {each for each in ACTIONS if each.startswith("secretsmanager:")}
    others -= {f"secretsmanager:{action}" for action in (*FOUR, "GetRandomPassword")}
    assert never_allowed(policies(found), sorted(others), ["*"]).proved
