"""All pairs at once: the same answers as one question after the other, and fewer questions."""

import random
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.proof import matrix as module
from constructs_lib.proof.asked import member_of, told
from constructs_lib.proof.bounds import Question, judge
from constructs_lib.proof.found import Deployment
from constructs_lib.proof.matrix import granted
from constructs_lib.proof.reach import Reach
from constructs_lib.proof.stacks import Stack
from constructs_lib.proof.symbols import DIGITS, Symbols
from constructs_lib.proof.template import read

GET = "secretsmanager:GetSecretValue"
BASE = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
NAMES = ("prod/db", "prod/db2", "prod/db-a", "test/db", "p")
RESOURCES: list[Any] = [
    "*",
    {"Ref": "Secret0"},
    {"Ref": "Secret1"},
    {"Fn::Sub": f"{BASE}prod/*"},
    {"Fn::Sub": f"{BASE}prod/db-??????"},
    {"Fn::Sub": f"{BASE}${{Name}}-??????"},
    {"Fn::Sub": f"{BASE}${{Name}}*"},
    {"Fn::Sub": f"{BASE}pro*b-*"},
    {"Fn::Sub": f"{BASE}${{!aws:PrincipalTag/Team}}/*"},
    {"Ref": "Name"},
    "arn:aws:secretsmanager:*:*:secret:test/*",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a-??????",
    "arn:aws:secretsmanager:eu-west-1:999999999999:secret:prod/db-??????",
]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {},
    {"StringEquals": {"aws:ResourceTag/Team": "orders"}},
    {"StringEquals": {"secretsmanager:ResourceTag/Team": "${aws:PrincipalTag/Team}"}},
    {"StringNotEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
]
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    },
}
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": {"Fn::GetAtt": ["Role0", "Arn"]}},
    {"AWS": [{"Fn::GetAtt": ["Role1", "Arn"]}, "arn:aws:iam::999999999999:role/other"]},
    {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
    {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::111122223333:user/${Name}"}},
    {"AWS": {"Ref": "AWS::AccountId"}},
    {"Service": "lambda.amazonaws.com"},
]


def random_template(dice: random.Random) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for number in range(dice.randint(2, 6)):
        properties: dict[str, Any] = {"Name": NAMES[number]} if number < len(NAMES) else {}
        if dice.random() < 0.6:
            properties["Tags"] = [{"Key": "Team", "Value": dice.choice(["orders", "pay"])}]
        resources[f"Secret{number}"] = {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": properties,
        }
        if dice.random() < 0.3:
            statement = statement_of(dice) | {"Principal": dice.choice(PRINCIPALS)}
            resources[f"Policy{number}"] = {
                "Type": "AWS::SecretsManager::ResourcePolicy",
                "Properties": {
                    "SecretId": {"Ref": f"Secret{number}"},
                    "ResourcePolicy": {"Version": "2012-10-17", "Statement": [statement]},
                },
            }
    for number in range(2):
        policies = [
            {
                "PolicyName": str(place),
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [statement_of(dice) for _ in range(dice.randint(1, 3))],
                },
            }
            for place in range(dice.randint(0, 2))
        ]
        tags = [{"Key": "Team", "Value": dice.choice(["prod", "orders"])}]
        for name, kind in (("Role", "Role"), ("User", "User"), ("Group", "Group")):
            resources[f"{name}{number}"] = {
                "Type": f"AWS::IAM::{kind}",
                "Properties": {
                    "Policies": policies,
                    **({} if kind == "Group" else {"Tags": tags}),
                    **({"AssumeRolePolicyDocument": TRUST} if kind == "Role" else {}),
                    **({"Groups": [{"Ref": "Group1"}]} if kind == "User" and number else {}),
                },
            }
    return {"Parameters": {"Name": {"Type": "String"}}, "Resources": resources}


def statement_of(dice: random.Random) -> dict[str, Any]:
    condition = dice.choice(CONDITIONS)
    return {
        "Effect": "Deny" if dice.random() < 0.25 else "Allow",
        dice.choice(["Action"] * 5 + ["NotAction"]): dice.choice(
            [GET, "secretsmanager:*", "secretsmanager:Get*", "secretsmanager:PutSecretValue"]
        ),
        dice.choice(["Resource"] * 6 + ["NotResource"]): dice.sample(RESOURCES, dice.randint(1, 2)),
        **({"Condition": condition} if condition else {}),
    }


def one_by_one(deployment: Deployment) -> dict[tuple[str, str], bool | None]:
    found: dict[tuple[str, str], bool | None] = {}
    for principal in deployment.principals:
        who = member_of(principal, deployment.symbols)
        for secret in deployment.secrets:
            question = told(Question(who, GET, secret.arn), secret, None)
            answer = judge(question, deployment.symbols, resource=secret.policies)
            if answer.allowed is not False:
                found[principal.arn, secret.arn] = answer.allowed
    return found


@pytest.mark.parametrize("seed", range(200))
def test_all_at_once_is_one_by_one(seed: int) -> None:
    dice = random.Random(seed)
    stack = Stack("Random", random_template(dice))
    if dice.random() < 0.5:
        stack = replace(stack, region="eu-west-1", account="111122223333")
    for deployment in read([stack]):
        try:
            expected = one_by_one(deployment)
        except SecretAccessError:
            continue  # a NotResource with a tag that a member of a group may lack
        found = {
            (each.principal.arn, secret.arn): each.judgement.allowed
            for each in granted(deployment, GET)
            for secret in each.secrets
        }
        assert found == expected


def many(count: int) -> Deployment:
    """Return as many roles as secrets: each reads one secret, every tenth its team's."""
    resources: dict[str, Any] = {}
    for number in range(count):
        name = f"team{number % 5}/db-{number}"
        patterns = [{"Ref": f"Secret{number}"}]
        if number % 10 == 0:
            patterns.append({"Fn::Sub": f"{BASE}team{number % 5}/*"})
        resources[f"Secret{number}"] = {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": name},
        }
        resources[f"Role{number}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {},
                "Policies": [
                    {
                        "PolicyName": "Read",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": GET, "Resource": patterns}],
                        },
                    }
                ],
            },
        }
    (deployment,) = read([Stack("Many", {"Resources": resources})])
    return deployment


def test_questions_are_as_many_as_the_reasons_to_be_granted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Question] = []

    def counted(question: Question, *given: Any, **more: Any) -> Any:
        asked.append(question)
        return judge(question, *given, **more)

    monkeypatch.setattr(module, "judge", counted)
    deployment = many(50)
    found = list(granted(deployment, GET))
    # Ten secrets for each of the five roles that read a team's, one for each of the others.
    assert sum(len(each.secrets) for each in found) == 5 * 10 + 45
    assert len(asked) == 5 * 2 + 45
    assert len(deployment.symbols._compared) < 50 * 10  # it does not grow with all pairs


def test_fails_on_a_malformed_policy_that_reaches_no_secret() -> None:
    bad = {"Effect": "Permit", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [bad]}
    resources = {
        "Secret": {"Type": "AWS::SecretsManager::Secret"},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {},
                "Policies": [{"PolicyName": "Bad", "PolicyDocument": document}],
            },
        },
    }
    (deployment,) = read([Stack("Bad", {"Resources": resources})])
    with pytest.raises(SecretAccessError, match="Permit"):
        list(granted(deployment, GET))


@pytest.mark.parametrize("seed", range(100))
def test_every_text_that_a_pattern_may_match_is_reached(seed: int) -> None:
    dice, symbols = random.Random(seed), Symbols()
    unknowns = [
        symbols.sign("any"),
        symbols.sign("digits", characters=DIGITS, shortest=2, longest=2),
        symbols.sign("made up", shortest=3, longest=3, made_up=True),
    ]
    letters = ["a", "b", "1", *unknowns]

    def text(more: list[str]) -> str:
        return "".join(dice.choices([*letters, *more], k=dice.randint(0, 6)))

    texts = [text([]) for _ in range(30)]
    reach = Reach(texts, symbols)
    for _ in range(30):
        pattern = text(["*", "?", "${*}"])
        answers = {number: symbols.matches(pattern, each) for number, each in enumerate(texts)}
        assert "${" in pattern or reach.matched(pattern) == {
            number: answer for number, answer in answers.items() if answer is not False
        }
        assert reach.matched(pattern).keys() >= {
            number for number, answer in answers.items() if answer is not False
        }
