"""The evaluator against a judge that we did not write: @cloud-copilot/iam-simulate.

`ORACLE_REQUESTS=1000000` asks for more requests, `ORACLE_SEED=...` for those of an earlier run.
"""

import json
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from constructs_lib import SecretAccessError
from constructs_lib.proof import Policies, Request, evaluate
from tests.proof.random_policies import AWAY, HOME, ROOT, Case, random_case

# A session policy that allows nothing of what is asked.
NOTHING = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ORACLE = Path(__file__).parent / "oracle"
REQUESTS = int(os.environ.get("ORACLE_REQUESTS", "20000"))
SEED = int(os.environ.get("ORACLE_SEED", str(random.SystemRandom().randrange(2**32))))


def oracle_command() -> list[str]:
    """Return the command that judges, installed from its own lock if it is not there yet."""
    if not (ORACLE / "node_modules").exists():
        subprocess.run([_program("npm"), "ci", "--silent"], cwd=ORACLE, check=True)
    return [_program("node"), str(ORACLE / "oracle.mjs")]


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not on PATH; run the suite as `make test`"
    return found


def judged(command: list[str], cases: list[Case]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(simulation(case)) + "\n" for case in cases)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def simulation(case: Case) -> dict[str, Any]:
    """Return a case in the judge's words. It is told all that the evaluator derives."""
    parts = case.resource.split(":")
    kind, _, name = case.principal.rpartition(":")[2].partition("/")
    context = {
        "aws:PrincipalAccount": HOME,
        "aws:PrincipalArn": case.principal,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": "User" if kind == "user" else "AssumedRole",
        **({"aws:username": name.rpartition("/")[2]} if kind == "user" else {}),
        **case.context,
    }

    def named(documents: list[Any], what: str) -> list[dict[str, Any]]:
        return [{"name": f"{what}{i}", "policy": each} for i, each in enumerate(documents)]

    given = case.policies
    boundary = given.get("permissions_boundary")

    def levels(found: list[list[Any]]) -> list[dict[str, Any]]:
        return [
            {"orgIdentifier": f"level{i}", "policies": named(level, f"control{i}-")}
            for i, level in enumerate(found)
        ]

    resource_control = given.get("resource_control")
    return {
        "request": {
            "principal": case.principal,
            "action": case.action,
            "resource": {
                "resource": case.resource,
                "accountId": parts[4] if len(parts) > 4 else HOME,
            },
            "contextVariables": context,
        },
        "identityPolicies": named(given["identity"], "identity"),
        "serviceControlPolicies": levels(given.get("service_control", [])),
        "resourceControlPolicies": levels([resource_control] if resource_control else []),
        **({"sessionPolicy": given["session"]} if "session" in given else {}),
        **({"resourcePolicy": not_excepting(given["resource"])} if "resource" in given else {}),
        **({"permissionBoundaryPolicies": named([boundary], "boundary")} if boundary else {}),
    }


def not_excepting(document: dict[str, Any]) -> dict[str, Any]:
    """Return a resource's policy without the principals' account in a NotPrincipal.

    The judge takes it to except all in the account, and notes that this is not tested. AWS has the
    account named beside the one principal that is excepted: by itself it excepts none of them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """

    def without_account(statement: dict[str, Any]) -> dict[str, Any]:
        excepted = statement.get("NotPrincipal", {}).get("AWS", [])
        names = [excepted] if isinstance(excepted, str) else excepted
        left = [each for each in names if each not in (HOME, ROOT)]
        if len(left) == len(names):
            return statement
        return {**statement, "NotPrincipal": {"AWS": left or AWAY}}

    return {**document, "Statement": list(map(without_account, document["Statement"]))}


def answer(case: Case) -> str:
    """Return the evaluator's answer: allowed, denied, or refused.

    "past session" is allowed, by a resource's policy to the session itself or to everyone, which a
    session policy does not limit; the judge finds that it always does (test_evaluator.py).
    """
    request = Request(case.principal, case.action, case.resource, case.context)
    try:
        decision = evaluate(request, Policies(**case.policies))
    except SecretAccessError:
        return "refused"
    by_resource = {each.place.partition(",")[0] for each in decision.statements}
    if decision.allowed and by_resource == {"resource policy"} and "session" in case.policies:
        unlimited = {**case.policies, "session": {"Statement": NOTHING}}
        if evaluate(request, Policies(**unlimited)).allowed:
            return "past session"
    return "allowed" if decision.allowed else "denied"


def test_it_agrees_with_an_independent_judge() -> None:
    oracle = oracle_command()
    print(f"seed {SEED}, {REQUESTS} requests")
    chance = random.Random(SEED)
    found: Counter[str] = Counter()
    for start in range(0, REQUESTS, 20_000):
        cases = [random_case(chance) for _ in range(min(20_000, REQUESTS - start))]
        began = time.perf_counter()
        ours = [answer(case) for case in cases]
        found["our seconds"] += time.perf_counter() - began  # type: ignore[assignment]
        began = time.perf_counter()
        theirs = judged(oracle, cases)
        found["their seconds"] += time.perf_counter() - began  # type: ignore[assignment]
        for case, mine, other in zip(cases, ours, theirs, strict=True):
            assert "error" not in other, (other, case)
            assert not other["ignored"], (other, case)
            found[mine] += 1
            if mine == "past session":
                assert other["result"] in ("Allowed", "ImplicitlyDenied"), case
            elif mine != "refused":
                assert (mine == "allowed") == (other["result"] == "Allowed"), (
                    f"ours: {mine}, theirs: {other['result']}; seed {SEED}; {case}"
                )
    print(dict(found))
    assert found["allowed"] > REQUESTS / 20, "both answers are to be common"
    assert found["denied"] > REQUESTS / 20
    assert found["refused"] < REQUESTS / 10
