"""What the checks of IAM's quotas add to a synthesis."""

import time
from statistics import median

POLICIES, NODES = 500, 2_000


def checks(rounds: int = 9) -> None:
    """Print the seconds of a synthesis with and without them, interleaved."""
    with_checks, without = [], []
    for _ in range(rounds):
        without.append(synthesis(checked=False))
        with_checks.append(synthesis(checked=True))
    ratio = median(one / other for one, other in zip(with_checks, without, strict=True))
    title = f"synth of {POLICIES} policies, {NODES:,} nodes"
    print(f"{title:<44}{'s':>9}{'to':>8}{'ratio':>8}{'aim':>8}")
    row = f"{median(with_checks):>9.3f}{median(without):>8.3f}{ratio:>8.2f}{1.10:>8.2f}"
    print(f"  {'with the checks of quotas, to without':<42}{row}")


def synthesis(*, checked: bool) -> float:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    from constructs_lib import SecretAccessChecks, SecretReader, SecretScope

    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    for number in range(POLICIES):
        role = iam.Role.from_role_name(stack, f"Role{number}", f"app-{number}")
        SecretReader(
            stack, f"Reader{number}", secrets=SecretScope.from_secret_name("a"), roles=[role]
        )
    for number in range(NODES - len(app.node.find_all())):
        cdk.CfnOutput(stack, f"Output{number}", value=str(number))
    if checked:
        cdk.Validations.of(app).add_plugins(SecretAccessChecks(app))
    began = time.perf_counter()
    app.synth()
    return time.perf_counter() - began
