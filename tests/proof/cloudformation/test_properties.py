"""Policy documents of templates: a mapping, or JSON text of one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.errors import InvalidTemplateError
from constructs_lib.testing import SecretAccess, UnknownNameWarning

GET = "secretsmanager:GetSecretValue"
PLACE: dict[str, Any] = {"region": "eu-west-1", "account": "111122223333"}
NAMED = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def document(resource: str = NAMED) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": GET, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def access(
    policy: object,
    trust: object = TRUST,
    *,
    parameters: dict[str, str] | None = None,
    **others: Any,
) -> SecretAccess:
    role = {
        "AssumeRolePolicyDocument": trust,
        "Policies": [{"PolicyName": "p", "PolicyDocument": policy}],
    }
    resources = {"Role": {"Type": "AWS::IAM::Role", "Properties": role}, **others}
    declared = {"Parameters": {"Env": {"Type": "String"}}}
    template = {**declared, "Resources": resources}
    return SecretAccess.from_template(template, parameters=parameters, **PLACE)


def managed(policy: object) -> dict[str, Any]:
    properties = {"PolicyDocument": policy, "Roles": [{"Ref": "Role"}]}
    return {"Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}


def test_an_inline_policy_may_be_text() -> None:
    access(f"\n {json.dumps(document(), indent=2)}").assert_can("Role", GET, "prod/db")


def test_the_documents_of_other_resources_may_be_text() -> None:
    nothing = document("arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-??????")
    text = json.dumps(document())
    access(nothing, json.dumps(TRUST), **managed(text)).assert_can("Role", GET, "prod/db")
    everyone = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    deny = {"Version": "2012-10-17", "Statement": [everyone]}
    resources: dict[str, Any] = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": json.dumps(deny)}},
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "prod/db", "KmsKeyId": {"Fn::GetAtt": "Key.Arn"}},
        },
        "Policy": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": json.dumps(deny)},
        },
    }
    denied = access(text, **resources)
    denied.assert_cannot("Role", GET, "Secret")
    denied.assert_cannot("Role", "kms:Decrypt", "Key")


@pytest.mark.parametrize(
    "text",
    [
        lambda text: {"Fn::Sub": text},
        lambda text: {"Fn::Sub": [text, {"Env": {"Ref": "Env"}}]},
        lambda text: {
            "Fn::Join": ["", [text.split("${Env}")[0], {"Ref": "Env"}, '/db-??????"}]}']]
        },
    ],
)
def test_an_unknown_inside_of_a_string_is_undetermined_until_it_is_given(
    text: Callable[[str], Any],
) -> None:
    value = text(json.dumps(document(NAMED.replace("prod", "${Env}"))))
    with pytest.raises(AssertionError, match="parameter Env"):
        access(value).assert_can("Role", GET, "prod/db")
    given = access(value, parameters={"Env": "prod"})
    given.assert_can("Role", GET, "prod/db")
    with pytest.warns(UnknownNameWarning):
        given.assert_cannot("Role", GET, "test/db")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Expecting property name"),
        ('{"Statement": []', "Expecting ',' delimiter"),
        ('{"Statement": [], "Statement": []}', "are not each there once"),
        ({"Fn::Sub": '{"Statement": ${Env}}'}, "Expecting value"),
        ({"Fn::Sub": '{"Statement": [{"${Env}": "Allow"}]}'}, "a key of it is not known"),
        ('{"Statement": "\\udb80\\udc00"}', "for private use"),
        ("[" * 50_000, "a policy document is allowed"),
        ('{"a":' * 50_000, "recursion"),
        ("Allow", "'Allow'; a policy document is allowed"),
        ({"Ref": "Env"}, "parameter Env"),
    ],
)
def test_fails_on_text_that_is_no_document_with_its_place(text: object, message: str) -> None:
    place = r"^Resources\.Role\.Properties\.Policies\[0\]\.PolicyDocument of stack template is "
    with pytest.raises(InvalidTemplateError, match=f"{place}.*{message}"):
        access(text)
