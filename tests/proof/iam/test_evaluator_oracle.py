"""The evaluator against a judge that we did not write: @cloud-copilot/iam-simulate.

`ORACLE_REQUESTS=1000000` asks for more requests, `ORACLE_SEED=...` for those of an earlier run.
"""

import os
import random
import time
from collections import Counter

from tools.oracle import answer, judged, oracle_command
from tools.random_policies import random_case

REQUESTS = int(os.environ.get("ORACLE_REQUESTS", "20000"))
SEED = int(os.environ.get("ORACLE_SEED", str(random.SystemRandom().randrange(2**32))))


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
