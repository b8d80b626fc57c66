"""What a describer is allowed: the table of test_intents_proof.py, continued."""

import pytest

from constructs_lib import DescribeSecrets
from tests.support.intent_proofs import (
    BY_TAGS,
    HERE,
    MATCHED,
    TAGS_THAT_DO_NOT,
    TAGS_THAT_MATCH,
    on_secrets,
    policies,
    table,
)


@pytest.mark.parametrize("scope", MATCHED)
def test_describer(scope: str) -> None:
    secrets, matched = MATCHED[scope]
    metadata = on_secrets(("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"), matched)
    lists = on_secrets(["ListSecrets"], HERE)
    assert table(policies(DescribeSecrets([secrets]).statements())) == metadata
    assert table(policies(DescribeSecrets([secrets], list=True).statements())) == metadata | lists


def test_describer_by_tags() -> None:
    describer = policies(DescribeSecrets([BY_TAGS]).statements())
    for context in TAGS_THAT_MATCH:
        assert table(describer, context)
    for context in TAGS_THAT_DO_NOT:
        assert table(describer, context) == set()
