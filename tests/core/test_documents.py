"""Documents, and their length as IAM counts it."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import SecretScope, statements
from constructs_lib.documents import document_for_iam, document_for_template, longest_length
from constructs_lib.placeholders import ACCOUNT, PARTITION, REGION, URL_SUFFIX

IRELAND = {
    PARTITION: "aws",
    REGION: "eu-west-1",
    ACCOUNT: "111122223333",
    URL_SUFFIX: "amazonaws.com",
}


def test_a_document_for_iam_is_complete() -> None:
    found = statements.read([SecretScope.from_secret_name("prod/db")])
    assert document_for_iam(found, IRELAND) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadSecretValue",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????",
            }
        ],
    }


def test_a_document_for_a_template_leaves_the_rest_to_cloudformation() -> None:
    found = statements.read([SecretScope.from_secret_name("prod/db")])
    (statement,) = document_for_template(found)["Statement"]
    assert statement["Resource"] == {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:"
        "secret:prod/db-??????"
    }


@given(st.lists(st.text("abcXYZ/_", min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
def test_the_longest_length_is_never_below_the_deployed_one(names: list[str]) -> None:
    found = statements.administer([SecretScope.from_secret_name(name) for name in names])
    deployed = json.dumps(document_for_iam(found, IRELAND), separators=(",", ":"))
    assert len(re.sub(r"\s", "", deployed)) <= longest_length(found)


def test_whitespace_is_not_counted() -> None:
    spaced = statements.describe_tagged((("Cost Center", ("a b c",)),))
    tight = statements.describe_tagged((("CostCenter", ("abc",)),))
    assert longest_length(spaced) == longest_length(tight)
