"""A share of a secret: what it adds to the policies of the secret and of its key."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as sm
from aws_cdk.assertions import Template

from constructs_lib import SecretAccessError, SecretShare
from tests.support.apps import unvalidated_app

OTHER = "444455556666"
APP_ARN = f"arn:aws:iam::{OTHER}:role/app"
GET = "secretsmanager:GetSecretValue"


def app_role(stack: cdk.Stack, name: str = "app") -> iam.IRole:
    return iam.Role.from_role_arn(stack, f"Role{name}", f"arn:aws:iam::{OTHER}:role/{name}")


def secret_of(stack: cdk.Stack, **props: Any) -> sm.Secret:
    given = {"secret_name": "prod/db", "encryption_key": kms.Key(stack, "Key"), **props}
    return sm.Secret(stack, "Secret", **given)


def shared(stack: cdk.Stack) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Return what shares add to the key's and the secret's policy, and the latter's properties."""
    template = Template.from_stack(stack)
    (key,) = template.find_resources("AWS::KMS::Key").values()
    (policy,) = template.find_resources("AWS::SecretsManager::ResourcePolicy").values()
    properties = policy["Properties"]
    return (
        [each for each in key["Properties"]["KeyPolicy"]["Statement"] if "Sid" in each],
        properties["ResourcePolicy"]["Statement"],
        properties,
    )


def test_it_adds_to_both_policies_what_its_documents_say(ireland: cdk.Stack) -> None:
    role = app_role(ireland)
    user = iam.User.from_user_arn(ireland, "User", f"arn:aws:iam::{OTHER}:user/team/alice")
    secret = secret_of(ireland)
    share = SecretShare(ireland, "It", secret=secret, principals=[role, user, role])
    of_key, of_secret, properties = shared(ireland)
    both = {"AWS": [APP_ARN, f"arn:aws:iam::{OTHER}:user/team/alice"]}
    assert of_secret == share.resource_policy_document["Statement"]
    assert [{**each, "Sid": ""} for each in of_secret] == [
        {"Sid": "", "Effect": "Allow", "Principal": both, "Action": GET, "Resource": "*"}
    ]
    assert of_key == share.key_policy_document["Statement"]
    assert [{**each, "Sid": ""} for each in of_key] == [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": both,
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": {"Fn::Sub": "secretsmanager.eu-west-1.${AWS::URLSuffix}"}
                },
                "StringLike": {
                    "kms:EncryptionContext:SecretARN": {
                        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:eu-west-1:111122223333:"
                        "secret:prod/db-??????"
                    }
                },
            },
        }
    ]
    assert properties["BlockPublicPolicy"] is True
    assert properties["SecretId"] == ireland.resolve(secret.secret_arn)


def test_a_stack_that_knows_no_place_is_of_its_own(stack: cdk.Stack) -> None:
    SecretShare(stack, "It", secret=secret_of(stack), principals=[app_role(stack)])
    ((of_key,), _, _) = shared(stack)
    assert of_key["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"] == {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:"
        "secret:prod/db-??????"
    }


@pytest.mark.parametrize("describe", [False, True])
def test_it_describes_if_told_to(stack: cdk.Stack, describe: bool) -> None:
    secret = secret_of(stack)
    SecretShare(stack, "It", secret=secret, principals=[app_role(stack)], describe=describe)
    _, (statement,), _ = shared(stack)
    assert statement["Action"] == ([GET, "secretsmanager:DescribeSecret"] if describe else GET)


def test_what_others_add_stays_and_each_share_has_a_sid_of_its_own(stack: cdk.Stack) -> None:
    secret = secret_of(stack)
    secret.deny_account_root_delete()
    for name in ("a", "b"):
        SecretShare(stack, f"For{name}", secret=secret, principals=[app_role(stack, name)])
    of_key, (denied, *of_secret), _ = shared(stack)
    assert denied["Effect"] == "Deny"
    for found in (of_key, of_secret):
        assert [each["Principal"]["AWS"] for each in found] == [
            f"arn:aws:iam::{OTHER}:role/{name}" for name in ("a", "b")
        ]
        sids = [each["Sid"] for each in found]
        assert len(set(sids)) == 2
        assert all(sid.isalnum() for sid in sids)


def test_a_sid_is_the_same_in_every_synthesis() -> None:
    found = []
    for _ in range(2):
        stack = cdk.Stack(unvalidated_app(), "Stack")
        share = SecretShare(stack, "It", secret=secret_of(stack), principals=[app_role(stack)])
        found.append(share.resource_policy_document)
    assert found[0] == found[1]


def test_a_document_that_was_handed_out_can_be_changed(stack: cdk.Stack) -> None:
    share = SecretShare(stack, "It", secret=secret_of(stack), principals=[app_role(stack)])
    share.resource_policy_document["Statement"].clear()
    share.key_policy_document["Statement"].clear()
    assert len(share.resource_policy_document["Statement"]) == 1
    assert len(share.key_policy_document["Statement"]) == 1


def test_a_name_may_be_a_parameter(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    SecretShare(
        stack, "It", secret=secret_of(stack, secret_name=name), principals=[app_role(stack)]
    )
    ((of_key,), _, _) = shared(stack)
    like = of_key["Condition"]["StringLike"]
    pattern, values = like["kms:EncryptionContext:SecretARN"]["Fn::Sub"]
    assert pattern.endswith(":secret:${Value1}-??????")
    assert values == {"Value1": {"Ref": "Name"}}


def test_the_secret_of_a_database_has_one_policy(stack: cdk.Stack) -> None:
    """Also where somebody adds to the secret itself: a second policy would take the first away."""
    key = kms.Key(stack, "Key")
    database = rds.DatabaseInstance(
        stack,
        "Database",
        engine=rds.DatabaseInstanceEngine.POSTGRES,
        vpc=ec2.Vpc(stack, "Vpc"),
        credentials=rds.Credentials.from_generated_secret(
            "orders", encryption_key=key, secret_name="prod/db"
        ),
    )
    assert isinstance(database.secret, sm.SecretTargetAttachment)
    secret = database.secret.node.scope
    assert isinstance(secret, sm.Secret)
    secret.deny_account_root_delete()
    SecretShare(stack, "It", secret=database.secret, principals=[app_role(stack)])
    of_key, of_secret, properties = shared(stack)
    assert len(of_key) == 1
    assert len(of_secret) == 2
    assert properties["SecretId"] == stack.resolve(secret.secret_arn)


def test_a_role_of_another_accounts_stack_is_named_by_its_name(
    app: cdk.App, ireland: cdk.Stack
) -> None:
    env = cdk.Environment(account=OTHER, region="eu-north-1")
    elsewhere = cdk.Stack(app, "Elsewhere", env=env)
    role = iam.Role(elsewhere, "R", role_name="app", assumed_by=iam.AccountRootPrincipal())
    SecretShare(ireland, "It", secret=secret_of(ireland), principals=[role])
    ((of_key,), (of_secret,), _) = shared(ireland)
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{OTHER}:role/app"]]}
    assert of_key["Principal"] == of_secret["Principal"] == {"AWS": arn}


# --- refusals ----------------------------------------------------------------------------------

Props = Callable[[cdk.Stack], dict[str, Any]]
REFUSED: dict[str, tuple[Props, str]] = {
    "no secret": (lambda s: {"secret": "prod/db"}, "^secret to share must be .*, got 'prod/db'"),
    "an imported secret": (
        lambda s: {"secret": sm.Secret.from_secret_name_v2(s, "I", "prod/db")},
        "^secret to share must be .* imported secret, got .*; place the share in",
    ),
    "an attachment of an imported secret": (
        lambda s: {
            "secret": sm.Secret.from_secret_name_v2(s, "I", "prod/db").attach(
                rds.DatabaseCluster.from_database_cluster_attributes(s, "C", cluster_identifier="c")
            )
        },
        "^secret to share must be .* imported secret, got",
    ),
    "a secret without a name": (
        lambda s: {"secret": secret_of(s, secret_name=None)},
        "^secret to share must have a secret_name: .*, got '.*/Secret' without",
    ),
    "a secret whose name is made up when needed": (
        lambda s: {"secret": secret_of(s, secret_name=cdk.PhysicalName.GENERATE_IF_NEEDED)},
        "^secret to share must have a secret_name: .*, got '.*/Secret' without",
    ),
    "a secret under the AWS-managed key": (
        lambda s: {"secret": secret_of(s, encryption_key=None)},
        "^secret must be under a customer-managed key, .*got no encryption_key of",
    ),
    "an imported key": (
        lambda s: {
            "secret": secret_of(
                s,
                encryption_key=kms.Key.from_key_arn(
                    s, "K", "arn:aws:kms:eu-west-1:111122223333:key/abc"
                ),
            )
        },
        "^encryption_key of the secret to share must .* got 'arn:aws:kms:.*abc', which is imported",
    ),
    "an alias": (
        lambda s: {"secret": secret_of(s, encryption_key=kms.Key(s, "K").add_alias("alias/a"))},
        "^encryption key must be .*, got the alias",
    ),
    "no principals": (
        lambda s: {"principals": []},
        r"^principals must be .*, got \[\]; give a list: principals=\[\.\.\.\]$",
    ),
    "a principal alone": (
        lambda s: {"principals": app_role(s)},
        "^principals must be a sequence.*, got the construct ",
    ),
    "a text": (lambda s: {"principals": APP_ARN}, "^principals must be .*, got 'arn:"),
    "a principal's ARN": (
        lambda s: {"principals": [APP_ARN]},
        "^principals must be aws_iam.IRole or IUser, got 'arn:.*from_role_arn",
    ),
    "everybody": (
        lambda s: {"principals": [iam.AnyPrincipal()]},
        "^principals must be roles and users: .*, got ",
    ),
    "an account": (
        lambda s: {"principals": [iam.AccountPrincipal(OTHER)]},
        "^principals must be roles and users: .*, got ",
    ),
    "a group": (
        lambda s: {
            "principals": [
                iam.Group.from_group_arn(s, "G", f"arn:aws:iam::{OTHER}:group/ops"),
            ]
        },
        "^principals must be roles and users: .*, got ",
    ),
    "roles with a wildcard": (
        lambda s: {"principals": [app_role(s, "a*")]},
        r"^principal must be .*, got 'arn:aws:iam::444455556666:role/a\*'",
    ),
    "a role of the secret's own account": (
        lambda s: {"principals": [iam.Role.from_role_name(s, "R", "app")]},
        "^principals must be of other accounts than that of the secret, got ",
    ),
    "a user of the secret's own account": (
        lambda s: {"principals": [iam.User(s, "U")]},
        "^principals must be of other accounts than that of the secret, got ",
    ),
    "describe that is no bool": (
        lambda s: {"describe": "no"},
        "^describe must be True or False, got 'no'",
    ),
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("case", REFUSED)
def test_fails_and_adds_nothing(
    stack: cdk.Stack, ireland: cdk.Stack, case: str, known: bool
) -> None:
    place = ireland if known else stack
    props, message = REFUSED[case]
    given = props(place)
    if "secret" not in given:
        given["secret"] = secret_of(place)
    given.setdefault("principals", [app_role(place, "good")])
    with pytest.raises(SecretAccessError, match=message):
        SecretShare(place, "Bad", **given)
    assert place.node.try_find_child("Bad") is None
    text = str(Template.from_stack(place).to_json())
    assert "ShareSecretValue" not in text
    assert "DecryptSharedSecret" not in text


def test_cdk_itself_would_drop_what_is_added_to_what_is_imported(stack: cdk.Stack) -> None:
    """What the refusals of imported secrets and keys are for."""
    arn = "arn:aws:kms:eu-west-1:111122223333:key/abc"
    statement = iam.PolicyStatement(
        actions=["*"], resources=["*"], principals=[iam.ArnPrincipal(APP_ARN)]
    )
    sm.Secret.from_secret_name_v2(stack, "I", "prod/db").add_to_resource_policy(statement)
    kms.Key.from_key_arn(stack, "K", arn).add_to_resource_policy(statement)
    assert "Resources" not in Template.from_stack(stack).to_json()


def test_a_key_can_not_refer_to_the_secret_that_refers_to_it(stack: cdk.Stack) -> None:
    """What the name is for: CDK writes such a circle, and CloudFormation refuses it."""
    secret = secret_of(stack)
    key = secret.encryption_key
    assert key is not None
    key.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt"],
            resources=["*"],
            principals=[iam.ArnPrincipal(APP_ARN)],
            conditions={"StringEquals": {"kms:EncryptionContext:SecretARN": secret.secret_arn}},
        )
    )
    with pytest.raises(RuntimeError, match="dependency cycle"):
        Template.from_stack(stack)
