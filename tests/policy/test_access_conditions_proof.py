"""Conditions on a whole intent: without them nothing of Secrets Manager is allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib import (
    AccessConditions,
    AdministerSecrets,
    CreateSecrets,
    DescribeSecrets,
    DescribeTaggedSecrets,
    ReadSecrets,
    RotateSecrets,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, never_allowed, no_new_access
from tests.support.intent_proofs import (
    ARN,
    BY_NAME,
    BY_TAGS,
    KEY,
    KEY_POLICY,
    SERVICE,
    TAGS_THAT_MATCH,
    TARGET,
    VIA,
    allowed,
    policies,
    table,
)

ENDPOINTS = ("vpce-0123456789abcdef0", "vpce-0123456789abcdef1")
LIMITS = AccessConditions(vpc_endpoints=ENDPOINTS, organization_id="o-a1b2c3d4e5", mfa=True)
MET: dict[str, Any] = {
    "aws:SourceVpce": ENDPOINTS[1],
    "aws:PrincipalOrgID": "o-a1b2c3d4e5",
    "aws:MultiFactorAuthPresent": "true",
}
TAGS = {**TAGS_THAT_MATCH[0], "aws:PrincipalTag/Project": "orders"}
NOT_MET: list[dict[str, Any]] = [
    {},
    *({key: value for key, value in MET.items() if key != left_out} for left_out in MET),
    {**MET, "aws:SourceVpce": "vpce-0123456789abcdef2"},
    {**MET, "aws:PrincipalOrgID": "o-b1b2c3d4e5"},
    {**MET, "aws:MultiFactorAuthPresent": "false"},
]
INTENTS: dict[str, Callable[[AccessConditions | None], list[Statement]]] = {
    "read": lambda c: ReadSecrets([BY_NAME], describe=True, batch=True, conditions=c).statements(),
    "write": lambda c: WriteSecrets([BY_NAME], conditions=c).statements(),
    "describe": lambda c: DescribeSecrets([BY_NAME], list=True, conditions=c).statements(),
    "administer": lambda c: AdministerSecrets([BY_NAME], conditions=c).statements(),
    "rotate": lambda c: RotateSecrets(
        [BY_NAME], superuser_secrets=[BY_NAME], conditions=c
    ).statements(),
    "administer by every option": lambda c: AdministerSecrets(
        [BY_NAME],
        rotation_functions=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
        conditions=c,
    ).statements(),
    "create": lambda c: CreateSecrets([BY_NAME], conditions=c).statements(),
    "create tagged": lambda c: CreateSecrets(
        [BY_NAME], required_tags={"Project": "orders"}, pin_key=True, conditions=c
    ).statements(),
    "match tags": lambda c: UseTagMatchedSecrets(
        secrets=[BY_NAME], tag_keys=("Project",), conditions=c
    ).statements(),
    "match tags by every option": lambda c: UseTagMatchedSecrets(
        secrets=[BY_NAME],
        tag_keys=("Project",),
        describe=True,
        write=True,
        create=True,
        conditions=c,
    ).statements(),
    "describe tagged": lambda c: DescribeTaggedSecrets(
        dict(BY_TAGS.tags), conditions=c
    ).statements(),
}


@pytest.mark.parametrize("intent", INTENTS)
def test_all_of_the_conditions_must_be_met(intent: str) -> None:
    unconditional, limited = (policies(INTENTS[intent](limits)) for limits in (None, LIMITS))
    assert table(limited, {**MET, **TAGS}) == table(unconditional, TAGS) != set()
    for context in NOT_MET:
        assert table(limited, {**context, **TAGS}) == set(), context


@pytest.mark.parametrize("intent", INTENTS)
def test_no_request_from_elsewhere_is_allowed(intent: str) -> None:
    unconditional, limited = (policies(INTENTS[intent](limits)) for limits in (None, LIMITS))
    assert no_new_access(new=limited, old=unconditional).proved
    for operator, key, value in [
        ("StringEquals", "aws:SourceVpce", list(ENDPOINTS)),
        ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ]:
        met = {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {operator: {key: value}},
        }
        rest = Policies([*limited.identity, {"Version": "2012-10-17", "Statement": [met]}])
        assert never_allowed(rest, ["secretsmanager:*"], ["*"]).proved, key


def test_the_key_is_used_by_the_service_which_comes_from_elsewhere() -> None:
    found = ReadSecrets([BY_NAME], conditions=LIMITS).statements()
    rules = policies(found, resource=KEY_POLICY)
    assert allowed(rules, "kms:Decrypt", KEY, {VIA: SERVICE, ARN: TARGET})
