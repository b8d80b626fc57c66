"""What the command line takes."""

import argparse
from typing import NamedTuple

from constructs_lib.statements import DenyLevel


class _Function(NamedTuple):
    function_arn: str


class _Principal(NamedTuple):
    role_arn: str


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m constructs_lib",
        description="Identity-based IAM policies for AWS Secrets Manager secrets.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    policy = commands.add_parser(
        "policy",
        help="print a policy document as JSON",
        description="Print a policy document as JSON, for the IAM console's JSON editor or for "
        "aws iam create-policy --policy-document file://...",
    )
    intents = policy.add_subparsers(dest="intent", required=True)

    secrets = argparse.ArgumentParser(add_help=False)
    which = secrets.add_argument_group("which secrets (each may be given several times)")
    for option, meaning in {
        "--secret-name": "one secret, by its exact name",
        "--secret-name-prefix": "every secret whose name begins so",
        "--secret-partial-arn": "one secret, by its ARN without the last six characters",
        "--secret-complete-arn": "one secret, by its whole ARN",
    }.items():
        which.add_argument(option, action="append", default=[], metavar="SECRET", help=meaning)
    which.add_argument("--region", help="the Region of secrets given by name")
    which.add_argument("--account", help="the account of secrets given by name")

    key = argparse.ArgumentParser(add_help=False)
    key.add_argument("--key-arn", help="the customer-managed KMS key that they are under")

    limits = argparse.ArgumentParser(add_help=False)
    when = limits.add_argument_group("for requests of which all of these hold")
    when.add_argument(
        "--vpc-endpoint", action="append", metavar="ID", help="they come through this endpoint"
    )
    when.add_argument(
        "--organization-id", metavar="ID", help="the principal's account is in this organization"
    )
    when.add_argument("--mfa", action="store_true", help="the principal signed in with MFA")
    with_key = [secrets, key, limits]

    reader = intents.add_parser("reader", parents=with_key, help="read the secrets' values")
    reader.add_argument("--describe", action="store_true", help="also describe them")
    reader.add_argument("--batch", action="store_true", help="also BatchGetSecretValue")
    reader.add_argument(
        "--version-stage", action="append", help="only versions with this staging label"
    )
    intents.add_parser("writer", parents=with_key, help="write the secrets' values")
    admin = intents.add_parser("admin", parents=with_key, help="the article's nine actions")
    admin.add_argument(
        "--rotation-function",
        action="append",
        type=_Function,
        metavar="ARN",
        help="rotate only with this function, which they may invoke",
    )
    admin.add_argument(
        "--minimum-recovery-window",
        type=int,
        metavar="DAYS",
        help="delete only so that the secret can be restored for 7 to 30 days",
    )
    admin.add_argument(
        "--manage-resource-policy",
        action="store_true",
        help="also the secrets' resource policies, except public ones",
    )
    admin.add_argument(
        "--replicate-to", action="append", metavar="REGION", help="also replicate to this Region"
    )
    admin.add_argument(
        "--tag-key", action="append", metavar="KEY", help="also set and remove tags of this key"
    )
    creator = intents.add_parser("creator", parents=with_key, help="create the secrets")
    creator.add_argument(
        "--required-tag",
        action="append",
        metavar="KEY=VALUE",
        help="only with this tag; several values of a key are alternatives",
    )
    creator.add_argument("--pin-key", action="store_true", help="only under the key of --key-arn")
    deny = intents.add_parser(
        "deny", parents=[secrets, key], help="deny reading and describing the secrets, or more"
    )
    deny.add_argument(
        "--level",
        choices=[level.value for level in DenyLevel],
        default=DenyLevel.ARTICLE.value,
        help="how much is denied (default: %(default)s, its two actions)",
    )
    deny.add_argument(
        "--except-principal",
        action="append",
        type=_Principal,
        metavar="ARN",
        help="not of this role, or user",
    )
    deny.add_argument(
        "--except-vpc-endpoint",
        action="append",
        metavar="ID",
        help="nor of requests that come through this endpoint",
    )
    rotator = intents.add_parser(
        "rotator", parents=with_key, help="rotate the secrets, as a rotation function's role"
    )
    rotator.add_argument(
        "--superuser-complete-arn",
        action="append",
        metavar="ARN",
        help="also read this secret, of a superuser, by its whole ARN",
    )
    rotator.add_argument("--superuser-key-arn", metavar="ARN", help="the KMS key that it is under")
    rotator.add_argument(
        "--rotation-function",
        type=_Function,
        metavar="ARN",
        help="only secrets that this function is configured for",
    )
    describer = intents.add_parser(
        "describer",
        parents=[secrets, limits],
        help="see the secrets' metadata, or describe those by tags",
    )
    describer.add_argument("--list", action="store_true", help="also ListSecrets")
    describer.add_argument(
        "--tag",
        action="append",
        metavar="KEY=VALUE",
        help="instead: a tag they must carry; several values of a key are alternatives",
    )

    matched = intents.add_parser(
        "tag-matched",
        parents=with_key,
        help="use the secrets whose tags equal the principal's own",
    )
    matched.add_argument(
        "--tag-key", action="append", required=True, metavar="KEY", help="of a tag to be equal"
    )
    matched.add_argument("--no-read", action="store_true", help="do not read their values")
    matched.add_argument("--describe", action="store_true", help="also describe them")
    matched.add_argument("--write", action="store_true", help="also write their values")
    matched.add_argument("--create", action="store_true", help="also create such secrets")

    share = commands.add_parser(
        "share",
        parents=[secrets, key],
        help="print what shares a secret with other accounts",
        description="Print what is to be added to the policies of a secret and of its key, so that "
        "principals of other accounts may read it. Their own account must allow it too.",
    )
    share.add_argument(
        "--principal",
        action="append",
        required=True,
        metavar="ARN",
        help="a role or user of another account (may be given several times)",
    )
    share.add_argument("--describe", action="store_true", help="also let them describe it")

    grants = commands.add_parser(
        "grants",
        help="print who may read which secrets, by synthesized templates",
        description="Print who may do an action on which secrets, by the templates that cdk synth "
        "wrote, whoever wrote the stacks; and by which statement.",
    )
    grants.add_argument("templates", help="a cloud assembly (cdk.out), or one template as JSON")
    grants.add_argument(
        "--action",
        default="secretsmanager:GetSecretValue",
        help="the action (default: %(default)s)",
    )
    grants.add_argument("--region", help="the Region of stacks that do not say theirs")
    grants.add_argument("--account", help="the account of stacks that do not say theirs")
    grants.add_argument("--json", action="store_true", help="print JSON")
    return parser
