"""An independent judge of IAM requests, to compare with our evaluator: iam-simulate."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from constructs_lib import SecretAccessError
from constructs_lib.proof import Policies, Request, evaluate
from tools.random_policies import AWAY, HOME, ROOT, Case

# A session policy that allows nothing of what is asked.
NOTHING = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ORACLE = Path(__file__).parents[1] / "tests" / "proof" / "iam" / "oracle"


def oracle_command() -> list[str]:
    """Return the command that judges, installed from its own lock if it is not there yet."""
    if not (ORACLE / "node_modules").exists():
        subprocess.run([_program("npm"), "ci", "--silent"], cwd=ORACLE, check=True)
    return [_program("node"), str(ORACLE / "oracle.mjs")]


def _program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not on PATH; run the suite as `make test`"
    return path


def judged(command: list[str], cases: list[Case]) -> list[dict[str, Any]]:
    lines = "".join(_without_variables(case, json.dumps(simulation(case))) + "\n" for case in cases)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _without_variables(case: Case, text: str) -> str:
    """Return a judge's input in which a variable without a value is a text that no value equals.

    The judge takes a negated operator not to hold then. AWS documents that it holds: "Inverted
    condition operators such as StringNotEquals or StringNotLike match against a null value".
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
    """
    tag = "aws:PrincipalTag/Project"
    return text if tag in case.context else text.replace(f"${{{tag}}}", "no value")


def simulation(case: Case) -> dict[str, Any]:
    """Return a case as the judge's input, with all that the evaluator derives."""
    parts = case.resource.split(":")
    kind, _, name = case.principal.rpartition(":")[2].partition("/")
    context = {
        "aws:PrincipalAccount": HOME,
        "aws:PrincipalArn": case.principal,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": "User" if kind == "user" else "AssumedRole",
        **({"aws:username": name.rpartition("/")[2]} if kind == "user" else {}),
        **(
            {"aws:SecureTransport": "true"}
            if case.action.lower().startswith("secretsmanager:")
            else {}
        ),
        **case.context,
    }

    def named(documents: list[Any], what: str) -> list[dict[str, Any]]:
        return [{"name": f"{what}{i}", "policy": document} for i, document in enumerate(documents)]

    policies = case.policies
    boundary = policies.get("permissions_boundary")

    def levels(policies_by_level: list[list[Any]]) -> list[dict[str, Any]]:
        return [
            {"orgIdentifier": f"level{i}", "policies": named(level, f"control{i}-")}
            for i, level in enumerate(policies_by_level)
        ]

    resource_control = policies.get("resource_control")
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
        "identityPolicies": named(policies["identity"], "identity"),
        "serviceControlPolicies": levels(policies.get("service_control", [])),
        "resourceControlPolicies": levels([resource_control] if resource_control else []),
        **({"sessionPolicy": policies["session"]} if "session" in policies else {}),
        **(
            {"resourcePolicy": not_excepting(policies["resource"])}
            if "resource" in policies
            else {}
        ),
        **({"permissionBoundaryPolicies": named([boundary], "boundary")} if boundary else {}),
    }


def not_excepting(document: dict[str, Any]) -> dict[str, Any]:
    """Return a resource's policy without the principals' account in a NotPrincipal.

    The judge takes it to except all in the account, and notes that this is not tested. AWS
    requires the account in addition to the excepted principal: alone, that excepts none of them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """

    def without_account(statement: dict[str, Any]) -> dict[str, Any]:
        excepted = statement.get("NotPrincipal", {}).get("AWS", [])
        names = [excepted] if isinstance(excepted, str) else excepted
        left = [name for name in names if name not in (HOME, ROOT)]
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
    by_resource = {statement.place.partition(",")[0] for statement in decision.statements}
    if decision.allowed and by_resource == {"resource policy"} and "session" in case.policies:
        unlimited = {**case.policies, "session": {"Statement": NOTHING}}
        if evaluate(request, Policies(**unlimited)).allowed:
            return "past session"
    return "allowed" if decision.allowed else "denied"
