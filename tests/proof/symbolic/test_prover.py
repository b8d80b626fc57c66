"""The prover: what it proves is attacked, what it refutes is confirmed, and it knows enough."""

import random
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.proof import (
    Policies,
    Request,
    Verdict,
    evaluate,
    never_allowed,
    no_new_access,
)
from constructs_lib.proof.symbolic import time_limit
from tests.support.clock import StepClock
from tests.support.policy_changes import (
    AGE,
    BASE,
    NOT_WIDER,
    TAG,
    WIDER,
    allow,
    deny,
    policies,
)
from tests.support.random_policies import is_possible
from tests.support.seeds import seed_of_run
from tools.random_policies import Case, random_case


@pytest.mark.parametrize("case", NOT_WIDER)
def test_what_is_not_wider_is_proved(case: str) -> None:
    new, old = NOT_WIDER[case]
    verdict = no_new_access(new=new, old=old)
    assert verdict.proved, verdict
    assert not verdict.refuted
    assert verdict.witness is None


@pytest.mark.parametrize("case", WIDER)
def test_what_is_wider_is_refuted_by_a_request(case: str) -> None:
    new, old = WIDER[case]
    verdict = no_new_access(new=new, old=old)
    assert verdict.refuted, verdict
    assert not verdict.proved
    assert verdict.witness is not None
    assert evaluate(verdict.witness, new).allowed
    assert not evaluate(verdict.witness, old).allowed
    assert verdict.witness.resource in verdict.reason


def test_a_resource_control_policy_counts_for_whom_it_names() -> None:
    def controlled(principal: Any) -> Policies:
        control = {"Version": "2012-10-17", "Statement": {**deny("*"), "Principal": principal}}
        return policies(allow("*"), resource_control=[control])

    assert never_allowed(controlled("*"), ["*"], ["*"]).proved
    other = controlled({"AWS": "arn:aws:iam::111122223333:user/other"})
    assert not never_allowed(other, ["*"], ["*"]).proved
    assert no_new_access(controlled("*"), policies(allow("*"))).proved
    assert no_new_access(policies(allow("*")), controlled("*")).refuted


def test_patterns_that_take_too_long_are_left_to_the_solver() -> None:
    one, other = f"*a{'?' * 40}", f"*b{'?' * 41}"
    assert not no_new_access(policies(allow(one)), policies(allow(other)), time_limit=1).proved


def test_never_allowed() -> None:
    prod = policies(allow("prod/*"), allow("*", action="secretsmanager:DescribeSecret"))
    assert never_allowed(prod, ["secretsmanager:Put*", "kms:*"], ["*"]).proved
    assert never_allowed(prod, ["secretsmanager:Get*"], [f"{BASE}dev/*"]).proved
    refuted = never_allowed(prod, ["secretsmanager:Get*"], [f"{BASE}*/db-??????"])
    assert refuted.refuted
    assert refuted.witness is not None
    assert refuted.witness.resource.startswith(f"{BASE}prod/")
    assert not never_allowed(prod, ["secretsmanager:DescribeSecret"], [f"{BASE}dev/*"]).proved


def test_the_reason_for_never_allowed_tells_of_no_earlier_policy() -> None:
    verdict = never_allowed(policies(deny("a")), ["*"], ["*"])
    assert verdict.proved
    assert verdict.reason == "the policies allow nothing"
    verdict = never_allowed(Policies(), ["*"], ["*"])
    assert verdict.reason == "the policies allow nothing"
    verdict = no_new_access(policies(allow("a")), policies(allow("a")))
    assert verdict.reason == "each statement is included in one that was there"


def test_a_denied_comparison_with_a_variable_is_proved_with_a_value_and_without() -> None:
    own, team = "${aws:PrincipalTag/Team}", "aws:PrincipalTag/Team"
    other = {**deny("a"), "Condition": {"StringNotEquals": {TAG: own}}}
    same = {**deny("a"), "Condition": {"StringEquals": {TAG: own}}}
    untagged = {**deny("a"), "Condition": {"Null": {team: "true"}}}
    action, secret = ["secretsmanager:GetSecretValue"], [BASE + "a"]
    assert never_allowed(policies(allow("a"), untagged, other, same), action, secret).proved
    refuted = never_allowed(policies(allow("a"), untagged, other), action, secret)
    assert refuted.witness is not None
    assert refuted.witness.context[TAG.lower()] == refuted.witness.context[team.lower()]
    # Without the value, nothing is equal to it: the first Deny is about such a request.
    assert never_allowed(policies(allow("a"), other, same), action, secret).proved
    assert never_allowed(policies(allow("a"), same), action, secret).refuted


@pytest.mark.parametrize("owner", ["aws", "111122223333", "third-party"])
def test_what_is_aws_s_own_is_asked_for_too(owner: str) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "iam:GetPolicy",
        "Resource": f"arn:aws:iam::{owner}:policy/*",
        "Condition": {"NumericGreaterThan": {AGE: "100"}},
    }
    refuted = never_allowed(policies(statement), ["iam:*"], ["*"])
    assert refuted.witness is not None
    assert refuted.witness.resource.startswith(f"arn:aws:iam::{owner}:")


def test_a_witness_spells_its_action_as_the_policy_does() -> None:
    witness = no_new_access(policies(allow("a", action="secretsmanager:TagResource")), Policies())
    assert witness.witness is not None
    assert witness.witness.action == "secretsmanager:TagResource"
    assert witness.reason.startswith("secretsmanager:TagResource is allowed on")


def test_a_witness_is_of_a_principal_that_its_context_does_not_contradict() -> None:
    app, other = (f"arn:aws:iam::111122223333:role/{name}" for name in ("app", "other"))
    for_app = policies(allow("a", condition={"ArnEquals": {"aws:PrincipalArn": app}}))
    assert never_allowed(for_app, ["*"], ["*"], principal=other).proved
    assert never_allowed(for_app, ["*"], ["*"], principal=app).refuted
    session = "arn:aws:sts::111122223333:assumed-role/app/one"
    found = never_allowed(for_app, ["*"], ["*"], principal=session).witness
    assert found is not None
    assert found.context["aws:principalarn"] == app
    another = session.replace("/app/", "/other/")
    assert never_allowed(for_app, ["*"], ["*"], principal=another).proved


def test_a_key_is_taken_to_leave_its_use_to_the_account() -> None:
    key = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "arn:aws:kms:eu-west-1:111122223333:key/k1",
    }
    refuted = never_allowed(policies(key), ["kms:*"], ["*"])
    assert refuted.refuted
    assert refuted.witness is not None
    assert refuted.witness.resource == key["Resource"]


# --- random policies -------------------------------------------------------------------------


def changed(chance: random.Random, case: Case) -> tuple[list[Any], list[Any]]:
    """Return random identity documents, and the same with one random change."""
    old = case.policies["identity"] or random_case(chance).policies["identity"]
    new = [dict(document, Statement=list(document["Statement"])) for document in old]
    if new:
        document = chance.choice(new)
        place = chance.randrange(len(document["Statement"]))
        statement = dict(document["Statement"][place])
        what = chance.choice(("drop", "condition", "widen", "narrow", "effect"))
        if what == "drop" and len(document["Statement"]) > 1:
            del document["Statement"][place]
            return old, new
        if what == "condition":
            statement.pop("Condition", None)
        elif what == "effect":
            statement["Effect"] = "Allow"
        elif "Resource" in statement:
            statement["Resource"] = "*" if what == "widen" else f"{BASE}prod/db-??????"
        document["Statement"][place] = statement
    return old, new


def test_what_is_proved_withstands_random_requests_and_what_is_refuted_is_confirmed() -> None:
    seed = seed_of_run()
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    for _ in range(80):
        documents = changed(chance, random_case(chance))
        old, new = (Policies(each) for each in documents)
        verdict = no_new_access(new=new, old=old, time_limit=1)
        found["proved" if verdict.proved else "refuted" if verdict.refuted else "unknown"] += 1
        if verdict.proved:
            attack(chance, new, old, seed)
    print(dict(found))
    # Of each kind there are some, whatever the seed: most are proved, about a quarter refuted.
    assert found["proved"] >= 5
    assert found["refuted"] >= 3
    assert found["unknown"] <= 40, "the solver's time limit is short here"


def attack(chance: random.Random, new: Policies, old: Policies, seed: int) -> None:
    for _ in range(150):
        case = random_case(chance)
        if ":key/" in case.resource or "444455556666" in case.resource:
            continue
        request = Request(case.principal, case.action, case.resource, case.context)
        if not is_possible(request):
            continue
        try:
            wider = evaluate(request, new).allowed and not evaluate(request, old).allowed
        except SecretAccessError:
            continue
        assert not wider, (seed, request, new.identity, old.identity)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("actions", ["secretsmanager:Get*", []])
def test_fails_on_no_list_of_actions(actions: Any) -> None:
    with pytest.raises(SecretAccessError, match="a list of at least one pattern"):
        never_allowed(Policies(), actions, ["*"])


def test_what_takes_too_long_is_unknown_and_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    new, old = NOT_WIDER["covered by two together"]
    clock = StepClock(step=1.0)
    monkeypatch.setattr(time_limit, "time", clock)
    verdict: Verdict = no_new_access(new=new, old=old, time_limit=3)
    assert not verdict.refuted
    assert not verdict.proved
    assert verdict.reason == "there was no answer within the time limit"
    assert clock.looks <= 5


def test_fails_without_the_solver_only_where_it_is_needed() -> None:
    code = (
        "import sys; sys.modules['cvc5'] = None\n"
        "from constructs_lib.proof import no_new_access\n"
        "from tests.support.policy_changes import NOT_WIDER, WIDER\n"
        "assert no_new_access(*NOT_WIDER['a name for its prefix']).proved\n"
        "assert no_new_access(*WIDER['a deny dropped']).refuted\n"
        "try:\n"
        "    no_new_access(*NOT_WIDER['covered by two together'])\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'secret-access-cdk[prove]'" in done.stdout
