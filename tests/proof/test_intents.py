"""What each intent allows: a table written by hand from AWS's documentation, cell by cell.

Every action of Secrets Manager and of KMS is asked for, on the target and on its neighbours: what
is not in a table is denied.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from policy_sentry.querying.actions import get_actions_for_service

from constructs_lib import SecretScope, statements
from constructs_lib.documents import document_for_iam
from constructs_lib.placeholders import PARTITION, URL_SUFFIX
from constructs_lib.proof import Policies, Request, evaluate, never_allowed, no_new_access
from constructs_lib.statements import Statement

HOME, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{HOME}:role/app"
BASE = f"arn:aws:secretsmanager:{REGION}:{HOME}:secret:"
KEY, OTHER_KEY = (f"arn:aws:kms:{REGION}:{HOME}:key/{name}" for name in ("k1", "k2"))
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
        "Action": "kms:*",
        "Resource": "*",
    },
}

TARGET = f"{BASE}prod/db-AbCdEf"
RECREATED = f"{BASE}prod/db-Zz09Yy"
NEIGHBOURS = (f"{BASE}prod/db2-AbCdEf", f"{BASE}prod/db-replica-AbCdEf", f"{BASE}prod/db-x-AbCdEf")
ELSEWHERE = (
    f"{BASE}prod/d-AbCdEf",
    f"{BASE}dev/prod/db-AbCdEf",
    f"{BASE}PROD/db-AbCdEf",
    TARGET.replace(REGION, "us-east-1"),
    TARGET.replace(HOME, "444455556666"),
)
SECRETS = (TARGET, RECREATED, *NEIGHBOURS, *ELSEWHERE)

# In another account, the secret's own policy would have to allow a request too.
HERE = {resource for resource in (*SECRETS, "*") if "444455556666" not in resource}

ACTIONS = [*get_actions_for_service("secretsmanager"), *get_actions_for_service("kms")]
NINE = (
    *("GetSecretValue", "DescribeSecret", "RestoreSecret", "PutSecretValue"),
    *("UpdateSecretVersionStage", "DeleteSecret", "RotateSecret", "CancelRotateSecret"),
    "UpdateSecret",
)


class Key:
    key_arn = KEY


BY_NAME = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME, encryption_key=Key())
BY_PREFIX = SecretScope.from_secret_name_prefix(
    "prod/db", region=REGION, account=HOME, encryption_key=Key()
)
BY_ARN = SecretScope.from_secret_complete_arn(TARGET, encryption_key=Key())
BY_TAGS = SecretScope.from_tags(
    {"Project": ["orders", "billing"], "Stage": "prod"}, region=REGION, account=HOME
)
MATCHED = {
    "name": (BY_NAME, {TARGET, RECREATED}),
    "prefix": (BY_PREFIX, {TARGET, RECREATED, *NEIGHBOURS}),
    "complete ARN": (BY_ARN, {TARGET}),
}


def policies(found: Iterable[Statement], *, resource: Any = None) -> Policies:
    values = {PARTITION: "aws", URL_SUFFIX: "amazonaws.com"}
    return Policies([document_for_iam(list(found), values)], resource=resource)


def allowed(
    rules: Policies, action: str, resource: str, context: dict[str, Any] | None = None
) -> bool:
    return evaluate(Request(ROLE, action, resource, context or {}), rules).allowed


def on_secrets(names: Iterable[str], secrets: set[str]) -> set[tuple[str, str]]:
    return {(f"secretsmanager:{name}", secret) for name in names for secret in secrets}


def table(rules: Policies, context: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    """Return every action of the service with every resource that it is allowed on."""
    secret_actions = [action for action in ACTIONS if action.startswith("secretsmanager:")]
    return {
        (action, resource)
        for action in secret_actions
        for resource in (*SECRETS, "*")
        if allowed(rules, action, resource, context)
    }


@pytest.mark.parametrize("scope", MATCHED)
def test_reader(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    get = on_secrets(["GetSecretValue"], matched)
    describe = on_secrets(["DescribeSecret"], matched)
    # `*` as a Resource also covers a request that names a resource; AWS makes no such request.
    batch = on_secrets(["BatchGetSecretValue"], HERE)
    assert table(policies(statements.read([secrets]))) == get
    assert table(policies(statements.read([secrets], describe=True))) == get | describe
    assert table(policies(statements.read([secrets], batch=True))) == get | batch


def test_reader_of_one_stage() -> None:
    rules = policies(statements.read([BY_NAME], describe=True, version_stages=("AWSCURRENT",)))
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
    assert table(policies(statements.administer([secrets]))) == on_secrets(NINE, matched) | lists


@pytest.mark.parametrize("scope", ["name", "prefix"])
def test_creator(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    lists = on_secrets(["ListSecrets"], HERE)
    created = on_secrets(["CreateSecret"], matched)
    assert table(policies(statements.create([secrets]))) == created | lists


TAGS_THAT_MATCH: list[dict[str, Any]] = [
    {"aws:ResourceTag/Project": "orders", "aws:ResourceTag/Stage": "prod"},
    {"secretsmanager:ResourceTag/Project": "billing", "aws:ResourceTag/Stage": "prod"},
]
TAGS_THAT_DO_NOT: list[dict[str, Any]] = [
    {},
    {"aws:ResourceTag/Project": "orders"},
    {"aws:ResourceTag/Stage": "prod"},
    {"aws:ResourceTag/Project": "Orders", "aws:ResourceTag/Stage": "prod"},
    {"aws:ResourceTag/Project": "other", "aws:ResourceTag/Stage": "prod"},
    {"aws:PrincipalTag/Project": "orders", "aws:ResourceTag/Stage": "prod"},
]


def test_describer_and_reader_by_tags() -> None:
    describer = policies(statements.describe_tagged(BY_TAGS.tags))
    reader = policies(statements.read([BY_TAGS]))
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
    rules = policies(statements.read([BY_TAGS], **options))
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
    after = table(policies([everything, *statements.deny([secrets])]))
    assert before - after == on_secrets(["GetSecretValue", "DescribeSecret"], matched)
    assert after <= before


# --- the key ---------------------------------------------------------------------------------

VIA = "kms:ViaService"
ARN = "kms:EncryptionContext:SecretARN"
SERVICE = f"secretsmanager.{REGION}.amazonaws.com"


@pytest.mark.parametrize("scope", MATCHED)
@pytest.mark.parametrize("intent", ["read", "write", "administer", "create", "rotate"])
def test_the_key_is_for_these_secrets_through_the_service(scope: str, intent: str) -> None:
    secrets, matched = MATCHED[scope]
    if (intent, scope) == ("create", "complete ARN"):
        return  # refused: test_statements.py
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
    plain = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME)
    for found in (*(f([plain]) for f in WITH_A_KEY), statements.describe([BY_NAME])):
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
        return  # refused: test_statements.py
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
            {"list_all": True},
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
    rules = policies(statements.read([BY_NAME], version_stages=("AWSCURRENT",)))
    stage = {"ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    current = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": stage}
    rest = Policies([*rules.identity, {"Version": "2012-10-17", "Statement": [current]}])
    get = ["secretsmanager:GetSecretValue"]
    assert never_allowed(rest, get, ["*"]).proved
    assert never_allowed(rules, get, ["*"]).refuted


def test_a_wider_statement_would_be_found() -> None:
    rules = policies(statements.read([MATCHED["prefix"][0]]))
    verdict = no_new_access(new=rules, old=written("GetSecretValue", name=PATTERNS["name"]))
    assert verdict.refuted
    assert verdict.witness is not None
    assert verdict.witness.resource.startswith(f"{BASE}prod/db")


def test_a_deny_only_takes_away() -> None:
    everything = Statement("All", "Allow", ("*",), ("*",))
    for secrets, _ in MATCHED.values():
        before, after = policies([everything]), policies([everything, *statements.deny([secrets])])
        assert no_new_access(new=after, old=before).proved
        assert no_new_access(new=before, old=after).refuted
        denied = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        assert never_allowed(after, denied, [secrets.arn.replace(PARTITION, "aws")]).proved
