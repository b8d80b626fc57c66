"""The length of a template's values, beside that of the document that IAM gets."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import AdministerSecrets, SecretScope
from constructs_lib.aws.tokens import ACCOUNT, PARTITION, REGION, URL_SUFFIX
from constructs_lib.checks.lengths import Lengths
from constructs_lib.policy.document import document_for_iam, document_for_template

CHINA = {
    PARTITION: "aws-cn",
    REGION: "cn-north-1",
    ACCOUNT: "444455556666",
    URL_SUFFIX: "amazonaws.com.cn",
}


class Key:
    key_arn = "arn:aws-cn:kms:cn-north-1:444455556666:key/abc"


@given(st.lists(st.text("abcXYZ/_", min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
def test_a_document_is_as_long_as_iam_gets_it(names: list[str]) -> None:
    scopes = [SecretScope.from_secret_name(name, encryption_key=Key()) for name in names]
    found = AdministerSecrets(scopes).statements()
    deployed = json.dumps(document_for_iam(found, CHINA), separators=(",", ":"))
    template = json.loads(json.dumps(document_for_template(found)))
    lengths = Lengths({}, "cn-north-1")
    assert lengths.of(template) == len(re.sub(r"\s", "", deployed))


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Named": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
        "Unnamed": {"Type": "AWS::SecretsManager::Secret"},
        "Key": {"Type": "AWS::KMS::Key"},
        "Role": {"Type": "AWS::IAM::Role"},
        "Broken": "resource",
    }
}
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "ab"),
        ('"\\', 'xx"\\'),  # each is escaped
        ("é", "é"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "Named"}, f"{ARN}prod/db-AbCdEf"),
        ({"Ref": "Unnamed"}, f"{ARN}Unnamed-123456789012-AbCdEf"),
        ({"Fn::GetAtt": ["Named", "Id"]}, f"{ARN}prod/db-AbCdEf"),
        ({"Ref": "Key"}, "x" * 36),
        ({"Fn::GetAtt": ["Key", "Arn"]}, f"arn:aws:kms:eu-west-1:111122223333:key/{'x' * 36}"),
        ({"Fn::GetAtt": "Key.Arn"}, f"arn:aws:kms:eu-west-1:111122223333:key/{'x' * 36}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}, "b"]]}, "a-eu-west-1-b"),
        ({"Fn::Sub": "x${AWS::Region}${!y}${Named}"}, f"xeu-west-1${{y}}{ARN}prod/db-AbCdEf"),
        ({"Fn::Sub": ["${A}/${Key.Arn}", {"A": "b"}]}, f"b/{'x' * 75}"),
        ({"Fn::Sub": "Named${AWS::Region}${!Named}"}, "Namedeu-west-1${Named}"),
        ({"Fn::If": ["C", "abc", "a"]}, "a"),
        ({"Fn::If": ["C", "a", "abc"]}, "a"),
        ({"Fn::Join": ["", [{"Fn::If": ["C", "abc", "a"]}, "b"]]}, "ab"),
        # of these nothing is known
        ({"Ref": "Role"}, ""),
        ({"Ref": "Parameter"}, ""),
        ({"Fn::GetAtt": ["Role", "Arn"]}, ""),
        ({"Fn::GetAtt": "broken"}, ""),
        ({"Fn::GetAtt": ["Key", "KeyId"]}, ""),
        ({"Ref": "Broken"}, ""),
        ({"Fn::Join": ["-"]}, ""),
        ({"Fn::Join": ["--", []]}, ""),
        ({"Fn::Join": ["", ["a", 7]]}, "a"),
        ({"Fn::Sub": ["a${B}", 7]}, ""),
        ({"Fn::ImportValue": "x"}, ""),
        ({"Fn::Select": [0, ["abc"]]}, ""),
        ({"Fn::Sub": 7}, ""),
        ({"Fn::Join": ["-", {"Fn::Split": ["-", "a-b"]}]}, ""),
    ],
)
def test_functions_are_filled_in(value: object, text: str) -> None:
    lengths = Lengths(TEMPLATE, "eu-west-1")
    assert lengths.of(value) == len(text) + 2


@pytest.mark.parametrize(
    "value",
    [
        {"Resource": {"Ref": "Long"}},
        {"Resource": {"Fn::Sub": "${Long}"}},
        {"Resource": {"Fn::Join": ["", [{"Ref": "Long"}, {"Ref": "Long"}]]}},
        {"Resource": {"Fn::GetAtt": ["Long", "Id"]}},
        {"Resource": [{"Fn::If": ["C", {"Ref": "Long"}, {"Ref": "Long"}]}]},
        {"Fn::Sub": "${AWS::Partition}${AWS::Region}${AWS::AccountId}${AWS::URLSuffix}"},
        {"a": {"Ref": "AWS::Region"}, "b": [1, None]},
        {"Fn::Sub": ["${A}${A}${A}", {"A": "x" * 2_000}]},
        {"Fn::Join": ["-" * 50, ["a"] * 100]},
        {"Fn::Join": ['"', ["a"] * 100]},
        {"Fn::Join": ["-" * 3, [""] * 100]},
    ],
)
def test_no_value_is_longer_than_its_bound(value: object) -> None:
    long = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "x" * 512}}
    lengths = Lengths({"Resources": {"Long": long}}, "us-isof-south-1")
    assert lengths.of(value) <= lengths.at_most(value)


@given(st.lists(st.text("abcXYZ/_", min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
def test_no_document_is_longer_than_its_bound(names: list[str]) -> None:
    secrets = [SecretScope.from_secret_name(name) for name in names]
    found = AdministerSecrets(secrets).statements()
    document = document_for_template(found)
    for region in ("us-isof-south-1", "cn-north-1", "eu-isoe-west-1"):
        lengths = Lengths({}, region)
        assert lengths.of(document) <= lengths.at_most(document)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "Named"}, f"{ARN}prod/db-AbCdEf"),
    ],
)
def test_a_place_that_is_not_known_is_the_shortest(value: object, text: str) -> None:
    assert Lengths(TEMPLATE).of(value) == len(text) + 2


def test_nothing_is_known_of_what_an_empty_template_refers_to() -> None:
    assert Lengths({}).of({"Ref": "Secret"}) == 2


@pytest.mark.parametrize(
    ("value", "json_text"),
    [
        ({"a": ["b", 1, True, None]}, '{"a":["b",1,true,null]}'),
        ({"a": {"Ref": "AWS::NoValue"}, "b": []}, '{"b":[]}'),
        (["a", {"Ref": "AWS::NoValue"}], '["a"]'),
        (["a", {"Fn::If": ["C", "b", {"Ref": "AWS::NoValue"}]}], '["a"]'),
        ({"a": {"Fn::If": ["C", "b", {"Fn::If": ["D", {"Ref": "AWS::NoValue"}, "c"]}]}}, "{}"),
        ({}, "{}"),
        ({"Fn::If": ["C", {"a": "b"}, ["c"]]}, '["c"]'),
        ({"Ref": "AWS::Region", "other": "x"}, '{"Ref":"AWS::Region","other":"x"}'),
    ],
)
def test_a_value_is_as_long_as_its_json(value: object, json_text: str) -> None:
    assert Lengths(TEMPLATE).of(value) == len(json_text)


@pytest.mark.parametrize("properties", ["broken", {"Name": {}}, {"Name": {"a": 1, "b": 2}}])
def test_of_a_broken_secret_no_name_is_known(properties: object) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": properties}
    lengths = Lengths({"Resources": {"Broken": secret}}, "eu-west-1")
    assert lengths.of({"Ref": "Broken"}) in (len(ARN) + 9, len(ARN) + 28)
