"""What every policy may be called, and where."""

from typing import Any

import pytest

from constructs_lib import PolicyType, SecretAccessError
from constructs_lib.cdk.policy_props import (
    check_description,
    check_name,
    check_path,
    check_type,
    refuse_for_inline,
)

TOKEN = "${Token[Name.1]}"


@pytest.mark.parametrize(
    "name", [None, "a", "aZ0_+=,.@-", "a" * 128, TOKEN, "a" * 127 + TOKEN, f"a-{TOKEN}-b"]
)
def test_a_name_is_taken_that_iam_takes(name: str | None) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "a" * 129, "a" * 128 + TOKEN, "a b", "a/b", "a*", "é", f"{TOKEN}*", "a\n", 7]
)
def test_fails_on_a_name_that_iam_does_not_take(name: Any) -> None:
    with pytest.raises(SecretAccessError, match="^policy_name must be 1 to 128 letters"):
        check_name(name)


@pytest.mark.parametrize(
    "path", [None, "/", "/a/", "/a/b/", "/aZ0_+=,.@-/", f"/{'a' * 510}/", f"/{TOKEN}/"]
)
def test_a_path_is_taken_that_iam_takes(path: str | None) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "path", ["", "a", "/a", "a/", "//", "/a//", "/a b/", "/é/", f"/{'a' * 511}/", "/a*/", 7]
)
def test_fails_on_a_path_that_iam_does_not_take(path: Any) -> None:
    with pytest.raises(SecretAccessError, match="^path must be .* begin and end with /"):
        check_path(path)


@pytest.mark.parametrize("description", [None, "", "a b *", "a" * 1_000, "a" * 1_000 + TOKEN])
def test_a_description_is_taken_of_up_to_1000_characters(description: str | None) -> None:
    check_description(description)


def test_fails_on_a_description_that_iam_does_not_take() -> None:
    with pytest.raises(
        SecretAccessError, match="^description must be at most 1,000 characters, got 1,001"
    ):
        check_description("a" * 1_001)
    wrong: Any = 7
    with pytest.raises(SecretAccessError, match="^description must be a string, got 7"):
        check_description(wrong)


def test_a_type_is_one_of_the_two() -> None:
    assert [check_type(each) for each in PolicyType] == [PolicyType.MANAGED, PolicyType.INLINE]
    wrong: Any = "managed"
    with pytest.raises(
        SecretAccessError, match="^policy_type must be PolicyType.MANAGED .* got 'managed'"
    ):
        check_type(wrong)


def test_fails_on_what_an_inline_policy_does_not_have() -> None:
    refuse_for_inline(path=None, description=None)
    message = "^description must be omitted for an inline policy, got ''; omit description"
    with pytest.raises(SecretAccessError, match=message):
        refuse_for_inline(path=None, description="")
