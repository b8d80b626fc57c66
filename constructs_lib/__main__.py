"""The command line: policy documents as JSON, for the IAM console and the AWS CLI.

    python -m constructs_lib policy reader --secret-name prod/db \
        --region eu-west-1 --account 111122223333

It starts no Node and needs no CDK app. The documents are the very ones that the constructs emit.

    python -m constructs_lib grants cdk.out

prints who may read which secrets by the templates that `cdk synth` wrote, and by which statement.

    python -m constructs_lib share --secret-name prod/db --key-arn arn:aws:kms:... \
        --region eu-west-1 --account 111122223333 --principal arn:aws:iam::444455556666:role/app

prints what the policies of a secret and of its key take to share it with another account.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions, check_vpc_endpoints
from constructs_lib.arns import check_principal_arn
from constructs_lib.cautions import cautions
from constructs_lib.documents import document_for_iam, longest_length
from constructs_lib.errors import SecretAccessError
from constructs_lib.opt_ins import (
    check_function,
    check_functions,
    check_matched_tag_keys,
    check_principals,
    check_recovery_window,
    check_regions,
    check_required_tags,
    check_tag_keys,
)
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import PARTITION, URL_SUFFIX, has_token
from constructs_lib.quotas import MANAGED_QUOTA, check_length
from constructs_lib.scope import SecretScope, every_secret
from constructs_lib.stages import check_version_stages
from constructs_lib.statements import DenyLevel, Statement
from constructs_lib.tags import check_tags


class _Key(NamedTuple):
    key_arn: str


class _Function(NamedTuple):
    function_arn: str


class _Principal(NamedTuple):
    role_arn: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command == "grants":
        return _print_grants(parser, given)
    if given.command == "share":
        return _print_share(parser, given)
    try:
        scopes = [] if getattr(given, "tag", None) else _scopes(given)
        found = _INTENTS[given.intent](given, scopes)
        check_length(
            longest_length(found),
            MANAGED_QUOTA,
            "managed policy",
            "give fewer secrets, or make several policies",
        )
        values = _values([*scopes, *_superuser_scopes(given)])
        document = json.dumps(document_for_iam(found, values), indent=2)
    except SecretAccessError as error:
        parser.error(str(error))
    for caution in cautions(scopes):
        print(f"warning: {caution.message}", file=sys.stderr)
    return _print(parser, document)


def _print(parser: argparse.ArgumentParser, text: str) -> int:
    if has_token(text):
        parser.error("a CDK token is given; plain text is allowed here; give the value itself")
    print(text)
    return 0


def _print_share(parser: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    try:
        scopes = _scopes(given)
        if len(scopes) != 1:
            raise SecretAccessError(
                f"{len(scopes)} secrets are given",
                allowed="one is allowed: each has a policy of its own",
                remedy="share each by itself",
            )
        values = _values(scopes)
        principals = tuple(dict.fromkeys(check_principal_arn(arn) for arn in given.principal))
        of_secret = statements.share(principals, describe=given.describe)
        of_key = statements.share_key(scopes[0], principals)
    except SecretAccessError as error:
        parser.error(str(error))
    documents = {
        "ResourcePolicy": document_for_iam(of_secret, values),
        "KeyPolicy": document_for_iam(of_key, values),
    }
    return _print(parser, json.dumps(documents, indent=2))


def _print_grants(parser: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    from constructs_lib.grants_command import grants_text  # the proof takes time to load

    try:
        text = grants_text(given)
    except SecretAccessError as error:
        parser.error(str(error))
    print(text)
    return 0


_INTENTS: dict[str, Callable[[argparse.Namespace, list[SecretScope]], list[Statement]]] = {
    "reader": lambda given, scopes: statements.read(
        scopes,
        describe=given.describe,
        batch=given.batch,
        version_stages=check_version_stages(given.version_stage),
        conditions=_conditions(given),
    ),
    "writer": lambda given, scopes: statements.write(scopes, conditions=_conditions(given)),
    "admin": lambda given, scopes: statements.administer(
        scopes,
        rotation_functions=check_functions(given.rotation_function),
        minimum_recovery_window=check_recovery_window(given.minimum_recovery_window),
        manage_resource_policy=given.manage_resource_policy,
        replicate_to=check_regions(given.replicate_to),
        tag_keys=check_tag_keys(given.tag_key),
        conditions=_conditions(given),
    ),
    "creator": lambda given, scopes: statements.create(
        scopes,
        required_tags=check_required_tags(_tags(given.required_tag, "--required-tag")),
        pin_key=given.pin_key,
        conditions=_conditions(given),
    ),
    "rotator": lambda given, scopes: statements.rotate(
        scopes,
        superuser_scopes=_superuser_scopes(given),
        rotation_function=given.rotation_function and check_function(given.rotation_function),
        conditions=_conditions(given),
    ),
    "describer": lambda given, scopes: _describe(given, scopes),
    "tag-matched": lambda given, scopes: statements.match_tags(
        scopes,
        check_matched_tag_keys(given.tag_key),
        read=not given.no_read,
        describe=given.describe,
        write=given.write,
        create=given.create,
        conditions=_conditions(given),
    ),
    "deny": lambda given, scopes: statements.deny(
        scopes,
        level=DenyLevel(given.level),
        except_principals=check_principals(given.except_principal),
        except_vpc_endpoints=check_vpc_endpoints(given.except_vpc_endpoint, "except_vpc_endpoints"),
    ),
}


def _describe(given: argparse.Namespace, scopes: list[SecretScope]) -> list[Statement]:
    if not given.tag:
        return statements.describe(scopes, list_all=given.list, conditions=_conditions(given))
    beside = [name for name in ("region", "account", "list", *_WAYS) if getattr(given, name)]
    if beside:
        raise SecretAccessError(
            f"--tag is given with --{beside[0].replace('_', '-')}",
            allowed="--tag is allowed alone: it is about every secret that carries the tag",
            remedy="make a policy for each",
        )
    tags = check_tags(_tags(given.tag, "--tag") or {})
    return statements.describe_tagged(tags, conditions=_conditions(given))


def _conditions(given: argparse.Namespace) -> AccessConditions | None:
    if given.vpc_endpoint is None and given.organization_id is None and not given.mfa:
        return None
    return AccessConditions(
        vpc_endpoints=given.vpc_endpoint, organization_id=given.organization_id, mfa=given.mfa
    )


_WAYS = ("secret_name", "secret_name_prefix", "secret_partial_arn", "secret_complete_arn")


def _values(scopes: Sequence[SecretScope]) -> dict[str, str]:
    """Return the values of the pseudo parameters that are left in documents on `scopes`."""
    partitions = {partition_of(scope.region) for scope in scopes}
    if len(partitions) > 1:
        raise SecretAccessError(
            f"the secrets are in {len(partitions)} partitions",
            allowed="the secrets of one partition are allowed in a policy",
            remedy="make one policy for each",
        )
    return {
        key: value
        for partition in partitions
        for key, value in ((PARTITION, partition.name), (URL_SUFFIX, partition.url_suffix))
    }


def _scopes(given: argparse.Namespace) -> list[SecretScope]:
    key_arn = getattr(given, "key_arn", None)  # a describer has none
    key = None if key_arn is None else _Key(key_arn)
    by_name = given.secret_name or given.secret_name_prefix
    if given.intent == "tag-matched" and not any(getattr(given, way) for way in _WAYS):
        if not (given.region and given.account):
            raise SecretAccessError(
                "tag-matched is given no secrets, and not both of --region and --account",
                allowed="it is about every secret of an account and Region, or about those given",
                remedy="give --region and --account, or secrets",
            )
        return [every_secret(region=given.region, account=given.account)]
    if not by_name and (given.region or given.account):
        raise SecretAccessError(
            "--region or --account is given, and no secret by its name",
            allowed="they are allowed with a name: an ARN tells both",
            remedy="leave them out",
        )
    if by_name and not (given.region and given.account):
        raise SecretAccessError(
            "a secret is given by name, without --region and --account",
            allowed="a name alone is allowed in CDK, where the stack has both",
            remedy="give --region and --account, or the secret's ARN",
        )
    place = {"region": given.region, "account": given.account}
    scopes = [
        *(SecretScope.from_secret_name(n, encryption_key=key, **place) for n in given.secret_name),
        *(
            SecretScope.from_secret_name_prefix(prefix, encryption_key=key, **place)
            for prefix in given.secret_name_prefix
        ),
        *(
            SecretScope.from_secret_partial_arn(arn, encryption_key=key)
            for arn in given.secret_partial_arn
        ),
        *(
            SecretScope.from_secret_complete_arn(arn, encryption_key=key)
            for arn in given.secret_complete_arn
        ),
    ]
    if not scopes:
        raise SecretAccessError(
            "no secret is given",
            allowed="at least one is allowed, by name, name prefix or ARN",
            remedy="give --secret-name, or another of --secret-...",
        )
    return scopes


def _superuser_scopes(given: argparse.Namespace) -> list[SecretScope]:
    arns, key_arn = (
        getattr(given, f"superuser_{name}", None) for name in ("complete_arn", "key_arn")
    )
    if key_arn is not None and not arns:
        raise SecretAccessError(
            "--superuser-key-arn is given, and no secret of a superuser",
            allowed="it is allowed with --superuser-complete-arn",
            remedy="give that too, or leave it out",
        )
    key = None if key_arn is None else _Key(key_arn)
    return [SecretScope.from_secret_complete_arn(arn, encryption_key=key) for arn in arns or ()]


def _tags(given: Sequence[str] | None, option: str) -> dict[str, list[str]] | None:
    if given is None:
        return None
    tags: dict[str, list[str]] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise SecretAccessError(
                f"{option} is {text!r}", allowed="KEY=VALUE is allowed", remedy="give the value too"
            )
        tags.setdefault(key, []).append(value)
    return tags


def _parser() -> argparse.ArgumentParser:
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


if __name__ == "__main__":
    sys.exit(main())
