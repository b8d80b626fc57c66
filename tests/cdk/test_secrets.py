"""Owned and imported secrets and keys, tokens, and environments."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from constructs_lib import SecretAccessError, SecretReader, SecretScope
from constructs_lib.cdk.size_estimate import SizeEstimate
from constructs_lib.policy.intents import ReadSecrets
from constructs_lib.testing import SecretAccess, UnknownNameWarning

GET = "secretsmanager:GetSecretValue"
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/abc"
HERE = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
OWNED_SECRET, OWNED_KEY = {"Ref": "SecretA720EF05"}, {"Fn::GetAtt": ["Key961B73FD", "Arn"]}


def statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def role_in(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "App", assumed_by=iam.AccountRootPrincipal())


def kms_condition(service: object, arn: object) -> dict[str, Any]:
    return {
        "StringEquals": {"kms:ViaService": service},
        "StringLike": {"kms:EncryptionContext:SecretARN": arn},
    }


def test_an_owned_secret_and_its_owned_key(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    SecretReader(stack, "Reader", secrets=secret)
    get, decrypt = statements(stack)
    assert get["Resource"] == OWNED_SECRET
    assert decrypt["Resource"] == OWNED_KEY
    service = {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}
    assert decrypt["Condition"] == kms_condition(service, OWNED_SECRET)


def test_the_region_of_an_explicit_environment_is_written_out(ireland: cdk.Stack) -> None:
    key = kms.Key(ireland, "Key")
    secret = secretsmanager.Secret(ireland, "Secret", encryption_key=key)
    SecretReader(ireland, "Reader", secrets=secret)
    service = {"Fn::Sub": "secretsmanager.eu-west-1.${AWS::URLSuffix}"}
    assert statements(ireland)[1]["Condition"] == kms_condition(service, OWNED_SECRET)


def test_an_imported_key_of_an_owned_secret_is_not_forgotten(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    SecretReader(stack, "Reader", secrets=secret)
    assert statements(stack)[1]["Resource"] == KEY_ARN


def test_a_secret_imported_by_name(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "prod/db")
    SecretReader(stack, "Reader", secrets=secret)
    (get,) = statements(stack)
    join = get["Resource"]["Fn::Join"][1]
    assert join[0] == "arn:"
    assert join[-1] == ":secret:prod/db-??????"


def test_a_secret_imported_by_its_complete_arn_with_its_key(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_attributes(
        stack,
        "Secret",
        secret_complete_arn=f"{ARN}prod/db-AbCdEf",
        encryption_key=kms.Key.from_key_arn(stack, "Key", KEY_ARN),
    )
    SecretReader(stack, "Reader", secrets=secret)
    get, decrypt = statements(stack)
    assert get["Resource"] == f"{ARN}prod/db-AbCdEf"
    assert decrypt["Resource"] == KEY_ARN
    service = {"Fn::Sub": "secretsmanager.eu-west-1.${AWS::URLSuffix}"}
    assert decrypt["Condition"] == kms_condition(service, f"{ARN}prod/db-AbCdEf")


def test_a_key_may_be_given_for_a_secret_that_was_imported_without(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_partial_arn(stack, "Secret", f"{ARN}prod/db")
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    SecretReader(stack, "Reader", secrets=SecretScope.from_secret(secret, encryption_key=key))
    get, decrypt = statements(stack)
    assert get["Resource"] == f"{ARN}prod/db-??????"
    assert decrypt["Resource"] == KEY_ARN


def test_of_many_secrets_each_is_read_with_its_own_key_alone(ireland: cdk.Stack) -> None:
    keys = [kms.Key(ireland, name) for name in ("One", "Other")]
    secrets = [
        secretsmanager.Secret(ireland, f"{key.node.id}Secret", encryption_key=key) for key in keys
    ]
    app = role_in(ireland)
    SecretReader(ireland, "Reader", secrets=secrets, roles=[app])
    access = SecretAccess.from_stack(ireland)
    for secret in secrets:
        access.assert_can_read(app, secret)
    with pytest.raises(AssertionError, match="kms:Decrypt"):
        access.assert_can_read(app, secrets[0], encryption_key=keys[1])


def test_a_database_secret_by_its_attachment(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    attached = secret.attach(
        rds.DatabaseInstance(
            stack,
            "Db",
            engine=rds.DatabaseInstanceEngine.POSTGRES,
            vpc=ec2.Vpc(stack, "Vpc"),
        )
    )
    SecretReader(stack, "Reader", secrets=attached)
    get, decrypt = statements(stack)
    assert get["Resource"] == {"Ref": "SecretAttachment2E1B7C3B"}
    assert decrypt["Resource"] == OWNED_KEY


def test_the_readers_of_a_database_secret_are_those_of_the_secret(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    engine, vpc = rds.DatabaseInstanceEngine.POSTGRES, ec2.Vpc(stack, "Vpc")
    attached = secret.attach(rds.DatabaseInstance(stack, "Db", engine=engine, vpc=vpc))
    app = role_in(stack)
    SecretReader(stack, "Reader", secrets=attached, roles=[app])
    access = SecretAccess.from_stack(stack)
    access.assert_can_read(app, attached)
    access.assert_only([app], GET, secret)


def test_a_secret_of_another_environment_ends_in_six_unknown_characters(app: cdk.App) -> None:
    def stack_in(region: str) -> cdk.Stack:
        env = cdk.Environment(account="111122223333", region=region)
        return cdk.Stack(app, region, env=env)

    owner, reader = stack_in("eu-west-1"), stack_in("us-east-1")
    secret = secretsmanager.Secret(owner, "Secret", secret_name="prod/db")
    SecretReader(reader, "Reader", secrets=secret)
    SecretReader(owner, "Reader", secrets=secret)
    assert statements(reader)[0]["Resource"] == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":secretsmanager:eu-west-1:111122223333:secret:prod/db-??????",
            ],
        ]
    }
    assert statements(owner)[0]["Resource"] == OWNED_SECRET


def test_a_secret_of_another_region_is_read_from_either(app: cdk.App) -> None:
    ireland, virginia = (
        cdk.Stack(app, region, env=cdk.Environment(account="111122223333", region=region))
        for region in ("eu-west-1", "us-east-1")
    )
    secret = secretsmanager.Secret(ireland, "Secret", secret_name="prod/db")
    readers = [role_in(ireland), role_in(virginia)]
    for reader in readers:
        scope = cdk.Stack.of(reader)
        SecretReader(scope, "Reader", secrets=secret, roles=[reader])
    access = SecretAccess.from_stack(ireland)
    for reader in readers:
        access.assert_can_read(reader, secret)
    access.assert_only(readers, GET, secret)
    with pytest.warns(UnknownNameWarning):
        access.assert_cannot(readers[0], GET, f"{ARN}prod/db2")


def test_a_secret_of_another_stack_is_read_with_its_key(app: cdk.App) -> None:
    owner, user = cdk.Stack(app, "Owner"), cdk.Stack(app, "User")
    secret = secretsmanager.Secret(owner, "Secret", encryption_key=kms.Key(owner, "Key"))
    reader = role_in(user)
    SecretReader(user, "Reader", secrets=secret, roles=[reader])
    access = SecretAccess.from_stack(user)
    access.assert_can_read(reader, secret)
    access.assert_only([reader], GET, secret)


def test_a_secret_of_another_stack_is_imported_from_it(app: cdk.App) -> None:
    owner, user = cdk.Stack(app, "Owner"), cdk.Stack(app, "User")
    SecretReader(user, "Reader", secrets=secretsmanager.Secret(owner, "Secret"))
    assert statements(user)[0]["Resource"] == {
        "Fn::ImportValue": "Owner:ExportsOutputRefSecretA720EF052D953DED"
    }


def test_a_parameter_as_a_secrets_name(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    SecretReader(stack, "Reader", secrets=SecretScope.from_secret_name(f"prod/{name}"))
    assert statements(stack)[0]["Resource"] == {
        "Fn::Sub": [HERE + "prod/${Value1}-??????", {"Value1": {"Ref": "Name"}}]
    }


def test_the_stacks_own_region_and_account_as_tokens(stack: cdk.Stack) -> None:
    scope = SecretScope.from_secret_name("a", region=stack.region, account=stack.account)
    SecretReader(stack, "Reader", secrets=scope)
    assert statements(stack)[0]["Resource"] == {
        "Fn::Sub": [
            "arn:${AWS::Partition}:secretsmanager:${Value1}:${Value2}:secret:a-??????",
            {"Value1": {"Ref": "AWS::Region"}, "Value2": {"Ref": "AWS::AccountId"}},
        ]
    }


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_nothing_is_said_of_the_partition(app: cdk.App, region: str, partition: str) -> None:
    env = cdk.Environment(account="111122223333", region=region)
    stack = cdk.Stack(app, "Stack", env=env)
    key = kms.Key.from_key_arn(stack, "Key", f"arn:{partition}:kms:{region}:111122223333:key/abc")
    scope = SecretScope.from_secret_name("prod/db", encryption_key=key)
    SecretReader(stack, "Reader", secrets=scope)
    get, decrypt = statements(stack)
    assert get["Resource"] == {"Fn::Sub": f"{HERE}prod/db-??????"}
    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"] == {
        "Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"
    }


def test_a_secret_given_twice_is_granted_once(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    SecretReader(stack, "Reader", secrets=[secret, secret, SecretScope.from_secret(secret)])
    assert statements(stack)[0]["Resource"] == OWNED_SECRET


# --- replicas ---------------------------------------------------------------------------------


def replica_of(arn: object, region: str = "us-east-1") -> dict[str, Any]:
    """Return the ARN of a replica, its account and its name taken from the primary's."""
    split = {"Fn::Split": [":", arn]}
    values = {"Value1": {"Fn::Select": [4, split]}, "Value2": {"Fn::Select": [6, split]}}
    start = f"arn:${{AWS::Partition}}:secretsmanager:{region}:${{Value1}}:secret:"
    return {"Fn::Sub": [start + "${Value2}", values]}


@pytest.mark.parametrize("name", [None, "prod/db"])
def test_a_replica_of_an_owned_secret_has_its_account_and_name(
    stack: cdk.Stack, name: str | None
) -> None:
    secret = secretsmanager.Secret(stack, "Secret", secret_name=name)
    scopes = SecretScope.from_secret(secret).in_regions("us-east-1", "us-west-2")
    SecretReader(stack, "Reader", secrets=scopes)
    expected = [replica_of(OWNED_SECRET), replica_of(OWNED_SECRET, "us-west-2")]
    assert statements(stack)[0]["Resource"] == expected


def test_a_replica_is_told_from_its_primary_where_a_template_is_read(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", secret_name="prod/db")
    role = iam.Role.from_role_name(stack, "App", "app")
    replicas = SecretScope.from_secret(secret).in_regions("us-east-1")
    SecretReader(stack, "Reader", secrets=replicas, roles=[role])
    access = SecretAccess.from_stack(stack, account="111122223333", region="eu-west-1")
    access.assert_cannot(role, "secretsmanager:GetSecretValue", secret)
    (grant,) = access.grants()
    replica = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-<6 characters>"
    assert (grant.secrets, grant.certain) == ((replica,), True)


def test_a_replica_is_read_with_the_key_of_its_region(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    there = kms.Key.from_key_arn(stack, "There", KEY_ARN.replace("eu-west-1", "us-east-1"))
    scope = SecretScope.from_secret(secret)
    replicas = scope.in_regions("us-east-1", encryption_keys={"us-east-1": there})
    SecretReader(stack, "Reader", secrets=[secret, replicas])
    get, here, elsewhere = statements(stack)
    assert get["Resource"] == [OWNED_SECRET, replica_of(OWNED_SECRET)]
    service = {"Fn::Sub": "secretsmanager.us-east-1.${AWS::URLSuffix}"}
    assert elsewhere["Resource"] == there.key_arn
    assert elsewhere["Condition"] == kms_condition(service, replica_of(OWNED_SECRET))
    assert here["Resource"] == OWNED_KEY


def test_a_replica_of_a_secret_of_another_environment(app: cdk.App) -> None:
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    owner = cdk.Stack(app, "Owner", env=env)
    user = cdk.Stack(app, "User", env=cdk.Environment(account=env.account, region="us-east-1"))
    secret = secretsmanager.Secret(owner, "Secret", secret_name="prod/db")
    SecretReader(user, "Reader", secrets=SecretScope.from_secret(secret).in_regions("us-east-1"))
    known = ":secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, known]]}
    assert statements(user)[0]["Resource"] == replica_of(arn)


def test_a_replica_of_a_secret_of_another_stack(app: cdk.App) -> None:
    owner, user = cdk.Stack(app, "Owner"), cdk.Stack(app, "User")
    secret = SecretScope.from_secret(secretsmanager.Secret(owner, "Secret"))
    SecretReader(user, "Reader", secrets=secret.in_regions("us-east-1"))
    arn = {"Fn::ImportValue": "Owner:ExportsOutputRefSecretA720EF052D953DED"}
    assert statements(user)[0]["Resource"] == replica_of(arn)


def test_a_replica_of_an_imported_secret_is_written_out(stack: cdk.Stack) -> None:
    complete = secretsmanager.Secret.from_secret_complete_arn(stack, "C", f"{ARN}prod/db-AbCdEf")
    by_name = secretsmanager.Secret.from_secret_name_v2(stack, "N", "prod/db")
    scopes = [SecretScope.from_secret(each).in_regions("us-east-1") for each in (complete, by_name)]
    SecretReader(stack, "Reader", secrets=scopes)
    first, second = statements(stack)[0]["Resource"]
    assert first == f"{ARN.replace('eu-west-1', 'us-east-1')}prod/db-AbCdEf"
    assert second == {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":secretsmanager:us-east-1:",
                {"Ref": "AWS::AccountId"},
                ":secret:prod/db-??????",
            ],
        ]
    }


def test_a_replica_is_measured_at_its_length(stack: cdk.Stack) -> None:
    secrets = [secretsmanager.Secret(stack, f"{'Long' * 30}{number}") for number in range(40)]
    primaries = [SecretScope.from_secret(secret) for secret in secrets]
    replicas = [each.in_regions("us-east-1") for each in primaries]
    lengths = [
        SizeEstimate(stack).length(ReadSecrets(scopes).statements())
        for scopes in (primaries, replicas)
    ]
    longest, region = len("us-isof-south-1"), len("us-east-1")
    assert lengths[0] - lengths[1] == len(secrets) * (longest - region)


def test_fails_on_an_alias_for_the_key(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    for alias in (
        key.add_alias("alias/owned"),
        kms.Alias.from_alias_name(stack, "Imported", "alias/imported"),
    ):
        with pytest.raises(
            SecretAccessError, match="alias grants nothing, got .*; give the key itself"
        ):
            SecretScope.from_secret_name("a", encryption_key=alias)


def test_fails_on_the_alias_of_a_secrets_key_with_the_remedy_that_works(stack: cdk.Stack) -> None:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/orders")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=alias)
    with pytest.raises(SecretAccessError, match="give the key itself as encryption_key"):
        SecretReader(stack, "Reader", secrets=secret)
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    SecretReader(stack, "Reader", secrets=SecretScope.from_secret(secret, encryption_key=key))
    assert statements(stack)[1]["Resource"] == KEY_ARN


@pytest.mark.parametrize("secrets", [None, "prod/db", ["prod/db"], 7, [[]]])
def test_fails_on_what_is_no_secret(stack: cdk.Stack, secrets: Any) -> None:
    with pytest.raises(SecretAccessError, match="^secrets must be an ISecret or a SecretScope"):
        SecretReader(stack, "Reader", secrets=secrets)
    assert not stack.node.children, "nothing is left in the tree"


def test_fails_on_no_secrets(stack: cdk.Stack) -> None:
    with pytest.raises(SecretAccessError, match="^secrets must be one secret, or a sequence"):
        SecretReader(stack, "Reader", secrets=[])
