"""Rendering of strings that hold pseudo parameters and CDK tokens."""

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import (
    PARTITION,
    REGION,
    URL_SUFFIX,
    arn_part,
    arn_tokens,
    at_longest,
    filled,
    for_template,
    has_token,
    is_token,
    known_part,
    known_parts,
    split,
)

TOKEN = "${Token[Stack:Name.7]}"
pieces = st.lists(st.sampled_from(["a", ":", "/", TOKEN, REGION, PARTITION, "-??????"]))


def test_plain_text_and_tokens_alone_stay_as_they_are() -> None:
    assert for_template("*") == "*"
    assert for_template(f"{TOKEN}-??????") == f"{TOKEN}-??????"


def test_pseudo_parameters_become_a_substitution() -> None:
    assert for_template(f"arn:{PARTITION}:x") == {"Fn::Sub": "arn:${AWS::Partition}:x"}


def test_tokens_beside_them_become_its_variables() -> None:
    assert for_template(f"{REGION}:{TOKEN}/{TOKEN}") == {
        "Fn::Sub": ["${AWS::Region}:${Value1}/${Value2}", {"Value1": TOKEN, "Value2": TOKEN}]
    }


@given(pieces)
def test_a_substitution_says_the_same_as_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    rendered = for_template(text)
    if isinstance(rendered, dict):
        body = rendered["Fn::Sub"]
        if isinstance(body, list):
            body, variables = body
            for name, value in variables.items():
                body = body.replace(f"${{{name}}}", value)
        rendered = body
    assert rendered == text


@given(pieces)
def test_splitting_never_cuts_a_token(parts: list[str]) -> None:
    text = "".join(parts).replace(REGION, "").replace(PARTITION, "")
    found = split(text, ":", 100)
    assert ":".join(found) == text
    assert len(found) == parts.count(":") + 1


def test_a_text_is_split_from_its_beginning_as_often_as_asked() -> None:
    assert split(f"a:{TOKEN}:c", ":", 1) == ["a", f"{TOKEN}:c"]


def test_known_part_leaves_tokens_out() -> None:
    assert known_part(f"a{TOKEN}b") == "ab"
    assert known_parts(f"a{TOKEN}b{TOKEN}") == ["a", "b", ""]


@pytest.mark.parametrize("name", ["TOKEN.42", "my-stack:Role_Arn.7"])
def test_a_token_is_known_by_its_form(name: str) -> None:
    token = f"${{Token[{name}]}}"
    assert is_token(token)
    assert arn_tokens(arn_part(token, 4)) == [token]


REGIONS = [
    (outputs["name"], outputs["dnsSuffix"], region)
    for partition in Session().get_data("partitions")["partitions"]
    for outputs in [partition["outputs"]]
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize(("partition", "suffix", "region"), REGIONS)
def test_partitions_are_those_of_the_aws_sdk(partition: str, suffix: str, region: str) -> None:
    assert partition_of(region) == (partition, suffix)


def test_no_region_is_longer_than_the_longest() -> None:
    text = f"{PARTITION}:{REGION}:{URL_SUFFIX}"
    for partition, suffix, region in REGIONS:
        values = {PARTITION: partition, REGION: region, URL_SUFFIX: suffix}
        assert len(filled(text, values)) <= len(at_longest(text))
        assert len(region) <= len(at_longest(REGION))


def test_a_part_of_an_arn_is_taken_by_the_deployment() -> None:
    text = f"arn:{PARTITION}:{arn_part(TOKEN, 6)}-??????"
    part = {"Fn::Select": [6, {"Fn::Split": [":", TOKEN]}]}
    assert for_template(text) == {
        "Fn::Sub": ["arn:${AWS::Partition}:${Value1}-??????", {"Value1": part}]
    }


def test_a_part_of_an_arn_is_a_token_for_every_check() -> None:
    part = arn_part(TOKEN, 4)
    assert has_token(part)
    assert is_token(part)
    assert known_part(f"a{part}b") == "ab"
    assert split(f"a:{part}:b", ":", 2) == ["a", part, "b"]
    assert arn_tokens(f"{part}:{TOKEN}:{part}") == [TOKEN, TOKEN]


def test_a_part_of_an_arn_is_as_long_as_the_arn_says() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:Named-AbCdEf"
    text = f"{arn_part(TOKEN, 4)}/{arn_part(TOKEN, 6)}"
    assert at_longest(text, None, {TOKEN: arn}) == "444455556666/Named-AbCdEf"
    assert at_longest(text) == "111122223333/a-AbCdEf"
