"""`make bench`: the evaluator and the prover, beside what they are measured against."""

import random
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from constructs_lib.proof import Policies, no_new_access
from constructs_lib.proof.askers import Asker
from constructs_lib.proof.inclusion import side_of
from constructs_lib.proof.patterns import pattern
from constructs_lib.proof.question import Question
from constructs_lib.proof.solver import solve
from tests.proof.random_policies import random_case
from tests.proof.test_oracle import answer, judged, oracle_command

BASE = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
ROUNDS, REQUESTS, NAIVE_LIMIT = 3, 4_000, 20.0

Statements = list[dict[str, Any]]


def evaluations() -> None:
    """Print evaluations a second, ours beside @cloud-copilot/iam-simulate's, interleaved."""
    command = oracle_command()
    cases = [random_case(random.Random(each)) for each in range(REQUESTS)]
    ours = median_of(lambda: [answer(case) for case in cases])
    theirs = median_of(lambda: judged(command, cases)) - median_of(lambda: judged(command, []))
    print(f"{'evaluations a second':<38}{'ours':>12}{'iam-simulate':>16}{'ratio':>8}")
    row = f"{REQUESTS / ours:>12,.0f}{REQUESTS / theirs:>16,.0f}{theirs / ours:>8.1f}"
    print(f"{'  policies read anew for each':<38}{row}\n")


def proofs() -> None:
    """Print the time of `no_new_access`, beside the whole question given to cvc5 at once."""
    print(f"{'no_new_access, seconds':<38}{'ours':>12}{'cvc5 alone':>16}{'ratio':>8}")
    for count in (5, 50, 200, 500):
        old = statements(count)
        for name, change in CHANGES.items():
            new = change([dict(statement) for statement in old])
            sides = policies(new), policies(old)
            ours = median_of(lambda sides=sides: no_new_access(*sides))  # type: ignore[misc]
            verdict = no_new_access(*sides)
            assert verdict.proved == (name == "narrower"), (name, verdict)
            began = time.perf_counter()
            found = naive(*sides)
            naively = time.perf_counter() - began
            mark = ">" if isinstance(found, str) else " "
            row = f"{ours:>12.4f}{mark:>8}{naively:>8.3f}{naively / ours:>8.0f}"
            print(f"{f'  {count} statements, {name}':<38}{row}", flush=True)


def statements(count: int) -> Statements:
    """Return as many statements on secrets of many teams, a fifth of them denying some of them."""
    return [
        {
            "Effect": "Deny",
            "Action": "secretsmanager:*",
            "Resource": f"{BASE}team{number - 1}/*/db-root*",
        }
        if number % 5 == 4
        else {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": f"{BASE}team{number}/*/db-*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Team": f"team{number}"}},
        }
        for number in range(count)
    ]


def changed(place: int, **changes: object) -> Callable[[Statements], Statements]:
    def change(found: Statements) -> Statements:
        for key, value in changes.items():
            if value is None:
                found[place].pop(key)
            else:
                found[place][key] = value
        return found

    return change


CHANGES: dict[str, Callable[[Statements], Statements]] = {
    "narrower": changed(2, Resource=f"{BASE}team2/*/db-??????"),
    "glob widened": changed(2, Resource=f"{BASE}team2/*"),
    "condition dropped": changed(2, Condition=None),
    "deny removed": lambda found: found[:4] + found[5:],
}


def policies(found: Statements) -> Policies:
    return Policies([{"Version": "2012-10-17", "Statement": found}])


def naive(new: Policies, old: Policies) -> object:
    """Give the solver the whole question: `new` and not `old`, nothing left out."""
    anything = (pattern("*"),)
    sides = side_of(new), side_of(old)
    return solve(Question(new, old, anything, anything, Asker(), *sides), NAIVE_LIMIT)


def median_of(what: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, median of {ROUNDS} rounds\n")
    evaluations()
    proofs()
