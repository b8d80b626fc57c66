"""Staging labels."""

from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.aws.staging_labels import check_version_stages


def test_none_means_every_version() -> None:
    assert check_version_stages(None) == ()


def test_labels_are_kept_in_order_and_once() -> None:
    assert check_version_stages(["B", "A", "B", "${Token[x.1]}"]) == ("B", "A", "${Token[x.1]}")


def test_the_longest_label_is_taken() -> None:
    assert check_version_stages(["a" * 256]) == ("a" * 256,)


@pytest.mark.parametrize("stages", ["AWSCURRENT", [], {"AWSCURRENT"}, 7])
def test_fails_on_what_is_no_sequence_of_labels(stages: Any) -> None:
    with pytest.raises(
        SecretAccessError, match="^version_stages must be .*at least one staging label"
    ):
        check_version_stages(stages)


@pytest.mark.parametrize("stage", ["", "AWS*", "AWSCURREN?", "${aws:username}", "a" * 257, None, 7])
def test_fails_on_a_label_that_would_match_nothing(stage: Any) -> None:
    with pytest.raises(
        SecretAccessError, match="^version stage must be 1 to 256 .*compares it exactly"
    ):
        check_version_stages(["AWSCURRENT", stage])
