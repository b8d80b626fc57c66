"""What a creator's required tags and pinned key say, statement by statement."""

from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope, statements
from constructs_lib.opt_ins import check_required_tags
from constructs_lib.statements import Condition, Statement
from tests.core.test_statements import BASE, KEY_ARN, ONE, encrypted

CREATE = ("secretsmanager:CreateSecret",)
LIST = Statement("ListSecrets", "Allow", ("secretsmanager:ListSecrets",), ("*",))
TAGS = check_required_tags({"Project": ["orders", "billing"], "Stage": "prod"})
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
    create, listed, kms = statements.create([encrypted("one", "k1")])
    assert create == Statement("CreateSecret", "Allow", CREATE, (f"{BASE}one-??????",))
    assert listed == LIST
    assert kms.sid == "UseSecretKey"


def test_a_prefix_may_be_created_under() -> None:
    create, _ = statements.create([SecretScope.from_secret_name_prefix("orders/")])
    assert create.resources == (f"{BASE}orders/*",)


def test_required_tags_are_in_the_request_and_nothing_else_is() -> None:
    one = (f"{BASE}one-??????",)
    tag = ("secretsmanager:TagResource",)
    assert statements.create([ONE], required_tags=TAGS) == [
        Statement("CreateSecret", "Allow", CREATE, one, REQUESTED),
        Statement("TagNewSecret", "Allow", tag, one, (*REQUESTED, *KEEPING)),
        LIST,
    ]


def test_each_new_secret_is_pinned_to_its_own_key() -> None:
    scopes = [encrypted("a", "k1"), encrypted("b", "k2"), encrypted("c", "k1")]
    first, second, listed, *kms = statements.create(scopes, pin_key=True)
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
    create, tag, *_ = statements.create([encrypted("a", "k1")], required_tags=TAGS, pin_key=True)
    assert create.conditions == (*REQUESTED, pinned("k1"))
    assert tag.conditions == (*REQUESTED, *KEEPING)


def test_fails_to_pin_a_key_that_is_not_given() -> None:
    with pytest.raises(SecretAccessError, match="^pin_key is given, and no key of 'one-"):
        statements.create([encrypted("a", "k1"), ONE], pin_key=True)
    token = SecretScope.from_secret_partial_arn("${Token[Secret.1]}")
    with pytest.raises(SecretAccessError, match=r"^pin_key is given, and no key of '\$\{Token\["):
        statements.create([token], pin_key=True)


def test_fails_on_pin_key_that_is_no_bool() -> None:
    wrong: Any = KEY_ARN
    with pytest.raises(SecretAccessError, match="^pin_key is .*True or False"):
        statements.create([ONE], pin_key=wrong)


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
    with pytest.raises(SecretAccessError, match="^secrets to create is "):
        statements.create([SecretScope.from_tags({"Project": "orders"})], required_tags=TAGS)
