"""What a creator's required tags and pinned key say, statement by statement."""

from typing import Any

import pytest

from constructs_lib import CreateSecrets, SecretAccessError, SecretScope
from constructs_lib.policy.option_validation import check_required_tags
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, encrypted

CREATE = ("secretsmanager:CreateSecret",)
LIST = Statement("ListSecrets", "Allow", ("secretsmanager:ListSecrets",), ("*",))
TAGS = {"Project": ["orders", "billing"], "Stage": "prod"}
REQUESTED = (
    Condition("StringEquals", "aws:RequestTag/Project", ("orders", "billing")),
    Condition("StringEquals", "aws:RequestTag/Stage", ("prod",)),
    Condition("ForAllValues:StringEquals", "aws:TagKeys", ("Project", "Stage")),
)
KEEPING = (
    Condition("StringEqualsIfExists", "secretsmanager:ResourceTag/Project", ("orders", "billing")),
    Condition("StringEqualsIfExists", "secretsmanager:ResourceTag/Stage", ("prod",)),
)


def pinned(key_id: str) -> Condition:
    return Condition("ArnEquals", "secretsmanager:KmsKeyArn", (f"{KEY_ARN}{key_id}",))


def test_the_default_names_neither_tags_nor_key() -> None:
    create, listed, kms = CreateSecrets([encrypted("one", "k1")]).statements()
    assert create == Statement("CreateSecret", "Allow", CREATE, (f"{BASE}one-??????",))
    assert listed == LIST
    assert kms.sid == "UseSecretKey"


def test_a_prefix_may_be_created_under() -> None:
    create, _ = CreateSecrets([SecretScope.from_secret_name_prefix("orders/")]).statements()
    assert create.resources == (f"{BASE}orders/*",)


def test_required_tags_are_in_the_request_and_nothing_else_is() -> None:
    one = (f"{BASE}one-??????",)
    tag = ("secretsmanager:TagResource",)
    assert CreateSecrets([ONE], required_tags=TAGS).statements() == [
        Statement("CreateSecret", "Allow", CREATE, one, REQUESTED),
        Statement("TagNewSecret", "Allow", tag, one, (*REQUESTED, *KEEPING)),
        LIST,
    ]


def test_each_new_secret_is_pinned_to_its_own_key() -> None:
    scopes = [encrypted("a", "k1"), encrypted("b", "k2"), encrypted("c", "k1")]
    first, second, listed, *kms = CreateSecrets(scopes, pin_key=True).statements()
    assert (first.sid, second.sid) == ("CreateSecret", "CreateSecret2")
    assert (first.actions, second.actions) == (CREATE, CREATE)
    assert (first.resources, first.conditions) == (
        (f"{BASE}a-??????", f"{BASE}c-??????"),
        (pinned("k1"),),
    )
    assert (second.resources, second.conditions) == ((f"{BASE}b-??????",), (pinned("k2"),))
    assert listed == LIST
    assert len(kms) == 2


def test_tags_and_key_are_required_together() -> None:
    create, tag, *_ = CreateSecrets(
        [encrypted("a", "k1")], required_tags=TAGS, pin_key=True
    ).statements()
    assert create.conditions == (*REQUESTED, pinned("k1"))
    assert tag.conditions == (*REQUESTED, *KEEPING)


def test_fails_to_pin_a_key_that_is_not_given() -> None:
    with pytest.raises(
        SecretAccessError, match="^pin_key must be omitted, or .*, got no encryption_key of 'one-"
    ):
        CreateSecrets([encrypted("a", "k1"), ONE], pin_key=True).statements()
    token = SecretScope.from_secret_partial_arn("${Token[Secret.1]}")
    with pytest.raises(
        SecretAccessError, match=r"^pin_key must be omitted, or .*no encryption_key of '\$\{Token\["
    ):
        CreateSecrets([token], pin_key=True).statements()


def test_fails_on_pin_key_that_is_no_bool() -> None:
    wrong: Any = KEY_ARN
    with pytest.raises(SecretAccessError, match="^pin_key must be True or False"):
        CreateSecrets([ONE], pin_key=wrong).statements()


def test_no_required_tags_is_none() -> None:
    assert check_required_tags(None) == ()


@pytest.mark.parametrize(
    "tags",
    [{}, ["Project"], {"Project": ""}, {"Project": []}, {"": "a"}, {"Proj*": "a"}, {"aws:x": "a"}],
)
def test_fails_on_required_tags_that_no_secret_has(tags: Any) -> None:
    with pytest.raises(SecretAccessError):
        check_required_tags(tags)


def test_a_secret_by_its_tags_is_still_none_to_create() -> None:
    with pytest.raises(
        SecretAccessError, match="^secrets must be chosen by name, .* to be created"
    ):
        CreateSecrets(
            [SecretScope.from_tags({"Project": "orders"})], required_tags=TAGS
        ).statements()


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
    with pytest.raises(
        SecretAccessError, match=r"^secrets must be chosen by name, .*from_secret_name"
    ):
        CreateSecrets([ONE, secrets]).statements()
