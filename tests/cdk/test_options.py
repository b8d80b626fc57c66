"""Every construct hands every prop on."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from constructs_lib import (
    AccessConditions,
    DenyLevel,
    DenySecretAccess,
    PolicyType,
    SecretAccessError,
    SecretAdmin,
    SecretCreator,
    SecretDescriber,
    SecretReader,
    SecretRotator,
    SecretScope,
    SecretWriter,
    TagMatchedAccess,
    TagScopedDescriber,
)
from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.testing import SecretAccess

SECRET = SecretScope.from_secret_name("prod/db")
CONSTRUCTS: list[tuple[type[SecretPolicy], dict[str, Any]]] = [
    (SecretReader, {"secrets": SECRET}),
    (SecretWriter, {"secrets": SECRET}),
    (SecretRotator, {"secrets": SECRET}),
    (SecretDescriber, {"secrets": SECRET}),
    (SecretAdmin, {"secrets": SECRET}),
    (SecretCreator, {"secrets": SECRET}),
    (TagScopedDescriber, {"tags": {"Project": "orders"}}),
    (TagMatchedAccess, {"tag_keys": ["Project"]}),
    (DenySecretAccess, {"secrets": SECRET}),
]


def principals(stack: cdk.Stack) -> dict[str, Any]:
    return {
        "users": [iam.User.from_user_name(stack, "Alice", "alice")],
        "roles": [iam.Role.from_role_name(stack, "App", "app")],
        "groups": [iam.Group.from_group_name(stack, "Ops", "ops")],
    }


@pytest.mark.parametrize(("construct", "props"), CONSTRUCTS)
def test_a_managed_policy_gets_every_prop(
    stack: cdk.Stack, construct: type[SecretPolicy], props: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"policy_name": "name", "description": "text", "path": "/path/"}
    found = construct(stack, "It", **props, **principals(stack), **given)
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    assert policy["Properties"] == {
        "PolicyDocument": stack.resolve(found.policy_documents[0]),
        "ManagedPolicyName": "name",
        "Description": "text",
        "Path": "/path/",
        "Users": ["alice"],
        "Roles": ["app"],
        "Groups": ["ops"],
    }


@pytest.mark.parametrize(("construct", "props"), CONSTRUCTS)
def test_an_inline_policy_gets_every_prop(
    stack: cdk.Stack, construct: type[SecretPolicy], props: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"policy_name": "name", "policy_type": PolicyType.INLINE}
    found = construct(stack, "It", **props, **principals(stack), **given)
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert policy["Properties"] == {
        "PolicyDocument": stack.resolve(found.policy_documents[0]),
        "PolicyName": "name",
        "Users": ["alice"],
        "Roles": ["app"],
        "Groups": ["ops"],
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("ReadSecretValue", "secretsmanager:GetSecretValue")]),
        (
            {"describe": True, "batch": True},
            [
                (
                    "ReadSecretValue",
                    ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                ),
                ("BatchGetSecretValue", "secretsmanager:BatchGetSecretValue"),
            ],
        ),
        (
            {"describe": True, "version_stages": ["AWSCURRENT"]},
            [
                ("ReadSecretValue", "secretsmanager:GetSecretValue"),
                ("DescribeSecret", "secretsmanager:DescribeSecret"),
            ],
        ),
    ],
)
def test_the_readers_options(
    stack: cdk.Stack, options: dict[str, Any], expected: list[tuple[str, Any]]
) -> None:
    (document,) = SecretReader(stack, "It", secrets=SECRET, **options).policy_documents
    found = document["Statement"]
    assert [(statement["Sid"], statement["Action"]) for statement in found] == expected
    staged = "version_stages" in options
    assert ("Condition" in found[0]) == staged
    if staged:
        assert found[0]["Condition"] == {
            "ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}
        }


@pytest.mark.parametrize("option", ["describe", "batch"])
def test_fails_on_an_option_that_is_no_bool(stack: cdk.Stack, option: str) -> None:
    wrong: dict[str, Any] = {option: "false"}
    with pytest.raises(SecretAccessError, match=f"^{option} must be True or False, got 'false'"):
        SecretReader(stack, "It", secrets=SECRET, **wrong)


@pytest.mark.parametrize("listed", [False, True])
def test_a_describer_lists_if_told_to(stack: cdk.Stack, listed: bool) -> None:
    (document,) = SecretDescriber(stack, "It", secrets=SECRET, list=listed).policy_documents
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert sids == ["DescribeSecret"] + ["ListSecrets"] * listed


def test_fails_on_a_list_that_is_no_bool(stack: cdk.Stack) -> None:
    wrong: Any = "no"
    with pytest.raises(SecretAccessError, match="^list must be True or False, got 'no'"):
        SecretDescriber(stack, "It", secrets=SECRET, list=wrong)


@pytest.mark.parametrize(
    ("construct", "props"), [each for each in CONSTRUCTS if each[0] is not DenySecretAccess]
)
def test_an_allow_takes_conditions(
    stack: cdk.Stack, construct: type[SecretPolicy], props: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"conditions": AccessConditions(mfa=True)}
    (document,) = construct(stack, "It", **props, **given).policy_documents
    allowing = [each for each in document["Statement"] if each["Effect"] == "Allow"]
    assert allowing
    for statement in allowing:
        assert statement["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}


def test_a_vpc_endpoint_of_the_app_is_a_condition(stack: cdk.Stack) -> None:
    endpoint = ec2.InterfaceVpcEndpoint(
        stack,
        "Endpoint",
        vpc=ec2.Vpc(stack, "Vpc"),
        service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    )
    conditions = AccessConditions(vpc_endpoints=[endpoint.vpc_endpoint_id])
    reader = SecretReader(stack, "It", secrets=SECRET, conditions=conditions)
    (statement,) = stack.resolve(reader.policy_documents[0])["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceVpce": stack.resolve(endpoint.vpc_endpoint_id)}
    }


def test_an_administrators_opt_ins(stack: cdk.Stack) -> None:
    function = lambda_.Function(
        stack,
        "Rotate",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    admin = SecretAdmin(
        stack,
        "It",
        secrets=SECRET,
        rotation_functions=[function],
        minimum_recovery_window=14,
        manage_resource_policy=True,
        replicate_to=["eu-central-1"],
        tag_keys=["CostCenter"],
    )
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    document = policy["Properties"]["PolicyDocument"]
    assert document == stack.resolve(admin.policy_documents[0])
    found = {statement["Sid"]: statement for statement in document["Statement"]}
    arn = stack.resolve(function.function_arn)
    assert found["InvokeRotationFunction"]["Resource"] == arn
    assert {sid: each.get("Condition") for sid, each in found.items()} == {
        "AdministerSecret": None,
        "RotateWithNamedFunction": {"ArnEquals": {"secretsmanager:RotationLambdaARN": arn}},
        "RotateWithOwnFunction": {
            "Null": {"secretsmanager:RotationLambdaARN": "true"},
            "ArnEquals": {"secretsmanager:resource/AllowRotationLambdaArn": arn},
        },
        "InvokeRotationFunction": None,
        "DeleteSecretRecoverably": {
            "NumericGreaterThanEqualsIfExists": {"secretsmanager:RecoveryWindowInDays": "14"},
            "BoolIfExists": {"secretsmanager:ForceDeleteWithoutRecovery": "false"},
        },
        "PutResourcePolicy": {"Bool": {"secretsmanager:BlockPublicPolicy": "true"}},
        "ManageResourcePolicy": None,
        "ReplicateSecret": {
            "ForAllValues:StringEquals": {"secretsmanager:AddReplicaRegions": "eu-central-1"},
            "Null": {"secretsmanager:AddReplicaRegions": "false"},
            "BoolIfExists": {"secretsmanager:ForceOverwriteReplicaSecret": "false"},
        },
        "TagSecret": {
            "ForAllValues:StringEquals": {"aws:TagKeys": "CostCenter"},
            "Null": {"aws:TagKeys": "false"},
        },
        "ListSecrets": None,
    }


@pytest.mark.parametrize("name", ["function:rotate", "function:rotate:live"])
def test_an_imported_rotation_function_is_its_arn(ireland: cdk.Stack, name: str) -> None:
    arn = f"arn:aws:lambda:eu-west-1:111122223333:{name}"
    function = lambda_.Function.from_function_arn(ireland, "Rotate", arn)
    admin = SecretAdmin(ireland, "It", secrets=SECRET, rotation_functions=[function])
    found = ireland.resolve(admin.policy_documents[0])["Statement"]
    (invoke,) = (each for each in found if each["Action"] == "lambda:InvokeFunction")
    assert invoke["Resource"] == arn


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("rotation_functions", ["rotate"]),
        ("minimum_recovery_window", 6),
        ("manage_resource_policy", "yes"),
        ("replicate_to", ["eu-*"]),
        ("tag_keys", []),
    ],
)
def test_fails_on_an_opt_in_that_is_not_what_aws_has(
    stack: cdk.Stack, option: str, value: Any
) -> None:
    wrong: dict[str, Any] = {option: value}
    with pytest.raises(SecretAccessError):
        SecretAdmin(stack, "It", secrets=SECRET, **wrong)
    assert not stack.node.children


def test_a_rotators_options(stack: cdk.Stack) -> None:
    function = lambda_.Function(
        stack,
        "Rotate",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    assert function.role is not None
    keys = [
        kms.Key.from_key_arn(stack, name, f"arn:aws:kms:eu-west-1:111122223333:key/{name}")
        for name in ("k1", "k2")
    ]
    target, superuser = (
        SecretScope.from_secret_name(name, encryption_key=key)
        for name, key in zip(("db", "admin"), keys, strict=True)
    )
    rotator = SecretRotator(
        stack,
        "It",
        secrets=target,
        superuser_secrets=superuser,
        rotation_function=function,
        roles=[function.role],
    )
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    document = policy["Properties"]["PolicyDocument"]
    assert document == stack.resolve(rotator.policy_documents[0])
    assert policy["Properties"]["Roles"] == [stack.resolve(function.role.role_name)]
    found = {statement["Sid"]: statement for statement in document["Statement"]}
    own = {"secretsmanager:resource/AllowRotationLambdaArn": stack.resolve(function.function_arn)}
    assert found["ReplaceSecretValue"]["Condition"] == {"ArnEquals": own}
    assert found["ReadSuperuserSecret"]["Action"] == "secretsmanager:GetSecretValue"
    assert found["ReadSuperuserSecret"]["Resource"]["Fn::Sub"].endswith(":secret:admin-??????")
    assert "Condition" not in found["ReadSuperuserSecret"]
    assert found["UseSecretKey"]["Resource"] == keys[0].key_arn
    assert found["DecryptSuperuserSecret"]["Resource"] == keys[1].key_arn


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("superuser_secrets", [], "^secrets must be one secret, or .*, got \\[\\]"),
        ("superuser_secrets", "admin", "^secrets must be .*, got 'admin'"),
        ("rotation_function", "rotate", "^ARN of the rotation function must be .*, got 'rotate'"),
        ("rotation_function", [], "^rotation function must be .*, got \\[\\]"),
    ],
)
def test_fails_on_a_rotators_option_that_is_none(
    stack: cdk.Stack, option: str, value: Any, message: str
) -> None:
    wrong: dict[str, Any] = {option: value}
    with pytest.raises(SecretAccessError, match=message):
        SecretRotator(stack, "It", secrets=SECRET, **wrong)
    assert not stack.node.children


def test_a_creators_options(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    creator = SecretCreator(
        stack,
        "It",
        secrets=SecretScope.from_secret_name("a", encryption_key=key),
        required_tags={"Project": ["orders", "billing"]},
        pin_key=True,
    )
    create, tag, *_ = stack.resolve(creator.policy_documents[0])["Statement"]
    requested = {
        "StringEquals": {"aws:RequestTag/Project": ["orders", "billing"]},
        "ForAllValues:StringEquals": {"aws:TagKeys": "Project"},
    }
    pin = {"secretsmanager:KmsKeyArn": stack.resolve(key.key_arn)}
    assert create["Condition"] == {**requested, "ArnEquals": pin}
    assert tag["Action"] == "secretsmanager:TagResource"
    assert tag["Condition"] == {
        **requested,
        "StringEqualsIfExists": {"secretsmanager:ResourceTag/Project": ["orders", "billing"]},
    }


def test_fails_on_required_tags_that_are_none(stack: cdk.Stack) -> None:
    with pytest.raises(SecretAccessError, match="^tags must be .*, got {}"):
        SecretCreator(stack, "It", secrets=SECRET, required_tags={})


@pytest.mark.parametrize(
    ("level", "count"),
    [
        ({}, 1),
        ({"level": DenyLevel.VALUE}, 3),
        ({"level": DenyLevel.METADATA}, 3),
        ({"level": DenyLevel.ALL}, 1),
    ],
)
def test_a_denys_options(stack: cdk.Stack, level: dict[str, Any], count: int) -> None:
    glass = iam.Role(stack, "Glass", assumed_by=iam.AccountRootPrincipal())
    imported = iam.Role.from_role_name(stack, "Imported", "imported", mutable=False)
    alice = iam.User.from_user_name(stack, "Alice", "alice")
    key = kms.Key(stack, "Key")
    deny = DenySecretAccess(
        stack,
        "It",
        secrets=secretsmanager.Secret(stack, "Secret", encryption_key=key),
        except_principals=[glass, imported, alice],
        except_vpc_endpoints=["vpce-0123456789abcdef0"],
        **level,
    )
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    found = policy["Properties"]["PolicyDocument"]["Statement"]
    assert found == stack.resolve(deny.policy_documents[0])["Statement"]
    assert len(found) == count
    excepted = [stack.resolve(glass.role_arn), *map(iam_arn, ("role/imported", "user/alice"))]
    for statement in found:
        assert statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] == excepted
        endpoints = statement["Condition"]["StringNotEquals"]["aws:SourceVpce"]
        assert endpoints == "vpce-0123456789abcdef0"
    if count == 3:
        named = found[1]["Condition"]["ArnNotEquals"]["secretsmanager:KmsKeyArn"]
        assert named == stack.resolve(key.key_arn)


def test_tag_matched_access_in_a_template(stack: cdk.Stack) -> None:
    TagMatchedAccess(stack, "It", tag_keys=["Project"])
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    every = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"
    use, keep = policy["Properties"]["PolicyDocument"]["Statement"]
    assert use == {
        "Sid": "UseMatchedSecret",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": {"Fn::Sub": every},
        "Condition": {
            "StringEquals": {"secretsmanager:ResourceTag/Project": "${aws:PrincipalTag/Project}"},
            "Null": {"aws:PrincipalTag/Project": "false"},
            "StringLike": {"aws:PrincipalTag/Project": "?*"},
        },
    }
    assert keep == {
        "Sid": "KeepMatchedTags",
        "Effect": "Deny",
        "Action": ["secretsmanager:TagResource", "secretsmanager:UntagResource"],
        "Resource": {"Fn::Sub": every},
        "Condition": {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "Project"}},
    }


@pytest.mark.parametrize(
    ("options", "sids"),
    [
        ({"read": False, "describe": True}, ["UseMatchedSecret", "KeepMatchedTags"]),
        ({"write": True}, ["UseMatchedSecret", "UpdateMatchedSecret", "KeepMatchedTags"]),
        (
            {"read": False, "create": True},
            [
                *("CreateMatchedSecret", "TagNewSecret", "KeepMatchedTags", "DenyTagsBeside"),
                *("DenyTagsOfUntagged", "DenyOtherTags", "DenyTakenTags"),
            ],
        ),
    ],
)
def test_tag_matched_accesss_options(
    stack: cdk.Stack, options: dict[str, Any], sids: list[str]
) -> None:
    for secrets in (None, SECRET):
        found = TagMatchedAccess(
            stack, f"It{secrets is None}", tag_keys=["Project"], secrets=secrets, **options
        )
        (document,) = found.policy_documents
        assert [each["Sid"] for each in document["Statement"]] == sids


def test_tag_matched_access_is_read_as_what_it_is(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "App", assumed_by=iam.AccountRootPrincipal())
    orders = secretsmanager.Secret(stack, "Orders")
    TagMatchedAccess(stack, "It", tag_keys=["Project"], roles=[role])
    read = "secretsmanager:GetSecretValue"
    access = SecretAccess.from_stack(stack)
    same = {"aws:PrincipalTag/Project": "orders", "secretsmanager:ResourceTag/Project": "orders"}
    access.assert_can(role, read, orders, context=same)
    other = {**same, "secretsmanager:ResourceTag/Project": "billing"}
    access.assert_cannot(role, read, orders, context=other)


def iam_arn(name: str) -> dict[str, Any]:
    account = {"Ref": "AWS::AccountId"}
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":iam::", account, f":{name}"]
    return {"Fn::Join": ["", parts]}


def test_fails_on_batch_of_one_stage(stack: cdk.Stack) -> None:
    with pytest.raises(SecretAccessError, match="^batch must be omitted with version_stages"):
        SecretReader(stack, "It", secrets=SECRET, batch=True, version_stages=["AWSCURRENT"])


@pytest.mark.parametrize("construct", [SecretAdmin, SecretWriter])
def test_every_secret_of_a_writer_has_its_key(
    stack: cdk.Stack, construct: type[SecretAdmin | SecretWriter]
) -> None:
    keys = [
        kms.Key.from_key_arn(stack, name, f"arn:aws:kms:eu-west-1:111122223333:key/{name}")
        for name in ("k1", "k2")
    ]
    secrets = [SecretScope.from_secret_name("a", encryption_key=key) for key in keys]
    (document,) = construct(stack, "It", secrets=secrets).policy_documents
    used = [each["Resource"] for each in document["Statement"] if "kms:Decrypt" in each["Action"]]
    assert used == [key.key_arn for key in keys]
