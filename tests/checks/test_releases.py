"""SecretAccessChecks with a release of CDK that lacks what they need."""

import pytest

from constructs_lib import InvalidOptionError, SecretAccessChecks, checks
from tests.support.apps import unvalidated_app


def test_fails_with_an_older_cdk_and_names_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_HAS_STACKS", False)
    app = unvalidated_app()
    message = "^aws-cdk-lib must be 2.269 or newer for SecretAccessChecks, got 2.*; upgrade it"
    with pytest.raises(InvalidOptionError, match=message):
        SecretAccessChecks(app)
