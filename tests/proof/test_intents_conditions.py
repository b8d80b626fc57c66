"""Conditions on a whole intent: without them nothing of Secrets Manager is allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib import AccessConditions, statements
from constructs_lib.proof import Policies, never_allowed, no_new_access
from constructs_lib.statements import Statement
from tests.proof.test_intents import (
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
    "read": lambda c: statements.read([BY_NAME], describe=True, batch=True, conditions=c),
    "write": lambda c: statements.write([BY_NAME], conditions=c),
    "describe": lambda c: statements.describe([BY_NAME], list_all=True, conditions=c),
    "administer": lambda c: statements.administer([BY_NAME], conditions=c),
    "rotate": lambda c: statements.rotate([BY_NAME], superuser_scopes=[BY_NAME], conditions=c),
    "administer by every option": lambda c: statements.administer(
        [BY_NAME],
        rotation_functions=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
        conditions=c,
    ),
    "create": lambda c: statements.create([BY_NAME], conditions=c),
    "create tagged": lambda c: statements.create(
        [BY_NAME], required_tags=(("Project", ("orders",)),), pin_key=True, conditions=c
    ),
    "match tags": lambda c: statements.match_tags([BY_NAME], ("Project",), conditions=c),
    "match tags by every option": lambda c: statements.match_tags(
        [BY_NAME], ("Project",), describe=True, write=True, create=True, conditions=c
    ),
    "describe tagged": lambda c: statements.describe_tagged(BY_TAGS.tags, conditions=c),
}


@pytest.mark.parametrize("intent", INTENTS)
def test_all_of_the_conditions_must_be_met(intent: str) -> None:
    plain, limited = (policies(INTENTS[intent](limits)) for limits in (None, LIMITS))
    assert table(limited, {**MET, **TAGS}) == table(plain, TAGS) != set()
    for context in NOT_MET:
        assert table(limited, {**context, **TAGS}) == set(), context


@pytest.mark.parametrize("intent", INTENTS)
def test_no_request_from_elsewhere_is_allowed(intent: str) -> None:
    plain, limited = (policies(INTENTS[intent](limits)) for limits in (None, LIMITS))
    assert no_new_access(new=limited, old=plain).proved
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
    found = statements.read([BY_NAME], conditions=LIMITS)
    rules = policies(found, resource=KEY_POLICY)
    assert allowed(rules, "kms:Decrypt", KEY, {VIA: SERVICE, ARN: TARGET})
