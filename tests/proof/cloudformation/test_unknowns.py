"""Texts with unknowns in them: `True` holds for every value, `False` for none."""

import random
import re

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.unknowns import (
    ALPHANUMERIC,
    DIGITS,
    NAME,
    Unknowns,
    refuse_placeholders,
)
from tests.support.seeds import seed_of_run


@pytest.fixture
def unknowns() -> Unknowns:
    return Unknowns()


def suffix(unknowns: Unknowns, key: str = "a") -> str:
    return unknowns.placeholder(
        "6 characters", key=key, characters=ALPHANUMERIC, shortest=6, longest=6, generated=True
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", True),
        ("prod/db-??????", True),
        ("prod/db-*", True),
        ("prod/db-?????", False),
        ("prod/db-???????", False),
        ("prod/db-AbCdEf", None),  # after the first deployment it can be copied
        ("prod/other-AbCdEf", False),
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
    unknowns: Unknowns, pattern: str, expected: bool | None
) -> None:
    assert unknowns.matches(pattern, f"prod/db-{suffix(unknowns)}") is expected


def test_an_unknown_is_the_same_as_itself_and_as_no_other_of_aws(unknowns: Unknowns) -> None:
    one, other = suffix(unknowns), suffix(unknowns, "b")
    assert unknowns.matches(f"x-{one}", f"x-{one}") is True
    assert unknowns.matches(f"x-{one}", f"x-{other}") is False
    assert unknowns.same(f"x-{one}", f"x-{other}") is False
    assert unknowns.same(one, suffix(unknowns)) is True


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("prod/*", False), ("Orders*", None), ("*", True), ("other-??????", False), ("?*", None)],
)
def test_a_made_up_name_has_letters_digits_and_hyphens(
    unknowns: Unknowns, pattern: str, expected: bool | None
) -> None:
    name = unknowns.placeholder("name", characters=NAME, shortest=8, generated=True)
    assert unknowns.matches(pattern, f"{name}-{suffix(unknowns)}") is expected


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
    unknowns: Unknowns, one: str, other: str, expected: bool | None
) -> None:
    signs = {
        "p": unknowns.placeholder("parameter p"),
        "q": unknowns.placeholder("parameter q"),
        "a": unknowns.placeholder("account", characters=DIGITS, shortest=12, longest=12),
    }
    found = unknowns.same(one.format(**signs), other.format(**signs))
    assert found is expected
    assert unknowns.same(other.format(**signs), one.format(**signs)) is expected


def test_a_parameter_in_a_pattern_may_be_a_wildcard(unknowns: Unknowns) -> None:
    assert unknowns.matches(f"prod/{unknowns.placeholder('p')}", "prod/db") is None
    assert unknowns.matches(f"prod/{unknowns.placeholder('p')}", "test/db") is False


def test_is_sound_on_random_patterns() -> None:
    """Each answer is tried with many values of the unknowns."""
    seed = seed_of_run()
    chance = random.Random(seed)
    decided = 0
    for _ in range(3_000):
        unknowns = Unknowns()
        fixed = unknowns.placeholder("f", characters=frozenset("ab"), shortest=2, longest=2)
        free = unknowns.placeholder("u", characters=frozenset("ab/"))
        pattern = "".join(chance.choices(["a", "b", "/", "*", "?", fixed, free], k=5))
        text = "".join(chance.choices(["a", "b", "/", fixed, free], k=5))
        answer = unknowns.matches(pattern, text)
        decided += answer is not None
        for _ in range(12):
            values = {
                fixed: "".join(chance.choices("ab", k=2)),
                free: "".join(chance.choices("ab/", k=chance.randrange(4))),
            }
            wanted = re.escape(completed(pattern, values))
            wanted = wanted.replace(r"\*", ".*").replace(r"\?", ".")
            matches = re.fullmatch(wanted, completed(text, values)) is not None
            assert answer is None or answer is matches, (pattern, text, values)
    assert decided > 1_000


def completed(text: str, values: dict[str, str]) -> str:
    return "".join(values.get(character, character) for character in text)


def test_shows_an_unknown_by_its_label(unknowns: Unknowns) -> None:
    text = f"prod/db-{suffix(unknowns)}"
    assert unknowns.shown(text) == str(unknowns.value(text)) == "prod/db-<6 characters>"


def test_fails_on_a_text_that_has_the_signs_already() -> None:
    with pytest.raises(SecretAccessError, match="private use plane"):
        refuse_placeholders("a\U000f0000b", "Resources.X")
