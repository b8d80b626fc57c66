"""A stack to build in. The built-in template validation is off: it takes seconds per process."""

import aws_cdk as cdk
import pytest


@pytest.fixture
def app() -> cdk.App:
    return cdk.App(builtin_cloud_formation_validation=False)


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    """A stack that knows neither its account nor its Region."""
    return cdk.Stack(app, "Stack")


@pytest.fixture
def ireland(app: cdk.App) -> cdk.Stack:
    """A stack that knows its account and its Region."""
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(app, "Ireland", env=env)
