"""Canary tests: the parts of jsii and CDK that `internals` uses, though they are private."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template
from constructs import Construct

from constructs_lib.cdk.internals import (
    arn_for_policies,
    has_mutable_twin,
    identity_of,
    inline_policy,
    is_placeholder_of_lookup,
    managed_policy,
    read_attribute,
)

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
ROLE_ARN = "arn:aws:iam::111122223333:role/app"
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "List", "Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"}
    ],
}
ATTACHED = {"users": ["alice"], "roles": ["app", "web"], "groups": ["ops"]}
UNATTACHED: dict[str, list[str]] = {"users": [], "roles": [], "groups": []}


def role_in(scope: Construct, construct_id: str = "Role") -> iam.Role:
    return iam.Role(scope, construct_id, assumed_by=iam.AccountRootPrincipal())


def function_in(stack: cdk.Stack) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


# --- secrets ---------------------------------------------------------------------------------


def test_an_owned_secret_has_a_private_arn_for_policies(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    assert isinstance(type(secret)._arn_for_policies, property)
    arn = arn_for_policies(secret, "not used")
    assert stack.resolve(arn) == {"Ref": "SecretA720EF05"} == stack.resolve(secret.secret_arn)


def test_an_owned_secret_of_another_environment_has_six_unknown_characters(
    app: cdk.App, ireland: cdk.Stack
) -> None:
    env = cdk.Environment(account="444455556666", region="eu-west-1")
    other = cdk.Stack(app, "Other", env=env)
    secret = secretsmanager.Secret(ireland, "Secret", secret_name="prod/db")
    arn = arn_for_policies(secret, "not used")
    assert "-??????" in str(other.resolve(arn))
    assert "??????" not in str(ireland.resolve(arn))


def test_a_secret_in_python_alone_has_its_own_arn() -> None:
    assert arn_for_policies(object(), ARN) == ARN


# --- jsii ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "imported",
    [
        lambda s: secretsmanager.Secret.from_secret_complete_arn(s, "Imported", ARN),
        lambda s: secretsmanager.Secret.from_secret_name_v2(s, "Imported", "prod/db"),
        lambda s: iam.Role.from_role_arn(s, "Imported", ROLE_ARN),
        lambda s: iam.User.from_user_name(s, "Imported", "alice"),
        lambda s: iam.Group.from_group_name(s, "Imported", "ops"),
    ],
)
def test_an_imported_object_is_a_proxy_with_delegates(stack: cdk.Stack, imported: Any) -> None:
    proxy = imported(stack)
    assert proxy._delegates
    assert all(hasattr(delegate, "__jsii_ref__") for delegate in proxy._delegates)
    assert read_attribute(proxy, "node").path == "Stack/Imported"


def test_an_attribute_of_a_proxy_is_read_from_its_delegate(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Imported", ARN)
    assert any(hasattr(type(each), "secret_arn") for each in secret._delegates)  # type: ignore[attr-defined]
    assert read_attribute(secret, "secret_arn") == secret.secret_arn == ARN
    with pytest.raises(AttributeError):
        read_attribute(secret, "no_attribute")


def test_two_reads_of_one_object_have_one_identity(stack: cdk.Stack) -> None:
    function = function_in(stack)
    first, second = function.role, function.role
    assert identity_of(first) == identity_of(second)
    assert "MISSING" not in str(identity_of(first))
    assert identity_of(first) != identity_of(role_in(stack))


def test_an_owned_object_has_a_reference_of_jsii(stack: cdk.Stack) -> None:
    role: Any = role_in(stack)
    assert identity_of(role) == role.__jsii_ref__.ref


def test_an_object_in_python_alone_is_its_own_identity() -> None:
    subject = object()
    assert identity_of(subject) is subject


# --- roles -----------------------------------------------------------------------------------


def test_the_mutable_twin_of_an_imported_role(stack: cdk.Stack) -> None:
    iam.Role.from_role_arn(stack, "App", ROLE_ARN, mutable=False)
    assert stack.node.try_find_child("MutableRoleApp") is not None
    assert has_mutable_twin(stack.node, "App")


def test_the_mutable_twin_of_an_owned_role(stack: cdk.Stack) -> None:
    immutable: Any = role_in(stack, "App").without_policy_updates()
    assert immutable.node.path == "Stack/ImmutableRoleApp"
    assert has_mutable_twin(stack.node, "ImmutableRoleApp")


def test_a_mutable_role_has_no_twin(stack: cdk.Stack) -> None:
    iam.Role.from_role_arn(stack, "App", ROLE_ARN)
    role_in(stack, "ImmutableRoleOwned")
    assert not has_mutable_twin(stack.node, "App")
    assert not has_mutable_twin(stack.node, "ImmutableRoleOwned")


def test_the_placeholder_of_a_look_up(ireland: cdk.Stack) -> None:
    looked_up = iam.Role.from_lookup(ireland, "App", role_name="app")
    assert is_placeholder_of_lookup(looked_up.role_arn)
    assert not is_placeholder_of_lookup(ROLE_ARN)


# --- resources -------------------------------------------------------------------------------


def both(app: cdk.App, ours: Any, constructor: Any, **props: Any) -> tuple[Any, Any]:
    """Return the templates of a resource by `internals` and by its public constructor."""
    first, second = cdk.Stack(app, "First"), cdk.Stack(app, "Second")
    made = ours(first, "Resource", **props)
    public = constructor(second, "Resource", **{name: v or None for name, v in props.items()})
    assert type(made) is type(public)
    return Template.from_stack(first).to_json(), Template.from_stack(second).to_json()


@pytest.mark.parametrize("attached", [ATTACHED, UNATTACHED])
@pytest.mark.parametrize(
    "named",
    [
        {"managed_policy_name": "reader", "description": "reads", "path": "/secrets/"},
        {"managed_policy_name": None, "description": None, "path": None},
    ],
)
def test_a_managed_policy_is_that_of_the_public_constructor(
    app: cdk.App, named: dict[str, Any], attached: dict[str, Any]
) -> None:
    ours, public = both(
        app, managed_policy, iam.CfnManagedPolicy, policy_document=DOCUMENT, **named, **attached
    )
    assert ours == public
    (resource,) = ours["Resources"].values()
    given = {name for name, value in {**named, **attached}.items() if value}
    assert len(resource["Properties"]) == len(given) + 1


@pytest.mark.parametrize("attached", [ATTACHED, UNATTACHED])
def test_an_inline_policy_is_that_of_the_public_constructor(
    app: cdk.App, attached: dict[str, Any]
) -> None:
    ours, public = both(
        app,
        inline_policy,
        iam.CfnPolicy,
        policy_document=DOCUMENT,
        policy_name="reader",
        **attached,
    )
    assert ours == public
    (resource,) = ours["Resources"].values()
    assert len(resource["Properties"]) == len([name for name in attached if attached[name]]) + 2


def test_principals_can_be_added_to_a_resource_later(stack: cdk.Stack) -> None:
    names: dict[str, Any] = UNATTACHED
    resource = managed_policy(
        stack,
        "Resource",
        policy_document=DOCUMENT,
        managed_policy_name=None,
        description=None,
        path=None,
        **names,
    )
    resource.roles = ["app"]
    (made,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    assert made["Properties"]["Roles"] == ["app"]
