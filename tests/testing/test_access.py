"""The assertions for users' tests, on stacks made by real constructs: CDK's own and ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as sm

from constructs_lib import (
    DenySecretAccess,
    PolicyType,
    SecretAccessError,
    SecretAdmin,
    SecretReader,
    SecretScope,
    TagScopedDescriber,
)
from constructs_lib.testing import SecretAccess, UnknownNameWarning
from tests.support.apps import unvalidated_app

GET = "secretsmanager:GetSecretValue"
DESCRIBE = "secretsmanager:DescribeSecret"
LAMBDA_LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
}


@pytest.fixture
def app() -> cdk.App:
    return unvalidated_app()


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Orders")


@pytest.fixture
def ireland(app: cdk.App) -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(app, "Ireland", env=env)


def role(scope: cdk.Stack, name: str, **props: Any) -> iam.Role:
    return iam.Role(scope, name, assumed_by=iam.AccountRootPrincipal(), **props)


def fails(check: Callable[..., None], *args: Any, says: str, **kwargs: Any) -> str:
    with pytest.raises(AssertionError, match=says) as error:
        check(*args, **kwargs)
    message = str(error.value)
    assert max(message) < "\U000f0000"
    assert not message.endswith(".")
    return message


# --- our constructs --------------------------------------------------------------------------


@pytest.mark.parametrize("policy_type", list(PolicyType))
def test_a_reader_reads_its_secret_alone(stack: cdk.Stack, policy_type: PolicyType) -> None:
    secret, other = sm.Secret(stack, "Secret"), sm.Secret(stack, "Other")
    reader, nobody = role(stack, "Reader"), role(stack, "Nobody")
    SecretReader(stack, "R", secrets=[secret], roles=[reader], policy_type=policy_type)
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(reader, secret)
    access.assert_only([reader], GET, secret)
    access.assert_cannot(reader, GET, other)
    access.assert_cannot(reader, DESCRIBE, secret)
    access.assert_cannot(nobody, GET, secret)
    access.assert_only([], GET, other)


@pytest.mark.parametrize("stack_name", ["stack", "ireland"])
def test_a_reader_of_an_encrypted_secret_may_decrypt_that_secret_alone(
    request: pytest.FixtureRequest, stack_name: str
) -> None:
    stack: cdk.Stack = request.getfixturevalue(stack_name)
    key = kms.Key(stack, "Key")
    secret, other = (sm.Secret(stack, each, encryption_key=key) for each in ("Secret", "Other"))
    reader = role(stack, "Reader")
    SecretReader(stack, "R", secrets=[secret], roles=[reader])
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(reader, secret)
    fails(
        access.assert_can_read, reader, other, says="is not allowed secretsmanager:GetSecretValue"
    )
    # Directly, past Secrets Manager; a service may make the request, too.
    access.assert_cannot(reader, "kms:Decrypt", key, context={"kms:ViaService": None})
    says = "kms:ViaService, of which the request says nothing"
    fails(access.assert_cannot, reader, "kms:Decrypt", key, says=says)
    grant = iam.PolicyStatement(actions=[GET], resources=[other.secret_arn])
    reader.add_to_policy(grant)
    message = fails(
        SecretAccess.from_stack(stack).assert_can_read, reader, other, says="kms:Decrypt"
    )
    assert "(Orders/R), statement 2 (" in message or "(Ireland/R)" in message


def test_imported_principals_secrets_and_keys_by_name(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd")
    task = iam.Role.from_role_name(stack, "Task", "orders-task")
    scope = SecretScope.from_secret_name("prod/db", encryption_key=key)
    SecretReader(stack, "R", secrets=scope, roles=[task])
    imported = sm.Secret.from_secret_name_v2(stack, "Imported", "prod/db")
    access = SecretAccess.from_stack(stack)
    for who in (task, "orders-task"):
        for which in (scope, "prod/db", imported):
            access.assert_can(who, GET, which)
            access.assert_can_read(who, which, encryption_key=key)
            access.assert_only([who], GET, which)
        for other in ("prod/db2", "prod/db-replica", "prod"):
            with pytest.warns(UnknownNameWarning, match=f"got '{other}'"):
                access.assert_cannot(who, GET, other)
            access.assert_cannot(who, GET, SecretScope.from_secret_name(other))
    access.assert_can_read(task, scope)


def test_a_scope_of_an_owned_secret_brings_its_key(stack: cdk.Stack) -> None:
    owned = sm.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    scope, who, half = SecretScope.from_secret(owned), role(stack, "Who"), role(stack, "Half")
    SecretReader(stack, "R", secrets=scope, roles=[who])
    grant = iam.PolicyStatement(actions=[GET], resources=[owned.secret_arn])
    half.add_to_policy(grant)
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(who, scope)
    access.assert_only([who, half], GET, scope)
    fails(access.assert_can_read, half, scope, says="is not allowed kms:Decrypt")


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_other_partitions_have_services_of_other_names(app: cdk.App, region: str) -> None:
    env = cdk.Environment(account="111122223333", region=region)
    stack = cdk.Stack(app, "Stack", env=env)
    secret = sm.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    who = role(stack, "Who")
    SecretReader(stack, "R", secrets=secret, roles=[who])
    SecretAccess.from_stack(stack).assert_can_read(who, secret)


def test_a_complete_arn_is_that_secret(ireland: cdk.Stack) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
    task = iam.Role.from_role_arn(ireland, "Task", "arn:aws:iam::111122223333:role/x/orders")
    SecretReader(ireland, "R", secrets=SecretScope.from_secret_complete_arn(arn), roles=[task])
    secret = sm.Secret.from_secret_complete_arn(ireland, "Secret", arn)
    access = SecretAccess.from_stack(ireland)
    for who in (task, "orders", "arn:aws:iam::111122223333:role/x/orders"):
        access.assert_can_read(who, secret)
        access.assert_can_read(who, arn)
    for other in (arn.replace("AbCdEf", "AbCdEg"), arn.replace("eu-west-1", "us-east-1")):
        with pytest.warns(UnknownNameWarning, match=f"got '{other}'; .*from_secret_complete_arn"):
            access.assert_cannot(task, GET, other)
        access.assert_cannot(task, GET, SecretScope.from_secret_complete_arn(other))


def test_a_deny_wins(stack: cdk.Stack) -> None:
    secret, admin = sm.Secret(stack, "Secret"), role(stack, "Admin")
    SecretAdmin(stack, "A", secrets=secret, roles=[admin])
    SecretAccess.from_stack(stack).assert_can(admin, GET, secret)
    DenySecretAccess(stack, "D", secrets=secret, roles=[admin])
    access = SecretAccess.from_stack(stack)
    access.assert_cannot(admin, GET, secret)
    access.assert_can(admin, "secretsmanager:PutSecretValue", secret)
    access.assert_can(admin, "secretsmanager:ListSecrets")
    says = r"denied by managed policy D\w+ \(Orders/D\), statement 1 \(DenySecretAccess\)"
    fails(access.assert_can, admin, GET, secret, says=says)


def test_tags_come_from_the_template_or_the_test(stack: cdk.Stack) -> None:
    mine, other = sm.Secret(stack, "Mine"), sm.Secret(stack, "Other")
    cdk.Tags.of(mine).add("Project", "orders")
    who = role(stack, "Who")
    TagScopedDescriber(stack, "T", tags={"Project": "orders"}, roles=[who])
    access = SecretAccess.from_stack(stack)
    access.assert_can(who, DESCRIBE, mine)
    access.assert_cannot(who, DESCRIBE, other)
    says = "ResourceTag/Project, of which the request says nothing; give context="
    fails(access.assert_can, who, DESCRIBE, "prod/db", says=says)
    fails(access.assert_cannot, who, DESCRIBE, "prod/db", says=says)
    tag = "secretsmanager:ResourceTag/Project"
    access.assert_can(who, DESCRIBE, "prod/db", context={tag: "orders"})
    access.assert_cannot(who, DESCRIBE, "prod/db", context={tag: "billing"})
    access.assert_cannot(who, DESCRIBE, "prod/db", context={tag: None})


def test_a_version_stage_is_asked_for(stack: cdk.Stack) -> None:
    who = role(stack, "Who")
    scope = SecretScope.from_secret_name("prod/db")
    SecretReader(stack, "R", secrets=scope, roles=[who], version_stages=["AWSCURRENT"])
    access = SecretAccess.from_stack(stack)
    fails(access.assert_can, who, GET, "prod/db", says="secretsmanager:VersionStage")
    stage = "secretsmanager:VersionStage"
    access.assert_can(who, GET, "prod/db", context={stage: "AWSCURRENT"})
    access.assert_cannot(who, GET, "prod/db", context={stage: "AWSPREVIOUS"})
    access.assert_cannot(who, GET, "prod/db", context={stage: None})


# --- CDK's own -------------------------------------------------------------------------------


def test_grant_read_with_an_owned_key_reads(stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    who = role(stack, "Who")
    secret.grant_read(who)
    access = SecretAccess.from_stack(stack, region="eu-west-1", account="111122223333")
    access.assert_can_read(who, secret)
    SecretAccess.from_stack(stack).assert_can_read(who, secret)


def test_grant_read_with_an_imported_key_does_not_read(ireland: cdk.Stack) -> None:
    """What aws/aws-cdk#20087 is about: the grant is silently incomplete."""
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
    secret = sm.Secret(ireland, "Secret", encryption_key=kms.Key.from_key_arn(ireland, "Key", arn))
    who = role(ireland, "Who")
    secret.grant_read(who)
    access = SecretAccess.from_stack(ireland)
    access.assert_can(who, GET, secret)
    message = fails(access.assert_can_read, who, secret, says="is not allowed kms:Decrypt")
    assert arn in message
    assert "no statement of inline policy" in message


def test_a_group_and_its_members(stack: cdk.Stack) -> None:
    secret, group = sm.Secret(stack, "Secret"), iam.Group(stack, "Group")
    member, outsider = iam.User(stack, "Member", groups=[group]), iam.User(stack, "Outsider")
    secret.grant_read(group)
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(member, secret)
    access.assert_can_read(group, secret)
    access.assert_cannot(outsider, GET, secret)
    access.assert_only([group], GET, secret)
    says = r"a member of group Group\w+ \(Orders/Group\) is allowed"
    fails(access.assert_only, [member], GET, secret, says=says)


def test_a_boundary_limits(stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret")
    nothing = iam.PolicyStatement(actions=["s3:*"], resources=["*"])
    boundary = iam.ManagedPolicy(stack, "Boundary", statements=[nothing])
    who = role(stack, "Who", permissions_boundary=boundary)
    secret.grant_read(who)
    access = SecretAccess.from_stack(stack)
    access.assert_cannot(who, GET, secret)
    fails(access.assert_can, who, GET, secret, says="permissions boundary")


def test_an_unknown_boundary_of_aws_must_be_supplied(stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret")
    boundary = iam.ManagedPolicy.from_aws_managed_policy_name("NewerPowerUserAccess")
    who = role(stack, "Who", permissions_boundary=boundary)
    secret.grant_read(who)
    access = SecretAccess.from_stack(stack)
    fails(access.assert_can, who, GET, secret, says="the document of managed policy .*PowerUser")
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    given = {"NewerPowerUserAccess": everything}
    SecretAccess.from_stack(stack, managed_policies=given).assert_can(who, GET, secret)


def test_an_unknown_managed_policy_is_never_ignored(stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret")
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    secret.grant_read(function)
    assert function.role is not None
    function.role.add_managed_policy(
        iam.ManagedPolicy.from_aws_managed_policy_name("service-role/NewExecutionRole")
    )
    access = SecretAccess.from_stack(stack)
    says = "NewExecutionRole, which is not known.*; give managed_policies"
    fails(access.assert_can, function, GET, secret, says=says)
    fails(access.assert_cannot, function, "secretsmanager:DeleteSecret", secret, says=says)
    access = SecretAccess.from_stack(stack, managed_policies={"NewExecutionRole": LAMBDA_LOGS})
    access.assert_can_read(function, secret)
    access.assert_only([function], GET, secret)
    access.assert_cannot(function, "secretsmanager:DeleteSecret", secret)


def test_a_resource_policy_gives_and_takes(ireland: cdk.Stack) -> None:
    secret, who = sm.Secret(ireland, "Secret"), role(ireland, "Who", role_name="who")
    denied = role(ireland, "Denied")
    secret.grant_read(denied)
    for effect, principal in ((iam.Effect.ALLOW, who), (iam.Effect.DENY, denied)):
        secret.add_to_resource_policy(
            iam.PolicyStatement(
                effect=effect, principals=[principal], actions=[GET], resources=["*"]
            )
        )
    access = SecretAccess.from_stack(ireland)
    access.assert_can(who, GET, secret)
    access.assert_cannot(denied, GET, secret)
    access.assert_only([who], GET, secret)


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        (iam.AccountPrincipal("444455556666"), "AWS arn:aws:iam::444455556666:root"),
        (iam.AnyPrincipal(), "everyone"),
        (iam.ServicePrincipal("rds.amazonaws.com"), "Service rds.amazonaws.com"),
    ],
)
def test_only_counts_those_whom_a_resource_policy_lets_in(
    ireland: cdk.Stack, principal: iam.IPrincipal, named: str
) -> None:
    secret = sm.Secret(ireland, "Secret")
    secret.add_to_resource_policy(
        iam.PolicyStatement(principals=[principal], actions=[GET], resources=["*"])
    )
    access = SecretAccess.from_stack(ireland)
    says = rf"\(Ireland/Secret/Policy\), statement 1, allows it to {named}"
    fails(access.assert_only, [], GET, secret, says=says)
    access.assert_only([], "secretsmanager:DeleteSecret", secret)


def test_the_secret_of_a_database_is_the_attached_one(stack: cdk.Stack) -> None:
    database = rds.DatabaseInstance(
        stack,
        "Database",
        engine=rds.DatabaseInstanceEngine.POSTGRES,
        vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0, restrict_default_security_group=False),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    )
    assert database.secret is not None
    who = role(stack, "Who")
    SecretReader(stack, "R", secrets=database.secret, roles=[who])
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(who, database.secret)
    access.assert_can_read(who, "Orders/Database/Secret")
    access.assert_only([who], GET, database.secret)


def test_across_stacks(app: cdk.App, stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    other_stack = cdk.Stack(app, "Consumer")
    who = role(other_stack, "Who")
    SecretReader(other_stack, "R", secrets=secret, roles=[who])
    nested = cdk.NestedStack(other_stack, "Nested")
    inner = role(nested, "Inner")
    SecretReader(nested, "R", secrets=secret, roles=[inner])
    for one in (stack, other_stack):
        access = SecretAccess.from_stack(one)
        access.assert_can_read(who, secret)
        access.assert_can_read(inner, secret)
        access.assert_only([who, inner], GET, secret)


@pytest.mark.parametrize("strength", ["strong", "weak"])
def test_across_regions(strength: str) -> None:
    context = {"@aws-cdk/core:defaultCrossStackReferences": strength}
    app = unvalidated_app(context=context)
    stacks = [
        cdk.Stack(
            app,
            region,
            env=cdk.Environment(account="111122223333", region=region),
            cross_region_references=True,
        )
        for region in ("eu-west-1", "us-east-1")
    ]
    secret, who = sm.Secret(stacks[0], "Secret"), role(stacks[1], "Who")
    SecretReader(stacks[1], "R", secrets=secret, roles=[who])
    access = SecretAccess.from_stack(stacks[1])
    access.assert_can_read(who, secret)
    access.assert_only([who], GET, secret)


def test_stages_are_read_from_the_assembly(tmp_path: Path) -> None:
    app = unvalidated_app(outdir=str(tmp_path / "cdk.out"))
    for name, account in (("Test", "111122223333"), ("Prod", "444455556666")):
        stage = cdk.Stage(app, name, env=cdk.Environment(account=account, region="eu-west-1"))
        stack = cdk.Stack(stage, "Orders")
        secret = sm.Secret(stack, "Secret", secret_name="prod/db")
        SecretReader(stack, "R", secrets=secret, roles=[role(stack, "Who", role_name="who")])
    app.synth()
    access = SecretAccess.from_assembly(tmp_path / "cdk.out")
    arn = "arn:aws:secretsmanager:eu-west-1:{}:secret:prod/db"
    for account in ("111122223333", "444455556666"):
        who = f"arn:aws:iam::{account}:role/who"
        access.assert_can_read(who, arn.format(account))
        other = {"111122223333", "444455556666"} - {account}
        access.assert_cannot(who, GET, arn.format(*other))
    with pytest.raises(
        SecretAccessError, match="principal must be .*, got 'who', which is arn:aws:iam::.* and arn"
    ):
        access.assert_can("who", GET, arn.format("111122223333"))


def test_a_change_after_the_first_synth_is_seen(stack: cdk.Stack) -> None:
    secret, who = sm.Secret(stack, "Secret"), role(stack, "Who")
    SecretAccess.from_stack(stack).assert_cannot(who, GET, secret)
    secret.grant_read(who)
    SecretAccess.from_stack(stack).assert_can(who, GET, secret)


# --- templates -------------------------------------------------------------------------------


def template(resource: object, **sections: Any) -> dict[str, Any]:
    statement = {"Sid": "Read", "Effect": "Allow", "Action": GET, "Resource": resource}
    policy = {
        "PolicyName": "p",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Roles": [{"Ref": "Role"}],
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role"},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Secret": {"Type": "AWS::SecretsManager::Secret"},
    }
    return {"Resources": resources, **sections}


def test_logical_ids_name_what_has_no_name() -> None:
    access = SecretAccess.from_template(template({"Ref": "Secret"}))
    access.assert_can_read("Role", "Secret")
    access.assert_only(["Role"], GET, "Secret")


@pytest.mark.parametrize("pattern", ["{}*", "{}Orders*", "{}*-??????"])
def test_a_prefix_that_an_unnamed_secret_may_have_is_open(pattern: str) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
    access = SecretAccess.from_template(
        template(pattern.format(arn)), region="eu-west-1", account="111122223333"
    )
    if "Orders" in pattern:
        fails(
            access.assert_cannot, "Role", GET, "Secret", says="is undetermined: Resource .*Orders"
        )
        fails(access.assert_can, "Role", GET, "Secret", says="undetermined: Resource .*Orders")
    else:
        access.assert_can("Role", GET, "Secret")


def test_a_parameter_is_open_until_it_is_given() -> None:
    arn = {
        "Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${Name}-??????"
    }
    body = template(arn, Parameters={"Name": {"Type": "String", "Default": "prod/db"}})
    access = SecretAccess.from_template(body)
    for check in (access.assert_can, access.assert_cannot):
        fails(check, "Role", GET, "prod/db", says="parameter Name.*give parameters=")
    given = SecretAccess.from_template(body, parameters={"Name": "prod/db"})
    given.assert_can("Role", GET, "prod/db")
    with pytest.warns(UnknownNameWarning, match="got 'prod/db2'"):
        given.assert_cannot("Role", GET, "prod/db2")
    with pytest.raises(
        SecretAccessError, match="parameter must be in the templates, which have Name, got 'Nmae'"
    ):
        SecretAccess.from_template(body, parameters={"Nmae": "prod/db"})


def test_a_parameter_beside_the_account_may_name_the_role_itself() -> None:
    """Named itself, a role needs no identity policy; as one of its account it does."""
    body = template("arn:aws:s3:::none", Parameters={"Who": {"Type": "String"}})
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["111122223333", {"Ref": "Who"}]},
        "Action": GET,
        "Resource": "*",
    }
    body["Resources"]["Role"]["Properties"] = {"RoleName": "app"}
    body["Resources"]["ResourcePolicy"] = {
        "Type": "AWS::SecretsManager::ResourcePolicy",
        "Properties": {
            "SecretId": {"Ref": "Secret"},
            "ResourcePolicy": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }

    def access(**parameters: str) -> SecretAccess:
        return SecretAccess.from_template(
            body, region="eu-west-1", account="111122223333", parameters=parameters
        )

    fails(
        access().assert_cannot,
        "app",
        GET,
        "Secret",
        says="is undetermined: Principal .*parameter Who",
    )
    access(Who="arn:aws:iam::111122223333:role/app").assert_can("app", GET, "Secret")
    access(Who="arn:aws:iam::111122223333:role/other").assert_cannot("app", GET, "Secret")


def test_an_open_condition_is_looked_at_from_both_sides() -> None:
    body = template(
        {"Fn::If": ["Prod", "*", {"Ref": "Secret"}]},
        Conditions={"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        Parameters={"Stage": {"Type": "String"}},
    )
    access = SecretAccess.from_template(body)
    access.assert_can("Role", GET, "Secret")
    says = r"is allowed .* \(where <parameter Stage, of template> is prod\)"
    fails(access.assert_cannot, "Role", GET, "prod/db", says=says)
    says = r"is not allowed .* \(where <parameter Stage, of template> is not prod\)"
    fails(access.assert_can, "Role", GET, "prod/db", says=says)


def test_what_a_condition_leaves_out_is_asked_where_it_is() -> None:
    body = template(
        {"Fn::If": ["Prod", {"Ref": "Secret"}, "arn:aws:s3:::none"]},
        Conditions={"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        Parameters={"Stage": {"Type": "String"}},
    )
    body["Resources"]["Secret"]["Condition"] = "Prod"
    access = SecretAccess.from_template(body)
    access.assert_can_read("Role", "Secret")
    access.assert_only(["Role"], GET, "Secret")
    body["Resources"]["Nobody"] = {
        "Type": "AWS::IAM::Role",
        "Condition": "NotProd",
    }
    body["Conditions"]["NotProd"] = {"Fn::Not": [{"Condition": "Prod"}]}
    access = SecretAccess.from_template(body)
    access.assert_only(["Role"], GET, "Secret")
    with pytest.raises(SecretAccessError, match="^principal and secret must be deployed together"):
        access.assert_cannot("Nobody", GET, "Secret")


def test_a_construct_that_a_condition_leaves_out_is_asked_where_it_is(stack: cdk.Stack) -> None:
    stage = cdk.CfnParameter(stack, "Stage").value_as_string
    prod = cdk.CfnCondition(stack, "Prod", expression=cdk.Fn.condition_equals(stage, "prod"))
    secret, who = sm.Secret(stack, "Secret"), role(stack, "Who")
    SecretReader(stack, "R", secrets=secret, roles=[who])
    for each in stack.node.find_all():
        if isinstance(each, cdk.CfnResource):
            each.cfn_options.condition = prod
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(who, secret)
    access.assert_only([who], GET, secret)


def test_a_literal_region_in_a_stack_of_no_region_is_open() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"
    access = SecretAccess.from_template(template(arn))
    says = "is undetermined: Resource .*; give region=REGION and give account=ACCOUNT"
    fails(access.assert_can, "Role", GET, "prod/db", says=says)
    given = SecretAccess.from_template(template(arn), region="eu-west-1", account="111122223333")
    given.assert_can("Role", GET, "prod/db")


def test_several_templates_are_read_together() -> None:
    shared = {
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key"},
            "S": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"Name": "prod/db", "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
            },
        },
        "Outputs": {"Arn": {"Value": {"Ref": "S"}, "Export": {"Name": "arn"}}},
    }
    access = SecretAccess.from_template([shared, template({"Fn::ImportValue": "arn"})])
    access.assert_can("Role", GET, "prod/db")
    fails(access.assert_can_read, "Role", "prod/db", says="is not allowed kms:Decrypt")


@pytest.mark.parametrize(
    ("via", "expected"),
    [("secretsmanager.eu-west-1.amazonaws.com", True), ("secretsmanager.*.amazonaws.com", False)],
)
def test_decrypting_is_asked_as_secrets_manager_asks_it(via: str, expected: bool) -> None:
    """A wildcard beside StringEquals is no wildcard."""
    condition = {
        "StringEquals": {
            "kms:ViaService": via,
            "kms:EncryptionContext:SecretARN": {"Ref": "Secret"},
        },
        "Null": {"kms:EncryptionContext:SecretVersionId": "false"},
    }
    body = template({"Ref": "Secret"})
    resources = body["Resources"]
    resources["Key"] = {"Type": "AWS::KMS::Key"}
    resources["Secret"]["Properties"] = {"KmsKeyId": {"Ref": "Key"}}
    resources["Policy"]["Properties"]["PolicyDocument"]["Statement"].append(
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": {"Fn::GetAtt": ["Key", "Arn"]},
            "Condition": condition,
        }
    )
    access = SecretAccess.from_template(body, region="eu-west-1", account="111122223333")
    if expected:
        access.assert_can_read("Role", "Secret")
    else:
        fails(access.assert_can_read, "Role", "Secret", says="kms:Decrypt")


def test_a_key_policy_may_keep_the_account_out() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/admin"}},
        "Action": "kms:*",
        "Resource": "*",
    }
    body = template("*")
    body["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"][0]["Action"] = "*"
    body["Resources"]["Key"] = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}},
    }
    body["Resources"]["Secret"]["Properties"] = {"KmsKeyId": {"Ref": "Key"}}
    access = SecretAccess.from_template(body)
    access.assert_can("Role", GET, "Secret")
    says = "the key policy does not allow it, nor leave it to the account"
    fails(access.assert_can_read, "Role", "Secret", says=says)


@pytest.mark.parametrize("begin", ["", "arn:aws:kms:eu-west-1:111122223333:"])
def test_a_key_that_is_named_by_its_alias_is_found(begin: str) -> None:
    body = template({"Ref": "Secret"})
    body["Resources"]["Secret"]["Properties"] = {"KmsKeyId": f"{begin}alias/orders"}
    access = SecretAccess.from_template(body, region="eu-west-1", account="111122223333")
    with pytest.raises(SecretAccessError, match="give the key that it stands for"):
        access.assert_can_read("Role", "Secret")
    body["Resources"]["Key"] = {"Type": "AWS::KMS::Key"}
    body["Resources"]["Alias"] = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/orders", "TargetKeyId": {"Ref": "Key"}},
    }
    access = SecretAccess.from_template(body, region="eu-west-1", account="111122223333")
    fails(access.assert_can_read, "Role", "Secret", says="kms:Decrypt on .*id of key Key")


def test_the_key_of_secrets_manager_takes_no_permission() -> None:
    body = template({"Ref": "Secret"})
    body["Resources"]["Secret"]["Properties"] = {"KmsKeyId": "alias/aws/secretsmanager"}
    SecretAccess.from_template(body).assert_can_read("Role", "Secret")


# --- what is given ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("principal", "action", "secret", "message"),
    [
        ("Nobody", GET, "Secret", "must be in the templates, which have Role, got 'Nobody'; give"),
        ("arn:aws:iam::111122223333:role/x", GET, "Secret", "the templates, which have Role, got"),
        (7, GET, "Secret", "principal or secret must be a construct, a name or an ARN"),
        (None, GET, "Secret", "principal or secret must be a construct, a name or an ARN"),
        ("Role", "secretsmanager:*", "Secret", "action must be one action"),
        ("Role", "GetSecretValue", "Secret", "action must be one action"),
        ("Role", None, "Secret", "action must be one action"),
        ("Role", GET, "*", "secret must be given for .*; give the secret"),
        (
            "Role",
            "secretsmanager:ListSecrets",
            "Secret",
            "[*] alone, got 'Secret'; omit",
        ),
        ("Role", GET, "prod/*", "secret must be .*, got 'prod/[*]'"),
        ("Role", GET, "arn:aws:s3:::bucket", "secret must be .*, got 'arn:aws:s3:::bucket'"),
        ("Role", GET, SecretScope.from_secret_name_prefix("prod/"), "a scope of one secret"),
        ("Role", GET, SecretScope.from_tags({"a": "b"}), "a scope of one secret"),
    ],
)
def test_fails_on_what_is_not_known(principal: Any, action: Any, secret: Any, message: str) -> None:
    access = SecretAccess.from_template(template({"Ref": "Secret"}))
    for check in (access.assert_can, access.assert_cannot):
        with pytest.raises(SecretAccessError, match=message):
            check(principal, action, secret)


def test_fails_on_a_construct_of_another_app(app: cdk.App, stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Secret")
    elsewhere = cdk.Stack(unvalidated_app(), "Elsewhere")
    access = SecretAccess.from_stack(stack)
    with pytest.raises(
        SecretAccessError,
        match="^stack of a construct must be one of the stacks that were read, got 'Elsewhere'",
    ):
        access.assert_can(role(elsewhere, "Who"), GET, secret)


def test_fails_on_what_is_no_stack_template_or_assembly(tmp_path: Path) -> None:
    with pytest.raises(
        SecretAccessError, match="stack must be an aws_cdk.Stack, Stage or App, got"
    ):
        SecretAccess.from_stack("Orders")
    no_templates: list[Any] = ["cdk.out", [], 7, None]
    for given in no_templates:
        with pytest.raises(SecretAccessError, match="template must be a dict or the path"):
            SecretAccess.from_template(given)
    with pytest.raises(SecretAccessError, match="manifest.json can't be read"):
        SecretAccess.from_assembly(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {}}))
    with pytest.raises(
        SecretAccessError, match="directory must be a cloud assembly with one stack"
    ):
        SecretAccess.from_assembly(tmp_path)


@pytest.mark.parametrize("place", [{"region": "Ireland"}, {"account": "1"}, {"partition": "x"}])
def test_fails_on_a_place_that_aws_does_not_have(place: dict[str, str]) -> None:
    with pytest.raises(SecretAccessError, match=" must be one .*, such as .*, got"):
        SecretAccess.from_template(template("*"), **place)  # type: ignore[arg-type]


def test_fails_on_principals_without_their_list() -> None:
    access = SecretAccess.from_template(template("*"))
    with pytest.raises(SecretAccessError, match="principals must be a sequence of principals, got"):
        access.assert_only("Role", GET, "Secret")


def test_everyone_who_may_read_is_told_with_the_statement(stack: cdk.Stack) -> None:
    secret = sm.Secret(stack, "Db", secret_name="prod/db")
    reader, prefix, tagged, denied = (role(stack, name) for name in ("A", "B", "C", "D"))
    SecretReader(stack, "One", secrets=secret, roles=[reader])
    scope = SecretScope.from_secret_name_prefix("prod/")
    SecretReader(stack, "Prefix", secrets=scope, roles=[prefix, denied])
    SecretReader(stack, "Tagged", secrets=SecretScope.from_tags({"Team": "a"}), roles=[tagged])
    DenySecretAccess(stack, "Deny", secrets=scope, roles=[denied])
    other = iam.ArnPrincipal("arn:aws:iam::999999999999:role/other")
    secret.grant_read(other)
    found = SecretAccess.from_stack(stack).grants()
    beginning = "arn:aws:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:"
    db = found[0].secrets
    assert [(each.principal.partition(" (")[2], each.secrets, each.certain) for each in found] == [
        ("Orders/A)", db, True),
        ("Orders/B)", db, True),
        ("Orders/B)", (f"{beginning}prod/<any other>",), True),
        ("Orders/C)", (f"{beginning}<any other>",), True),
        ("", db, False),
    ]
    assert db[0].endswith("(Orders/Db)")
    assert "statement 1 (ReadSecretValue)" in found[0].reason
    assert found[3].conditions == ("if its tag Team is a",)
    assert found[4].principal == "AWS arn:aws:iam::999999999999:role/other"


@pytest.mark.parametrize("action", ["kms:Decrypt", "secretsmanager:ListSecrets", "Get", "*"])
def test_fails_to_tell_grants_of_what_is_no_action_on_a_secret(
    stack: cdk.Stack, action: str
) -> None:
    with pytest.raises(SecretAccessError, match="action must be"):
        SecretAccess.from_stack(stack).grants(action)


def test_a_stack_without_resources_grants_nothing(app: cdk.App, stack: cdk.Stack) -> None:
    cdk.Stack(app, "Empty")
    secret = sm.Secret(stack, "Db")
    SecretReader(stack, "One", secrets=secret, roles=[role(stack, "A")])
    assert len(SecretAccess.from_stack(stack).grants()) == 1
