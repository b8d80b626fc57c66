"""Checks of the optional arguments of intents; a list that is given has at least one item."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from constructs_lib.aws.arns import (
    ACCOUNT_FORM,
    PARTITION_FORM,
    REGION_FORM,
    check_principal_arn,
    check_region,
)
from constructs_lib.aws.tags import Tags, check_tag_key, check_tags
from constructs_lib.aws.tokens import has_token, is_token, known_part, split, starts_with_token
from constructs_lib.errors import InvalidOptionError, Text, shown

# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html: FunctionName
_FUNCTION_PARTS = [
    re.compile("arn"),
    PARTITION_FORM,
    re.compile("lambda"),
    REGION_FORM,
    ACCOUNT_FORM,
    re.compile("function"),
    re.compile(r"[A-Za-z0-9_-]+"),
    re.compile(r"\$LATEST|[A-Za-z0-9_-]+"),  # a version or alias
]
_BESIDE_A_TOKEN = re.compile(r"[A-Za-z0-9_-]*")

_IN_A_VARIABLE = re.compile(r"[A-Za-z0-9_.:/=+@-]+")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
_PRINCIPAL = re.compile(r"(role|user)/[\w+=,.@/-]+", re.ASCII)
_PRINCIPAL_BESIDE_A_TOKEN = re.compile(r"(role|user)/[\w+=,.@/-]*", re.ASCII)

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
SHORTEST_WINDOW, LONGEST_WINDOW = 7, 30


_T = TypeVar("_T")


class RotationFunction(Protocol):
    """A Lambda function with its ARN. Every `aws_lambda.IFunction` is one."""

    @property
    def function_arn(self) -> str:
        """The ARN of the function."""


class Role(Protocol):
    """A role with its ARN. Every `aws_iam.IRole` is one."""

    @property
    def role_arn(self) -> str:
        """The ARN of the role."""


class User(Protocol):
    """A user with its ARN. Every `aws_iam.IUser` is one."""

    @property
    def user_arn(self) -> str:
        """The ARN of the user."""


def check_principals(principals: Sequence[Role | User | str] | None) -> tuple[str, ...]:
    """Return the ARNs of roles and users, each once; none if `principals` is None."""
    several = _check_several(
        principals, "except_principals", "an aws_iam.IRole or IUser, or an ARN"
    )
    return tuple(dict.fromkeys(_check_principal(principal) for principal in several))


def check_principals_account(arns: Sequence[str], account: str) -> None:
    """Refuse excepted principals of another account, to which the policy does not apply."""
    for arn in arns:
        parts = split(arn, ":", 5)
        if len(parts) == 6 and not has_token(account + parts[4]) and parts[4] != account:
            raise InvalidOptionError(
                "except_principals",
                must=f"be principals of the account of the policy, {account}",
                got=arn,
                remedy="omit it, or make the policy in a stack of its account",
            )


def check_sharing_principals(principals: Sequence[Role | User | str]) -> tuple[str, ...]:
    """Return the ARNs of the roles and users of other accounts, each once."""
    several = _check_several(principals, "principals", "a role or user", required=True)
    return tuple(dict.fromkeys(check_principal_arn(_arn_of(principal)) for principal in several))


def _arn_of(principal: object) -> object:
    if isinstance(principal, str):
        return principal
    arn = getattr(principal, "role_arn", None) or getattr(principal, "user_arn", None)
    if arn is None:
        raise InvalidOptionError(
            "principals",
            must="be roles and users: aws_iam.IRole, IUser or an ARN",
            got=principal,
            remedy="for a group, name its users",
        )
    return arn


def _check_principal(principal: object) -> str:
    arn = (
        principal
        if isinstance(principal, str)
        else getattr(principal, "role_arn", None) or getattr(principal, "user_arn", None)
    )
    if not isinstance(arn, str):
        raise InvalidOptionError(
            "excepted principal",
            must="be an aws_iam.IRole or IUser, or an ARN",
            got=principal,
            remedy="give one of them; for a group, name its users",
        )
    if is_token(arn):
        return arn
    parts = split(arn, ":", 5)
    fits = (
        len(parts) == 6
        and all(map(_fits, (re.compile("arn"), PARTITION_FORM, re.compile("iam")), parts))
        and not parts[3]
        and _fits(ACCOUNT_FORM, parts[4])
    )
    form = _PRINCIPAL_BESIDE_A_TOKEN if has_token(parts[-1]) else _PRINCIPAL
    if not fits or not form.fullmatch(known_part(parts[-1])):
        raise InvalidOptionError(
            "ARN of the excepted principal",
            must="be arn:PARTITION:iam::ACCOUNT:role/NAME or :user/NAME",
            got=arn,
            remedy="name each role or user in full, without wildcards; a role has its sessions too",
        )
    return arn


def check_functions(functions: Sequence[RotationFunction | str] | None) -> tuple[str, ...]:
    """Return the functions' ARNs, each once; none if `functions` is None."""
    rotation_functions = _check_several(functions, "rotation_functions", "an aws_lambda.IFunction")
    return tuple(dict.fromkeys(check_function(function) for function in rotation_functions))


def check_function(function: object) -> str:
    """Return the ARN of one function."""
    arn = function if isinstance(function, str) else getattr(function, "function_arn", None)
    if not isinstance(arn, str):
        raise InvalidOptionError(
            "rotation function",
            must="be an aws_lambda.IFunction",
            got=function,
            remedy="for an ARN, use aws_lambda.Function.from_function_arn",
        )
    if starts_with_token(arn) and _BESIDE_A_TOKEN.fullmatch(known_part(arn).replace(":", "")):
        return arn
    parts = split(arn, ":", len(_FUNCTION_PARTS) - 1)
    if len(parts) < len(_FUNCTION_PARTS) - 1 or not all(map(_fits, _FUNCTION_PARTS, parts)):
        raise InvalidOptionError(
            "ARN of the rotation function",
            must="be arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, with or without a version "
            "or alias",
            got=arn,
            remedy="copy it from the function, without wildcards",
        )
    return arn


def check_recovery_window(days: int | None) -> int | None:
    """Return the recovery window in days, if there is one."""
    if days is None:
        return None
    if not isinstance(days, int) or not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        raise InvalidOptionError(
            "minimum_recovery_window",
            must=f"be {SHORTEST_WINDOW} to {LONGEST_WINDOW} days, as a whole number",
            got=days,
            remedy="give the days, or omit it",
        )
    return days


def check_regions(regions: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of Regions, each once; none if `regions` is None."""
    region_names = _check_several(regions, "replicate_to", "the name of a Region")
    return tuple(
        dict.fromkeys(check_region(name, "region in replicate_to") for name in region_names)
    )


def check_tag_keys(keys: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tag keys, each once; none if `keys` is None."""
    tag_keys = _check_several(keys, "tag_keys", "a tag key")
    for key in tag_keys:
        if check_tag_key(key).lower().startswith("aws:"):
            raise InvalidOptionError(
                "tag key",
                must="be one of your own keys: AWS reserves keys that begin with aws:",
                got=key,
                remedy="omit it",
            )
    return tuple(dict.fromkeys(tag_keys))


def check_matched_tag_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """Return the tag keys that secrets and principals share, each once.

    They become a part of the IAM variable `${aws:PrincipalTag/KEY}`. In such a name AWS documents
    ASCII letters alone, and no spaces.
    """
    checked = check_tag_keys(_check_several(keys, "tag_keys", "a tag key", required=True))
    for key in checked:
        if not _IN_A_VARIABLE.fullmatch(key):
            raise InvalidOptionError(
                "each of tag_keys",
                must="be ASCII letters, digits and _.:/=+-@: it becomes a part of a variable",
                got=key,
                remedy="use another tag of the secrets and the principals",
            )
    if len({key.lower() for key in checked}) < len(checked):
        raise InvalidOptionError(
            "tag_keys",
            must="have each key once: IAM ignores the case of condition keys",
            got=Text(f"{shown(keys)}, with a key twice, in different case"),
            remedy="give the key once, as the secrets have it",
        )
    return checked


def check_required_tags(tags: Mapping[str, str | Sequence[str]] | None) -> Tags:
    """Return the tags that a new secret must have; none if `tags` is None."""
    if tags is None:
        return ()
    checked = check_tags(tags)
    check_tag_keys([key for key, _ in checked])
    return checked


def _fits(form: re.Pattern[str], text: str) -> bool:
    """Return whether `text` is of the form, as far as it is known."""
    return (_BESIDE_A_TOKEN if has_token(text) else form).fullmatch(known_part(text)) is not None


def _check_several(
    items: Sequence[_T] | None, name: str, what: str, *, required: bool = False
) -> Sequence[_T]:
    if items is None and not required:
        return ()
    if isinstance(items, str) or not isinstance(items, Sequence) or not items:
        raise InvalidOptionError(
            name,
            must=f"be a sequence of at least one item, each {what}",
            got=items,
            remedy=f"give a list: {name}=[...]" + ("" if required else ", or omit it"),
        )
    return items
