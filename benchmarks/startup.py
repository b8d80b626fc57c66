"""What it costs to import the library, and to start its command line."""

import sys
from statistics import median

from benchmarks.processes import cost

IAM = "from aws_cdk import aws_iam"
PAIRS = {
    "import constructs_lib, to aws_iam alone": (
        ["-c", f"{IAM}; from constructs_lib import SecretReader, SecretScope"],
        ["-c", IAM],
        1.05,
    ),
    "python -m constructs_lib policy, to python": (
        [
            *("-m", "constructs_lib", "policy", "reader", "--secret-name", "prod/db"),
            *("--region", "eu-west-1", "--account", "111122223333"),
        ],
        ["-c", "pass"],
        3.0,
    ),
}


def starts(rounds: int = 15) -> None:
    """Print the CPU seconds of each pair, interleaved."""
    print(f"{f'start, {rounds} rounds':<44}{'CPU s':>9}{'to':>8}{'ratio':>8}{'aim':>8}")
    for name, (ours, peer, aim) in PAIRS.items():
        found: list[tuple[float, float]] = []
        for _ in range(rounds):
            found.append((cost([sys.executable, *ours]).cpu, cost([sys.executable, *peer]).cpu))
        mine, theirs = (median(each) for each in zip(*found, strict=True))
        ratio = median(one / other for one, other in found)
        print(f"  {name:<42}{mine:>9.3f}{theirs:>8.3f}{ratio:>8.2f}{aim:>8.2f}")
