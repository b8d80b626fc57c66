"""What CDK lets pass without a word, and what this library does instead: side by side.

Each case is a test of CDK as it is, which fails if CDK mends it, and of the same wish said here.
What is about quotas: tests/checks and test_attachments.py.
"""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Annotations, Match, Template

from constructs_lib import (
    PolicyType,
    SecretAccessError,
    SecretAdmin,
    SecretCreator,
    SecretReader,
    SecretScope,
    SecretWriter,
)
from constructs_lib.testing import SecretAccess, UnknownNameWarning

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/abc"
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
GET = "secretsmanager:GetSecretValue"


def app_role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_name(stack, "App", "app")


def text_of(stack: cdk.Stack) -> str:
    return str(Template.from_stack(stack).to_json())


# --- keys ------------------------------------------------------------------------------------


def test_cdk_forgets_an_imported_key(ireland: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", KEY_ARN)
    secret = secretsmanager.Secret(ireland, "Secret", encryption_key=key)
    secret.grant_read(app_role(ireland))
    assert "kms:Decrypt" not in text_of(ireland)
    with pytest.raises(AssertionError, match="kms:Decrypt"):
        SecretAccess.from_stack(ireland).assert_can_read("app", secret)


def test_an_imported_key_is_usable(ireland: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", KEY_ARN)
    secret = secretsmanager.Secret(ireland, "Secret", encryption_key=key)
    SecretReader(ireland, "Reader", secrets=secret, roles=[app_role(ireland)])
    SecretAccess.from_stack(ireland).assert_can_read("app", secret, encryption_key=key)


def test_cdk_lets_a_reader_use_the_key_for_any_secret(ireland: cdk.Stack) -> None:
    key = kms.Key(ireland, "Key")
    secret = secretsmanager.Secret(ireland, "Secret", encryption_key=key)
    role = iam.Role(ireland, "Role", assumed_by=iam.AccountRootPrincipal())
    secret.grant_read(role)
    SecretAccess.from_stack(ireland).assert_can(
        role, "kms:Decrypt", key, context=through_the_service(f"{ARN}other-AbCdEf")
    )


def test_a_reader_uses_the_key_for_its_own_secrets(ireland: cdk.Stack) -> None:
    key = kms.Key(ireland, "Key")
    secret = secretsmanager.Secret(ireland, "Secret", encryption_key=key)
    role = iam.Role(ireland, "Role", assumed_by=iam.AccountRootPrincipal())
    SecretReader(ireland, "Reader", secrets=secret, roles=[role])
    access = SecretAccess.from_stack(ireland)
    access.assert_can_read(role, secret)
    access.assert_cannot(
        role, "kms:Decrypt", key, context=through_the_service(f"{ARN}other-AbCdEf")
    )


def through_the_service(secret_arn: str) -> dict[str, str | list[str]]:
    return {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": secret_arn,
    }


def test_cdk_lets_a_writer_fail_at_the_key(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    secret.grant_write(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()))
    (key,) = Template.from_stack(stack).find_resources("AWS::KMS::Key").values()
    for_the_role = [
        each["Action"]
        for each in key["Properties"]["KeyPolicy"]["Statement"]
        if "Fn::GetAtt" in each["Principal"]["AWS"]
    ]
    assert "kms:Decrypt" not in str(for_the_role)


def test_a_writer_has_what_aws_asks_for(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    writer = SecretWriter(stack, "Writer", secrets=secret)
    (document,) = writer.policy_documents
    assert document["Statement"][-1]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_cdk_takes_an_alias_which_grants_nothing(stack: cdk.Stack) -> None:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/orders")
    iam.ManagedPolicy(
        stack,
        "Policy",
        statements=[iam.PolicyStatement(actions=["kms:Decrypt"], resources=[alias.key_arn])],
    )
    assert "alias/orders" in text_of(stack)


def test_fails_on_an_alias(stack: cdk.Stack) -> None:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/orders")
    with pytest.raises(SecretAccessError, match="a policy that names an alias grants nothing"):
        SecretScope.from_secret_name("prod/db", encryption_key=alias)


# --- actions and conditions ------------------------------------------------------------------


def test_cdk_puts_the_stage_on_an_action_that_does_not_have_it(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    secret.grant_read(app_role(stack), version_stages=["AWSCURRENT"])
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    Match.object_like(
                        {
                            "Action": [GET, "secretsmanager:DescribeSecret"],
                            "Condition": {
                                "ForAnyValue:StringEquals": {
                                    "secretsmanager:VersionStage": ["AWSCURRENT"]
                                }
                            },
                        }
                    )
                ]
            }
        },
    )


def test_a_stage_limits_the_value_alone(stack: cdk.Stack) -> None:
    secret = SecretScope.from_secret_name("prod/db")
    role = app_role(stack)
    SecretReader(
        stack, "R", secrets=secret, describe=True, version_stages=["AWSCURRENT"], roles=[role]
    )
    access = SecretAccess.from_stack(stack)
    access.assert_can(role, "secretsmanager:DescribeSecret", secret)
    access.assert_cannot(role, GET, secret, context={"secretsmanager:VersionStage": "AWSPENDING"})


@pytest.mark.parametrize("action", ["ListSecrets", "BatchGetSecretValue", "NoSuchAction"])
def test_cdk_takes_an_action_that_is_never_granted_so(stack: cdk.Stack, action: str) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    iam.ManagedPolicy(
        stack,
        "Policy",
        statements=[
            iam.PolicyStatement(actions=[f"secretsmanager:{action}"], resources=[secret.secret_arn])
        ],
    )
    assert f"secretsmanager:{action}" in text_of(stack)


@pytest.mark.parametrize(
    ("construct", "options", "action"),
    [
        (SecretReader, {"batch": True}, "BatchGetSecretValue"),
        (SecretAdmin, {}, "ListSecrets"),
        (SecretCreator, {}, "ListSecrets"),
    ],
)
def test_what_takes_no_secret_is_granted_on_all(
    stack: cdk.Stack, construct: Any, options: dict[str, Any], action: str
) -> None:
    secret = SecretScope.from_secret_name("prod/db")
    (document,) = construct(stack, "C", secrets=secret, **options).policy_documents
    (found,) = (
        each
        for each in document["Statement"]
        if f"secretsmanager:{action}" in (each["Action"], *each["Action"])
    )
    assert (found["Action"], found["Resource"]) == (f"secretsmanager:{action}", "*")
    assert "Condition" not in found


# --- which secrets ---------------------------------------------------------------------------


def test_cdk_takes_a_name_for_the_end_of_a_complete_arn(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "S", f"{ARN}my-secret")
    secret.grant_read(app_role(stack))
    assert f"{ARN}my-secret'" in text_of(stack)
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_an_arn_that_may_be_partial_is_warned_of(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "S", f"{ARN}my-secret")
    SecretReader(stack, "Reader", secrets=secret)
    Annotations.from_stack(stack).has_warning(
        "/Stack/Reader",
        Match.string_like_regexp(
            r"ends in '-secret', .*\[ack: secret-access-cdk:arnMayBePartial\]$"
        ),
    )


def test_cdk_says_nothing_of_a_name_like_a_complete_arns(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "S", "db-AbCdEf")
    secret.grant_read(app_role(stack))
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_a_name_like_a_complete_arns_is_warned_of_until_acknowledged(stack: cdk.Stack) -> None:
    name = SecretScope.from_secret_name("db-AbCdEf")
    SecretReader(stack, "Reader", secrets=[name, SecretScope.from_secret_name("prod/db")])
    acknowledged = SecretReader(stack, "Acknowledged", secrets=name)
    cdk.Annotations.of(acknowledged).acknowledge_warning("secret-access-cdk:nameEndsLikeSuffix")
    annotations = Annotations.from_stack(stack)
    annotations.has_warning(
        "/Stack/Reader",
        Match.string_like_regexp(
            r"^secret name 'db-AbCdEf' .*\[ack: secret-access-cdk:nameEndsLikeSuffix\]$"
        ),
    )
    annotations.has_no_warning("/Stack/Acknowledged", Match.any_value())


def test_cdk_keeps_to_the_home_region_of_a_secret_that_is_replicated(app: cdk.App) -> None:
    env = cdk.Environment(account="111122223333", region="us-east-1")
    stack = cdk.Stack(app, "Abroad", env=env)
    secret = secretsmanager.Secret.from_secret_partial_arn(stack, "S", f"{ARN}prod/db")
    role = app_role(stack)
    secret.grant_read(role)
    replica = f"{ARN}prod/db-AbCdEf".replace("eu-west-1", "us-east-1")
    with pytest.warns(UnknownNameWarning):
        SecretAccess.from_stack(stack).assert_cannot(role, GET, replica)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_fails_on_secrets_of_another_partition(ireland: cdk.Stack, region: str) -> None:
    """Which would be granted, or denied, to nobody."""
    theirs = SecretScope.from_secret_name("prod/db", region=region)
    ours = SecretScope.from_secret_name("prod/db", region="us-east-1")
    with pytest.raises(
        SecretAccessError, match="^secrets must be of the partition of the stack, aws: .* of aws-"
    ):
        SecretReader(ireland, "Reader", secrets=[ours, theirs])
    SecretReader(ireland, "Reader", secrets=ours)


def test_secrets_of_any_partition_are_taken_where_the_stacks_is_not_known(
    stack: cdk.Stack, app: cdk.App
) -> None:
    theirs = SecretScope.from_secret_name("prod/db", region="cn-north-1")
    SecretReader(stack, "Reader", secrets=theirs)
    ningxia = cdk.Stack(app, "Ningxia", env=cdk.Environment(region="cn-northwest-1"))
    SecretReader(ningxia, "Reader", secrets=theirs)


# --- principals ------------------------------------------------------------------------------


def test_cdk_attaches_to_a_namesake_of_a_role_of_another_account(ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(ireland, "R", "arn:aws:iam::444455556666:role/app")
    iam.ManagedPolicy(
        ireland,
        "Policy",
        roles=[role],
        statements=[iam.PolicyStatement(actions=[GET], resources=["*"])],
    )
    Template.from_stack(ireland).has_resource_properties(
        "AWS::IAM::ManagedPolicy", {"Roles": ["app"]}
    )


def test_fails_on_a_role_of_another_account(ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(ireland, "R", "arn:aws:iam::444455556666:role/app")
    with pytest.raises(
        SecretAccessError,
        match="^role must be of the account of the stack, .* of account 444455556666;",
    ):
        SecretReader(ireland, "R2", secrets=SecretScope.from_secret_name("a"), roles=[role])


def test_fails_on_roles_of_two_accounts_where_the_stacks_is_not_known(stack: cdk.Stack) -> None:
    """Of one name, the second would be taken for the first."""
    first, second = (
        iam.Role.from_role_arn(stack, f"In{account}", f"arn:aws:iam::{account}:role/app")
        for account in ("111122223333", "444455556666")
    )
    other = iam.User.from_user_arn(stack, "Alice", "arn:aws:iam::444455556666:user/alice")
    secrets = SecretScope.from_secret_name("prod/db")
    message = "must be of account 111122223333, as the other principals of the policy: .*, got"
    with pytest.raises(SecretAccessError, match=f"^role {message} 'app' of account 444455556666;"):
        SecretReader(stack, "Reader", secrets=secrets, roles=[first, second])
    reader = SecretReader(stack, "Reader", secrets=secrets)
    reader.attach_to_role(first)
    with pytest.raises(SecretAccessError, match=f"^role {message} 'app' of account 444455556666;"):
        reader.attach_to_role(second)
    with pytest.raises(
        SecretAccessError, match=f"^user {message} 'alice' of account 444455556666;"
    ):
        reader.attach_to_user(other)
    reader.attach_to_role(iam.Role.from_role_name(stack, "Named", "web"))


def test_cdk_attaches_no_managed_policy_to_an_imported_role(stack: cdk.Stack) -> None:
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
    app_role(stack).add_managed_policy(policy)
    assert "ReadOnlyAccess" not in text_of(stack)


def test_an_imported_role_gets_its_policy(stack: cdk.Stack) -> None:
    reader = SecretReader(stack, "Reader", secrets=SecretScope.from_secret_name("prod/db"))
    reader.attach_to_role(app_role(stack))
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::ManagedPolicy", {"Roles": ["app"]}
    )


def test_cdk_leaves_out_an_inline_policy_that_is_attached_to_nobody(stack: cdk.Stack) -> None:
    iam.Policy(stack, "Policy", statements=[iam.PolicyStatement(actions=[GET], resources=["*"])])
    Template.from_stack(stack).resource_count_is("AWS::IAM::Policy", 0)


def test_fails_on_an_inline_policy_that_is_attached_to_nobody(
    app: cdk.App, stack: cdk.Stack
) -> None:
    secret = SecretScope.from_secret_name("prod/db")
    SecretReader(stack, "Reader", secrets=secret, policy_type=PolicyType.INLINE)
    with pytest.raises(
        RuntimeError, match="inline policy 'Stack/Reader' must be attached to at least one user"
    ):
        app.synth()
