"""The stacks to build in."""

import aws_cdk as cdk
import pytest

from constructs_lib.testing.fixtures import _synthesizer, cdk_app, cdk_stack

__all__ = ["_synthesizer", "app", "cdk_app", "cdk_stack", "ireland", "stack"]


@pytest.fixture
def app(cdk_app: cdk.App) -> cdk.App:
    return cdk_app


@pytest.fixture
def stack(cdk_stack: cdk.Stack) -> cdk.Stack:
    """Return a stack that knows neither its account nor its Region."""
    return cdk_stack


@pytest.fixture
def ireland(app: cdk.App) -> cdk.Stack:
    """Return a stack that knows its account and its Region."""
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(app, "Ireland", env=env)
