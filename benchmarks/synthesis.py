"""What a policy costs a synthesis, compared with the other ways to write it."""

import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import aws_cdk
import constructs

from benchmarks.cases import SECRETS, WAYS
from benchmarks.processes import Cost, cost

FEW, MANY = 1, 500
HERE = Path(__file__).parent
JAVASCRIPT = ("JavaScript L1", "JavaScript L2")


class Target(NamedTuple):
    """What is aimed at: a way's cost, as a ratio to another's."""

    way: str
    other: str
    most: float


TARGETS = (
    Target("this library", "L1 by hand", 1.25),
    Target("this library", "L2 by hand", 0.6),
    Target("this library", "grant_read", 0.5),
    Target("this library", "JavaScript L2", 1.6),
    Target("this library, 20 secrets each", "L1 by hand", 0.12),
)


def policies(rounds: int = 9) -> None:
    """Print the cost of one more policy: a slope, the median of interleaved rounds."""
    slopes: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    with javascript() as node_path:
        ways = [*WAYS, *JAVASCRIPT, "plain JSON"]
        for way in ways:
            run(way, FEW, node_path)  # caches
        for _ in range(rounds):
            for way in ways:
                few, many = (run(way, count, node_path) for count in (FEW, MANY))
                slopes.setdefault(way, []).append((many.cpu - few.cpu) / (MANY - FEW))
                memory.setdefault(way, []).append(many.mebibytes)
    costs = {
        way: median(each) / (SECRETS if "secrets" in way else 1) for way, each in slopes.items()
    }
    base, megabytes = costs["L1 by hand"], median(memory["L1 by hand"])
    head = f"one more policy, {FEW} to {MANY}, {rounds} rounds"
    print(f"{head:<44}{'CPU ms':>9}{'to L1':>8}{'memory to L1':>14}")
    for way, seconds in costs.items():
        named = f"  {way}" + (" (a secret)" if "secrets" in way else "")
        peak = median(memory[way]) / megabytes
        print(f"{named:<44}{seconds * 1000:>9.2f}{seconds / base:>8.2f}{peak:>14.2f}")
    print()
    for way, other, most in TARGETS:
        ratio = costs[way] / costs[other]
        print(f"  {way} / {other}: {ratio:.2f} (aim: {most}{'' if ratio <= most else ', missed'})")


def run(way: str, count: int, node_path: str) -> Cost:
    """Run one way in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cases"]
    if way in JAVASCRIPT:
        command = [os.environ.get("JSII_NODE", "node"), str(HERE / "cases.cjs")]
    return cost([*command, way, str(count)], {"NODE_PATH": node_path})


@contextmanager
def javascript() -> Iterator[str]:
    """Unpack the JavaScript that the Python packages of CDK carry: the very same code."""
    with tempfile.TemporaryDirectory() as directory:
        site = Path(aws_cdk.__file__).parent
        packages = {
            "aws-cdk-lib": site,
            "constructs": Path(constructs.__file__).parent,
            "@aws-cdk/cloud-assembly-schema": site / "cloud_assembly_schema",
        }
        for name, package in packages.items():
            (archive,) = (package / "_jsii").glob("*.tgz")
            with tarfile.open(archive) as packed:
                for member in packed.getmembers():
                    member.name = member.name.removeprefix("package/")
                    packed.extract(member, Path(directory, name), filter="data")
        yield directory
