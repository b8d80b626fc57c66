"""The demo app: its settings, its template, and cdk-nag's verdict."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion

from tests.support.releases import CHECKS, older_than

if older_than(CHECKS[0]):
    pytest.skip(f"CDK {CHECKS[0]} brought {CHECKS[1]}", allow_module_level=True)

from app import SecretAccessStack
from app_settings import DEFAULTS, read_settings
from constructs_lib import PolicyType, SecretAccessError
from constructs_lib.testing import SecretAccess
from tests.support.apps import ROOT, run, unvalidated_app

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def template(**context: object) -> dict[str, Any]:
    app = unvalidated_app()
    stack = SecretAccessStack(app, "SecretAccess", settings=read_settings(context))
    return dict(Template.from_stack(stack).to_json())


@pytest.mark.parametrize("policy_type", ["managed", "inline"])
def test_the_template_and_its_logical_ids(policy_type: str, snapshot: SnapshotAssertion) -> None:
    assert template(policyType=policy_type, keyArn=KEY_ARN) == snapshot


def test_settings_have_defaults() -> None:
    settings = read_settings({})
    assert settings.secrets.arn.endswith(":secret:prod/db-??????")
    assert settings.user_name == settings.denied_user_name == "secrets-administrator"
    assert settings.role_name == "secrets-application"
    assert settings.tags == {"Environment": "prod"}
    assert settings.policy_type is PolicyType.MANAGED
    assert (settings.secrets.key_arn, settings.prefix_reason, settings.bootstrapless) == (
        None,
        None,
        False,
    )


def test_every_setting_reaches_the_policies() -> None:
    text = json.dumps(
        template(
            secretName="team/api-key",
            keyArn=KEY_ARN,
            userName="alice",
            roleName="app",
            deniedUserName="bob",
            tagKey="Project",
            tagValue="orders",
        )
    )
    for expected in (
        ":secret:team/api-key-??????",
        f'"{KEY_ARN}"',
        '"Users": ["alice"]',
        '"Users": ["bob"]',
        '"Roles": ["app"]',
        '{"secretsmanager:ResourceTag/Project": "orders"}',
    ):
        assert expected in text


@pytest.mark.parametrize("policy_type", ["managed", "inline"])
def test_everyone_may_do_what_the_article_says_and_nobody_more(policy_type: str) -> None:
    settings = {"userName": "alice", "roleName": "app", "deniedUserName": "bob"}
    access = SecretAccess.from_template(
        template(**settings, keyArn=KEY_ARN, policyType=policy_type),
        region="eu-west-1",
        account="111122223333",
    )
    access.assert_can_read("app", "prod/db", encryption_key=KEY_ARN)
    access.assert_only(["app", "alice"], "secretsmanager:GetSecretValue", "prod/db")
    for action in ("CreateSecret", "PutSecretValue", "RotateSecret", "DeleteSecret"):
        access.assert_only(["alice"], f"secretsmanager:{action}", "prod/db")
    access.assert_only(["alice"], "secretsmanager:ListSecrets")
    tagged = {"secretsmanager:ResourceTag/Environment": "prod"}
    access.assert_can("app", "secretsmanager:DescribeSecret", "dev/db", context=tagged)
    access.assert_never("bob", "*")
    access.assert_never("*", ["secretsmanager:PutResourcePolicy", "secretsmanager:TagResource"])


def test_a_denied_user_is_denied_what_it_administers() -> None:
    access = SecretAccess.from_template(template(userName="alice"))
    access.assert_can("alice", "secretsmanager:PutSecretValue", "prod/db")
    same = SecretAccess.from_template(template(userName="alice", deniedUserName="alice"))
    for action in ("GetSecretValue", "DescribeSecret"):
        same.assert_never("alice", f"secretsmanager:{action}", "prod/db")


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"policyType": "inline", "keyArn": KEY_ARN},
        {"secretNamePrefix": "prod/", "secretNamePrefixReason": "the team owns this folder"},
    ],
)
def test_it_synthesizes_without_credentials_and_cdk_nag_is_content(
    context: dict[str, object], tmp_path: Path
) -> None:
    """In a process of its own: with the validation of CDK and of cdk-nag on."""
    done = run(context, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "SecretAccess.template.json" in {path.name for path in tmp_path.iterdir()}


def test_cdk_nag_does_watch_over_it(tmp_path: Path) -> None:
    """A wildcard that nobody acknowledged fails the synth: the verdict above means something."""
    code = "import app\napp.acknowledge = lambda construct, finding, reason: None\napp.main()\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "AwsSolutions-IAM5[Resource::*]" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"secretName": "prod/*"}, "^setting secretName: .*contains"),
        ({"secretName": ""}, "^setting secretName is ''"),
        ({"secretName": 7}, "^setting secretName is 7"),
        ({"secretNamePrefix": "prod/*"}, "^setting secretNamePrefixReason is None"),
        (
            {"secretNamePrefix": "prod/*", "secretNamePrefixReason": "ours"},
            "^setting secretNamePrefix: .*contains",
        ),
        ({"secretNamePrefixReason": "ours"}, "^setting secretNamePrefixReason is 'ours'"),
        (
            {"secretName": "a", "secretNamePrefix": "a", "secretNamePrefixReason": "ours"},
            "^setting secretNamePrefix is 'a'; either",
        ),
        ({"keyArn": "alias/orders"}, "^setting keyArn: key ARN must"),
        ({"keyArn": "arn:aws:kms:eu-west-1:111122223333:alias/a"}, "^setting keyArn: .*alias"),
        ({"userName": "team/alice"}, "^setting userName is .*without a path"),
        ({"roleName": "a b"}, "^setting roleName is"),
        ({"deniedUserName": "*"}, "^setting deniedUserName is"),
        ({"tagKey": ""}, "^setting tagKey is ''"),
        ({"tagValue": "*"}, "^setting tagKey or tagValue: value of tag"),
        ({"policyType": "both"}, "^setting policyType is 'both'; managed or inline is allowed"),
        ({"secret_name": "a"}, "^setting secret_name is 'a'; the settings are"),
        ({"Secret-Name": "a"}, "^setting Secret-Name is 'a'; the settings are"),
        ({"secretname": "a"}, "^setting secretname is 'a'; the settings are secretName"),
        ({"synthesizer": "x"}, "^setting synthesizer is 'x'; default or bootstrapless"),
    ],
)
def test_fails_on_a_wrong_setting_by_its_name(context: dict[str, object], message: str) -> None:
    with pytest.raises(SecretAccessError, match=message):
        read_settings(context)


def test_fails_with_the_message_alone(tmp_path: Path) -> None:
    done = run({"policyType": "both"}, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: setting policyType is 'both'")
    assert "Traceback" not in done.stderr


def test_the_page_of_the_app_has_every_default() -> None:
    page = (ROOT / "docs" / "deploy-the-article.md").read_text()
    for name, value in DEFAULTS.items():
        assert f"| `{name}` | `{value}` |" in page
