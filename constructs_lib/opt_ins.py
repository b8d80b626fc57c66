"""What the opt-in keywords of the constructs take, checked; no list is empty."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from constructs_lib.arns import check_region
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token, is_token, known_part, split, starts_with_token
from constructs_lib.tags import Tags, check_tag_key, check_tags

# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html: FunctionName
_PARTS = [
    re.compile(part)
    for part in (r"arn", r"aws(-[a-z]+)*", r"lambda", r"[a-z]{2,}(-[a-z]+)+-[0-9]+", r"[0-9]{12}")
]
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_QUALIFIER = re.compile(r"\$LATEST|[A-Za-z0-9_-]+")
_BESIDE_A_TOKEN = re.compile(r"[A-Za-z0-9_-]*")

_IN_A_VARIABLE = re.compile(r"[A-Za-z0-9_.:/=+@-]+")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
_PRINCIPAL = re.compile(r"(role|user)/[\w+=,.@/-]+", re.ASCII)
_PRINCIPAL_BESIDE_A_TOKEN = re.compile(r"(role|user)/[\w+=,.@/-]*", re.ASCII)

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
SHORTEST_WINDOW, LONGEST_WINDOW = 7, 30


_T = TypeVar("_T")


class RotationFunction(Protocol):
    """What is needed of a Lambda function: its ARN. Every `aws_lambda.IFunction` is one."""

    @property
    def function_arn(self) -> str:
        """The ARN of the function."""


class Role(Protocol):
    """What is needed of a role: its ARN. Every `aws_iam.IRole` is one."""

    @property
    def role_arn(self) -> str:
        """The ARN of the role."""


class User(Protocol):
    """What is needed of a user: its ARN. Every `aws_iam.IUser` is one."""

    @property
    def user_arn(self) -> str:
        """The ARN of the user."""


def check_principals(
    principals: Sequence[Role | User] | None, account: str | None = None
) -> tuple[str, ...]:
    """Return the ARNs of roles and users, each once; none if `principals` is None.

    Of another account than that of the policy, which is `account` if it is known, they have
    nothing to do with the policy.
    """
    given = _check_several(principals, "except_principals", "an aws_iam.IRole or IUser")
    return tuple(dict.fromkeys(_check_principal(principal, account) for principal in given))


def _check_principal(principal: object, account: str | None) -> str:
    arn = getattr(principal, "role_arn", None) or getattr(principal, "user_arn", None)
    if not isinstance(arn, str):
        raise SecretAccessError(
            f"excepted principal is {shown(principal)}",
            allowed="an aws_iam.IRole or IUser is allowed",
            remedy="for an ARN, use aws_iam.Role.from_role_arn; for a group, name its users",
        )
    if is_token(arn):
        return arn
    parts = split(arn, ":", 5)
    fits = (
        len(parts) == 6
        and all(map(_fits, (_PARTS[0], _PARTS[1], re.compile("iam")), parts))
        and not parts[3]
        and _fits(_PARTS[4], parts[4])
    )
    form = _PRINCIPAL_BESIDE_A_TOKEN if has_token(parts[-1]) else _PRINCIPAL
    if not fits or not form.fullmatch(known_part(parts[-1])):
        raise SecretAccessError(
            f"ARN of the excepted principal is {shown(arn)}",
            allowed="arn:PARTITION:iam::ACCOUNT:role/NAME or :user/NAME is allowed",
            remedy="name each in full, a role also for its sessions: wildcards are not taken",
        )
    if account is not None and not has_token(account + parts[4]) and parts[4] != account:
        raise SecretAccessError(
            f"excepted principal {shown(arn)} is of account {parts[4]}, the stack of {account}",
            allowed="principals of the stack's account are allowed: the policy is for no other",
            remedy="leave it out, or make the policy in a stack of its account",
        )
    return arn


def check_functions(functions: Sequence[RotationFunction] | None) -> tuple[str, ...]:
    """Return the functions' ARNs, each once; none if `functions` is None."""
    given = _check_several(functions, "rotation_functions", "an aws_lambda.IFunction")
    return tuple(dict.fromkeys(check_function(function) for function in given))


def check_function(function: object) -> str:
    """Return the ARN of one function."""
    arn = getattr(function, "function_arn", None)
    if not isinstance(arn, str):
        raise SecretAccessError(
            f"rotation function is {shown(function)}",
            allowed="an aws_lambda.IFunction is allowed",
            remedy="for an ARN, use aws_lambda.Function.from_function_arn",
        )
    if starts_with_token(arn) and _BESIDE_A_TOKEN.fullmatch(known_part(arn).replace(":", "")):
        return arn
    forms = [*_PARTS, re.compile("function"), _NAME, _QUALIFIER]
    parts = split(arn, ":", len(forms) - 1)
    if len(parts) < len(forms) - 1 or not all(map(_fits, forms, parts)):
        raise SecretAccessError(
            f"ARN of the rotation function is {shown(arn)}",
            allowed="arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME is allowed, with or without "
            "a version or alias",
            remedy="copy it from the function, without wildcards",
        )
    return arn


def check_recovery_window(days: int | None) -> int | None:
    """Return the recovery window in days, if there is one."""
    if days is None:
        return None
    if not isinstance(days, int) or not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        raise SecretAccessError(
            f"minimum_recovery_window is {shown(days)}",
            allowed=f"{SHORTEST_WINDOW} to {LONGEST_WINDOW} days are allowed, as a whole number",
            remedy="give the days, or leave it out",
        )
    return days


def check_regions(regions: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of Regions, each once; none if `regions` is None."""
    given = _check_several(regions, "replicate_to", "a Region's name")
    return tuple(dict.fromkeys(check_region(each, "region in replicate_to") for each in given))


def check_tag_keys(keys: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tag keys, each once; none if `keys` is None."""
    given = _check_several(keys, "tag_keys", "a tag key")
    for key in given:
        if check_tag_key(key).lower().startswith("aws:"):
            raise SecretAccessError(
                f"tag key {shown(key)} begins with aws:",
                allowed="keys of your own are allowed: AWS keeps those for itself",
                remedy="leave it out",
            )
    return tuple(dict.fromkeys(given))


def check_matched_tag_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """Return the tag keys that secrets and principals share, each once.

    They stand in a variable of IAM's, `${aws:PrincipalTag/KEY}`, for whose name AWS documents
    neither spaces nor letters beyond ASCII.
    """
    checked = check_tag_keys(() if keys is None else keys)
    for key in checked:
        if not _IN_A_VARIABLE.fullmatch(key):
            raise SecretAccessError(
                f"tag key {shown(key)} is in tag_keys",
                allowed="ASCII letters, digits and _.:/=+-@ are allowed: it becomes a variable",
                remedy="use another tag of the secrets and the principals",
            )
    if len({key.lower() for key in checked}) < len(checked):
        raise SecretAccessError(
            f"tag_keys is {shown(keys)}, with a key twice, in different case",
            allowed="IAM compares condition keys without regard to case",
            remedy="give the key once, as the secrets carry it",
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
    """Tell whether `text` is of the form, as far as it is known."""
    return (_BESIDE_A_TOKEN if has_token(text) else form).fullmatch(known_part(text)) is not None


def _check_several(given: Sequence[_T] | None, name: str, what: str) -> Sequence[_T]:
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise SecretAccessError(
            f"{name} is {shown(given)}",
            allowed=f"a sequence of at least one is allowed, each {what}",
            remedy=f"give a list: {name}=[...], or leave it out",
        )
    return given
