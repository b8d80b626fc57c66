"""What a writer and a describer say, statement by statement."""

from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope, statements
from constructs_lib.statements import Condition, Statement
from tests.core.test_statements import BASE, KEY_ARN, ONE, ORDERS, TWO, encrypted

PUT = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
UPDATE = ("secretsmanager:UpdateSecret",)
NAMES_NO_KEY = (
    Condition("Null", "secretsmanager:KmsKeyArn", ("true",)),
    Condition("Null", "secretsmanager:KmsKeyId", ("true",)),
)


def names(key_id: str) -> tuple[Condition, ...]:
    arn = (f"{KEY_ARN}{key_id}",)
    return (
        Condition("ArnEqualsIfExists", "secretsmanager:KmsKeyArn", arn),
        Condition("StringEqualsIfExists", "secretsmanager:KmsKeyId", arn),
    )


def test_writer_puts_values_and_names_no_key() -> None:
    one = (f"{BASE}one-??????",)
    assert statements.write([ONE]) == [
        Statement("WriteSecretValue", "Allow", PUT, one),
        Statement("UpdateSecretValue", "Allow", UPDATE, one, NAMES_NO_KEY),
    ]


def test_a_secret_keeps_its_own_key() -> None:
    scopes = [encrypted("a", "k1"), ONE, encrypted("b", "k2"), encrypted("c", "k1"), TWO]
    put, *rest = statements.write(scopes)
    assert len(put.resources) == 5
    assert not put.conditions
    updates = [statement for statement in rest if statement.actions == UPDATE]
    assert [(each.sid, each.resources, each.conditions) for each in updates] == [
        ("UpdateSecretValue", (f"{BASE}a-??????", f"{BASE}c-??????"), names("k1")),
        ("UpdateSecretValue2", (f"{BASE}one-??????", f"{BASE}two-??????"), NAMES_NO_KEY),
        ("UpdateSecretValue3", (f"{BASE}b-??????",), names("k2")),
    ]


def test_an_update_by_tags_has_both_conditions() -> None:
    plain, tagged = (s for s in statements.write([ONE, ORDERS]) if s.actions == UPDATE)
    assert (plain.sid, tagged.sid) == ("UpdateSecretValue", "UpdateSecretValue2")
    assert plain.conditions == NAMES_NO_KEY
    assert tagged.conditions[:2] == NAMES_NO_KEY
    assert tagged.conditions[2].key == "secretsmanager:ResourceTag/Project"


def test_the_key_of_a_writer_may_be_known_at_deployment_alone() -> None:
    class Key:
        key_arn = "${Token[Key.1]}"

    _, update, kms = statements.write([SecretScope.from_secret_name("a", encryption_key=Key())])
    assert [condition.values for condition in update.conditions] == [(Key.key_arn,)] * 2
    assert kms.sid == "UseSecretKey"
    assert kms.resources == (Key.key_arn,)


def test_describer_by_tags_describes_what_carries_them() -> None:
    assert statements.describe_tagged((("Project", ("orders", "billing")),)) == [
        Statement(
            "DescribeTaggedSecrets",
            "Allow",
            ("secretsmanager:DescribeSecret",),
            ("*",),
            (
                Condition(
                    "StringEquals", "secretsmanager:ResourceTag/Project", ("orders", "billing")
                ),
            ),
        )
    ]


def test_fails_on_a_list_that_is_no_bool() -> None:
    wrong: Any = "no"
    with pytest.raises(SecretAccessError, match="^list is 'no'"):
        statements.describe([ONE], list_all=wrong)


def test_describer_sees_metadata_and_lists_if_told_to() -> None:
    actions = (
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:GetResourcePolicy",
    )
    see = Statement("DescribeSecret", "Allow", actions, (f"{BASE}one-??????",))
    everything = Statement("ListSecrets", "Allow", ("secretsmanager:ListSecrets",), ("*",))
    assert statements.describe([ONE]) == [see]
    assert statements.describe([ONE], list_all=True) == [see, everything]
