"""Changes of a key's aliases or tags, and of the tags of principals, that add access."""

from typing import Any

import pytest

from constructs_lib.testing import SecretAccess

ACCOUNT, REGION = "111122223333", "eu-west-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **elements}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def access(
    *,
    alias: str = "alias/db",
    key_tags: dict[str, str] | None = None,
    role_tags: dict[str, str] | None = None,
    of_key: dict[str, Any] | None = None,
    of_role: dict[str, Any] | None = None,
    trust: dict[str, Any] | None = None,
) -> SecretAccess:
    own = statement(Action="kms:*", Principal={"AWS": ROOT})
    key = document(own, *([of_key] if of_key is not None else []))
    policies = [{"PolicyName": "own", "PolicyDocument": document(of_role)}] if of_role else []
    service = {"Service": "lambda.amazonaws.com"}
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole"}

    def tags(values: dict[str, str] | None) -> list[dict[str, str]]:
        return [{"Key": name, "Value": value} for name, value in (values or {}).items()]

    def role(name: str, trusted: dict[str, Any], **more: Any) -> dict[str, Any]:
        trust_policy = document({**assume, **trusted})
        properties = {"RoleName": name, "AssumeRolePolicyDocument": trust_policy, **more}
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    template = {
        "Resources": {
            "Key": {
                "Type": "AWS::KMS::Key",
                "Properties": {"KeyPolicy": key, "Tags": tags(key_tags)},
            },
            "Alias": {
                "Type": "AWS::KMS::Alias",
                "Properties": {"AliasName": alias, "TargetKeyId": {"Ref": "Key"}},
            },
            "App": role("app", {"Principal": service}, Tags=tags(role_tags), Policies=policies),
            "Other": role("other", trust or {"Principal": service}),
        }
    }
    return SecretAccess.from_template(template, region=REGION, account=ACCOUNT)


BY_ALIAS = {"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/db"}}}
BY_TAG = {"Condition": {"StringEquals": {"aws:ResourceTag/Team": "orders"}}}
BY_TEAM = {"Condition": {"StringEquals": {"aws:PrincipalTag/Team": "orders"}}}
EVERYONE = {"Principal": {"AWS": "*"}}
OF_TEAM = {"Principal": {"AWS": ROOT}, **BY_TEAM}


@pytest.mark.parametrize(
    ("policies", "new", "old", "message"),
    [
        ({"of_role": statement(**BY_ALIAS)}, {}, {"alias": "alias/x"}, "kms:Decrypt.*the aliases"),
        (
            {"of_key": statement(**EVERYONE, **BY_ALIAS)},
            {},
            {"alias": "alias/x"},
            "key policy of Key .* may allow more, by the change of the aliases",
        ),
        (
            {"of_role": statement(**BY_TAG)},
            {"key_tags": {"Team": "orders"}},
            {},
            "App .* may be allowed kms:Decrypt on key/.* by the change of the tags of the key",
        ),
        (
            {"of_role": statement(**BY_TEAM)},
            {"role_tags": {"Team": "orders"}},
            {"role_tags": {"Team": "dev"}},
            "kms:Decrypt on key/.*, by the change of the tags of the principal",
        ),
        (
            {"trust": OF_TEAM},
            {"role_tags": {"Team": "orders"}},
            {},
            "role App .* may assume role Other .*, by the change of the tags of the principal",
        ),
    ],
)
def test_fails_on_a_change_that_adds_access(
    policies: dict[str, Any], new: dict[str, Any], old: dict[str, Any], message: str
) -> None:
    since = access(**policies, **old)
    with pytest.raises(AssertionError, match=message):
        access(**policies, **new).assert_no_new_access(since=since)


@pytest.mark.parametrize(
    ("policies", "new", "old"),
    [
        ({"of_role": statement()}, {}, {"alias": "alias/x"}),
        ({"of_role": statement(**BY_TAG)}, {"alias": "alias/x"}, {}),
        ({"of_role": statement(**BY_TAG)}, {}, {"key_tags": {"Team": "orders"}}),
        ({"of_role": statement(**BY_TEAM)}, {}, {"role_tags": {"Team": "orders"}}),
        ({"trust": OF_TEAM}, {"key_tags": {"Team": "orders"}}, {}),
    ],
)
def test_a_change_that_adds_no_access_is_proved(
    policies: dict[str, Any], new: dict[str, Any], old: dict[str, Any]
) -> None:
    access(**policies, **new).assert_no_new_access(since=access(**policies, **old))
