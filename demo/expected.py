"""The access of each principal, written by hand from the article, not computed from a policy.

The settings of each deployment are in `demo/__main__.py`. The administrator has the
article's policies to create and to modify. The application has those to read and to describe by
tag. The analyst is allowed everything before the deployment, and then has the policy to deny.
"""

from dataclasses import dataclass
from typing import Any, Literal

from demo.emulator import ACCOUNT, REGION
from demo.world import (
    ADMINISTRATOR,
    ANALYST,
    APPLICATION,
    OTHER,
    REPLICA,
    SECOND,
    SECRET,
    TAG_KEY,
    TAG_VALUE,
)

Outcome = Literal["allowed", "denied"]

# The article's actions to modify, in an order in which each can succeed. CancelRotateSecret is
# the ninth; the emulator does not have it.
MODIFY = (
    "GetSecretValue",
    "DescribeSecret",
    "PutSecretValue",
    "UpdateSecret",
    "UpdateSecretVersionStage",
    "RotateSecret",
    "DeleteSecret",
    "RestoreSecret",
)
READ = ("GetSecretValue", "DescribeSecret")
CHANGE = ("PutSecretValue", "DeleteSecret")
NEVER = ("TagResource", "PutResourcePolicy")
NEW, NEW_ELSEWHERE = "prod/db-new", "prod/new"


@dataclass(frozen=True)
class Row:
    """The same outcome for one principal, several actions and several secrets."""

    principal: str
    actions: tuple[str, ...]
    secrets: tuple[str, ...]
    outcome: Outcome


# Deployed with the prefix `prod/db`, the article's own form: the neighbours are reached too.
BY_PREFIX = (
    Row(ADMINISTRATOR, MODIFY, (SECRET, REPLICA, SECOND), "allowed"),
    Row(ADMINISTRATOR, ("GetSecretValue", *CHANGE), (OTHER,), "denied"),
    Row(ADMINISTRATOR, NEVER, (SECRET,), "denied"),
    Row(ADMINISTRATOR, ("ListSecrets",), ("*",), "allowed"),
    Row(ADMINISTRATOR, ("CreateSecret",), (NEW,), "allowed"),
    Row(ADMINISTRATOR, ("CreateSecret",), (NEW_ELSEWHERE,), "denied"),
    Row(APPLICATION, ("GetSecretValue",), (SECRET, REPLICA, SECOND), "allowed"),
    Row(APPLICATION, ("GetSecretValue",), (OTHER,), "denied"),
    Row(APPLICATION, CHANGE, (SECRET,), "denied"),
    Row(APPLICATION, ("ListSecrets",), ("*",), "denied"),
    Row(ANALYST, READ, (SECRET, REPLICA, SECOND), "denied"),
    Row(ANALYST, READ, (OTHER,), "allowed"),
    Row(ANALYST, ("PutSecretValue",), (SECRET,), "allowed"),
)

# Updated to the name `prod/db`: the neighbours are out of reach, and no longer denied.
BY_NAME = (
    Row(ADMINISTRATOR, MODIFY, (SECRET,), "allowed"),
    Row(ADMINISTRATOR, MODIFY, (REPLICA, SECOND, OTHER), "denied"),
    Row(ADMINISTRATOR, ("ListSecrets",), ("*",), "allowed"),
    Row(ADMINISTRATOR, ("CreateSecret",), (NEW, NEW_ELSEWHERE), "denied"),
    Row(APPLICATION, ("GetSecretValue",), (SECRET,), "allowed"),
    Row(APPLICATION, ("GetSecretValue",), (REPLICA, SECOND, OTHER), "denied"),
    Row(ANALYST, READ, (SECRET,), "denied"),
    Row(ANALYST, READ, (REPLICA, SECOND, OTHER), "allowed"),
)

# Destroyed: nobody has anything but what they had beforehand.
DESTROYED = (
    Row(ADMINISTRATOR, ("GetSecretValue",), (SECRET, REPLICA, SECOND, OTHER), "denied"),
    Row(ADMINISTRATOR, ("ListSecrets",), ("*",), "denied"),
    Row(ADMINISTRATOR, ("CreateSecret",), (NEW,), "denied"),
    Row(APPLICATION, ("GetSecretValue",), (SECRET, REPLICA, SECOND, OTHER), "denied"),
    Row(ANALYST, READ, (SECRET, REPLICA, SECOND, OTHER), "allowed"),
)

NOT_ENFORCED = (
    "kms:Decrypt and kms:GenerateDataKey on the secret's key, kms:ViaService and "
    "kms:EncryptionContext:SecretARN",
    "DescribeSecret by secretsmanager:ResourceTag",
    "CreateSecret against an ARN with its six characters (as AWS does)",
    "CancelRotateSecret (the emulator does not have it)",
)


def documents(name_pattern: str, key_arn: str) -> dict[str, list[dict[str, Any]]]:
    """Return the documents that each principal has once the app is deployed."""
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name_pattern}"
    key_condition = {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": arn},
    }
    use_key = {
        "Sid": "UseSecretKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key_arn,
        "Condition": key_condition,
    }
    list_secrets = {
        "Sid": "ListSecrets",
        "Effect": "Allow",
        "Action": "secretsmanager:ListSecrets",
        "Resource": "*",
    }
    create = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CreateSecret",
                "Effect": "Allow",
                "Action": "secretsmanager:CreateSecret",
                "Resource": arn,
            },
            list_secrets,
            use_key,
        ],
    }
    modify = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AdministerSecret",
                "Effect": "Allow",
                "Action": [
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:RestoreSecret",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                    "secretsmanager:DeleteSecret",
                    "secretsmanager:RotateSecret",
                    "secretsmanager:CancelRotateSecret",
                    "secretsmanager:UpdateSecret",
                ],
                "Resource": arn,
            },
            list_secrets,
            use_key,
        ],
    }
    read = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadSecretValue",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": arn,
            },
            {
                "Sid": "DecryptSecretValue",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": key_arn,
                "Condition": key_condition,
            },
        ],
    }
    describe_by_tag = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DescribeTaggedSecrets",
                "Effect": "Allow",
                "Action": "secretsmanager:DescribeSecret",
                "Resource": "*",
                "Condition": {"StringEquals": {f"secretsmanager:ResourceTag/{TAG_KEY}": TAG_VALUE}},
            }
        ],
    }
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenySecretAccess",
                "Effect": "Deny",
                "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                "Resource": arn,
            }
        ],
    }
    return {ADMINISTRATOR: [create, modify], APPLICATION: [read, describe_by_tag], ANALYST: [deny]}
