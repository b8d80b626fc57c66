"""What each level of a deny says, statement by statement, and for whom it does not hold."""

from typing import Any

import pytest
from policy_sentry.querying.actions import get_actions_for_service, get_actions_matching_arn_type

from constructs_lib import DenyLevel, DenySecrets, SecretAccessError
from constructs_lib.policy.option_validation import check_principals, check_principals_account
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, TWO, encrypted

READ_AND_DESCRIBE = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
VALUE = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:DeleteResourcePolicy",
    "secretsmanager:RotateSecret",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
)
METADATA = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:GetResourcePolicy",
)
UPDATE = ("secretsmanager:UpdateSecret",)
ROLE, USER = "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:user/alice"
ENDPOINTS = ("vpce-0123456789abcdef0", "vpce-0123456789abcdef1")
TOKEN = "${Token[Value.1]}"


def named(key: str, other_than: str | None = None) -> tuple[Condition, ...]:
    condition_key = f"secretsmanager:{key}"
    null = Condition("Null", condition_key, ("false",))
    if other_than is None:
        return (null,)
    operator = "ArnNotEquals" if key == "KmsKeyArn" else "StringNotEquals"
    return null, Condition(operator, condition_key, (KEY_ARN + other_than,))


def test_the_default_is_the_articles_two_actions() -> None:
    one = (f"{BASE}one-??????",)
    expected = [Statement("DenySecretAccess", "Deny", READ_AND_DESCRIBE, one)]
    assert DenySecrets([ONE]).statements() == expected
    assert DenySecrets([ONE], level=DenyLevel.READ_AND_DESCRIBE).statements() == expected


@pytest.mark.parametrize(
    ("level", "actions"), [(DenyLevel.VALUE, VALUE), (DenyLevel.METADATA, (*VALUE, *METADATA))]
)
def test_a_level_above_denies_a_change_of_key_too(
    level: DenyLevel, actions: tuple[str, ...]
) -> None:
    one = (f"{BASE}one-??????",)
    assert DenySecrets([ONE], level=level).statements() == [
        Statement("DenySecretAccess", "Deny", actions, one),
        Statement("DenyOtherKey", "Deny", UPDATE, one, named("KmsKeyArn")),
        Statement("DenyOtherKeyId", "Deny", UPDATE, one, named("KmsKeyId")),
    ]


def test_everything_is_denied_as_one_pattern_for_actions_to_come_too() -> None:
    (statement,) = DenySecrets([encrypted("one", "k1"), TWO], level=DenyLevel.ALL).statements()
    assert statement.actions == ("secretsmanager:*",)
    assert statement.resources == (f"{BASE}one-??????", f"{BASE}two-??????")
    assert statement.conditions == ()


def test_each_secret_may_name_its_own_key() -> None:
    scopes = [encrypted("a", "k1"), ONE, encrypted("b", "k2"), encrypted("c", "k1")]
    whole, *rest = DenySecrets(scopes, level=DenyLevel.VALUE).statements()
    assert len(whole.resources) == 4
    assert all(each.actions == UPDATE and each.effect == "Deny" for each in rest)
    assert [(each.sid, each.resources, each.conditions) for each in rest] == [
        (f"{sid}{number}", resources, named(key, own))
        for sid, key in (("DenyOtherKey", "KmsKeyArn"), ("DenyOtherKeyId", "KmsKeyId"))
        for number, resources, own in (
            ("", (f"{BASE}a-??????", f"{BASE}c-??????"), "k1"),
            ("2", (f"{BASE}one-??????",), None),
            ("3", (f"{BASE}b-??????",), "k2"),
        )
    ]


@pytest.mark.parametrize("level", DenyLevel)
def test_secrets_by_tags_are_denied_by_them_at_every_level(level: DenyLevel) -> None:
    for statement in DenySecrets([ORDERS], level=level).statements():
        assert statement.resources == (f"{BASE}*",)
        assert [condition.key for condition in statement.conditions[-2:]] == [
            "secretsmanager:ResourceTag/Project",
            "secretsmanager:ResourceTag/Stage",
        ]


def test_deny_says_nothing_of_kms_even_with_a_key() -> None:
    (statement,) = DenySecrets([encrypted("one", "k1")]).statements()
    assert statement.effect == "Deny"
    assert statement.resources == (f"{BASE}one-??????",)


def test_a_deny_by_tags_is_conditioned_too() -> None:
    (statement,) = DenySecrets([ORDERS]).statements()
    assert [condition.key for condition in statement.conditions] == [
        "secretsmanager:ResourceTag/Project",
        "secretsmanager:ResourceTag/Stage",
    ]


def test_every_action_on_a_secret_is_decided() -> None:
    """An action that AWS adds shows here: it is in `ALL` already, and may belong in `VALUE`."""
    stays = (
        *("CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "DeleteSecret"),
        *("RestoreSecret", "CancelRotateSecret", "RemoveRegionsFromReplication"),
        *("StopReplicationToReplica", "ValidateResourcePolicy"),
    )
    decided = {*VALUE, *METADATA, *UPDATE, *(f"secretsmanager:{action}" for action in stays)}
    assert decided == set(get_actions_matching_arn_type("secretsmanager", "Secret"))
    elsewhere = ("BatchGetSecretValue", "GetRandomPassword", "ListSecrets")
    assert set(get_actions_for_service("secretsmanager")) - decided == {
        f"secretsmanager:{action}" for action in elsewhere
    }


@pytest.mark.parametrize("level", DenyLevel)
def test_an_exception_is_on_every_statement(level: DenyLevel) -> None:
    unconditional = DenySecrets([encrypted("a", "k1"), ORDERS], level=level).statements()
    excepting = DenySecrets(
        [encrypted("a", "k1"), ORDERS],
        level=level,
        except_principals=(ROLE, USER),
        except_vpc_endpoints=ENDPOINTS,
    ).statements()
    for before, after in zip(unconditional, excepting, strict=True):
        assert set(after.conditions) - set(before.conditions) == {
            Condition("ArnNotEquals", "aws:PrincipalArn", (ROLE, USER)),
            Condition("StringNotEquals", "aws:SourceVpce", ENDPOINTS),
        }
        assert after.actions == before.actions
        assert after.resources == before.resources


@pytest.mark.parametrize("level", ["value", None, "VALUE", Statement])
def test_fails_on_a_level_that_is_none(level: Any) -> None:
    with pytest.raises(
        SecretAccessError, match="^level must be DenyLevel.READ_AND_DESCRIBE, .VALUE"
    ):
        DenySecrets([ONE], level=level).statements()


# --- excepted principals ---------------------------------------------------------------------


class Role:
    def __init__(self, arn: Any) -> None:
        self.role_arn = arn


class User:
    def __init__(self, arn: Any) -> None:
        self.user_arn = arn


@pytest.mark.parametrize(
    "arn",
    [
        ROLE,
        USER,
        "arn:aws:iam::111122223333:role/path/to/app",
        "arn:aws-cn:iam::111122223333:role/a_b+=,.@-C1",
        TOKEN,
        f"arn:{TOKEN}:iam::{TOKEN}:role/app",
        f"arn:aws:iam::111122223333:role/{TOKEN}",
        f"arn:aws:iam::111122223333:user/team/{TOKEN}",
        f"arn:aws:iam::111122223333:role/a_b+=,.@-C1{TOKEN}",
    ],
)
def test_an_excepted_principal_is_its_arn(arn: str) -> None:
    assert check_principals([Role(arn), User(arn), Role(arn)]) == (arn,)


@pytest.mark.parametrize(
    "arn",
    [
        "app",
        "*",
        "arn:aws:iam",
        "arn:aws:iam::111122223333:role/äpp",
        f"arn:aws:iam::111122223333:role/ä{TOKEN}",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:role/ap?",
        "arn:aws:iam::111122223333:role/${aws:username}",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:iam::111122223333:group/ops",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::*:role/app",
        "arn:*:iam::111122223333:role/app",
        "arn:aws:iam:eu-west-1:111122223333:role/app",
        "arn:aws:sts::111122223333:assumed-role/app/session",
        "arn:aws:s3::111122223333:role/app",
        f"{TOKEN}*",
        f"arn:aws:iam::111122223333:role/{TOKEN}*",
        f"arn:aws:iam::111122223333:{TOKEN}",
    ],
)
def test_fails_on_an_excepted_principal_that_is_no_role_or_user(arn: str) -> None:
    with pytest.raises(
        SecretAccessError, match="^ARN of the excepted principal must be .*wildcards"
    ):
        check_principals([Role(arn)])


@pytest.mark.parametrize("principal", [None, 7, object()])
def test_fails_on_an_exception_that_is_no_principal(principal: Any) -> None:
    with pytest.raises(SecretAccessError, match="^excepted principal must be .*for a group, name"):
        check_principals([principal])


def test_fails_on_an_excepted_principal_of_another_account() -> None:
    check_principals_account([ROLE], "111122223333")
    check_principals_account([ROLE], TOKEN)
    check_principals_account([ROLE.replace("111122223333", TOKEN)], "444455556666")
    with pytest.raises(
        SecretAccessError, match="account of the policy, 4444.*, got .*111122223333"
    ):
        check_principals_account([ROLE], "444455556666")
