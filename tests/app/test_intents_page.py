"""docs/intents.md is what the code tells, and no intent or option is missing there or elsewhere."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

import constructs_lib
from constructs_lib import AccessConditions, DenyLevel
from constructs_lib.policy import SecretAccessPolicy
from tests.app.test_readme import BLOCKS
from tools.intents import INTENTS, PAGE, Intent, left_open, page

BY_NAME = {intent.construct.__name__: intent for intent in INTENTS}
EXAMPLES = [ast.parse(block["body"]) for block in BLOCKS if block["language"] == "python"]
PROOFS = [
    ast.parse(path.read_text())
    for path in (Path(__file__).parents[1] / "proof").glob("test_intents*.py")
]
# Of what the proofs call otherwise than the constructs do.
IN_PROOFS = {"list": "list_all", "superuser_secrets": "superuser_scopes"}
# Those without a default, which the statements take by position.
REQUIRED = {"secrets", "secret", "principals", "tags", "tag_keys"}


def options_of(construct: Any) -> set[str]:
    """Return the parameters that not every policy has."""
    policies = [
        each.construct for each in INTENTS if issubclass(each.construct, SecretAccessPolicy)
    ]
    shared = set.intersection(*map(_parameters, policies))
    return _parameters(construct) - shared


def _parameters(construct: Any) -> set[str]:
    return {*inspect.signature(construct.__init__).parameters} - {"self"}


def calls(sources: list[ast.Module]) -> list[tuple[str, set[str]]]:
    """Return what is called, by which name, with which keywords."""
    return [
        (ast.unparse(node.func).rpartition(".")[2], {str(each.arg) for each in node.keywords})
        for source in sources
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
    ]


def test_the_page_is_what_the_code_tells() -> None:
    assert PAGE.read_text() == page(), "docs/intents.md is out of date; run: make docs"


def test_every_construct_is_on_the_page() -> None:
    public = [getattr(constructs_lib, name) for name in constructs_lib.__all__]
    policies = {each.__name__ for each in public if _is_policy(each)}
    assert set(BY_NAME) == {*policies, "SecretShare"}


def _is_policy(public: Any) -> bool:
    return isinstance(public, type) and issubclass(public, SecretAccessPolicy)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_option_has_a_row(name: str) -> None:
    intent = BY_NAME[name]
    shown = {*intent.given, *(key for option in intent.options for key in option)}
    assert shown == options_of(intent.construct)


def test_every_level_has_a_row() -> None:
    deny: Intent = BY_NAME["DenySecretAccess"]
    levels = [deny.given["level"], *(each["level"] for each in deny.options if "level" in each)]
    assert levels == [*DenyLevel]


@pytest.mark.parametrize("documented", [*(each.construct for each in INTENTS), AccessConditions])
def test_every_intent_says_what_it_leaves_open(documented: type) -> None:
    assert left_open(documented)


@pytest.mark.parametrize("level", DenyLevel)
def test_every_level_says_what_it_leaves_open(level: DenyLevel) -> None:
    (row,) = (line for line in page().splitlines() if f"`level={level}`" in line)
    assert row.split("|")[-2].strip()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_option_is_used_in_an_example_of_the_readme(name: str) -> None:
    used = [keywords for called, keywords in calls(EXAMPLES) if called == name]
    # What one construct shows of conditions holds for all.
    assert options_of(BY_NAME[name].construct) - {"conditions"} <= set().union(*used)


def test_conditions_and_regions_are_used_in_an_example_of_the_readme() -> None:
    found = calls(EXAMPLES)
    given = set().union(*(keywords for called, keywords in found if called == "AccessConditions"))
    assert given == _parameters(AccessConditions)
    assert "in_regions" in [called for called, _ in found]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_option_is_in_the_tables_of_the_proof(name: str) -> None:
    named = set().union(*(keywords for _, keywords in calls(PROOFS)))
    for node in (each for source in PROOFS for each in ast.walk(source)):
        if isinstance(node, ast.Dict):
            named |= {str(each.value) for each in node.keys if isinstance(each, ast.Constant)}
    options = options_of(BY_NAME[name].construct) - REQUIRED
    assert {IN_PROOFS.get(option, option) for option in options} <= named
