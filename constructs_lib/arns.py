"""What AWS accepts as the name of a secret, and as ARNs, checked before use."""

import re
from typing import NamedTuple, NoReturn

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import (
    ACCOUNT,
    PARTITION,
    REGION,
    arn_part,
    has_token,
    is_token,
    known_part,
    split,
    starts_with_token,
)

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: Name
MAX_NAME_LENGTH = 512
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]*")
_NAME_ALLOWED = f"1 to {MAX_NAME_LENGTH} letters, digits and /_+=.@- are allowed"

# Secrets Manager ends every ARN with a hyphen and six random characters. In a policy, six `?`
# match them and nothing longer.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
ANY_SUFFIX = "-??????"
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
# A word of six letters may end a name; letters of both cases, or digits among them, hardly do.
_LOOKS_COMPLETE = re.compile(
    r"-(?=.*[A-Za-z])(?:(?=.*[a-z])(?=.*[A-Z])|(?=.*[0-9]))[A-Za-z0-9]{6}$"
)

# How CDK encodes a token as a number: aws-cdk-lib/core/lib/private/encoding.ts.
_NUMBER_TOKEN = re.compile(r"-1\.888154589\d*e\+289")

_PARTITION = re.compile(r"aws(-[a-z]+)*")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN = re.compile(r"[A-Za-z0-9/_+=.@:-]*")
_KEY_RESOURCE = re.compile(r"key/[A-Za-z0-9-]+")
_OF_A_SECRET = re.compile(r":([0-9]{12}):secret:")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_PRINCIPAL = re.compile(
    r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/([\x21-\x29\x2b-\x3e\x40-\x7e]+/)?[\w+=,.@-]+",
    re.ASCII,
)

_SECRET_ARN_FORM = "arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME"


class SecretArn(NamedTuple):
    """A checked ARN of a secret, and its Region unless the ARN is one token."""

    arn: str
    region: str | None


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    """Tell whether `text` fits `pattern`, as far as it is known."""
    return (_ARN if has_token(text) else pattern).fullmatch(known_part(text)) is not None


def check_text(value: object, what: str) -> str:
    """Return `value` if it is a string with something in it."""
    if not isinstance(value, str) or not value:
        raise SecretAccessError(
            f"{what} is {shown(value)}",
            allowed="a string that is not empty is allowed",
            remedy=f"give the {what}",
        )
    if _NUMBER_TOKEN.search(value):
        raise SecretAccessError(
            f"{what} {shown(value)} has a CDK token of a number in it",
            allowed="tokens of strings are allowed",
            remedy="use value_as_string, or Token.as_string(...)",
        )
    return value


def check_name(value: object, what: str = "secret name") -> str:
    """Return `value` if it is a secret's name, or the beginning of one; tokens are taken as is."""
    name = check_text(value, what)
    _check_characters(name, _NAME, what, _NAME_ALLOWED)
    if len(known_part(name)) > MAX_NAME_LENGTH:
        raise SecretAccessError(
            f"{what} is {shown(name)}",
            allowed=_NAME_ALLOWED,
            remedy="give the name as Secrets Manager shows it",
        )
    return name


def _check_characters(text: str, characters: re.Pattern[str], what: str, allowed: str) -> None:
    known = known_part(text)
    if characters.fullmatch(known):
        return
    if "${" in known:
        remedy = "give it in full: IAM and CloudFormation would fill in something else there"
    elif "*" in known or "?" in known:
        remedy = (
            "give it without wildcards; for every secret whose name begins so, "
            "use SecretScope.from_secret_name_prefix with the beginning alone"
        )
    elif known.startswith("arn:"):
        remedy = "for an ARN, use SecretScope.from_secret_complete_arn or from_secret_partial_arn"
    else:
        remedy = "give it as Secrets Manager shows it"
    bad = "".join(dict.fromkeys(characters.sub("", known)))
    raise SecretAccessError(
        f"{what} {shown(text)} contains {shown(bad)}", allowed=allowed, remedy=remedy
    )


def _check_part(value: str | None, pattern: re.Pattern[str], what: str, example: str) -> None:
    if value is not None and not _matches(pattern, check_text(value, what)):
        raise SecretAccessError(
            f"{what} is {shown(value)}",
            allowed=f"one {what} is allowed, such as {example}",
            remedy=f"correct it, or leave it out for the stack's own {what}",
        )


def secret_arn(name: str, *, region: str | None, account: str | None) -> str:
    """Return the ARN of the secret called `name` (its end may be a pattern)."""
    _check_part(region, _REGION, "region", "eu-west-1")
    _check_part(account, _ACCOUNT, "account", "111122223333")
    return f"arn:{PARTITION}:secretsmanager:{region or REGION}:{account or ACCOUNT}:secret:{name}"


def check_region(region: object, what: str) -> str:
    """Return the name of a Region that must be given."""
    if not isinstance(region, str) or not _matches(_REGION, region):
        raise SecretAccessError(
            f"{what} is {shown(region)}",
            allowed="a Region's name is allowed, such as eu-west-1",
            remedy="name each Region in full: wildcards do not match",
        )
    return region


def in_region(arn: str, region: str) -> str:
    """Return the ARN of the same secret, or secrets, as replicated to another Region.

    A replica's ARN is "the same as the primary secret except for the Region".
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """
    token = arn.removesuffix(ANY_SUFFIX)
    if is_token(token):
        account, name = arn_part(token, 4), arn_part(token, 6)
        return secret_arn(name + arn.removeprefix(token), region=region, account=account)
    parts = split(arn, ":", 6)
    if len(parts) != 7:
        raise SecretAccessError(
            f"secret ARN {shown(arn)} is in pieces, some of which are known only at deployment",
            allowed="an ARN of which the Region can be told is allowed in in_regions",
            remedy="give the secret by name, or the whole ARN as one token",
        )
    parts[3] = region
    _check_partition(parts, "secret ARN")
    return ":".join(parts)


def check_secret_arn(value: object, *, complete: bool) -> SecretArn:
    """Return a secret's ARN, checked as far as it is known, without any wildcard in it."""
    arn = check_text(value, "secret ARN")
    form = f"{_SECRET_ARN_FORM}{'-6CHARS' if complete else ''} is allowed"
    _check_characters(arn, _ARN, "secret ARN", form)
    if starts_with_token(arn):
        return SecretArn(arn, None)
    parts = split(arn, ":", 6)
    if (
        len(parts) != 7
        or parts[0] != "arn"
        or not _matches(_PARTITION, parts[1])
        or parts[2] != "secretsmanager"
        or not _matches(_REGION, parts[3])
        or not _matches(_ACCOUNT, parts[4])
        or parts[5] != "secret"
    ):
        raise SecretAccessError(
            f"secret ARN is {shown(arn)}",
            allowed=form,
            remedy="copy it from the secret; for a name, use SecretScope.from_secret_name",
        )
    # The suffix is none of the name's characters, of which there may be 512.
    check_name(_SUFFIX.sub("", parts[6]) if complete else parts[6], "name in the secret ARN")
    if complete and not has_token(parts[6]) and not _SUFFIX.search(parts[6]):
        raise SecretAccessError(
            f"secret ARN {shown(arn)} does not end in a hyphen and six characters",
            allowed=form,
            remedy="for an ARN without them, use SecretScope.from_secret_partial_arn",
        )
    _check_partition(parts, "secret ARN")
    if not complete and _LOOKS_COMPLETE.search(parts[6]):
        raise SecretAccessError(
            f"secret ARN {shown(arn)} ends in what looks like the six characters of a complete one",
            allowed=form,
            remedy="use SecretScope.from_secret_complete_arn, or from_secret_name for a name "
            "that itself ends so",
        )
    return SecretArn(arn, parts[3])


def _check_partition(parts: list[str], what: str) -> None:
    """Refuse an ARN whose Region is of another partition than it says: it matches nothing."""
    if _REGION.fullmatch(parts[3]) and _PARTITION.fullmatch(parts[1]):
        partition = partition_of(parts[3]).name
        if parts[1] != partition:
            raise SecretAccessError(
                f"{what} is of the partition {parts[1]} and the region {parts[3]}",
                allowed=f"{parts[3]} is in the partition {partition}",
                remedy="copy the ARN from the secret, or the key",
            )


def check_key_arn(value: object) -> str:
    """Return a KMS key's ARN, checked as far as it is known."""
    arn = check_text(value, "key ARN")
    if starts_with_token(arn) and _ARN.fullmatch(known_part(arn)):
        return arn
    parts = split(arn, ":", 5)
    if len(parts) == 6 and parts[5].startswith("alias/"):
        refuse_alias(arn)
    if (
        len(parts) != 6
        or parts[0] != "arn"
        or not _matches(_PARTITION, parts[1])
        or parts[2] != "kms"
        or not _matches(_REGION, parts[3])
        or not _matches(_ACCOUNT, parts[4])
        or not _matches(_KEY_RESOURCE, parts[5])
    ):
        raise SecretAccessError(
            f"key ARN is {shown(arn)}",
            allowed="arn:PARTITION:kms:REGION:ACCOUNT:key/KEY-ID is allowed",
            remedy="copy it from the KMS key that the secret is encrypted with",
        )
    _check_partition(parts, "key ARN")
    return arn


def check_key_region(key_arn: str, key_region: str | None, region: str | None) -> None:
    """Refuse a key for secrets of another Region, where both Regions are known."""
    both = key_region is not None and region is not None and key_region != region
    if both and _REGION.fullmatch(key_region or "") and _REGION.fullmatch(region or ""):
        raise SecretAccessError(
            f"key ARN {shown(key_arn)} is in {key_region}, the secret in {region}",
            allowed="a secret is encrypted with a key of its own region",
            remedy=f"give the key of {region} (for a replicated key, its replica there)",
        )


def key_in_region(key_arn: str, region: str) -> str | None:
    """Return the ARN of the related key in another Region, where it is a multi-Region key.

    "All related multi-Region keys have the same key material and the same key ID", which begins
    with mrk-. https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """
    parts = split(key_arn, ":", 5)
    if len(parts) != 6 or not parts[5].startswith("key/mrk-"):
        return None
    parts[3] = region
    return ":".join(parts)


def key_region(key_arn: str | None) -> str | None:
    """Return the Region of a key, where its ARN tells it."""
    parts = split(key_arn or "", ":", 5)
    return parts[3] if len(parts) == 6 and _REGION.fullmatch(parts[3]) else None


def secret_account(arn: str) -> str | None:
    """Return the account of a secret, where its ARN tells it."""
    found = _OF_A_SECRET.search(arn)
    return found and found[1]


def check_principal_arn(value: object) -> str:
    """Return the ARN of a user or role, checked as far as it is known.

    A resource's policy takes no wildcard in it, and `*` is everybody.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    arn = check_text(value, "principal")
    if not _matches(_PRINCIPAL, arn):
        raise SecretAccessError(
            f"principal is {shown(arn)}",
            allowed="arn:PARTITION:iam::ACCOUNT:role/NAME is allowed, and :user/NAME",
            remedy="name each role or user in full; for a whole account, name its roles",
        )
    return arn


def refuse_alias(alias: str) -> NoReturn:
    """Refuse an alias: IAM compares the ARN of the key itself, so the alias would grant nothing.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    raise SecretAccessError(
        f"encryption key is the alias {shown(alias)}",
        allowed="a key is allowed: a policy that names an alias grants nothing",
        remedy="give the key itself as encryption_key (Key.from_key_arn, or the alias's target)",
    )
