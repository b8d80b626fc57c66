"""What tag-matched access allows, and the tags that it keeps: test_intents_proof.py, continued."""

import itertools
from typing import Any

import pytest

from constructs_lib import ReadSecrets, SecretScope, UseTagMatchedSecrets
from constructs_lib.policy.secret_scope import every_secret
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, Request, evaluate, never_allowed, no_new_access
from tests.support.intent_proofs import (
    ACTIONS,
    ARN,
    BASE,
    BY_NAME,
    HOME,
    KEY,
    KEY_POLICY,
    MATCHED,
    RECREATED,
    REGION,
    ROLE,
    SECRETS,
    SERVICE,
    TARGET,
    VIA,
    allowed,
    on_secrets,
    policies,
    table,
)

KEY_ARN, KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"
OWN, PRINCIPAL, SECRET = (
    "${aws:PrincipalTag/Project}",
    "aws:PrincipalTag/Project",
    "secretsmanager:ResourceTag/Project",
)
EVERYTHING = Statement("All", "Allow", ("secretsmanager:*",), ("*",))
KEYS = ("Project",)
EVERY = every_secret(region=REGION, account=HOME)
IN_REGION = {secret for secret in SECRETS if secret.startswith(BASE)}
# Every combination of flags, and what they allow on a secret whose tag is the principal's.
FLAGS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ("GetSecretValue",)),
    ({"describe": True}, ("GetSecretValue", "DescribeSecret")),
    ({"read": False, "describe": True}, ("DescribeSecret",)),
    (
        {"read": False, "write": True},
        ("PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret"),
    ),
    (
        {"describe": True, "write": True},
        (
            *("GetSecretValue", "DescribeSecret"),
            *("PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret"),
        ),
    ),
]
# The principal's value of the tag, and the secret's.
TAGS = (None, "", "orders", "billing", "Orders")
PAIRS = list(itertools.product(TAGS, TAGS))


def context(principal: str | None, secret: str | None) -> dict[str, Any]:
    both = {PRINCIPAL: principal, SECRET: secret}
    return {key: value for key, value in both.items() if value is not None}


@pytest.mark.parametrize(("principal", "secret"), PAIRS)
@pytest.mark.parametrize(("flags", "names"), FLAGS)
def test_only_a_secret_of_the_principals_own_value_is_used(
    flags: dict[str, Any], names: tuple[str, ...], principal: str | None, secret: str | None
) -> None:
    rules = policies(UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, **flags).statements())
    equal = principal == secret and bool(principal)
    expected = on_secrets(names, IN_REGION) if equal else set()
    assert table(rules, context(principal, secret)) == expected


@pytest.mark.parametrize("scope", MATCHED)
def test_secrets_narrow_it(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    rules = policies(UseTagMatchedSecrets(secrets=[secrets], tag_keys=KEYS).statements())
    assert table(rules, context("orders", "orders")) == on_secrets(["GetSecretValue"], matched)
    assert table(rules, context("orders", "billing")) == set()


def test_all_of_several_tags_must_be_equal() -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[EVERY], tag_keys=("Project", "Stage")).statements()
    )
    own = {PRINCIPAL: "orders", "aws:PrincipalTag/Stage": "prod"}
    same = {SECRET: "orders", "secretsmanager:ResourceTag/Stage": "prod"}
    assert table(rules, {**own, **same}) == on_secrets(["GetSecretValue"], IN_REGION)
    for key in (*own, *same):
        for value in (None, "", "other"):
            changed = {**own, **same, key: value}
            told = {name: each for name, each in changed.items() if each is not None}
            assert table(rules, told) == set(), told


def test_a_key_by_another_case_is_the_same_tag_to_iam() -> None:
    rules = policies(UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS).statements())
    told = {"aws:PrincipalTag/project": "orders", "aws:ResourceTag/PROJECT": "orders"}
    assert table(rules, told) == on_secrets(["GetSecretValue"], IN_REGION)


@pytest.mark.parametrize(
    ("told", "keeps"),
    [
        ({}, True),
        ({KEY_ARN: KEY}, True),
        ({KEY_ARN: KEY, KEY_ID: KEY}, True),
        ({KEY_ARN: KEY.replace("k1", "k2")}, False),
        ({KEY_ID: ""}, False),
    ],
)
def test_a_matched_secret_keeps_its_key(told: dict[str, Any], keeps: bool) -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[BY_NAME], tag_keys=KEYS, write=True).statements()
    )
    request = {**context("orders", "orders"), **told}
    assert allowed(rules, "secretsmanager:UpdateSecret", TARGET, request) == keeps
    assert not allowed(
        rules, "secretsmanager:UpdateSecret", TARGET, {**told, **context("orders", "billing")}
    )


@pytest.mark.parametrize("flags", [{}, {"write": True}, {"read": False, "create": True}])
def test_the_key_is_for_these_secrets_through_the_service(flags: dict[str, Any]) -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[BY_NAME], tag_keys=KEYS, **flags).statements(),
        resource=KEY_POLICY,
    )
    usable = {"kms:Decrypt", "kms:GenerateDataKey"} if flags else {"kms:Decrypt"}
    for action in (each for each in ACTIONS if each.startswith("kms:")):
        for secret in SECRETS:
            fits = secret in (TARGET, RECREATED) and action in usable
            assert allowed(rules, action, KEY, {VIA: SERVICE, ARN: secret}) == fits
        assert not allowed(rules, action, KEY, {})


# --- the tags are kept -----------------------------------------------------------------------

TAG, UNTAG, CREATE = (
    f"secretsmanager:{name}" for name in ("TagResource", "UntagResource", "CreateSecret")
)


def request(**tags: str) -> dict[str, Any]:
    told: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**told, "aws:TagKeys": list(tags)}


# The tags of a request, and whether they touch the tag that decides.
REQUESTS: list[tuple[dict[str, Any], bool]] = [
    (request(Project="orders"), True),
    (request(Project="billing"), True),
    (request(Project=""), True),
    (request(project="orders"), True),
    (request(PROJECT="billing"), True),
    (request(Project="orders", Owner="me"), True),
    ({**request(Project="orders"), "aws:TagKeys": ["Project", "project"]}, True),
    (request(Owner="me"), False),
    (request(Projects="orders"), False),
    ({}, False),
]


@pytest.mark.parametrize(("principal", "secret"), PAIRS)
def test_nobody_changes_the_tag_whatever_else_allows_it(
    principal: str | None, secret: str | None
) -> None:
    rules = policies(
        [EVERYTHING, *UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, write=True).statements()]
    )
    for told, touches in REQUESTS:
        for action in (TAG, UNTAG):
            asked = {**context(principal, secret), **told}
            assert allowed(rules, action, TARGET, asked) == (not touches), asked


@pytest.mark.parametrize(("principal", "secret"), PAIRS)
def test_who_may_create_sets_just_the_own_value_where_there_is_no_other(
    principal: str | None, secret: str | None
) -> None:
    rules = policies(
        [
            EVERYTHING,
            *UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, create=True).statements(),
        ]
    )
    for told, touches in REQUESTS:
        asked = {**context(principal, secret), **told}
        own = told == request(Project=principal or "") and bool(principal)
        free = secret in (None, principal)
        assert allowed(rules, TAG, TARGET, asked) == (not touches or (own and free)), asked
        assert allowed(rules, UNTAG, TARGET, asked) == (not touches), asked


@pytest.mark.parametrize("principal", TAGS)
def test_what_is_created_has_the_own_value_and_no_other_tag(principal: str | None) -> None:
    found = UseTagMatchedSecrets(
        secrets=[EVERY], tag_keys=KEYS, read=False, create=True
    ).statements()
    for told, _ in REQUESTS:
        asked = {**context(principal, None), **told}
        own = told == request(Project=principal or "") and bool(principal)
        names = ["CreateSecret", "TagResource"] if own else []
        assert table(policies(found), asked) == on_secrets(names, IN_REGION), asked


def test_a_half_of_the_tags_creates_nothing() -> None:
    rules = policies(
        UseTagMatchedSecrets(
            secrets=[EVERY], tag_keys=("Project", "Stage"), create=True
        ).statements()
    )
    own = {PRINCIPAL: "orders", "aws:PrincipalTag/Stage": "prod"}
    whole = {**own, **request(Project="orders", Stage="prod")}
    assert allowed(rules, CREATE, TARGET, whole)
    assert allowed(rules, TAG, TARGET, whole)
    for half in (request(Project="orders"), request(Stage="prod")):
        assert not allowed(rules, CREATE, TARGET, {**own, **half})
        assert not allowed(rules, TAG, TARGET, {**own, **half})
    for taken in ({SECRET: "billing"}, {"secretsmanager:ResourceTag/Stage": "dev"}):
        assert not allowed(rules, TAG, TARGET, {**whole, **taken})


def test_a_tag_of_another_scope_is_left_alone() -> None:
    rules = policies(
        [
            EVERYTHING,
            *UseTagMatchedSecrets(secrets=[BY_NAME], tag_keys=KEYS, create=True).statements(),
        ]
    )
    other = TARGET.replace("prod/db", "dev/db")
    assert allowed(rules, TAG, other, request(Project="billing"))
    assert allowed(rules, UNTAG, other, request(Project="billing"))


# --- every request ---------------------------------------------------------------------------


def without(rules: Policies, *conditions: dict[str, Any]) -> Policies:
    denies = [
        {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*", "Condition": condition}
        for condition in conditions
    ]
    return Policies([*rules.identity, {"Version": "2012-10-17", "Statement": denies}])


EVERY_FLAG: dict[str, Any] = {"describe": True, "write": True, "create": True}
TAGGED: dict[str, Any] = {"Null": {PRINCIPAL: "false"}}
NOT_EMPTY: dict[str, Any] = {"StringLike": {PRINCIPAL: "?*"}}
EQUAL: dict[str, Any] = {"StringEquals": {SECRET: OWN}}


def test_no_request_of_an_untagged_principal_is_allowed() -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, **EVERY_FLAG).statements()
    )
    for condition in (TAGGED, NOT_EMPTY):
        assert never_allowed(without(rules, condition), ["secretsmanager:*"], ["*"]).proved


def test_no_request_on_another_secret_is_allowed() -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, describe=True, write=True).statements()
    )
    assert never_allowed(without(rules, EQUAL), ["secretsmanager:*"], ["*"]).proved
    assert never_allowed(rules, ["secretsmanager:GetSecretValue"], ["*"]).refuted


def test_no_request_with_other_tags_creates() -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, **EVERY_FLAG).statements()
    )
    requested: dict[str, Any] = {"StringEquals": {"aws:RequestTag/Project": OWN}}
    alone: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": "Project"}}
    for condition in (requested, alone):
        assert never_allowed(without(rules, condition), [CREATE, TAG], ["*"]).proved


def test_nothing_beyond_the_table_is_allowed_by_any_request() -> None:
    rules = policies(
        UseTagMatchedSecrets(secrets=[BY_NAME], tag_keys=KEYS, **EVERY_FLAG).statements()
    )
    names = (
        *("GetSecretValue", "DescribeSecret", "PutSecretValue", "UpdateSecretVersionStage"),
        *("UpdateSecret", "CreateSecret", "TagResource"),
    )
    secret_actions = {each for each in ACTIONS if each.startswith("secretsmanager:")}
    others = secret_actions - {f"secretsmanager:{name}" for name in names}
    assert never_allowed(rules, sorted(others), ["*"]).proved
    elsewhere = SecretScope.from_secret_name("other", region=REGION, account=HOME)
    assert never_allowed(
        rules, ["secretsmanager:*"], [elsewhere.arn.replace("${AWS::Partition}", "aws")]
    ).proved


TOUCHED: dict[str, Any] = {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "Project"}}
# Whoever may do so to any secret.
TAGGER: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": [TAG, UNTAG], "Resource": "*", "Condition": TOUCHED}
]


def tagger(**flags: Any) -> Policies:
    document = {"Version": "2012-10-17", "Statement": TAGGER}
    own = policies(UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS, **flags).statements())
    return Policies([document, *own.identity])


def test_no_request_at_all_changes_the_tag() -> None:
    assert never_allowed(tagger(), [TAG, UNTAG], [f"{BASE}*"]).proved


@pytest.mark.parametrize(
    "condition",
    [
        TAGGED,
        NOT_EMPTY,
        {"StringEquals": {"aws:RequestTag/Project": OWN}},
        {"StringEqualsIfExists": {SECRET: OWN}},
    ],
)
def test_who_may_create_gets_through_as_said_and_not_otherwise(condition: dict[str, Any]) -> None:
    rules = tagger(create=True)
    assert never_allowed(without(rules, condition), [TAG], [f"{BASE}*"]).proved
    assert never_allowed(rules, [UNTAG], [f"{BASE}*"]).proved


def test_the_deny_takes_no_other_tagging_away() -> None:
    """It is this Deny, by hand, and no more."""
    deny = {"Effect": "Deny", "Action": [TAG, UNTAG], "Resource": f"{BASE}*", "Condition": TOUCHED}
    by_hand = Policies(
        [*policies([EVERYTHING]).identity, {"Version": "2012-10-17", "Statement": [deny]}]
    )
    found = UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS).statements()
    kept = policies([EVERYTHING, *(each for each in found if each.effect == "Deny")])
    assert no_new_access(new=by_hand, old=kept).proved
    assert no_new_access(new=kept, old=by_hand).proved


def test_the_default_reads_no_more_than_a_reader() -> None:
    matched = policies(UseTagMatchedSecrets(secrets=[BY_NAME], tag_keys=KEYS).statements())
    assert no_new_access(new=matched, old=policies(ReadSecrets([BY_NAME]).statements())).proved


def test_a_sessions_tag_counts_as_its_roles() -> None:
    rules = policies(UseTagMatchedSecrets(secrets=[EVERY], tag_keys=KEYS).statements())
    session = ROLE.replace("iam", "sts").replace("role/app", "assumed-role/app/me")
    told = context("orders", "orders")
    asked = Request(session, "secretsmanager:GetSecretValue", TARGET, told)
    assert evaluate(asked, rules).allowed
