"""The evaluator and the prover, compared with their peers."""

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.matrix import matrix
from constructs_lib.errors import SecretAccessError
from constructs_lib.proof import Policies, Request, Verdict, evaluate, no_new_access
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.symbolic.goal import PoliciesJudge, ProofGoal
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.smt_encoding import solve
from constructs_lib.proof.symbolic.subsumption import side_of
from tools.oracle import answer, judged, oracle_command
from tools.random_policies import ROLE, Case, random_case

BASE = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
ROUNDS, REQUESTS, NAIVE_LIMIT = 3, 4_000, 10.0

Statements = list[dict[str, Any]]


def evaluations() -> None:
    """Print evaluations a second, ours and @cloud-copilot/iam-simulate's, interleaved."""
    command = oracle_command()
    cases = [random_case(random.Random(each)) for each in range(REQUESTS)]
    ready = [(request_of(case), Policies(**case.policies)) for case in cases]
    anew = median_of(lambda: [answer(case) for case in cases])
    theirs = median_of(lambda: judged(command, cases)) - median_of(lambda: judged(command, []))
    once = median_of(lambda: [decided(*each) for each in ready])
    print(f"{'evaluations a second':<38}{'ours':>12}{'iam-simulate':>16}{'ratio':>8}")
    for what, ours in (("policies read anew for each", anew), ("policies read once", once)):
        row = f"{REQUESTS / ours:>12,.0f}{REQUESTS / theirs:>16,.0f}{theirs / ours:>8.1f}"
        print(f"{f'  {what}':<38}{row}")


def request_of(case: Case) -> Request:
    return Request(case.principal, case.action, case.resource, case.context)


def decided(request: Request, policies: Policies) -> bool | None:
    try:
        return evaluate(request, policies).allowed
    except SecretAccessError:
        return None


def proofs() -> None:
    """Print the time of `no_new_access`, and of the whole question given to cvc5 at once."""
    print(f"\n{'no_new_access, seconds':<38}{'ours':>12}{'cvc5 alone':>16}{'ratio':>8}")
    for count in (5, 50, 200, 500):
        compare(f"{count} statements", statements(count), policies)
    print(f"\n{'the same of a resource policy':<38}{'ours':>12}{'cvc5 alone':>16}{'ratio':>8}")
    for count in (50, 200):
        compare(f"{count} statements", statements(count), shared, ROLE)


def compare(
    label: str,
    old: Statements,
    made: Callable[[Statements], Policies],
    principal: str | None = None,
) -> None:
    for name, change in CHANGES.items():
        new = change([dict(statement) for statement in old])
        sides = made(new), made(old)

        def ask(sides: tuple[Policies, Policies] = sides) -> Verdict:
            return no_new_access(*sides, principal=principal)

        ours, verdict = median_of(ask), ask()
        assert verdict.proved == (name == "narrower"), (name, verdict)
        began = time.perf_counter()
        found = naive(*sides, principal)
        naively = time.perf_counter() - began
        mark = ">" if isinstance(found, str) else " "
        row = f"{ours:>12.4f}{mark:>8}{naively:>8.3f}{naively / ours:>8.0f}"
        print(f"{f'  {label}, {name}':<38}{row}", flush=True)


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


def shared(found: Statements) -> Policies:
    """Return the statements as those of a resource's policy, which names one role in each."""
    named = [{**statement, "Principal": {"AWS": ROLE}} for statement in found]
    return Policies(resource={"Version": "2012-10-17", "Statement": named})


def naive(new: Policies, old: Policies, principal: str | None) -> object:
    """Give the solver the whole question: `new` and not `old`, nothing left out."""
    anything = (pattern("*"),)
    principal_class = PrincipalClass(principal, known=principal is not None)
    granted = principal is not None
    sides = (
        side_of(new, principal_class, granted=granted),
        side_of(old, principal_class, granted=granted),
    )
    judge = PoliciesJudge(new, old, principal_class, granted, {})
    return solve(ProofGoal(anything, anything, principal_class, *sides, judge), NAIVE_LIMIT)


def median_of(what: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def judgements() -> None:
    """Print all of them."""
    evaluations()
    matrix(median_of)
    proofs()
