"""Which secrets a command is about, and what its text says of their place."""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

from constructs_lib.errors import SecretAccessError
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import PARTITION, URL_SUFFIX, has_token
from constructs_lib.scope import SecretScope, every_secret


class _Key(NamedTuple):
    key_arn: str


WAYS = ("secret_name", "secret_name_prefix", "secret_partial_arn", "secret_complete_arn")


def values_of(scopes: Sequence[SecretScope]) -> dict[str, str]:
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


def scopes_given(given: argparse.Namespace) -> list[SecretScope]:
    """Return the secrets that the arguments name."""
    key_arn = getattr(given, "key_arn", None)  # a describer has none
    key = None if key_arn is None else _Key(key_arn)
    by_name = given.secret_name or given.secret_name_prefix
    if getattr(given, "intent", None) == "tag-matched" and not any(
        getattr(given, way) for way in WAYS
    ):
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


def superuser_scopes_given(given: argparse.Namespace) -> list[SecretScope]:
    """Return the secrets of superusers that the arguments of a rotator name."""
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


def without_tokens(text: str) -> str:
    """Return `text`, in which there must be no CDK token: no deployment follows to fill it in."""
    if has_token(text):
        raise SecretAccessError(
            "a CDK token is given",
            allowed="plain text is allowed here",
            remedy="give the value itself",
        )
    return text
