"""Secrets and principals that may be those of the templates: undetermined, and listed."""

from typing import Any

import pytest

from constructs_lib.testing import SecretAccess

GET = "secretsmanager:GetSecretValue"
PLACE = {"region": "eu-west-1", "account": "111122223333"}
BEGIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def policy(resource: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": GET, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(resource: Any = None, **properties: Any) -> dict[str, Any]:
    policies = [{"PolicyName": "read", "PolicyDocument": policy(resource)}] if resource else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies, **properties},
    }


def access(resources: dict[str, Any], **more: Any) -> SecretAccess:
    template = {
        "Parameters": {name: {"Type": "String"} for name in ("Name", "Arn", "Owner", "Create")},
        "Resources": resources,
        **more.pop("sections", {}),
    }
    return SecretAccess.from_template(template, **{**PLACE, **more})


@pytest.mark.parametrize(
    ("resource", "certain"),
    [
        ({"Fn::Sub": BEGIN + "${Name}-??????"}, True),
        ({"Fn::Sub": BEGIN + "app/${Name}-??????"}, True),
        ({"Fn::Sub": BEGIN + "${Name}*"}, True),
        ({"Fn::Join": ["", [BEGIN, {"Fn::ImportValue": "name"}, "-??????"]]}, True),
        ({"Fn::Join": ["", [{"Ref": "Arn"}, "-??????"]]}, False),
        (BEGIN + "prod/app-config-??????", True),
        (BEGIN + "prod/app-config*", True),
        ("arn:aws:secretsmanager:us-*:111122223333:secret:prod/*", True),
        ("arn:aws:secretsmanager:us-east-?:111122223333:secret:prod/db-??????", True),
        ("arn:aws:secretsmanager:*:111122223333:secret:prod/*", True),
        ("arn:aws:secretsmanager:eu-west-1:*:secret:prod/*", True),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:*prod*", True),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:sec*", True),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:*", True),
        ("arn:aws:secretsmanager:eu-west-1:444455556666:secret:partner/key-??????", False),
        ("arn:aws:secretsmanager:eu-west-1:4444*:secret:partner/*", False),
        ({"Fn::Sub": "arn:aws:secretsmanager:eu-west-1:${Owner}:secret:db-??????"}, False),
    ],
)
def test_lists_what_a_pattern_of_secrets_grants(resource: Any, certain: bool) -> None:
    grants = access({"R": role(resource)}).grants(GET)
    assert [grant.principal.partition(" (")[0] for grant in grants] == ["role R"]
    assert grants[0].certain is certain


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:mq:eu-west-1:111122223333:broker:one:b-1",
        "arn:aws:s3:::bucket",
        "arn:aws:secretsmanager:eu-west-1:111122223333:other:prod/*",
    ],
)
def test_lists_nothing_that_is_no_secret(resource: str) -> None:
    assert access({"R": role(resource)}).grants(GET) == []


def test_a_secret_of_another_account_takes_its_own_policy() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:partner/key-??????"
    (grant,) = access({"R": role(arn)}).grants(GET)
    assert "whether the resource policy of" in grant.reason


def test_fails_where_a_policy_may_have_the_real_arn_of_a_secret() -> None:
    read = access({"S": SECRET, "R": role(f"{BEGIN}prod/db-AbCdEf")})
    with pytest.raises(AssertionError, match="AbCdEf"):
        read.assert_cannot("R", GET, "prod/db")
    with pytest.raises(AssertionError, match="AbCdEf"):
        read.assert_only([], GET, "prod/db")


def test_a_real_arn_of_another_name_is_another_secret() -> None:
    for name in ("prod/other", "prod/d", "prod/db-2"):
        read = access({"S": SECRET, "R": role(f"{BEGIN}{name}-AbCdEf")})
        read.assert_cannot("R", GET, "prod/db")


def test_fails_to_deny_what_is_asked_by_the_real_arn() -> None:
    read = access({"S": SECRET, "R": role({"Ref": "S"})})
    with pytest.raises(AssertionError):
        read.assert_cannot("R", GET, f"{BEGIN}prod/db-AbCdEf")


def test_fails_to_deny_a_name_that_a_parameter_may_have() -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": {"Ref": "Name"}}}
    read = access({"S": secret, "R": role({"Ref": "S"})})
    with pytest.raises(AssertionError, match="parameter Name"):
        read.assert_cannot("R", GET, "prod/db")


def test_two_secrets_of_a_template_differ() -> None:
    unnamed = {"Type": "AWS::SecretsManager::Secret", "Properties": {}}
    named = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": {"Ref": "Name"}}}
    read = access({"S": SECRET, "T": unnamed, "U": unnamed, "N": named, "R": role({"Ref": "T"})})
    read.assert_can("R", GET, "T")
    for other in ("S", "U", "N"):
        read.assert_only([], GET, other)


@pytest.mark.parametrize(
    ("name", "may_be"),
    [("Stack-R-1ABCDEFGHIJKL", True), ("app-R0AB12CD-aB3dE5gH7jK9", True), ("app", False)],
)
def test_a_written_role_name_of_the_generated_form_may_be_a_role_without_name(
    name: str, may_be: bool
) -> None:
    attached = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": policy("*"), "Roles": [name]},
    }
    read = access({"S": SECRET, "R": role(), "P": attached})
    if may_be:
        with pytest.raises(AssertionError, match="whether role"):
            read.assert_cannot("R", GET, "S")
    else:
        read.assert_cannot("R", GET, "S")


def test_two_roles_of_a_template_that_parameters_name_differ() -> None:
    one, other = role("*", RoleName={"Ref": "Name"}), role(RoleName={"Ref": "Arn"})
    access({"S": SECRET, "M": one, "N": other, "O": role()}).assert_only(["M"], GET, "S")


def test_fails_to_deny_a_role_of_an_account_that_the_unknown_one_may_be() -> None:
    attached = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": policy("*"), "Roles": ["app"]},
    }
    read = access({"S": SECRET, "P": attached}, account=None)
    with pytest.raises(AssertionError, match="AWS::AccountId"):
        read.assert_cannot("arn:aws:iam::111122223333:role/app", GET, "S")


def test_fails_to_deny_a_secret_of_a_region_that_the_unknown_one_may_be() -> None:
    read = access({"S": SECRET, "R": role({"Ref": "S"})}, region=None)
    with pytest.raises(AssertionError):
        read.assert_cannot("R", GET, f"{BEGIN}prod/db-AbCdEf")


def test_fails_where_a_secret_that_a_condition_leaves_out_may_exist_already() -> None:
    sections = {
        "Conditions": {
            "C": {"Fn::Equals": [{"Ref": "Create"}, "true"]},
            "N": {"Fn::Not": [{"Condition": "C"}]},
        }
    }
    attached = {
        "Type": "AWS::IAM::Policy",
        "Condition": "N",
        "Properties": {
            "PolicyName": "p",
            "PolicyDocument": policy(f"{BEGIN}prod/db-??????"),
            "Roles": [{"Ref": "R"}],
        },
    }
    resources = {"S": {**SECRET, "Condition": "C"}, "R": role(), "P": attached}
    read = access(resources, sections=sections)
    with pytest.raises(AssertionError):
        read.assert_cannot("R", GET, "prod/db")
    read.assert_cannot("R", GET, "S")


@pytest.mark.filterwarnings("ignore::constructs_lib.testing.UnknownNameWarning")
@pytest.mark.parametrize(
    ("key_id", "passes"),
    [("1234abcd-12ab-34cd-56ef-1234567890ab", False), ("a-key-of-another-form", True)],
)
def test_a_written_key_id_may_be_a_key_of_the_template(key_id: str, passes: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    key_policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": key_policy}}
    read = access({"K": key, "R": role()})
    arn = f"arn:aws:kms:eu-west-1:111122223333:key/{key_id}"
    if passes:
        read.assert_cannot("R", "kms:Decrypt", arn)
    else:
        with pytest.raises(AssertionError, match="id of key K"):
            read.assert_cannot("R", "kms:Decrypt", arn)


@pytest.mark.parametrize(
    ("allowed", "denied", "listed"),
    [
        (["dev", "prod"], ["dev", "prod"], False),
        (["dev", "prod", "test"], ["dev", "prod"], True),
        (["dev", "prod", "test"], ["dev", "prod", "test"], False),
        (["dev"], ["prod"], True),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_parameter_has_one_of_its_allowed_values(
    allowed: list[str], denied: list[str], listed: bool, swapped: bool
) -> None:
    conditions = {}
    resources = {"S": SECRET, "R": role("*")}
    for value in denied:
        pair = [{"Ref": "Stage"}, value]
        conditions[f"Is{value}"] = {"Fn::Equals": pair[::-1] if swapped else pair}
        properties = {
            "PolicyName": value,
            "PolicyDocument": policy("*", Effect="Deny"),
            "Roles": [{"Ref": "R"}],
        }
        resources[value] = {
            "Type": "AWS::IAM::Policy",
            "Condition": f"Is{value}",
            "Properties": properties,
        }
    sections = {
        "Parameters": {"Stage": {"Type": "String", "AllowedValues": allowed}},
        "Conditions": conditions,
    }
    assert bool(access(resources, sections=sections).grants(GET)) is listed
