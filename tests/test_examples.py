"""Every example synthesizes, and grants what its text says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk.assertions import Template

from constructs_lib import SecretScope
from constructs_lib.proof.deployment.request_context import Context
from constructs_lib.testing import SecretAccess
from tests.support.apps import EXAMPLES, ROOT, stack_of

GET = "secretsmanager:GetSecretValue"
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
LOGS = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
    },
}


def test_every_example_is_listed_here() -> None:
    found = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"__init__"}
    assert found == set(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_by_itself(example: str, tmp_path: Path) -> None:
    """With CDK's built-in validation of the template on, as for any user."""
    subprocess.run(
        [sys.executable, "-m", f"examples.{example}"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
    )
    assert list(tmp_path.glob("*.template.json"))


def test_the_function_reads_its_own_secret_with_its_own_key_and_nobody_else_does() -> None:
    stack = stack_of("function_reads_database_secret")
    function, database = stack.node.find_child("Orders"), stack.node.find_child("Database")
    assert isinstance(function, lambda_.Function)
    assert isinstance(database, rds.DatabaseInstance)
    access = SecretAccess.from_stack(stack, managed_policies={"AWSLambdaBasicExecutionRole": LOGS})
    access.assert_can_read(function, database.secret)
    access.assert_only([function], GET, database.secret)
    access.assert_never(function, ["secretsmanager:Put*", "secretsmanager:Update*"])


def test_the_group_shares_one_named_policy() -> None:
    stack = stack_of("group_shares_a_policy")
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "orders-secrets-reader", "Path": "/on-call/"},
    )
    on_call, key = stack.node.find_child("OnCall"), stack.node.find_child("Key")
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(on_call, "orders/db", encryption_key=key)
    access.assert_only([on_call], GET, "orders/db")
    access.assert_only([on_call], "secretsmanager:BatchGetSecretValue")
    access.assert_cannot(on_call, GET, "billing/db")
    tagged = {"secretsmanager:ResourceTag/Project": "orders"}
    access.assert_can(on_call, "secretsmanager:DescribeSecret", "billing/db", context=tagged)
    # As a boundary, the policy grants nothing by itself.
    access.assert_never(stack.node.find_child("BreakGlass"), "*")


def test_the_vault_and_the_reader_name_each_other() -> None:
    vault = stack_of("two_accounts_share_a_secret")
    template = Template.from_stack(vault)
    (orders,) = vault.dependencies
    (reader,) = Template.from_stack(orders).find_resources("AWS::IAM::ManagedPolicy").values()
    get, decrypt = reader["Properties"]["PolicyDocument"]["Statement"]
    (shared,) = (
        policy["Properties"]["ResourcePolicy"]["Statement"][0]
        for policy in template.find_resources("AWS::SecretsManager::ResourcePolicy").values()
    )
    assert shared["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/orders-app"}
    template.has_resource_properties(
        "AWS::SecretsManager::Secret", {"Name": "orders/partner-api-key"}
    )
    where = ":secretsmanager:eu-west-1:444455556666:secret:orders/partner-api-key-??????"
    assert get["Resource"]["Fn::Sub"].endswith(where)
    assert decrypt["Resource"].startswith("arn:aws:kms:eu-west-1:444455556666:key/")


def test_the_administrators_are_denied_the_values_and_manage_the_rest() -> None:
    stack = stack_of("administrators_are_denied")
    administrators = stack.node.find_child("Administrators")
    access = SecretAccess.from_stack(stack)
    access.assert_never(administrators, GET)
    access.assert_never(administrators, "secretsmanager:DescribeSecret")
    for action in ("CreateSecret", "PutSecretValue", "DeleteSecret"):
        access.assert_can(administrators, f"secretsmanager:{action}", "payroll/salaries")
        access.assert_cannot(administrators, f"secretsmanager:{action}", "orders/db")


def test_operators_get_at_no_value_by_any_way_and_the_break_glass_user_does() -> None:
    stack = stack_of("break_glass_user_is_not_denied")
    operator, break_glass = (stack.node.find_child(name) for name in ("Operator", "BreakGlass"))
    access = SecretAccess.from_stack(stack)
    for action in (GET, "secretsmanager:RotateSecret"):
        access.assert_never(operator, action, "payroll/salaries")
        access.assert_can(break_glass, action, "payroll/salaries")
    for action in ("PutSecretValue", "DeleteSecret", "DescribeSecret"):
        access.assert_can(operator, f"secretsmanager:{action}", "payroll/salaries")
    update, key = "secretsmanager:UpdateSecret", "secretsmanager:KmsKeyId"
    same: Context = {key: None, "secretsmanager:KmsKeyArn": None}
    access.assert_can(operator, update, "payroll/salaries", context=same)
    access.assert_cannot(operator, update, "payroll/salaries", context={**same, key: ""})


def test_the_app_reads_the_secret_and_its_replica_with_the_key_of_each_region() -> None:
    stack = stack_of("app_reads_replicas")
    app, place = stack.node.find_child("App"), "111122223333:secret:orders/webhook-AbCdEf"
    access = SecretAccess.from_stack(stack)
    for region in ("eu-west-1", "us-east-1"):
        arn = f"arn:aws:secretsmanager:{region}:{place}"
        key = f"arn:aws:kms:{region}:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
        access.assert_can_read(app, arn, encryption_key=key)
        access.assert_only([app], GET, arn)
    elsewhere = f"arn:aws:secretsmanager:ap-south-1:{place}"
    access.assert_cannot(app, GET, SecretScope.from_secret_complete_arn(elsewhere))
    access.assert_never(app, ["secretsmanager:Put*", "secretsmanager:Describe*"])


def test_the_function_rotates_its_secret_and_only_reads_the_superusers() -> None:
    stack = stack_of("function_rotates_database_users")
    function, reports = stack.node.find_child("Rotate"), stack.node.find_child("Reports")
    assert isinstance(function, lambda_.Function)
    access = SecretAccess.from_stack(stack, managed_policies={"AWSLambdaBasicExecutionRole": LOGS})
    superuser_key = stack.node.find_child("SuperuserKey")
    access.assert_can_read(function, "reports/superuser", encryption_key=superuser_key)
    access.assert_only([function], GET, "reports/superuser")
    access.assert_only([function], "secretsmanager:GetRandomPassword")
    put, own = "secretsmanager:PutSecretValue", "secretsmanager:resource/AllowRotationLambdaArn"
    access.assert_never(function, put, "reports/superuser")
    access.assert_cannot(function, put, reports, context={own: None})
    # The ARN of its function is the deployment's.
    with pytest.raises(AssertionError, match="is undetermined: .*AllowRotationLambdaArn"):
        access.assert_can(function, put, reports)


def test_a_developer_uses_the_secrets_of_the_own_project_and_makes_no_others() -> None:
    stack = stack_of("teams_keep_their_own_secrets")
    developers = stack.node.find_child("Developers")
    access = SecretAccess.from_stack(stack)
    mine, tag, create = (
        "aws:PrincipalTag/Project",
        "aws:ResourceTag/Project",
        "secretsmanager:CreateSecret",
    )
    same, other = ({mine: "orders", tag: project} for project in ("orders", "billing"))
    for action in (GET, "secretsmanager:PutSecretValue"):
        access.assert_can(developers, action, "teams/db", context=same)
        access.assert_cannot(developers, action, "teams/db", context=other)
        access.assert_cannot(developers, action, "teams/db", context={**same, mine: None})
        elsewhere = SecretScope.from_secret_name("other/db")
        access.assert_cannot(developers, action, elsewhere, context=same)
    for project, check in (("orders", access.assert_can), ("billing", access.assert_cannot)):
        asked = {mine: "orders", "aws:RequestTag/Project": project, "aws:TagKeys": "Project"}
        check(developers, create, "teams/new", context=asked)
    access.assert_never(developers, "secretsmanager:UntagResource")
