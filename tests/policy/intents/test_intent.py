"""An intent is a value, and its document is plain JSON for one account or for every account."""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from constructs_lib import (
    AdministerSecrets,
    CreateSecrets,
    DenyLevel,
    DenySecrets,
    DescribeTaggedSecrets,
    Intent,
    InvalidOptionError,
    ReadSecrets,
    RotateSecrets,
    SecretAccessError,
    SecretScope,
    ShareSecret,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.aws.tokens import ACCOUNT, PARTITION, REGION, URL_SUFFIX
from constructs_lib.policy.document import document_for_iam
from constructs_lib.proof import Policies, Request, evaluate

HOME, OTHER = "111122223333", "444455556666"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/k1"
IRELAND = {
    PARTITION: "aws",
    REGION: "eu-west-1",
    ACCOUNT: HOME,
    URL_SUFFIX: "amazonaws.com",
}
DATABASE = SecretScope.from_secret_name("prod/db")
ENCRYPTED = SecretScope.from_secret_name("prod/db", encryption_key=KEY)
BY_ARN = SecretScope.from_secret_complete_arn(
    f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:prod/db-AbCdEf"
)
TOKEN = "${Token[Name.1]}"
OWN = "${aws:PrincipalAccount}"

INTENTS: dict[str, Intent] = {
    "read": ReadSecrets(ENCRYPTED, describe=True, batch=True),
    "write": WriteSecrets(ENCRYPTED),
    "administer": AdministerSecrets(ENCRYPTED, minimum_recovery_window=7),
    "create": CreateSecrets(ENCRYPTED, required_tags={"Project": "orders"}, pin_key=True),
    "describe tagged": DescribeTaggedSecrets({"Project": "orders"}),
    "rotate": RotateSecrets(ENCRYPTED, superuser_secrets=SecretScope.from_secret_name("root")),
    "match tags": UseTagMatchedSecrets(tag_keys=["Project"], write=True, create=True),
    "deny": DenySecrets(ENCRYPTED, level=DenyLevel.VALUE),
}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def on_secrets(document: dict[str, Any], effect: str) -> Iterable[dict[str, Any]]:
    """Yield the statements of an effect on resources of Secrets Manager."""
    for statement in document["Statement"]:
        if statement["Effect"] == effect and ":secret:" in listed(statement["Resource"])[0]:
            yield statement


# --- the document ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", INTENTS)
def test_a_document_is_the_statements_with_the_values_filled_in(name: str) -> None:
    intent = INTENTS[name]
    document = intent.document(region="eu-west-1", account=HOME)
    assert document == document_for_iam(intent.statements(), IRELAND)
    text = json.dumps(document)
    assert not [placeholder for placeholder in IRELAND if placeholder in text]


def test_a_document_of_one_secret_in_full() -> None:
    assert ReadSecrets(DATABASE).document(region="eu-west-1", account=HOME) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadSecretValue",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:prod/db-??????",
            }
        ],
    }


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"account": HOME}, "region"),
        ({"region": "eu-west-1"}, "account"),
        ({"account": HOME, "partition": "aws"}, "region"),
    ],
)
@pytest.mark.parametrize("name", sorted(set(INTENTS) - {"describe tagged"}))
def test_fails_without_a_value_that_a_statement_depends_on(
    name: str, given: dict[str, str], option: str
) -> None:
    with pytest.raises(InvalidOptionError, match=f"^{option} must be given: .*, got None; give "):
        INTENTS[name].document(**given)


def test_what_the_statements_do_not_depend_on_may_be_omitted() -> None:
    (described,) = INTENTS["describe tagged"].document()["Statement"]
    assert described["Resource"] == "*"
    (read,) = ReadSecrets(BY_ARN).document()["Statement"]
    assert read["Resource"] == BY_ARN.arn


def test_a_secret_of_another_region_keeps_it() -> None:
    scopes = [DATABASE, SecretScope.from_secret_name("copy", region="us-east-1")]
    (read,) = ReadSecrets(scopes).document(region="eu-west-1", account=HOME)["Statement"]
    assert [arn.split(":")[3] for arn in read["Resource"]] == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "nowhere"}, "^region must be the name of a Region, .* got 'nowhere'; "),
        ({"region": "eu-west-*"}, "^region must be the name of a Region"),
        ({"region": ""}, "^region must be the name of a Region"),
        ({"region": 5}, "^region must be the name of a Region"),
        ({"account": "1111"}, "^account must be the 12 digits of an account, .* got '1111'; "),
        ({"account": int(HOME)}, f"^account must be .* got {HOME}; correct it, as a string"),
        ({"account": ""}, "^account must be the 12 digits"),
        ({"account": "1111*"}, "^account must be the 12 digits"),
        ({"account": f"{HOME}\n"}, "^account must be the 12 digits"),
        ({"partition": "aws-cn"}, "^partition must be 'aws', that of the Region, got 'aws-cn'; "),
        ({"partition": "amazon"}, "^partition must be 'aws', that of the Region, got 'amazon'; "),
        ({"partition": ""}, "^partition must be "),
    ],
)
def test_fails_on_a_value_that_aws_does_not_have(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOptionError, match=message):
        ReadSecrets(DATABASE).document(**{"region": "eu-west-1", "account": HOME, **given})


def test_fails_on_a_partition_that_is_none_even_if_no_region_is_known() -> None:
    with pytest.raises(InvalidOptionError, match=r"^partition must be a partition of AWS, got 'x'"):
        INTENTS["describe tagged"].document(partition="x")


def test_fails_on_secrets_of_two_partitions() -> None:
    china = SecretScope.from_secret_name("prod/db", region="cn-north-1")
    with pytest.raises(InvalidOptionError, match="^region must be of the partition of the secrets"):
        ReadSecrets(china).document(region="eu-west-1", account=HOME)
    with pytest.raises(InvalidOptionError, match="got Regions of aws and aws-cn; make a document"):
        RotateSecrets(ENCRYPTED, superuser_secrets=china).document(region="eu-west-1", account=HOME)


def test_fails_on_a_key_of_another_region() -> None:
    secret = SecretScope.from_secret_name("prod/db", encryption_key=KEY)
    with pytest.raises(InvalidOptionError, match="^key ARN must be of the Region .*, us-east-1"):
        ReadSecrets(secret).document(region="us-east-1", account=HOME)


def test_an_intent_keeps_no_collection_of_its_caller() -> None:
    secrets, tags = [DATABASE], {"Project": "orders"}
    read, describe = ReadSecrets(secrets), DescribeTaggedSecrets(tags)
    secrets.append(ENCRYPTED)
    tags["Project"] = "other"
    assert read == ReadSecrets((DATABASE,))
    assert describe == DescribeTaggedSecrets({"Project": "orders"})
    with pytest.raises(TypeError):
        describe.tags["Project"] = "other"  # type: ignore[index]


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_the_partition_is_that_of_the_region(region: str, partition: str, suffix: str) -> None:
    key = f"arn:{partition}:kms:{region}:{HOME}:key/k1"
    intent = ReadSecrets(SecretScope.from_secret_name("prod/db", encryption_key=key))
    document = intent.document(region=region, account=HOME)
    read, decrypt = document["Statement"]
    arn = f"arn:{partition}:secretsmanager:{region}:{HOME}:secret:prod/db-??????"
    assert read["Resource"] == arn
    assert decrypt["Condition"] == {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{region}.{suffix}"},
        "StringLike": {"kms:EncryptionContext:SecretARN": arn},
    }
    assert intent.document(region=region, account=HOME, partition=partition) == document


def test_fails_on_a_principal_of_another_account() -> None:
    deny = DenySecrets(DATABASE, except_principals=[f"arn:aws:iam::{OTHER}:role/app"])
    assert deny.document(region="eu-west-1", account=OTHER)
    with pytest.raises(InvalidOptionError, match=f"^except_principals must be .*account.*{HOME}"):
        deny.document(region="eu-west-1", account=HOME)


@pytest.mark.parametrize(
    "scope",
    [
        SecretScope.from_secret_name(TOKEN),
        SecretScope.from_secret_name(f"prod/{TOKEN}"),
        SecretScope.from_secret_complete_arn("${Token[Secret.2]}"),
        SecretScope.from_secret_name("prod/db", encryption_key="${Token[Key.3]}"),
        SecretScope.from_secret_name("prod/db", region=TOKEN),
    ],
)
@pytest.mark.parametrize("account", [HOME, "*"])
def test_fails_on_a_token_of_cdk(scope: SecretScope, account: str) -> None:
    with pytest.raises(InvalidOptionError, match="^secrets must be plain text .*, got a CDK token"):
        ReadSecrets(scope).document(region="eu-west-1", account=account)


# --- the document for every account ----------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(INTENTS) - {"describe tagged", "deny"}))
def test_for_every_account_an_allow_is_for_the_principals_own(name: str) -> None:
    document = INTENTS[name].document(region="eu-west-1", account="*")
    found = [*on_secrets(document, "Allow")]
    assert found
    for statement in found:
        assert {arn.split(":")[4] for arn in listed(statement["Resource"])} == {"*"}
        assert statement["Condition"]["StringEquals"]["aws:ResourceAccount"] == OWN
    for statement in document["Statement"]:
        if statement not in found:
            assert "aws:ResourceAccount" not in json.dumps(statement)


@pytest.mark.parametrize("name", ["deny", "match tags"])
def test_for_every_account_a_deny_is_for_every_account(name: str) -> None:
    denied = [*on_secrets(INTENTS[name].document(region="eu-west-1", account="*"), "Deny")]
    assert denied
    for statement in denied:
        assert {arn.split(":")[4] for arn in listed(statement["Resource"])} == {"*"}
        assert "Account" not in json.dumps(statement)


def test_for_every_account_a_tagged_secret_is_of_the_principals_own() -> None:
    document = INTENTS["describe tagged"].document(account="*")
    (describe,) = document["Statement"]
    assert describe["Resource"] == "*"
    assert describe["Condition"]["StringEquals"] == {
        "secretsmanager:ResourceTag/Project": "orders",
        "aws:ResourceAccount": OWN,
    }


def test_for_every_account_the_key_is_for_the_secret_of_the_own_account() -> None:
    *_, decrypt = ReadSecrets(ENCRYPTED).document(region="eu-west-1", account="*")["Statement"]
    assert decrypt["Resource"] == KEY
    assert decrypt["Condition"]["StringLike"] == {
        "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:eu-west-1:"
        f"{OWN}:secret:prod/db-??????"
    }


def test_for_every_account_a_secret_of_a_known_account_keeps_it() -> None:
    (read,) = ReadSecrets(BY_ARN).document(region="eu-west-1", account="*")["Statement"]
    assert read["Resource"] == BY_ARN.arn
    assert "Condition" not in read


def asked(account: str, owner: str, action: str = "GetSecretValue") -> Request:
    """Return the request of a principal of one account for the secret of another, or its own."""
    return Request(
        f"arn:aws:iam::{account}:role/app",
        f"secretsmanager:{action}",
        BY_ARN.arn.replace(HOME, owner),
    )


def sharing_with(account: str) -> dict[str, Any]:
    """Return a policy of the secret that leaves the decision to the principal's own policies."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "secretsmanager:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": statement}


@pytest.mark.parametrize("account", [HOME, OTHER])
@pytest.mark.parametrize("owner", [HOME, OTHER])
def test_a_principal_reads_the_secret_of_its_own_account_alone(account: str, owner: str) -> None:
    document = ReadSecrets(DATABASE).document(region="eu-west-1", account="*")
    rules = Policies([document], resource=sharing_with(account))
    assert evaluate(asked(account, owner), rules).allowed == (account == owner)
    assert not evaluate(asked(account, owner, "PutSecretValue"), rules).allowed


@pytest.mark.parametrize("owner", [HOME, OTHER])
def test_a_principal_is_denied_the_secret_of_every_account(owner: str) -> None:
    everything = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    document = DenySecrets(DATABASE).document(region="eu-west-1", account="*")
    shared = sharing_with(HOME)
    assert evaluate(asked(HOME, owner), Policies([everything], resource=shared)).allowed
    rules = Policies([everything, document], resource=shared)
    assert not evaluate(asked(HOME, owner), rules).allowed


# --- the value -------------------------------------------------------------------------------


def test_intents_are_equal_by_value() -> None:
    assert ReadSecrets(DATABASE, batch=True) == ReadSecrets(
        SecretScope.from_secret_name("prod/db"), batch=True
    )
    assert ReadSecrets(DATABASE) != ReadSecrets(DATABASE, batch=True)
    others: list[Intent] = [WriteSecrets(DATABASE), AdministerSecrets(DATABASE)]
    assert ReadSecrets(DATABASE) not in others
    assert len({ReadSecrets(DATABASE), ReadSecrets(DATABASE), ReadSecrets(ENCRYPTED)}) == 2


@pytest.mark.parametrize("name", INTENTS)
def test_an_intent_does_not_change_once_made(name: str) -> None:
    intent = INTENTS[name]
    for option in type(intent).options():
        with pytest.raises(FrozenInstanceError):
            setattr(intent, option, None)


@pytest.mark.parametrize("name", INTENTS)
def test_the_statements_that_a_caller_changes_are_its_own(name: str) -> None:
    before = INTENTS[name].statements()
    INTENTS[name].statements().clear()
    assert INTENTS[name].statements() == before != []


@pytest.mark.parametrize(
    ("intent", "changes"),
    [
        (ReadSecrets(DATABASE), {"describe": "no"}),
        (ReadSecrets(DATABASE, batch=True), {"version_stages": ("AWSCURRENT",)}),
        (ReadSecrets(DATABASE), {"secrets": ()}),
        (AdministerSecrets(DATABASE), {"minimum_recovery_window": 3}),
        (CreateSecrets(ENCRYPTED, pin_key=True), {"secrets": DATABASE}),
        (DenySecrets(DATABASE), {"level": "value"}),
    ],
)
def test_a_changed_copy_is_validated(intent: Intent, changes: dict[str, Any]) -> None:
    with pytest.raises(SecretAccessError):
        replace(intent, **changes)


def test_a_changed_copy_has_the_statements_of_its_options() -> None:
    intent = ReadSecrets(DATABASE)
    described = replace(intent, describe=True)
    assert described.statements() == ReadSecrets(DATABASE, describe=True).statements()
    assert described.statements() != intent.statements()


def test_a_document_takes_neither_cdk_nor_node() -> None:
    code = f"""
import subprocess, sys
def refuse(*_, **__):
    raise AssertionError("a process is started")
subprocess.Popen = refuse
from constructs_lib import ReadSecrets, SecretScope
secret = SecretScope.from_secret_name("prod/db", encryption_key={KEY!r})
document = ReadSecrets(secret).document(region="eu-west-1", account={HOME!r})
assert len(document["Statement"]) == 2
loaded = [name for name in sys.modules if name.split(".")[0] in ("aws_cdk", "jsii", "constructs")]
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": "/nonexistent"},
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- what a fresh eye found --------------------------------------------------------------------


def test_a_tagged_intent_can_be_hashed_copied_and_pickled() -> None:
    values = ["orders", "billing"]
    intent = DescribeTaggedSecrets({"Project": values})
    values.append("payroll")
    twin = DescribeTaggedSecrets({"Project": ("orders", "billing")})
    assert intent == twin
    assert hash(intent) == hash(twin)
    assert copy.deepcopy(intent) == pickle.loads(pickle.dumps(intent)) == intent


def test_for_every_account_a_secret_of_a_named_account_stays_readable() -> None:
    elsewhere = SecretScope.from_secret_complete_arn(
        f"arn:aws:secretsmanager:eu-west-1:{OTHER}:secret:x-AbCdEf",
        encryption_key=f"arn:aws:kms:eu-west-1:{OTHER}:key/k",
    )
    document = ReadSecrets([DATABASE, elsewhere]).document(region="eu-west-1", account="*")
    own, named, *_ = document["Statement"]
    assert own["Resource"].endswith(":secret:prod/db-??????")
    assert own["Condition"]["StringEquals"]["aws:ResourceAccount"] == OWN
    assert named["Resource"] == elsewhere.arn
    assert "Condition" not in named
    assert len({statement["Sid"] for statement in document["Statement"]}) == len(
        document["Statement"]
    )


@pytest.mark.parametrize(
    "intent",
    [
        DenySecrets(DATABASE, except_principals=[f"arn:aws-cn:iam::{HOME}:user/operator"]),
        AdministerSecrets(DATABASE, replicate_to=["cn-north-1"]),
        AdministerSecrets(
            DATABASE,
            rotation_functions=[f"arn:aws-cn:lambda:cn-north-1:{HOME}:function:rotate"],
        ),
    ],
)
def test_fails_on_an_option_of_another_partition(intent: Intent) -> None:
    with pytest.raises(InvalidOptionError, match="be of the partition of the policy, aws, got"):
        intent.document(region="eu-west-1", account=HOME)


@pytest.mark.parametrize(
    ("intent", "message"),
    [
        (
            ReadSecrets(SecretScope.from_secret_name("x", account=OTHER, region="eu-west-1")),
            "^encryption_key must be given for a secret outside the account",
        ),
        (
            CreateSecrets(SecretScope.from_secret_name("x", account=OTHER, region="eu-west-1")),
            "^secrets must be of the account of the policy",
        ),
    ],
)
def test_fails_on_a_secret_that_another_account_denies(intent: Intent, message: str) -> None:
    with pytest.raises(InvalidOptionError, match=message):
        intent.document(region="eu-west-1", account=HOME)


def test_fails_on_a_token_as_region() -> None:
    for options in ({}, {"partition": "aws"}):
        with pytest.raises(InvalidOptionError, match="^region must be plain text .* a CDK token"):
            ReadSecrets(DATABASE).document(region=TOKEN, account=HOME, **options)


@pytest.mark.parametrize(
    "secret",
    [
        SecretScope.from_secret_name_prefix("partner/", encryption_key=KEY),
        SecretScope.from_tags({"a": "b"}, encryption_key=KEY),
    ],
)
def test_fails_on_a_share_of_several_secrets(secret: SecretScope) -> None:
    with pytest.raises(InvalidOptionError, match="^secret must be one secret"):
        ShareSecret(secret, principals=[f"arn:aws:iam::{OTHER}:role/partner"])


def test_fails_on_a_share_with_the_own_account() -> None:
    secret = SecretScope.from_secret_name(
        "prod/db", encryption_key=KEY, region="eu-west-1", account=HOME
    )
    with pytest.raises(InvalidOptionError, match="^principals must be of other accounts"):
        ShareSecret(secret, principals=[f"arn:aws:iam::{HOME}:role/app"])
