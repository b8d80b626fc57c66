"""With the scope by name prefix, the statements are those of AWS's article."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import (
    AdministerSecrets,
    CreateSecrets,
    DenySecrets,
    DescribeTaggedSecrets,
    ReadSecrets,
    SecretScope,
)
from constructs_lib.aws.tokens import PARTITION, URL_SUFFIX
from constructs_lib.policy.document import document_for_iam
from constructs_lib.policy.statement import Statement

DATA = Path(__file__).parent.parent / "data" / "article-policies.json"
READ_AND_DESCRIBE: dict[str, Any] = json.loads(DATA.read_text())["policies"]

SETTINGS = {
    "YOUR-REGION": "eu-west-1",
    "YOUR-ACCOUNT-ID": "111122223333",
    "YOUR-SECRET-NAME": "prod/db",
    "key_id": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "tag-key": "Project",
    "YOUR-TAG-VALUE": "orders",
}


class Key:
    key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


PREFIX = SecretScope.from_secret_name_prefix("prod/db", region="eu-west-1", account="111122223333")
ENCRYPTED = SecretScope.from_secret_name_prefix(
    "prod/db", region="eu-west-1", account="111122223333", encryption_key=Key()
)


def article(name: str) -> list[dict[str, Any]]:
    """Return a policy of the article, with the settings filled in."""
    text = json.dumps(READ_AND_DESCRIBE[name])
    for placeholder, value in SETTINGS.items():
        text = text.replace(placeholder, value)
    return [normal(statement) for statement in json.loads(text)["Statement"]]


def emitted(found: list[Statement]) -> list[dict[str, Any]]:
    """Return what the library emits, less the Sids, which the article does not have."""
    document = document_for_iam(found, {PARTITION: "aws", URL_SUFFIX: "amazonaws.com"})
    return [normal(statement) for statement in document["Statement"]]


def normal(statement: dict[str, Any]) -> dict[str, Any]:
    return {
        key: sorted([value] if isinstance(value, str) else value)
        if key in ("Action", "Resource")
        else value
        for key, value in statement.items()
        if key != "Sid"
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("create", CreateSecrets([PREFIX]).statements()),
        ("modify", AdministerSecrets([PREFIX]).statements()),
        ("describe_by_tag", DescribeTaggedSecrets({"Project": "orders"}).statements()),
        ("deny", DenySecrets([PREFIX]).statements()),
    ],
)
def test_statements_are_the_articles(name: str, found: list[Statement]) -> None:
    assert emitted(found) == article(name)


def test_read_is_the_articles_with_the_key_kept_to_these_secrets() -> None:
    get, decrypt = emitted(ReadSecrets([ENCRYPTED]).statements())
    conditions = decrypt.pop("Condition")

    assert [get, decrypt] == article("read_encrypted")
    assert conditions == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": PREFIX.arn.replace(PARTITION, "aws")},
    }
