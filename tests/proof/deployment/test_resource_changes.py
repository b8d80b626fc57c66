"""A change of tags, keys, replicas or names that adds access, while no policy changes."""

import random
from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.testing import SecretAccess
from tests.support.seeds import seed_of_run

GET = "secretsmanager:GetSecretValue"
ACCOUNT, REGION = "111122223333", "eu-west-1"
KEY = {"Fn::GetAtt": ["Key", "Arn"]}
OTHER_KEY = {"Fn::GetAtt": ["OtherKey", "Arn"]}
ROOT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    },
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def allow(action: Any = GET, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def deny(*args: Any, **condition: Any) -> dict[str, Any]:
    return {**allow(*args, **condition), "Effect": "Deny"}


def template(
    *statements: dict[str, Any],
    secret: dict[str, Any] | None = None,
    role: dict[str, Any] | None = None,
    secret_policy: dict[str, Any] | None = None,
    alias_of: str = "Key",
    key_policy: dict[str, Any] = ROOT,
) -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": [*statements]}
    resources: dict[str, Any] = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": key_policy}},
        "OtherKey": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": ROOT}},
        "Alias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": "alias/db", "TargetKeyId": {"Ref": alias_of}},
        },
        "Db": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "prod/db", **(secret or {})},
        },
        "App": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "app",
                "AssumeRolePolicyDocument": TRUST,
                "Policies": [{"PolicyName": "own", "PolicyDocument": policy}],
                **(role or {}),
            },
        },
    }
    if secret_policy is not None:
        resources["DbPolicy"] = {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {"SecretId": {"Ref": "Db"}, "ResourcePolicy": secret_policy},
        }
    return {"Resources": resources}


def access(*statements: dict[str, Any], **rest: Any) -> SecretAccess:
    return SecretAccess.from_template(template(*statements, **rest), region=REGION, account=ACCOUNT)


OF_ORDERS = allow(StringEquals={"secretsmanager:ResourceTag/Project": "orders"})
NOT_PROD = deny("secretsmanager:*", "*", StringEquals={"aws:ResourceTag/Stage": "prod"})
OF_OWN_PROJECT = allow(
    StringEquals={"secretsmanager:ResourceTag/Project": "${aws:PrincipalTag/Project}"}
)
OWN_TEAM = "${aws:PrincipalTag/Team}"
OF_TAGGED_ROLE = allow(StringEquals={"aws:PrincipalTag/Team": "orders"})
IN_VIRGINIA = allow(GET, f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/*")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
DECRYPT = allow("kms:Decrypt", KEY)


@pytest.mark.parametrize(
    ("statements", "new", "old", "change"),
    [
        ([OF_ORDERS], {"secret": {"Tags": tags(Project="orders")}}, {}, "tags of the secret"),
        (
            [OF_ORDERS],
            {"secret": {"Tags": tags(Project="orders")}},
            {"secret": {"Tags": tags(Project="dev")}},
            "tags of the secret",
        ),
        (
            [allow(), NOT_PROD],
            {},
            {"secret": {"Tags": tags(Stage="prod")}},
            "tags of the secret",
        ),
        (
            [OF_OWN_PROJECT],
            {"secret": {"Tags": tags(Project="a")}, "role": {"Tags": tags(Project="a")}},
            {"secret": {"Tags": tags(Project="b")}, "role": {"Tags": tags(Project="a")}},
            "tags of the secret",
        ),
        ([OF_TAGGED_ROLE], {"role": {"Tags": tags(Team="orders")}}, {}, "tags of the principal"),
        ([allow()], {}, {"secret": {"KmsKeyId": KEY}}, "key of the secret"),
        (
            [allow(), DECRYPT],
            {"secret": {"KmsKeyId": KEY}},
            {"secret": {"KmsKeyId": OTHER_KEY}},
            "key of the secret",
        ),
        (
            [allow(), DECRYPT],
            {"secret": {"KmsKeyId": "alias/db"}, "alias_of": "Key"},
            {"secret": {"KmsKeyId": "alias/db"}, "alias_of": "OtherKey"},
            "key of the secret",
        ),
        (
            [IN_VIRGINIA],
            {"secret": {"ReplicaRegions": [{"Region": "us-east-1"}]}},
            {},
            "a replica",
        ),
        (
            [allow(GET, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod/*")],
            {},
            {"secret": {"Name": "test/db"}},
            "the name",
        ),
        (
            [allow(GET, f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{OWN_TEAM}/*")],
            {
                "secret": {"ReplicaRegions": [{"Region": "us-east-1"}]},
                "role": {"Tags": tags(Team="prod")},
            },
            {"role": {"Tags": tags(Team="prod")}},
            "a replica",
        ),
        (
            [IN_VIRGINIA],
            {"secret": {"ReplicaRegions": [{"Region": "us-east-1"}]}},
            {"secret": {"Name": "test/db"}},
            "a replica",
        ),
        (
            [{**OF_ORDERS, "Condition": {**OF_ORDERS["Condition"], **MFA}}],
            {"secret": {"Tags": tags(Project="orders")}},
            {},
            "tags of the secret",
        ),
    ],
)
def test_fails_on_a_change_that_adds_access(
    statements: list[dict[str, Any]], new: Any, old: Any, change: str
) -> None:
    before, after = access(*statements, **old), access(*statements, **new)
    with pytest.raises(AssertionError, match=f"{GET} on secret .*, by the change of .*{change}"):
        after.assert_no_new_access(since=before)


@pytest.mark.parametrize(
    ("statements", "new", "old"),
    [
        ([OF_ORDERS], {"secret": {"Tags": tags(Owner="b")}}, {"secret": {"Tags": tags(Owner="a")}}),
        ([OF_ORDERS], {}, {"secret": {"Tags": tags(Project="orders")}}),
        ([allow()], {"secret": {"Tags": tags(Project="orders")}}, {}),
        ([allow(**MFA)], {"secret": {"Tags": tags(Project="orders")}}, {}),
        ([OF_TAGGED_ROLE], {}, {"role": {"Tags": tags(Team="orders")}}),
        ([allow()], {"secret": {"KmsKeyId": KEY}}, {}),
        (
            [allow(), allow("kms:*")],
            {"secret": {"KmsKeyId": KEY}},
            {"secret": {"KmsKeyId": OTHER_KEY}},
        ),
        ([allow()], {"secret": {"ReplicaRegions": [{"Region": "us-east-1"}]}}, {}),
        ([allow(**MFA)], {"secret": {"ReplicaRegions": [{"Region": "us-east-1"}]}}, {}),
        ([IN_VIRGINIA], {}, {"secret": {"ReplicaRegions": [{"Region": "us-east-1"}]}}),
    ],
)
def test_a_change_that_adds_no_access_is_proved(
    statements: list[dict[str, Any]], new: Any, old: Any
) -> None:
    access(*statements, **new).assert_no_new_access(since=access(*statements, **old))


def test_fails_on_new_tags_of_a_secret_whose_policy_depends_on_them() -> None:
    public = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": GET,
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Public": "yes"}},
        },
    }
    before = access(allow(), secret_policy=public)
    after = access(allow(), secret_policy=public, secret={"Tags": tags(Public="yes")})
    with pytest.raises(AssertionError, match="may allow more, by the change of the tags"):
        after.assert_no_new_access(since=before)


def test_a_key_that_is_given_by_its_id_may_be_a_key_of_the_templates() -> None:
    """Its policy may have denied the decryption that the default policy leaves to the role."""
    key_id = {"KmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}
    statements = [allow(), allow("kms:*")]
    denied = {**deny("kms:Decrypt"), "Principal": "*"}
    key_policy = {**ROOT, "Statement": [ROOT["Statement"], denied]}
    after = access(*statements, key_policy=key_policy)
    access(*statements).assert_no_new_access(since=access(*statements, secret=key_id))
    before = access(*statements, secret=key_id, key_policy=key_policy)
    with pytest.raises(AssertionError, match="by the change of the key of the secret"):
        after.assert_no_new_access(since=before)


def random_parts(chance: random.Random) -> dict[str, Any]:
    secret: dict[str, Any] = {"Name": chance.choice(["prod/db", "test/db"])}
    if chance.random() < 0.6:
        secret["Tags"] = tags(Project=chance.choice(["orders", "dev"]))
    if chance.random() < 0.6:
        secret["KmsKeyId"] = chance.choice([KEY, OTHER_KEY, "alias/db"])
    if chance.random() < 0.3:
        secret["ReplicaRegions"] = [{"Region": "us-east-1"}]
    role = {"Tags": tags(Project=chance.choice(["orders", "dev"]))} if chance.random() < 0.5 else {}
    return {"secret": secret, "role": role, "alias_of": chance.choice(["Key", "OtherKey"])}


def may(deployment: SecretAccess) -> bool | None:
    """Return whether the role may read the secret, with its key."""
    try:
        deployment.assert_can_read("App", "Db")
    except AssertionError:
        try:
            deployment.assert_cannot("App", GET, "Db")
        except (AssertionError, SecretAccessError):
            return None
        return False
    return True


def test_what_passes_adds_no_reader() -> None:
    chance = random.Random(seed_of_run())
    statements = [
        *(OF_ORDERS, OF_OWN_PROJECT, OF_TAGGED_ROLE, IN_VIRGINIA, DECRYPT),
        *(allow(), allow(**MFA), NOT_PROD, allow("kms:*")),
        allow(GET, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod/*"),
        deny(GET, "*", StringNotEquals={"aws:ResourceTag/Project": "orders"}),
    ]
    passed = 0
    for _ in range(150):
        policy = chance.sample(statements, chance.randrange(1, 4))
        before, after = (access(*policy, **random_parts(chance)) for _ in range(2))
        try:
            after.assert_no_new_access(since=before)
        except AssertionError:
            continue
        passed += 1
        assert not (may(after) is True and may(before) is False), policy
    assert passed >= 20
