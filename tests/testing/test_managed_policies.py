"""The answers that rest on the data on AWS's managed policies."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as sm

from constructs_lib.aws.managed_policies import managed_policy
from constructs_lib.proof.cloudformation.resource_types import HARMLESS_MANAGED_POLICIES
from constructs_lib.testing import SecretAccess, UnknownNameWarning

OF_AWS = "arn:aws:iam::aws:policy/"
BASIC = f"{OF_AWS}service-role/AWSLambdaBasicExecutionRole"
ADMINISTRATOR = f"{OF_AWS}AdministratorAccess"
READ_ONLY = f"{OF_AWS}ReadOnlyAccess"
UNKNOWN = f"{OF_AWS}NoSuchPolicy"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
GET = "secretsmanager:GetSecretValue"
DESCRIBE = "secretsmanager:DescribeSecret"
NOTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"},
}


def access(*arns: str, boundary: str | None = None, **options: Any) -> SecretAccess:
    """Return the access of role `app`, which has these managed policies."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    role: dict[str, Any] = {
        "RoleName": "app",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{**trust, "Action": "sts:AssumeRole"}],
        },
        "ManagedPolicyArns": list(arns),
    }
    if boundary is not None:
        role["PermissionsBoundary"] = boundary
    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": role}}}
    place = {"region": "eu-west-1", "account": "111122223333", **options}
    return SecretAccess.from_template(template, **place)


def test_a_policy_without_a_statement_on_secrets_leaves_no_doubt() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    secret, other = sm.Secret(stack, "Secret"), sm.Secret(stack, "Other")
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    secret.grant_read(function)
    found = SecretAccess.from_stack(stack)
    found.assert_can_read(function, secret)
    found.assert_cannot(function, GET, other)
    found.assert_only([function], GET, secret)
    found.assert_never(function, "secretsmanager:DeleteSecret", secret)
    assert all(grant.certain for grant in found.grants())


def test_an_answer_names_the_date_of_the_data() -> None:
    found = access(ADMINISTRATOR)
    found.assert_can("app", GET, SECRET)
    policy = managed_policy(ADMINISTRATOR)
    assert policy is not None
    by = f"allowed by AWS managed policy AdministratorAccess as of {policy.date}, statement 1"
    with pytest.raises(AssertionError, match=by):
        found.assert_cannot("app", GET, SECRET)
    (grant,) = found.grants()
    assert grant.certain
    assert by in grant.reason


@pytest.mark.filterwarnings("ignore::constructs_lib.testing.UnknownNameWarning")
def test_an_unknown_policy_is_a_doubt() -> None:
    found = access(BASIC, UNKNOWN)
    for check in (found.assert_can, found.assert_cannot):
        with pytest.raises(AssertionError, match="the document of managed policy .*NoSuchPolicy"):
            check("app", GET, SECRET)
    assert not any(grant.certain for grant in found.grants())


def test_the_policy_of_another_partition_is_a_doubt() -> None:
    found = access("arn:aws-cn:iam::aws:policy/AdministratorAccess", region="cn-north-1")
    (grant,) = found.grants()
    assert not grant.certain
    assert "the document of managed policy arn:aws-cn" in grant.reason


def test_a_policy_on_other_services_names_no_secret() -> None:
    found = access(BASIC, f"{OF_AWS}AmazonS3ReadOnlyAccess")
    with pytest.warns(UnknownNameWarning, match="prod/slip"):
        found.assert_cannot("app", GET, "prod/slip")
    access(ADMINISTRATOR).assert_can("app", GET, "prod/db")


@pytest.mark.parametrize("key", [ADMINISTRATOR, "AdministratorAccess"])
def test_a_document_that_is_supplied_replaces_that_of_the_data(key: str) -> None:
    found = access(ADMINISTRATOR, managed_policies={key: NOTHING})
    found.assert_cannot("app", GET, SECRET)
    with pytest.raises(AssertionError) as failure:
        found.assert_can("app", GET, SECRET)
    assert "as of" not in str(failure.value)


def test_a_policy_limits_as_a_boundary() -> None:
    found = access(ADMINISTRATOR, boundary=READ_ONLY)
    found.assert_can("app", DESCRIBE, SECRET)
    found.assert_cannot("app", GET, SECRET)
    access(ADMINISTRATOR, boundary=f"{OF_AWS}PowerUserAccess").assert_can("app", GET, SECRET)


def test_a_question_on_another_service_of_a_policy_is_a_doubt() -> None:
    found = access(f"{OF_AWS}AmazonS3ReadOnlyAccess")
    for action in ("ec2:RunInstances", "iam:PassRole", "sts:AssumeRole"):
        found.assert_never("app", action)
    says = "depends on Resource <resources in the document of AWS managed policy AmazonS3ReadOnly"
    with pytest.raises(AssertionError, match=says):
        found.assert_never("app", "s3:PutObject")


def test_a_policy_is_no_new_access_beside_itself() -> None:
    for arn in (BASIC, READ_ONLY):
        access(arn).assert_no_new_access(since=access(arn))
        access(arn).assert_no_new_access(since=access(ADMINISTRATOR, arn))
        with pytest.raises(AssertionError, match=f"{arn.rpartition('/')[2]} as of"):
            access(arn).assert_no_new_access(since=access())


@pytest.mark.parametrize("name", sorted(HARMLESS_MANAGED_POLICIES))
def test_a_harmless_policy_is_harmless_by_the_data(name: str) -> None:
    resources: dict[str, Any] = {
        "R": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [OF_AWS + name]}},
        "F": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": "R.Arn"}}},
        "C": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}},
        },
    }
    (deployment,) = SecretAccess.from_template({"Resources": resources}).deployments
    assert managed_policy(OF_AWS + name) is not None
    assert deployment.unread == ()
