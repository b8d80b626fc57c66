"""More secrets than a managed policy has room for."""

import json
import re
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
    SecretAccessError,
    SecretAdmin,
    SecretReader,
    SecretScope,
)
from constructs_lib.testing import SecretAccess, UnknownNameWarning

NAMES = [f"team/service/secret-{number:03}" for number in range(200)]
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def scopes(count: int, key: kms.IKey | None = None) -> list[SecretScope]:
    return [SecretScope.from_secret_name(name, encryption_key=key) for name in NAMES[:count]]


def policies(stack: cdk.Stack) -> dict[str, Any]:
    found = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")
    return {logical_id: policy["Properties"] for logical_id, policy in found.items()}


def deployed_length(document: Any) -> int:
    """Return the length of a document with all of its functions filled in."""
    text = json.dumps(document, separators=(",", ":"))
    text = re.sub(r'\{"Fn::Sub":("[^"]*")\}', r"\1", text)
    for name, value in {
        "AWS::Partition": "aws",
        "AWS::Region": "eu-west-1",
        "AWS::AccountId": "111122223333",
        "AWS::URLSuffix": "amazonaws.com",
    }.items():
        text = text.replace(f"${{{name}}}", value)
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-AbCdEf123456-AbCdEf"
    text = re.sub(r'\{"Ref":"([^"]*)"\}', lambda match: f'"{arn.format(match[1])}"', text)
    assert "Fn::" not in text
    return len(re.sub(r"\s", "", text))


def test_a_role_reads_200_secrets_by_as_few_policies_as_hold_them(ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_name(ireland, "App", "app")
    key = kms.Key.from_key_arn(ireland, "Key", KEY_ARN)
    SecretReader(ireland, "Reader", secrets=scopes(200, key), roles=[role])
    found = policies(ireland)
    lengths = [deployed_length(each["PolicyDocument"]) for each in found.values()]
    assert all(length <= 6_144 for length in lengths)
    # All but the last are full: another secret takes some 180 characters.
    assert all(length > 6_144 - 200 for length in lengths[:-1])
    assert all(each["Roles"] == ["app"] for each in found.values())
    access = SecretAccess.from_stack(ireland)
    for name in (NAMES[0], NAMES[99], NAMES[-1]):
        access.assert_can_read(role, name, encryption_key=key)
    with pytest.warns(UnknownNameWarning):
        access.assert_cannot(role, "secretsmanager:GetSecretValue", "team/service/secret-200")


@pytest.mark.parametrize("count", [71, 200])
def test_secrets_of_the_app_are_counted_at_their_length(ireland: cdk.Stack, count: int) -> None:
    role = iam.Role.from_role_name(ireland, "App", "app")
    owned = [secretsmanager.Secret(ireland, f"Secret{number}") for number in range(count)]
    SecretReader(ireland, "Reader", secrets=owned, roles=[role])
    lengths = [deployed_length(each["PolicyDocument"]) for each in policies(ireland).values()]
    assert len(lengths) > 1
    assert all(length <= 6_144 for length in lengths)
    assert all(length > 6_144 - 100 for length in lengths[:-1])


def test_one_more_secret_changes_the_last_policy_alone(app: cdk.App) -> None:
    before, after = (cdk.Stack(app, name) for name in ("Before", "After"))
    SecretReader(before, "Reader", secrets=scopes(150))
    SecretReader(after, "Reader", secrets=scopes(151))
    old, new = policies(before), policies(after)
    assert [*old] == [*new]
    assert len(old) > 2
    assert [*old.values()][:-1] == [*new.values()][:-1]
    assert [*old.values()][-1] != [*new.values()][-1]


def test_the_first_policy_keeps_its_logical_id_and_the_others_are_numbered(
    stack: cdk.Stack,
) -> None:
    few = SecretReader(stack, "A", secrets=scopes(2))
    first = stack.get_logical_id(few.node.default_child)  # type: ignore[arg-type]
    other = cdk.Stack(stack.node.scope, "Other")  # type: ignore[arg-type]
    many = SecretReader(other, "A", secrets=scopes(200), policy_name="orders", path="/secrets/")
    assert next(iter(policies(other))) == first
    assert [child.node.id for child in many.node.children] == [
        "Resource",
        "Resource2",
        "Resource3",
        "Resource4",
    ]
    found = [*policies(other).values()]
    assert [each["ManagedPolicyName"] for each in found] == [
        "orders",
        "orders-2",
        "orders-3",
        "orders-4",
    ]
    assert {each["Path"] for each in found} == {"/secrets/"}
    assert len(many.policy_documents) == len(many.managed_policies) == 4
    assert [other.resolve(each) for each in many.policy_documents] == [
        each["PolicyDocument"] for each in found
    ]


def test_what_is_attached_later_gets_all_of_them(stack: cdk.Stack) -> None:
    reader = SecretReader(stack, "Reader", secrets=scopes(200))
    reader.attach_to_user(iam.User.from_user_name(stack, "Alice", "alice"))
    assert [each["Users"] for each in policies(stack).values()] == [["alice"]] * 4


def test_a_deny_of_many_secrets_denies_each(ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_name(ireland, "App", "app")
    anything = SecretScope.from_secret_name_prefix("team/")
    SecretReader(ireland, "Reader", secrets=anything, roles=[role])
    DenySecretAccess(ireland, "Deny", secrets=scopes(200), roles=[role])
    access = SecretAccess.from_stack(ireland)
    assert len(policies(ireland)) > 3
    for name in NAMES[::25]:
        access.assert_cannot(role, "secretsmanager:GetSecretValue", name)


def test_list_secrets_is_allowed_once(stack: cdk.Stack) -> None:
    admin = SecretAdmin(stack, "Admin", secrets=scopes(200))
    sids = [each["Sid"] for document in admin.policy_documents for each in document["Statement"]]
    assert sids.count("ListSecrets") == 1
    assert sids.count("AdministerSecret") == len(admin.policy_documents)


def test_fails_on_a_policy_name_that_is_too_long_with_its_number(stack: cdk.Stack) -> None:
    with pytest.raises(
        SecretAccessError, match=r"^policy_name must be 1 to 128 .*\(130 characters"
    ):
        SecretReader(stack, "Reader", secrets=scopes(200), policy_name="n" * 128)
    SecretReader(stack, "Few", secrets=scopes(2), policy_name="n" * 128)


def test_fails_over_the_quota_inline_as_it_is_for_all_inline_policies(stack: cdk.Stack) -> None:
    with pytest.raises(SecretAccessError, match="^inline policies of role 'app' must be .*10,240"):
        SecretReader(
            stack,
            "Reader",
            secrets=scopes(200),
            roles=[iam.Role.from_role_name(stack, "App", "app")],
            policy_type=PolicyType.INLINE,
        )
