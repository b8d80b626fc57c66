"""AccessConditions: checked when made, and put on what is allowed of Secrets Manager alone."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from inspect import signature
from typing import Any

import pytest

from constructs_lib import AccessConditions, SecretAccessError, statements
from constructs_lib.access_conditions import check_vpc_endpoints
from constructs_lib.statements import Condition, Statement
from tests.core.test_statements import ONE, ORDERS, encrypted

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
INTENTS: dict[str, Callable[[AccessConditions | None], list[Statement]]] = {
    "read": lambda c: statements.read([*SCOPES, ORDERS], describe=True, batch=True, conditions=c),
    "read one stage": lambda c: statements.read(
        SCOPES, describe=True, version_stages=("AWSCURRENT",), conditions=c
    ),
    "write": lambda c: statements.write([*SCOPES, ORDERS], conditions=c),
    "describe": lambda c: statements.describe(SCOPES, list_all=True, conditions=c),
    "describe tagged": lambda c: statements.describe_tagged(ORDERS.tags, conditions=c),
    "administer": lambda c: statements.administer([*SCOPES, ORDERS], conditions=c),
    "administer by every option": lambda c: statements.administer(
        [*SCOPES, ORDERS],
        rotation_functions=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
        conditions=c,
    ),
    "create": lambda c: statements.create(SCOPES, conditions=c),
    "create tagged": lambda c: statements.create(
        SCOPES[1:], required_tags=ORDERS.tags, pin_key=True, conditions=c
    ),
    "rotate": lambda c: statements.rotate(SCOPES, superuser_scopes=[ORDERS], conditions=c),
    "match tags": lambda c: statements.match_tags(
        SCOPES, ("Project",), describe=True, write=True, create=True, conditions=c
    ),
}


def test_every_intent_but_a_deny_and_a_share_takes_conditions() -> None:
    intents = {name: getattr(statements, name) for name in statements.__all__ if name.islower()}
    takes = {name for name, f in intents.items() if "conditions" in signature(f).parameters}
    assert {*intents} - takes == {"deny", "share", "share_key"}
    assert takes <= {name.partition(" by ")[0].replace(" ", "_") for name in INTENTS}


@pytest.mark.parametrize("intent", INTENTS)
def test_every_condition_is_on_all_that_is_allowed_of_secrets_manager(intent: str) -> None:
    plain, limited = INTENTS[intent](None), INTENTS[intent](EVERY)
    assert len(plain) == len(limited)
    for before, after in zip(plain, limited, strict=True):
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
    (statement,) = statements.read([ONE], conditions=AccessConditions(**given))
    assert statement.conditions == expected


def test_tokens_are_taken() -> None:
    conditions = AccessConditions(vpc_endpoints=[TOKEN, f"vpce-0{TOKEN}"], organization_id=TOKEN)
    (statement,) = statements.read([ONE], conditions=conditions)
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
    with pytest.raises(SecretAccessError, match="^conditions has no condition in it"):
        AccessConditions()


@pytest.mark.parametrize("endpoints", [ENDPOINT, [], {ENDPOINT}, 7])
def test_fails_on_what_is_no_sequence_of_endpoints(endpoints: Any) -> None:
    with pytest.raises(SecretAccessError, match="^vpc_endpoints is .* or leave it out"):
        AccessConditions(vpc_endpoints=endpoints, mfa=True)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "vpc-0123456789abcdef0", "vpce-*", "vpce-0123456", "vpce-0123456789abcdef01"),
        *("${aws:SourceVpce}", f"{TOKEN}*", None),
    ],
)
def test_fails_on_an_endpoint_that_none_is(endpoint: Any) -> None:
    message = "^VPC endpoint is .*, such as vpce-0123456789abcdef0; .* compared exactly"
    with pytest.raises(SecretAccessError, match=message):
        AccessConditions(vpc_endpoints=[ENDPOINT, endpoint])


@pytest.mark.parametrize(
    "organization",
    ["", "o-*", "o-123456789", "o-" + "a" * 33, "111122223333", "O-A1B2C3D4E5", 7],
)
def test_fails_on_an_organization_that_none_is(organization: Any) -> None:
    message = "^organization id is .*, such as o-a1b2c3d4e5; .* compared exactly"
    with pytest.raises(SecretAccessError, match=message):
        AccessConditions(organization_id=organization)


def test_fails_on_mfa_that_is_no_bool() -> None:
    wrong: Any = "true"
    with pytest.raises(SecretAccessError, match="^mfa is 'true'"):
        AccessConditions(mfa=wrong)


@pytest.mark.parametrize("conditions", [{"mfa": True}, EVERY_CONDITION, True])
def test_fails_on_conditions_of_another_kind(conditions: Any) -> None:
    with pytest.raises(SecretAccessError, match="^conditions is .* an AccessConditions is allowed"):
        statements.read([ONE], conditions=conditions)
