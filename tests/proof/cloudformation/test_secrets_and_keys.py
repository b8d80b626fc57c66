"""The tags of secrets, keys and principals: their own, those of the stack, and CloudFormation's."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as sm

from constructs_lib import SecretAccessError
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.testing import SecretAccess
from tests.support.apps import unvalidated_app

GET = "secretsmanager:GetSecretValue"
PLACE: dict[str, Any] = {"region": "eu-west-1", "account": "111122223333"}
SYSTEM_TAGS = ("stack-name", "stack-id", "logical-id")


def allow(condition: dict[str, Any], action: str = GET) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}


def template_of(
    *statements: dict[str, Any], own: dict[str, str] | None = None, replicas: bool = False
) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    }
    tags = [{"Key": key, "Value": value} for key, value in (own or {}).items()]
    secret: dict[str, Any] = {"Name": "prod/db", "Tags": tags}
    if replicas:
        secret["ReplicaRegions"] = [{"Region": "eu-central-1"}]
    return {
        "Resources": {
            "S": {"Type": "AWS::SecretsManager::Secret", "Properties": secret},
            "T": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "test/db"}},
            "R": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "app",
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [
                        {
                            "PolicyName": "p",
                            "PolicyDocument": {
                                "Version": "2012-10-17",
                                "Statement": list(statements),
                            },
                        }
                    ],
                },
            },
        }
    }


def accessible(*statements: dict[str, Any], **more: Any) -> SecretAccess:
    tags = more.pop("stack_tags", None)
    return SecretAccess.from_template(template_of(*statements, **more), stack_tags=tags, **PLACE)


@pytest.mark.parametrize("begin", ["aws:ResourceTag/", "secretsmanager:ResourceTag/"])
@pytest.mark.parametrize("tag", SYSTEM_TAGS)
def test_a_secret_has_the_tags_that_cloudformation_creates(begin: str, tag: str) -> None:
    key = f"{begin}aws:cloudformation:{tag}"
    accessible(allow({"StringLike": {key: "*"}})).assert_can("app", GET, "S")
    accessible(allow({"Null": {key: "true"}})).assert_cannot("app", GET, "S")


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("stack-name", "Orders"),
        ("stack-id", "arn:aws:cloudformation:eu-west-1:111122223333:stack/Orders/*"),
    ],
)
def test_fails_for_a_value_that_only_the_deployment_knows(tag: str, value: str) -> None:
    access = accessible(allow({"StringLike": {f"aws:ResourceTag/aws:cloudformation:{tag}": value}}))
    for check in (access.assert_can, access.assert_cannot):
        with pytest.raises(AssertionError, match="name of stack template"):
            check("app", GET, "S")


def test_the_logical_id_tells_secrets_apart() -> None:
    access = accessible(
        allow({"StringEquals": {"aws:ResourceTag/aws:cloudformation:logical-id": "S"}})
    )
    access.assert_can("app", GET, "S")
    access.assert_cannot("app", GET, "T")
    grant, *_ = access.grants()  # the others are about secrets outside the template
    assert [secret.split(" ")[0] for secret in grant.secrets] == ["S"]


def test_secrets_that_differ_in_these_tags_alone_are_listed_together() -> None:
    grant, *_ = accessible(
        {"Effect": "Allow", "Action": GET, "Resource": "*"}
    ).grants()  # the others are about secrets outside the template
    assert len(grant.secrets) == 2


def test_fails_for_other_tags_of_aws_and_for_those_of_a_replica() -> None:
    access = accessible(allow({"StringLike": {"aws:ResourceTag/aws:servicecatalog:a": "*"}}))
    with pytest.raises(AssertionError, match="of which the request says nothing"):
        access.assert_cannot("app", GET, "S")
    access = accessible(
        allow({"Null": {"aws:ResourceTag/aws:cloudformation:stack-id": "true"}}), replicas=True
    )
    with pytest.raises(AssertionError, match="of which the request says nothing"):
        access.assert_cannot("app", GET, "S")


@pytest.mark.parametrize("begin", ["aws:ResourceTag/", "aws:PrincipalTag/"])
def test_the_tags_of_the_stack_are_those_of_its_resources(begin: str) -> None:
    condition = {"StringEquals": {f"{begin}Team": "pay"}}
    accessible(allow(condition)).assert_cannot("app", GET, "S")
    accessible(allow(condition), stack_tags={"team": "pay"}).assert_can("app", GET, "S")
    accessible(allow(condition), stack_tags={"team": "hr"}).assert_cannot("app", GET, "S")


def test_fails_where_the_stack_and_the_secret_have_one_tag_with_two_values() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "pay"}}
    access = accessible(allow(condition), own={"Team": "hr"}, stack_tags={"team": "pay"})
    for check in (access.assert_can, access.assert_cannot):
        with pytest.raises(AssertionError, match="tag Team of S in template"):
            check("app", GET, "S")
    access = accessible(allow(condition), own={"team": "pay"}, stack_tags={"team": "pay"})
    access.assert_can("app", GET, "S")


def test_a_nested_stack_has_the_tags_of_its_parent_and_of_its_resource() -> None:
    nested: dict[str, Any] = {"Type": "AWS::CloudFormation::Stack"}
    nested["Properties"] = {"Tags": [{"Key": "inner", "Value": "b"}]}
    parent = Stack(
        "P", {"Resources": {"N": nested}}, tags={"outer": "a"}, **PLACE, nested={"N": _inner()}
    )
    (deployment,) = read([parent])
    tags = dict(deployment.secrets[0].tags or {})
    assert {key: tags[key] for key in ("inner", "outer")} == {"inner": "b", "outer": "a"}


def _inner() -> Stack:
    return Stack("N", template_of(allow({"Null": {"aws:ResourceTag/outer": "false"}})))


# --- cloud assemblies -----------------------------------------------------------------------


def synthesized(directory: Path) -> cdk.Stack:
    app = unvalidated_app(outdir=str(directory))
    environment = cdk.Environment(**PLACE)
    stack = cdk.Stack(app, "Orders", env=environment, tags={"team": "pay"})
    key = kms.Key(stack, "Key")
    sm.Secret(stack, "Secret", secret_name="prod/db", encryption_key=key)
    role = iam.Role(
        stack, "Role", role_name="app", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
    )
    for action in (GET, "kms:Decrypt"):
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[action],
                resources=["*"],
                conditions={
                    "StringEquals": {
                        "aws:ResourceTag/team": "pay",
                        "aws:PrincipalTag/team": "pay",
                    }
                },
            )
        )
    return stack


def test_the_tags_of_a_stack_are_read_from_the_manifest(tmp_path: Path) -> None:
    stack = synthesized(tmp_path)
    SecretAccess.from_stack(stack).assert_can_read("app", "prod/db")
    access = SecretAccess.from_assembly(tmp_path)
    access.assert_can_read("app", "prod/db")
    SecretAccess.from_assembly(tmp_path, stack_tags={}).assert_cannot("app", GET, "prod/db")


def test_the_name_of_a_stack_of_an_assembly_is_known(tmp_path: Path) -> None:
    stack = synthesized(tmp_path)
    statement = iam.PolicyStatement(
        actions=["secretsmanager:DescribeSecret"],
        resources=["*"],
        conditions={"StringEquals": {"aws:ResourceTag/aws:cloudformation:stack-name": "Orders"}},
    )
    role = stack.node.find_child("Role")
    assert isinstance(role, iam.Role)
    role.add_to_policy(statement)
    access = SecretAccess.from_stack(stack)
    access.assert_can("app", "secretsmanager:DescribeSecret", "prod/db")


@pytest.mark.parametrize("tags", [["team"], {"team": 1}, "team"])
def test_refuses_tags_that_are_no_strings(tmp_path: Path, tags: Any) -> None:
    synthesized(tmp_path).node.root.synth()  # type: ignore[attr-defined]
    manifest = tmp_path / "manifest.json"
    content = json.loads(manifest.read_text())
    content["artifacts"]["Orders"]["properties"]["tags"] = tags
    manifest.write_text(json.dumps(content))
    with pytest.raises(SecretAccessError, match="tags of Orders is"):
        SecretAccess.from_assembly(tmp_path)
    with pytest.raises(SecretAccessError, match="stack_tags must be a mapping"):
        SecretAccess.from_template(template_of(), stack_tags=tags)
