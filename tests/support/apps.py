"""The app of the repository and the examples, as tests run and synthesize them."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from constructs_lib.testing.fixtures import _WITHOUT_VALIDATION

ROOT = Path(__file__).parents[2]

EXAMPLES = {
    "administrators_are_denied": "PayrollStack",
    "app_reads_replicas": "WebhookStack",
    "break_glass_user_is_not_denied": "OperatorsStack",
    "function_reads_database_secret": "OrdersStack",
    "function_rotates_database_users": "ReportsStack",
    "group_shares_a_policy": "OnCallStack",
    "teams_keep_their_own_secrets": "TeamsStack",
    "two_accounts_share_a_secret": "two_accounts",
}


def unvalidated_app(**options: Any) -> cdk.App:
    """Return an app that synthesizes fast: without CDK's validation, which older ones lack."""
    return cdk.App(**_WITHOUT_VALIDATION, **options)


def run(context: Mapping[str, object], out: Path) -> subprocess.CompletedProcess[str]:
    """Run the app as the CDK CLI does."""
    environment = {**os.environ, "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)}
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def stack_of(example: str, *, outdir: str | None = None) -> cdk.Stack:
    module = importlib.import_module(f"examples.{example}")
    app = unvalidated_app(outdir=outdir)
    stack: cdk.Stack = getattr(module, EXAMPLES[example])(app, example.replace("_", "-"))
    return stack
