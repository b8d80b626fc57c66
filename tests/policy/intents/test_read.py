"""What a reader says, statement by statement."""

from typing import Any

import pytest

from constructs_lib import ReadSecrets, SecretAccessError
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, ONE, TWO


def test_reader_reads_the_value_and_nothing_else() -> None:
    assert ReadSecrets([ONE]).statements() == [
        Statement(
            "ReadSecretValue", "Allow", ("secretsmanager:GetSecretValue",), (f"{BASE}one-??????",)
        )
    ]


def test_describe_adds_describe_secret_to_the_same_secrets() -> None:
    (statement,) = ReadSecrets([ONE, TWO], describe=True).statements()
    assert statement.actions == ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
    assert statement.resources == (f"{BASE}one-??????", f"{BASE}two-??????")


def test_batch_is_on_all_as_with_an_arn_it_would_grant_nothing() -> None:
    batch = ReadSecrets([ONE], batch=True).statements()[1]
    assert batch == Statement(
        "BatchGetSecretValue", "Allow", ("secretsmanager:BatchGetSecretValue",), ("*",)
    )


def test_version_stages_condition_get_secret_value_alone() -> None:
    get, describe = ReadSecrets(
        [ONE], describe=True, version_stages=("AWSCURRENT", "A")
    ).statements()
    assert (get.sid, describe.sid) == ("ReadSecretValue", "DescribeSecret")
    assert get.actions == ("secretsmanager:GetSecretValue",)
    assert get.conditions == (
        Condition("ForAnyValue:StringEquals", "secretsmanager:VersionStage", ("AWSCURRENT", "A")),
    )
    assert describe.actions == ("secretsmanager:DescribeSecret",)
    assert describe.conditions == ()
    assert ReadSecrets([ONE], version_stages=("AWSCURRENT", "A")).statements() == [get]


@pytest.mark.parametrize("option", ["describe", "batch"])
def test_fails_on_a_readers_option_that_is_no_bool(option: str) -> None:
    wrong: dict[str, Any] = {option: "false"}
    with pytest.raises(SecretAccessError, match=f"^{option} must be True or False, got 'false'"):
        ReadSecrets([ONE], **wrong).statements()
