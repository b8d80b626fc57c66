"""From templates to principals: who has which policies."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof.cloudformation.model import Deployment, Principal
from constructs_lib.proof.cloudformation.stacks import Stack, read_assembly
from constructs_lib.proof.cloudformation.template import read

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
}
OTHER = {**DOCUMENT, "Id": "other"}


def one(resources: dict[str, tuple[str, dict[str, Any]]], **options: Any) -> Deployment:
    body = {
        name: {"Type": f"AWS::{type_}", "Properties": properties}
        for name, (type_, properties) in resources.items()
    }
    stack = Stack("S", {"Resources": body}, region="eu-west-1", account="111122223333")
    (deployment,) = read([stack], **options)
    return deployment


def called(deployment: Deployment, name: str) -> Principal:
    (found,) = (each for each in deployment.principals if each.name == name)
    return found


def names(principal: Principal) -> list[str]:
    return [each.name for each in principal.policies]


@pytest.mark.parametrize(
    ("type_", "attached"),
    [
        ("IAM::ManagedPolicy", {"Roles": ["app"]}),
        ("IAM::Policy", {"Roles": ["app"], "PolicyName": "p"}),
        ("IAM::RolePolicy", {"RoleName": "app", "PolicyName": "p"}),
    ],
)
def test_a_policy_makes_a_principal_known_by_name(type_: str, attached: dict[str, Any]) -> None:
    deployment = one({"P": (type_, {"PolicyDocument": DOCUMENT, **attached})})
    app = called(deployment, "app")
    assert (app.kind, app.account, app.location, app.tags) == ("role", "111122223333", None, None)
    assert (
        deployment.unknowns.shown(app.arn) == "arn:aws:iam::111122223333:role/<path of role app>app"
    )
    (policy,) = app.policies
    assert policy.document == DOCUMENT
    assert str(policy.location) == "P (stack S)"


def test_every_way_to_attach_a_policy() -> None:
    deployment = one(
        {
            "U": ("IAM::User", {"UserName": "u", "ManagedPolicyArns": [{"Ref": "M"}]}),
            "G": (
                "IAM::Group",
                {"GroupName": "g", "Policies": [{"PolicyName": "i", "PolicyDocument": DOCUMENT}]},
            ),
            "M": ("IAM::ManagedPolicy", {"PolicyDocument": DOCUMENT, "Groups": [{"Ref": "G"}]}),
            "UP": (
                "IAM::UserPolicy",
                {"PolicyDocument": DOCUMENT, "UserName": {"Ref": "U"}, "PolicyName": "a"},
            ),
            "GP": (
                "IAM::GroupPolicy",
                {"PolicyDocument": DOCUMENT, "GroupName": "g", "PolicyName": "b"},
            ),
            "P": (
                "IAM::Policy",
                {"PolicyDocument": DOCUMENT, "Users": ["u"], "Groups": ["g"], "PolicyName": "c"},
            ),
        }
    )
    assert names(called(deployment, "u")) == [
        "managed policy M (stack S)",
        "inline policy UP (stack S)",
        "inline policy P (stack S)",
    ]
    assert names(called(deployment, "g")) == [
        "managed policy M (stack S)",
        "inline policy i of G (stack S)",
        "inline policy GP (stack S)",
        "inline policy P (stack S)",
    ]


def test_a_users_groups_policies_are_the_users() -> None:
    deployment = one(
        {
            "G": ("IAM::Group", {"GroupName": "g"}),
            "P": (
                "IAM::Policy",
                {"PolicyDocument": DOCUMENT, "Groups": ["g", "h"], "PolicyName": "p"},
            ),
            "U": ("IAM::User", {"UserName": "u", "Groups": [{"Ref": "G"}]}),
            "A": ("IAM::UserToGroupAddition", {"GroupName": "h", "Users": ["v"]}),
        }
    )
    assert names(called(deployment, "u")) == ["inline policy P (stack S)"]
    assert called(deployment, "u").groups == ("g",)
    (unknown,) = {name for name in names(called(deployment, "v")) if name.startswith("policies")}
    assert unknown == "policies of group h, which is not in the templates"
    assert "inline policy P (stack S)" in names(called(deployment, "v"))


def test_a_user_may_stand_before_its_group() -> None:
    user = ("IAM::User", {"UserName": "u", "Groups": [{"Ref": "G"}]})
    deployment = one({"U": user, "G": ("IAM::Group", {"GroupName": "g"})})
    assert called(deployment, "u").groups == ("g",)


def test_an_inline_policy_may_name_a_resource_of_the_template() -> None:
    statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": {"Ref": "S"}}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    inline = [{"PolicyName": "p", "PolicyDocument": document}]
    deployment = one(
        {
            "S": ("SecretsManager::Secret", {}),
            "R": ("IAM::Role", {"AssumeRolePolicyDocument": {}, "Policies": inline}),
        }
    )
    (policy,) = deployment.principals[0].policies
    assert policy.document is not None
    assert policy.document["Statement"][0]["Resource"] == deployment.secrets[0].arn


def test_a_policy_that_is_attached_twice_is_there_once() -> None:
    role = {"RoleName": "r", "ManagedPolicyArns": [{"Ref": "M"}]}
    policy = {"PolicyDocument": DOCUMENT, "Roles": ["r"]}
    deployment = one({"R": ("IAM::Role", role), "M": ("IAM::ManagedPolicy", policy)})
    assert names(called(deployment, "r")) == ["managed policy M (stack S)"]


@pytest.mark.parametrize(
    "given",
    [
        {"ReadOnly": DOCUMENT},
        {"arn:aws:iam::aws:policy/path/ReadOnly": DOCUMENT},
        {"arn:aws-cn:iam::aws:policy/path/ReadOnly": DOCUMENT},
        {},
        {"Other": DOCUMENT},
    ],
)
def test_an_aws_managed_policy_is_supplied_or_unknown(given: dict[str, Any]) -> None:
    role = {"RoleName": "r", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/path/ReadOnly"]}
    deployment = one({"R": ("IAM::Role", role)}, managed_policies=given)
    (policy,) = called(deployment, "r").policies
    known = any("ReadOnly" in name for name in given)
    assert policy.document == (DOCUMENT if known else None)
    assert policy.name == "managed policy arn:aws:iam::aws:policy/path/ReadOnly"


@pytest.mark.parametrize("boundary", [{"Ref": "M"}, {"Fn::GetAtt": ["M", "PolicyArn"]}])
def test_a_boundary_is_found(boundary: object) -> None:
    deployment = one(
        {
            "R": ("IAM::Role", {"RoleName": "r", "PermissionsBoundary": boundary}),
            "M": ("IAM::ManagedPolicy", {"PolicyDocument": DOCUMENT, "ManagedPolicyName": "m"}),
        }
    )
    found = called(deployment, "r").boundary
    assert found is not None
    assert found.document == DOCUMENT
    assert called(deployment, "r").policies == ()


def test_of_two_inline_policies_with_one_name_either_may_be_the_last() -> None:
    policies: dict[str, Any] = {
        "A": ("IAM::Policy", {"PolicyDocument": DOCUMENT, "Roles": ["r"], "PolicyName": "p"}),
        "B": ("IAM::Policy", {"PolicyDocument": OTHER, "Roles": ["r"], "PolicyName": "p"}),
    }
    doubts = [each.doubt for each in called(one(policies), "r").policies]
    assert [*map(str, doubts)] == ["which of the inline policies called 'p' is put last"] * 2


def test_a_role_named_by_a_parameter_may_be_any_role() -> None:
    policy = {"PolicyDocument": DOCUMENT, "Roles": [{"Ref": "P"}], "PolicyName": "p"}
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Resources": {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}},
            "X": {"Type": "AWS::IAM::Policy", "Properties": policy},
        },
    }
    (open_,) = read([Stack("S", template)])
    (found,) = called(open_, "r").policies
    assert found.doubt is not None
    assert "parameter P" in str(found.doubt)
    assert found.doubt.remedies == ("give parameters={'P': VALUE}",)
    (decided,) = read([Stack("S", template, parameters={"P": "r"})])
    assert [each.doubt for each in called(decided, "r").policies] == [None]
    (elsewhere,) = read([Stack("S", template, parameters={"P": "q"})])
    assert called(elsewhere, "r").policies == ()


def test_a_resource_policy_finds_its_secret_by_arn_name_and_attachment() -> None:
    for given in ({"Ref": "Secret"}, "prod/db", {"Ref": "Attachment"}):
        deployment = one(
            {
                "Secret": ("SecretsManager::Secret", {"Name": "prod/db", "KmsKeyId": {"Ref": "K"}}),
                "Attachment": (
                    "SecretsManager::SecretTargetAttachment",
                    {"SecretId": {"Ref": "Secret"}},
                ),
                "P": (
                    "SecretsManager::ResourcePolicy",
                    {"SecretId": given, "ResourcePolicy": DOCUMENT},
                ),
                "K": ("KMS::Key", {"KeyPolicy": DOCUMENT}),
            }
        )
        (secret,) = deployment.secrets
        assert [each.name for each in secret.policies] == ["resource policy P (stack S)"]
        assert secret.key is not None
        assert deployment.keys[0].arn.endswith(secret.key)


def test_a_resource_policy_makes_an_existing_secret_known() -> None:
    policy = {"SecretId": "prod/db", "ResourcePolicy": DOCUMENT}
    (secret,) = one({"P": ("SecretsManager::ResourcePolicy", policy)}).secrets
    assert (secret.name, secret.location, secret.tags) == ("prod/db", None, None)


def test_a_principal_in_a_key_policy_tells_the_path_of_a_role() -> None:
    who = {"AWS": "arn:aws:iam::111122223333:role/x/app"}
    statement = {"Effect": "Allow", "Principal": who, "Action": "kms:*", "Resource": "*"}
    deployment = one(
        {
            "K": ("KMS::Key", {"KeyPolicy": {"Statement": [statement]}}),
            "P": ("IAM::Policy", {"PolicyDocument": DOCUMENT, "Roles": ["app"], "PolicyName": "p"}),
        }
    )
    assert called(deployment, "app").arn == "arn:aws:iam::111122223333:role/x/app"


def test_a_key_without_a_policy_has_the_default_one() -> None:
    (key,) = one({"K": ("KMS::Key", {})}).keys
    assert "arn:aws:iam::111122223333:root" in json.dumps(key.policy.document)


def test_fails_on_two_roles_of_one_name() -> None:
    role = ("IAM::Role", {"RoleName": "r"})
    with pytest.raises(SecretAccessError, match="Resources.B of stack S is 'role r', as A"):
        one({"A": role, "B": role})


@pytest.mark.parametrize(
    ("type_", "properties", "message"),
    [
        ("IAM::Role", {"Policies": "x"}, "Policies of stack S is 'x'"),
        ("IAM::Role", {"Policies": [7]}, r"Policies\[0\] of stack S is 7"),
        ("IAM::Role", {"ManagedPolicyArns": [7]}, "ManagedPolicyArns of stack S has 7"),
        ("IAM::Role", {"RoleName": ["x"]}, "RoleName of stack S is"),
        ("IAM::Role", {"Tags": [{}]}, "a Key and a Value are needed"),
        ("IAM::Role", {"PermissionsBoundary": 7}, "an ARN is allowed"),
        ("IAM::ManagedPolicy", {}, "has no PolicyDocument"),
        ("IAM::ManagedPolicy", {"PolicyDocument": "x"}, "a policy document is allowed"),
        ("IAM::Policy", {"Roles": ["r"], "PolicyName": "p"}, "has no PolicyDocument"),
        ("IAM::UserToGroupAddition", {"Users": ["u"]}, "GroupName of stack S is None"),
        ("SecretsManager::ResourcePolicy", {}, "SecretId of stack S is None"),
        ("SecretsManager::Secret", {"KmsKeyId": ["x"]}, "a key's ARN or id is allowed"),
        ("Our::Thing::MODULE", {}, "is the module AWS::Our::Thing::MODULE, whose resources"),
    ],
)
def test_fails_on_a_malformed_resource(
    type_: str, properties: dict[str, Any], message: str
) -> None:
    with pytest.raises(SecretAccessError, match=message) as error:
        one({"Broken": (type_, properties)})
    assert "Resources.Broken" in error.value.problem


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"manifest.json": "{"},
        {"manifest.json": "[]"},
        {"manifest.json": '{"artifacts": 7}'},
        {"manifest.json": '{"artifacts": {"A": 7}}'},
        {"manifest.json": '{"artifacts": {"A": {"type": "aws:cloudformation:stack"}}}'},
        {
            "manifest.json": '{"artifacts": {"A": {"type": "aws:cloudformation:stack", '
            '"environment": "x", "properties": {"templateFile": "t.json"}}}}',
            "t.json": '{"Resources": {}}',
        },
        {
            "manifest.json": '{"artifacts": {"A": {"type": "cdk:cloud-assembly", '
            '"properties": {"directoryName": "."}}}}'
        },
    ],
)
def test_fails_on_what_is_no_cloud_assembly(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SecretAccessError, match="a cloud assembly, as cdk synth writes it"):
        read_assembly(tmp_path)
