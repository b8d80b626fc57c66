"""Custom resources: harmless if no role behind them can change access, as in CDK's providers."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import custom_resources as cr

from constructs_lib.proof.cloudformation.model import Unread
from constructs_lib.testing import SecretAccess


def unread(stack: cdk.Stack) -> tuple[Unread, ...]:
    return SecretAccess.from_stack(stack).deployments[0].unread


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))


def function(stack: cdk.Stack, name: str, **options: Any) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
        **options,
    )


def test_the_providers_of_cdk_are_harmless(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(
        stack, "B", auto_delete_objects=True, removal_policy=cdk.RemovalPolicy.DESTROY
    )
    target = function(stack, "F", log_retention=logs.RetentionDays.ONE_DAY)
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, _destination(target))
    iam.OpenIdConnectProvider(stack, "Oidc", url="https://example.com")
    cdk.CfnJson(stack, "J", value={"a": "b"})
    ec2.Vpc(stack, "V", restrict_default_security_group=True)
    cr.AwsCustomResource(
        stack,
        "Call",
        on_update=cr.AwsSdkCall(
            service="S3",
            action="getBucketLocation",
            parameters={"Bucket": bucket.bucket_name},
            physical_resource_id=cr.PhysicalResourceId.of("x"),
        ),
        policy=cr.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
    )
    provider = cr.Provider(
        stack,
        "Framework",
        on_event_handler=function(stack, "OnEvent"),
        is_complete_handler=function(stack, "IsComplete"),
    )
    cdk.CustomResource(stack, "Custom", service_token=provider.service_token)
    assert unread(stack) == ()


def _destination(target: lambda_.Function) -> s3.IBucketNotificationDestination:
    from aws_cdk import aws_s3_notifications as notifications

    return notifications.LambdaDestination(target)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PutRolePolicy", "*"),
        ("iam:*", "*"),
        ("*", "*"),
        ("iam:Put*Policy", "arn:aws:iam::111111111111:role/x"),
        ("kms:PutKeyPolicy", "*"),
        ("kms:CreateGrant", "*"),
        ("secretsmanager:PutResourcePolicy", "*"),
        ("sts:AssumeRole", "arn:aws:iam::111111111111:role/elsewhere"),
        ("iam:PassRole", "*"),
        ("lambda:InvokeFunction", "*"),
        ("lambda:UpdateFunctionCode", "*"),
    ],
)
def test_fails_to_trust_a_role_that_may_change_access(
    stack: cdk.Stack, action: str, resource: str
) -> None:
    handler = function(stack, "OnEvent")
    handler.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
    provider = cr.Provider(stack, "Framework", on_event_handler=handler)
    cdk.CustomResource(stack, "Custom", service_token=provider.service_token)
    (entry,) = unread(stack)
    assert "Custom (S/Custom/Default)" in entry.place
    assert "OnEvent" in entry.reason


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("*", "arn:aws:s3:::bucket/*"),
        ("iam:Get*", "*"),
        ("iam:CreateOpenIDConnectProvider", "*"),
        ("kms:Decrypt", "*"),
        ("secretsmanager:GetSecretValue", "*"),
        ("sts:AssumeRole", "arn:aws:iam::222222222222:role/delegation"),
    ],
)
def test_a_role_that_may_change_no_access_is_harmless(
    stack: cdk.Stack, action: str, resource: str
) -> None:
    handler = function(stack, "OnEvent")
    handler.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
    cdk.CustomResource(stack, "Custom", service_token=handler.function_arn)
    assert unread(stack) == ()


def test_a_role_that_is_assumed_is_followed(stack: cdk.Stack) -> None:
    handler = function(stack, "OnEvent")
    other = iam.Role(stack, "Other", assumed_by=iam.AccountRootPrincipal())
    other.grant_assume_role(handler.grant_principal)
    cdk.CustomResource(stack, "Custom", service_token=handler.function_arn)
    assert unread(stack) == ()
    other.add_to_policy(iam.PolicyStatement(actions=["iam:AttachRolePolicy"], resources=["*"]))
    (entry,) = unread(stack)
    assert "may allow iam:AttachRolePolicy" in entry.reason


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:elsewhere"},
        {"ServiceToken": "arn:aws:sns:eu-west-1:111122223333:topic"},
        {"ServiceToken": {"Fn::ImportValue": "provider"}},
    ],
)
@pytest.mark.parametrize("type_", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
def test_fails_to_trust_a_function_that_is_not_in_the_templates(
    type_: str, properties: dict[str, Any]
) -> None:
    template = {"Resources": {"C": {"Type": type_, "Properties": properties}}}
    (deployment,) = SecretAccess.from_template(template).deployments
    (entry,) = deployment.unread
    assert entry.place == f"{type_} C (stack template)"


def test_fails_to_trust_an_unknown_managed_policy_of_a_function(stack: cdk.Stack) -> None:
    handler = function(stack, "OnEvent")
    assert handler.role is not None
    handler.role.add_managed_policy(
        iam.ManagedPolicy.from_aws_managed_policy_name("AdministratorAccess")
    )
    cdk.CustomResource(stack, "Custom", service_token=handler.function_arn)
    (entry,) = unread(stack)
    assert "AdministratorAccess" in entry.reason
