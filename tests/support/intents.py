"""Scopes for the tests of the statements of each intent."""

from constructs_lib import SecretScope
from constructs_lib.aws.tokens import ACCOUNT, PARTITION, REGION

BASE = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/"


class Key:
    def __init__(self, key_id: str) -> None:
        self.key_arn = KEY_ARN + key_id


ONE = SecretScope.from_secret_name("one")
TWO = SecretScope.from_secret_name("two")
ORDERS = SecretScope.from_tags({"Project": ["orders", "billing"], "Stage": "prod"})


def encrypted(name: str, key_id: str, region: str | None = None) -> SecretScope:
    return SecretScope.from_secret_name(name, encryption_key=Key(key_id), region=region)
