"""Small templates and policies with their right answers, from AWS's documentation and bug reports.

tests/data/access-cases.json asks `SecretAccess`, and tests/data/proof-cases.json the prover and the
evaluator. A case that does not hold yet is listed in `OPEN`: it fails the suite once it holds.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.proof import Policies, Request, evaluate, never_allowed, no_new_access
from constructs_lib.testing import SecretAccess

DATA = Path(__file__).parents[1] / "data"
ACCESS, PROOF = (
    json.loads((DATA / f"{name}-cases.json").read_text()) for name in ("access", "proof")
)
OPEN = {
    # Transforms.
    "macros: hosted rotation: can",
    "macros: hosted rotation: only",
    "whole-arn-unknown: managed by RDS: others are not suspected",
}
# The outcomes that satisfy an expectation; each other one is satisfied by itself alone.
SATISFYING = {
    "fails": {"fails-assertion", "refused"},
    "not-proved": {"refuted", "unknown", "refused"},
    "not-allowed": {"denied", "refused"},
    "answers": {"allowed", "denied"},
}


def name_of(case: dict[str, Any]) -> str:
    return f"{case['kind']}: {case['name']}"


def parameters(cases: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(
            case,
            id=name_of(case),
            marks=[pytest.mark.xfail(reason="open")] if name_of(case) in OPEN else [],
        )
        for case in cases
    ]


def read(case: dict[str, Any], template: dict[str, Any]) -> SecretAccess:
    options = {key: case[key] for key in ("managed_policies",) if key in case}
    return SecretAccess.from_template(template, **case["given"], **options)


def outcome_of_access(case: dict[str, Any]) -> str:
    ask = case["ask"]
    try:
        access = read(case, case["template"])
        if "grants" in ask:
            grants = access.grants(ask["grants"])
            return (
                "lists" if any(ask["principal"] in row.principal for row in grants) else "lists-not"
            )
        since = {"since": read(case, case["since"])} if "since" in case else {}
        getattr(access, ask["assert"])(*ask["args"], **since)
    except AssertionError:
        return "fails-assertion"
    except SecretAccessError:
        return "refused"
    return "passes"


def outcome_of_proof(case: dict[str, Any]) -> str:
    principal = {"principal": case["principal"]} if "principal" in case else {}
    try:
        if case["call"] == "evaluate":
            request = Request(case["principal"], case["action"], case["resource"], case["context"])
            allowed = evaluate(request, Policies(**case["policies"])).allowed
            return "allowed" if allowed else "denied"
        if case["call"] == "no_new_access":
            new, old = Policies(**case["new"]), Policies(**case["old"])
            verdict = no_new_access(new=new, old=old, **principal)
        else:
            verdict = never_allowed(Policies(**case["policies"]), *case["args"], **principal)
    except SecretAccessError:
        return "refused"
    return "proved" if verdict.proved else "refuted" if verdict.refuted else "unknown"


@pytest.mark.parametrize("case", parameters(ACCESS))
def test_the_answer_about_a_template_is_right(case: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that the templates do not have
        outcome = outcome_of_access(case)
    assert outcome in SATISFYING.get(case["expect"], {case["expect"]}), case["why"]


@pytest.mark.parametrize("case", parameters([case for case in PROOF if "probe" not in case]))
def test_the_answer_about_policies_is_right(case: dict[str, Any]) -> None:
    expected = case["expect"].removesuffix("-fast")
    assert outcome_of_proof(case) in SATISFYING.get(expected, {expected}), case["why"]


@pytest.mark.parametrize("case", parameters([case for case in PROOF if "probe" in case]))
def test_no_request_contradicts_a_proof(case: dict[str, Any]) -> None:
    new, old = Policies(**case["new"]), Policies(**case["old"])
    request = Request(
        "arn:aws:iam::111122223333:role/app",
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf",
        case["probe"],
    )
    wider = evaluate(request, new).allowed and not evaluate(request, old).allowed
    assert not (wider and no_new_access(new=new, old=old).proved), case["why"]
