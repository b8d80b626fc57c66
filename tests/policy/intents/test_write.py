"""What a writer and a describer say, statement by statement."""

from constructs_lib import (
    SecretScope,
    WriteSecrets,
)
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, TWO, encrypted

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
    assert WriteSecrets([ONE]).statements() == [
        Statement("WriteSecretValue", "Allow", PUT, one),
        Statement("UpdateSecretValue", "Allow", UPDATE, one, NAMES_NO_KEY),
    ]


def test_a_secret_keeps_its_own_key() -> None:
    scopes = [encrypted("a", "k1"), ONE, encrypted("b", "k2"), encrypted("c", "k1"), TWO]
    put, *rest = WriteSecrets(scopes).statements()
    assert len(put.resources) == 5
    assert not put.conditions
    updates = [statement for statement in rest if statement.actions == UPDATE]
    assert [(each.sid, each.resources, each.conditions) for each in updates] == [
        ("UpdateSecretValue", (f"{BASE}a-??????", f"{BASE}c-??????"), names("k1")),
        ("UpdateSecretValue2", (f"{BASE}one-??????", f"{BASE}two-??????"), NAMES_NO_KEY),
        ("UpdateSecretValue3", (f"{BASE}b-??????",), names("k2")),
    ]


def test_an_update_by_tags_has_both_conditions() -> None:
    unconditional, tagged = (
        s for s in WriteSecrets([ONE, ORDERS]).statements() if s.actions == UPDATE
    )
    assert (unconditional.sid, tagged.sid) == ("UpdateSecretValue", "UpdateSecretValue2")
    assert unconditional.conditions == NAMES_NO_KEY
    assert tagged.conditions[:2] == NAMES_NO_KEY
    assert tagged.conditions[2].key == "secretsmanager:ResourceTag/Project"


def test_the_key_of_a_writer_may_be_known_at_deployment_alone() -> None:
    class Key:
        key_arn = "${Token[Key.1]}"

    _, update, kms = WriteSecrets(
        [SecretScope.from_secret_name("a", encryption_key=Key())]
    ).statements()
    assert [condition.values for condition in update.conditions] == [(Key.key_arn,)] * 2
    assert kms.sid == "UseSecretKey"
    assert kms.resources == (Key.key_arn,)
