"""What 200 tests of policies cost, with the fixtures for pytest and with CDK's `Template`."""

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.processes import cost

TESTS = 200
HEAD = """
import aws_cdk as cdk, pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from constructs_lib import SecretReader, SecretScope
from constructs_lib.testing import SecretAccess
from constructs_lib.testing.fixtures import *

def reader(stack, number):
    role = iam.Role.from_role_name(stack, "App", "app")
    SecretReader(stack, "Reader", secrets=SecretScope.from_secret_name(f"a/{number}"), roles=[role])

"""
WAYS = {
    "the fixture, SecretAccess": """
@pytest.mark.parametrize("number", range(TESTS))
def test_it(cdk_stack, number):
    reader(cdk_stack, number)
    access = SecretAccess.from_stack(cdk_stack)
    access.assert_can("app", "secretsmanager:GetSecretValue", f"a/{number}")
""",
    "the fixture, Template": """
@pytest.mark.parametrize("number", range(TESTS))
def test_it(cdk_stack, number):
    reader(cdk_stack, number)
    Template.from_stack(cdk_stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)
""",
    "Template.from_stack, validator off": """
@pytest.mark.parametrize("number", range(TESTS))
def test_it(number):
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
    reader(stack, number)
    Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)
""",
    "Template.from_stack, as it is": """
@pytest.mark.parametrize("number", range(TESTS))
def test_it(number):
    stack = cdk.Stack(cdk.App(), "Stack")
    reader(stack, number)
    Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)
""",
}
PEER = "Template.from_stack, validator off"


def policy_tests(rounds: int = 5) -> None:
    """Print the CPU seconds of 200 tests, without those of starting pytest with one."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for way in WAYS:
            found.setdefault(way, []).append(run(way, TESTS) - run(way, 1))
    peer = median(found[PEER])
    print(f"{f'{TESTS} tests of policies, {rounds} rounds':<44}{'CPU s':>9}{'ratio':>8}")
    for way, seconds in found.items():
        print(f"  {way:<42}{median(seconds):>9.2f}{median(seconds) / peer:>8.2f}")


def run(way: str, count: int) -> float:
    """Return the CPU seconds of a process that runs so many tests."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_it.py").write_text(HEAD + WAYS[way].replace("TESTS", str(count)))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", directory]
        return cost(command, {"TMPDIR": directory}).cpu
