"""The commands of docs/command-line.md, run with the real AWS CLI, and then tried as the user."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import ACCOUNT, REGION, Aws, Credentials
from tests.support.apps import unvalidated_app
from tests.support.docs_blocks import BLOCKS

ROOT = Path(__file__).parents[2]
HERE = ["--region", REGION, "--account", ACCOUNT]
ASSUMABLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def shell(aws: Aws, script: str, directory: Path) -> None:
    """Run a script as a user would, with this environment's programs."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**aws.environment(), "PATH": programs, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-euc", script],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def alice(aws: Aws) -> Credentials:
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def read(aws: Aws, who: Credentials, name: str) -> str:
    try:
        return str(
            aws.client("secretsmanager", who).get_secret_value(SecretId=name)["SecretString"]
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_the_commands_of_the_page_let_the_user_and_the_role_read(
    aws: Aws, alice: Credentials, tmp_path: Path
) -> None:
    manager = aws.client("secretsmanager")
    for name in ("prod/db", "prod/db-replica"):
        manager.create_secret(Name=name, SecretString="value")
    iam = aws.client("iam")
    iam.create_role(RoleName="orders-task", AssumeRolePolicyDocument=json.dumps(ASSUMABLE))
    iam.put_user_policy(
        UserName="alice",
        PolicyName="assume",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
            }
        ),
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/orders-task"
    session = aws.client("sts", alice).assume_role(RoleArn=arn, RoleSessionName="task")
    keys = session["Credentials"]
    task = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert read(aws, alice, "prod/db") == read(aws, task, "prod/db") == "AccessDeniedException"

    (script,) = (block["body"] for block in BLOCKS if block["mark"] == "run: aws")
    shell(aws, script, tmp_path)

    assert read(aws, alice, "prod/db") == read(aws, task, "prod/db") == "value"
    assert read(aws, alice, "prod/db-replica") == "AccessDeniedException"
    assert read(aws, task, "prod/db-replica") == "AccessDeniedException"


@pytest.mark.parametrize(
    "arguments",
    [
        ["reader", "--secret-name", "prod/db", "--describe", "--batch", *HERE],
        ["admin", "--secret-name-prefix", "prod/", *HERE],
        ["creator", "--secret-name", "prod/db", *HERE],
        ["creator", "--secret-name", "a", "--required-tag", "Project=orders", *HERE],
        ["writer", "--secret-name", "prod/db", *HERE],
        ["describer", "--secret-name", "prod/db", "--list", "--mfa", *HERE],
        [
            *("admin", "--secret-name", "prod/db", *HERE, "--minimum-recovery-window", "14"),
            *("--rotation-function", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"),
            *("--manage-resource-policy", "--replicate-to", "eu-central-1", "--tag-key", "Owner"),
            *("--vpc-endpoint", "vpce-0123456789abcdef0", "--organization-id", "o-a1b2c3d4e5"),
        ],
        ["describer", "--tag", "Project=orders", "--tag", "Project=billing"],
        ["deny", "--secret-name", "prod/db", *HERE],
    ],
    ids=lambda arguments: arguments[0],
)
def test_iam_takes_every_document_and_gives_it_back(
    aws: Aws, arguments: list[str], tmp_path: Path
) -> None:
    name = re.sub(r"[^A-Za-z0-9]+", "-", "".join(arguments))[:128]
    script = (
        f"python -m constructs_lib policy {' '.join(arguments)} > policy.json\n"
        f"aws iam create-policy --policy-name {name} --policy-document file://policy.json\n"
    )
    shell(aws, script, tmp_path)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    found: dict[str, Any] = aws.client("iam").get_policy_version(PolicyArn=arn, VersionId="v1")
    document = json.loads((tmp_path / "policy.json").read_text())
    assert found["PolicyVersion"]["Document"] == document


def test_the_documents_are_those_of_the_constructs(tmp_path: Path) -> None:
    """The page says so: rendered for one Region and account, a construct's is the CLI's."""
    import aws_cdk as cdk

    from constructs_lib import SecretReader, SecretScope

    stack = cdk.Stack(unvalidated_app(), "Stack")
    reader = SecretReader(stack, "Reader", secrets=SecretScope.from_secret_name("prod/db"))
    emitted = json.dumps(stack.resolve(reader.policy_documents[0]))
    for placeholder, value in {
        "${AWS::Partition}": "aws",
        "${AWS::Region}": REGION,
        "${AWS::AccountId}": ACCOUNT,
    }.items():
        emitted = emitted.replace(placeholder, value)
    emitted = re.sub(r'\{"Fn::Sub": ("[^"]*")\}', r"\1", emitted)

    command = [sys.executable, "-m", "constructs_lib", "policy", "reader"]
    done = subprocess.run(
        [*command, "--secret-name", "prod/db", *HERE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(emitted) == json.loads(done.stdout)
