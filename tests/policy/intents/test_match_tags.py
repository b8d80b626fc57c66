"""What tag-matched access says, statement by statement."""

from typing import Any

import pytest

from constructs_lib import AccessConditions, SecretAccessError, SecretScope, UseTagMatchedSecrets
from constructs_lib.policy.document import document_for_iam, document_for_template, longest_length
from constructs_lib.policy.option_validation import check_matched_tag_keys
from constructs_lib.policy.secret_scope import every_secret
from constructs_lib.policy.splitting import split
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, encrypted

EVERY = [every_secret()]
ANY = (f"{BASE}*",)
OWN = ("${aws:PrincipalTag/Project}",)
TAGGED = (
    Condition("Null", "aws:PrincipalTag/Project", ("false",)),
    Condition("StringLike", "aws:PrincipalTag/Project", ("?*",)),
)
MATCHED = (Condition("StringEquals", "secretsmanager:ResourceTag/Project", OWN), *TAGGED)
TOUCHED = Condition("ForAnyValue:StringEqualsIgnoreCase", "aws:TagKeys", ("Project",))
TAG, UNTAG = "secretsmanager:TagResource", "secretsmanager:UntagResource"
KEEP = Statement("KeepMatchedTags", "Deny", (TAG, UNTAG), ANY, (TOUCHED,))


def test_by_default_the_values_are_read_and_the_tags_kept() -> None:
    get = ("secretsmanager:GetSecretValue",)
    assert UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",)).statements() == [
        Statement("UseMatchedSecret", "Allow", get, ANY, MATCHED),
        KEEP,
    ]


@pytest.mark.parametrize(
    ("flags", "actions"),
    [
        ({"describe": True}, ("GetSecretValue", "DescribeSecret")),
        ({"read": False, "describe": True}, ("DescribeSecret",)),
        ({"write": True}, ("GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")),
        ({"read": False, "write": True}, ("PutSecretValue", "UpdateSecretVersionStage")),
    ],
)
def test_each_flag_adds_its_actions(flags: dict[str, Any], actions: tuple[str, ...]) -> None:
    use, *rest = UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",), **flags).statements()
    assert use.actions == tuple(f"secretsmanager:{action}" for action in actions)
    assert use.conditions == MATCHED
    assert rest[-1] == KEEP
    assert [each.sid for each in rest[:-1]] == ["UpdateMatchedSecret"] * ("write" in flags)


def test_a_writer_leaves_each_secret_under_its_key() -> None:
    scopes = [encrypted("a", "k1"), ONE]
    found = UseTagMatchedSecrets(
        secrets=scopes, tag_keys=("Project",), read=False, write=True
    ).statements()
    assert [(each.sid, each.conditions[:2]) for each in found[1:3]] == [
        (
            "UpdateMatchedSecret",
            (
                Condition("ArnEqualsIfExists", "secretsmanager:KmsKeyArn", (f"{KEY_ARN}k1",)),
                Condition("StringEqualsIfExists", "secretsmanager:KmsKeyId", (f"{KEY_ARN}k1",)),
            ),
        ),
        (
            "UpdateMatchedSecret2",
            (
                Condition("Null", "secretsmanager:KmsKeyArn", ("true",)),
                Condition("Null", "secretsmanager:KmsKeyId", ("true",)),
            ),
        ),
    ]
    assert all(each.conditions[2:] == MATCHED for each in found[1:3])


def test_creation_is_with_the_principals_own_tags_and_no_others() -> None:
    create, tag, *denies = UseTagMatchedSecrets(
        secrets=EVERY, tag_keys=("Project",), read=False, create=True
    ).statements()
    asked = (
        Condition("StringEquals", "aws:RequestTag/Project", OWN),
        Condition("ForAllValues:StringEquals", "aws:TagKeys", ("Project",)),
    )
    unlike = Condition("StringEqualsIfExists", "secretsmanager:ResourceTag/Project", OWN)
    action = ("secretsmanager:CreateSecret",)
    assert create == Statement("CreateMatchedSecret", "Allow", action, ANY, (*asked, *TAGGED))
    assert tag == Statement("TagNewSecret", "Allow", (TAG,), ANY, (*asked, unlike, *TAGGED))
    assert {each.effect for each in denies} == {"Deny"}


def test_who_may_create_keeps_tags_too_except_on_what_is_new() -> None:
    denies = UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",), create=True).statements()[
        3:
    ]
    there = Condition("Null", "aws:PrincipalTag/Project", ("false",))
    assert [(each.sid, each.actions, each.conditions[1:]) for each in denies] == [
        ("KeepMatchedTags", (UNTAG,), ()),
        (
            "DenyTagsBeside",
            (TAG,),
            (Condition("ForAnyValue:StringNotEquals", "aws:TagKeys", ("Project",)),),
        ),
        (
            "DenyTagsOfUntagged",
            (TAG,),
            (Condition("StringNotLike", "aws:PrincipalTag/Project", ("?*",)),),
        ),
        (
            "DenyOtherTags",
            (TAG,),
            (there, Condition("StringNotEquals", "aws:RequestTag/Project", OWN)),
        ),
        (
            "DenyTakenTags",
            (TAG,),
            (
                there,
                Condition("Null", "secretsmanager:ResourceTag/Project", ("false",)),
                Condition("StringNotEquals", "secretsmanager:ResourceTag/Project", OWN),
            ),
        ),
    ]
    assert all(each.conditions[0] == TOUCHED for each in denies)
    assert all((each.effect, each.resources) == ("Deny", ANY) for each in denies)


def test_all_of_several_tags_must_be_equal() -> None:
    use, *rest = UseTagMatchedSecrets(
        secrets=EVERY, tag_keys=("Project", "Stage"), create=True
    ).statements()
    assert [each.key for each in use.conditions if each.operator == "StringEquals"] == [
        "secretsmanager:ResourceTag/Project",
        "secretsmanager:ResourceTag/Stage",
    ]
    nulls = [each.key for each in use.conditions if each.operator == "Null"]
    assert nulls == ["aws:PrincipalTag/Project", "aws:PrincipalTag/Stage"]
    sids = [each.sid for each in rest]
    assert sids[4:] == [
        *("DenyTagsOfUntagged", "DenyOtherTags", "DenyTakenTags"),
        *("DenyTagsOfUntagged2", "DenyOtherTags2", "DenyTakenTags2"),
    ]
    assert all(s.conditions[0].values == ("Project", "Stage") for s in rest if s.effect == "Deny")


@pytest.mark.parametrize(
    ("flags", "actions"),
    [
        ({}, ("kms:Decrypt",)),
        ({"write": True}, ("kms:Decrypt", "kms:GenerateDataKey")),
        ({"read": False, "write": True}, ("kms:Decrypt", "kms:GenerateDataKey")),
        ({"read": False, "create": True}, ("kms:Decrypt", "kms:GenerateDataKey")),
    ],
)
def test_the_key_is_used_for_what_is_done(flags: dict[str, Any], actions: tuple[str, ...]) -> None:
    kms = UseTagMatchedSecrets(
        secrets=[encrypted("a", "k1")], tag_keys=("Project",), **flags
    ).statements()[-1]
    assert (kms.sid, kms.actions, kms.resources) == ("UseSecretKey", actions, (f"{KEY_ARN}k1",))


def test_who_only_describes_uses_no_key() -> None:
    found = UseTagMatchedSecrets(
        secrets=[encrypted("a", "k1")], tag_keys=("Project",), read=False, describe=True
    ).statements()
    assert [each.sid for each in found] == ["UseMatchedSecret", "KeepMatchedTags"]


def test_conditions_limit_what_is_allowed_and_not_the_deny() -> None:
    limits = AccessConditions(mfa=True)
    for statement in UseTagMatchedSecrets(
        secrets=EVERY, tag_keys=("Project",), write=True, create=True, conditions=limits
    ).statements():
        limited = "aws:MultiFactorAuthPresent" in [each.key for each in statement.conditions]
        assert limited == (statement.effect == "Allow")


def test_the_variable_is_left_to_iam() -> None:
    found = UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",)).statements()
    in_template = document_for_template(found)["Statement"][0]
    assert in_template["Resource"] == {"Fn::Sub": ANY[0]}
    key = "secretsmanager:ResourceTag/Project"
    assert in_template["Condition"]["StringEquals"][key] == OWN[0]
    values = dict.fromkeys(("${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"), "x")
    for_iam = document_for_iam(found, values)["Statement"][0]
    assert for_iam["Condition"]["StringEquals"][key] == OWN[0]


def test_the_deny_is_in_every_document_for_its_own_secrets() -> None:
    scopes = [SecretScope.from_secret_name_prefix(f"team{number:03}/") for number in range(100)]

    intent = UseTagMatchedSecrets(secrets=scopes, tag_keys=("Project",), create=True)
    documents = split([intent], lambda each: longest_length(each) <= 6_144)
    assert len(documents) > 2
    kept: list[str] = []
    for document in documents:
        used, *rest = (each for each in document if "KeyArn" not in each.sid)
        assert all(each.resources == used.resources for each in rest)
        assert len([each for each in rest if each.effect == "Deny"]) == 5
        kept += used.resources
    assert kept == [scope.arn for scope in scopes]


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["read", "describe", "write", "create"])
def test_fails_on_a_flag_that_is_no_bool(flag: str) -> None:
    wrong: dict[str, Any] = {flag: "yes"}
    with pytest.raises(SecretAccessError, match=f"^{flag} must be True or False, got 'yes'"):
        UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",), **wrong).statements()


def test_fails_on_nothing_to_do() -> None:
    with pytest.raises(
        SecretAccessError, match="^one of read, describe, write and create must be True"
    ):
        UseTagMatchedSecrets(secrets=EVERY, tag_keys=("Project",), read=False).statements()


def test_fails_on_secrets_that_are_chosen_by_tags_already() -> None:
    with pytest.raises(SecretAccessError, match="^secrets must be chosen by name, .*tag_keys has"):
        UseTagMatchedSecrets(secrets=[ONE, ORDERS], tag_keys=("Stage",)).statements()


def test_fails_to_create_what_only_an_existing_secret_has() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf"
    scope = SecretScope.from_secret_complete_arn(arn)
    assert UseTagMatchedSecrets(secrets=[scope], tag_keys=("Project",)).statements()
    with pytest.raises(
        SecretAccessError, match="^secrets must be chosen by name, .* to be created"
    ):
        UseTagMatchedSecrets(secrets=[scope], tag_keys=("Project",), create=True).statements()


@pytest.mark.parametrize("key", ["Cost Center", "é", "a,b", "a'b", "a}b", "a*", "${x}", ""])
def test_fails_on_a_key_that_is_no_name_of_a_variable(key: str) -> None:
    with pytest.raises(SecretAccessError, match="^(each of tag_keys|tag key) must be "):
        check_matched_tag_keys(["Project", key])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (None, "^tag_keys must be a sequence of at least one item, .*got None"),
        ([], r"^tag_keys must be a sequence of at least one item, .*got \[\]"),
        ("Project", "^tag_keys must be a sequence .*got 'Project'"),
        (["aws:x"], "keys that begin with aws:, got 'aws:x'"),
        (["Project", "project"], "with a key twice, in different case"),
        (["${Token[Key.1]}"], "known only at deployment"),
    ],
)
def test_fails_on_keys_that_tell_no_tags(keys: Any, message: str) -> None:
    with pytest.raises(SecretAccessError, match=message):
        check_matched_tag_keys(keys)


def test_a_key_is_taken_once() -> None:
    keys = ["Project", "team:x/y=z+1@2.3-4_5", "Project"]
    assert check_matched_tag_keys(keys) == ("Project", "team:x/y=z+1@2.3-4_5")
