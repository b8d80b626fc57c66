"""Random templates with all that can be unknown in one, for the laws of the answers.

The values of the unknowns come from small sets (`UNKNOWN_VALUES`), so that names and accounts often
coincide. Each template is a dict as `json.load` returns it.
"""

import random
from typing import Any

Template = dict[str, Any]

GET = "secretsmanager:GetSecretValue"
ACCOUNTS = ("111122223333", "444455556666", "999999999999")
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")
NAMES = ("prod/db", "db", "prod/db-AbCdEf", "test/db", "p", "orders", "alice", "prod/*")
TEAMS = ("orders", "pay", "Orders")
SECRET_ARNS = (
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
    "arn:aws:secretsmanager:us-east-1:999999999999:secret:test/db-AbCdEf",
    "arn:aws:secretsmanager:*:*:secret:prod/*",
    "arn:aws:secretsmanager:eu-west-1:444455556666:secret:p-??????",
)
ROLE_ARNS = (
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::999999999999:role/other",
    "arn:aws:iam::111122223333:user/ops/alice",
)
SUFFIXES = ("AbCdEf", "db1234", "Zz9Zz9")
GENERATED = ("AbCdEf123456", "ZZZZZZZZZZZZZ", "abcdefghijk1-AbCdEf123456")
KEY_IDS = ("11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555")

# The values that a completion gives to parameters and to imports.
UNKNOWN_VALUES: dict[str, tuple[str, ...]] = {
    "Name": NAMES,
    "Team": TEAMS,
    "Owner": ACCOUNTS,
    "User": ("alice", "bob", "p", "orders"),
    "SecretId": ("prod/db", "db", "test/db", "prod/db-AbCdEf"),
    "Stage": ("prod", "dev", "test"),
    "SecretArn": SECRET_ARNS,
    "PrincipalArn": ROLE_ARNS,
    "Vpce": ("vpce-1", "vpce-2"),
    "Age": ("60", "3600"),
    "Flag": ("true", "false"),
    "Cidr": ("10.0.0.0/8", "203.0.113.0/24"),
    "shared-SecretName": NAMES[:5],
    "shared-SecretArn": SECRET_ARNS,
    "shared-RoleArn": ROLE_ARNS,
    "shared-KeyArn": tuple(f"arn:aws:kms:eu-west-1:111122223333:key/{one}" for one in KEY_IDS),
}
PARAMETERS: dict[str, Any] = {
    name: {"Type": "String"} for name in UNKNOWN_VALUES if not name.startswith("shared-")
} | {"Stage": {"Type": "String", "AllowedValues": ["prod", "dev", "test"], "Default": "dev"}}
TEMPLATE_CONDITIONS: dict[str, Any] = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsHome": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
    "IsOther": {"Fn::Not": [{"Condition": "IsProd"}]},
}

BASE = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
ROOT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}


def sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def att(logical_id: str, name: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, name]}


def imported(name: str) -> dict[str, str]:
    return {"Fn::ImportValue": f"shared-{name}"}


FIRST_PART = {"Fn::Split": ["-", {"Ref": "Name"}]}
SECRET_NAMES: tuple[Any, ...] = (
    *NAMES[:5],
    {"Ref": "Name"},
    sub("prod/${Name}"),
    sub("${AWS::StackName}/db"),
    imported("SecretName"),
    {"Fn::If": ["IsProd", "prod/db", {"Ref": "AWS::NoValue"}]},
    None,
    None,
    "prod/db",
)
RESOURCES: tuple[Any, ...] = (
    "*",
    "*",
    {"Ref": "Secret0"},
    {"Ref": "Secret0"},
    {"Ref": "Secret1"},
    sub("${Secret0}*"),
    sub(f"{BASE}prod/*"),
    sub(f"{BASE}prod/db-??????"),
    sub(f"{BASE}prod/db"),
    sub(f"{BASE}prod/db*"),
    sub(f"{BASE}${{Name}}-??????"),
    sub(f"{BASE}${{Name}}*"),
    sub(f"{BASE}${{Name}}"),
    sub(f"{BASE}prod/${{Name}}-??????"),
    sub(f"{BASE}pro*b-*"),
    sub(f"{BASE}${{!aws:PrincipalTag/Team}}/*"),
    sub(f"{BASE}${{!aws:username}}-*"),
    sub(f"{BASE}Secret0-AbCdEf123456-??????"),
    sub(f"{BASE}*-AbCdEf"),
    sub(f"{BASE}prod/db-AbCd??"),
    sub(f"{BASE}*-${{Name}}-??????"),
    {"Fn::If": ["IsProd", {"Ref": "Secret0"}, sub(f"{BASE}test/*")]},
    {"Fn::Sub": [f"{BASE}${{Part}}*", {"Part": {"Fn::Select": [0, FIRST_PART]}}]},
    "arn:aws:secretsmanager:*:111122223333:secret:p*",
    "arn:aws:*:*:*:secret:prod*",
    {"Fn::Join": ["", ["arn:aws:secretsmanager:", {"Ref": "AWS::Region"}, ":*:secret:*"]]},
    {"Ref": "SecretArn"},
    imported("SecretArn"),
    sub("arn:aws:secretsmanager:${AWS::Region}:${Owner}:secret:prod/*"),
    "arn:aws:secretsmanager:*:*:secret:test/*",
    *SECRET_ARNS[:2],
)
KEY_RESOURCES: tuple[Any, ...] = (
    "*",
    att("Key0"),
    att("Key0"),
    att("Key1"),
    imported("KeyArn"),
    sub("arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/*"),
)
ACTIONS: tuple[Any, ...] = (
    GET,
    GET,
    GET,
    "secretsmanager:*",
    "secretsmanager:Get*",
    "secretsmanager:PutSecretValue",
    ["secretsmanager:DescribeSecret", "SecretsManager:getsecretvalue"],
    "*",
)
KEY_ACTIONS: tuple[Any, ...] = ("kms:Decrypt", "kms:*", ["kms:Decrypt", "kms:GenerateDataKey"])

GENERATED_ROLE = "arn:aws:iam::${AWS::AccountId}:role/prod-Role1-AbCdEf123456"
TEAM_OF_PRINCIPAL = "${aws:PrincipalTag/Team}"
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:ResourceTag/Team": "orders"}},
    {"StringEquals": {"aws:ResourceTag/Team": {"Ref": "Team"}}},
    {"StringEqualsIgnoreCase": {"secretsmanager:ResourceTag/team": "ORDERS"}},
    {"StringNotEquals": {"secretsmanager:ResourceTag/Team": "pay"}},
    {"StringEquals": {"secretsmanager:ResourceTag/Team": TEAM_OF_PRINCIPAL}},
    {"StringNotEqualsIfExists": {"aws:ResourceTag/Team": TEAM_OF_PRINCIPAL}},
    {"Null": {"aws:ResourceTag/Team": "true"}},
    {"StringLike": {"aws:ResourceTag/Team": "or*"}},
    {"StringLike": {"aws:ResourceTag/aws:cloudformation:stack-name": "prod*"}},
    {"ForAllValues:StringEquals": {"aws:PrincipalTag/Team": ["orders", "pay"]}},
    {"StringEquals": {"aws:PrincipalTag/Team": "orders"}},
    {"StringNotEquals": {"aws:PrincipalTag/Team": {"Ref": "Team"}}},
    {"StringEquals": {"aws:PrincipalTag/Stage": "prod"}},
    {"StringNotEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}},
    {"StringEquals": {"aws:ResourceAccount": TEAM_OF_PRINCIPAL[:2] + "aws:PrincipalAccount}"}},
    {"StringEquals": {"aws:PrincipalAccount": {"Ref": "Owner"}}},
    {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"Bool": {"aws:MultiFactorAuthPresent": {"Ref": "Flag"}}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": {"Ref": "Age"}}},
    {"StringEquals": {"aws:SourceVpce": {"Ref": "Vpce"}}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
    {"ArnLike": {"aws:PrincipalArn": att("Role0")}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*-Role1-AbCdEf123456"}},
    {"StringNotEquals": {"aws:PrincipalArn": sub(GENERATED_ROLE)}},
    {"ArnNotEquals": {"aws:PrincipalArn": [att("User0"), sub(GENERATED_ROLE + "*")]}},
    {"ArnNotLike": {"aws:PrincipalArn": sub("arn:aws:iam::${AWS::AccountId}:role/app*")}},
    {"StringNotLike": {"aws:PrincipalArn": [att("Role1"), "arn:aws:iam::*:user/*"]}},
    {"StringEquals": {"aws:username": "alice"}},
    {"StringNotEquals": {"aws:username": ["bob", {"Ref": "User"}]}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringNotEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}},
    {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"NotIpAddress": {"aws:SourceIp": {"Ref": "Cidr"}}},
    {"StringLike": {"aws:ResourceTag/Team": "${aws:username}*"}},
    {"StringLike": {"aws:PrincipalTag/Team": ["${aws:ResourceTag/Team}", "x*"]}},
    {"StringEqualsIfExists": {"aws:ResourceTag/Team": {"Fn::If": ["IsProd", "pay", "orders"]}}},
    {"ForAnyValue:StringLike": {"aws:PrincipalTag/team": "or*"}},
    {"Null": {"aws:PrincipalTag/Team": {"Ref": "Flag"}}},
    {"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-11111111"}},
    {"Bool": {"aws:ViaAWSService": "false"}},
    {"Null": {"aws:SourceAccount": "false"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:topic"}},
)
KEY_CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"kms:ViaService": sub("secretsmanager.${AWS::Region}.amazonaws.com")}},
    {"StringEquals": {"kms:CallerAccount": {"Ref": "AWS::AccountId"}}},
    {"StringLike": {"kms:EncryptionContext:SecretARN": sub(f"{BASE}prod/*")}},
    {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/db"}},
    {"StringEquals": {"aws:ResourceTag/Team": "orders"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
)
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "*"},
    {"AWS": att("Role0")},
    {"AWS": att("Role0")},
    {"AWS": [att("Role1"), ROLE_ARNS[1]]},
    {"AWS": att("User0")},
    {"AWS": ROOT},
    {"AWS": sub("arn:aws:iam::${Owner}:root")},
    {"AWS": {"Ref": "AWS::AccountId"}},
    {"AWS": "999999999999"},
    {"AWS": {"Ref": "PrincipalArn"}},
    {"AWS": imported("RoleArn")},
    {"AWS": sub("arn:aws:iam::${AWS::AccountId}:role/app")},
    {"AWS": sub(GENERATED_ROLE)},
    {"AWS": sub("arn:aws:iam::111122223333:user/alice")},
    {"AWS": sub("arn:aws:sts::${AWS::AccountId}:assumed-role/app/session-1")},
    {"Service": "lambda.amazonaws.com"},
    {"Federated": "cognito-identity.amazonaws.com"},
)
EXCEPTIONS: tuple[Any, ...] = (
    {"AWS": [att("Role0"), ROOT]},
    {"AWS": [att("User0"), ROOT]},
    {"AWS": [att("Role0"), ROOT, sub("arn:aws:sts::${AWS::AccountId}:assumed-role/app/session-1")]},
    {"AWS": "999999999999"},
)
TRUST: tuple[dict[str, Any], ...] = (
    {"Principal": {"Service": "lambda.amazonaws.com"}},
    {"Principal": {"Service": "ecs-tasks.amazonaws.com"}},
    {"Principal": {"AWS": ROOT}},
    {"Principal": {"AWS": "999999999999"}},
    {"Principal": {"AWS": att("User0")}},
    {"Principal": {"AWS": ROOT}, "Action": ["sts:AssumeRole", "sts:TagSession"]},
)
AWS_MANAGED = ("arn:aws:iam::aws:policy/OurSecrets", "arn:aws:iam::aws:policy/Ops")
TAG_VALUES: tuple[Any, ...] = ("orders", "orders", "pay", {"Ref": "Team"}, {"Ref": "Name"})
GROUPS = ({"Ref": "Group0"}, {"Ref": "Group0"}, "admins")
ROLE_NAMES: tuple[Any, ...] = (None, None, "app", sub("app-${User}"), sub("${AWS::StackName}-app"))
USER_NAMES: tuple[Any, ...] = (None, "alice", {"Ref": "User"})


def random_template(dice: random.Random) -> Template:
    return _Builder(dice).template()


def random_statement(dice: random.Random, *, of_key: bool = False) -> dict[str, Any]:
    """Return a statement of an identity policy; with `of_key`, about keys."""
    resources, actions, conditions = (
        (KEY_RESOURCES, KEY_ACTIONS, KEY_CONDITIONS) if of_key else (RESOURCES, ACTIONS, CONDITIONS)
    )
    statement = {
        "Effect": "Deny" if dice.random() < 0.2 else "Allow",
        "NotAction" if dice.random() < 0.1 else "Action": dice.choice(actions),
        "NotResource" if dice.random() < 0.1 else "Resource": dice.sample(
            resources, 1 if dice.random() < 0.7 else 2
        ),
    }
    return statement | _condition(dice, conditions)


def random_resource_statement(dice: random.Random, service: str) -> dict[str, Any]:
    """Return a statement of the policy of a secret or of a key."""
    of_key = service == "kms"
    denies = dice.random() < 0.3
    principal = {"Principal": dice.choice(PRINCIPALS)}
    if denies and dice.random() < 0.3:
        principal = {"NotPrincipal": dice.choice(EXCEPTIONS)}
    return {
        "Effect": "Deny" if denies else "Allow",
        **principal,
        "Action": dice.choice(KEY_ACTIONS if of_key else ACTIONS),
        "Resource": "*",
        **_condition(dice, KEY_CONDITIONS if of_key else CONDITIONS),
    }


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _condition(dice: random.Random, conditions: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    if dice.random() < 0.6:
        return {}
    chosen: dict[str, Any] = dict(dice.choice(conditions))
    if dice.random() < 0.2:
        chosen = {**dice.choice(conditions), **chosen}
    return {"Condition": chosen}


class _Builder:
    """Adds resources of each kind to one template."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._resources: dict[str, Any] = {}

    def template(self) -> Template:
        dice = self._dice
        self._add("Key0", "AWS::KMS::Key", self._key())
        if dice.random() < 0.3:
            self._add("Key1", "AWS::KMS::Key", self._key())
            properties = {"AliasName": "alias/db", "TargetKeyId": {"Ref": "Key1"}}
            self._add("Alias", "AWS::KMS::Alias", properties)
        for number in range(2):
            self._add_secret(number)
        self._add("Group0", "AWS::IAM::Group", self._policies(0.8))
        for number in range(2):
            self._add_role(number)
        self._add_user()
        for add in (self._add_managed_policy, self._add_inline_policy, self._add_membership):
            if dice.random() < 0.4:
                add()
        self._leave_out_some()
        return {
            "Parameters": PARAMETERS,
            "Conditions": TEMPLATE_CONDITIONS,
            "Resources": self._with_existing_references(),
        }

    def _add(self, logical_id: str, type_: str, properties: dict[str, Any]) -> None:
        self._resources[logical_id] = {"Type": type_, "Properties": properties}

    def _add_secret(self, number: int) -> None:
        dice, properties = self._dice, self._tags()
        # No two secrets of a template have the same name.
        name = dice.choice(SECRET_NAMES[number::2])
        if name is not None:
            properties["Name"] = name
        if dice.random() < 0.4:
            properties["KmsKeyId"] = dice.choice(
                [att("Key0"), {"Ref": "Key0"}, imported("KeyArn"), "alias/aws/secretsmanager"]
            )
        if dice.random() < 0.2:
            region = dice.choice(["eu-central-1", "us-west-2", "us-east-1"])
            key = {"KmsKeyId": imported("KeyArn")} if dice.random() < 0.3 else {}
            properties["ReplicaRegions"] = [{"Region": region, **key}]
        self._add(f"Secret{number}", "AWS::SecretsManager::Secret", properties)
        if dice.random() < 0.5:
            secret = dice.choice([{"Ref": f"Secret{number}"}] * 4 + [{"Ref": "SecretId"}])
            policy = self._resource_policy("secretsmanager")
            properties = {"SecretId": secret, "ResourcePolicy": policy}
            self._add(f"SecretPolicy{number}", "AWS::SecretsManager::ResourcePolicy", properties)

    def _key(self) -> dict[str, Any]:
        properties = self._tags()
        if self._dice.random() < 0.8:
            policy = self._resource_policy("kms")
            if self._dice.random() < 0.7:
                policy["Statement"].append(
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": ROOT},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                )
            properties["KeyPolicy"] = policy
        return properties

    def _add_role(self, number: int) -> None:
        dice = self._dice
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", **dice.choice(TRUST)}
        properties = {
            "AssumeRolePolicyDocument": document(trust),
            **self._tags(),
            **self._policies(0.9),
            **self._limits(),
        }
        name = dice.choice(ROLE_NAMES)
        if name is not None and number == 0:
            properties["RoleName"] = name
        if dice.random() < 0.2:
            properties["Path"] = dice.choice(["/ops/", sub("/${Team}/")])
        if dice.random() < 0.15:
            properties["ManagedPolicyArns"] = [dice.choice(AWS_MANAGED)]
        self._add(f"Role{number}", "AWS::IAM::Role", properties)

    def _add_user(self) -> None:
        dice = self._dice
        properties = {**self._tags(), **self._policies(0.6), **self._limits()}
        name = dice.choice(USER_NAMES)
        if name is not None:
            properties["UserName"] = name
        if dice.random() < 0.5:
            properties["Groups"] = [dice.choice(GROUPS)]
        self._add("User0", "AWS::IAM::User", properties)

    def _limits(self) -> dict[str, Any]:
        chance = self._dice.random()
        if chance > 0.25:
            return {}
        if chance < 0.04:
            return {"PermissionsBoundary": AWS_MANAGED[1]}
        if "Boundary" not in self._resources:
            statements = [random_statement(self._dice), random_statement(self._dice)]
            if self._dice.random() < 0.5:
                statements.append({"Effect": "Allow", "Action": "*", "Resource": "*"})
            policy = {"PolicyDocument": document(*statements)}
            self._add("Boundary", "AWS::IAM::ManagedPolicy", policy)
        return {"PermissionsBoundary": {"Ref": "Boundary"}}

    def _add_managed_policy(self) -> None:
        self._add(
            "Managed",
            "AWS::IAM::ManagedPolicy",
            {"PolicyDocument": self._document(), **self._targets()},
        )

    def _add_inline_policy(self) -> None:
        self._add(
            "Inline",
            "AWS::IAM::Policy",
            {"PolicyName": "inline", "PolicyDocument": self._document(), **self._targets()},
        )

    def _add_membership(self) -> None:
        self._add(
            "Membership",
            "AWS::IAM::UserToGroupAddition",
            {
                "GroupName": {"Ref": "Group0"},
                "Users": [self._dice.choice([{"Ref": "User0"}, "bob"])],
            },
        )

    def _targets(self) -> dict[str, Any]:
        targets: list[dict[str, Any]] = [
            {"Roles": [{"Ref": "Role0"}]},
            {"Roles": [{"Ref": "Role1"}, "deployer"]},
            {"Users": [{"Ref": "User0"}]},
            {"Groups": [{"Ref": "Group0"}]},
            {"Users": ["bob"]},
        ]
        return self._dice.choice(targets)

    def _policies(self, chance: float) -> dict[str, Any]:
        if self._dice.random() > chance:
            return {}
        count = self._dice.choice([1, 1, 2])
        return {
            "Policies": [
                {"PolicyName": f"p{number}", "PolicyDocument": self._document()}
                for number in range(count)
            ]
        }

    def _document(self) -> dict[str, Any]:
        dice = self._dice
        statements = [
            random_statement(dice, of_key=dice.random() < 0.2)
            for _ in range(dice.choice([1, 2, 3]))
        ]
        return document(*statements)

    def _resource_policy(self, service: str) -> dict[str, Any]:
        count = self._dice.choice([1, 1, 2])
        return document(*(random_resource_statement(self._dice, service) for _ in range(count)))

    def _tags(self) -> dict[str, Any]:
        if self._dice.random() < 0.4:
            return {}
        return {"Tags": [{"Key": "Team", "Value": self._dice.choice(TAG_VALUES)}]}

    def _leave_out_some(self) -> None:
        """Give a template Condition to some resources on which no other depends."""
        for logical_id, resource in self._resources.items():
            free = logical_id.startswith(("Managed", "Inline", "Membership", "SecretPolicy"))
            if free and self._dice.random() < 0.2:
                resource["Condition"] = self._dice.choice(list(TEMPLATE_CONDITIONS))

    def _with_existing_references(self) -> dict[str, Any]:
        """Return the resources, with references to missing ones replaced."""
        return {key: _existing(each, self._resources) for key, each in self._resources.items()}


def _existing(value: Any, resources: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_existing(each, resources) for each in value]
    if not isinstance(value, dict):
        return value
    replaced = {"Key1": "Key0"}
    target = value.get("Fn::GetAtt")
    if isinstance(target, list) and target[0] in replaced and target[0] not in resources:
        return att(replaced[target[0]], target[1])
    return {key: _existing(each, resources) for key, each in value.items()}
