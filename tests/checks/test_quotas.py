"""What the checks count, on templates as plain data: each way in which IAM's types attach."""

import json
from typing import Any

import pytest

from constructs_lib.aws.quotas import INLINE_QUOTAS, MANAGED_QUOTA, Kind
from constructs_lib.checks.lengths import Lengths
from constructs_lib.checks.quotas import RULES, Finding, Place, Template, findings

ACCOUNT = "111122223333"
KINDS: dict[Kind, tuple[str, str, str, str]] = {
    "user": ("AWS::IAM::User", "UserName", "Users", "AWS::IAM::UserPolicy"),
    "role": ("AWS::IAM::Role", "RoleName", "Roles", "AWS::IAM::RolePolicy"),
    "group": ("AWS::IAM::Group", "GroupName", "Groups", "AWS::IAM::GroupPolicy"),
}
NO_VALUE = {"Ref": "AWS::NoValue"}
CHOICE = {"Fn::If": ["Condition", "app", "other"]}


def document(length: int) -> dict[str, str]:
    """Return a document of exactly this length."""
    return {"Statement": "x" * (length - len('{"Statement":""}'))}


def resource(type_: str, **properties: object) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def managed(length: int = 20, **attached: Any) -> dict[str, Any]:
    return resource("AWS::IAM::ManagedPolicy", PolicyDocument=document(length), **attached)


def inline(length: int = 20, name: object = "name", **attached: object) -> dict[str, Any]:
    return resource(
        "AWS::IAM::Policy", PolicyDocument=document(length), PolicyName=name, **attached
    )


def template(
    resources: Any, *, name: str = "One", home: str = ACCOUNT, outputs: Any = None
) -> Template:
    body = {"Resources": resources, "Outputs": outputs}
    return Template(f"{name}.json", name, home, Lengths(body, "eu-west-1"))


OVER_BY_ONE = "must have at most 10 managed policies, got 11 from this app"


def found(*templates: Template, **context: object) -> list[Finding]:
    return [*findings(templates, context.get)]


def given(*templates: Template) -> list[str]:
    return [each.error.problem for each in found(*templates)]


def attached(count: int, **to: Any) -> dict[str, Any]:
    return {f"P{number}": managed(**to) for number in range(count)}


def test_a_managed_policy_may_be_as_long_as_the_quota() -> None:
    assert found(template({"P": managed(MANAGED_QUOTA)})) == []
    (finding,) = found(template({"P": managed(MANAGED_QUOTA + 1)}))
    assert (finding.rule, finding.place) == ("ManagedPolicyLength", Place("One.json", "P"))
    assert str(finding.error) == (
        "managed policy 'One/P' must be at most 6,144 characters, "
        "whitespace not counted, got 6,145; make several policies of it"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_inline_on_a_principal_is_summed_up(kind: Kind) -> None:
    type_, name, listed, of_one = KINDS[kind]
    own: Any = {"PolicyName": "own", "PolicyDocument": document(300)}
    longest = INLINE_QUOTAS[kind] - 300 - 400

    def resources(length: int) -> dict[str, Any]:
        return {
            "It": resource(type_, Policies=[own], **{name: "it"}),
            "Of": resource(
                of_one, PolicyName="of", PolicyDocument=document(400), **{name: {"Ref": "It"}}
            ),
            "In": inline(length, "in", **{listed: ["another", "it"]}),
        }

    assert found(template(resources(longest))) == []
    (finding,) = found(template(resources(longest + 1)))
    assert (finding.rule, finding.place) == ("InlinePolicyLength", Place("One.json", "In"))
    quota = INLINE_QUOTAS[kind]
    assert str(finding.error) == (
        f"inline policies of {kind} 'it' must be at most {quota:,} characters, whitespace not "
        f"counted, got {quota + 1:,}; make some of them managed policies, or shorter"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_attached_to_a_principal_is_counted(kind: Kind) -> None:
    type_, name, listed, _ = KINDS[kind]
    of_aws = [f"arn:aws:iam::aws:policy/P{number}" for number in range(5)]

    def resources(count: int) -> dict[str, Any]:
        principal = resource(type_, ManagedPolicyArns=of_aws, **{name: "it"})
        return {"It": principal, **attached(count, **{listed: ["another", "it"]})}

    assert found(template(resources(5))) == []
    (finding,) = found(template(resources(6)))
    assert (finding.rule, finding.place) == ("AttachedManagedPolicies", Place("One.json", "P5"))
    assert (
        finding.error.problem
        == f"{kind} 'it' must have at most 10 managed policies, got 11 from this app"
    )


def test_a_quota_that_aws_raised_is_the_one_that_counts() -> None:
    one = template(attached(20, Roles=["app"]))
    assert len(found(one)) == 1
    assert found(one, **{"secret-access-cdk:managedPoliciesPerRole": 20}) == []


def test_what_is_attached_twice_counts_once() -> None:
    role = resource(
        "AWS::IAM::Role",
        ManagedPolicyArns=[{"Ref": "P0"}, *["arn:aws:iam::aws:policy/ReadOnlyAccess"] * 2],
    )
    assert found(template({"Role": role, **attached(9, Roles=[{"Ref": "Role"}])})) == []
    (finding,) = found(template({"Role": role, **attached(10, Roles=[{"Ref": "Role"}])}))
    assert (
        finding.error.problem
        == "role 'One/Role' must have at most 10 managed policies, got 11 from this app"
    )


def test_a_user_a_role_and_a_group_of_one_name_are_three() -> None:
    each = {listed: ["it"] for _, _, listed, _ in KINDS.values()}
    assert found(template(attached(10, **each))) == []
    assert len(found(template(attached(11, **each)))) == 3


def test_a_name_is_one_principal_in_the_stacks_of_an_account() -> None:
    halves = [template(attached(6, Roles=["app"]), name=name) for name in ("One", "Other")]
    assert given(*halves) == [
        "role 'app' must have at most 10 managed policies, got 12 from this app"
    ]
    elsewhere = template(attached(6, Roles=["app"]), name="Other", home="444455556666")
    assert given(halves[0], elsewhere) == []


def test_a_logical_id_is_another_principal_in_each_stack() -> None:
    resources = {"R": {"Type": "AWS::IAM::Role"}, **attached(6, Roles=[{"Ref": "R"}])}
    assert given(template(resources), template(resources, name="Other")) == []


@pytest.mark.parametrize("name", [{}, {"RoleName": "app"}])
def test_what_another_stack_exports_is_the_same_principal(name: dict[str, str]) -> None:
    exported = {
        "Plain": {"Value": "x"},
        "Broken": "output",
        "Unnamed": {"Value": "x", "Export": {"Name": {"Ref": "x"}}},
        "R": {"Value": {"Ref": "R"}, "Export": {"Name": "the-role"}},
    }
    role = resource("AWS::IAM::Role", **name)
    one = template({"R": role, **attached(6, Roles=[{"Ref": "R"}])}, outputs=exported)
    imported = attached(5, Roles=[{"Fn::ImportValue": "the-role"}])
    called = name.get("RoleName", "One/R")
    message = f"role '{called}' must have at most 10 managed policies, got 11 from this app"
    assert given(one, template(imported, name="Other")) == [message]
    assert given(template(imported, name="Other"), one) == [message]
    assert given(one, template(imported, name="Other", home="444455556666")) == []


@pytest.mark.parametrize(
    "principal", [{"Fn::ImportValue": "x"}, {"Fn::ImportValue": {"Fn::Sub": "x"}}, 7]
)
def test_a_principal_of_which_nothing_is_known_is_called_what_the_template_says(
    principal: object,
) -> None:
    (message,) = given(template(attached(11, Roles=[principal])))
    assert message.startswith(
        f"role 'One/{json.dumps(principal)}' must have at most 10 managed policies, got 11"
    )


def test_what_a_condition_may_leave_out_is_measured_by_itself() -> None:
    some = {key: {**each, "Condition": "C"} for key, each in attached(12, Roles=["app"]).items()}
    assert given(template(some)) == []
    long = {"P": {**managed(MANAGED_QUOTA + 1), "Condition": "C"}}
    assert [finding.rule for finding in found(template(long))] == ["ManagedPolicyLength"]


@pytest.mark.parametrize("choice", [NO_VALUE, CHOICE])
def test_what_the_deployment_chooses_is_passed_over(choice: object) -> None:
    assert given(template(attached(12, Roles=[choice]))) == []
    assert len(given(template(attached(12, Roles=[choice, "app"])))) == 1
    arns = [f"arn:aws:iam::aws:policy/P{number}" for number in range(10)]
    role = resource("AWS::IAM::Role", ManagedPolicyArns=[choice, *arns])
    assert given(template({"R": role})) == []


def test_inline_policies_of_one_name_overwrite_each_other() -> None:
    own: Any = {"PolicyName": "name", "PolicyDocument": {}}
    role = resource("AWS::IAM::Role", RoleName="app", Policies=[own])
    (finding,) = found(template({"R": role, "P": inline(Roles=["app"])}))
    assert (finding.rule, finding.place) == ("InlinePolicyName", Place("One.json", "P"))
    assert str(finding.error) == (
        "role 'app' has 2 inline policies called 'name'; each inline policy of a principal has its "
        "own name: IAM puts one over another of that name without a word; give each a name of its "
        "own"
    )


def test_it_is_told_of_the_last_of_several() -> None:
    policies = {key: inline(Roles=["app"]) for key in ("P", "Q", "R")}
    (finding,) = found(template(policies))
    assert finding.place == Place("One.json", "R")
    assert finding.error.problem == "role 'app' has 3 inline policies called 'name'"


@pytest.mark.parametrize(
    "much",
    [
        resource("AWS::IAM::Role", Policies=[{"PolicyDocument": document(10_241)}]),
        resource("AWS::IAM::RolePolicy", RoleName="app", PolicyDocument=document(10_241)),
        resource("AWS::IAM::Role", ManagedPolicyArns=[f"arn:{each}" for each in range(11)]),
    ],
)
def test_it_is_told_of_the_resource_that_has_too_much(much: dict[str, Any]) -> None:
    (finding,) = found(template({"R": much}))
    assert finding.place == Place("One.json", "R")


@pytest.mark.parametrize("name", [None, {"Ref": "Name"}])
def test_names_that_are_not_known_are_not_compared(name: object) -> None:
    policies = {key: inline(name=name, Roles=["app"]) for key in ("P", "Q")}
    assert given(template(policies)) == []


def test_inline_policies_of_other_names_or_principals_do_not_overwrite_each_other() -> None:
    policies = {
        "P": inline(Roles=["app", "app"]),
        "Q": inline(name="other", Roles=["app"]),
        "R": inline(Roles=["other"], Users=["app"]),
    }
    assert given(template(policies)) == []


@pytest.mark.parametrize(
    "resources",
    [
        None,
        [],
        {"R": "broken"},
        {"R": {}},
        {"R": {"Type": "AWS::IAM::ManagedPolicy"}},
        {"R": {"Type": "AWS::IAM::ManagedPolicy", "Properties": "broken"}},
        {"R": resource("AWS::IAM::Role", Policies="broken", ManagedPolicyArns={"Ref": "x"})},
        {
            "R": resource("AWS::IAM::Role", Policies=["broken", 7, {"PolicyName": "name"}]),
            "P": inline(Roles=[{"Ref": "R"}]),
        },
        {"R": resource("AWS::IAM::ManagedPolicy", Roles={"Ref": "Roles"})},
        {"R": managed(Roles=[7, None, ["app"], {"Ref": ["app"]}])},
        {"R": resource("AWS::S3::Bucket", Roles=["app"], PolicyDocument=document(20_000))},
    ],
)
def test_what_is_no_attachment_is_passed_over(resources: Any) -> None:
    assert found(template(resources)) == []
    assert len(found(template(resources), template(attached(11, Roles=["app"]), name="B"))) == 1


def test_every_rule_is_one_that_is_found() -> None:
    resources = {
        **attached(11, Roles=["app"]),
        "Long": managed(MANAGED_QUOTA + 1),
        "P": inline(10_000, Roles=["app"]),
        "Q": inline(10_000, Roles=["app"]),
    }
    assert {finding.rule for finding in found(template(resources))} == {*RULES}
    assert len(RULES) == 4
