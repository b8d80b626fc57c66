"""What the checks of IAM's quotas add to a synthesis."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

POLICIES, NODES, ROUNDS = 500, 2_000, 9


def checks() -> None:
    """Print the seconds of a synthesis without and with them, interleaved."""
    ways: dict[str, Callable[[], Callable[[Any], Any] | None]] = {
        "without any plugin": lambda: None,
        "a plugin that checks nothing": _nothing,
        "the checks of quotas": _quotas,
    }
    for validated in (True, False):
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, plugin in ways.items():
                found[way].append(synthesis(plugin(), validated=validated))
        head = f"synth of {POLICIES} policies, {NODES:,} nodes"
        print(f"{head + ('' if validated else ', unvalidated'):<44}{'s':>9}{'ratio':>8}")
        for way, seconds in found.items():
            ratio = median(
                one / other for one, other in zip(seconds, found["without any plugin"], strict=True)
            )
            print(f"  {way:<42}{median(seconds):>9.3f}{ratio:>8.2f}")


def synthesis(plugin: Callable[[Any], Any] | None, *, validated: bool) -> float:
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
    if plugin is not None:
        cdk.Validations.of(app).add_plugins(plugin(app))
    began = time.perf_counter()
    app.synth()
    return time.perf_counter() - began


def _quotas() -> Callable[[Any], Any]:
    from constructs_lib import SecretAccessChecks

    return SecretAccessChecks


def _nothing() -> Callable[[Any], Any]:
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

    return lambda _: Nothing()
