"""Replicas of secrets in other Regions: who may read them is answered as for any secret."""

from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, SecretValue, Stack, aws_iam, aws_kms, aws_secretsmanager

from constructs_lib import SecretAccessError, SecretReader
from constructs_lib.testing import SecretAccess

GET = "secretsmanager:GetSecretValue"
ACCOUNT = "111122223333"
HOME, AWAY = "eu-west-1", "us-east-2"
COPY = f"arn:aws:secretsmanager:{AWAY}:{ACCOUNT}:secret:prod/db"
KEY_AWAY = f"arn:aws:kms:{AWAY}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def arn(region: str, name: str = "prod/db-??????") -> str:
    return f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}"


def role(*resources: str, action: str = GET, condition: Any = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    if condition:
        statement["Condition"] = condition
    document = {"Version": "2012-10-17", "Statement": statement}
    policies = [{"PolicyName": "p", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app", "Policies": policies}}


def secret(replicas: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"Name": "prod/db", "ReplicaRegions": replicas, **more},
    }


def access(resources: dict[str, Any], **template: Any) -> SecretAccess:
    given = {"Resources": resources, **template}
    return SecretAccess.from_template(given, region=HOME, account=ACCOUNT)


def replicated(*resources: str, **more: Any) -> SecretAccess:
    return access({"App": role(*resources), "Db": secret([{"Region": AWAY}], **more)})


def policy(statement: dict[str, Any]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": {"Action": GET, "Resource": "*", **statement}}
    return {
        "Type": "AWS::SecretsManager::ResourcePolicy",
        "Properties": {"SecretId": {"Ref": "Db"}, "ResourcePolicy": document},
    }


def test_a_replica_is_read_by_its_own_region_s_arn() -> None:
    found = replicated(arn(AWAY))
    found.assert_can("app", GET, COPY)
    with pytest.raises(AssertionError, match="is not allowed"):
        found.assert_can("app", GET, "prod/db")


def test_a_policy_for_the_secret_s_region_misses_the_replica() -> None:
    found = replicated(arn(HOME))
    found.assert_can("app", GET, "prod/db")
    found.assert_cannot("app", GET, COPY)


def test_a_policy_for_every_region_has_both() -> None:
    found = replicated(arn("*"))
    found.assert_can("app", GET, "Db")
    found.assert_can("app", GET, COPY)


def test_the_replica_has_the_six_characters_of_its_secret() -> None:
    template = {"App": role("*"), "Db": secret([{"Region": AWAY}])}
    resource = {"Fn::Sub": ["${A}", {"A": {"Ref": "Db"}}]}
    statement = template["App"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    statement["Resource"] = {
        "Fn::Join": [
            ":",
            [
                f"arn:aws:secretsmanager:{AWAY}:{ACCOUNT}:secret",
                {"Fn::Select": [6, {"Fn::Split": [":", resource]}]},
            ],
        ]
    }
    found = access(template)
    found.assert_can("app", GET, COPY)
    found.assert_cannot("app", GET, arn(HOME, "prod/db"))


def test_what_cannot_read_the_secret_cannot_read_its_replica() -> None:
    replicated(arn(HOME, "other*")).assert_cannot("app", GET, "prod/db")
    with pytest.raises(AssertionError, match=f"secret Db .*, its replica in {AWAY}"):
        replicated(arn(AWAY)).assert_cannot("app", GET, "prod/db")


def test_the_arn_of_the_secret_means_it_alone() -> None:
    replicated(arn(AWAY)).assert_cannot("app", GET, arn(HOME, "prod/db"))


def test_nobody_else_means_nobody_on_the_replica() -> None:
    both = {"Db": secret([{"Region": AWAY}]), "App": role(arn(HOME)), "Other": role(arn(AWAY))}
    both["Other"]["Properties"]["RoleName"] = "other"
    with pytest.raises(AssertionError, match=f"role Other .* its replica in {AWAY}"):
        access(both).assert_only(["app"], GET, "prod/db")
    access(both).assert_only(["app"], GET, arn(HOME, "prod/db"))


def test_never_means_never_on_the_replica() -> None:
    replicated(arn(HOME, "other*")).assert_never("app", GET, "prod/db")
    with pytest.raises(AssertionError, match=AWAY):
        replicated(arn(AWAY)).assert_never("app", GET, "prod/db")


def test_the_replica_has_the_secret_s_policy_and_tags() -> None:
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
    tagged = {"StringEquals": {"aws:ResourceTag/Team": "a"}}
    found = access(
        {
            "App": role(arn(AWAY), condition=tagged),
            "Db": secret([{"Region": AWAY}], Tags=[{"Key": "Team", "Value": "a"}]),
        }
    )
    found.assert_can("app", GET, COPY)
    denied = access(
        {
            "App": role(arn("*")),
            "Db": secret([{"Region": AWAY}]),
            "Policy": policy({"Effect": "Deny", "Principal": account}),
        }
    )
    denied.assert_cannot("app", GET, "prod/db")
    denied.assert_cannot("app", GET, COPY)


def test_a_deny_on_the_secret_s_arn_leaves_the_replica_open() -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Resource": {"Ref": "Db"}}
    found = access(
        {"App": role(arn("*")), "Db": secret([{"Region": AWAY}]), "Policy": policy(statement)}
    )
    with pytest.raises(AssertionError, match="its replica in"):
        found.assert_cannot("app", GET, "prod/db")


def test_to_read_a_replica_takes_its_own_key() -> None:
    replicas = [{"Region": AWAY, "KmsKeyId": KEY_AWAY}]
    found = access({"App": role(arn("*")), "Db": secret(replicas)})
    found.assert_can_read("app", "prod/db")
    with pytest.raises(AssertionError, match="kms:Decrypt"):
        found.assert_can_read("app", COPY)
    decrypting = role(arn("*"), KEY_AWAY, action="*")
    access({"App": decrypting, "Db": secret(replicas)}).assert_can_read("app", COPY)


def test_grants_have_the_replica() -> None:
    found = [name for grant in replicated(arn("*")).grants() for name in grant.secrets]
    assert found == ["Db (stack template)", f"Db (stack template), its replica in {AWAY}"]


def test_a_new_replica_of_what_a_policy_shares_is_new_access() -> None:
    share = policy({"Effect": "Allow", "Principal": {"AWS": "444455556666"}})
    before = access({"Db": secret([]), "Policy": share})
    after = access({"Db": secret([{"Region": AWAY}]), "Policy": share})
    after.assert_no_new_access(since=after)
    with pytest.raises(AssertionError, match="444455556666"):
        after.assert_no_new_access(since=before)


@pytest.mark.parametrize(
    "replicas",
    ["us-east-2", ["us-east-2"], [{}], [{"Region": AWAY, "KmsKeyId": []}], {"Ref": "Regions"}],
)
def test_fails_on_replicas_that_are_not_told(replicas: Any) -> None:
    parameters = {"Regions": {"Type": "CommaDelimitedList"}}
    with pytest.raises(SecretAccessError, match=r"Resources\.Db\.Properties\.ReplicaRegions"):
        access({"Db": secret(replicas)}, Parameters=parameters)


def test_a_region_from_a_parameter_is_open() -> None:
    given = {
        "Resources": {"App": role(arn(AWAY)), "Db": secret([{"Region": {"Ref": "Where"}}])},
        "Parameters": {"Where": {"Type": "String"}},
    }
    found = SecretAccess.from_template(given, region=HOME, account=ACCOUNT)
    with pytest.raises(AssertionError, match="undetermined"):
        found.assert_cannot("app", GET, "prod/db")
    access = SecretAccess.from_template(
        given, region=HOME, account=ACCOUNT, parameters={"Where": "us-west-1"}
    )
    access.assert_cannot("app", GET, "prod/db")


def test_the_replicas_of_a_construct_are_known() -> None:
    stack = Stack(App(), "Shop", env={"account": ACCOUNT, "region": HOME})
    key = aws_kms.Key.from_key_arn(stack, "Key", KEY_AWAY)
    replica = aws_secretsmanager.ReplicaRegion(region=AWAY, encryption_key=key)
    db = aws_secretsmanager.Secret(
        stack,
        "Db",
        secret_name="prod/db",
        secret_string_value=SecretValue.unsafe_plain_text("x"),
        replica_regions=[replica],
        removal_policy=RemovalPolicy.DESTROY,
    )
    task = aws_iam.Role(
        stack, "Task", assumed_by=aws_iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    )
    SecretReader(stack, "Reader", secrets=[db], roles=[task])
    found = SecretAccess.from_stack(stack)
    found.assert_can_read(task, db)
    found.assert_cannot(task, GET, COPY)
    found.assert_only([task], GET, db)
