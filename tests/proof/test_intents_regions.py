"""What a replica's policy allows: each Region by itself, with a key of its own."""

from typing import Any

import pytest

from constructs_lib import SecretScope, statements
from constructs_lib.proof import evaluate, never_allowed
from constructs_lib.proof.request import Request
from constructs_lib.statements import Statement
from tests.proof.test_intents import (
    ARN,
    BASE,
    BY_ARN,
    BY_NAME,
    BY_PREFIX,
    HOME,
    KEY,
    KEY_POLICY,
    MATCHED,
    RECREATED,
    ROLE,
    SERVICE,
    TARGET,
    VIA,
    allowed,
    on_secrets,
    policies,
    table,
)

THERE = "us-east-1"
REPLICA = TARGET.replace("eu-west-1", THERE)
KEY_THERE = KEY.replace("eu-west-1", THERE).replace("k1", "k9")
SERVICE_THERE = SERVICE.replace("eu-west-1", THERE)


class Key:
    key_arn = KEY_THERE


def in_regions(scope: SecretScope, *regions: str) -> tuple[SecretScope, ...]:
    keys = {THERE: Key()} if THERE in regions else None
    return scope.in_regions(*regions, encryption_keys=keys)


@pytest.mark.parametrize("scope", [BY_NAME, BY_PREFIX, BY_ARN])
def test_a_reader_of_a_replica_reads_it_alone(scope: SecretScope) -> None:
    rules = policies(statements.read(in_regions(scope, THERE)))
    assert table(rules) == on_secrets(["GetSecretValue"], {REPLICA})
    assert never_allowed(rules, ["secretsmanager:*"], [f"{BASE}*"]).proved


@pytest.mark.parametrize("scope", MATCHED)
def test_a_reader_in_both_regions_reads_both(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    rules = policies(statements.read(in_regions(secrets, "eu-west-1", THERE)))
    assert table(rules) == on_secrets(["GetSecretValue"], {*matched, REPLICA})


def test_a_deny_in_both_regions_is_of_both() -> None:
    everything = Statement("All", "Allow", ("*",), ("*",))
    denied = on_secrets(["GetSecretValue", "DescribeSecret"], {TARGET, RECREATED})
    replica = on_secrets(["GetSecretValue", "DescribeSecret"], {REPLICA})
    here, both = (
        table(policies([everything, *statements.deny(in_regions(BY_NAME, *regions))]))
        for regions in (["eu-west-1"], ["eu-west-1", THERE])
    )
    before = table(policies([everything]))
    assert before - here == denied
    assert before - both == denied | replica


@pytest.mark.parametrize(
    ("key", "context", "usable"),
    [
        (KEY, {VIA: SERVICE, ARN: TARGET}, True),
        (KEY_THERE, {VIA: SERVICE_THERE, ARN: REPLICA}, True),
        (KEY, {VIA: SERVICE_THERE, ARN: REPLICA}, False),
        (KEY, {VIA: SERVICE, ARN: REPLICA}, False),
        (KEY_THERE, {VIA: SERVICE, ARN: TARGET}, False),
        (KEY_THERE, {VIA: SERVICE_THERE, ARN: TARGET}, False),
    ],
)
def test_each_key_is_for_the_secrets_of_its_region(
    key: str, context: dict[str, Any], usable: bool
) -> None:
    scopes = in_regions(BY_NAME, "eu-west-1", THERE)
    rules = policies(statements.read(scopes), resource=KEY_POLICY)
    assert allowed(rules, "kms:Decrypt", key, context) == usable


def test_tags_go_with_a_replica() -> None:
    scope = SecretScope.from_tags({"Project": "orders"}, region="eu-west-1", account=HOME)
    rules = policies(statements.read(scope.in_regions(THERE)))
    for tag, expected in (("orders", True), ("billing", False)):
        context = {"aws:ResourceTag/Project": tag}
        request = Request(ROLE, "secretsmanager:GetSecretValue", REPLICA, context)
        assert evaluate(request, rules).allowed == expected
