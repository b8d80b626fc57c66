"""What each intent allows: a table written by hand from AWS's documentation, cell by cell.

Every action of Secrets Manager and of KMS is asked for, on the target and on its neighbours: what
is not in a table is denied.
"""

from typing import Any

import pytest

from constructs_lib import (
    AdministerSecrets,
    CreateSecrets,
    DenySecrets,
    DescribeSecrets,
    DescribeTaggedSecrets,
    ReadSecrets,
    SecretScope,
)
from constructs_lib.aws.tokens import PARTITION
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, never_allowed, no_new_access
from tests.support import statements
from tests.support.intent_proofs import (
    ACTIONS,
    ARN,
    BASE,
    BY_NAME,
    BY_TAGS,
    HERE,
    HOME,
    KEY,
    KEY_POLICY,
    MATCHED,
    NINE,
    OTHER_KEY,
    RECREATED,
    REGION,
    SECRETS,
    SERVICE,
    TAGS_THAT_DO_NOT,
    TAGS_THAT_MATCH,
    TARGET,
    VIA,
    allowed,
    on_secrets,
    policies,
    table,
)


@pytest.mark.parametrize("scope", MATCHED)
def test_reader(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    get = on_secrets(["GetSecretValue"], matched)
    describe = on_secrets(["DescribeSecret"], matched)
    # `*` as a Resource also covers a request that names a resource; AWS makes no such request.
    batch = on_secrets(["BatchGetSecretValue"], HERE)
    assert table(policies(ReadSecrets([secrets]).statements())) == get
    assert table(policies(ReadSecrets([secrets], describe=True).statements())) == get | describe
    assert table(policies(ReadSecrets([secrets], batch=True).statements())) == get | batch


def test_reader_of_one_stage() -> None:
    rules = policies(
        ReadSecrets([BY_NAME], describe=True, version_stages=("AWSCURRENT",)).statements()
    )
    describe = on_secrets(["DescribeSecret"], {TARGET, RECREATED})
    get = on_secrets(["GetSecretValue"], {TARGET, RECREATED})
    stage = "secretsmanager:VersionStage"
    assert table(rules) == describe
    assert table(rules, {stage: "AWSCURRENT"}) == get | describe
    assert table(rules, {stage: "AWSPREVIOUS"}) == describe


@pytest.mark.parametrize("scope", MATCHED)
def test_admin(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    lists = on_secrets(["ListSecrets"], HERE)
    assert (
        table(policies(AdministerSecrets([secrets]).statements()))
        == on_secrets(NINE, matched) | lists
    )


@pytest.mark.parametrize("scope", ["name", "prefix"])
def test_creator(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    lists = on_secrets(["ListSecrets"], HERE)
    created = on_secrets(["CreateSecret"], matched)
    assert table(policies(CreateSecrets([secrets]).statements())) == created | lists


def test_describer_and_reader_by_tags() -> None:
    describer = policies(DescribeTaggedSecrets(dict(BY_TAGS.tags)).statements())
    reader = policies(ReadSecrets([BY_TAGS]).statements())
    here = {secret for secret in SECRETS if secret.startswith(BASE)}
    everywhere = on_secrets(["DescribeSecret"], HERE)
    for context in TAGS_THAT_MATCH:
        assert table(describer, context) == everywhere
        assert table(reader, context) == on_secrets(["GetSecretValue"], here)
    for context in TAGS_THAT_DO_NOT:
        assert table(describer, context) == table(reader, context) == set()


STAGE = "secretsmanager:VersionStage"


@pytest.mark.parametrize(
    ("options", "told", "names", "on_all"),
    [
        ({"describe": True}, {}, ["GetSecretValue", "DescribeSecret"], []),
        ({"batch": True}, {}, ["GetSecretValue"], ["BatchGetSecretValue"]),
        (
            {"describe": True, "batch": True},
            {},
            ["GetSecretValue", "DescribeSecret"],
            ["BatchGetSecretValue"],
        ),
        ({"describe": True, "version_stages": ("AWSCURRENT",)}, {}, ["DescribeSecret"], []),
        (
            {"describe": True, "version_stages": ("AWSCURRENT",)},
            {STAGE: "AWSCURRENT"},
            ["GetSecretValue", "DescribeSecret"],
            [],
        ),
    ],
)
def test_a_readers_options_keep_to_the_tags(
    options: dict[str, Any], told: dict[str, Any], names: list[str], on_all: list[str]
) -> None:
    rules = policies(ReadSecrets([BY_TAGS], **options).statements())
    here = {secret for secret in SECRETS if secret.startswith(BASE)}
    everywhere = on_secrets(on_all, HERE)
    for context in TAGS_THAT_MATCH:
        assert table(rules, {**context, **told}) == on_secrets(names, here) | everywhere
    for context in TAGS_THAT_DO_NOT:
        assert table(rules, {**context, **told}) == everywhere


@pytest.mark.parametrize("scope", MATCHED)
def test_deny_takes_its_two_actions_from_an_administrator_and_nothing_else(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    everything = Statement("All", "Allow", ("*",), ("*",))
    before = table(policies([everything]))
    after = table(policies([everything, *DenySecrets([secrets]).statements()]))
    assert before - after == on_secrets(["GetSecretValue", "DescribeSecret"], matched)
    assert after <= before


# --- the key ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", MATCHED)
@pytest.mark.parametrize("intent", ["read", "write", "administer", "create", "rotate"])
def test_the_key_is_for_these_secrets_through_the_service(scope: str, intent: str) -> None:
    secrets, matched = MATCHED[scope]
    if (intent, scope) == ("create", "complete ARN"):
        return  # refused: test_create.py
    rules = policies(getattr(statements, intent)([secrets]), resource=KEY_POLICY)
    usable = {"kms:Decrypt"} if intent == "read" else {"kms:Decrypt", "kms:GenerateDataKey"}
    contexts: list[tuple[dict[str, Any], bool]] = [
        *(({VIA: SERVICE, ARN: secret}, secret in matched) for secret in SECRETS),
        ({VIA: SERVICE}, False),
        ({ARN: TARGET}, False),
        ({}, False),
        ({VIA: f"secretsmanager.us-east-1.{SERVICE.split('.', 2)[2]}", ARN: TARGET}, False),
        ({VIA: f"ssm.{REGION}.amazonaws.com", ARN: TARGET}, False),
    ]
    for action in (each for each in ACTIONS if each.startswith("kms:")):
        for context, fits in contexts:
            expected = fits and action in usable
            assert allowed(rules, action, KEY, context) == expected, (action, context)
            assert not allowed(rules, action, OTHER_KEY, context)


WITH_A_KEY = (
    *(statements.read, statements.write, statements.administer, statements.create),
    statements.rotate,
)


def test_without_a_key_there_is_nothing_on_kms() -> None:
    unconditional = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME)
    for found in (
        *(f([unconditional]) for f in WITH_A_KEY),
        DescribeSecrets([BY_NAME]).statements(),
    ):
        rules = policies(found, resource=KEY_POLICY)
        for action in (each for each in ACTIONS if each.startswith("kms:")):
            assert not allowed(rules, action, KEY, {VIA: SERVICE, ARN: TARGET})


# --- every request ---------------------------------------------------------------------------


def written(*actions: str, name: str) -> Policies:
    """Return a policy written by hand: what an intent may allow at most."""
    on_secrets: dict[str, Any] = {
        "Effect": "Allow",
        "Action": [f"secretsmanager:{action}" for action in actions],
        "Resource": f"{BASE}{name}",
    }
    return Policies([{"Version": "2012-10-17", "Statement": [on_secrets, *MORE]}])


# ListSecrets, and the key for these secrets: beside what is on the secrets themselves.
MORE: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": KEY,
        "Condition": {
            "StringEquals": {VIA: SERVICE},
            "StringLike": {ARN: f"{BASE}prod/db*"},
        },
    },
]
PATTERNS = {"name": "prod/db-??????", "prefix": "prod/db*", "complete ARN": "prod/db-AbCdEf"}


@pytest.mark.parametrize("scope", PATTERNS)
@pytest.mark.parametrize(
    ("intent", "actions"),
    [
        ("read", ("GetSecretValue",)),
        ("write", ("PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret")),
        ("describe", ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy")),
        ("administer", NINE),
        ("create", ("CreateSecret",)),
    ],
)
def test_nothing_beyond_the_table_is_allowed_by_any_request(
    scope: str, intent: str, actions: tuple[str, ...]
) -> None:
    if (intent, scope) == ("create", "complete ARN"):
        return  # refused: test_create.py
    rules = policies(getattr(statements, intent)([MATCHED[scope][0]]))
    at_most = written(*actions, name=PATTERNS[scope])
    assert no_new_access(new=rules, old=at_most).proved

    others = {each for each in ACTIONS if each.startswith("secretsmanager:")}
    others -= {f"secretsmanager:{action}" for action in (*actions, "ListSecrets")}
    assert never_allowed(rules, sorted(others), ["*"]).proved
    kms = {each for each in ACTIONS if each.startswith("kms:")}
    kms -= {"kms:Decrypt", "kms:GenerateDataKey"}
    assert never_allowed(rules, sorted(kms), ["*"]).proved
    assert never_allowed(rules, ["kms:*"], [OTHER_KEY]).proved


@pytest.mark.parametrize(
    ("intent", "options", "actions", "on_all"),
    [
        ("read", {"describe": True}, ("GetSecretValue", "DescribeSecret"), ()),
        ("read", {"batch": True}, ("GetSecretValue",), ("BatchGetSecretValue",)),
        ("read", {"version_stages": ("AWSCURRENT",)}, ("GetSecretValue",), ()),
        (
            "describe",
            {"list": True},
            ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"),
            ("ListSecrets",),
        ),
    ],
)
def test_nothing_beyond_an_option_is_allowed_by_any_request(
    intent: str, options: dict[str, Any], actions: tuple[str, ...], on_all: tuple[str, ...]
) -> None:
    rules = policies(getattr(statements, intent)([BY_NAME], **options))
    everywhere = [f"secretsmanager:{action}" for action in on_all]
    more = {"Effect": "Allow", "Action": everywhere or "s3:*", "Resource": "*"}
    at_most = written(*actions, name=PATTERNS["name"]).identity
    at_most = [*at_most, {"Version": "2012-10-17", "Statement": [more]}]
    assert no_new_access(new=rules, old=Policies(at_most)).proved
    others = {each for each in ACTIONS if each.startswith("secretsmanager:")}
    others -= {*everywhere, *(f"secretsmanager:{action}" for action in actions)}
    assert never_allowed(rules, sorted(others), ["*"]).proved


def test_no_request_without_the_stage_reads() -> None:
    rules = policies(ReadSecrets([BY_NAME], version_stages=("AWSCURRENT",)).statements())
    stage = {"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    current = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": stage}
    rest = Policies([*rules.identity, {"Version": "2012-10-17", "Statement": [current]}])
    get = ["secretsmanager:GetSecretValue"]
    assert never_allowed(rest, get, ["*"]).proved
    assert never_allowed(rules, get, ["*"]).refuted


def test_a_wider_statement_would_be_found() -> None:
    rules = policies(ReadSecrets([MATCHED["prefix"][0]]).statements())
    verdict = no_new_access(new=rules, old=written("GetSecretValue", name=PATTERNS["name"]))
    assert verdict.refuted
    assert verdict.witness is not None
    assert verdict.witness.resource.startswith(f"{BASE}prod/db")


def test_a_deny_only_takes_away() -> None:
    everything = Statement("All", "Allow", ("*",), ("*",))
    for secrets, _ in MATCHED.values():
        before, after = (
            policies([everything]),
            policies([everything, *DenySecrets([secrets]).statements()]),
        )
        assert no_new_access(new=after, old=before).proved
        assert no_new_access(new=before, old=after).refuted
        denied = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        assert never_allowed(after, denied, [secrets.arn.replace(PARTITION, "aws")]).proved
