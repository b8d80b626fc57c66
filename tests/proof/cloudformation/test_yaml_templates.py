"""Templates as text: YAML is read as CloudFormation reads it, or refused."""

import json
import sys
import time
from typing import Any

import pytest

from constructs_lib.errors import InvalidOptionError, InvalidTemplateError, TooComplexError
from constructs_lib.proof.cloudformation.yaml_templates import parse_template


def parsed(text: str) -> Any:
    return parse_template(text, "orders.yaml")


def test_json_is_read_as_json() -> None:
    assert parsed('{"Resources": {"A": {"Type": "AWS::IAM::User"}}}') == {
        "Resources": {"A": {"Type": "AWS::IAM::User"}}
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref Name", {"Ref": "Name"}),
        ("!Ref 'AWS::NoValue'", {"Ref": "AWS::NoValue"}),
        ("!Condition IsProd", {"Condition": "IsProd"}),
        ("!GetAtt Secret.Id", {"Fn::GetAtt": ["Secret", "Id"]}),
        ("!GetAtt Inner.Outputs.Arn", {"Fn::GetAtt": ["Inner", "Outputs.Arn"]}),
        ("!GetAtt [Secret, Id]", {"Fn::GetAtt": ["Secret", "Id"]}),
        ("!GetAtt [Secret, !Ref Name]", {"Fn::GetAtt": ["Secret", {"Ref": "Name"}]}),
        ("!Sub 'a-${B}'", {"Fn::Sub": "a-${B}"}),
        ("!Sub ['a-${B}', {B: !Ref C}]", {"Fn::Sub": ["a-${B}", {"B": {"Ref": "C"}}]}),
        ("!Join ['-', [a, !Ref B]]", {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        ("!If [C, 1, !Ref B]", {"Fn::If": ["C", 1, {"Ref": "B"}]}),
        (
            "!And [!Equals [a, b], !Not [!Condition C]]",
            {"Fn::And": [{"Fn::Equals": ["a", "b"]}, {"Fn::Not": [{"Condition": "C"}]}]},
        ),
        (
            "!Transform {Name: M, Parameters: {A: b}}",
            {"Fn::Transform": {"Name": "M", "Parameters": {"A": "b"}}},
        ),
        ("!ImportValue {'Fn::Sub': '${A}'}", {"Fn::ImportValue": {"Fn::Sub": "${A}"}}),
        ("!Ref 'yes'", {"Ref": "yes"}),
        ("!Ref yes", {"Ref": "yes"}),
    ],
)
def test_a_short_form_is_its_function(text: str, expected: object) -> None:
    assert parsed(f"A: {text}") == {"A": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-10-17", "2012-10-17"),
        ("2012-10-17T00:00:00Z", "2012-10-17T00:00:00Z"),
        ("'2012-10-17'", "2012-10-17"),
        ("yes", True),
        ("Off", False),
        ("true", True),
        ("'true'", "true"),
        ("7", 7),
        ("1.5", 1.5),
        ("!!str 7", "7"),
        ("011", 9),  # YAML 1.1 has octal numbers
        ("111122223333", 111122223333),
        ("", None),
    ],
)
def test_a_scalar_has_its_type_of_yaml_1_1_and_a_date_is_a_string(
    text: str, expected: object
) -> None:
    assert parsed(f"A: {text}") == {"A": expected}


@pytest.mark.parametrize("key", ["Null", "2012-10-17", "111122223333", "On", "'a b'"])
def test_a_key_is_its_text(key: str) -> None:
    assert parsed(f"{key}: a") == {key.strip("'"): "a"}


def test_an_alias_is_the_value_of_its_anchor() -> None:
    assert parsed("A: &one {a: [1]}\nB: *one") == {"A": {"a": [1]}, "B": {"a": [1]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A: 1\nB:\n  C: 1\n  C: 2", "line 4, key 'C' is there twice"),
        ('{"A": 1, "A": 2}', "key 'A' is there twice"),
        ("A: !Reff B", "line 1, !Reff is no short form of a function"),
        ("A: !!binary aGk=", "line 1, !!binary is not supported"),
        ("A: !!timestamp '2012-10-17'", "line 1, !!timestamp is not supported"),
        ("A: !!set {a}", "line 1, !!set is not supported"),
        ("A: !!python/object/apply:os.getcwd []", "!!python/object/apply:os.getcwd is not"),
        ("A: {<<: {a: 1}}", r"line 1, a merge \(<<\) is not supported"),
        ("? [a]\n: b", "line 1, a key is no string"),
        ("!Ref A: b", "line 1, a key is no string"),
        ("A: &a [*a]", "an alias is inside of its own anchor"),
        ("A: [", "line 1, expected the node content"),
        ("A: 1\n---\nB: 2", "line 2, but found another document"),
        ("A: !!int b", "invalid literal"),
        ("A: \x07", "unacceptable character"),
        ("{'A': 1}", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("A: " + "[" * 3_000, "nested too deeply"),
        ("A: " + "{a: " * 3_000, "nested too deeply"),
    ],
)
def test_fails_on_what_cloudformation_does_not_read(text: str, message: str) -> None:
    with pytest.raises(InvalidTemplateError, match=f"^template orders.yaml must be .*{message}"):
        parsed(text)


def test_fails_fast_on_aliases_that_repeat_each_other() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    begin = time.process_time()
    with pytest.raises(TooComplexError, match="must have at most 500,000 values"):
        parsed("\n".join(lines))
    assert time.process_time() - begin < 60


def test_fails_without_pyyaml_and_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert parsed(json.dumps({"A": 1})) == {"A": 1}
    with pytest.raises(InvalidOptionError, match=r"pip install 'secret-access-cdk\[yaml\]'"):
        parsed("A: 1")
