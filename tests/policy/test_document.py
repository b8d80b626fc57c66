"""Documents, and their length as IAM counts it."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import AdministerSecrets, DescribeTaggedSecrets, ReadSecrets, SecretScope
from constructs_lib.aws.tokens import ACCOUNT, PARTITION, REGION, SHORTEST_ARN, URL_SUFFIX
from constructs_lib.policy.document import (
    document_for_iam,
    document_for_template,
    length_in,
    longest_length,
)
from tests.support.intents import encrypted

IRELAND = {
    PARTITION: "aws",
    REGION: "eu-west-1",
    ACCOUNT: "111122223333",
    URL_SUFFIX: "amazonaws.com",
}
SECRET, KEY = "${Token[Secret.1]}", "${Token[Key.2]}"
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"


class Key:
    key_arn = KEY


def compact(document: object) -> int:
    return len(re.sub(r"\s", "", json.dumps(document, ensure_ascii=False)))


def test_a_document_for_iam_is_complete() -> None:
    found = ReadSecrets([SecretScope.from_secret_name("prod/db")]).statements()
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
    found = ReadSecrets([SecretScope.from_secret_name("prod/db")]).statements()
    (statement,) = document_for_template(found)["Statement"]
    assert statement["Resource"] == {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:"
        "secret:prod/db-??????"
    }


@given(st.lists(st.text("abcXYZ/_", min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
def test_the_longest_length_is_never_below_the_deployed_one(names: list[str]) -> None:
    found = AdministerSecrets([SecretScope.from_secret_name(name) for name in names]).statements()
    assert compact(document_for_iam(found, IRELAND)) <= longest_length(found)


def test_the_length_in_a_known_place_is_that_of_what_is_deployed() -> None:
    found = AdministerSecrets(
        [encrypted("a", "k1"), SecretScope.from_secret_name("b")]
    ).statements()
    assert length_in(found, IRELAND, {}) == compact(document_for_iam(found, IRELAND))


def test_what_is_not_known_of_a_place_counts_as_the_longest_that_aws_has() -> None:
    found = ReadSecrets([encrypted("a", "k1")]).statements()
    longest = {
        PARTITION: "aws-us-gov",
        REGION: "us-isof-south-1",
        ACCOUNT: "111122223333",
        URL_SUFFIX: "amazonaws.com.cn",
    }
    assert length_in(found, {}, {}) == longest_length(found)
    assert longest_length(found) == compact(document_for_iam(found, longest))
    known = {**longest, REGION: "eu-west-1"}
    assert length_in(found, {REGION: "eu-west-1"}, {}) == compact(document_for_iam(found, known))


def test_a_token_counts_as_the_longest_arn_unless_it_is_asked_for() -> None:
    token = ReadSecrets([SecretScope.from_secret_complete_arn(SECRET)]).statements()
    known = ReadSecrets([SecretScope.from_secret_complete_arn(ARN)]).statements()
    assert longest_length(token) - longest_length(known) == 620 - len(ARN)


def test_a_token_counts_as_what_it_is_known_to_stand_for() -> None:
    found = ReadSecrets(
        [SecretScope.from_secret_complete_arn(SECRET, encryption_key=Key())]
    ).statements()
    deployed = json.dumps(document_for_iam(found, IRELAND))
    deployed = deployed.replace(SECRET, ARN).replace(KEY, KEY_ARN)
    assert length_in(found, IRELAND, {SECRET: ARN, KEY: KEY_ARN}) == compact(json.loads(deployed))


def test_a_token_of_which_nothing_is_known_counts_as_the_least_that_it_can_be() -> None:
    found = ReadSecrets(
        [SecretScope.from_secret_complete_arn(SECRET, encryption_key=Key())]
    ).statements()
    document = document_for_iam(found, IRELAND)
    read, decrypt = document["Statement"]
    read["Resource"] = decrypt["Resource"] = SHORTEST_ARN
    decrypt["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"] = ""
    assert length_in(found, IRELAND, {}) == compact(document)


def test_a_replica_of_a_token_counts_as_that_of_what_the_token_stands_for() -> None:
    token, known = (
        SecretScope.from_secret_complete_arn(arn).in_regions("us-east-1") for arn in (SECRET, ARN)
    )
    deployed = document_for_iam(ReadSecrets(known).statements(), IRELAND)
    assert length_in(ReadSecrets(token).statements(), IRELAND, {SECRET: ARN}) == compact(deployed)


def test_a_letter_beyond_ascii_is_one_character() -> None:
    accented = DescribeTaggedSecrets({"Größe": "ä"}).statements()
    unconditional = DescribeTaggedSecrets({"Groes": "a"}).statements()
    assert longest_length(accented) == longest_length(unconditional)


def test_whitespace_is_not_counted() -> None:
    spaced = DescribeTaggedSecrets({"Cost Center": "a b c"}).statements()
    tight = DescribeTaggedSecrets({"CostCenter": "abc"}).statements()
    assert longest_length(spaced) == longest_length(tight)
