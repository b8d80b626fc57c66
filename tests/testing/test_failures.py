"""A failed assertion prints its message and the line of the test, and no code of the library."""

import subprocess
import sys
from pathlib import Path

FAILING = """
from constructs_lib.testing import SecretAccess

RESOURCES = {
    "App": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    }}},
    "Db": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
}
ACCESS = SecretAccess.from_template({"Resources": RESOURCES}, account="111122223333")
OTHER = SecretAccess.from_template({"Resources": RESOURCES | {"Reads": {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyName": "reads",
        "Roles": [{"Ref": "App"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": {"Ref": "Db"},
        }]},
    },
}}}, account="111122223333")
GET = "secretsmanager:GetSecretValue"


def test_can():
    ACCESS.assert_can("App", GET, "Db")


def test_can_read():
    ACCESS.assert_can_read("App", "Db")


def test_cannot():
    OTHER.assert_cannot("App", GET, "Db")


def test_only():
    OTHER.assert_only([], GET, "Db")


def test_never():
    OTHER.assert_never("App", GET, "Db")


def test_no_new_access():
    OTHER.assert_no_new_access(since=ACCESS)
"""


def test_a_failure_shows_no_code_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir"]
    done = subprocess.run(
        [*command, str(tmp_path), str(tmp_path / "test_failing.py")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "6 failed" in done.stdout, done.stdout + done.stderr
    assert "role App (stack template) is not allowed" in done.stdout
    assert "raise AssertionError" not in done.stdout
    assert "constructs_lib/testing" not in done.stdout
    failures = done.stdout.partition("short test summary info")[0]
    assert len(failures.splitlines()) < 6 * 12, failures
