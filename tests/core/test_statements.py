"""What each intent allows or denies, on what, and under which condition."""

import re
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope, statements
from constructs_lib.placeholders import ACCOUNT, PARTITION, REGION, URL_SUFFIX
from constructs_lib.statements import Condition, Statement

Intent = Callable[[Sequence[SecretScope]], list[Statement]]

BASE = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/"


class Key:
    def __init__(self, key_id: str) -> None:
        self.key_arn = KEY_ARN + key_id


ONE = SecretScope.from_secret_name("one")
TWO = SecretScope.from_secret_name("two")
ORDERS = SecretScope.from_tags({"Project": ["orders", "billing"], "Stage": "prod"})


def encrypted(name: str, key_id: str, region: str | None = None) -> SecretScope:
    return SecretScope.from_secret_name(name, encryption_key=Key(key_id), region=region)


def test_reader_reads_the_value_and_nothing_else() -> None:
    assert statements.read([ONE]) == [
        Statement(
            "ReadSecretValue", "Allow", ("secretsmanager:GetSecretValue",), (f"{BASE}one-??????",)
        )
    ]


def test_a_statement_does_not_change_once_made() -> None:
    (statement,) = statements.read([ONE])
    with pytest.raises(FrozenInstanceError):
        statement.effect = "Deny"  # type: ignore[misc]


def test_describe_adds_describe_secret_to_the_same_secrets() -> None:
    (statement,) = statements.read([ONE, TWO], describe=True)
    assert statement.actions == ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
    assert statement.resources == (f"{BASE}one-??????", f"{BASE}two-??????")


def test_batch_is_on_all_as_with_an_arn_it_would_grant_nothing() -> None:
    batch = statements.read([ONE], batch=True)[1]
    assert batch == Statement(
        "BatchGetSecretValue", "Allow", ("secretsmanager:BatchGetSecretValue",), ("*",)
    )


def test_version_stages_condition_get_secret_value_alone() -> None:
    get, describe = statements.read([ONE], describe=True, version_stages=("AWSCURRENT", "A"))
    assert (get.sid, describe.sid) == ("ReadSecretValue", "DescribeSecret")
    assert get.actions == ("secretsmanager:GetSecretValue",)
    assert get.conditions == (
        Condition("ForAnyValue:StringEquals", "secretsmanager:VersionStage", ("AWSCURRENT", "A")),
    )
    assert describe.actions == ("secretsmanager:DescribeSecret",)
    assert describe.conditions == ()
    assert statements.read([ONE], version_stages=("AWSCURRENT", "A")) == [get]


@pytest.mark.parametrize("option", ["describe", "batch"])
def test_fails_on_a_readers_option_that_is_no_bool(option: str) -> None:
    wrong: dict[str, Any] = {option: "false"}
    with pytest.raises(SecretAccessError, match=f"^{option} is 'false'; True or False"):
        statements.read([ONE], **wrong)


@pytest.mark.parametrize(
    ("intent", "actions"),
    [
        (statements.read, ("kms:Decrypt",)),
        (statements.write, ("kms:Decrypt", "kms:GenerateDataKey")),
        (statements.administer, ("kms:Decrypt", "kms:GenerateDataKey")),
        (statements.create, ("kms:Decrypt", "kms:GenerateDataKey")),
    ],
)
def test_a_key_is_usable_for_its_secrets_through_the_service_only(
    intent: Intent, actions: tuple[str, ...]
) -> None:
    kms = intent([encrypted("one", "k1")])[-1]
    assert kms.effect == "Allow"
    assert kms.actions == actions
    assert kms.resources == (f"{KEY_ARN}k1",)
    assert kms.conditions == (
        Condition("StringEquals", "kms:ViaService", (f"secretsmanager.{REGION}.{URL_SUFFIX}",)),
        Condition("StringLike", "kms:EncryptionContext:SecretARN", (f"{BASE}one-??????",)),
    )


def test_each_key_is_for_its_own_secrets() -> None:
    found = statements.read([encrypted("a", "k1"), encrypted("b", "k2"), encrypted("c", "k1"), ONE])
    first, second = found[1:]
    assert (first.sid, second.sid) == ("DecryptSecretValue", "DecryptSecretValue2")
    assert first.resources == (f"{KEY_ARN}k1",)
    assert first.conditions[1].values == (f"{BASE}a-??????", f"{BASE}c-??????")
    assert second.resources == (f"{KEY_ARN}k2",)
    assert second.conditions[1].values == (f"{BASE}b-??????",)


def test_a_secret_that_is_given_twice_is_named_once() -> None:
    value, kms, other = statements.read([encrypted("a", "k1"), ONE, encrypted("a", "k2"), ONE])
    assert value.resources == (f"{BASE}a-??????", f"{BASE}one-??????")
    assert [each.conditions[1].values for each in (kms, other)] == [(f"{BASE}a-??????",)] * 2
    _, kms = statements.read([encrypted("a", "k1"), encrypted("a", "k1")])
    assert kms.conditions[1].values == (f"{BASE}a-??????",)


def test_the_service_is_that_of_the_secrets_region() -> None:
    kms = statements.read([encrypted("a", "k1", region="eu-west-1")])[-1]
    assert kms.conditions[0].values == (f"secretsmanager.eu-west-1.{URL_SUFFIX}",)


@pytest.mark.parametrize(
    "intent", [statements.read, statements.write, statements.administer, statements.create]
)
def test_without_a_key_nothing_is_said_of_kms(intent: Intent) -> None:
    assert not [s for s in intent([ONE]) if any("kms:" in action for action in s.actions)]


def test_deny_says_nothing_of_kms_even_with_a_key() -> None:
    (statement,) = statements.deny([encrypted("one", "k1")])
    assert statement.effect == "Deny"
    assert statement.resources == (f"{BASE}one-??????",)


def test_secrets_by_tags_have_a_statement_of_their_own() -> None:
    plain, tagged = statements.read([ONE, ORDERS])
    assert plain.resources == (f"{BASE}one-??????",)
    assert plain.conditions == ()
    assert (tagged.sid, tagged.resources) == ("ReadSecretValue2", (f"{BASE}*",))
    assert tagged.conditions == (
        Condition("StringEquals", "secretsmanager:ResourceTag/Project", ("orders", "billing")),
        Condition("StringEquals", "secretsmanager:ResourceTag/Stage", ("prod",)),
    )


def test_a_deny_by_tags_is_conditioned_too() -> None:
    (statement,) = statements.deny([ORDERS])
    assert [condition.key for condition in statement.conditions] == [
        "secretsmanager:ResourceTag/Project",
        "secretsmanager:ResourceTag/Stage",
    ]


@pytest.mark.parametrize(
    "secrets",
    [
        ORDERS,
        SecretScope.from_secret_complete_arn(
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf"
        ),
    ],
)
def test_fails_to_create_what_only_an_existing_secret_has(secrets: SecretScope) -> None:
    with pytest.raises(SecretAccessError, match=r"^secrets to create is .*from_secret_name"):
        statements.create([ONE, secrets])


@pytest.mark.parametrize(
    "intent",
    [
        *(statements.read, statements.write, statements.administer, statements.create),
        *(statements.describe, statements.deny),
    ],
)
def test_sids_are_alphanumeric_and_unique(intent: Intent) -> None:
    scopes = [ONE, TWO, encrypted("a", "k1"), encrypted("b", "k2")]
    sids = [statement.sid for statement in intent(scopes)]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
