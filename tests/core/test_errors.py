"""How messages show what was given."""

from constructs_lib.errors import shown


def test_a_short_value_is_shown_whole() -> None:
    assert shown("a" * 78) == f"'{'a' * 78}'"


def test_a_long_value_is_cut_and_counted() -> None:
    assert shown("a" * 79) == f"'{'a' * 79}... (79 characters)"
    assert shown("a" * 2_000) == f"'{'a' * 79}... (2,000 characters)"
