"""What a share and a reader of another account allow together: a table, continued.

Written from https://docs.aws.amazon.com/secretsmanager/latest/userguide/
auth-and-access_examples_cross.html: both accounts must allow it, of the secret and of its key.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib import ReadSecrets, SecretScope, ShareSecret
from constructs_lib.aws.tokens import PARTITION, URL_SUFFIX
from constructs_lib.policy.document import PolicyDocument, document_for_iam
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, Request, evaluate, never_allowed, no_new_access
from tests.support.intent_proofs import (
    ACTIONS,
    ARN,
    BY_NAME,
    ELSEWHERE,
    HOME,
    KEY,
    KEY_POLICY,
    NEIGHBOURS,
    RECREATED,
    REGION,
    SERVICE,
    TARGET,
    VIA,
)

CONSUMER = "444455556666"
ROLE, USER = f"arn:aws:iam::{CONSUMER}:role/app", f"arn:aws:iam::{CONSUMER}:user/team/alice"
OTHERS = (
    f"arn:aws:iam::{CONSUMER}:role/app2",
    f"arn:aws:iam::{CONSUMER}:user/app",
    "arn:aws:iam::777788889999:role/app",
)
GET, DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
SHARED = ShareSecret(BY_NAME, principals=(ROLE, USER)).statements()
KEY_SHARED = ShareSecret(BY_NAME, principals=(ROLE, USER)).key_statements()
READER = ReadSecrets([BY_NAME]).statements()
EVERYTHING = [Statement("All", "Allow", ("*",), ("*",))]
THROUGH = {VIA: SERVICE, ARN: TARGET}


def document(found: list[Statement], beside: PolicyDocument | None = None) -> PolicyDocument:
    made = document_for_iam(found, {PARTITION: "aws", URL_SUFFIX: "amazonaws.com"})
    return (
        made if beside is None else {**made, "Statement": [beside["Statement"], *made["Statement"]]}
    )


def allowed(
    who: str,
    action: str,
    resource: str,
    identity: list[Statement],
    own: PolicyDocument | None,
    context: dict[str, Any] | None = None,
) -> bool:
    policies = Policies([document(identity)] if identity else [], resource=own)
    return evaluate(Request(who, action, resource, context or {}), policies).allowed


@pytest.mark.parametrize("describe", [False, True])
def test_of_the_secret_they_get_the_value_and_describe_if_told_to(describe: bool) -> None:
    own = document(ShareSecret(BY_NAME, principals=(ROLE, USER), describe=describe).statements())
    expected = {GET, DESCRIBE} if describe else {GET}
    for who in (ROLE, USER):
        found = {each for each in ACTIONS if allowed(who, each, TARGET, EVERYTHING, own)}
        assert found == expected
    for who in OTHERS:
        assert not any(allowed(who, each, TARGET, EVERYTHING, own) for each in ACTIONS)


def test_both_accounts_must_allow_it() -> None:
    own = document(SHARED)
    for who in (ROLE, USER):
        assert allowed(who, GET, TARGET, READER, own)
        assert not allowed(who, GET, TARGET, READER, None)
        assert not allowed(who, GET, TARGET, [], own)
    describing = document(ShareSecret(BY_NAME, principals=(ROLE,), describe=True).statements())
    assert not allowed(ROLE, DESCRIBE, TARGET, READER, describing)


OF_THE_OWNER = [s for s in (TARGET, RECREATED, *NEIGHBOURS, *ELSEWHERE) if CONSUMER not in s]


@pytest.mark.parametrize("secret", OF_THE_OWNER)
def test_the_reader_keeps_to_its_secret_whatever_is_shared(secret: str) -> None:
    assert allowed(ROLE, GET, secret, READER, document(SHARED)) == (secret in (TARGET, RECREATED))


CONTEXTS: list[tuple[dict[str, Any], bool]] = [
    ({VIA: SERVICE, ARN: TARGET}, True),
    ({VIA: SERVICE, ARN: RECREATED}, True),
    *(({VIA: SERVICE, ARN: secret}, False) for secret in (*NEIGHBOURS, *ELSEWHERE)),
    ({VIA: f"secretsmanager.us-east-1.{SERVICE.split('.', 2)[2]}", ARN: TARGET}, False),
    ({VIA: f"ssm.{REGION}.amazonaws.com", ARN: TARGET}, False),
    ({VIA: SERVICE}, False),
    ({ARN: TARGET}, False),
    ({}, False),
]


@pytest.mark.parametrize(("context", "fits"), CONTEXTS)
def test_the_key_decrypts_this_secret_through_the_service_of_its_region(
    context: dict[str, Any], fits: bool
) -> None:
    own = document(KEY_SHARED, KEY_POLICY)
    for who in (ROLE, USER):
        found = {each for each in ACTIONS if allowed(who, each, KEY, EVERYTHING, own, context)}
        assert found == ({"kms:Decrypt"} if fits else set())
        assert allowed(who, "kms:Decrypt", KEY, READER, own, context) == fits
    for who in OTHERS:
        assert not any(allowed(who, each, KEY, EVERYTHING, own, context) for each in ACTIONS)


def test_both_accounts_must_allow_the_key() -> None:
    assert not allowed(ROLE, "kms:Decrypt", KEY, READER, KEY_POLICY, THROUGH)
    assert not allowed(ROLE, "kms:Decrypt", KEY, [], document(KEY_SHARED, KEY_POLICY), THROUGH)


def test_the_owners_account_keeps_its_key() -> None:
    at_home = f"arn:aws:iam::{HOME}:role/admin"
    own = document(KEY_SHARED, KEY_POLICY)
    assert allowed(at_home, "kms:ScheduleKeyDeletion", KEY, EVERYTHING, own)


def test_no_request_at_all_does_anything_else() -> None:
    """Of what the two policies give to whom they name, taken by itself."""
    given = Policies([document([replace(each, principals=()) for each in (*SHARED, *KEY_SHARED)])])
    for_this_secret = {"StringEquals": {VIA: SERVICE}, "StringLike": {ARN: BY_NAME.arn}}
    at_most = Policies(
        [
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": GET, "Resource": "*"},
                    {
                        "Effect": "Allow",
                        "Action": "kms:Decrypt",
                        "Resource": "*",
                        "Condition": json.loads(
                            json.dumps(for_this_secret).replace(PARTITION, "aws")
                        ),
                    },
                ],
            }
        ]
    )
    assert no_new_access(new=given, old=at_most).proved
    assert no_new_access(new=at_most, old=given).proved
    others = [each for each in ACTIONS if each not in (GET, "kms:Decrypt")]
    assert never_allowed(given, others, ["*"]).proved


def test_a_key_shared_for_one_secret_is_not_for_others_under_it() -> None:
    scope = SecretScope.from_secret_complete_arn(TARGET, encryption_key=_Key())
    own = document(ShareSecret(scope, principals=(ROLE,)).key_statements())
    assert allowed(ROLE, "kms:Decrypt", KEY, EVERYTHING, own, THROUGH)
    assert not allowed(ROLE, "kms:Decrypt", KEY, EVERYTHING, own, {VIA: SERVICE, ARN: RECREATED})


class _Key:
    key_arn = KEY
