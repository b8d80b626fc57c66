"""What a creator with required tags or a pinned key is allowed: see test_intents_proof.py."""

from typing import Any

import pytest

from constructs_lib.policy.intents import CreateSecrets
from constructs_lib.proof import Policies, never_allowed, no_new_access
from tests.support.intent_proofs import (
    BY_NAME,
    HERE,
    KEY,
    MATCHED,
    OTHER_KEY,
    RECREATED,
    TARGET,
    on_secrets,
    policies,
    table,
)

TAGS = {"Project": ["orders", "billing"], "Stage": "prod"}
KEY_ARN, KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"
LISTS = on_secrets(["ListSecrets"], HERE)


def request(**tags: str) -> dict[str, Any]:
    context: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**context, "aws:TagKeys": list(tags)} if tags else {}


def secret(**tags: str) -> dict[str, Any]:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


REQUIRED = request(Project="orders", Stage="prod")
# The context, and whether creating, and tagging, is allowed.
ROWS: list[tuple[dict[str, Any], bool, bool]] = [
    (REQUIRED, True, True),
    (request(Project="billing", Stage="prod"), True, True),
    ({**REQUIRED, **secret(Project="orders", Stage="prod")}, True, True),
    ({**REQUIRED, **secret(Owner="me")}, True, True),
    # A secret with other values of the tags keeps them.
    ({**REQUIRED, **secret(Project="payroll", Stage="prod")}, True, False),
    ({**REQUIRED, **secret(Stage="dev")}, True, False),
    ({}, False, False),
    (request(Project="orders"), False, False),
    (request(Project="payroll", Stage="prod"), False, False),
    (request(Project="Orders", Stage="prod"), False, False),
    (request(Project="orders", Stage="prod", Owner="me"), False, False),
    ({**REQUIRED, "aws:TagKeys": ["Project", "Stage", "Owner"]}, False, False),
    (secret(Project="orders", Stage="prod"), False, False),
]


@pytest.mark.parametrize(("context", "creates", "tags"), ROWS)
def test_required_tags(context: dict[str, Any], creates: bool, tags: bool) -> None:
    for scope in ("name", "prefix"):
        secrets, matched = MATCHED[scope]
        rules = policies(CreateSecrets([secrets], required_tags=TAGS).statements())
        names = ["CreateSecret"] * creates + ["TagResource"] * tags
        assert table(rules, context) == on_secrets(names, matched) | LISTS


@pytest.mark.parametrize(
    ("context", "creates"),
    [
        ({KEY_ARN: KEY}, True),
        ({KEY_ARN: KEY, KEY_ID: "k1"}, True),
        ({KEY_ARN: OTHER_KEY}, False),
        ({KEY_ID: KEY}, False),
        ({KEY_ARN: ""}, False),
        ({}, False),
    ],
)
def test_a_pinned_key(context: dict[str, Any], creates: bool) -> None:
    created = on_secrets(["CreateSecret"] * creates, {TARGET, RECREATED})
    assert (
        table(policies(CreateSecrets([BY_NAME], pin_key=True).statements()), context)
        == created | LISTS
    )


def test_both_only_take_away_from_what_may_be_created() -> None:
    default = policies(CreateSecrets([BY_NAME]).statements())
    pinned = policies(CreateSecrets([BY_NAME], pin_key=True).statements())
    tagged = CreateSecrets([BY_NAME], required_tags=TAGS, pin_key=True).statements()
    only_create = policies(each for each in tagged if each.sid != "TagNewSecret")
    assert no_new_access(new=pinned, old=default).proved
    assert no_new_access(new=only_create, old=pinned).proved
    assert no_new_access(new=default, old=pinned).refuted


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("CreateSecret", {"StringEquals": {"aws:RequestTag/Project": ["orders", "billing"]}}),
        ("CreateSecret", {"StringEquals": {"aws:RequestTag/Stage": "prod"}}),
        ("CreateSecret", {"ForAllValues:StringEquals": {"aws:TagKeys": ["Project", "Stage"]}}),
        ("CreateSecret", {"StringEquals": {KEY_ARN: KEY}}),
        ("TagResource", {"StringEquals": {"aws:RequestTag/Project": ["orders", "billing"]}}),
        ("TagResource", {"StringEquals": {"aws:RequestTag/Stage": "prod"}}),
        ("TagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["Project", "Stage"]}}),
    ],
)
def test_no_other_request_is_allowed(action: str, told: dict[str, Any]) -> None:
    asked = [f"secretsmanager:{action}"]
    found = CreateSecrets([BY_NAME], required_tags=TAGS, pin_key=True).statements()
    (document,) = policies(found).identity
    deny = {"Effect": "Deny", "Action": asked, "Resource": "*", "Condition": told}
    rest = Policies([document, {"Version": "2012-10-17", "Statement": [deny]}])
    assert never_allowed(rest, asked, ["*"]).proved
    assert never_allowed(policies(found), ["secretsmanager:UntagResource"], ["*"]).proved
