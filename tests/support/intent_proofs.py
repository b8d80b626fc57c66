"""Secrets, keys and requests for the tables of what each intent allows, and the tables."""

from collections.abc import Iterable
from typing import Any

from policy_sentry.querying.actions import get_actions_for_service

from constructs_lib import DenyLevel, SecretScope
from constructs_lib.aws.tokens import PARTITION, URL_SUFFIX
from constructs_lib.policy.document import document_for_iam
from constructs_lib.policy.statement import Statement
from constructs_lib.proof import Policies, Request, evaluate

HOME, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{HOME}:role/app"
BASE = f"arn:aws:secretsmanager:{REGION}:{HOME}:secret:"
KEY, OTHER_KEY = (f"arn:aws:kms:{REGION}:{HOME}:key/{name}" for name in ("k1", "k2"))
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
        "Action": "kms:*",
        "Resource": "*",
    },
}
TARGET = f"{BASE}prod/db-AbCdEf"
RECREATED = f"{BASE}prod/db-Zz09Yy"
NEIGHBOURS = (f"{BASE}prod/db2-AbCdEf", f"{BASE}prod/db-replica-AbCdEf", f"{BASE}prod/db-x-AbCdEf")
ELSEWHERE = (
    f"{BASE}prod/d-AbCdEf",
    f"{BASE}dev/prod/db-AbCdEf",
    f"{BASE}PROD/db-AbCdEf",
    TARGET.replace(REGION, "us-east-1"),
    TARGET.replace(HOME, "444455556666"),
)
SECRETS = (TARGET, RECREATED, *NEIGHBOURS, *ELSEWHERE)
# In another account, the secret's own policy would have to allow a request too.
HERE = {resource for resource in (*SECRETS, "*") if "444455556666" not in resource}
ACTIONS = [*get_actions_for_service("secretsmanager"), *get_actions_for_service("kms")]
NINE = (
    *("GetSecretValue", "DescribeSecret", "RestoreSecret", "PutSecretValue"),
    *("UpdateSecretVersionStage", "DeleteSecret", "RotateSecret", "CancelRotateSecret"),
    "UpdateSecret",
)


class Key:
    key_arn = KEY


BY_NAME = SecretScope.from_secret_name("prod/db", region=REGION, account=HOME, encryption_key=Key())
BY_PREFIX = SecretScope.from_secret_name_prefix(
    "prod/db", region=REGION, account=HOME, encryption_key=Key()
)
BY_ARN = SecretScope.from_secret_complete_arn(TARGET, encryption_key=Key())
BY_TAGS = SecretScope.from_tags(
    {"Project": ["orders", "billing"], "Stage": "prod"}, region=REGION, account=HOME
)
MATCHED = {
    "name": (BY_NAME, {TARGET, RECREATED}),
    "prefix": (BY_PREFIX, {TARGET, RECREATED, *NEIGHBOURS}),
    "complete ARN": (BY_ARN, {TARGET}),
}


def policies(found: Iterable[Statement], *, resource: Any = None) -> Policies:
    values = {PARTITION: "aws", URL_SUFFIX: "amazonaws.com"}
    return Policies([document_for_iam(list(found), values)], resource=resource)


def allowed(
    rules: Policies, action: str, resource: str, context: dict[str, Any] | None = None
) -> bool:
    return evaluate(Request(ROLE, action, resource, context or {}), rules).allowed


def on_secrets(names: Iterable[str], secrets: set[str]) -> set[tuple[str, str]]:
    return {(f"secretsmanager:{name}", secret) for name in names for secret in secrets}


def table(rules: Policies, context: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    """Return every action of the service with every resource that it is allowed on."""
    secret_actions = [action for action in ACTIONS if action.startswith("secretsmanager:")]
    return {
        (action, resource)
        for action in secret_actions
        for resource in (*SECRETS, "*")
        if allowed(rules, action, resource, context)
    }


TAGS_THAT_MATCH: list[dict[str, Any]] = [
    {"aws:ResourceTag/Project": "orders", "aws:ResourceTag/Stage": "prod"},
    {"secretsmanager:ResourceTag/Project": "billing", "aws:ResourceTag/Stage": "prod"},
]
TAGS_THAT_DO_NOT: list[dict[str, Any]] = [
    {},
    {"aws:ResourceTag/Project": "orders"},
    {"aws:ResourceTag/Stage": "prod"},
    {"aws:ResourceTag/Project": "Orders", "aws:ResourceTag/Stage": "prod"},
    {"aws:ResourceTag/Project": "other", "aws:ResourceTag/Stage": "prod"},
    {"aws:PrincipalTag/Project": "orders", "aws:ResourceTag/Stage": "prod"},
]
VIA = "kms:ViaService"
ARN = "kms:EncryptionContext:SecretARN"
SERVICE = f"secretsmanager.{REGION}.amazonaws.com"
KEY_ARN, KEY_ID = "secretsmanager:KmsKeyArn", "secretsmanager:KmsKeyId"
EVERYTHING = Statement("All", "Allow", ("*",), ("*",))
# By hand, from the descriptions of AWS's API: by which actions a value can get out.
VALUE = (
    *("GetSecretValue", "PutResourcePolicy", "DeleteResourcePolicy", "RotateSecret"),
    *("ReplicateSecretToRegions", "TagResource", "UntagResource"),
)
METADATA = (*VALUE, "DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy")
ALL = [action.split(":")[1] for action in ACTIONS if action.startswith("secretsmanager:")]
DENIED = {
    DenyLevel.READ_AND_DESCRIBE: ("GetSecretValue", "DescribeSecret"),
    DenyLevel.VALUE: VALUE,
    DenyLevel.METADATA: METADATA,
    # AWS asks for none of these on a secret; were it to, the Deny would hold.
    DenyLevel.ALL: ALL,
}
