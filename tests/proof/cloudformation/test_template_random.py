"""Malformed and random templates: a clear error or a sound answer, never a crash or a hang."""

import copy
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.testing import SecretAccess
from tests.support.seeds import seed_of_run

GET = "secretsmanager:GetSecretValue"
ROOT = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}

WHOLE: dict[str, Any] = {
    "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList"}},
    "Mappings": {"M": {"a": {"b": "c"}}},
    "Conditions": {
        "C": {"Fn::Equals": [{"Ref": "P"}, "x"]},
        "D": {"Fn::And": [{"Condition": "C"}, {"Fn::Not": [{"Condition": "C"}]}]},
    },
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "Policies": [
                    {
                        "PolicyName": "i",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": [GET],
                                    "Resource": {"Fn::If": ["C", {"Ref": "S"}, "*"]},
                                    "Condition": {"StringEquals": {"aws:username": "x"}},
                                }
                            ],
                        },
                    }
                ],
                "PermissionsBoundary": {"Ref": "B"},
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"],
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        },
        "B": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:*"}
                },
                "Users": ["u"],
            },
        },
        "G": {
            "Type": "AWS::IAM::UserToGroupAddition",
            "Properties": {"GroupName": "g", "Users": ["u"]},
        },
        "S": {
            "Type": "AWS::SecretsManager::Secret",
            "Condition": "C",
            "Properties": {
                "KmsKeyId": {"Fn::GetAtt": ["K", "Arn"]},
                "Name": {"Fn::Join": ["/", ["a", {"Ref": "P"}]]},
            },
        },
        "K": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "KeyPolicy": {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": ROOT},
                            "Action": "kms:*",
                            "Resource": "*",
                        }
                    ]
                }
            },
        },
        "R": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {
                "SecretId": "prod/db",
                "ResourcePolicy": {
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "NotPrincipal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}},
                            "Action": GET,
                            "Resource": {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "P"}]}]},
                        }
                    ]
                },
            },
        },
    },
    "Outputs": {"O": {"Value": {"Ref": "S"}, "Condition": "C", "Export": {"Name": "x"}}},
}

STRANGE: list[Any] = [
    *(None, True, 0, -1, 1.5, "", "*", "x", [], {}, [[]], [None], {"": ""}, "${", "${x}", "a:b"),
    *({"Ref": "Role"}, {"Ref": "P"}, {"Ref": "L"}, {"Ref": None}, {"Ref": "AWS::NoValue"}),
    *({"Fn::GetAtt": ["S", {"Ref": "P"}]}, {"Fn::GetAtt": "K"}, {"Fn::Sub": "${Role.Arn}${P}"}),
    *({"Fn::Select": [{"Ref": "P"}, {"Ref": "L"}]}, {"Fn::Split": [",", {"Ref": "L"}]}),
    *({"Fn::If": ["C", {"Ref": "AWS::NoValue"}, "x"]}, {"Fn::If": ["D", [], {}]}),
    *({"Condition": "C"}, {"Fn::FindInMap": ["M", {"Ref": "P"}, "b"]}, {"Fn::ImportValue": "x"}),
    *("{{resolve:ssm:x}}", "arn:aws:iam::111122223333:role/x", "\U000f0001", {"Fn::Or": []}),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a template: what it is in, and at which key."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        found.append((value, key))
        if isinstance(each, dict | list):
            found += places(each)
    return found


def asked(template: Any) -> str:
    """Ask all there is to ask, and return how that ended."""
    ends = []
    try:
        access = SecretAccess.from_template(template, account="111122223333", region="eu-west-1")
    except SecretAccessError as error:
        return str(error)
    checks: list[Callable[[], None]] = [
        lambda: access.assert_can_read("Role", "S"),
        lambda: access.assert_cannot("u", GET, "prod/db"),
        lambda: access.assert_only(["Role"], GET, "prod/db"),
    ]
    for check in checks:
        try:
            check()
        except (AssertionError, SecretAccessError) as error:
            ends.append(str(error))
    return " | ".join(ends)


# A broken template may have lost the secret that the questions are about.
@pytest.mark.filterwarnings("ignore::constructs_lib.testing.UnknownNameWarning")
def test_a_broken_template_is_refused_or_answered_in_time() -> None:
    seed = seed_of_run()
    chance = random.Random(seed)
    answers = set()
    for _ in range(1_500):
        template = copy.deepcopy(WHOLE)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            inside, key = chance.choice(places(template))
            if chance.random() < 0.2:
                del inside[key]
            else:
                inside[key] = copy.deepcopy(chance.choice(STRANGE))
        begun = time.monotonic()
        answers.add(asked(template))
        assert time.monotonic() - begun < 120, template  # far more than the slowest machine takes
    assert len(answers) > 100


@pytest.mark.parametrize("place_known", [True, False])
def test_no_answer_changes_when_what_was_open_gets_a_value(place_known: bool) -> None:
    """What is certain with unknown parameters (and place) is so with every value of them."""
    seed = seed_of_run()
    chance = random.Random(seed)
    begin = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
    names = ["prod/db", "prod", "p", "", "*", "prod/*", "db", "who", "111122223333", "xy"]

    def text() -> Any:
        return chance.choice(
            [
                *("*", f"{begin}prod/db-??????", f"{begin}*", f"{begin}prod/??-*"),
                *({"Ref": "P"}, {"Fn::Sub": begin + "${P}"}, {"Fn::Sub": begin + "${P}-??????"}),
                *({"Fn::Sub": begin + "prod/${P}*"}, {"Fn::Sub": begin + "${P}${Q}"}, {"Ref": "S"}),
            ]
        )

    def statement(of_resource: bool) -> dict[str, Any]:
        found: dict[str, Any] = {
            "Effect": chance.choice(["Allow", "Allow", "Deny"]),
            chance.choice(["Action", "Action", "NotAction"]): chance.choice([GET, "s3:Get*", "*"]),
        }
        resource = chance.choice(["Resource", "Resource", "NotResource"])
        found[resource] = [text() for _ in range(chance.choice([1, 2]))]
        if of_resource:
            who = (
                {"Fn::Sub": "arn:aws:iam::${P}:root"},
                {"Fn::Sub": "arn:aws:iam::111122223333:role/${Q}"},
            )
            found["Principal"] = chance.choice(["*", {"AWS": list(who)}, {"AWS": who[1]}])
        if chance.random() < 0.3:
            operator = chance.choice(
                ["StringEquals", "StringNotLike", "StringLikeIfExists", "ForAnyValue:StringLike"]
            )
            key = chance.choice(["aws:PrincipalArn", "secretsmanager:SecretId", "aws:username"])
            value = chance.choice([{"Ref": "P"}, "*who", {"Fn::Sub": "*${Q}"}, "prod/db"])
            found["Condition"] = {operator: {key: value}}
        return found

    def document(of_resource: bool = False) -> dict[str, Any]:
        statements = [statement(of_resource) for _ in range(chance.choice([1, 2, 3]))]
        return {"Version": "2012-10-17", "Statement": statements}

    def outcome(template: Any, parameters: dict[str, str], context: dict[str, str]) -> bool | None:
        account: str | None = "111122223333"
        region: str | None = "eu-west-1"
        if not place_known:
            account = chance.choice([account, "444455556666"]) if parameters else None
            region = chance.choice([region, "us-east-1"]) if parameters else None
        access = SecretAccess.from_template(
            template, account=account, region=region, parameters=parameters
        )
        for answer, check in ((True, access.assert_can), (False, access.assert_cannot)):
            try:
                check("who", GET, "prod/db", context=context)
            except AssertionError:
                continue
            return answer
        return None

    certain = 0
    for _ in range(500):
        named = chance.choice(["who", {"Ref": "Q"}])
        policy = {"PolicyName": "a", "PolicyDocument": document(), "Roles": [named]}
        template = {
            "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String"}},
            "Resources": {
                "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "who"}},
                "S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
                "A": {"Type": "AWS::IAM::Policy", "Properties": policy},
                "B": {
                    "Type": "AWS::SecretsManager::ResourcePolicy",
                    "Properties": {"SecretId": {"Ref": "S"}, "ResourcePolicy": document(True)},
                },
            },
        }
        answer = outcome(template, {}, {})
        certain += answer is not None
        for _ in range(4 if answer is not None else 0):
            given = {"P": chance.choice(names), "Q": chance.choice(names)}
            context = chance.choice(
                [{}, {"secretsmanager:SecretId": "prod/db"}, {"secretsmanager:SecretId": "x"}]
            )
            try:
                known = outcome(template, given, context)
            except SecretAccessError:
                continue  # with this value, IAM would refuse the document
            assert known in (answer, None), (template, given, context)
    assert certain > 50
