"""What the checks of IAM's quotas add to a synthesis."""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.processes import REPOSITORY

POLICIES, NODES, ROUNDS = 500, 2_000, 7
AIM = 1.10


def checks() -> None:
    """Print the seconds of a synthesis without and with them, interleaved."""
    for validated in (True, False):
        found: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                found[way].append(run(way, validated=validated))
        head = f"synth of {POLICIES} policies, {NODES:,} nodes"
        title = head + ("" if validated else ", unvalidated")
        print(f"{title:<44}{'s':>9}{'ratio':>8}{f' (aim: {AIM:.2f})' if validated else ''}")
        for way, seconds in found.items():
            ratio = median(
                one / other for one, other in zip(seconds, found["without any plugin"], strict=True)
            )
            print(f"  {way:<42}{median(seconds):>9.3f}{ratio:>8.2f}")


def run(way: str, *, validated: bool) -> float:
    """Return the seconds of a synthesis in a process of its own, as `cdk synth` has one."""
    code = f"from benchmarks import checking as c; print(c.synthesis({way!r}, {validated}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def synthesis(way: str, validated: bool) -> float:
    """Return the seconds of a synthesis, with CDK's own validation as it is by default, or not."""
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    from constructs_lib import SecretReader, SecretScope

    app = cdk.App(builtin_cloud_formation_validation=validated)
    stack = cdk.Stack(app, "Stack")
    for number in range(POLICIES):
        role = iam.Role.from_role_name(stack, f"Role{number}", f"app-{number}")
        SecretReader(
            stack, f"Reader{number}", secrets=SecretScope.from_secret_name("a"), roles=[role]
        )
    for number in range(NODES - len(app.node.find_all())):
        cdk.CfnOutput(stack, f"Output{number}", value=str(number))
    plugin = WAYS[way]
    if plugin is not None:
        cdk.Validations.of(app).add_plugins(plugin(app))
    began = time.perf_counter()
    app.synth()
    return time.perf_counter() - began


def _quotas(app: Any) -> Any:
    from constructs_lib import SecretAccessChecks

    return SecretAccessChecks(app)


def _nothing(_: Any) -> Any:
    import jsii
    from aws_cdk import IPolicyValidationPlugin, PolicyValidationPluginReport

    @jsii.implements(IPolicyValidationPlugin)
    class Nothing:
        @property
        def name(self) -> str:
            return "nothing"

        @property
        def version(self) -> str | None:
            return None

        @property
        def rule_ids(self) -> list[str] | None:
            return None

        def validate(self, context: object) -> PolicyValidationPluginReport:
            return PolicyValidationPluginReport(success=True, violations=[])

    return Nothing()


WAYS: dict[str, Callable[[Any], Any] | None] = {
    "without any plugin": None,
    "a plugin that checks nothing": _nothing,
    "the checks of quotas": _quotas,
}
