"""What each intent allows or denies, on what, and under which condition."""

import re
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError

import pytest

from constructs_lib import ReadSecrets, SecretScope
from constructs_lib.aws.tokens import REGION, URL_SUFFIX
from constructs_lib.policy.statement import Condition, Statement
from tests.support import statements
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, TWO, encrypted

Intent = Callable[[Sequence[SecretScope]], list[Statement]]


def test_a_statement_does_not_change_once_made() -> None:
    (statement,) = ReadSecrets([ONE]).statements()
    with pytest.raises(FrozenInstanceError):
        statement.effect = "Deny"  # type: ignore[misc]


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
    found = ReadSecrets(
        [encrypted("a", "k1"), encrypted("b", "k2"), encrypted("c", "k1"), ONE]
    ).statements()
    first, second = found[1:]
    assert (first.sid, second.sid) == ("DecryptSecretValue", "DecryptSecretValue2")
    assert first.resources == (f"{KEY_ARN}k1",)
    assert first.conditions[1].values == (f"{BASE}a-??????", f"{BASE}c-??????")
    assert second.resources == (f"{KEY_ARN}k2",)
    assert second.conditions[1].values == (f"{BASE}b-??????",)


def test_a_secret_that_is_given_twice_is_named_once() -> None:
    value, kms, other = ReadSecrets(
        [encrypted("a", "k1"), ONE, encrypted("a", "k2"), ONE]
    ).statements()
    assert value.resources == (f"{BASE}a-??????", f"{BASE}one-??????")
    assert [each.conditions[1].values for each in (kms, other)] == [(f"{BASE}a-??????",)] * 2
    _, kms = ReadSecrets([encrypted("a", "k1"), encrypted("a", "k1")]).statements()
    assert kms.conditions[1].values == (f"{BASE}a-??????",)


def test_the_service_is_that_of_the_secrets_region() -> None:
    kms = ReadSecrets([encrypted("a", "k1", region="eu-west-1")]).statements()[-1]
    assert kms.conditions[0].values == (f"secretsmanager.eu-west-1.{URL_SUFFIX}",)


@pytest.mark.parametrize(
    "intent", [statements.read, statements.write, statements.administer, statements.create]
)
def test_without_a_key_nothing_is_said_of_kms(intent: Intent) -> None:
    assert not [s for s in intent([ONE]) if any("kms:" in action for action in s.actions)]


def test_secrets_by_tags_have_a_statement_of_their_own() -> None:
    unconditional, tagged = ReadSecrets([ONE, ORDERS]).statements()
    assert unconditional.resources == (f"{BASE}one-??????",)
    assert unconditional.conditions == ()
    assert (tagged.sid, tagged.resources) == ("ReadSecretValue2", (f"{BASE}*",))
    assert tagged.conditions == (
        Condition("StringEquals", "secretsmanager:ResourceTag/Project", ("orders", "billing")),
        Condition("StringEquals", "secretsmanager:ResourceTag/Stage", ("prod",)),
    )


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
