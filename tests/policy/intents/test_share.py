"""What shares a secret with other accounts, statement by statement, and who can be named."""

from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope, ShareSecret
from constructs_lib.aws.arns import check_principal_arn, secret_account
from constructs_lib.aws.tokens import URL_SUFFIX
from constructs_lib.policy.document import document_for_iam, document_for_template
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, ONE, encrypted

APP, ALICE = "arn:aws:iam::444455556666:role/app", "arn:aws:iam::777788889999:user/team/alice"
GET, DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"

SECRET = encrypted("one", "k1", region="eu-west-1")


def test_a_secrets_own_policy_names_who_may_read_it() -> None:
    both = (APP, ALICE)
    assert ShareSecret(SECRET, principals=both).statements() == [
        Statement("ShareSecretValue", "Allow", (GET,), ("*",), principals=both)
    ]
    assert ShareSecret(SECRET, principals=both, describe=True).statements() == [
        Statement("ShareSecretValue", "Allow", (GET, DESCRIBE), ("*",), principals=both)
    ]


def test_the_keys_policy_has_them_decrypt_this_secret_through_the_service_of_its_region() -> None:
    assert ShareSecret(SECRET, principals=(APP,)).key_statements() == [
        Statement(
            "DecryptSharedSecret",
            "Allow",
            ("kms:Decrypt",),
            ("*",),
            (
                Condition(
                    "StringEquals", "kms:ViaService", (f"secretsmanager.eu-west-1.{URL_SUFFIX}",)
                ),
                Condition(
                    "StringLike",
                    "kms:EncryptionContext:SecretARN",
                    (f"{BASE.replace('${AWS::Region}', 'eu-west-1')}one-??????",),
                ),
            ),
            principals=(APP,),
        )
    ]


def test_fails_on_a_secret_under_the_aws_managed_key() -> None:
    with pytest.raises(
        SecretAccessError,
        match="^secret must be under a customer-managed key.*no encryption_key of 'one-",
    ):
        ShareSecret(ONE, principals=(APP,)).key_statements()
    token = SecretScope.from_secret_complete_arn("${Token[Secret.1]}")
    with pytest.raises(
        SecretAccessError,
        match=r"^secret must be under .*no encryption_key of '\$\{Token\[Secret.1\]\}'",
    ):
        ShareSecret(token, principals=(APP,)).key_statements()


def test_fails_on_describe_that_is_no_bool() -> None:
    wrong: Any = "no"
    with pytest.raises(SecretAccessError, match="^describe must be True or False, got 'no'"):
        ShareSecret(SECRET, principals=(APP,), describe=wrong).statements()


@pytest.mark.parametrize(("principals", "expected"), [((APP,), APP), ((APP, ALICE), [APP, ALICE])])
def test_a_document_has_the_principals_of_a_statement(
    principals: tuple[str, ...], expected: object
) -> None:
    (statement,) = document_for_iam(ShareSecret(SECRET, principals=principals).statements(), {})[
        "Statement"
    ]
    assert statement == {
        "Sid": "ShareSecretValue",
        "Effect": "Allow",
        "Principal": {"AWS": expected},
        "Action": GET,
        "Resource": "*",
    }


def test_a_principal_of_the_stacks_own_partition_is_filled_in_by_the_template() -> None:
    arn = "arn:${AWS::Partition}:iam::444455556666:role/app"
    shared = Statement("ShareSecretValue", "Allow", (GET,), ("*",), principals=(arn,))
    (statement,) = document_for_template([shared])["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::Sub": arn}}


@pytest.mark.parametrize(
    "arn",
    [
        *(APP, ALICE),
        "arn:aws-us-gov:iam::444455556666:role/a/b/c+d=e,f.g@h_i-j",
        "arn:aws:iam::444455556666:role/te!m/app",
        "${Token[Role.1]}",
        "arn:${Token[AWS.Partition.5]}:iam::${Token[AWS.AccountId.2]}:role/app",
    ],
)
def test_a_role_or_user_is_named_in_full(arn: str) -> None:
    assert check_principal_arn(arn) == arn


@pytest.mark.parametrize(
    "arn",
    [
        *("", "*", "app", "444455556666", None, 5),
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::444455556666:role/*",
        "arn:aws:iam::444455556666:role/a?p",
        "arn:aws:iam::444455556666:role/te*m/app",
        "arn:aws:iam::444455556666:role//app",
        "arn:aws-:iam::444455556666:role/app",
        "arn:aws:iam::*:role/app",
        "arn:aws:iam::444455556666:role/",
        "arn:aws:iam::444455556666:role/äpp",
        "arn:aws:iam::444455556666:group/ops",
        "arn:aws:sts::444455556666:assumed-role/app/session",
        "arn:aws:iam::444455556666:role/${aws:username}",
        "arn:${Token[AWS.Partition.5]}:iam::444455556666:role/*",
    ],
)
def test_fails_on_a_principal_that_is_no_one_role_or_user(arn: Any) -> None:
    with pytest.raises(SecretAccessError, match="^principal must be "):
        check_principal_arn(arn)


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf", "111122223333"),
        (
            "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:111122223333:secret:a*",
            "111122223333",
        ),
        (f"{BASE}a-??????", None),
        ("${Token[Secret.1]}", None),
        ("*", None),
    ],
)
def test_the_account_of_a_secret_is_that_of_its_arn(arn: str, account: str | None) -> None:
    assert secret_account(arn) == account
