"""Intents that the demo does not deploy, tried out where the emulated AWS enforces them.

It has no condition keys of Secrets Manager's own (keys, functions, windows, Regions, public
policies, tags), nor of the network, the organization and MFA, and it fills in no variables:
tests/proof has those. What needs one of them to be there is denied here, which is tried too.
"""

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib import (
    AccessConditions,
    AdministerSecrets,
    CreateSecrets,
    DenyLevel,
    DenySecrets,
    DescribeSecrets,
    RotateSecrets,
    SecretScope,
    ShareSecret,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.aws.tokens import PARTITION, URL_SUFFIX
from constructs_lib.policy.document import document_for_iam
from constructs_lib.policy.statement import Statement
from demo.emulator import ACCOUNT, REGION, Aws, Credentials

Call = Callable[[Any, str], object]

SECRET, NEIGHBOUR = "prod/db", "prod/db2"
TARGET = SecretScope.from_secret_name(SECRET, region=REGION, account=ACCOUNT)
OTHER = SecretScope.from_secret_name(NEIGHBOUR, region=REGION, account=ACCOUNT)
NEW = SecretScope.from_secret_name_prefix("new/", region=REGION, account=ACCOUNT)
SHARED = SecretScope.from_secret_name(
    SECRET, region=REGION, account=ACCOUNT, encryption_key=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abc"
)
EVERYTHING = Statement("All", "Allow", ("secretsmanager:*",), ("*",))
NUMBERS = itertools.count()


def tags(**given: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


CALLS: dict[str, Call] = {
    "put": lambda manager, name: manager.put_secret_value(SecretId=name, SecretString="new"),
    "update": lambda manager, name: manager.update_secret(SecretId=name, SecretString="new"),
    "get": lambda manager, name: manager.get_secret_value(SecretId=name),
    "describe": lambda manager, name: manager.describe_secret(SecretId=name),
    "versions": lambda manager, name: manager.list_secret_version_ids(SecretId=name),
    "policy": lambda manager, name: manager.get_resource_policy(SecretId=name),
    "list": lambda manager, _: manager.list_secrets(),
    "password": lambda manager, _: manager.get_random_password(),
    "tag CostCenter": lambda manager, name: manager.tag_resource(
        SecretId=name, Tags=tags(CostCenter="1")
    ),
    "tag Project": lambda manager, name: manager.tag_resource(
        SecretId=name, Tags=tags(Project="mine")
    ),
    "tag both": lambda manager, name: manager.tag_resource(
        SecretId=name, Tags=tags(CostCenter="1", Project="mine")
    ),
    "untag CostCenter": lambda manager, name: manager.untag_resource(
        SecretId=name, TagKeys=["CostCenter"]
    ),
    "untag Project": lambda manager, name: manager.untag_resource(
        SecretId=name, TagKeys=["Project"]
    ),
    "create": lambda manager, name: manager.create_secret(Name=name, SecretString="new"),
    "create for orders": lambda manager, name: manager.create_secret(
        Name=name, SecretString="new", Tags=tags(Project="orders")
    ),
    "create for payroll": lambda manager, name: manager.create_secret(
        Name=name, SecretString="new", Tags=tags(Project="payroll")
    ),
    "create with more": lambda manager, name: manager.create_secret(
        Name=name, SecretString="new", Tags=tags(Project="orders", Owner="me")
    ),
}


def acting_with(aws: Aws, found: Iterable[Statement]) -> Any:
    """Return a Secrets Manager client of a new user that these statements alone are for."""
    return new_user(aws, found)[1]


def as_json(found: Iterable[Statement]) -> str:
    values = {PARTITION: "aws", URL_SUFFIX: "amazonaws.com"}
    return json.dumps(document_for_iam(list(found), values))


def new_user(aws: Aws, found: Iterable[Statement]) -> tuple[str, Any]:
    """Return the ARN and the Secrets Manager client of a new user."""
    iam, name = aws.client("iam"), f"user-{next(NUMBERS)}"
    document = as_json(found)
    user_arn: str = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    return user_arn, aws.client("secretsmanager", credentials)


def outcome(manager: Any, call: str, name: str) -> str:
    try:
        CALLS[call](manager, name)
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return "denied" if code == "AccessDeniedException" else str(error)
    return "allowed"


@pytest.fixture(autouse=True)
def _secrets(aws: Aws) -> None:
    manager = aws.client("secretsmanager")
    there = {secret["Name"] for secret in manager.list_secrets(MaxResults=100)["SecretList"]}
    for name in there:
        manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    for name in (SECRET, NEIGHBOUR):
        manager.create_secret(Name=name, SecretString="old", Tags=tags(Project="payroll"))


METADATA = ("describe", "versions", "policy")
WRITING = ("put", "update")
TAGGING = ("tag CostCenter", "untag CostCenter")
ANY_TAGGING = (*TAGGING, "tag Project", "tag both", "untag Project")
REQUIRED = {"Project": "orders"}
CAREFUL = AdministerSecrets(
    [TARGET],
    rotation_functions=(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate",),
    minimum_recovery_window=14,
    manage_resource_policy=True,
    replicate_to=("eu-central-1",),
    tag_keys=("CostCenter",),
).statements()
ROWS: dict[str, tuple[list[Statement], str, tuple[str, ...]]] = {
    "a writer writes": (WriteSecrets([TARGET]).statements(), SECRET, ("put", "update")),
    "a writer writes nothing else": (WriteSecrets([TARGET]).statements(), NEIGHBOUR, ()),
    "a rotator replaces a value": (
        RotateSecrets([TARGET]).statements(),
        SECRET,
        ("put", "get", "describe", "password"),
    ),
    "a rotator replaces no other value": (
        RotateSecrets([TARGET]).statements(),
        NEIGHBOUR,
        ("password",),
    ),
    "a rotator reads the secret of a superuser": (
        RotateSecrets([TARGET], superuser_secrets=[OTHER]).statements(),
        NEIGHBOUR,
        ("get", "password"),
    ),
    "a describer describes": (DescribeSecrets([TARGET]).statements(), SECRET, METADATA),
    "a describer describes nothing else": (DescribeSecrets([TARGET]).statements(), NEIGHBOUR, ()),
    "a describer lists if told to": (
        DescribeSecrets([TARGET], list=True).statements(),
        NEIGHBOUR,
        ("list",),
    ),
    "an administrator tags with one key": (
        CAREFUL,
        SECRET,
        (*("put", "update", "get", "describe", "policy", "list"), *TAGGING),
    ),
    "an administrator tags no other secret": (CAREFUL, NEIGHBOUR, ("list",)),
    "a creator creates with tags": (
        CreateSecrets([NEW], required_tags=REQUIRED).statements(),
        "new/db",
        ("list", "create for orders"),
    ),
    "a creator does not tag what is there": (
        CreateSecrets([TARGET], required_tags=REQUIRED).statements(),
        SECRET,
        ("list",),
    ),
    **{
        f"a deny of level {level.value} takes away what it says": (
            [EVERYTHING, *DenySecrets([TARGET], level=level).statements()],
            SECRET,
            (*stays, "password"),
        )
        for level, stays in {
            DenyLevel.READ_AND_DESCRIBE: (*WRITING, "versions", "policy", *ANY_TAGGING, "list"),
            DenyLevel.VALUE: (*WRITING, *METADATA, "list"),
            DenyLevel.METADATA: (*WRITING, "list"),
            DenyLevel.ALL: ("list",),
        }.items()
    },
    "a deny takes away nothing from another secret": (
        [EVERYTHING, *DenySecrets([TARGET], level=DenyLevel.ALL).statements()],
        NEIGHBOUR,
        tuple(call for call in CALLS if not call.startswith("create")),
    ),
    "whose tags are the principal's is not told here, so nothing is used": (
        UseTagMatchedSecrets(
            secrets=[TARGET], tag_keys=("Project",), describe=True, write=True
        ).statements(),
        SECRET,
        (),
    ),
    **{
        f"the tags that decide are kept, whoever may tag: create={create}": (
            [
                EVERYTHING,
                *UseTagMatchedSecrets(
                    secrets=[TARGET], tag_keys=("project",), create=create
                ).statements(),
            ],
            SECRET,
            (*WRITING, "get", *METADATA, "list", "password", *TAGGING),
        )
        for create in (False, True)
    },
    "the tags of other secrets are not kept": (
        [
            EVERYTHING,
            *UseTagMatchedSecrets(
                secrets=[TARGET], tag_keys=("Project",), create=True
            ).statements(),
        ],
        NEIGHBOUR,
        tuple(call for call in CALLS if not call.startswith("create")),
    ),
    **{
        f"nobody comes {conditions}": (
            AdministerSecrets([TARGET], conditions=conditions).statements(),
            SECRET,
            (),
        )
        for conditions in (
            AccessConditions(mfa=True),
            AccessConditions(vpc_endpoints=["vpce-0123456789abcdef0"]),
            AccessConditions(organization_id="o-a1b2c3d4e5"),
        )
    },
}


@pytest.mark.parametrize("row", ROWS)
def test_what_an_intent_allows_and_nothing_else(aws: Aws, row: str) -> None:
    found, name, expected = ROWS[row]
    manager = acting_with(aws, found)
    calls = [call for call in CALLS if name.startswith("new/") or not call.startswith("create")]
    root = aws.client("secretsmanager")
    for call in calls:
        allowed = outcome(manager, call, name)
        assert allowed == ("allowed" if call in expected else "denied"), call
        if allowed == "allowed" and call.startswith("create"):
            root.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_an_excepted_principal_is_not_denied(aws: Aws) -> None:
    number = next(NUMBERS)  # the next users have the next numbers
    excepted = f"arn:aws:iam::{ACCOUNT}:user/user-{number + 1}"
    found = [
        EVERYTHING,
        *DenySecrets([TARGET], level=DenyLevel.ALL, except_principals=(excepted,)).statements(),
    ]
    spared, denied = acting_with(aws, found), acting_with(aws, found)
    assert outcome(spared, "get", SECRET) == "allowed"
    assert outcome(denied, "get", SECRET) == "denied"


def test_a_request_through_no_excepted_endpoint_is_denied(aws: Aws) -> None:
    found = DenySecrets([TARGET], except_vpc_endpoints=("vpce-0123456789abcdef0",)).statements()
    assert outcome(acting_with(aws, [EVERYTHING, *found]), "get", SECRET) == "denied"


def test_a_shared_secret_is_read_by_whom_its_policy_names_and_by_nobody_else(aws: Aws) -> None:
    """The emulator has one account, in which the secret's own policy is enough."""
    (arn, named), (_, unnamed) = (
        new_user(aws, DescribeSecrets([OTHER]).statements()) for _ in range(2)
    )
    root = aws.client("secretsmanager")
    assert outcome(named, "get", SECRET) == "denied"
    # Without its account: a share with a principal of the own account is refused.
    shared = SecretScope.from_secret_name("shared", encryption_key=SHARED.key_arn)
    root.put_resource_policy(
        SecretId=SECRET,
        ResourcePolicy=as_json(ShareSecret(shared, principals=[arn]).statements()),
        BlockPublicPolicy=True,
    )
    for call in ("get", *METADATA, "put", "update", "tag CostCenter"):
        assert outcome(named, call, SECRET) == ("allowed" if call == "get" else "denied"), call
        assert outcome(unnamed, call, SECRET) == "denied", call
    assert outcome(named, "get", NEIGHBOUR) == "denied"
