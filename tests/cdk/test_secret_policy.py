"""SecretPolicy: several intents in one policy."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from aws_cdk.aws_kms import Key

from constructs_lib import (
    AdministerSecrets,
    DenySecrets,
    DescribeTaggedSecrets,
    PolicyType,
    ReadSecrets,
    RotateSecrets,
    SecretAccessError,
    SecretPolicy,
    SecretScope,
    ShareSecret,
    WriteSecrets,
)
from constructs_lib.testing import SecretAccess

DB, CERTIFICATE = (SecretScope.from_secret_name(name) for name in ("prod/db", "prod/certificate"))
KEY = "arn:aws:kms:eu-west-1:111122223333:key/abc"
MANAGED, INLINE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"
READ, WRITE = "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"
LIST = "secretsmanager:ListSecrets"


def properties_of(stack: cdk.Stack, resource_type: str) -> list[dict[str, Any]]:
    """Return the properties of the resources of a type."""
    found = Template.from_stack(stack).find_resources(resource_type).values()
    return [resource["Properties"] for resource in found]


def statements_of(stack: cdk.Stack, resource_type: str = MANAGED) -> list[list[dict[str, Any]]]:
    """Return the statements of each policy."""
    policies = properties_of(stack, resource_type)
    return [policy["PolicyDocument"]["Statement"] for policy in policies]


def actions_of(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def resources_of(statement: dict[str, Any]) -> list[str]:
    """Return the names, or patterns, of the secrets of a statement."""
    resources = statement["Resource"]
    several = resources if isinstance(resources, list) else [resources]
    return [str(each["Fn::Sub"] if isinstance(each, dict) else each) for each in several]


def role_in(stack: cdk.Stack, construct_id: str = "Role") -> iam.Role:
    return iam.Role(stack, construct_id, assumed_by=iam.AccountRootPrincipal())


# --- one policy ------------------------------------------------------------------------------


def test_several_intents_are_one_managed_policy(stack: cdk.Stack) -> None:
    intents = [ReadSecrets(DB, describe=True), WriteSecrets(CERTIFICATE)]
    SecretPolicy(stack, "Orders", intents=intents, roles=[role_in(stack)])
    (policy,) = properties_of(stack, MANAGED)
    assert policy["Roles"] == [{"Ref": "Role1ABCC5F0"}]
    (statements,) = statements_of(stack)
    assert len(statements) == sum(len(intent.statements()) for intent in intents)
    (read,) = (each for each in statements if READ in actions_of(each))
    (write,) = (each for each in statements if WRITE in actions_of(each))
    assert [name.rpartition(":")[2] for name in resources_of(read)] == ["prod/db-??????"]
    assert [name.rpartition(":")[2] for name in resources_of(write)] == ["prod/certificate-??????"]


def test_the_role_has_the_access_of_every_intent_and_no_other(stack: cdk.Stack) -> None:
    role = iam.Role(
        stack, "Role", role_name="app", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    )
    SecretPolicy(
        stack, "Orders", intents=[ReadSecrets(DB), WriteSecrets(CERTIFICATE)], roles=[role]
    )
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(role, DB)
    access.assert_can(role, WRITE, CERTIFICATE)
    access.assert_cannot(role, READ, CERTIFICATE)
    access.assert_cannot(role, WRITE, DB)


def test_sids_are_unique(stack: cdk.Stack) -> None:
    intents = [ReadSecrets(DB), ReadSecrets(CERTIFICATE, describe=True), RotateSecrets(DB)]
    SecretPolicy(stack, "Orders", intents=intents)
    (statements,) = statements_of(stack)
    sids = [statement["Sid"] for statement in statements]
    assert len(sids) == len(set(sids)) == sum(len(intent.statements()) for intent in intents)
    assert all(sid.isalnum() for sid in sids)


def test_equal_statements_are_emitted_once(stack: cdk.Stack) -> None:
    SecretPolicy(stack, "Admins", intents=[AdministerSecrets(DB), AdministerSecrets(CERTIFICATE)])
    (statements,) = statements_of(stack)
    assert [LIST in actions_of(statement) for statement in statements].count(True) == 1
    secrets = str([resources_of(s) for s in statements if READ in actions_of(s)])
    assert "prod/db" in secrets
    assert "prod/certificate" in secrets


def test_an_intent_that_is_given_twice_changes_nothing(stack: cdk.Stack) -> None:
    once = SecretPolicy(stack, "Once", intents=[ReadSecrets(DB)])
    twice = SecretPolicy(stack, "Twice", intents=[ReadSecrets(DB), ReadSecrets(DB)])
    assert twice.policy_documents == once.policy_documents


def test_intents_can_be_a_tuple(stack: cdk.Stack) -> None:
    SecretPolicy(stack, "Orders", intents=(ReadSecrets(DB), WriteSecrets(DB)))
    assert len(statements_of(stack)) == 1


# --- several policies ------------------------------------------------------------------------


def test_many_secrets_of_two_intents_are_several_documents(stack: cdk.Stack) -> None:
    names = [f"prod/{'service' * 8}/{number:03}" for number in range(60)]
    secrets = [SecretScope.from_secret_name(name) for name in names]
    policy = SecretPolicy(
        stack,
        "Orders",
        intents=[ReadSecrets(secrets, describe=True), AdministerSecrets(secrets)],
        roles=[role_in(stack)],
    )
    several = len(policy.managed_policies)  # before the synthesis: they are constructs
    policies = statements_of(stack)
    assert len(policies) == len(policy.policy_documents) == several > 2
    assert all(each["Roles"] == [{"Ref": "Role1ABCC5F0"}] for each in properties_of(stack, MANAGED))
    for statements in policies:
        sids = [statement["Sid"] for statement in statements]
        assert len(sids) == len(set(sids))
    every = [statement for statements in policies for statement in statements]
    assert [LIST in actions_of(statement) for statement in every].count(True) == 1
    for action in (READ, WRITE):
        covered = str([resources_of(each) for each in every if action in actions_of(each)])
        assert [name for name in names if f":{name}-??????" not in covered] == []


def test_a_second_policy_has_a_numbered_name(stack: cdk.Stack) -> None:
    secrets = [SecretScope.from_secret_name(f"prod/{'x' * 80}/{each:03}") for each in range(60)]
    SecretPolicy(
        stack, "Orders", intents=[ReadSecrets(secrets), WriteSecrets(DB)], policy_name="orders"
    )
    names = [policy["ManagedPolicyName"] for policy in properties_of(stack, MANAGED)]
    expected = ["orders", *(f"orders-{number}" for number in range(2, len(names) + 1))]
    assert sorted(names) == sorted(expected)
    assert len(names) > 1


# --- attachment ------------------------------------------------------------------------------


def test_a_role_can_be_attached_later(stack: cdk.Stack) -> None:
    policy = SecretPolicy(stack, "Orders", intents=[ReadSecrets(DB), WriteSecrets(CERTIFICATE)])
    role = role_in(stack)
    policy.attach_to_role(role)
    policy.attach_to_role(role)
    policy.attach_to_user(iam.User.from_user_name(stack, "Alice", "alice"))
    policy.attach_to_group(iam.Group.from_group_name(stack, "Ops", "ops"))
    (properties,) = properties_of(stack, MANAGED)
    assert properties["Roles"] == [{"Ref": "Role1ABCC5F0"}]
    assert (properties["Users"], properties["Groups"]) == (["alice"], ["ops"])


def test_several_intents_are_one_inline_policy(stack: cdk.Stack) -> None:
    policy = SecretPolicy(
        stack,
        "Orders",
        intents=[ReadSecrets(DB), WriteSecrets(CERTIFICATE)],
        roles=[role_in(stack)],
        policy_type=PolicyType.INLINE,
    )
    ((*statements,),) = statements_of(stack, INLINE)
    actions = [action for statement in statements for action in actions_of(statement)]
    assert {READ, WRITE} <= set(actions)
    assert properties_of(stack, MANAGED) == []
    assert (policy.managed_policies, len(policy.policy_documents)) == ([], 1)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("intents", [[], (), None, "read", ReadSecrets(DB), {ReadSecrets(DB)}])
def test_fails_without_a_sequence_of_intents(stack: cdk.Stack, intents: Any) -> None:
    message = r"^intents must be a sequence of at least one intent, got .*; give a list"
    with pytest.raises(SecretAccessError, match=message):
        SecretPolicy(stack, "Orders", intents=intents)
    assert stack.node.try_find_child("Orders") is None


@pytest.mark.parametrize("other", ["read", None, DB, ReadSecrets])
def test_fails_on_an_item_that_is_no_intent(stack: cdk.Stack, other: Any) -> None:
    with pytest.raises(SecretAccessError, match="^intents must have intents alone, .*, got "):
        SecretPolicy(stack, "Orders", intents=[ReadSecrets(DB), other])
    assert stack.node.try_find_child("Orders") is None


def test_fails_on_a_share(stack: cdk.Stack) -> None:
    share: Any = ShareSecret(
        SecretScope.from_secret_name("prod/db", encryption_key=Key.from_key_arn(stack, "Key", KEY)),
        principals=["arn:aws:iam::444455556666:role/app"],
    )
    with pytest.raises(SecretAccessError, match="^intents must .*; use SecretShare"):
        SecretPolicy(stack, "Orders", intents=[ReadSecrets(DB), share])
    assert stack.node.try_find_child("Orders") is None


def test_fails_on_free_tags_that_decide_on_another_intent(stack: cdk.Stack) -> None:
    administer = AdministerSecrets(
        SecretScope.from_secret_name_prefix("dev/"), tag_keys=["project"]
    )
    of_payroll = SecretScope.from_tags({"Project": "payroll"})
    for other in (
        ReadSecrets(of_payroll),
        DenySecrets(of_payroll),
        DescribeTaggedSecrets({"Project": "payroll"}),
    ):
        with pytest.raises(SecretAccessError, match="tag key that decides on the secrets of a "):
            SecretPolicy(stack, "Both", intents=[administer, other])
    SecretPolicy(stack, "Both", intents=[administer, ReadSecrets(DB)])


def test_fails_on_an_app_as_scope() -> None:
    app = cdk.App()
    with pytest.raises(SecretAccessError, match="^scope must be a construct in a Stack"):
        SecretPolicy(app, "Policy", intents=[ReadSecrets(DB)])
    assert app.node.try_find_child("Policy") is None


def test_fails_on_an_exception_outside_the_account_of_the_principals() -> None:
    stack = cdk.Stack(cdk.App(), "Agnostic")
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::888888888888:role/x")
    deny = DenySecrets(DB, except_principals=["arn:aws:iam::777777777777:role/y"])
    with pytest.raises(SecretAccessError, match="^except_principals must be .* 888888888888, got"):
        SecretPolicy(stack, "Deny", intents=[deny], roles=[role])
