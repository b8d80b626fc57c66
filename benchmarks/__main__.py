"""`make bench`: what everything costs, and what its peers cost, in one run.

`make bench ARGS="synthesis checks"` runs some of it.
"""

import sys
from collections.abc import Callable

from benchmarks.checking import checks
from benchmarks.proofs import judgements
from benchmarks.startup import starts
from benchmarks.suite import policy_tests
from benchmarks.synthesis import policies

PARTS: dict[str, Callable[[], None]] = {
    "synthesis": policies,
    "startup": starts,
    "tests": policy_tests,
    "checks": checks,
    "proofs": judgements,
}

if __name__ == "__main__":
    asked = sys.argv[1:] or [*PARTS]
    unknown = [part for part in asked if part not in PARTS]
    if unknown:
        sys.exit(f"error: {unknown[0]!r} is no part; {', '.join(PARTS)} are")
    print(f"Python {sys.version.split()[0]}")
    for part in asked:
        print(f"\n--- {part} ---", flush=True)
        PARTS[part]()
