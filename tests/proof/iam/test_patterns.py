"""Patterns: match, inclusion and overlap, against regular expressions and brute force."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import SecretAccessError
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.symbolic.pattern_inclusion import (
    find_in_both,
    find_outside,
    includes,
    overlap,
)

patterns = st.text("ab*?", max_size=6)
texts = st.text("abc", max_size=7)
EVERY_TEXT = [
    "".join(signs) for length in range(6) for signs in itertools.product("abc", repeat=length)
]


def expression(text: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(sign, re.escape(sign)) for sign in text), re.S)


@given(patterns, texts)
def test_matching_is_that_of_a_regular_expression(given_pattern: str, text: str) -> None:
    expected = expression(given_pattern).fullmatch(text) is not None
    assert pattern(given_pattern).matches(text) == expected


@given(patterns, patterns)
def test_inclusion_holds_for_every_text_and_is_refuted_by_one(outer: str, inner: str) -> None:
    found = find_outside(pattern(inner), pattern(outer))
    assert includes(pattern(outer), pattern(inner)) == (found is None)
    if found is not None:
        assert expression(inner).fullmatch(found)
        assert not expression(outer).fullmatch(found)
    else:
        for text in EVERY_TEXT:
            assert not expression(inner).fullmatch(text) or expression(outer).fullmatch(text)


@given(patterns, patterns)
def test_overlap_is_shown_by_a_text_and_denied_by_every_text(one: str, other: str) -> None:
    found = find_in_both(pattern(one), pattern(other))
    assert overlap(pattern(one), pattern(other)) == (found is not None)
    if found is not None:
        assert expression(one).fullmatch(found)
        assert expression(other).fullmatch(found)
    else:
        for text in EVERY_TEXT:
            assert not (expression(one).fullmatch(text) and expression(other).fullmatch(text))


def test_a_name_is_included_in_its_prefix_and_not_the_other_way_round() -> None:
    name, prefix = pattern("prod/db-??????"), pattern("prod/db*")
    assert includes(prefix, name)
    assert not includes(name, prefix)
    assert find_outside(prefix, name) == "prod/db"
    assert not overlap(name, pattern("prod/db2-??????"))


def test_many_wildcards_take_no_time() -> None:
    """Backtracking would take years."""
    assert not pattern("*a" * 40 + "b").matches("a" * 4_000)
    assert includes(pattern("*a*b*c*"), pattern("*a*b*c*d*"))


def test_fails_on_patterns_that_would_take_too_long() -> None:
    with pytest.raises(SecretAccessError, match="take too long to compare"):
        includes(pattern("*a" + "?" * 40), pattern("*b" + "?" * 41))
