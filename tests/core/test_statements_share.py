"""What shares a secret with other accounts, statement by statement, and who can be named."""

from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope, statements
from constructs_lib.arns import check_principal_arn, secret_account
from constructs_lib.documents import document_for_iam, document_for_template
from constructs_lib.placeholders import URL_SUFFIX
from constructs_lib.statements import Condition, Statement
from tests.core.test_statements import BASE, ONE, encrypted

APP, ALICE = "arn:aws:iam::444455556666:role/app", "arn:aws:iam::777788889999:user/team/alice"
GET, DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"


def test_a_secrets_own_policy_names_who_may_read_it() -> None:
    both = (APP, ALICE)
    assert statements.share(both) == [
        Statement("ShareSecretValue", "Allow", (GET,), ("*",), principals=both)
    ]
    assert statements.share(both, describe=True) == [
        Statement("ShareSecretValue", "Allow", (GET, DESCRIBE), ("*",), principals=both)
    ]


def test_the_keys_policy_has_them_decrypt_this_secret_through_the_service_of_its_region() -> None:
    assert statements.share_key(encrypted("one", "k1", region="eu-west-1"), (APP,)) == [
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
    with pytest.raises(SecretAccessError, match="^secret to share is .*one.*no encryption_key"):
        statements.share_key(ONE, (APP,))
    token = SecretScope.from_secret_complete_arn("${Token[Secret.1]}")
    with pytest.raises(SecretAccessError, match=r"^secret to share is '\$\{Token\[Secret.1\]\}'"):
        statements.share_key(token, (APP,))


def test_fails_on_describe_that_is_no_bool() -> None:
    wrong: Any = "no"
    with pytest.raises(SecretAccessError, match="^describe is 'no'"):
        statements.share((APP,), describe=wrong)


@pytest.mark.parametrize(("principals", "expected"), [((APP,), APP), ((APP, ALICE), [APP, ALICE])])
def test_a_document_has_the_principals_of_a_statement(
    principals: tuple[str, ...], expected: object
) -> None:
    (statement,) = document_for_iam(statements.share(principals), {})["Statement"]
    assert statement == {
        "Sid": "ShareSecretValue",
        "Effect": "Allow",
        "Principal": {"AWS": expected},
        "Action": GET,
        "Resource": "*",
    }


def test_a_principal_of_the_stacks_own_partition_is_filled_in_by_the_template() -> None:
    arn = "arn:${AWS::Partition}:iam::444455556666:role/app"
    (statement,) = document_for_template(statements.share((arn,)))["Statement"]
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
    with pytest.raises(SecretAccessError, match="^principal is "):
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
