"""Outsiders: whom the policies of secrets and keys name beside the principals of the templates."""

import random
from typing import Any

import pytest

from constructs_lib.errors import InvalidPolicyError
from constructs_lib.testing import SecretAccess
from tests.support.seeds import seed_of_run

GET = "secretsmanager:GetSecretValue"
ACCOUNT = "111122223333"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
ELSEWHERE = "arn:aws:iam::444455556666:role/x"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

OUTSIDERS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": "444455556666"},
    {"AWS": "arn:aws:iam::444455556666:root"},
    {"AWS": ELSEWHERE},
    {"AWS": [ROOT, ELSEWHERE]},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/other/session"},
    {"AWS": "AROAIDPPEZS35WEXAMPLE"},
    {"AWS": APP.replace("app", "APP")},
    {"Federated": "cognito-identity.amazonaws.com"},
    {"Service": "rds.amazonaws.com"},
    {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
]


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    return {
        **{"Effect": "Allow", "Action": GET, "Resource": "*", "Principal": principal},
        **more,
    }


def access(*statements: dict[str, Any], role: bool = True, key: bool = False) -> SecretAccess:
    """Return what a secret or a key with these statements grants."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    resources: dict[str, Any] = {
        "S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}}
    }
    if key:
        resources["K"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document}}
    else:
        properties = {"SecretId": {"Ref": "S"}, "ResourcePolicy": document}
        resources["P"] = {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": properties}
    if role:
        resources["R"] = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app"}}
    return SecretAccess.from_template({"Resources": resources}, region="eu-west-1", account=ACCOUNT)


def fails(says: str, assertion: Any, *args: Any) -> None:
    with pytest.raises(AssertionError, match=says):
        assertion(*args)


def holds(assertion: Any, *args: Any) -> bool:
    try:
        assertion(*args)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("role", [True, False], ids=["with a role", "without principals"])
@pytest.mark.parametrize("principal", OUTSIDERS, ids=str)
def test_fails_where_a_resource_policy_lets_an_outsider_in(principal: Any, role: bool) -> None:
    template = access(allow(principal), role=role)
    for secret in ("S", "prod/db", "*", "arn:aws:secretsmanager:*:*:secret:prod/*"):
        fails("statement 1", template.assert_never, "*", GET, secret)
    fails("statement 1, allows it to", template.assert_never, "*", "secretsmanager:*", "S")
    fails("statement 1, allows it to", template.assert_never, "*", "*")
    template.assert_never("*", "secretsmanager:PutResourcePolicy", "S")
    template.assert_never("*", GET, "arn:aws:secretsmanager:*:*:secret:test/*")
    fails("statement 1", template.assert_only, [], GET, "S")
    assert template.grants() != []


@pytest.mark.parametrize("role", [True, False], ids=["with a role", "without principals"])
@pytest.mark.parametrize("principal", OUTSIDERS, ids=str)
@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:*", "*"])
def test_fails_where_a_key_policy_lets_an_outsider_in(
    principal: Any, role: bool, action: str
) -> None:
    template = access(allow(principal, Action=action), role=role, key=True)
    fails("statement 1", template.assert_only, [], "kms:Decrypt", "K")
    fails("statement 1", template.assert_never, "*", "kms:Decrypt", "K")
    fails("statement 1", template.assert_never, "*", "kms:De*")
    access(allow(principal, Action=action), role=False, key=True).assert_never(
        "*", "secretsmanager:*"
    )
    if action == "kms:Decrypt":
        template.assert_only([], "kms:Encrypt", "K")
        template.assert_never("*", "kms:Encrypt", "K")


@pytest.mark.parametrize("principal", [{"AWS": ROOT}, {"AWS": ACCOUNT}], ids=str)
def test_what_is_left_to_the_account_lets_no_outsider_in(principal: Any) -> None:
    template = access(allow(principal))
    template.assert_never("*", GET, "S")
    template.assert_only([], GET, "S")
    template = access(allow(principal, Action="kms:*"), key=True)
    template.assert_never("*", "kms:*", "K")
    template.assert_only([], "kms:Decrypt", "K")


@pytest.mark.parametrize(
    "more",
    [
        {"Action": "secretsmanager:DescribeSecret"},
        {"Action": "kms:*"},
        {"Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:test/*"},
        {"Effect": "Deny"},
    ],
    ids=str,
)
def test_a_statement_about_something_else_lets_no_outsider_in(more: dict[str, Any]) -> None:
    template = access(allow("*", **more), role=False)
    template.assert_never("*", GET, "S")
    template.assert_only([], GET, "S")


def test_a_not_action_lets_outsiders_do_the_rest() -> None:
    statement = allow("*", NotAction=["secretsmanager:Get*"])
    del statement["Action"]
    template = access(statement)
    template.assert_never("*", GET, "S")
    fails("everyone", template.assert_never, "*", "secretsmanager:*", "S")
    fails("everyone", template.assert_only, [], "secretsmanager:DeleteSecret", "S")


def test_fails_on_a_not_principal_that_allows() -> None:
    statement = allow("*", NotPrincipal={"AWS": APP})
    del statement["Principal"]
    with pytest.raises(InvalidPolicyError, match="NotPrincipal is allowed only with Deny"):
        access(statement, role=False).assert_never("*", GET, "S")


# --- conditions on the ARN of the principal --------------------------------------------------

KEEPS = ["StringEquals", "StringLike", "ArnEquals", "ArnLike"]
KEEPS_NOT = ["StringNotEquals", "ArnNotLike", "StringEqualsIfExists", "ForAllValues:StringEquals"]


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*", ROOT]}], ids=str)
@pytest.mark.parametrize("operator", KEEPS)
@pytest.mark.parametrize("key", ["aws:PrincipalArn", "AWS:principalarn"])
def test_everyone_kept_to_a_role_is_that_role(principal: Any, operator: str, key: str) -> None:
    for account in ({}, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}):
        condition: dict[str, Any] = {**account}
        condition[operator] = {**condition.get(operator, {}), key: APP}
        template = access(allow(principal, Condition=condition))
        template.assert_only(["app"], GET, "S")
        fails("role R", template.assert_only, [], GET, "S")
        fails("role R", template.assert_never, "*", GET, "S")
        template = access(allow(principal, Condition=condition, Action="kms:*"), key=True)
        template.assert_only(["app"], "kms:Decrypt", "K")


def test_everyone_kept_to_a_generated_role_is_that_role() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["R", "Arn"]}}}
    document = {"Version": "2012-10-17", "Statement": [allow("*", Condition=condition)]}
    properties = {"SecretId": {"Ref": "S"}, "ResourcePolicy": document}
    resources = {
        "S": {"Type": "AWS::SecretsManager::Secret"},
        "R": {"Type": "AWS::IAM::Role"},
        "P": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": properties},
    }
    SecretAccess.from_template({"Resources": resources}).assert_only(["R"], GET, "S")


@pytest.mark.parametrize(
    "condition",
    [
        *({operator: {"aws:PrincipalArn": APP}} for operator in KEEPS_NOT),
        {"ArnLike": {"aws:PrincipalArn": f"{APP}*"}},
        {"ArnLike": {"aws:PrincipalArn": [APP, ELSEWHERE]}},
        {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/app"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},  # it has principals of other stacks
        {"StringEquals": {"aws:PrincipalAccount": "444455556666"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringEquals": {"aws:SourceArn": APP}},
    ],
    ids=str,
)
def test_fails_where_a_condition_leaves_others_than_the_role(condition: dict[str, Any]) -> None:
    template = access(allow("*", Condition=condition))
    with pytest.raises(AssertionError):
        template.assert_only(["app"], GET, "S")
    template = access(allow("*", Condition=condition), role=False)
    fails("under the condition", template.assert_never, "*", GET, "S")


def test_an_outsider_of_a_condition_is_named() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": [APP, ELSEWHERE]}}
    template = access(allow("*", Condition=condition))
    fails(f"allows it to AWS {ELSEWHERE}, under", template.assert_only, ["app"], GET, "S")


# --- what another statement denies -----------------------------------------------------------


@pytest.mark.parametrize("principal", OUTSIDERS, ids=str)
@pytest.mark.parametrize("operator", ["StringNotEquals", "ArnNotEquals", "ArnNotLike"])
def test_what_is_denied_to_all_but_a_role_lets_no_outsider_in(
    principal: Any, operator: str
) -> None:
    condition = {operator: {"aws:PrincipalArn": APP}}
    deny = allow("*", Effect="Deny", Action="secretsmanager:*", Condition=condition)
    template = access(allow(principal), allow({"AWS": APP}), deny)
    template.assert_only(["app"], GET, "S")


@pytest.mark.parametrize(
    "more",
    [
        {"Action": "secretsmanager:DeleteSecret"},
        {"Principal": {"AWS": ELSEWHERE}},
        {"Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:test/*"},
        {"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}},
        {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
        {
            "Condition": {
                "ArnNotEquals": {"aws:PrincipalArn": APP},
                "Bool": {"aws:SecureTransport": "false"},
            }
        },
        {"Condition": {"ArnNotEqualsIfExists": {"aws:PrincipalArn": APP, "aws:SourceArn": "x"}}},
    ],
    ids=str,
)
def test_fails_where_a_deny_leaves_an_outsider(more: dict[str, Any]) -> None:
    condition = {"ArnNotEquals": {"aws:PrincipalArn": APP}}
    deny = allow("*", Effect="Deny", Action="secretsmanager:*", Condition=condition) | more
    template = access(allow({"AWS": "444455556666"}), deny)
    fails("allows it to AWS 444455556666", template.assert_never, "*", GET, "S")


def test_the_assertions_and_grants_agree_on_outsiders() -> None:
    """What assert_never proves, assert_only of nobody proves, and grants does not list."""
    dice = random.Random(seed_of_run())
    principals = [*OUTSIDERS, {"AWS": ROOT}, {"AWS": APP}]
    conditions: list[dict[str, Any]] = [{}] * 3 + [
        {dice.choice(KEEPS + KEEPS_NOT): {"aws:PrincipalArn": dice.choice([APP, ELSEWHERE])}}
        for _ in range(8)
    ]
    for _ in range(150):
        statements = []
        for _ in range(dice.randint(1, 3)):
            statement = allow(
                dice.choice(principals),
                Effect=dice.choice(["Allow", "Allow", "Deny"]),
                Action=dice.choice([GET, "secretsmanager:*", "secretsmanager:Put*"]),
            )
            condition = dice.choice(conditions)
            statements.append({**statement, "Condition": condition} if condition else statement)
        template = access(*statements)
        passes = {
            "never": holds(template.assert_never, "*", GET, "S"),
            "only": holds(template.assert_only, [], GET, "S"),
        }
        assert passes["only"] or not passes["never"], statements
        assert not (passes["only"] and template.grants()), statements
