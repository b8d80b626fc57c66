"""The release of CDK that the tests run with, and the tests that need a newer one."""

from importlib.metadata import version

import pytest

CDK = tuple(int(part) for part in version("aws-cdk-lib").split("."))


def older_than(release: str) -> bool:
    return tuple(map(int, release.split("."))) > CDK


# The releases that brought what a test needs; `tools/other_cdk.py` runs the tests with older ones.
CHECKS = ("2.269", "the stacks of a validation, which SecretAccessChecks reads")
CDK_NAG = ("2.257", "the validations of cdk-nag 3")
ACCOUNTS = ("2.257", "references between stacks of two accounts")


def needs_cdk(release: str, reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that is skipped with an older release."""
    return pytest.mark.skipif(older_than(release), reason=f"CDK {release} brought {reason}")
