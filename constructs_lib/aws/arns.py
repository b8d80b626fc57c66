"""Names of secrets, ARNs and Regions, checked against the forms that AWS accepts."""

import re
from typing import NamedTuple, NoReturn

from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import (
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
from constructs_lib.errors import InvalidOptionError, Text, shown

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: Name
MAX_NAME_LENGTH = 512
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]*")
_NAME_RULE = f"be 1 to {MAX_NAME_LENGTH} letters, digits and /_+=.@-"

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

PARTITION_FORM = re.compile(r"aws(-[a-z]+)*")
REGION_FORM = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
ACCOUNT_FORM = re.compile(r"[0-9]{12}")
_REGION_RULE = "be the name of a Region, such as eu-west-1"
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
    """Return whether `text` fits `pattern`, as far as it is known."""
    return (_ARN if has_token(text) else pattern).fullmatch(known_part(text)) is not None


def check_text(value: object, what: str) -> str:
    """Return `value` if it is a string with something in it."""
    if not isinstance(value, str) or not value:
        raise InvalidOptionError(
            what, must="be a string with text in it", got=value, remedy=f"give the {what}"
        )
    if _NUMBER_TOKEN.search(value):
        raise InvalidOptionError(
            what,
            must="have tokens of strings alone",
            got=Text(f"{shown(value)} with a CDK token of a number"),
            remedy="use value_as_string, or Token.as_string(...)",
        )
    return value


def check_name(value: object, what: str = "secret name") -> str:
    """Return `value` if it is a secret's name, or its beginning; tokens pass unchecked."""
    name = check_text(value, what)
    _check_characters(name, _NAME, what, _NAME_RULE)
    if len(known_part(name)) > MAX_NAME_LENGTH:
        raise InvalidOptionError(
            what, must=_NAME_RULE, got=name, remedy="give the name as Secrets Manager shows it"
        )
    return name


def _check_characters(text: str, characters: re.Pattern[str], what: str, rule: str) -> None:
    known = known_part(text)
    if characters.fullmatch(known):
        return
    if "${" in known:
        remedy = "give it in full: IAM and CloudFormation replace ${...} with other text"
    elif "*" in known or "?" in known:
        remedy = (
            "give it without wildcards; for every secret with the same beginning of its name, "
            "use SecretScope.from_secret_name_prefix with that beginning"
        )
    elif known.startswith("arn:"):
        remedy = "for an ARN, use SecretScope.from_secret_complete_arn or from_secret_partial_arn"
    else:
        remedy = "give it as Secrets Manager shows it"
    bad = "".join(dict.fromkeys(characters.sub("", known)))
    raise InvalidOptionError(
        what, must=rule, got=Text(f"{shown(text)}, which contains {shown(bad)}"), remedy=remedy
    )


def _check_part(value: str | None, pattern: re.Pattern[str], what: str, rule: str) -> None:
    if value is not None and not _matches(pattern, check_text(value, what)):
        raise InvalidOptionError(
            what, must=rule, got=value, remedy=f"correct it, or omit it for the {what} of the stack"
        )


def secret_arn(name: str, *, region: str | None, account: str | None) -> str:
    """Return the ARN of the secret called `name` (its end may be a pattern)."""
    _check_part(region, REGION_FORM, "region", _REGION_RULE)
    _check_part(
        account, ACCOUNT_FORM, "account", "be the 12 digits of an account, such as 111122223333"
    )
    return f"arn:{PARTITION}:secretsmanager:{region or REGION}:{account or ACCOUNT}:secret:{name}"


def check_region(region: object, what: str) -> str:
    """Return the name of a Region that must be given."""
    if not isinstance(region, str) or not _matches(REGION_FORM, region):
        raise InvalidOptionError(
            what,
            must=_REGION_RULE,
            got=region,
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
        raise InvalidOptionError(
            "secret ARN",
            must="have a Region that is known at synth, for in_regions",
            got=Text(f"{shown(arn)}, of which some parts are known only at deployment"),
            remedy="give the secret by name, or the whole ARN as one token",
        )
    parts[3] = region
    _check_partition(parts, "secret ARN")
    return ":".join(parts)


def check_secret_arn(value: object, *, complete: bool) -> SecretArn:
    """Return a secret's ARN, checked as far as it is known, without any wildcard in it."""
    arn = check_text(value, "secret ARN")
    form = f"be {_SECRET_ARN_FORM}{'-6CHARS' if complete else ''}"
    _check_characters(arn, _ARN, "secret ARN", form)
    if starts_with_token(arn):
        return SecretArn(arn, None)
    parts = split(arn, ":", 6)
    if (
        len(parts) != 7
        or parts[0] != "arn"
        or not _matches(PARTITION_FORM, parts[1])
        or parts[2] != "secretsmanager"
        or not _matches(REGION_FORM, parts[3])
        or not _matches(ACCOUNT_FORM, parts[4])
        or parts[5] != "secret"
    ):
        raise InvalidOptionError(
            "secret ARN",
            must=form,
            got=arn,
            remedy="copy it from the secret; for a name, use SecretScope.from_secret_name",
        )
    # The suffix does not count towards the 512 characters of the name.
    check_name(_SUFFIX.sub("", parts[6]) if complete else parts[6], "name in the secret ARN")
    if complete and not has_token(parts[6]) and not _SUFFIX.search(parts[6]):
        raise InvalidOptionError(
            "secret ARN",
            must=f"{form}, with a hyphen and six characters at its end",
            got=arn,
            remedy="for an ARN without them, use SecretScope.from_secret_partial_arn",
        )
    _check_partition(parts, "secret ARN")
    if not complete and _LOOKS_COMPLETE.search(parts[6]):
        raise InvalidOptionError(
            "secret ARN",
            must=form,
            got=Text(f"{shown(arn)}, which ends as a complete ARN does"),
            remedy="use SecretScope.from_secret_complete_arn, or from_secret_name for a name "
            "with that ending",
        )
    return SecretArn(arn, parts[3])


def _check_partition(parts: list[str], what: str) -> None:
    """Refuse an ARN with the Region of another partition: no secret or key has such an ARN."""
    if REGION_FORM.fullmatch(parts[3]) and PARTITION_FORM.fullmatch(parts[1]):
        partition = partition_of(parts[3]).name
        if parts[1] != partition:
            raise InvalidOptionError(
                what,
                must=f"be of the partition {partition}, to which {parts[3]} belongs",
                got=Text(f"the partition {parts[1]}"),
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
        or not _matches(PARTITION_FORM, parts[1])
        or parts[2] != "kms"
        or not _matches(REGION_FORM, parts[3])
        or not _matches(ACCOUNT_FORM, parts[4])
        or not _matches(_KEY_RESOURCE, parts[5])
    ):
        raise InvalidOptionError(
            "key ARN",
            must="be arn:PARTITION:kms:REGION:ACCOUNT:key/KEY-ID",
            got=arn,
            remedy="copy it from the KMS key that encrypts the secret",
        )
    _check_partition(parts, "key ARN")
    return arn


def check_key_region(key_arn: str, key_region: str | None, region: str | None) -> None:
    """Refuse a key for secrets of another Region, where both Regions are known."""
    both = key_region is not None and region is not None and key_region != region
    if both and REGION_FORM.fullmatch(key_region or "") and REGION_FORM.fullmatch(region or ""):
        raise InvalidOptionError(
            "key ARN",
            must=f"be of the Region of the secret, {region}",
            got=Text(f"{shown(key_arn)} of {key_region}"),
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
    """Return the Region of a key, where its ARN has it."""
    parts = split(key_arn or "", ":", 5)
    return parts[3] if len(parts) == 6 and REGION_FORM.fullmatch(parts[3]) else None


def secret_account(arn: str) -> str | None:
    """Return the account of a secret, where its ARN has it."""
    match = _OF_A_SECRET.search(arn)
    return match and match[1]


def check_principal_arn(value: object) -> str:
    """Return the ARN of a user or role, checked as far as it is known.

    The policy of a resource can't have a wildcard in an ARN, and `*` stands for every principal.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    arn = check_text(value, "principal")
    if not _matches(_PRINCIPAL, arn):
        raise InvalidOptionError(
            "principal",
            must="be arn:PARTITION:iam::ACCOUNT:role/NAME or :user/NAME",
            got=arn,
            remedy="name each role or user in full; for a whole account, name its roles",
        )
    return arn


def refuse_alias(alias: str) -> NoReturn:
    """Refuse an alias: IAM compares the ARN of the key itself, so that an alias grants nothing.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    raise InvalidOptionError(
        "encryption key",
        must="be a key: a policy that names an alias grants nothing",
        got=Text(f"the alias {shown(alias)}"),
        remedy="give the key itself as encryption_key (Key.from_key_arn, or the alias's target)",
    )
