"""What a writer and a describer are allowed: the table of test_intents_proof.py, continued."""

from typing import Any

import pytest

from constructs_lib import SecretScope, WriteSecrets
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, never_allowed
from tests.support.intent_proofs import (
    BASE,
    BY_NAME,
    BY_TAGS,
    HOME,
    KEY,
    MATCHED,
    OTHER_KEY,
    RECREATED,
    REGION,
    TAGS_THAT_DO_NOT,
    TAGS_THAT_MATCH,
    TARGET,
    on_secrets,
    policies,
    table,
)

WITHOUT_KEY = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME)
ALWAYS = ("PutSecretValue", "UpdateSecretVersionStage")
KEY_ARN, KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"


@pytest.mark.parametrize("scope", MATCHED)
def test_writer(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    expected = on_secrets((*ALWAYS, "UpdateSecret"), matched)
    assert table(policies(WriteSecrets([secrets]).statements())) == expected


# What a request of UpdateSecret tells of a key, and whether it may be made.
KEYS: list[tuple[dict[str, Any], bool]] = [
    ({KEY_ARN: KEY}, True),
    ({KEY_ARN: KEY, KEY_ID: KEY}, True),
    ({KEY_ARN: OTHER_KEY}, False),
    ({KEY_ARN: OTHER_KEY, KEY_ID: OTHER_KEY}, False),
    ({KEY_ARN: KEY, KEY_ID: "alias/own"}, False),
    ({KEY_ID: "alias/aws/secretsmanager"}, False),
    ({KEY_ID: "k2"}, False),
    ({KEY_ID: ""}, False),
    ({KEY_ARN: ""}, False),
]


@pytest.mark.parametrize(("context", "keeps"), KEYS)
def test_a_writer_does_not_move_a_secret_to_another_key(
    context: dict[str, Any], keeps: bool
) -> None:
    matched = {TARGET, RECREATED}
    always, update = on_secrets(ALWAYS, matched), on_secrets(["UpdateSecret"], matched)
    with_key, without_key = (
        policies(WriteSecrets([s]).statements()) for s in (BY_NAME, WITHOUT_KEY)
    )
    assert table(with_key, context) == (always | update if keeps else always)
    assert table(without_key, context) == always
    assert table(without_key) == always | update


def other_than(found: list[Statement], action: str, *conditions: dict[str, Any]) -> Policies:
    """Return the policies without what they allow of an action under these conditions."""
    denies = [
        {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
        for condition in conditions
    ]
    (document,) = policies(found).identity
    return Policies([document, {"Version": "2012-10-17", "Statement": denies}])


def test_no_request_at_all_moves_a_secret_to_another_key() -> None:
    update = "secretsmanager:UpdateSecret"
    no_key: dict[str, Any] = {"Null": {KEY_ARN: "true", KEY_ID: "true"}}
    same_arn: dict[str, Any] = {"StringEquals": {KEY_ARN: KEY}}
    same_id: dict[str, Any] = {"StringEquals": {KEY_ID: KEY}}
    with_key, without_key = (
        WriteSecrets([BY_NAME]).statements(),
        WriteSecrets([WITHOUT_KEY]).statements(),
    )
    assert never_allowed(other_than(without_key, update, no_key), [update], ["*"]).proved
    rest = other_than(with_key, update, no_key, same_arn, same_id)
    assert never_allowed(rest, [update], ["*"]).proved
    assert never_allowed(other_than(with_key, update, no_key), [update], ["*"]).refuted


def test_each_secret_is_pinned_to_its_own_key() -> None:
    class Key:
        key_arn = OTHER_KEY

    other = SecretScope.from_secret_name("other", region=REGION, account=HOME, encryption_key=Key())
    update = "secretsmanager:UpdateSecret"
    no_key: dict[str, Any] = {"Null": {KEY_ARN: "true"}}
    to_the_first: dict[str, Any] = {"StringEquals": {KEY_ARN: KEY}}
    moves = other_than(WriteSecrets([BY_NAME, other]).statements(), update, no_key, to_the_first)
    assert never_allowed(moves, [update], [TARGET]).proved
    assert never_allowed(moves, [update], [f"{BASE}other-AbCdEf"]).refuted


def test_writer_by_tags() -> None:
    writer = policies(WriteSecrets([BY_TAGS]).statements())
    for context in TAGS_THAT_MATCH:
        assert table(writer, context)
    for context in TAGS_THAT_DO_NOT:
        assert table(writer, context) == set()
