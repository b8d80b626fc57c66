"""What each level of a deny takes away, from whom, and nothing else."""

from typing import Any

import pytest

from constructs_lib import DenyLevel, DenySecrets, SecretScope
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, Request, evaluate, never_allowed, no_new_access
from tests.support.intent_proofs import (
    BASE,
    BY_NAME,
    BY_TAGS,
    DENIED,
    EVERYTHING,
    HERE,
    HOME,
    KEY,
    KEY_ARN,
    KEY_ID,
    MATCHED,
    OTHER_KEY,
    RECREATED,
    REGION,
    ROLE,
    TAGS_THAT_DO_NOT,
    TAGS_THAT_MATCH,
    TARGET,
    on_secrets,
    policies,
    table,
)

WITHOUT_KEY = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME)


def denied(found: list[Statement], context: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    """Return what these statements take away from one who is allowed everything."""
    before, after = policies([EVERYTHING]), policies([EVERYTHING, *found])
    assert table(after, context) <= table(before, context)
    return table(before, context) - table(after, context)


@pytest.mark.parametrize("scope", MATCHED)
@pytest.mark.parametrize("level", DenyLevel)
def test_each_level_takes_away_its_actions_and_nothing_else(level: DenyLevel, scope: str) -> None:
    secrets, matched = MATCHED[scope]
    matched = matched & HERE
    assert denied(DenySecrets([secrets], level=level).statements()) == on_secrets(
        DENIED[level], matched
    )


@pytest.mark.parametrize("level", DenyLevel)
def test_each_level_holds_for_secrets_by_their_tags(level: DenyLevel) -> None:
    found = DenySecrets([BY_TAGS], level=level).statements()
    here = {secret for secret in HERE if secret.startswith(BASE)}
    for context in TAGS_THAT_MATCH:
        assert denied(found, context) == on_secrets(DENIED[level], here)
    for context in TAGS_THAT_DO_NOT:
        assert denied(found, context) == set()


# What a request of UpdateSecret tells of a key, and whether it keeps the secret under KEY.
KEYS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({KEY_ARN: KEY}, True),
    ({KEY_ARN: KEY, KEY_ID: KEY}, True),
    ({KEY_ID: KEY}, True),
    ({KEY_ARN: OTHER_KEY}, False),
    ({KEY_ARN: OTHER_KEY, KEY_ID: OTHER_KEY}, False),
    ({KEY_ARN: OTHER_KEY, KEY_ID: KEY}, False),
    ({KEY_ARN: KEY, KEY_ID: "alias/own"}, False),
    ({KEY_ID: "alias/aws/secretsmanager"}, False),
    ({KEY_ID: "k2"}, False),
    ({KEY_ID: ""}, False),
    ({KEY_ARN: ""}, False),
]


@pytest.mark.parametrize("level", [DenyLevel.VALUE, DenyLevel.METADATA])
@pytest.mark.parametrize(("context", "keeps"), KEYS)
def test_a_move_to_another_key_is_denied(
    level: DenyLevel, context: dict[str, Any], keeps: bool
) -> None:
    update = on_secrets(["UpdateSecret"], {TARGET, RECREATED})
    always = on_secrets(DENIED[level], {TARGET, RECREATED})
    with_key, without = (DenySecrets([s], level=level).statements() for s in (BY_NAME, WITHOUT_KEY))
    assert denied(with_key, context) == (always if keeps else always | update)
    assert denied(without, context) == (always | update if context else always)


def test_no_request_at_all_moves_a_secret_to_another_key() -> None:
    update = "secretsmanager:UpdateSecret"
    for scope, kept in ((BY_NAME, KEY), (WITHOUT_KEY, None)):
        rules = policies([EVERYTHING, *DenySecrets([scope], level=DenyLevel.VALUE).statements()])
        for key in (KEY_ARN, KEY_ID):
            # All that names this key, and is not of the secret's own, is denied.
            others: dict[str, Any] = {"Null": {key: "true"}}
            same: dict[str, Any] = {"StringEquals": {key: kept or ""}}
            spared = [others, same] if kept else [others]
            assert never_allowed(without(rules, update, *spared), [update], [TARGET]).proved
        assert never_allowed(rules, [update], [TARGET]).refuted  # those that name none


def without(rules: Policies, action: str, *conditions: dict[str, Any]) -> Policies:
    denies = [
        {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
        for condition in conditions
    ]
    return Policies([*rules.identity, {"Version": "2012-10-17", "Statement": denies}])


@pytest.mark.parametrize("level", DenyLevel)
def test_no_request_at_all_gets_through_a_level(level: DenyLevel) -> None:
    before = policies([EVERYTHING])
    after = policies([EVERYTHING, *DenySecrets([BY_NAME], level=level).statements()])
    actions = [f"secretsmanager:{name}" for name in DENIED[level]]
    assert never_allowed(after, actions, [BY_NAME.arn.replace("${AWS::Partition}", "aws")]).proved
    assert no_new_access(new=after, old=before).proved


def test_each_level_denies_what_the_one_below_denies_except_to_describe() -> None:
    def rules(level: DenyLevel) -> Policies:
        return policies([EVERYTHING, *DenySecrets([BY_NAME], level=level).statements()])

    article, value, metadata, everything = map(rules, DenyLevel)
    assert no_new_access(new=everything, old=metadata).proved
    assert no_new_access(new=metadata, old=value).proved
    assert no_new_access(new=metadata, old=article).proved
    assert no_new_access(new=value, old=article).refuted  # an auditor may describe
    describe = {"Effect": "Deny", "Action": "secretsmanager:DescribeSecret", "Resource": "*"}
    rest = Policies([*value.identity, {"Version": "2012-10-17", "Statement": [describe]}])
    assert no_new_access(new=rest, old=article).proved


def test_writing_and_describing_stay_open_below_all() -> None:
    rules = table(
        policies([EVERYTHING, *DenySecrets([BY_NAME], level=DenyLevel.VALUE).statements()])
    )
    stays = ("DescribeSecret", "PutSecretValue", "UpdateSecret", "DeleteSecret", "ListSecrets")
    assert on_secrets(stays, {TARGET}) <= rules


def test_nothing_is_said_of_a_batch_or_a_list() -> None:
    """On an ARN it would be a silent no-op, on `*` it would be about every secret."""
    for level in DenyLevel:
        rules = policies([EVERYTHING, *DenySecrets([BY_NAME], level=level).statements()])
        for name in ("BatchGetSecretValue", "ListSecrets", "GetRandomPassword"):
            assert evaluate(Request(ROLE, f"secretsmanager:{name}", "*"), rules).allowed


# --- exceptions ------------------------------------------------------------------------------

EXCEPTED, OTHER = f"arn:aws:iam::{HOME}:role/break/glass", f"arn:aws:iam::{HOME}:role/glass"
ALICE, BOB = f"arn:aws:iam::{HOME}:user/alice", f"arn:aws:iam::{HOME}:user/bob"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/glass/me"
ENDPOINT, OTHER_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0123456789abcdef1"
VPCE = "aws:SourceVpce"


@pytest.mark.parametrize("level", DenyLevel)
@pytest.mark.parametrize(
    ("principal", "context", "spared"),
    [
        (EXCEPTED, {}, True),
        (ALICE, {}, True),
        # AWS tells the role's ARN of a session.
        (SESSION, {"aws:PrincipalArn": EXCEPTED}, True),
        (SESSION, {"aws:PrincipalArn": OTHER}, False),
        (OTHER, {}, False),
        (BOB, {}, False),
        (BOB, {VPCE: ENDPOINT}, True),
        (EXCEPTED, {VPCE: OTHER_ENDPOINT}, True),
        (EXCEPTED, {VPCE: ENDPOINT}, True),
        (BOB, {VPCE: OTHER_ENDPOINT}, False),
        (BOB, {"aws:PrincipalArn": ALICE.replace("alice", "Alice")}, False),
    ],
)
def test_whoever_is_excepted_or_comes_through_the_endpoint_is_not_denied(
    level: DenyLevel, principal: str, context: dict[str, Any], spared: bool
) -> None:
    found = DenySecrets(
        [BY_NAME],
        level=level,
        except_principals=(EXCEPTED, ALICE),
        except_vpc_endpoints=(ENDPOINT,),
    ).statements()
    rules = policies([EVERYTHING, *found])
    for name in DENIED[level]:
        request = Request(principal, f"secretsmanager:{name}", TARGET, context)
        assert evaluate(request, rules).allowed == spared
    if level in (DenyLevel.VALUE, DenyLevel.METADATA):
        moving = {**context, KEY_ARN: OTHER_KEY}
        request = Request(principal, "secretsmanager:UpdateSecret", TARGET, moving)
        assert evaluate(request, rules).allowed == spared


def test_exceptions_are_a_union_and_lift_nothing_else() -> None:
    get = ["secretsmanager:GetSecretValue"]

    def rules(**excepting: tuple[str, ...]) -> Policies:
        return policies([EVERYTHING, *DenySecrets([BY_NAME], **excepting).statements()])  # type: ignore[arg-type]

    both = rules(except_principals=(EXCEPTED,), except_vpc_endpoints=(ENDPOINT,))
    principals, endpoints = (
        rules(except_principals=(EXCEPTED,)),
        rules(except_vpc_endpoints=(ENDPOINT,)),
    )
    assert no_new_access(new=principals, old=both).proved
    assert no_new_access(new=endpoints, old=both).proved
    # Without those two, nothing is left.
    of_one: dict[str, Any] = {"ArnEquals": {"aws:PrincipalArn": EXCEPTED}}
    through_one: dict[str, Any] = {"StringEquals": {VPCE: ENDPOINT}}
    rest = without(both, get[0], of_one, through_one)
    assert never_allowed(rest, get, [TARGET]).proved
    assert never_allowed(without(both, get[0], of_one), get, [TARGET]).refuted
    assert never_allowed(without(both, get[0], through_one), get, [TARGET]).refuted
