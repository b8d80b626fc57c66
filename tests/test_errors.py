"""The form of messages, and the values in them."""

import pytest

from constructs_lib.errors import InvalidOptionError, SecretAccessError, Text, check_flag, shown


def test_a_short_value_is_shown_whole() -> None:
    assert shown("a" * 78) == f"'{'a' * 78}'"


def test_a_long_value_is_cut_and_counted() -> None:
    assert shown("a" * 79) == f"'{'a' * 79}... (79 characters)"
    assert shown("a" * 2_000) == f"'{'a' * 79}... (2,000 characters)"


@pytest.mark.parametrize(
    ("got", "printed"), [("none", "'none'"), (Text("none"), "none"), (None, "None"), ([], "[]")]
)
def test_an_invalid_option_has_its_rule_value_and_remedy(got: object, printed: str) -> None:
    error = InvalidOptionError("tag_keys", must="be given", got=got, remedy="give a list")
    assert str(error) == f"tag_keys must be given, got {printed}; give a list"
    assert (error.problem, error.remedy) == (
        f"tag_keys must be given, got {printed}",
        "give a list",
    )
    assert isinstance(error, SecretAccessError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_a_flag_is_true_or_false(value: object) -> None:
    check_flag("describe", True)
    check_flag("describe", False)
    with pytest.raises(InvalidOptionError, match="^describe must be True or False, got "):
        check_flag("describe", value)
