"""What the describers say, statement by statement."""

from typing import Any

import pytest

from constructs_lib import DescribeSecrets, DescribeTaggedSecrets, SecretAccessError
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, ONE


def test_describer_by_tags_describes_what_carries_them() -> None:
    assert DescribeTaggedSecrets({"Project": ["orders", "billing"]}).statements() == [
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
    with pytest.raises(SecretAccessError, match="^list must be True or False, got 'no'"):
        DescribeSecrets([ONE], list=wrong).statements()


def test_describer_sees_metadata_and_lists_if_told_to() -> None:
    actions = (
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:GetResourcePolicy",
    )
    see = Statement("DescribeSecret", "Allow", actions, (f"{BASE}one-??????",))
    everything = Statement("ListSecrets", "Allow", ("secretsmanager:ListSecrets",), ("*",))
    assert DescribeSecrets([ONE]).statements() == [see]
    assert DescribeSecrets([ONE], list=True).statements() == [see, everything]
