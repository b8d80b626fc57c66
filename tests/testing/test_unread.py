"""Denials that something unread may change are undetermined, and name it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import SecretAccessError
from constructs_lib.proof.cloudformation.resource_types import UNREAD, harmless
from constructs_lib.testing import SecretAccess

GET = "secretsmanager:GetSecretValue"
ACCOUNT = "111122223333"
SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}}


def document(action: str = GET, effect: str = "Allow") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(name: str, policy: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    policies = [] if policy is None else [{"PolicyName": "p", "PolicyDocument": policy}]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "Policies": policies, **properties},
    }


def access(**resources: Any) -> SecretAccess:
    template = {"Resources": {"S": SECRET, "App": role("app"), **resources}}
    return SecretAccess.from_template(template, region="eu-west-1", account=ACCOUNT)


def refuses_to_deny(read: SecretAccess, place: str) -> None:
    """Check that every denial fails, and names the place."""
    denials: tuple[Callable[[], None], ...] = (
        lambda: read.assert_cannot("app", GET, "S"),
        lambda: read.assert_only([], GET, "S"),
        lambda: read.assert_never("*", GET, "S"),
        lambda: read.assert_never("app", "secretsmanager:*", "S"),
        lambda: read.assert_no_new_access(since=access()),
    )
    for deny in denials:
        with pytest.raises(AssertionError, match=place):
            deny()
    assert any(place in row.principal and not row.certain for row in read.grants())


# --- resource types --------------------------------------------------------------------------


@pytest.mark.parametrize("type_", [*UNREAD, "AWS::New::Thing", "Vendor::Service::Thing"])
def test_fails_to_deny_beside_an_unread_type(type_: str) -> None:
    refuses_to_deny(access(X={"Type": type_, "Properties": {"Name": "x"}}), f"{type_} X")


@given(st.lists(st.sampled_from(sorted(harmless())), min_size=1, max_size=5))
def test_harmless_types_leave_answers_certain(types: list[str]) -> None:
    read = access(**{f"X{number}": {"Type": type_} for number, type_ in enumerate(types)})
    read.assert_cannot("app", GET, "S")
    read.assert_only([], GET, "S")
    read.assert_no_new_access(since=access())
    assert read.grants() == []


@pytest.mark.parametrize("type_", ["Custom::Thing", "AWS::SageMaker::Project", "Vendor::A::B"])
def test_what_is_allowed_stays_certain_beside_an_unread_type(type_: str) -> None:
    read = access(App=role("app", document()), X={"Type": type_})
    read.assert_can("app", GET, "S")
    assert any(row.certain for row in read.grants())
    with pytest.raises(AssertionError, match="X"):  # it may allow it to others
        read.assert_only(["app"], GET, "S")


def test_an_unread_resource_that_was_there_before_is_no_new_access() -> None:
    thing = {"Type": "AWS::SageMaker::Project", "Properties": {"ProjectName": "x"}}
    access(X=thing).assert_no_new_access(since=access(X=thing))
    changed = {**thing, "Properties": {"ProjectName": "y"}}
    with pytest.raises(AssertionError, match="X.*is new or changed"):
        access(X=changed).assert_no_new_access(since=access(X=thing))


def test_fails_to_deny_beside_a_nested_stack_that_is_not_at_hand() -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x"}}
    refuses_to_deny(access(N=nested), "AWS::CloudFormation::Stack N")


# --- limits ----------------------------------------------------------------------------------


def limit(content: Any, **properties: Any) -> dict[str, Any]:
    given = {"Type": "SERVICE_CONTROL_POLICY", "TargetIds": [ACCOUNT], "Content": content}
    return {"Type": "AWS::Organizations::Policy", "Properties": {**given, **properties}}


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("action", ["secretsmanager:*", "*", GET])
def test_fails_to_allow_what_a_policy_of_the_organization_may_deny(
    action: str, as_text: bool
) -> None:
    denying = document(action, "Deny")
    content = json.dumps(denying) if as_text else denying
    read = access(App=role("app", document()), L=limit(content))
    with pytest.raises(AssertionError, match="AWS::Organizations::Policy L"):
        read.assert_can("app", GET, "S")
    assert {row.certain for row in read.grants()} == {False}
    with pytest.raises(AssertionError, match="L .*is no longer there"):
        access(App=role("app", document())).assert_no_new_access(since=read)


@pytest.mark.parametrize(
    "harmless_limit",
    [
        limit(document("s3:*", "Deny")),
        limit(document("*", "Allow")),
        limit(document("*", "Deny"), TargetIds=[]),
        limit(document("*", "Deny"), Type="TAG_POLICY"),
    ],
)
def test_a_policy_of_the_organization_about_something_else_is_no_limit(
    harmless_limit: dict[str, Any],
) -> None:
    access(App=role("app", document()), L=harmless_limit).assert_can("app", GET, "S")
    access(L=harmless_limit).assert_cannot("app", GET, "S")


# --- groups and memberships ------------------------------------------------------------------


def user(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::User", "Properties": {"UserName": "alice", **properties}}


ADDED = {
    "Type": "AWS::IAM::UserToGroupAddition",
    "Properties": {"GroupName": "administrators", "Users": ["alice"]},
}


@pytest.mark.parametrize(
    "resources",
    [
        {"U": user(Groups=["administrators"])},
        {"U": user(), "A": ADDED},
        {"U": user(Groups=[{"Fn::ImportValue": "group"}])},
    ],
)
def test_fails_to_deny_a_member_of_a_group_that_is_not_in_the_templates(
    resources: dict[str, Any],
) -> None:
    read = access(**resources)
    denials: tuple[Callable[[], None], ...] = (
        lambda: read.assert_cannot("alice", GET, "S"),
        lambda: read.assert_only([], GET, "S"),
        lambda: read.assert_never("alice", GET, "S"),
        lambda: read.assert_no_new_access(since=access(U=user())),
    )
    for deny in denials:
        with pytest.raises(AssertionError, match="which is not in the templates"):
            deny()
    assert any("U (" in row.principal for row in read.grants())


def test_fails_to_deny_a_user_of_an_unknown_list_of_members() -> None:
    group = {
        "Type": "AWS::IAM::Group",
        "Properties": {
            "GroupName": "readers",
            "Policies": [{"PolicyName": "p", "PolicyDocument": document()}],
        },
    }
    template = {
        "Parameters": {"Members": {"Type": "CommaDelimitedList"}},
        "Resources": {
            "S": SECRET,
            "U": user(),
            "G": group,
            "A": {
                "Type": "AWS::IAM::UserToGroupAddition",
                "Properties": {"GroupName": "readers", "Users": {"Ref": "Members"}},
            },
        },
    }
    read = SecretAccess.from_template(template, region="eu-west-1", account=ACCOUNT)
    with pytest.raises(AssertionError, match="Members"):
        read.assert_cannot("alice", GET, "S")


def test_a_group_of_the_templates_is_no_doubt() -> None:
    group = {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "administrators"}}
    access(U=user(Groups=["administrators"]), G=group).assert_cannot("alice", GET, "S")


# --- macros ----------------------------------------------------------------------------------

INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/x.json"}}}
LOOP = {"Fn::ForEach::Names": ["Name", ["a", "b"], {"${Name}": {}}]}


@pytest.mark.parametrize("macro", [INCLUDE, LOOP])
def test_fails_to_deny_what_a_macro_in_a_role_may_change(macro: dict[str, Any]) -> None:
    read = access(X=role("other", **macro))
    refuses_to_deny(read, "AWS::IAM::Role X")
    with pytest.raises(AssertionError, match="X"):  # it may take the policy away
        access(X=role("other", document(), **macro)).assert_can("other", GET, "S")


@pytest.mark.parametrize("macro", [INCLUDE, LOOP])
def test_fails_to_deny_beside_resources_that_a_macro_makes(macro: dict[str, Any]) -> None:
    refuses_to_deny(access(**macro), r"Resources.Fn::")


def test_fails_to_deny_beside_a_resource_that_a_macro_makes() -> None:
    refuses_to_deny(access(X=INCLUDE), "Resources.X")


@pytest.mark.parametrize("body", [{"Properties": {"Body": INCLUDE}}, {"Metadata": {"a": "b"}}])
def test_a_macro_in_the_properties_of_a_harmless_resource_grants_nothing(
    body: dict[str, Any],
) -> None:
    access(X={"Type": "AWS::ApiGateway::RestApi", **body}).assert_cannot("app", GET, "S")


@pytest.mark.parametrize(
    "place",
    [
        {"Policies": [{"PolicyName": "p", "PolicyDocument": INCLUDE}]},
        {"Policies": INCLUDE},
        {"Policies": [INCLUDE]},
        {"ManagedPolicyArns": INCLUDE},
        {"Tags": INCLUDE},
        {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [INCLUDE]}}]},
        {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": INCLUDE}}]},
    ],
)
def test_fails_to_deny_wherever_in_a_role_a_macro_stands(place: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, SecretAccessError)):
        access(App=role("app", **place)).assert_cannot("app", GET, "S")


@pytest.mark.parametrize(
    "transform",
    [
        {"Name": "AWS::Include", "Parameters": {}},
        [{"Name": "AWS::Include"}],
        ["AWS::LanguageExtensions", {"Name": "Ours"}],
        {},
        7,
    ],
)
@pytest.mark.parametrize("section", ["Transform", "Fn::Transform"])
def test_fails_on_a_transform_of_the_template(section: str, transform: Any) -> None:
    template = {section: transform, "Resources": {"S": SECRET}}
    with pytest.raises(SecretAccessError, match="Transform of stack template names"):
        SecretAccess.from_template(template)


def test_a_mapping_of_a_harmless_transform_is_read() -> None:
    template = {"Transform": {"Name": "AWS::LanguageExtensions"}, "Resources": {"S": SECRET}}
    assert SecretAccess.from_template(template).grants() == []


MADE = [
    {"Fn::Transform": {"Name": "Ours"}, "X": {"Fn::Equals": ["a", "b"]}},
    {"Fn::ForEach::Names": ["Name", ["X"], {"${Name}": {"Fn::Equals": ["a", "a"]}}]},
    {"X": {"Fn::Transform": {"Name": "Ours"}}},
    {"X": {"Fn::Equals": [{"Fn::Transform": {"Name": "Ours"}}, "a"]}},
]


@pytest.mark.parametrize("conditions", MADE)
def test_a_condition_that_a_macro_may_change_turns_out_both_ways(
    conditions: dict[str, Any],
) -> None:
    reader = {**role("reader", document()), "Condition": "X"}
    template = {"Conditions": conditions, "Resources": {"S": SECRET, "R": reader}}
    read = SecretAccess.from_template(template, region="eu-west-1", account=ACCOUNT)
    assert len(read.deployments) == 2
    with pytest.raises(AssertionError, match="reader|R "):
        read.assert_only([], GET, "S")


@pytest.mark.parametrize("macro", [INCLUDE, LOOP])
@pytest.mark.parametrize("inner", [True, False])
def test_fails_to_deny_what_a_macro_in_a_mapping_may_change(
    inner: bool, macro: dict[str, Any]
) -> None:
    values = {"a": {"b": "s3:GetObject"}}
    mappings = {"M": {**values, **macro}} if inner else {"M": values, **macro}
    reader = role("reader", document({"Fn::FindInMap": ["M", "a", "b"]}))  # type: ignore[arg-type]
    template = {"Mappings": mappings, "Resources": {"S": SECRET, "R": reader}}
    read = SecretAccess.from_template(template, region="eu-west-1", account=ACCOUNT)
    with pytest.raises(AssertionError, match="Fn::FindInMap M.a.b"):
        read.assert_cannot("reader", GET, "S")


# --- permission sets and stack sets ----------------------------------------------------------


def permission_set(**properties: Any) -> dict[str, Any]:
    given = {"Name": "Readers", "InstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef"}
    return {"Type": "AWS::SSO::PermissionSet", "Properties": {**given, **properties}}


def assignment(account: str) -> dict[str, Any]:
    arn = {"Fn::GetAtt": ["P", "PermissionSetArn"]}
    given = {"PermissionSetArn": arn, "TargetId": account, "TargetType": "AWS_ACCOUNT"}
    return {"Type": "AWS::SSO::Assignment", "Properties": given}


@pytest.mark.parametrize("inline", [document(), json.dumps(document())])
def test_a_permission_set_is_a_role_of_the_accounts_that_it_is_assigned_to(inline: Any) -> None:
    read = access(P=permission_set(InlinePolicy=inline), A=assignment(ACCOUNT))
    row, *_ = read.grants()
    assert row.principal.startswith("role AWSReservedSSO_Readers_")
    assert row.certain
    with pytest.raises(AssertionError, match="AWSReservedSSO_Readers_"):
        read.assert_only([], GET, "S")


def test_a_permission_set_of_another_account_has_no_access_here() -> None:
    read = access(P=permission_set(InlinePolicy=document()), A=assignment("444455556666"))
    read.assert_only([], GET, "S")


@pytest.mark.parametrize("arn", ["arn:aws:sso:::permissionSet/x/y", {"Ref": "AWS::StackId"}])
def test_fails_to_deny_beside_an_assignment_of_a_permission_set_elsewhere(arn: Any) -> None:
    properties = {**assignment(ACCOUNT)["Properties"], "PermissionSetArn": arn}
    elsewhere = {"Type": "AWS::SSO::Assignment", "Properties": properties}
    refuses_to_deny(access(A=elsewhere), "AWS::SSO::Assignment A")


@pytest.mark.parametrize(
    "policies",
    [
        {"InlinePolicy": document()},
        {"InlinePolicy": {"Ref": "AWS::StackId"}},
        {"ManagedPolicies": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        {"CustomerManagedPolicyReferences": [{"Name": "elsewhere"}]},
    ],
)
def test_fails_to_deny_what_an_unassigned_permission_set_may_allow(
    policies: dict[str, Any],
) -> None:
    read = access(P=permission_set(**policies))
    rows = read.grants()
    assert rows
    assert all("Readers" in row.principal and not row.certain for row in rows)
    with pytest.raises(AssertionError, match="Readers"):
        read.assert_never("*", GET, "S")


def test_a_boundary_limits_a_permission_set() -> None:
    boundary = {"CustomerManagedPolicyReference": {"Name": "limit", "Path": "/x/"}}
    limit_policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": "limit",
            "Path": "/x/",
            "PolicyDocument": document("s3:*"),
        },
    }
    policy = permission_set(InlinePolicy=document(), PermissionsBoundary=boundary)
    access(P=policy, A=assignment(ACCOUNT), L=limit_policy).assert_only([], GET, "S")


def stack_set(body: Any, **properties: Any) -> dict[str, Any]:
    group = {"DeploymentTargets": {"Accounts": [ACCOUNT]}, "Regions": ["eu-west-1"]}
    given = {"StackInstancesGroup": [group], "TemplateBody": body}
    return {"Type": "AWS::CloudFormation::StackSet", "Properties": {**given, **properties}}


def test_the_stacks_of_a_stack_set_are_read() -> None:
    body = json.dumps({"Resources": {"R": role("reader", document())}})
    read = access(X=stack_set(body))
    assert read.deployments[0].unread == ()
    read.assert_can("reader", GET, "S")
    read.assert_cannot("app", GET, "S")
    with pytest.raises(AssertionError, match="X in 111122223333"):
        read.assert_only([], GET, "S")


OF_A_UNIT = [{"DeploymentTargets": {"OrganizationalUnitIds": ["ou-1"]}, "Regions": ["eu-west-1"]}]


@pytest.mark.parametrize(
    "unread",
    [
        stack_set("Resources: {}"),
        stack_set(None, TemplateURL="https://bucket/template.json"),
        stack_set('{"Resources": {}}', StackInstancesGroup=OF_A_UNIT),
        stack_set('{"Resources": {}}', StackInstancesGroup=[]),
        stack_set('{"Resources": {}, "Transform": "Ours"}'),
    ],
)
def test_fails_to_deny_beside_a_stack_set_that_is_not_known(unread: dict[str, Any]) -> None:
    refuses_to_deny(access(X=unread), "AWS::CloudFormation::StackSet X")


# --- two policies of one secret --------------------------------------------------------------


def resource_policy(effect: str) -> dict[str, Any]:
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
    statement = {"Effect": effect, "Principal": principal, "Action": GET, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"SecretId": {"Ref": "S"}, "ResourcePolicy": policy}
    return {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": properties}


def test_fails_to_decide_which_of_two_resource_policies_is_put_last() -> None:
    read = access(A=resource_policy("Allow"), B=resource_policy("Deny"))
    with pytest.raises(AssertionError, match="is put last"):
        read.assert_can("app", GET, "S")
    with pytest.raises(AssertionError, match="is put last"):
        read.assert_cannot("app", GET, "S")
    access(A=resource_policy("Allow"), B=resource_policy("Allow")).assert_can("app", GET, "S")
