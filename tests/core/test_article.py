"""With the scope by name prefix, the statements are those of AWS's article."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import SecretScope, statements
from constructs_lib.documents import document_for_iam
from constructs_lib.placeholders import PARTITION, URL_SUFFIX
from constructs_lib.statements import Statement

DATA = Path(__file__).parent.parent / "data" / "article-policies.json"
ARTICLE: dict[str, Any] = json.loads(DATA.read_text())["policies"]

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
    text = json.dumps(ARTICLE[name])
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
        ("create", statements.create([PREFIX])),
        ("modify", statements.administer([PREFIX])),
        ("describe_by_tag", statements.describe_tagged((("Project", ("orders",)),))),
        ("deny", statements.deny([PREFIX])),
    ],
)
def test_statements_are_the_articles(name: str, found: list[Statement]) -> None:
    assert emitted(found) == article(name)


def test_read_is_the_articles_with_the_key_kept_to_these_secrets() -> None:
    get, decrypt = emitted(statements.read([ENCRYPTED]))
    conditions = decrypt.pop("Condition")

    assert [get, decrypt] == article("read_encrypted")
    assert conditions == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": PREFIX.arn.replace(PARTITION, "aws")},
    }
