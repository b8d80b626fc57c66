"""Questions that AWS can have no answer to are refused, and names that may be slips are told."""

import random
import warnings
from difflib import SequenceMatcher
from typing import Any

import pytest

from constructs_lib import SecretAccessError, SecretScope
from constructs_lib.aws.actions import ACTIONS, WITHOUT_RESOURCE
from constructs_lib.testing import SecretAccess, UnknownNameWarning
from tests.support.seeds import seed_of_run

GET = "secretsmanager:GetSecretValue"
BEGINNING = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAMED = [f"{BEGINNING}prod/db-??????"]


def document(actions: object = GET, resource: object = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource or NAMED}
    return {"Version": "2012-10-17", "Statement": [statement]}


def resources(**more: Any) -> dict[str, Any]:
    policies = [{"PolicyName": "read", "PolicyDocument": document()}]
    return {
        "S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
        "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app", "Policies": policies}},
        "K": {"Type": "AWS::KMS::Key", "Properties": {}},
        "A": {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": "alias/db", "TargetKeyId": {"Ref": "K"}},
        },
        **more,
    }


def access(**more: Any) -> SecretAccess:
    return SecretAccess.from_template(
        {"Resources": resources(**more)}, region="eu-west-1", account="111122223333"
    )


def refuses(message: str, assertion: str, *args: Any, of: SecretAccess | None = None) -> None:
    with pytest.raises(SecretAccessError, match=message):
        getattr(of or access(), assertion)(*args)


# --- actions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "nearest"),
    [
        ("secretmanager:GetSecretValue", GET),
        ("secretsmanager:GetSecret", GET),
        ("secretsmanager:GetSecretValue ", GET),
        ("GetSecretValue", GET),
        ("secretsmanager:BatchGetSecretValues", "secretsmanager:BatchGetSecretValue"),
        ("kms:Decrpyt", "kms:Decrypt"),
        ("kms:ReEncrypt", "kms:ReEncryptFrom with kms:ReEncryptTo"),
        ("sts:AsumeRole", "sts:AssumeRole"),
    ],
)
def test_fails_on_an_unknown_action_and_names_the_nearest(action: str, nearest: str) -> None:
    message = f"^action must .*; the nearest is {nearest}$"
    refuses(message, "assert_can", "app", action, "S")
    refuses(message, "assert_cannot", "app", action, "S")
    refuses(message, "assert_only", [], action, "S")
    refuses(message, "assert_never", "app", action, "S")
    refuses(message, "assert_never", "*", [GET, action])
    with pytest.raises(SecretAccessError, match=message):
        access().grants(action)


def test_fails_on_generated_slips_of_known_actions() -> None:
    dice = random.Random(seed_of_run())
    template = access()
    for _ in range(200):
        known = dice.choice(sorted(ACTIONS.values()))
        at = dice.randrange(known.index(":") + 1, len(known))
        slip = known[:at] + dice.choice(["", known[at] * 2, "x"]) + known[at + 1 :]
        if slip.lower() in ACTIONS:
            continue
        for assertion in ("assert_cannot", "assert_never"):
            with pytest.raises(SecretAccessError, match="^action must") as error:
                getattr(template, assertion)("app", slip, "S")
            message = str(error.value)
            nearest = message.partition("; the nearest is ")[2]
            assert SequenceMatcher(None, nearest.lower(), known.lower()).ratio() > 0.5, message


@pytest.mark.parametrize(
    "action", ["s3:GetObject", "iam:PassRole", "sts:AssumeRole", "sts:GetCallerIdentity"]
)
def test_fails_on_an_action_that_is_about_no_secret_or_key(action: str) -> None:
    for secret in ("S", "prod/db", "*"):
        refuses("must be of Secrets Manager, or of KMS", "assert_cannot", "app", action, secret)
        refuses("must be of Secrets Manager, or of KMS", "assert_only", [], action, secret)


@pytest.mark.parametrize("action", ["secretsmanager:*", "secretsmanager:Get*", "kms:?ecrypt", "*"])
def test_fails_on_a_pattern_of_actions(action: str) -> None:
    refuses("action must be one action", "assert_cannot", "app", action, "S")
    refuses("action must be one action", "assert_only", [], action, "S")


@pytest.mark.parametrize(
    "pattern",
    ["secretmanager:*", "secretsmanager:Gett*", "secretsmanager:", "kms:Decript*", "kmss:*", "x"],
)
def test_never_fails_on_a_pattern_that_matches_no_action(pattern: str) -> None:
    refuses("^action must", "assert_never", "app", pattern, "S")
    refuses("^action must", "assert_never", "*", ["secretsmanager:Put*", pattern])


def test_never_fails_on_no_action_and_on_what_is_no_text() -> None:
    for actions in ([], None, 7, [None]):
        refuses("^action must be ", "assert_never", "app", actions, "S")


@pytest.mark.parametrize(
    "pattern", ["*", "SecretsManager:put*", "iam:*", "s*:Put*", "lambda:UpdateFunctionCode"]
)
def test_never_accepts_patterns_of_known_actions(pattern: str) -> None:
    if pattern == "*":
        with pytest.raises(AssertionError):
            access().assert_never("app", pattern, "S")
    else:
        access().assert_never("app", pattern, "S")


def test_actions_are_compared_without_regard_to_case() -> None:
    access().assert_can("app", "SecretsManager:getsecretvalue", "S")
    access().assert_cannot("app", "SECRETSMANAGER:PUTSECRETVALUE", "S")


@pytest.mark.parametrize("action", sorted(each for each in WITHOUT_RESOURCE if each[0] != "s"))
def test_actions_of_kms_without_a_resource_are_asked_without_a_key(action: str) -> None:
    policies = [{"PolicyName": "all", "PolicyDocument": document(action, "*")}]
    lister = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "l", "Policies": policies}}
    template = access(L=lister)
    template.assert_can("l", action)
    template.assert_cannot("app", action)
    template.assert_only(["l"], action)
    refuses("secret must be omitted for", "assert_cannot", "app", action, "K")


# --- secrets and keys ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        f"{BEGINNING}prod/db-??????",
        f"{BEGINNING}prod/db-*",
        "prod/*",
        "prod/d?",
        f"{BEGINNING}prod/db-AbCdEf:password::",
        f"{BEGINNING}prod/db-AbCdEf::AWSPREVIOUS:",
        "prod/db:password::",
        "",
        " ",
        "\t",
        "prod/db ",
        " prod/db",
        "prod db",
        "prod/db\n",
        "arn:aws:secretsmanager::111122223333:secret:prod/db",
        "arn:aws:secretsmanager:eu-west-1:11112222333:secret:prod/db",
        "arn:aws:secretsmanager:eu-west-1:*:secret:prod/db",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:",
        "arn:aws:s3:::bucket",
        "n" * 520,
    ],
)
def test_fails_on_a_text_that_names_no_secret(secret: str) -> None:
    refuses("^secret must be ", "assert_cannot", "app", GET, secret)
    refuses("^secret must be ", "assert_can", "app", GET, secret)
    refuses("^secret must be ", "assert_can_read", "app", secret)
    refuses("^secret must be ", "assert_only", [], GET, secret)


def test_fails_on_a_value_of_ecs_and_gives_the_arn() -> None:
    arn = f"{BEGINNING}prod/db-AbCdEf"
    refuses(f"give the secret's ARN alone: {arn}$", "assert_cannot", "app", GET, f"{arn}:k::")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        " ",
        "prod/*",
        "prod/d?",
        f"{BEGINNING}prod/*:password::",
        f"{BEGINNING}prod/db-AbCdEf:password::",
        "arn:aws:secretsmanager:*:*:secret:prod/db",
        "arn:aws:secretsmanager:*:secret:prod/db-????",
    ],
)
def test_never_fails_on_a_text_that_no_arn_matches(secret: str) -> None:
    refuses("^secret must be ", "assert_never", "app", GET, secret)
    refuses("^secret must be ", "assert_never", "*", GET, secret)


@pytest.mark.parametrize(
    "secret",
    ["*", "arn:*", "arn:aws:*:*:*:*", "arn:aws:secretsmanager:*:*:*", "*prod/db-??????"]
    + [f"arn:aws:secretsmanager:*:*:secret:{name}" for name in ("*", "prod/*", "prod/db-??????")],
)
def test_never_accepts_a_pattern_of_arns(secret: str) -> None:
    access().assert_never("app", "secretsmanager:Put*", secret)
    with pytest.raises(AssertionError):
        access().assert_never("app", GET, secret)


@pytest.mark.parametrize("key", ["alias/other", "", " ", "prod/db", "S", f"{KEY_ARN[:-2]}*"])
def test_fails_on_a_text_that_names_no_key(key: str) -> None:
    refuses("^encryption key must be ", "assert_cannot", "app", "kms:Decrypt", key)
    refuses("^encryption key must be ", "assert_only", [], "kms:Decrypt", key)


@pytest.mark.parametrize("key", ["K", "alias/db"])
def test_never_is_about_a_key(key: str) -> None:
    access().assert_never("*", "kms:*", key)
    policies = [{"PolicyName": "all", "PolicyDocument": document("kms:*", "*")}]
    user = {"Type": "AWS::IAM::User", "Properties": {"Policies": policies}}
    with pytest.raises(AssertionError, match="user U"):
        access(U=user).assert_never("*", "kms:Decrypt", key)


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("logical_id", ["R", "K", "A"])
def test_fails_on_the_logical_id_of_another_resource_as_a_secret(logical_id: str) -> None:
    message = f"got '{logical_id}', which is the logical id of {logical_id} "
    refuses(message, "assert_cannot", "app", GET, logical_id)
    refuses(message, "assert_only", [], GET, logical_id)


def test_never_fails_on_the_logical_id_of_another_resource() -> None:
    refuses("which is the logical id of R ", "assert_never", "app", GET, "R")


def test_fails_on_a_secrets_name_that_is_another_logical_id() -> None:
    for type_ in ("AWS::SecretsManager::Secret", "AWS::RDS::DBInstance", "AWS::IAM::User"):
        other: dict[str, Any] = {"Type": type_, "Properties": {}}
        named = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "Other"}}
        template = access(Other=other, Named=named)
        refuses("that no other resource has", "assert_cannot", "app", GET, "Other", of=template)
        template.assert_cannot("app", GET, "Named")


def test_fails_on_a_principals_name_that_is_another_logical_id() -> None:
    for type_ in ("AWS::IAM::User", "AWS::Lambda::Function"):
        template = access(app={"Type": type_, "Properties": {}})
        refuses("that no other resource has", "assert_cannot", "app", GET, "S", of=template)
        template.assert_can("R", GET, "S")
        template.assert_can("arn:aws:iam::111122223333:role/app", GET, "S")


def test_a_name_that_is_the_resources_own_logical_id_is_accepted() -> None:
    own = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "Own"}}
    access(Own=own).assert_cannot("app", GET, "Own")


@pytest.mark.parametrize("name", ["app", "App", "APP", "arn:aws:iam::111122223333:role/APP"])
def test_names_of_principals_are_compared_without_regard_to_case(name: str) -> None:
    access().assert_can(name, GET, "S")
    access().assert_only([name], GET, "S")
    with pytest.raises(AssertionError):
        access().assert_cannot(name, GET, "S")


@pytest.mark.parametrize("name", ["app", "App", "APP"])
def test_a_policy_is_attached_to_a_name_without_regard_to_case(name: str) -> None:
    attached = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "more",
            "Roles": [name],
            "PolicyDocument": document("secretsmanager:PutSecretValue"),
        },
    }
    template = access(P=attached)
    template.assert_can("app", "secretsmanager:PutSecretValue", "S")
    template.assert_only(["app"], "secretsmanager:PutSecretValue", "S")


def test_members_join_a_group_without_regard_to_case() -> None:
    policies = [{"PolicyName": "put", "PolicyDocument": document("secretsmanager:PutSecretValue")}]
    group = {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "ops", "Policies": policies}}
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "ann", "Groups": ["OPS"]}}
    template = access(G=group, U=user)
    template.assert_can("Ann", "secretsmanager:PutSecretValue", "S")
    template.assert_only(["Ops"], "secretsmanager:PutSecretValue", "S")


def test_fails_on_two_roles_of_one_name_in_another_case() -> None:
    other = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "APP"}}
    with pytest.raises(SecretAccessError, match="APP"):
        access(Other=other)


# --- slips -----------------------------------------------------------------------------------

UNKNOWN = [
    "prod/bd",
    "prod",
    "prod/db2",
    "Prod/db",
    f"{BEGINNING}prod/bd-AbCdEf",
    f"{BEGINNING}prod/bd",
    f"{BEGINNING}prod/db-AbCdEf".replace("eu-west-1", "us-east-1"),
]


@pytest.mark.parametrize("secret", UNKNOWN)
def test_warns_of_a_secret_that_nothing_names(secret: str) -> None:
    questions: list[tuple[str, tuple[Any, ...]]] = [
        ("assert_cannot", ("app", GET, secret)),
        ("assert_only", ([], GET, secret)),
        ("assert_never", ("app", GET, secret)),
        ("assert_never", ("*", GET, secret)),
    ]
    for assertion, args in questions:
        with pytest.warns(UnknownNameWarning, match=f"got '{secret}'; correct .*") as caught:
            getattr(access(), assertion)(*args)
        assert len(caught) == 1
        assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "scope",
    [
        SecretScope.from_secret_complete_arn(f"{BEGINNING}prod/bd-AbCdEf"),
        SecretScope.from_secret_partial_arn(f"{BEGINNING}prod/bd"),
    ],
    ids=["complete", "partial"],
)
def test_a_scope_says_that_a_secret_exists_elsewhere(scope: SecretScope) -> None:
    access().assert_cannot("app", GET, scope)
    access().assert_only([], GET, scope)
    access().assert_never("app", GET, scope)


def test_warns_of_a_key_that_nothing_names() -> None:
    with pytest.warns(UnknownNameWarning, match="key must be in the templates"):
        access().assert_cannot("app", "kms:Decrypt", KEY_ARN)
    policies = [{"PolicyName": "all", "PolicyDocument": document("kms:Encrypt", KEY_ARN)}]
    user = {"Type": "AWS::IAM::User", "Properties": {"Policies": policies}}
    access(U=user).assert_cannot("app", "kms:Decrypt", KEY_ARN)


@pytest.mark.parametrize(
    ("resource", "secret"),
    [
        (f"{BEGINNING}test/*", "test/db"),
        (f"{BEGINNING}test/db-??????", "test/db"),
        (f"{BEGINNING}test/db-AbCdEf", f"{BEGINNING}test/db-AbCdEf"),
        ("arn:aws:secretsmanager:*:*:secret:te*", f"{BEGINNING}test/db"),
        ({"Fn::Sub": f"{BEGINNING}${{Name}}-??????"}, "test/db"),
    ],
)
def test_a_secret_that_a_policy_matches_is_no_slip(resource: object, secret: str) -> None:
    policies = [{"PolicyName": "p", "PolicyDocument": document("secretsmanager:Put*", resource)}]
    user = {"Type": "AWS::IAM::User", "Properties": {"Policies": policies}}
    template = SecretAccess.from_template(
        {"Parameters": {"Name": {"Type": "String"}}, "Resources": resources(U=user)},
        region="eu-west-1",
        account="111122223333",
    )
    template.assert_cannot("app", GET, secret)
    template.assert_only([], GET, secret)


def test_a_secret_that_a_template_names_is_no_slip() -> None:
    properties = {"Environment": {"Variables": {"SECRET": "test/db"}}}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    access(F=function).assert_cannot("app", GET, "test/db")
    with pytest.warns(UnknownNameWarning):
        access(F=function).assert_cannot("app", GET, "test/d")


@pytest.mark.parametrize("resource", ["*", f"{BEGINNING}*", "arn:aws:secretsmanager:*:*:secret:*"])
def test_a_wildcard_for_all_secrets_counts_for_its_own_principal(resource: str) -> None:
    policies = [{"PolicyName": "all", "PolicyDocument": document(GET, resource)}]
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "ann", "Policies": policies}}
    access(U=user).assert_can("ann", GET, "prod/bd")
    with pytest.warns(UnknownNameWarning):
        access(U=user).assert_cannot("app", GET, "prod/bd")


@pytest.mark.parametrize("action", ["logs:*", ["s3:Get*", "ec2:*"]])
def test_a_statement_on_other_services_names_no_secret(action: object) -> None:
    policies = [{"PolicyName": "all", "PolicyDocument": document(action, "*")}]
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "ann", "Policies": policies}}
    with pytest.warns(UnknownNameWarning, match="got 'prod/bd'"):
        access(U=user).assert_cannot("ann", GET, "prod/bd")


def test_the_secrets_of_the_templates_are_no_slips() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for secret in ("S", "prod/db", f"{BEGINNING}prod/db"):
            access().assert_can("app", GET, secret)
            access().assert_cannot("app", "secretsmanager:DeleteSecret", secret)
