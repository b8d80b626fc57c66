"""The generated files are current, and each construct has and documents its intent's options."""

import inspect
import re
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pytest

import constructs_lib
from constructs_lib.cdk.policy_props import POLICY_PROPS, RAISES
from constructs_lib.policy.intents import ShareSecret
from constructs_lib.policy.intents.intent import option_fields
from constructs_lib.policy.intents.option import option_of
from tools.generate import GENERATED, files

FILES = files()
ROOT = Path(__file__).parents[2]
CONSTRUCTS = [*GENERATED, "SecretPolicy", "SecretShare"]
SHARED = {"self", "scope", "construct_id", *POLICY_PROPS}


def parameters(name: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a construct, by name, in their order."""
    return dict(inspect.signature(construct(name).__init__).parameters)


def construct(name: str) -> Any:
    return getattr(constructs_lib, name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_file_is_current(path: Path) -> None:
    assert path.read_text() == FILES[path], "run: make generate"


@pytest.mark.parametrize("name", GENERATED)
def test_a_construct_has_the_options_of_its_intent_and_those_of_every_policy(name: str) -> None:
    expected = ["self", "scope", "construct_id", *option_fields(GENERATED[name].intent)]
    assert [*parameters(name)] == [*expected, *POLICY_PROPS]


@pytest.mark.parametrize("name", GENERATED)
def test_an_option_of_a_construct_has_the_type_and_default_of_its_intent(name: str) -> None:
    found = parameters(name)
    for option, (field, _) in option_fields(GENERATED[name].intent).items():
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        assert (found[option].annotation, found[option].default) == (field.type, default)
        assert found[option].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", GENERATED)
def test_what_every_policy_takes_is_the_same_everywhere(name: str) -> None:
    found, base = parameters(name), parameters("SecretPolicy")
    assert [found[prop] for prop in POLICY_PROPS] == [base[prop] for prop in POLICY_PROPS]


@pytest.mark.parametrize("name", [*GENERATED, "SecretPolicy"])
def test_help_documents_the_props_of_every_policy_in_the_same_words(name: str) -> None:
    text = " ".join((inspect.getdoc(construct(name).__init__) or "").split())
    for prop, (type_, default, doc) in POLICY_PROPS.items():
        assert f"{prop}: {doc}" in text
        assert parameters(name)[prop].annotation == type_
        assert str(parameters(name)[prop].default) == str(eval(default, vars(constructs_lib)))
    assert RAISES in text


def test_a_policy_of_several_intents_has_no_option_of_its_own() -> None:
    assert {*parameters("SecretPolicy")} - SHARED == {"intents"}


def test_a_share_has_the_options_of_its_intent() -> None:
    fields = ShareSecret.__dataclass_fields__.values()
    options = [field.name for field in fields if option_of(field.metadata) is not None]
    assert [*parameters("SecretShare")] == ["self", "scope", "construct_id", *options]


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_help_documents_every_parameter_and_no_other(name: str) -> None:
    text = inspect.getdoc(construct(name).__init__)
    assert text is not None
    arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
    documented = dict(re.findall(r"^    (\w+): (.+)$", arguments, re.MULTILINE))
    assert [*documented] == [each for each in parameters(name) if each != "self"]


@pytest.mark.parametrize("name", GENERATED)
def test_help_is_the_documentation_of_the_intents_options(name: str) -> None:
    text = " ".join((inspect.getdoc(construct(name).__init__) or "").split())
    for option, documentation in GENERATED[name].intent.options().items():
        assert f"{option}: {' '.join(documentation.doc.split())}" in text


@pytest.mark.parametrize("name", GENERATED)
def test_the_help_of_a_construct_says_what_its_intent_does_and_leaves_open(name: str) -> None:
    text = " ".join((inspect.getdoc(construct(name)) or "").split())
    intent = GENERATED[name].intent
    for paragraph in (intent.summary, intent.effect, intent.source):
        assert " ".join(paragraph.split()) in text
    assert " ".join(intent.leaves_open.split())[1:] in text
