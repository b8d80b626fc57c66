"""The same access written in several ways: `python -m benchmarks.cases WAY COUNT` synthesizes it.

Each policy lets a role read one secret and use its key. A role has ten policies, as IAM allows;
with `grant_read`, which puts all that a role gets into one policy, each has a role of its own.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PER_ROLE, SECRETS = 10, 20

Way = Callable[["cdk.Stack", int, "iam.IRole", "kms.IKey"], object]


def document(number: int) -> dict[str, Any]:
    """Return the document that the library emits for the secret of a number."""
    arn = {
        "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:"
        f"secret:team/db-{number}-??????"
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadSecretValue",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": arn,
            },
            {
                "Sid": "DecryptSecretValue",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": KEY_ARN,
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": {
                            "Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"
                        }
                    },
                    "StringLike": {"kms:EncryptionContext:SecretARN": arn},
                },
            },
        ],
    }


def this_library(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    from constructs_lib import SecretReader, SecretScope

    secret = SecretScope.from_secret_name(f"team/db-{number}", encryption_key=key)
    SecretReader(stack, f"Policy{number}", secrets=secret, roles=[role])


def twenty_secrets(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    from constructs_lib import SecretReader, SecretScope

    secrets = [
        SecretScope.from_secret_name(f"team/db-{number}-{each}", encryption_key=key)
        for each in range(SECRETS)
    ]
    SecretReader(stack, f"Policy{number}", secrets=secrets, roles=[role])


def l1(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    """Write the very same document by hand, and the role's name too."""
    from aws_cdk import aws_iam as iam

    iam.CfnManagedPolicy(
        stack,
        f"Policy{number}",
        policy_document=document(number),
        roles=[f"app-{number // PER_ROLE}"],
    )


def l1_in_a_construct(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    """Write it in a construct of its own, as whoever reuses it does."""
    l1(_construct()(stack, f"Policy{number}"), number, role, key)


@cache
def _construct() -> Any:
    from constructs import Construct

    class Reader(Construct):
        pass

    return Reader


def l1_with_tokens(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    """Write it with what CDK has for the partition, the Region and the account."""
    from aws_cdk import aws_iam as iam

    name = f"secret:team/db-{number}-??????"
    arn = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:{name}"
    found = document(number)
    get, decrypt = found["Statement"]
    get["Resource"] = arn
    decrypt["Condition"] = {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{stack.region}.{stack.url_suffix}"},
        "StringLike": {"kms:EncryptionContext:SecretARN": arn},
    }
    iam.CfnManagedPolicy(stack, f"Policy{number}", policy_document=found, roles=[role.role_name])


def l2(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    """Write it as CDK's documentation does."""
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    arn = stack.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"team/db-{number}-??????",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    iam.ManagedPolicy(
        stack,
        f"Policy{number}",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                sid="ReadSecretValue", actions=["secretsmanager:GetSecretValue"], resources=[arn]
            ),
            iam.PolicyStatement(
                sid="DecryptSecretValue",
                actions=["kms:Decrypt"],
                resources=[key.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": f"secretsmanager.{stack.region}.{stack.url_suffix}"
                    },
                    "StringLike": {"kms:EncryptionContext:SecretARN": arn},
                },
            ),
        ],
    )


def grant_read(stack: "cdk.Stack", number: int, role: "iam.IRole", key: "kms.IKey") -> None:
    """Have CDK grant it to a role of its own, and the key as well: grant_read alone forgets it."""
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_secretsmanager as secretsmanager

    reader = iam.Role.from_role_name(stack, f"Reader{number}", f"reader-{number}")
    secret = secretsmanager.Secret.from_secret_name_v2(
        stack, f"Secret{number}", f"team/db-{number}"
    )
    secret.grant_read(reader)
    key.grant_decrypt(reader)


WAYS: dict[str, Way] = {
    "this library": this_library,
    "this library, 20 secrets each": twenty_secrets,
    "L1 by hand": l1,
    "L1 by hand, in a construct": l1_in_a_construct,
    "L1 by hand, with tokens": l1_with_tokens,
    "L2 by hand": l2,
    "grant_read": grant_read,
}


def synthesize(way: Way, count: int) -> None:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    role: Any = None
    for number in range(count):
        if number % PER_ROLE == 0:
            name = f"app-{number // PER_ROLE}"
            role = iam.Role.from_role_name(stack, f"Role{number}", name)
        way(stack, number, role, key)
    app.synth()


def plain_json(count: int) -> None:
    """Write the template without CDK: the floor."""
    resources = {
        f"Policy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": document(number),
                "Roles": [f"app-{number // PER_ROLE}"],
            },
        }
        for number in range(count)
    }
    with tempfile.TemporaryDirectory() as directory:
        text = json.dumps({"Resources": resources}, indent=1)
        Path(directory, "Stack.template.json").write_text(text)


if __name__ == "__main__":
    name, number = sys.argv[1], int(sys.argv[2])
    if name == "plain JSON":
        plain_json(number)
    else:
        synthesize(WAYS[name], number)
