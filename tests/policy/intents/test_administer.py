"""What an administrator's opt-ins say, statement by statement."""

from typing import Any

import pytest

from constructs_lib import AdministerSecrets, SecretAccessError, SecretScope
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, ONE, ORDERS, TWO, encrypted

FUNCTIONS = tuple(f"arn:aws:lambda:eu-west-1:111122223333:function:{name}" for name in "ab")
ROTATE, DELETE = "secretsmanager:RotateSecret", "secretsmanager:DeleteSecret"
SECRETS = (f"{BASE}one-??????", f"{BASE}two-??????")
DEFAULT = AdministerSecrets([ONE, TWO]).statements()
LIST = Statement("ListSecrets", "Allow", ("secretsmanager:ListSecrets",), ("*",))


def opted(**options: Any) -> list[Statement]:
    """Return the statements that the options add, having checked the others."""
    administer, *added, listed = AdministerSecrets([ONE, TWO], **options).statements()
    elsewhere = {action for statement in added for action in statement.actions}
    kept = tuple(action for action in DEFAULT[0].actions if action not in elsewhere)
    assert administer == Statement("AdministerSecret", "Allow", kept, SECRETS)
    assert listed == LIST
    return added


def test_the_default_is_the_articles_nine_actions() -> None:
    nine = (
        *("GetSecretValue", "DescribeSecret", "RestoreSecret", "PutSecretValue"),
        *("UpdateSecretVersionStage", "DeleteSecret", "RotateSecret", "CancelRotateSecret"),
        "UpdateSecret",
    )
    actions = tuple(f"secretsmanager:{action}" for action in nine)
    administer, listed = DEFAULT
    assert administer == Statement("AdministerSecret", "Allow", actions, SECRETS)
    assert listed == LIST


def test_rotation_with_named_functions_replaces_rotation_with_any() -> None:
    named, own = (
        "secretsmanager:RotationLambdaARN",
        "secretsmanager:resource/AllowRotationLambdaArn",
    )
    assert opted(rotation_functions=FUNCTIONS) == [
        Statement(
            "RotateWithNamedFunction",
            "Allow",
            (ROTATE,),
            SECRETS,
            (Condition("ArnEquals", named, FUNCTIONS),),
        ),
        Statement(
            "RotateWithOwnFunction",
            "Allow",
            (ROTATE,),
            SECRETS,
            (Condition("Null", named, ("true",)), Condition("ArnEquals", own, FUNCTIONS)),
        ),
        Statement("InvokeRotationFunction", "Allow", ("lambda:InvokeFunction",), FUNCTIONS),
    ]


def test_deletion_that_can_be_taken_back_replaces_deletion() -> None:
    assert opted(minimum_recovery_window=14) == [
        Statement(
            "DeleteSecretRecoverably",
            "Allow",
            (DELETE,),
            SECRETS,
            (
                Condition(
                    "NumericGreaterThanEqualsIfExists",
                    "secretsmanager:RecoveryWindowInDays",
                    ("14",),
                ),
                Condition("BoolIfExists", "secretsmanager:ForceDeleteWithoutRecovery", ("false",)),
            ),
        )
    ]


def test_a_resource_policy_is_put_only_where_public_ones_are_refused() -> None:
    others = ("GetResourcePolicy", "ValidateResourcePolicy", "DeleteResourcePolicy")
    assert opted(manage_resource_policy=True) == [
        Statement(
            "PutResourcePolicy",
            "Allow",
            ("secretsmanager:PutResourcePolicy",),
            SECRETS,
            (Condition("Bool", "secretsmanager:BlockPublicPolicy", ("true",)),),
        ),
        Statement(
            "ManageResourcePolicy",
            "Allow",
            tuple(f"secretsmanager:{action}" for action in others),
            SECRETS,
        ),
    ]


def test_replication_is_to_these_regions_and_overwrites_nothing() -> None:
    regions = ("eu-central-1", "eu-north-1")
    assert opted(replicate_to=regions) == [
        Statement(
            "ReplicateSecret",
            "Allow",
            ("secretsmanager:ReplicateSecretToRegions",),
            SECRETS,
            (
                Condition("ForAllValues:StringEquals", "secretsmanager:AddReplicaRegions", regions),
                Condition("Null", "secretsmanager:AddReplicaRegions", ("false",)),
                Condition("BoolIfExists", "secretsmanager:ForceOverwriteReplicaSecret", ("false",)),
            ),
        )
    ]


def test_tagging_is_with_these_keys() -> None:
    keys = ("CostCenter", "Owner")
    assert opted(tag_keys=keys) == [
        Statement(
            "TagSecret",
            "Allow",
            ("secretsmanager:TagResource", "secretsmanager:UntagResource"),
            SECRETS,
            (
                Condition("ForAllValues:StringEquals", "aws:TagKeys", keys),
                Condition("Null", "aws:TagKeys", ("false",)),
            ),
        )
    ]


@pytest.mark.parametrize("key", ["Project", "project", "STAGE"])
def test_fails_on_a_tag_key_by_which_the_secrets_are_chosen(key: str) -> None:
    with pytest.raises(
        SecretAccessError, match="^tag_keys must not contain a key that the secrets are chosen by"
    ):
        AdministerSecrets([ONE, ORDERS], tag_keys=("CostCenter", key)).statements()


def test_fails_on_resource_policies_by_a_word() -> None:
    wrong: Any = "yes"
    with pytest.raises(
        SecretAccessError, match="^manage_resource_policy must be True or False, got 'yes'"
    ):
        AdministerSecrets([ONE], manage_resource_policy=wrong).statements()


def test_every_opt_in_is_on_every_secret_and_the_key_stays_last() -> None:
    scopes: list[SecretScope] = [encrypted("a", "k1"), ORDERS]
    found = AdministerSecrets(
        scopes,
        rotation_functions=FUNCTIONS,
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
    ).statements()
    sids = [statement.sid for statement in found]
    assert len(set(sids)) == len(sids)
    assert sids[-2:] == ["ListSecrets", "UseSecretKey"]
    on_secrets = [statement for statement in found if statement.resources[0].startswith(BASE)]
    assert len(on_secrets) == 2 * 8
    for unconditional, tagged in zip(on_secrets[::2], on_secrets[1::2], strict=True):
        assert unconditional.actions == tagged.actions
        assert unconditional.resources == (f"{BASE}a-??????",)
        assert {condition.key for condition in tagged.conditions} >= {
            *("secretsmanager:ResourceTag/Project", "secretsmanager:ResourceTag/Stage"),
        }
    assert {ROTATE, DELETE} & set(found[0].actions) == set()
