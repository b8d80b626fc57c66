"""Texts with unknowns in them: `True` holds for every value, `False` for none."""

import random
import re

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.symbols import ALPHANUMERIC, DIGITS, NAME, Symbols, refuse_signs


@pytest.fixture
def symbols() -> Symbols:
    return Symbols()


def suffix(symbols: Symbols, key: str = "a") -> str:
    return symbols.sign(
        "6 characters", key=key, characters=ALPHANUMERIC, shortest=6, longest=6, made_up=True
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("prod/db-??????", True),
        ("prod/db-*", True),
        ("prod/db-?????", False),
        ("prod/db-???????", False),
        ("prod/db-AbCdEf", False),  # nobody knows it before AWS has chosen it
        ("prod/db-A*", None),
        ("prod/db-A?????", None),
        ("prod/d?-??????", True),
        ("prod/db2-??????", False),
        ("prod/*", True),
        ("prod/db", False),
        ("prod/db-??${*}???", False),
        ("other*", False),
    ],
)
def test_a_secrets_end_matches_wildcards_alone(
    symbols: Symbols, pattern: str, expected: bool | None
) -> None:
    assert symbols.matches(pattern, f"prod/db-{suffix(symbols)}") is expected


def test_an_unknown_is_the_same_as_itself_and_as_no_other_of_aws(symbols: Symbols) -> None:
    one, other = suffix(symbols), suffix(symbols, "b")
    assert symbols.matches(f"x-{one}", f"x-{one}") is True
    assert symbols.matches(f"x-{one}", f"x-{other}") is False
    assert symbols.same(f"x-{one}", f"x-{other}") is False
    assert symbols.same(one, suffix(symbols)) is True


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("prod/*", False), ("Orders*", None), ("*", True), ("other-??????", False), ("?*", None)],
)
def test_a_made_up_name_has_letters_digits_and_hyphens(
    symbols: Symbols, pattern: str, expected: bool | None
) -> None:
    name = symbols.sign("name", characters=NAME, shortest=8, made_up=True)
    assert symbols.matches(pattern, f"{name}-{suffix(symbols)}") is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("{p}", "prod", None),
        ("a{p}", "prod", False),
        ("p{p}", "prod", None),
        ("{p}", "{p}", True),
        ("{p}", "{q}", None),
        ("{a}", "111122223333", None),
        ("{a}", "1111", False),
        ("{a}", "prod", False),
        ("arn:{a}:x", "arn:111122223333:x", None),
        ("arn:{a}:x", "arn:111122223333:y", False),
        ("*", "prod", False),
        ("*", "*", True),
        ("\\", "x", False),
    ],
)
def test_a_parameter_may_be_anything_of_its_kind(
    symbols: Symbols, one: str, other: str, expected: bool | None
) -> None:
    signs = {
        "p": symbols.sign("parameter p"),
        "q": symbols.sign("parameter q"),
        "a": symbols.sign("account", characters=DIGITS, shortest=12, longest=12),
    }
    found = symbols.same(one.format(**signs), other.format(**signs))
    assert found is expected
    assert symbols.same(other.format(**signs), one.format(**signs)) is expected


def test_a_parameter_in_a_pattern_may_be_a_wildcard(symbols: Symbols) -> None:
    assert symbols.matches(f"prod/{symbols.sign('p')}", "prod/db") is None
    assert symbols.matches(f"prod/{symbols.sign('p')}", "test/db") is False


def test_is_sound_on_random_patterns() -> None:
    """Each answer is tried with many values of the unknowns."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    decided = 0
    for _ in range(3_000):
        symbols = Symbols()
        fixed = symbols.sign("f", characters=frozenset("ab"), shortest=2, longest=2)
        free = symbols.sign("u", characters=frozenset("ab/"))
        pattern = "".join(chance.choices(["a", "b", "/", "*", "?", fixed, free], k=5))
        text = "".join(chance.choices(["a", "b", "/", fixed, free], k=5))
        answer = symbols.matches(pattern, text)
        decided += answer is not None
        for _ in range(12):
            values = {
                fixed: "".join(chance.choices("ab", k=2)),
                free: "".join(chance.choices("ab/", k=chance.randrange(4))),
            }
            wanted = re.escape(symbols.concrete(pattern, values))
            wanted = wanted.replace(r"\*", ".*").replace(r"\?", ".")
            matches = re.fullmatch(wanted, symbols.concrete(text, values)) is not None
            assert answer is None or answer is matches, (pattern, text, values)
    assert decided > 1_000


def test_shows_an_unknown_by_its_label_and_makes_up_a_value_that_fits(symbols: Symbols) -> None:
    text = f"prod/db-{suffix(symbols)}"
    assert symbols.shown(text) == "prod/db-<6 characters>"
    assert re.fullmatch(r"prod/db-[A-Za-z0-9]{6}", symbols.concrete(text))
    assert symbols.concrete(text) != symbols.concrete(f"prod/db-{suffix(symbols, 'b')}")


def test_fails_on_a_text_that_has_the_signs_already() -> None:
    with pytest.raises(SecretAccessError, match="private use plane"):
        refuse_signs("a\U000f0000b", "Resources.X")
