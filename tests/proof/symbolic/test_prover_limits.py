"""The prover with what is malformed, hostile or long: a clear error or an answer in time."""

import copy
import random
from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof import (
    Policies,
    evaluate,
    never_allowed,
    no_new_access,
    only_principals,
)
from constructs_lib.proof.symbolic import time_limit
from constructs_lib.testing import SecretAccess
from tests.support.clock import StepClock
from tests.support.seeds import seed_of_run

BASE = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
ROLE = "arn:aws:iam::111122223333:role/app"
TOO_LATE = "there was no answer within the time limit"

WHOLE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["secretsmanager:Get*"],
            "Resource": [f"{BASE}prod/${{aws:PrincipalTag/Team}}-*"],
            "Condition": {"StringLike": {"aws:ResourceTag/Team": ["a*"]}},
        },
        {"Effect": "Deny", "NotAction": "kms:*", "NotResource": f"{BASE}prod/*"},
    ],
}
STRANGE: list[Any] = [
    *(None, True, 0, -1, 1.5, "", "*", "x", "?", [], {}, [[]], [None], {"": ""}, "${", "${*}"),
    *("${x}", "${aws:x, 'y'}", "a:b", "secretsmanager:*", "arn:aws", "arn:aws:iam::1:role/x"),
    *("\ue000", "\U0001f511", "é", "\n", "2008-10-17", {"AWS": "*"}, {"StringEquals": {"a:b": []}}),
    *({"Null": {"aws:x": "true"}}, {"IpAddress": {"aws:SourceIp": "::/0"}}, "x" * 3_000),
    *({"DateLessThan": {"aws:CurrentTime": "2026"}}, {"Bool": {"aws:x": True}}),
    *({"ForAllValues:StringLike": {"aws:x": "*"}}, {"ArnLike": {"aws:PrincipalArn": "arn:*"}}),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document: what it is in, and at which key."""
    found = []
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        found.append((value, key))
        if isinstance(each, dict | list):
            found += places(each)
    return found


def strange_document(chance: random.Random) -> Any:
    document = copy.deepcopy(WHOLE)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not document:
            break
        inside, key = chance.choice(places(document))
        if chance.random() < 0.2:
            del inside[key]
        else:
            inside[key] = copy.deepcopy(chance.choice(STRANGE))
    return document


def given(chance: random.Random, document: Any) -> Policies:
    kind = chance.choice(("identity", "identity", "permissions_boundary", "session", "resource"))
    if kind == "identity":
        return Policies([document])
    if kind == "resource" and isinstance(document.get("Statement"), list):
        for statement in document["Statement"]:
            if isinstance(statement, dict):
                statement["Principal"] = chance.choice(("*", {"AWS": ROLE}, None))
    return Policies([WHOLE], **{kind: document})


def test_a_strange_policy_gets_an_error_or_a_true_answer() -> None:
    seed = seed_of_run()
    chance = random.Random(seed)
    answered = 0
    for _ in range(400):
        document = strange_document(chance)
        try:
            new = given(chance, document)
            verdict = no_new_access(new, Policies([WHOLE]), principal=ROLE, time_limit=0.3)
        except SecretAccessError as error:
            # A clear error names the place, the value there and the rule.
            text = str(error)
            assert "allowed" in text or " must " in text, (seed, document)
            assert not text.endswith("."), (seed, document)
            continue
        answered += 1
        assert verdict.proved + verdict.refuted <= 1
        assert (verdict.witness is not None) == verdict.refuted
        if verdict.witness is not None and new.resource is None:
            assert evaluate(verdict.witness, new).allowed, (seed, document)
    assert answered > 20, f"seed {seed}: nearly all were refused"


@pytest.mark.parametrize(
    "arguments",
    [
        {"actions": ["secretsmanager:*"], "resources": ["\ue000"]},
        {"actions": [""], "resources": ["*"]},
        {"actions": ["GetSecretValue"], "resources": ["*"]},
        {"actions": ["*"], "resources": ["prod/db"]},
        {"actions": [7], "resources": ["*"]},
        {"actions": ["*"], "resources": [None]},
    ],
)
def test_fails_on_patterns_that_are_none(arguments: Any) -> None:
    with pytest.raises(SecretAccessError, match="must be a list of at least one pattern, got"):
        never_allowed(Policies([WHOLE]), **arguments)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "10", None])
def test_fails_on_a_time_limit_that_is_none(seconds: Any) -> None:
    with pytest.raises(SecretAccessError, match="^time_limit must be a number of seconds above 0"):
        no_new_access(Policies([WHOLE]), Policies(), time_limit=seconds)


# --- time ------------------------------------------------------------------------------------


def hostile(seed: int, count: int, *, principals: bool = False) -> list[dict[str, Any]]:
    """Return statements that take long to compare: many wildcards, few letters between them."""
    chance = random.Random(seed)

    def glob() -> str:
        signs = ("*", "*", "?", "a", "b", "ab", "-")
        return "".join(chance.choice(signs) for _ in range(chance.randint(10, 40)))

    return [
        {
            "Effect": "Deny" if chance.random() < 0.2 else "Allow",
            "Action": f"secretsmanager:*{chance.choice('GDPT')}*?e*",
            "Resource": [BASE + glob() for _ in range(3)],
            "Condition": {"StringLike": {"aws:ResourceTag/Team": glob()}},
            **({"Principal": {"AWS": f"{ROLE}{number % 30}"}} if principals else {}),
        }
        for number in range(count)
    ]


def document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StepClock:
    """Return the clock of the prover, on which a look takes a millisecond."""
    clock = StepClock(step=0.001)
    monkeypatch.setattr(time_limit, "time", clock)
    return clock


@pytest.mark.parametrize("limit", [0.2, 1.0])
def test_the_time_limit_holds_for_a_thousand_statements_on_both_sides(
    limit: float, clock: StepClock
) -> None:
    new, old = (Policies([document(hostile(seed, 1_000))]) for seed in (1, 2))
    verdict = no_new_access(new=new, old=old, time_limit=limit)
    assert verdict.refuted or verdict.reason == TOO_LATE
    assert clock.looks <= limit * 1_000 + 2


def test_the_time_limit_is_for_all_who_may_ask_together(clock: StepClock) -> None:
    new, old = (
        Policies(resource=document(hostile(seed, 1_000, principals=True))) for seed in (1, 2)
    )
    verdict = no_new_access(new=new, old=old, time_limit=0.5)
    assert not verdict.proved
    assert clock.looks <= 502


def test_the_time_limit_is_for_each_principal_of_only(clock: StepClock) -> None:
    among = {f"{ROLE}{number}": Policies([document(hostile(number, 400))]) for number in range(3)}
    secret = f"{BASE}-"
    asked = "secretsmanager:GetSecretValue"
    verdict = only_principals([], asked, secret, among=among, time_limit=0.3)
    assert not verdict.proved
    assert clock.looks <= 3 * 302


def access(seed: int) -> SecretAccess:
    policies = [{"PolicyName": "p", "PolicyDocument": document(hostile(seed, 500))}]
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app", "Policies": policies}}
    shared = document(hostile(seed + 1, 500, principals=True))
    properties = {"SecretId": "prod/db", "ResourcePolicy": shared}
    resource = {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": properties}
    template = {"Resources": {"App": role, "Policy": resource}}
    return SecretAccess.from_template(template, region="eu-west-1", account="111122223333")


def test_the_time_limit_holds_for_templates(clock: StepClock) -> None:
    new, old = access(1), access(3)
    with pytest.raises(AssertionError, match="role App "):
        new.assert_no_new_access(since=old, time_limit=0.3)
    assert clock.looks <= 3 * 302  # the role, its trust policy, and the secret
    clock.looks = 0
    with pytest.raises(AssertionError, match="role App "):
        new.assert_never("app", "secretsmanager:*", "prod/db", time_limit=0.3)
    assert clock.looks <= 303
    with pytest.raises(SecretAccessError, match="^time_limit must be .*, got 0"):
        new.assert_never("app", "secretsmanager:*", time_limit=0)
    with pytest.raises(SecretAccessError, match="^time_limit must be .*, got -1"):
        new.assert_no_new_access(since=old, time_limit=-1)
