"""What an administrator's opt-ins allow: the table of test_intents_proof.py, continued."""

from typing import Any

import pytest

from constructs_lib.policy.intents import AdministerSecrets
from constructs_lib.proof import Policies, never_allowed, no_new_access
from tests.support.intent_proofs import (
    ACTIONS,
    BASE,
    BY_NAME,
    HERE,
    HOME,
    MATCHED,
    NINE,
    REGION,
    allowed,
    on_secrets,
    policies,
    table,
)

FUNCTION, OTHER_FUNCTION = (
    f"arn:aws:lambda:{REGION}:{HOME}:function:{name}" for name in ("rotate", "exfiltrate")
)
OPTIONS: dict[str, dict[str, Any]] = {
    "rotation": {"rotation_functions": (FUNCTION,)},
    "window": {"minimum_recovery_window": 14},
    "policy": {"manage_resource_policy": True},
    "replicas": {"replicate_to": ("eu-central-1", "eu-north-1")},
    "tags": {"tag_keys": ("CostCenter", "Owner")},
}
NAMED = "secretsmanager:RotationLambdaARN"
OWN = "secretsmanager:resource/AllowRotationLambdaArn"
WINDOW = "secretsmanager:RecoveryWindowInDays"
FORCE = "secretsmanager:ForceDeleteWithoutRecovery"
BLOCK = "secretsmanager:BlockPublicPolicy"
REPLICAS = "secretsmanager:AddReplicaRegions"
OVERWRITE = "secretsmanager:ForceOverwriteReplicaSecret"
TAG_KEYS = "aws:TagKeys"

# Option, what the request tells, and what it may do beside the other actions.
ROWS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("rotation", {NAMED: FUNCTION}, {"RotateSecret"}),
    ("rotation", {NAMED: FUNCTION, OWN: OTHER_FUNCTION}, {"RotateSecret"}),
    ("rotation", {OWN: FUNCTION}, {"RotateSecret"}),
    ("rotation", {NAMED: OTHER_FUNCTION}, set()),
    ("rotation", {NAMED: OTHER_FUNCTION, OWN: FUNCTION}, set()),
    ("rotation", {NAMED: f"{FUNCTION}:live"}, set()),
    ("rotation", {OWN: OTHER_FUNCTION}, set()),
    ("rotation", {}, set()),
    ("window", {}, {"DeleteSecret"}),
    ("window", {WINDOW: "14"}, {"DeleteSecret"}),
    ("window", {WINDOW: "30", FORCE: "false"}, {"DeleteSecret"}),
    ("window", {WINDOW: "13"}, set()),
    ("window", {WINDOW: "7"}, set()),
    ("window", {FORCE: "true"}, set()),
    ("window", {WINDOW: "30", FORCE: "true"}, set()),
    ("policy", {BLOCK: "true"}, {"PutResourcePolicy"}),
    ("policy", {BLOCK: "false"}, set()),
    ("policy", {}, set()),
    ("replicas", {REPLICAS: ["eu-central-1"]}, {"ReplicateSecretToRegions"}),
    ("replicas", {REPLICAS: ["eu-north-1", "eu-central-1"]}, {"ReplicateSecretToRegions"}),
    ("replicas", {REPLICAS: ["eu-north-1"], OVERWRITE: "false"}, {"ReplicateSecretToRegions"}),
    ("replicas", {REPLICAS: ["eu-north-1"], OVERWRITE: "true"}, set()),
    ("replicas", {REPLICAS: ["eu-central-1", "us-east-1"]}, set()),
    ("replicas", {REPLICAS: ["us-east-1"]}, set()),
    ("replicas", {}, set()),
    ("tags", {TAG_KEYS: ["Owner"]}, {"TagResource", "UntagResource"}),
    ("tags", {TAG_KEYS: ["Owner", "CostCenter"]}, {"TagResource", "UntagResource"}),
    ("tags", {TAG_KEYS: ["Owner", "Project"]}, set()),
    ("tags", {TAG_KEYS: ["owner"]}, set()),
    ("tags", {}, set()),
]
REPLACED = {"rotation": {"RotateSecret"}, "window": {"DeleteSecret"}}
BESIDE = {"policy": {"GetResourcePolicy", "ValidateResourcePolicy", "DeleteResourcePolicy"}}


@pytest.mark.parametrize(("option", "context", "expected"), ROWS)
def test_each_opt_in_is_allowed_under_its_condition(
    option: str, context: dict[str, Any], expected: set[str]
) -> None:
    for secrets, matched in MATCHED.values():
        rules = policies(AdministerSecrets([secrets], **OPTIONS[option]).statements())
        actions = set(NINE) - REPLACED.get(option, set()) | BESIDE.get(option, set()) | expected
        lists = on_secrets(["ListSecrets"], HERE)
        assert table(rules, context) == on_secrets(actions, matched) | lists


def test_without_opt_ins_no_context_adds_to_the_nine() -> None:
    rules = policies(AdministerSecrets([BY_NAME]).statements())
    for _, context, _ in ROWS:
        assert table(rules, context) == table(rules)


def test_a_rotation_function_may_be_invoked_and_no_other() -> None:
    rules = policies(AdministerSecrets([BY_NAME], **OPTIONS["rotation"]).statements())
    assert allowed(rules, "lambda:InvokeFunction", FUNCTION)
    for other in (OTHER_FUNCTION, f"{FUNCTION}2", f"{FUNCTION}:live"):
        assert not allowed(rules, "lambda:InvokeFunction", other)
    assert never_allowed(rules, ["lambda:*"], [OTHER_FUNCTION]).proved
    assert never_allowed(rules, ["lambda:UpdateFunctionCode", "lambda:AddPermission"], ["*"]).proved


# What every request for an opted-in action tells: where all of a row is denied, nothing is left.
PROOFS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "rotation",
        "RotateSecret",
        [{"StringEquals": {NAMED: FUNCTION}}, {"StringEquals": {OWN: FUNCTION}}],
    ),
    ("window", "DeleteSecret", [{"Bool": {FORCE: "false"}}, {"Null": {FORCE: "true"}}]),
    (
        "window",
        "DeleteSecret",
        [{"NumericGreaterThanEquals": {WINDOW: "14"}}, {"Null": {WINDOW: "true"}}],
    ),
    ("policy", "PutResourcePolicy", [{"Bool": {BLOCK: "true"}}]),
    (
        "replicas",
        "ReplicateSecretToRegions",
        [{"ForAllValues:StringEquals": {REPLICAS: ["eu-central-1", "eu-north-1"]}}],
    ),
    ("replicas", "ReplicateSecretToRegions", [{"Null": {REPLICAS: "false"}}]),
    (
        "replicas",
        "ReplicateSecretToRegions",
        [{"Bool": {OVERWRITE: "false"}}, {"Null": {OVERWRITE: "true"}}],
    ),
    *(
        ("tags", action, [condition])
        for action in ("TagResource", "UntagResource")
        for condition in (
            {"ForAllValues:StringEquals": {TAG_KEYS: ["CostCenter", "Owner"]}},
            {"Null": {TAG_KEYS: "false"}},
        )
    ),
]


@pytest.mark.parametrize(("option", "action", "told"), PROOFS)
def test_no_other_request_is_allowed(option: str, action: str, told: list[dict[str, Any]]) -> None:
    (document,) = policies(AdministerSecrets([BY_NAME], **OPTIONS[option]).statements()).identity
    asked = [f"secretsmanager:{action}"]
    denies = [
        {"Effect": "Deny", "Action": asked, "Resource": "*", "Condition": each} for each in told
    ]
    rest = Policies([document, {"Version": "2012-10-17", "Statement": denies}])
    assert never_allowed(rest, asked, ["*"]).proved


@pytest.mark.parametrize("option", ["rotation", "window"])
def test_what_replaces_an_action_only_takes_away(option: str) -> None:
    default = AdministerSecrets([BY_NAME]).statements()
    tamed = [
        statement
        for statement in AdministerSecrets([BY_NAME], **OPTIONS[option]).statements()
        if statement.sid != "InvokeRotationFunction"
    ]
    assert no_new_access(new=policies(tamed), old=policies(default)).proved


def test_all_together_nothing_else_is_ever_allowed() -> None:
    every = {name: value for option in OPTIONS.values() for name, value in option.items()}
    rules = policies(AdministerSecrets([BY_NAME], **every).statements())
    added = {expected for _, _, more in ROWS for expected in more} | BESIDE["policy"]
    others = {each for each in ACTIONS if each.startswith("secretsmanager:")}
    others -= {f"secretsmanager:{action}" for action in (*NINE, *added, "ListSecrets")}
    assert never_allowed(rules, sorted(others), ["*"]).proved
    at_most = sorted(f"secretsmanager:{action}" for action in (*NINE, *added))
    for neighbour in ("prod/db2-??????", "prod/d-??????", "prod/db-replica-??????"):
        assert never_allowed(rules, at_most, [f"{BASE}{neighbour}"]).proved
