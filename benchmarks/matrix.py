"""Principals x secrets: who may read which of many secrets, compared with one question a pair."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from constructs_lib.proof.cloudformation.model import Deployment
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.proof.deployment.matrix import granted
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.request_context import complete_request

COUNT, ASKED = 1_000, 2_000
GET = "secretsmanager:GetSecretValue"


def matrix(median_of: Callable[[Callable[[], object]], float]) -> None:
    """Print the time and memory of all pairs, where a role reads few secrets or many."""
    title = f"{COUNT:,} roles x {COUNT:,} secrets, seconds"
    print(f"\n{title:<38}{'ours':>12}{'pair by pair':>16}{'ratio':>8}{'peak':>11}")
    for each in (1, 10, 100):
        deployment = deployed(each)
        seconds = median_of(lambda found=deployment: pairs(found))  # type: ignore[misc]
        began = time.perf_counter()
        ask_each(deployment, ASKED)
        one_by_one = (time.perf_counter() - began) * COUNT * COUNT / ASKED
        tracemalloc.start()
        found = list(granted(deployment, GET))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        number = sum(len(one.secrets) for one in found)
        assert number == COUNT * each, number
        row = f"{seconds:>12.2f}{'~':>8}{one_by_one:>8.0f}{one_by_one / seconds:>8.0f}"
        print(f"{f'  {number:,} pairs granted':<38}{row}{peak:>8.1f} MB", flush=True)


def deployed(each: int) -> Deployment:
    """Return roles of which each reads as many of the secrets, all under one prefix."""
    resources: dict[str, Any] = {
        f"Secret{number}": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": f"team{number // each}/db{number}"},
        }
        for number in range(COUNT)
    }
    for number in range(COUNT):
        team = f"team{number * each % COUNT // each}"
        resource = f"arn:aws:secretsmanager:eu-west-1:111122223333:secret:{team}/*"
        statement = {"Effect": "Allow", "Action": GET, "Resource": resource}
        document = {"Version": "2012-10-17", "Statement": statement}
        resources[f"Role{number}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": document}]},
        }
    stack = Stack("Shop", {"Resources": resources}, region="eu-west-1", account="111122223333")
    (found,) = read([stack])
    return found


def pairs(deployment: Deployment) -> int:
    """Return how many pairs of a role and a secret are granted."""
    return sum(len(one.secrets) for one in granted(deployment, GET))


def ask_each(deployment: Deployment, count: int) -> int:
    """Ask about so many pairs, one by one."""
    asked = 0
    for number in range(count):
        who = deployment.principals[number % COUNT]
        secret = deployment.secrets[number * 7 % COUNT]
        access_request = complete_request(AccessRequest(who, GET, secret.arn), secret, None)
        asked += (
            evaluate_partially(
                access_request, deployment.unknowns, resource=secret.policies
            ).allowed
            is True
        )
    return asked
