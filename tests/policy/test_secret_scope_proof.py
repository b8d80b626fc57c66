"""What a replica's policy allows: each Region by itself, with a key of its own."""

from typing import Any

import pytest

from constructs_lib import DenyLevel, DenySecrets, ReadSecrets, SecretScope
from constructs_lib.aws.tokens import PARTITION
from constructs_lib.proof import evaluate, never_allowed
from constructs_lib.proof.iam.request import Request
from tests.support.intent_proofs import (
    ARN,
    BASE,
    BY_ARN,
    BY_NAME,
    BY_PREFIX,
    DENIED,
    EVERYTHING,
    HOME,
    KEY,
    KEY_ARN,
    KEY_ID,
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
    rules = policies(ReadSecrets(in_regions(scope, THERE)).statements())
    assert table(rules) == on_secrets(["GetSecretValue"], {REPLICA})
    assert never_allowed(rules, ["secretsmanager:*"], [f"{BASE}*"]).proved


@pytest.mark.parametrize("scope", MATCHED)
def test_a_reader_in_both_regions_reads_both(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    rules = policies(ReadSecrets(in_regions(secrets, "eu-west-1", THERE)).statements())
    assert table(rules) == on_secrets(["GetSecretValue"], {*matched, REPLICA})


def denied(level: DenyLevel, *regions: str, context: dict[str, Any] | None = None) -> set[Any]:
    found = DenySecrets(in_regions(BY_NAME, *regions), level=level).statements()
    before, after = policies([EVERYTHING]), policies([EVERYTHING, *found])
    return table(before, context) - table(after, context)


@pytest.mark.parametrize("level", DenyLevel)
def test_a_deny_in_both_regions_is_of_both(level: DenyLevel) -> None:
    here = on_secrets(DENIED[level], {TARGET, RECREATED})
    assert denied(level, "eu-west-1") == here
    assert denied(level, "eu-west-1", THERE) == here | on_secrets(DENIED[level], {REPLICA})


@pytest.mark.parametrize("level", DenyLevel)
def test_no_request_at_all_gets_through_a_deny_in_both_regions(level: DenyLevel) -> None:
    scopes = in_regions(BY_NAME, "eu-west-1", THERE)
    rules = policies([EVERYTHING, *DenySecrets(scopes, level=level).statements()])
    actions = [f"secretsmanager:{name}" for name in DENIED[level]]
    arns = [scope.arn.replace(PARTITION, "aws") for scope in scopes]
    assert never_allowed(rules, actions, arns).proved
    third = [arns[1].replace(THERE, "ap-south-1")]
    assert never_allowed(rules, actions, third).refuted


@pytest.mark.parametrize("level", [DenyLevel.VALUE, DenyLevel.METADATA])
@pytest.mark.parametrize(
    ("key", "moved"), [(KEY, {REPLICA}), (KEY_THERE, {TARGET, RECREATED}), (None, set())]
)
def test_a_deny_keeps_the_key_of_each_region(
    level: DenyLevel, key: str | None, moved: set[str]
) -> None:
    context = {} if key is None else {KEY_ARN: key, KEY_ID: key}
    both = on_secrets(DENIED[level], {TARGET, RECREATED, REPLICA})
    found = denied(level, "eu-west-1", THERE, context=context)
    assert found == both | on_secrets(["UpdateSecret"], moved)


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
    rules = policies(ReadSecrets(scopes).statements(), resource=KEY_POLICY)
    assert allowed(rules, "kms:Decrypt", key, context) == usable


def test_tags_go_with_a_replica() -> None:
    scope = SecretScope.from_tags({"Project": "orders"}, region="eu-west-1", account=HOME)
    rules = policies(ReadSecrets(scope.in_regions(THERE)).statements())
    for tag, expected in (("orders", True), ("billing", False)):
        context = {"aws:ResourceTag/Project": tag}
        request = Request(ROLE, "secretsmanager:GetSecretValue", REPLICA, context)
        assert evaluate(request, rules).allowed == expected
