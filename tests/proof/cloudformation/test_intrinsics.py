"""CloudFormation's functions: what a template says, what it leaves open, and what is refused."""

from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import Deployment
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.template import read

GET = "secretsmanager:GetSecretValue"


def template(resource: object, **sections: Any) -> dict[str, Any]:
    """Return a template of one policy whose Resource is the value to resolve."""
    statement = {"Effect": "Allow", "Action": GET, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"PolicyDocument": document, "PolicyName": "p", "Roles": ["app"]}
    resources = {
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
        "Unnamed": {"Type": "AWS::SecretsManager::Secret"},
        "Attachment": {
            "Type": "AWS::SecretsManager::SecretTargetAttachment",
            "Properties": {"SecretId": {"Ref": "Secret"}},
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "Path": "/x/"}},
        "Key": {"Type": "AWS::KMS::Key"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        **sections.pop("Resources", {}),
    }
    return {"Resources": resources, **sections}


def worlds(resource: object, *, known: bool = True, **sections: Any) -> list[Deployment]:
    place: dict[str, Any] = {"region": "eu-west-1", "account": "111122223333"} if known else {}
    parameters = sections.pop("parameters", {})
    return read([Stack("S", template(resource, **sections), parameters=parameters, **place)])


def resolved(resource: object, *, known: bool = True, **sections: Any) -> Any:
    """Return what the one world makes of a Resource, its unknowns by their labels."""
    (deployment,) = worlds(resource, known=known, **sections)
    return policy_of(deployment)


def policy_of(deployment: Deployment) -> Any:
    (app,) = (each for each in deployment.principals if each.name == "app")
    document = app.policies[0].document
    assert document is not None
    found = document["Statement"][0].get("Resource")
    shown = deployment.unknowns.shown
    return [shown(each) for each in found] if isinstance(found, list) else shown(found)


ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Secret"}, f"{ARN}prod/db-<6 characters>"),
        ({"Fn::GetAtt": ["Secret", "Id"]}, f"{ARN}prod/db-<6 characters>"),
        ({"Fn::GetAtt": "Secret.Id"}, f"{ARN}prod/db-<6 characters>"),
        ({"Ref": "Attachment"}, f"{ARN}prod/db-<6 characters>"),
        ({"Ref": "Unnamed"}, f"{ARN}<name of Unnamed in S>-<6 characters>"),
        ({"Ref": "Role"}, "r"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::111122223333:role/x/r"),
        ({"Ref": "Key"}, "<id of key Key in S>"),
        (
            {"Fn::GetAtt": ["Key", "Arn"]},
            "arn:aws:kms:eu-west-1:111122223333:key/<id of key Key in S>",
        ),
        ({"Ref": "Bucket"}, "<Ref of Bucket (AWS::S3::Bucket) in S>"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "<Arn of Bucket (AWS::S3::Bucket) in S>"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::AccountId"}, 7, True]]}, "a-111122223333-7-true"),
        (
            {"Fn::Sub": "x ${AWS::Region} ${Role.Arn}"},
            "x eu-west-1 arn:aws:iam::111122223333:role/x/r",
        ),
        ({"Fn::Sub": ["${A}${!aws:username}", {"A": {"Ref": "Role"}}]}, "r${aws:username}"),
        ({"Fn::Select": [1, ["a", "b"]]}, "b"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::Select": [6, {"Fn::Split": [":", {"Ref": "Secret"}]}]}, "prod/db-<6 characters>"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        (
            {"Fn::Join": ["-", {"Fn::Split": ["-", {"Ref": "Unnamed"}]}]},
            f"{ARN}<name of Unnamed in S>-<6 characters>",
        ),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "x"]}, "mapped"),
        ({"Fn::FindInMap": ["M", "no", "x", {"DefaultValue": "d"}]}, "d"),
        (["a", {"Ref": "AWS::NoValue"}], ["a"]),
        ("{{resolve:ssm:/x}}", "<resolve:ssm:/x, of S>"),
        ({"Fn::ImportValue": "elsewhere"}, "<export elsewhere>"),
        ({"Ref": "P"}, "<parameter P, of S>"),
        ({"Ref": "One"}, "only"),
        ({"Ref": "Given"}, "given"),
    ],
)
def test_resolves(value: object, expected: object) -> None:
    found = resolved(
        value,
        Mappings={"M": {"eu-west-1": {"x": "mapped"}}},
        Parameters={
            "P": {"Type": "String", "Default": "not to be relied on"},
            "One": {"Type": "String", "AllowedValues": ["only"]},
            "Given": {"Type": "String"},
        },
        parameters={"Given": "given"},
    )
    assert found == expected


def test_leaves_open_what_only_the_deployment_knows() -> None:
    found = resolved({"Fn::Sub": "${AWS::Region} ${AWS::AccountId}"}, known=False)
    assert found == "<AWS::Region> <AWS::AccountId>"


def test_a_part_of_a_parameter_is_one_unknown() -> None:
    part = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "P"}]}]}
    found = resolved(part, Parameters={"P": {"Type": "String"}})
    assert found == "<part 1 of <<parameter P, of S> split at /, of S>, of S>"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, "yes"),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, "no"),
        ({"Fn::Not": [{"Condition": "Never"}]}, "yes"),
        (
            {"Fn::Or": [{"Condition": "Never"}, {"Condition": "Open"}, {"Condition": "Always"}]},
            "yes",
        ),
        ({"Fn::And": [{"Condition": "Open"}, {"Condition": "Never"}]}, "no"),
    ],
)
def test_decides_conditions_where_the_template_does(condition: object, expected: str) -> None:
    conditions = {
        "C": condition,
        "Never": {"Fn::Equals": ["a", "b"]},
        "Always": {"Fn::Equals": ["a", "a"]},
        "Open": {"Fn::Equals": [{"Ref": "P"}, "b"]},
    }
    value = {"Fn::If": ["C", "yes", "no"]}
    parameters = {"P": {"Type": "String"}}
    assert resolved(value, Conditions=conditions, Parameters=parameters) == expected


def test_looks_at_both_sides_of_an_open_condition() -> None:
    conditions = {
        "Prod": {"Fn::Equals": [{"Ref": "P"}, "prod"]},
        "Test": {"Fn::Equals": [{"Ref": "P"}, "test"]},
        "NotProd": {"Fn::Not": [{"Condition": "Prod"}]},
    }
    value = {
        "Fn::If": [
            "Prod",
            "prod",
            {"Fn::If": ["Test", "test", {"Fn::If": ["NotProd", "else", "never"]}]},
        ]
    }
    found = worlds(value, Conditions=conditions, Parameters={"P": {"Type": "String"}})
    assert sorted(map(policy_of, found)) == ["else", "prod", "test"]
    assert ("<parameter P, of S> is prod",) in [each.choices for each in found]


def test_a_resource_whose_condition_fails_is_not_there() -> None:
    conditions = {"Never": {"Fn::Equals": ["a", "b"]}}
    user = {"Type": "AWS::IAM::User", "Condition": "Never", "Properties": {"UserName": "u"}}
    (deployment,) = worlds("*", Conditions=conditions, Resources={"U": user})
    assert "u" not in {each.name for each in deployment.principals}


def test_fails_on_too_many_open_conditions() -> None:
    names = [f"P{number}" for number in range(10)]
    with pytest.raises(SecretAccessError, match="more than 64 combinations"):
        worlds(
            [{"Fn::If": [name, "a", "b"]} for name in names],
            Conditions={name: {"Fn::Equals": [{"Ref": name}, "x"]} for name in names},
            Parameters={name: {"Type": "String"} for name in names},
        )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Nobody"}, "names 'Nobody'"),
        ({"Ref": 7}, "is 7"),
        ({"Ref": "AWS::Nothing"}, "names 'AWS::Nothing'"),
        ({"Fn::GetAtt": ["Secret"]}, "a list of 2 is allowed"),
        ({"Fn::Join": ["-", "abc"]}, "joins 'abc'"),
        ({"Fn::Join": [7, []]}, "joins with 7"),
        ({"Fn::Sub": "${Nobody}"}, "names 'Nobody'"),
        ({"Fn::Sub": "${Nobody.Arn}"}, "names 'Nobody'"),
        ({"Fn::Sub": 7}, "a string, and variables"),
        ({"Fn::Select": [5, ["a"]]}, "takes 5 of"),
        ({"Fn::Select": ["x", ["a"]]}, "takes x of"),
        ({"Fn::Split": ["", "a"]}, "splits at ''"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "finds no M.a.b"),
        ({"Fn::If": ["Nobody", "a", "b"]}, "names 'Nobody'"),
        ({"Fn::If": ["Loop", "a", "b"]}, "back to itself"),
        ({"Fn::If": ["Odd", "a", "b"]}, "one function of conditions"),
        ({"Fn::New": "x"}, "can't be resolved"),
        ({"Ref": "Secret", "Fn::Sub": "x"}, "beside others"),
        ({"Ref": "Conditional"}, "which its Condition leaves out"),
        ("a\U000f0000", "private use plane"),
    ],
)
def test_fails_on_what_is_malformed_and_says_where(value: object, message: str) -> None:
    with pytest.raises(SecretAccessError, match=message) as error:
        resolved(
            value,
            Conditions={
                "Loop": {"Condition": "Loop"},
                "Odd": "x",
                "Never": {"Fn::Equals": ["a", "b"]},
            },
            Resources={
                "Conditional": {"Type": "AWS::IAM::Group", "Condition": "Never"},
            },
        )
    places = ("Resources.Policy.Properties.PolicyDocument", "Conditions.")
    assert any(place in error.value.problem for place in places)


def test_fails_on_a_name_that_leads_back_to_itself() -> None:
    loop = {"Type": "AWS::IAM::User", "Properties": {"UserName": {"Ref": "Loop"}}}
    with pytest.raises(SecretAccessError, match="Resources.Loop of stack S refers to itself"):
        resolved("*", Resources={"Loop": loop})


def test_fails_on_a_template_that_a_macro_would_change() -> None:
    with pytest.raises(SecretAccessError, match="Transform of stack S names 'AWS::Serverless-2"):
        resolved("*", Transform="AWS::Serverless-2016-10-31")


@pytest.mark.parametrize("value", [None, [], "x", {}, {"Resources": []}])
def test_fails_on_what_is_no_template(value: Any) -> None:
    with pytest.raises(SecretAccessError, match="a mapping with Resources is allowed"):
        Stack("S", value)


def test_fails_on_what_is_nested_beyond_all_measure() -> None:
    value: Any = "x"
    for _ in range(5_000):
        value = {"Fn::Sub": ["${A}", {"A": value}]}
    with pytest.raises(SecretAccessError, match="nested too deeply"):
        resolved(value)


# --- across stacks ---------------------------------------------------------------------------


def two(resource: object, outputs: dict[str, Any], **other: Any) -> list[Stack]:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "first/db"}}
    first = Stack("First", {"Resources": {"S": secret}, "Outputs": outputs}, **other)
    return [first, Stack("Second", template(resource), region="eu-west-1", account="111122223333")]


EXPORTED = {"Out": {"Value": {"Ref": "S"}, "Export": {"Name": {"Fn::Sub": "x-${AWS::Region}"}}}}


def test_follows_an_import_to_the_stack_that_exports_it() -> None:
    place = {"region": "eu-west-1", "account": "111122223333", "name_known": True}
    for value in (
        {"Fn::ImportValue": {"Fn::Sub": "x-${AWS::Region}"}},
        {"Fn::GetStackOutput": {"StackName": "First", "OutputName": "Out", "Region": "eu-west-1"}},
    ):
        (deployment,) = read(two(value, EXPORTED, **place))
        assert policy_of(deployment) == f"{ARN}first/db-<6 characters>"
        document = deployment.principals[-1].policies[0].document
        assert document is not None
        assert document["Statement"][0]["Resource"] == deployment.secrets[0].arn


def test_an_import_from_another_region_is_not_followed() -> None:
    place = {"region": "us-east-1", "account": "111122223333"}
    (deployment,) = read(two({"Fn::ImportValue": "x-us-east-1"}, EXPORTED, **place))
    assert policy_of(deployment) == "<export x-us-east-1>"
