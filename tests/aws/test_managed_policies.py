"""The data on AWS's managed policies."""

import json

import pytest

from constructs_lib.aws.actions import SERVICES
from constructs_lib.aws.managed_policies import DATA, KNOWN_SERVICES, ManagedPolicy, managed_policy
from constructs_lib.proof import Policies, Request, evaluate

OF_AWS = "arn:aws:iam::aws:policy/"
BASIC = f"{OF_AWS}service-role/AWSLambdaBasicExecutionRole"
UNKNOWN = f"{OF_AWS}NoSuchPolicy"
ROLE = "arn:aws:iam::111122223333:role/app"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
GET = "secretsmanager:GetSecretValue"
DESCRIBE = "secretsmanager:DescribeSecret"


def policy(path: str) -> ManagedPolicy:
    found = managed_policy(OF_AWS + path)
    assert found is not None
    return found


def allows(path: str, action: str, resource: str = SECRET) -> bool:
    """Return whether the known statements of a policy allow an action."""
    document = policy(path).document("arn:aws:unknown:::x")
    return evaluate(Request(ROLE, action, resource), Policies(identity=[document])).allowed


@pytest.mark.parametrize(
    ("path", "allowed", "not_allowed"),
    [
        ("AdministratorAccess", [GET, "kms:Decrypt", "iam:CreateRole", "s3:GetObject"], []),
        ("SecretsManagerReadWrite", [GET, "secretsmanager:PutResourcePolicy"], ["kms:Decrypt"]),
        ("PowerUserAccess", [GET, "kms:Decrypt", "sts:AssumeRole"], ["iam:CreateRole"]),
        ("ReadOnlyAccess", [DESCRIBE, "iam:GetRole"], [GET, "kms:Decrypt", "sts:AssumeRole"]),
        ("SecurityAudit", [DESCRIBE, "iam:ListRoles"], [GET, "kms:Decrypt"]),
        ("job-function/ViewOnlyAccess", ["iam:ListRoles"], [GET, "iam:GetRole"]),
        ("IAMFullAccess", ["iam:CreateRole"], [GET, "kms:Decrypt", "sts:AssumeRole"]),
        ("AWSDenyAll", [], [GET, "kms:Decrypt"]),
        ("service-role/AWSLambdaBasicExecutionRole", [], [GET, "kms:Decrypt", "iam:PassRole"]),
        ("service-role/AmazonECSTaskExecutionRolePolicy", [], [GET, "kms:Decrypt"]),
        ("service-role/AWS_ConfigRole", ["iam:GetRole", "kms:DescribeKey"], [GET, "kms:Decrypt"]),
        ("AmazonSSMManagedInstanceCore", [], [GET, "kms:Decrypt", "sts:AssumeRole"]),
        ("AWSCodeBuildAdminAccess", [], [GET, "kms:Decrypt", "iam:PassRole"]),
    ],
)
def test_the_statements_of_well_known_policies(
    path: str, allowed: list[str], not_allowed: list[str]
) -> None:
    assert [action for action in [*allowed, *not_allowed] if allows(path, action)] == allowed


def test_a_policy_is_known_by_its_whole_arn() -> None:
    found = managed_policy(BASIC)
    assert found is not None
    assert found.name == "AWSLambdaBasicExecutionRole"
    assert str(found) == f"AWS managed policy {found.name} as of {found.date}"


@pytest.mark.parametrize(
    "arn",
    [
        UNKNOWN,
        "AdministratorAccess",
        "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",  # its path is missing
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::111122223333:policy/AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:aws-us-gov:iam::aws:policy/AdministratorAccess",
        "",
    ],
)
def test_fails_to_know_another_arn(arn: str) -> None:
    assert managed_policy(arn) is None


def test_a_statement_on_other_services_has_their_names_alone() -> None:
    (statement,) = managed_policy(BASIC).document("x")["Statement"]  # type: ignore[union-attr]
    assert statement == {"Effect": "Allow", "Action": ["logs:*"], "Resource": "x"}


def test_each_document_can_be_read_and_names_services_of_aws() -> None:
    request = Request(ROLE, GET, SECRET)
    named: set[str] = set()
    names = [line.split('"')[1] for line in DATA.read_text("utf-8").splitlines()[1:-1]]
    assert len(names) == len(set(names)) > 1500
    for name in names:
        found = policy(name)
        evaluate(request, Policies(identity=[found.document("*")]))
        for statement in found.known:
            if isinstance(statement, str):
                effect, *services = statement.split()
                assert effect in ("Allow", "Deny")
                assert services
                named.update(services)
    assert named.isdisjoint(KNOWN_SERVICES)
    assert len(named & SERVICES) > 300


def test_the_data_has_a_policy_on_each_line() -> None:
    text = DATA.read_text("utf-8")
    head, *lines, tail = text.splitlines()
    assert [*json.loads(text)] == ["source", "date", "policies"]
    assert head.endswith('"policies":{')
    assert lines == sorted(lines)
    assert tail == "}}"
