"""The secrets that the arguments of a command name, and the pseudo parameters of their place."""

import argparse
from collections.abc import Sequence

from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import PARTITION, URL_SUFFIX, has_token
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.secret_scope import SecretScope, every_secret

SECRET_DESTINATIONS = (
    "secret_name",
    "secret_name_prefix",
    "secret_partial_arn",
    "secret_complete_arn",
)


def pseudo_parameters(scopes: Sequence[SecretScope]) -> dict[str, str]:
    """Return the values of the pseudo parameters in documents on `scopes`."""
    partitions = {partition_of(secret_scope.region) for secret_scope in scopes}
    if len(partitions) > 1:
        raise InvalidOptionError(
            "secrets",
            must="be of one partition, as a policy is",
            got=Text(f"secrets of {len(partitions)} partitions"),
            remedy="make one policy for each partition",
        )
    return {
        placeholder: value
        for partition in partitions
        for placeholder, value in ((PARTITION, partition.name), (URL_SUFFIX, partition.url_suffix))
    }


def secret_scopes(arguments: argparse.Namespace) -> list[SecretScope]:
    """Return the secrets that the arguments name."""
    key_arn = getattr(arguments, "key_arn", None)  # a describer has none
    by_name = arguments.secret_name or arguments.secret_name_prefix
    place = {"region": arguments.region, "account": arguments.account}
    complete = bool(arguments.region and arguments.account)
    if getattr(arguments, "intent", None) == "tag-matched" and not any(
        getattr(arguments, name) for name in SECRET_DESTINATIONS
    ):
        if not complete:
            raise InvalidOptionError(
                "--region and --account",
                must="be given without secrets: the policy is then about every secret there",
                got=Text(_place_options(arguments)),
                remedy="give both, or secrets",
            )
        if key_arn is not None:
            raise InvalidOptionError(
                "--key-arn",
                must="be given with secrets: without them, each secret has a key of its own",
                got=key_arn,
                remedy="give the secrets under that key, or omit it",
            )
        return [every_secret(**place)]
    if not by_name and (arguments.region or arguments.account):
        raise InvalidOptionError(
            "--region and --account",
            must="be given with a secret by name alone, as an ARN has both",
            got=Text(_place_options(arguments)),
            remedy="omit them",
        )
    if by_name and not complete:
        raise InvalidOptionError(
            "--region and --account",
            must="be given with a secret by name: no stack has them here",
            got=Text(_place_options(arguments)),
            remedy="give both, or the ARN of the secret",
        )
    scopes = [
        *(
            SecretScope.from_secret_name(name, encryption_key=key_arn, **place)
            for name in arguments.secret_name
        ),
        *(
            SecretScope.from_secret_name_prefix(prefix, encryption_key=key_arn, **place)
            for prefix in arguments.secret_name_prefix
        ),
        *(
            SecretScope.from_secret_partial_arn(arn, encryption_key=key_arn)
            for arn in arguments.secret_partial_arn
        ),
        *(
            SecretScope.from_secret_complete_arn(arn, encryption_key=key_arn)
            for arn in arguments.secret_complete_arn
        ),
    ]
    if not scopes:
        raise InvalidOptionError(
            "secrets",
            must="be at least one, by name, name prefix or ARN",
            got=Text("none"),
            remedy="give --secret-name, or another of --secret-...",
        )
    return scopes


def superuser_scopes(arguments: argparse.Namespace) -> list[SecretScope]:
    """Return the secrets of superusers that the arguments of a rotator name."""
    arns, key_arn = arguments.superuser_complete_arn, arguments.superuser_key_arn
    if key_arn is not None and not arns:
        raise InvalidOptionError(
            "--superuser-key-arn",
            must="be given with --superuser-complete-arn",
            got=key_arn,
            remedy="give that too, or omit it",
        )
    return [SecretScope.from_secret_complete_arn(arn, encryption_key=key_arn) for arn in arns or ()]


def without_tokens(text: str) -> str:
    """Return `text`, which must have no CDK token: no deployment replaces it."""
    if has_token(text):
        raise InvalidOptionError(
            "arguments",
            must="be plain text",
            got=Text("a CDK token"),
            remedy="give the value itself",
        )
    return text


def _place_options(arguments: argparse.Namespace) -> str:
    names = [name for name in ("region", "account") if getattr(arguments, name)]
    return " and ".join(f"--{name}" for name in names) or "neither"
