"""docs/intents.md has every intent and option, and none is missing in the examples and proofs."""

import ast
import inspect
from pathlib import Path

import pytest

import constructs_lib
from constructs_lib import AccessConditions, DenyLevel
from constructs_lib.policy import intents
from constructs_lib.policy.intents import Intent, ShareSecret
from constructs_lib.policy.intents.intent import option_fields
from constructs_lib.policy.intents.option import Option, option_of
from tests.support.docs_blocks import BLOCKS
from tools.generate import GENERATED, page

EXAMPLES = [ast.parse(block["body"]) for block in BLOCKS if block["language"] == "python"]
PROOFS = [
    ast.parse(path.read_text())
    for path in (Path(__file__).parents[1] / "policy").rglob("test_*_proof.py")
]
SHARE = {
    name: documentation
    for name, field in ShareSecret.__dataclass_fields__.items()
    if (documentation := option_of(field.metadata)) is not None
}
OPTIONS: dict[str, dict[str, Option]] = {
    **{name: generated.intent.options() for name, generated in GENERATED.items()},
    "SecretShare": SHARE,
}
EVERY_OPTION = [(name, option) for name, options in OPTIONS.items() for option in options]
# In the rows of each section, these are the secrets and principals themselves.
IN_EVERY_ROW = {"secrets", "secret", "principals"}


def calls(sources: list[ast.Module]) -> list[tuple[str, set[str]]]:
    """Return what is called, by which name, with which keywords."""
    return [
        (ast.unparse(node.func).rpartition(".")[2], {str(each.arg) for each in node.keywords})
        for source in sources
        for node in ast.walk(source)
        if isinstance(node, ast.Call)
    ]


def section(name: str) -> list[str]:
    """Return the lines of the section of a construct."""
    return page().partition(f"\n## {name}\n")[2].partition("\n## ")[0].splitlines()


def first_cells(name: str) -> str:
    return "\n".join(line.split(" | ")[0] for line in section(name))


def test_every_public_policy_is_generated_and_on_the_page() -> None:
    public = {name: getattr(constructs_lib, name) for name in constructs_lib.__all__}
    policies = {
        name
        for name, each in public.items()
        if isinstance(each, type) and issubclass(each, constructs_lib.SecretPolicy)
    }
    assert {*GENERATED} == policies - {"SecretPolicy"}  # which has any of the intents
    for name in OPTIONS:
        assert f"`{name}`" in first_cells(name)


def test_every_intent_has_a_construct() -> None:
    of_principals = {
        each
        for each in map(intents.__dict__.get, intents.__all__)
        if isinstance(each, type) and issubclass(each, Intent) and not inspect.isabstract(each)
    }
    assert {generated.intent for generated in GENERATED.values()} == of_principals
    assert {each.__name__ for each in of_principals} <= {*constructs_lib.__all__}


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (name, option)
        for name, option in EVERY_OPTION
        if option not in IN_EVERY_ROW or OPTIONS[name][option].samples
    ],
)
def test_every_option_has_a_row(name: str, option: str) -> None:
    required = {} if name == "SecretShare" else GENERATED[name].parameters
    assert OPTIONS[name][option].samples or option in required
    cells = first_cells(name)
    assert f"`{option}=" in cells or f"no `{option}`" in cells


@pytest.mark.parametrize(("name", "option"), EVERY_OPTION)
def test_every_option_is_documented(name: str, option: str) -> None:
    documentation = OPTIONS[name][option]
    assert documentation.doc.strip().endswith((".", ")"))
    if name in GENERATED:
        field, _ = option_fields(GENERATED[name].intent)[option]
        if field.default is None:
            assert "Omitted, " in documentation.doc


@pytest.mark.parametrize(
    "intent", [*(generated.intent for generated in GENERATED.values()), ShareSecret]
)
def test_every_intent_says_what_it_leaves_open(intent: type[Intent] | type[ShareSecret]) -> None:
    assert intent.leaves_open.strip().endswith(".")
    assert " ".join(intent.leaves_open.split()) in page()


@pytest.mark.parametrize("level", DenyLevel)
def test_every_level_says_what_it_denies_and_leaves_open(level: DenyLevel) -> None:
    assert level.denies.endswith(".")
    assert level.leaves_open.endswith(".")


@pytest.mark.parametrize(
    "level", [level for level in DenyLevel if level is not DenyLevel.READ_AND_DESCRIBE]
)
def test_every_level_above_the_default_has_a_row(level: DenyLevel) -> None:
    (row,) = (line for line in section("DenySecretAccess") if f"`level={level}`" in line)
    assert row.split(" | ")[-1] == f"{level.leaves_open} |"


def test_conditions_say_what_they_leave_open() -> None:
    assert AccessConditions.leaves_open in page()


@pytest.mark.parametrize(("name", "option"), EVERY_OPTION)
def test_every_option_is_used_in_an_example(name: str, option: str) -> None:
    used = set().union(*(keywords for called, keywords in calls(EXAMPLES) if called == name))
    # What one construct shows of conditions holds for all.
    assert option in used or option == "conditions"


def test_conditions_and_regions_are_used_in_an_example() -> None:
    found = calls(EXAMPLES)
    given = set().union(*(keywords for called, keywords in found if called == "AccessConditions"))
    assert given == {*inspect.signature(AccessConditions).parameters}
    assert "conditions" in set().union(*(keywords for _, keywords in found))
    assert "in_regions" in [called for called, _ in found]


@pytest.mark.parametrize(("name", "option"), EVERY_OPTION)
def test_every_option_is_in_the_tables_of_a_proof(name: str, option: str) -> None:
    if name in GENERATED:
        field, _ = option_fields(GENERATED[name].intent)[option]
        if not field.kw_only:
            return  # by position, in every call
    named = set().union(*(keywords for _, keywords in calls(PROOFS)))
    for node in (each for source in PROOFS for each in ast.walk(source)):
        if isinstance(node, ast.Dict):
            named |= {str(each.value) for each in node.keys if isinstance(each, ast.Constant)}
    assert option in named or option == "secret"
