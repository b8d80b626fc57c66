"""IAM's quotas are for all that a principal has: what this app attaches is summed up."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from constructs_lib import PolicyType, SecretAccessError, SecretReader, SecretScope
from constructs_lib.aws.quotas import Kind
from tests.support.apps import unvalidated_app

INLINE = PolicyType.INLINE


def scopes(count: int, name: str = "team/service/secret") -> list[SecretScope]:
    return [SecretScope.from_secret_name(f"{name}-{number:03}") for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "each", "fits"), [("user", 8, 2), ("group", 8, 6), ("role", 40, 2)]
)
def test_fails_over_the_sum_of_inline_policies(
    ireland: cdk.Stack, kind: Kind, each: int, fits: int
) -> None:
    principal = {
        "user": iam.User.from_user_name(ireland, "P", "p"),
        "group": iam.Group.from_group_name(ireland, "P2", "p"),
        "role": iam.Role.from_role_name(ireland, "P3", "p"),
    }[kind]
    given: dict[str, Any] = {f"{kind}s": [principal]}
    for number in range(fits):
        SecretReader(ireland, f"R{number}", secrets=scopes(each), policy_type=INLINE, **given)
    message = f"^inline policies of {kind} 'p' must be at most .*use PolicyType.MANAGED"
    with pytest.raises(SecretAccessError, match=message):
        SecretReader(ireland, "More", secrets=scopes(each), policy_type=INLINE, **given)
    other = iam.Role.from_role_name(ireland, "Other", "other")
    more = SecretReader(ireland, "More", secrets=scopes(each), policy_type=INLINE, roles=[other])
    with pytest.raises(SecretAccessError, match=message):
        getattr(more, f"attach_to_{kind}")(principal)
    SecretReader(ireland, "Managed", secrets=scopes(each), **given)


def test_a_sum_is_measured_in_the_stacks_own_place(ireland: cdk.Stack, stack: cdk.Stack) -> None:
    """Of a stack that knows no Region, the longest there is counts."""
    names = scopes(9)
    users = {each: iam.User.from_user_name(each, "Alice", "alice") for each in (ireland, stack)}
    for each, user in users.items():
        SecretReader(each, "A", secrets=names, policy_type=INLINE, users=[user])
    SecretReader(ireland, "B", secrets=names, policy_type=INLINE, users=[users[ireland]])
    with pytest.raises(SecretAccessError, match="^inline policies of user 'alice' must be at most"):
        SecretReader(stack, "B", secrets=names, policy_type=INLINE, users=[users[stack]])


def test_fails_on_secrets_of_the_app_that_are_too_long_together(ireland: cdk.Stack) -> None:
    """Each a token of some 20 characters, which stands for an ARN of 90."""
    user = iam.User.from_user_name(ireland, "Alice", "alice")
    owned = [secretsmanager.Secret(ireland, f"Secret{number}") for number in range(24)]
    SecretReader(ireland, "Few", secrets=owned[:10], policy_type=INLINE, users=[user])
    with pytest.raises(
        SecretAccessError, match="^inline policies of user 'alice' must be .*, got 2,"
    ):
        SecretReader(ireland, "Rest", secrets=owned[10:], policy_type=INLINE, users=[user])


def test_fails_on_the_eleventh_managed_policy_of_a_role(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    SecretReader(stack, "Several", secrets=scopes(200), roles=[role])  # four policies
    for number in range(6):
        SecretReader(stack, f"Reader{number}", secrets=scopes(1), roles=[role])
    message = "^role 'app' must have at most 10 managed policies, got 11 from this app"
    with pytest.raises(SecretAccessError, match=message):
        SecretReader(stack, "More", secrets=scopes(1), roles=[role])
    more = SecretReader(stack, "More", secrets=scopes(1))
    with pytest.raises(SecretAccessError, match=message):
        more.attach_to_role(role)
    more.attach_to_role(iam.Role.from_role_name(stack, "Other", "other"))
    found = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    assert [each["Properties"]["Roles"] for each in found] == [["app"]] * 10 + [["other"]]


def test_a_raised_quota_is_the_apps_context() -> None:
    context = {"secret-access-cdk:managedPoliciesPerRole": 12}
    app = unvalidated_app(context=context)
    stack = cdk.Stack(app, "Stack")
    role = iam.Role(stack, "App", assumed_by=iam.AccountRootPrincipal())
    for number in range(12):
        SecretReader(stack, f"Reader{number}", secrets=scopes(1), roles=[role])
    with pytest.raises(
        SecretAccessError, match="^role 'Stack/App' must have at most 12 .*, got 13"
    ):
        SecretReader(stack, "More", secrets=scopes(1), roles=[role])


def test_attaching_twice_counts_once(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    reader = SecretReader(stack, "Reader", secrets=scopes(1), roles=[role])
    for _ in range(20):
        reader.attach_to_role(role)
    for number in range(9):
        SecretReader(stack, f"Reader{number}", secrets=scopes(1), roles=[role])


def test_what_was_refused_is_not_counted(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    for _ in range(20):
        with pytest.raises(SecretAccessError, match="^path must be"):
            SecretReader(stack, "Bad", secrets=scopes(1), roles=[role], path="bad")
    for number in range(10):
        SecretReader(stack, f"Reader{number}", secrets=scopes(1), roles=[role])


def test_fails_on_two_inline_policies_of_one_name(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    user = iam.User.from_user_name(stack, "Alice", "alice")
    props: dict[str, Any] = {"policy_type": INLINE, "policy_name": "secrets"}
    SecretReader(stack, "One", secrets=scopes(1), roles=[role], **props)
    message = "^policy_name must be unique .*, got 'secrets', which role 'app' has already"
    with pytest.raises(SecretAccessError, match=message):
        SecretReader(stack, "Two", secrets=scopes(1), roles=[role], **props)
    other = SecretReader(stack, "Two", secrets=scopes(1), users=[user], **props)
    with pytest.raises(SecretAccessError, match=message):
        other.attach_to_role(role)


def test_a_role_is_one_however_often_cdk_is_asked_for_it(stack: cdk.Stack) -> None:
    """In Python, each answer is another object, as `function.role` is."""
    iam.Role.from_role_name(stack, "App", "app")
    code = lambda_.Code.from_inline("pass")
    runtime = lambda_.Runtime.PYTHON_3_13
    function = lambda_.Function(stack, "Function", code=code, handler="index.x", runtime=runtime)
    props: dict[str, Any] = {"policy_type": INLINE, "policy_name": "secrets"}
    asked: dict[str, Callable[[], Any]] = {
        "Function": lambda: function.role,
        "App": lambda: stack.node.find_child("App"),
    }
    for name, role in asked.items():
        assert role() is not role()
        SecretReader(stack, f"{name}One", secrets=scopes(1), roles=[role()], **props)
        with pytest.raises(SecretAccessError, match="^policy_name must be unique .* has already"):
            SecretReader(stack, f"{name}Two", secrets=scopes(1), roles=[role()], **props)
