"""The resources that the article presumes: a user, a role, and secrets under two keys."""

import json
from dataclasses import dataclass
from typing import Any

from demo.emulator import ACCOUNT, Aws, Credentials

ADMINISTRATOR = "secrets-administrator"
APPLICATION = "secrets-application"
ANALYST = "analyst"

PRESUMED = "presumed"  # the name of the policy that a user has beforehand
VALUE = "example value"
ROTATION_FUNCTION = "rotate-secrets"

# The secret that the policies are about, two neighbours whose names begin with its name, and one
# whose name does not.
SECRET, REPLICA, SECOND, OTHER = "prod/db", "prod/db-replica", "prod/db2", "prod/api-key"
TAG_KEY, TAG_VALUE = "Project", "orders"
TAGS = {
    SECRET: {"Project": "orders"},
    REPLICA: {"Project": "orders"},
    OTHER: {"Project": "billing"},
}


@dataclass(frozen=True)
class World:
    """The principals, by name, and the key that `prod/db` is under."""

    aws: Aws
    keys: dict[str, Credentials]
    key_arn: str

    def client(self, principal: str) -> Any:
        """Return a Secrets Manager client that acts as the principal."""
        return self.aws.client("secretsmanager", self.keys[principal])

    def restore_secrets(self) -> None:
        """Make, as root, the secrets that are missing, and remove those that are too many."""
        manager = self.aws.client("secretsmanager")
        there = {secret["Name"] for secret in manager.list_secrets(MaxResults=100)["SecretList"]}
        for name in there - {SECRET, REPLICA, SECOND, OTHER}:
            manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        for name in (SECRET, REPLICA, SECOND, OTHER):
            if name not in there:
                tags = [{"Key": key, "Value": value} for key, value in TAGS.get(name, {}).items()]
                key = {"KmsKeyId": self.key_arn} if name == SECRET else {}
                manager.create_secret(Name=name, SecretString=VALUE, Tags=tags, **key)


def make_world(aws: Aws) -> World:
    """Make it all, as root."""
    iam = aws.client("iam")
    administrator = _user(iam, ADMINISTRATOR)
    analyst = _user(iam, ANALYST)
    # The analyst is allowed everything beforehand: only an explicit Deny can take that away.
    _allow(iam, ANALYST, "secretsmanager:*", "*")

    role_arn = iam.create_role(
        RoleName=APPLICATION,
        AssumeRolePolicyDocument=_document(
            Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole"
        ),
    )["Role"]["Arn"]
    starter = _user(iam, "application-starter")
    _allow(iam, "application-starter", "sts:AssumeRole", role_arn)
    session = aws.client("sts", starter).assume_role(RoleArn=role_arn, RoleSessionName="demo")
    application = Credentials(
        session["Credentials"]["AccessKeyId"],
        session["Credentials"]["SecretAccessKey"],
        session["Credentials"]["SessionToken"],
    )

    key_arn = aws.client("kms").create_key(Description="prod/db")["KeyMetadata"]["Arn"]
    keys = {ADMINISTRATOR: administrator, APPLICATION: application, ANALYST: analyst}
    world = World(aws, keys, key_arn)
    world.restore_secrets()
    return world


def _user(iam: Any, name: str) -> Credentials:
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _allow(iam: Any, user: str, action: str, resource: str) -> None:
    document = _document(Action=action, Resource=resource)
    iam.put_user_policy(UserName=user, PolicyName=PRESUMED, PolicyDocument=document)


def _document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
