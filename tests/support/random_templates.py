"""Random templates, in which both answers to a request are common."""

import random
from typing import Any

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
