"""Fixtures for pytest: a CDK app and a stack to test in, which synthesize fast.

In your topmost `conftest.py`:

    pytest_plugins = ["constructs_lib.testing.fixtures"]

and in a test:

    def test_the_task_reads_its_secret(cdk_stack):
        orders = Orders(cdk_stack, "Orders")
        SecretAccess.from_stack(cdk_stack).assert_can_read(orders.task_role, orders.secret)
"""

from collections.abc import Iterator
from inspect import signature
from os import W_OK, access
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aws_cdk import App, BootstraplessSynthesizer, Stack

# A file system in memory, where the machine has it.
_MEMORY = "/dev/shm"

# Earlier releases of CDK have no such argument.
_VALIDATION = "builtin_cloud_formation_validation"
_WITHOUT_VALIDATION: dict[str, Any] = (
    {_VALIDATION: False} if _VALIDATION in signature(App.__init__).parameters else {}
)

__all__ = ["_synthesizer", "cdk_app", "cdk_stack"]


@pytest.fixture(scope="session")
def _synthesizer() -> BootstraplessSynthesizer:
    return BootstraplessSynthesizer()  # each stack has a copy of it


@pytest.fixture
def cdk_app(_synthesizer: BootstraplessSynthesizer) -> Iterator[App]:
    """Return an app for one test, without the parts of CDK that a test of policies does not need.

    The app has no tree of constructs and no analytics, and publishes no assets
    (`BootstraplessSynthesizer`). It skips CDK's validation of templates, which needs seconds in
    each process. Keep the validation on in the real app.

    The cloud assembly is in memory if the machine has such a file system. The fixture removes it
    after the test.
    """
    with TemporaryDirectory(dir=_MEMORY if access(_MEMORY, W_OK) else None) as directory:
        yield App(
            outdir=directory,
            analytics_reporting=False,
            default_stack_synthesizer=_synthesizer,
            tree_metadata=False,
            **_WITHOUT_VALIDATION,
        )


@pytest.fixture
def cdk_stack(cdk_app: App) -> Stack:
    """Return a stack of `cdk_app`; it knows neither its account nor its Region."""
    return Stack(cdk_app, "Stack")
