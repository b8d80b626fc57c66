"""AccessConditions: checked when made, and put on what is allowed of Secrets Manager alone."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
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
    SecretAccessError,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.policy import intents
from constructs_lib.policy.access_conditions import check_vpc_endpoints
from constructs_lib.policy.intents import Intent
from constructs_lib.policy.statement import Condition
from tests.support.intents import ONE, ORDERS, encrypted

ENDPOINT, OTHER_ENDPOINT = "vpce-0123456789abcdef0", "vpce-1234a5678b9012c"
ORGANIZATION = "o-a1b2c3d4e5"
TOKEN = "${Token[Value.1]}"
EVERY = AccessConditions(
    vpc_endpoints=[ENDPOINT, OTHER_ENDPOINT, ENDPOINT], organization_id=ORGANIZATION, mfa=True
)
EVERY_CONDITION = (
    Condition("StringEquals", "aws:SourceVpce", (ENDPOINT, OTHER_ENDPOINT)),
    Condition("StringEquals", "aws:PrincipalOrgID", (ORGANIZATION,)),
    Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),
)
SCOPES = [ONE, encrypted("a", "k1")]
INTENTS: dict[str, Callable[[AccessConditions | None], Intent]] = {
    "read": lambda c: ReadSecrets([*SCOPES, ORDERS], describe=True, batch=True, conditions=c),
    "read one stage": lambda c: ReadSecrets(
        SCOPES, describe=True, version_stages=("AWSCURRENT",), conditions=c
    ),
    "write": lambda c: WriteSecrets([*SCOPES, ORDERS], conditions=c),
    "describe": lambda c: DescribeSecrets(SCOPES, list=True, conditions=c),
    "describe tagged": lambda c: DescribeTaggedSecrets(dict(ORDERS.tags), conditions=c),
    "administer": lambda c: AdministerSecrets([*SCOPES, ORDERS], conditions=c),
    "administer by every option": lambda c: AdministerSecrets(
        [*SCOPES, ORDERS],
        rotation_functions=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
        conditions=c,
    ),
    "create": lambda c: CreateSecrets(SCOPES, conditions=c),
    "create tagged": lambda c: CreateSecrets(
        SCOPES[1:], required_tags=dict(ORDERS.tags), pin_key=True, conditions=c
    ),
    "rotate": lambda c: RotateSecrets(SCOPES, superuser_secrets=[ORDERS], conditions=c),
    "match tags": lambda c: UseTagMatchedSecrets(
        secrets=SCOPES, tag_keys=("Project",), describe=True, write=True, create=True, conditions=c
    ),
}


def test_every_intent_but_a_deny_and_a_share_takes_conditions() -> None:
    public = [getattr(intents, name) for name in intents.__all__]
    concrete = {each for each in public if hasattr(each, "summary")}
    conditional = {each for each in concrete if issubclass(each, intents.AllowIntent)}
    assert concrete - conditional == {intents.DenySecrets, intents.ShareSecret}
    covered = {type(make(None)) for make in INTENTS.values()}
    assert conditional - covered == set()


@pytest.mark.parametrize("intent", INTENTS)
def test_every_condition_is_on_all_that_is_allowed_of_secrets_manager(intent: str) -> None:
    unconditional, limited = INTENTS[intent](None).statements(), INTENTS[intent](EVERY).statements()
    assert len(unconditional) == len(limited)
    for before, after in zip(unconditional, limited, strict=True):
        meant = before.effect == "Allow" and before.actions[0].startswith("secretsmanager:")
        assert after.conditions == before.conditions + (EVERY_CONDITION if meant else ())
        assert (after.sid, after.effect) == (before.sid, before.effect)
        assert (after.actions, after.resources) == (before.actions, before.resources)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"vpc_endpoints": (ENDPOINT, OTHER_ENDPOINT)}, EVERY_CONDITION[:1]),
        ({"organization_id": ORGANIZATION}, EVERY_CONDITION[1:2]),
        ({"mfa": True}, EVERY_CONDITION[2:]),
    ],
)
def test_each_condition_can_be_given_alone(
    given: dict[str, Any], expected: tuple[Condition, ...]
) -> None:
    (statement,) = ReadSecrets([ONE], conditions=AccessConditions(**given)).statements()
    assert statement.conditions == expected


def test_tokens_are_taken() -> None:
    conditions = AccessConditions(vpc_endpoints=[TOKEN, f"vpce-0{TOKEN}"], organization_id=TOKEN)
    (statement,) = ReadSecrets([ONE], conditions=conditions).statements()
    assert [condition.values for condition in statement.conditions] == [
        *((TOKEN, f"vpce-0{TOKEN}"), (TOKEN,)),
    ]


@pytest.mark.parametrize("digits", [8, 17])
def test_an_endpoint_is_told_by_8_to_17_digits(digits: int) -> None:
    endpoint = "vpce-" + "0" * digits
    assert AccessConditions(vpc_endpoints=[endpoint]).vpc_endpoints == (endpoint,)


@pytest.mark.parametrize("signs", [10, 32])
def test_an_organization_is_told_by_10_to_32_signs(signs: int) -> None:
    organization = "o-" + "a" * signs
    assert AccessConditions(organization_id=organization).organization_id == organization


def test_no_endpoints_are_none() -> None:
    assert check_vpc_endpoints(None, "except_vpc_endpoints") == ()


def test_they_do_not_change_once_made() -> None:
    endpoints = [ENDPOINT]
    conditions = AccessConditions(vpc_endpoints=endpoints)
    endpoints.clear()
    assert conditions.vpc_endpoints == (ENDPOINT,)
    with pytest.raises(FrozenInstanceError):
        conditions.mfa = True  # type: ignore[misc]
    assert conditions == AccessConditions(vpc_endpoints=[ENDPOINT])
    assert hash(conditions) == hash(AccessConditions(vpc_endpoints=[ENDPOINT]))


def test_they_are_given_by_name() -> None:
    unnamed: Any = AccessConditions
    with pytest.raises(TypeError):
        unnamed([ENDPOINT])


def test_fails_without_any_condition() -> None:
    with pytest.raises(SecretAccessError, match="^conditions must have at least one of"):
        AccessConditions()


@pytest.mark.parametrize("endpoints", [ENDPOINT, [], {ENDPOINT}, 7])
def test_fails_on_what_is_no_sequence_of_endpoints(endpoints: Any) -> None:
    with pytest.raises(SecretAccessError, match="^vpc_endpoints must be .* or omit it"):
        AccessConditions(vpc_endpoints=endpoints, mfa=True)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "vpc-0123456789abcdef0", "vpce-*", "vpce-0123456", "vpce-0123456789abcdef01"),
        *("${aws:SourceVpce}", f"{TOKEN}*", None),
    ],
)
def test_fails_on_an_endpoint_that_none_is(endpoint: Any) -> None:
    message = "^VPC endpoint must be of the form vpce-0123456789abcdef0, got .* compares it exactly"
    with pytest.raises(SecretAccessError, match=message):
        AccessConditions(vpc_endpoints=[ENDPOINT, endpoint])


@pytest.mark.parametrize(
    "organization",
    ["", "o-*", "o-123456789", "o-" + "a" * 33, "111122223333", "O-A1B2C3D4E5", 7],
)
def test_fails_on_an_organization_that_none_is(organization: Any) -> None:
    message = "^organization id must be of the form o-a1b2c3d4e5, got .* compares it exactly"
    with pytest.raises(SecretAccessError, match=message):
        AccessConditions(organization_id=organization)


def test_fails_on_mfa_that_is_no_bool() -> None:
    wrong: Any = "true"
    with pytest.raises(SecretAccessError, match="^mfa must be True or False, got 'true'"):
        AccessConditions(mfa=wrong)


@pytest.mark.parametrize("conditions", [{"mfa": True}, EVERY_CONDITION, True])
def test_fails_on_conditions_of_another_kind(conditions: Any) -> None:
    with pytest.raises(SecretAccessError, match="^conditions must be an AccessConditions, got "):
        ReadSecrets([ONE], conditions=conditions).statements()
