"""Managed or inline, attached to whom: what enters the template."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from constructs_lib import (
    DenySecretAccess,
    PolicyType,
    SecretAdmin,
    SecretCreator,
    SecretDescriber,
    SecretReader,
    SecretScope,
    SecretWriter,
    TagScopedDescriber,
)
from constructs_lib.testing import SecretAccess
from tests.support.apps import unvalidated_app

SECRET = SecretScope.from_secret_name("prod/db")
ACCOUNT_ARN = "arn:aws:iam::111122223333:"


def only(stack: cdk.Stack, resource_type: str) -> dict[str, Any]:
    """Return the properties of the stack's one resource of a type."""
    (resource,) = Template.from_stack(stack).find_resources(resource_type).values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def role_in(stack: cdk.Stack, construct_id: str = "Role") -> iam.Role:
    return iam.Role(stack, construct_id, assumed_by=iam.AccountRootPrincipal())


def test_a_managed_policy_with_everything(stack: cdk.Stack) -> None:
    SecretReader(
        stack,
        "Reader",
        secrets=SECRET,
        users=[iam.User(stack, "User"), iam.User.from_user_name(stack, "Alice", "alice")],
        roles=[role_in(stack), iam.Role.from_role_name(stack, "App", "app")],
        groups=[iam.Group(stack, "Group"), iam.Group.from_group_name(stack, "Ops", "ops")],
        policy_name="prod-db-reader",
        description="reads prod/db",
        path="/secrets/",
    )
    properties = only(stack, "AWS::IAM::ManagedPolicy")
    assert properties["ManagedPolicyName"] == "prod-db-reader"
    assert properties["Description"] == "reads prod/db"
    assert properties["Path"] == "/secrets/"
    assert properties["Users"] == [{"Ref": "User00B015A1"}, "alice"]
    assert properties["Roles"] == [{"Ref": "Role1ABCC5F0"}, "app"]
    assert properties["Groups"] == [{"Ref": "GroupC77FDACD"}, "ops"]


def test_a_managed_policy_attached_to_nobody_is_for_others_to_attach(stack: cdk.Stack) -> None:
    SecretReader(stack, "Reader", secrets=SECRET)
    assert set(only(stack, "AWS::IAM::ManagedPolicy")) == {"PolicyDocument"}


def test_an_inline_policy(stack: cdk.Stack) -> None:
    SecretReader(
        stack,
        "Reader",
        secrets=SECRET,
        roles=[role_in(stack)],
        policy_type=PolicyType.INLINE,
        policy_name="prod-db",
    )
    properties = only(stack, "AWS::IAM::Policy")
    assert set(properties) == {"PolicyDocument", "PolicyName", "Roles"}
    assert properties["PolicyName"] == "prod-db"


def inline_policy_name(stack_id: str, construct_id: str) -> str:
    """Return the beginning of the name that an inline policy gets; the stack's id follows it."""
    stack = cdk.Stack(unvalidated_app(), stack_id)
    user = iam.User.from_user_name(stack, "Alice", "alice")
    SecretReader(stack, construct_id, secrets=SECRET, users=[user], policy_type=PolicyType.INLINE)
    _, (text, stack_part) = only(stack, "AWS::IAM::Policy")["PolicyName"]["Fn::Join"]
    assert stack_part == {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    assert isinstance(text, str)
    return text


def test_inline_policies_are_named_apart() -> None:
    paths = [("A", "B-C"), ("A-B", "C"), ("A", "B_C"), ("A" * 120, "D")]
    names = [inline_policy_name(*path) for path in paths]
    assert len(set(names)) == len(names)
    assert names[0].startswith("A-B-C-")
    assert max(len(name) + 36 for name in names) <= 128, "36: the id of a stack"


@pytest.mark.parametrize("policy_type", list(PolicyType))
def test_attaching_later_and_twice(stack: cdk.Stack, policy_type: PolicyType) -> None:
    role, user = role_in(stack), iam.User.from_user_name(stack, "Alice", "alice")
    group = iam.Group.from_group_name(stack, "Ops", "ops")
    reader = SecretReader(stack, "Reader", secrets=SECRET, policy_type=policy_type)
    for _ in range(2):
        reader.attach_to_role(role)
        reader.attach_to_user(user)
        reader.attach_to_group(group)
    reader.attach_to_user(iam.User.from_user_name(stack, "AliceToo", "alice"))
    inline = policy_type is PolicyType.INLINE
    properties = only(stack, "AWS::IAM::Policy" if inline else "AWS::IAM::ManagedPolicy")
    assert properties["Roles"] == [{"Ref": "Role1ABCC5F0"}]
    assert properties["Users"] == ["alice"]
    assert properties["Groups"] == ["ops"]


def test_a_principal_given_twice_is_attached_once(stack: cdk.Stack) -> None:
    role = role_in(stack)
    SecretReader(stack, "Reader", secrets=SECRET, roles=[role, role])
    assert only(stack, "AWS::IAM::ManagedPolicy")["Roles"] == [{"Ref": "Role1ABCC5F0"}]


def test_principals_imported_by_arn_are_attached_by_name_without_their_path(
    ireland: cdk.Stack,
) -> None:
    SecretReader(
        ireland,
        "Reader",
        secrets=SECRET,
        users=[iam.User.from_user_arn(ireland, "U", f"{ACCOUNT_ARN}user/team/alice")],
        roles=[iam.Role.from_role_arn(ireland, "R", f"{ACCOUNT_ARN}role/team/app")],
        groups=[iam.Group.from_group_arn(ireland, "G", f"{ACCOUNT_ARN}group/team/ops")],
    )
    properties = only(ireland, "AWS::IAM::ManagedPolicy")
    assert properties["Users"] == ["alice"]
    assert properties["Roles"] == ["app"]
    assert properties["Groups"] == ["ops"]


def test_a_principal_of_any_account_is_taken_where_the_stacks_is_not_known(
    stack: cdk.Stack,
) -> None:
    role = iam.Role.from_role_arn(stack, "R", f"{ACCOUNT_ARN}role/app")
    SecretReader(stack, "Reader", secrets=SECRET, roles=[role])
    assert only(stack, "AWS::IAM::ManagedPolicy")["Roles"] == ["app"]


def test_a_role_of_another_stack_is_attached_through_an_export(app: cdk.App) -> None:
    owner, user = cdk.Stack(app, "Owner"), cdk.Stack(app, "User")
    SecretReader(user, "Reader", secrets=SECRET, roles=[role_in(owner)])
    assert only(user, "AWS::IAM::ManagedPolicy")["Roles"] == [
        {"Fn::ImportValue": "Owner:ExportsOutputRefRole1ABCC5F06F481065"}
    ]
    SecretAccess.from_stack(user).assert_only(
        ["Owner/Role"], "secretsmanager:GetSecretValue", "prod/db"
    )


def test_managed_policies_serve_as_boundaries_and_elsewhere(app: cdk.App) -> None:
    stack, other = cdk.Stack(app, "Stack"), cdk.Stack(app, "Other")
    reader = SecretReader(stack, "Reader", secrets=SECRET)
    (policy,) = reader.managed_policies
    assert reader.managed_policies == [policy]
    iam.Role(stack, "R", assumed_by=iam.AccountRootPrincipal(), permissions_boundary=policy)
    iam.Role(other, "R", assumed_by=iam.AccountRootPrincipal(), managed_policies=[policy])
    (logical_id,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")
    assert only(stack, "AWS::IAM::Role")["PermissionsBoundary"] == {"Ref": logical_id}
    assert "Fn::ImportValue" in only(other, "AWS::IAM::Role")["ManagedPolicyArns"][0]
    access = SecretAccess.from_stack(stack)
    access.assert_only(["Other/R"], "secretsmanager:GetSecretValue", "prod/db")
    access.assert_never("Stack/R", "*")


def test_an_inline_policy_has_no_managed_policies(stack: cdk.Stack) -> None:
    reader = SecretReader(
        stack, "Reader", secrets=SECRET, roles=[role_in(stack)], policy_type=PolicyType.INLINE
    )
    assert reader.managed_policies == []


@pytest.mark.parametrize("policy_type", list(PolicyType))
def test_policy_documents_are_exactly_what_is_emitted(
    stack: cdk.Stack, policy_type: PolicyType
) -> None:
    key = kms.Key(stack, "Key")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    name = cdk.CfnParameter(stack, "Name").value_as_string
    reader = SecretReader(
        stack,
        "Reader",
        secrets=[secret, SecretScope.from_secret_name(name)],
        roles=[role_in(stack)],
        policy_type=policy_type,
    )
    inline = policy_type is PolicyType.INLINE
    emitted = only(stack, "AWS::IAM::Policy" if inline else "AWS::IAM::ManagedPolicy")
    (document,) = reader.policy_documents
    assert stack.resolve(document) == emitted["PolicyDocument"]
    document["Statement"].clear()
    assert reader.policy_documents[0]["Statement"], "a caller's change is the caller's alone"


def test_every_construct_emits_its_statements(stack: cdk.Stack) -> None:
    user = iam.User.from_user_name(stack, "Alice", "alice")
    SecretWriter(stack, "Writer", secrets=SECRET, users=[user])
    SecretDescriber(stack, "Metadata", secrets=SECRET, users=[user])
    SecretAdmin(stack, "Admin", secrets=SECRET, users=[user])
    SecretCreator(stack, "Creator", secrets=SECRET, users=[user])
    TagScopedDescriber(stack, "Describer", tags={"Project": "orders"}, users=[user])
    DenySecretAccess(stack, "Deny", secrets=SECRET, users=[user])
    policies = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")
    sids = {
        logical_id[:-8]: [
            statement["Sid"] for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]
        for logical_id, policy in policies.items()
    }
    assert sids == {
        "Writer": ["WriteSecretValue", "UpdateSecretValue"],
        "Metadata": ["DescribeSecret"],
        "Admin": ["AdministerSecret", "ListSecrets"],
        "Creator": ["CreateSecret", "ListSecrets"],
        "Describer": ["DescribeTaggedSecrets"],
        "Deny": ["DenySecretAccess"],
    }
    assert all(policy["Properties"]["Users"] == ["alice"] for policy in policies.values())


def test_the_policy_is_the_primary_child(stack: cdk.Stack) -> None:
    reader = SecretReader(stack, "Reader", secrets=SECRET)
    assert isinstance(reader.node.default_child, iam.CfnManagedPolicy)
    assert reader.node.default_child.node.path == "Stack/Reader/Resource"
