"""What the opt-in keywords take, and refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.policy.option_validation import (
    check_functions,
    check_principals,
    check_recovery_window,
    check_regions,
    check_tag_keys,
)

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:rotate"
TOKEN = "${Token[Value.1]}"
CHECKS: dict[Callable[[Any], object], tuple[str, str]] = {
    check_functions: ("rotation_functions", "an aws_lambda.IFunction"),
    check_regions: ("replicate_to", "the name of a Region"),
    check_tag_keys: ("tag_keys", "a tag key"),
    check_principals: ("except_principals", "an aws_iam.IRole or IUser, or an ARN"),
}


class Function:
    def __init__(self, arn: Any) -> None:
        self.function_arn = arn


@pytest.mark.parametrize("check", CHECKS)
def test_none_is_no_opt_in(check: Callable[[Any], object]) -> None:
    assert check(None) == ()
    assert check_recovery_window(None) is None


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("given", [[], (), "eu-west-1", {"eu-west-1"}, 7])
def test_fails_on_what_is_no_sequence_of_at_least_one(
    check: Callable[[Any], object], given: Any
) -> None:
    name, each = CHECKS[check]
    with pytest.raises(SecretAccessError) as caught:
        check(given)
    assert str(caught.value) == (
        f"{name} must be a sequence of at least one item, each {each}, got {given!r}; "
        f"give a list: {name}=[...], or omit it"
    )


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        f"{ARN}:live",
        f"{ARN}:$LATEST",
        f"{ARN}:a-B_1",
        ARN.replace("eu-west-1", "eu-west-12"),
        "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:a_b-C1",
        TOKEN,
        f"{TOKEN}:live-A_1",
        f"arn:{TOKEN}:lambda:{TOKEN}:{TOKEN}:function:rotate",
        f"arn:aws:lambda:eu-west-1:111122223333:function:{TOKEN}",
    ],
)
def test_a_function_is_its_arn(arn: str) -> None:
    assert check_functions([Function(arn), Function(arn)]) == (arn,)


@pytest.mark.parametrize(
    "arn",
    [
        "rotate",
        "",
        f"{ARN}*",
        f"{ARN}:*",
        f"{ARN}:live:again",
        ARN.rpartition(":")[0],
        f"{ARN.rpartition(':')[0]}:",
        f"{ARN}:",
        ARN.replace("arn:aws", "arn:aws-"),
        ARN.replace("eu-west-1", "eu--1"),
        ARN.replace("eu-west-1", "eu-1"),
        ARN.replace("eu-west-1", "eu-west-"),
        ARN.replace("eu-west-1", "e-west-1"),
        ARN.replace("lambda", "kms"),
        ARN.replace("function", "layer"),
        ARN.replace("eu-west-1", "*"),
        ARN.replace("111122223333", ""),
        ARN.replace("arn:aws", "arn:gcp"),
        f"{TOKEN}*",
        f"{TOKEN}:function:*",
        f"arn:aws:lambda:eu-west-1:{TOKEN}:function:*",
        f"{ARN}:{TOKEN}?",
    ],
)
def test_fails_on_an_arn_that_no_function_has(arn: str) -> None:
    with pytest.raises(SecretAccessError, match="^ARN of the rotation function must be "):
        check_functions([Function(ARN), Function(arn)])


@pytest.mark.parametrize("function", [None, 7, Function(7)])
def test_fails_on_what_is_no_function(function: Any) -> None:
    with pytest.raises(SecretAccessError, match=r"^rotation function must be .*from_function_arn$"):
        check_functions([function])


def test_a_recovery_window_is_what_aws_has() -> None:
    assert [check_recovery_window(days) for days in (7, 30)] == [7, 30]


@pytest.mark.parametrize("days", [0, 6, 31, -7, True, "7", 7.0])
def test_fails_on_a_recovery_window_that_aws_does_not_have(days: Any) -> None:
    with pytest.raises(SecretAccessError, match="^minimum_recovery_window must be 7 to 30 days"):
        check_recovery_window(days)


def test_regions_are_kept_in_order_and_once() -> None:
    regions = ["us-gov-west-1", "eu-west-1", "us-gov-west-1", TOKEN]
    assert check_regions(regions) == ("us-gov-west-1", "eu-west-1", TOKEN)


@pytest.mark.parametrize(
    "region", ["", "eu-*", "eu-west-?", "Ireland", "eu_west_1", f"{TOKEN}*", 1]
)
def test_fails_on_a_region_that_none_is(region: Any) -> None:
    with pytest.raises(
        SecretAccessError, match="^region in replicate_to must be .* name each Region"
    ):
        check_regions(["eu-west-1", region])


def test_tag_keys_are_kept_in_order_and_once() -> None:
    assert check_tag_keys(["CostCenter", "a:b", "CostCenter"]) == ("CostCenter", "a:b")


@pytest.mark.parametrize("key", ["", "Cost*", "a" * 129, None])
def test_fails_on_a_tag_key_that_no_tag_has(key: Any) -> None:
    with pytest.raises(SecretAccessError, match="^tag key must be "):
        check_tag_keys([key])


def test_fails_on_a_tag_key_that_is_not_known_now() -> None:
    with pytest.raises(SecretAccessError, match="is known only at deployment"):
        check_tag_keys([TOKEN])


@pytest.mark.parametrize("key", ["aws:createdBy", "AWS:x"])
def test_fails_on_a_tag_key_that_aws_keeps(key: str) -> None:
    with pytest.raises(SecretAccessError, match="^tag key must be .* begin with aws:"):
        check_tag_keys([key])
