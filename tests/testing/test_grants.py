"""`grants`: who may assume a role that is listed, and under which conditions of the templates."""

from typing import Any

from constructs_lib.testing import SecretAccess

GET = "secretsmanager:GetSecretValue"


def document(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}


def role(trust: dict[str, Any] | None = None, **policy: Any) -> dict[str, Any]:
    trusted = trust or {"Principal": {"Service": "lambda.amazonaws.com"}}
    read = document(Action=GET, Resource="*")
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": document(Action="sts:AssumeRole", **trusted),
            "Policies": [{"PolicyName": "p", "PolicyDocument": read}],
        },
        **policy,
    }


def access(template: dict[str, Any]) -> SecretAccess:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "db"}}
    resources = {"Secret": secret, **template.pop("Resources")}
    return SecretAccess.from_template(
        {**template, "Resources": resources}, region="eu-west-1", account="111122223333"
    )


def test_the_principals_that_may_assume_a_role_are_named() -> None:
    condition = {"StringEquals": {"sts:ExternalId": "x"}}
    partner = {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Condition": condition}
    grants = access({"Resources": {"A": role(), "B": role(partner)}}).grants()
    assumers = {grant.principal: grant.assumed_by for grant in grants}
    assert assumers == {
        "role A (stack template)": ("Service lambda.amazonaws.com",),
        "role B (stack template)": (
            "AWS arn:aws:iam::999988887777:root if StringEquals sts:ExternalId x",
        ),
    }


def test_a_user_is_assumed_by_nobody() -> None:
    read = {"PolicyName": "p", "PolicyDocument": document(Action=GET, Resource="*")}
    user = {"Type": "AWS::IAM::User", "Properties": {"Policies": [read]}}
    assert {grant.assumed_by for grant in access({"Resources": {"U": user}}).grants()} == {()}


def conditional(*names: str) -> dict[str, Any]:
    return {
        "Parameters": {name: {"Type": "String"} for name in names},
        "Conditions": {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in names},
    }


def test_a_condition_of_a_resource_that_grants_nothing_is_not_evaluated() -> None:
    names = [f"P{number}" for number in range(20)]
    topics = {f"Topic{name}": {"Type": "AWS::SNS::Topic", "Condition": name} for name in names}
    grants = access({**conditional(*names), "Resources": {"A": role(), **topics}}).grants()
    assert len({grant.principal for grant in grants}) == 1
    assert not any(grant.conditions for grant in grants)


def test_a_condition_is_shown_where_the_answer_depends_on_it() -> None:
    resources = {"A": role(), "B": role(Condition="One"), "C": role(Condition="Two")}
    grants = access({**conditional("One", "Two"), "Resources": resources}).grants()
    where = {(grant.principal.split()[1], *grant.conditions) for grant in grants}
    assert where == {
        ("A",),
        ("B", "where <parameter One, of template> is yes"),
        ("C", "where <parameter Two, of template> is yes"),
    }
