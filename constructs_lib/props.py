"""The props that every policy has, checked: its type, name, path and description."""

import re

from constructs_lib.documents import PolicyType
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import known_part, known_parts

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"(?=.{0,512}$)/([\w+=,.@-]+/)*", re.ASCII)
_TOKEN_STANDS_FOR = "x"  # a token fits where some text does; what is around it is checked
_MAX_DESCRIPTION_LENGTH = 1_000


def check_type(policy_type: PolicyType) -> PolicyType:
    """Return the policy type, which must be one."""
    if not isinstance(policy_type, PolicyType):
        raise SecretAccessError(
            f"policy_type is {shown(policy_type)}",
            allowed="PolicyType.MANAGED and PolicyType.INLINE are allowed",
            remedy="give one of them",
        )
    return policy_type


def _fits(form: re.Pattern[str], text: object) -> bool:
    return (
        isinstance(text, str)
        and form.fullmatch(_TOKEN_STANDS_FOR.join(known_parts(text))) is not None
    )


def check_name(name: str | None) -> None:
    """Refuse a policy's name that IAM would; tokens are taken as is."""
    if name is not None and not _fits(_NAME, name):
        raise SecretAccessError(
            f"policy_name is {shown(name)}",
            allowed="1 to 128 letters, digits and _+=,.@- are allowed",
            remedy="correct it, or leave it out",
        )


def check_path(path: str | None) -> None:
    """Refuse a path that IAM would."""
    if path is not None and not _fits(_PATH, path):
        raise SecretAccessError(
            f"path is {shown(path)}",
            allowed="a path of at most 512 characters that begins and ends with / is allowed",
            remedy="correct it, such as /secrets/, or leave it out",
        )


def check_description(description: str | None) -> None:
    """Refuse a description that IAM would."""
    if description is not None and not isinstance(description, str):
        raise SecretAccessError(
            f"description is {shown(description)}", allowed="a string is allowed", remedy="give one"
        )
    known = len(known_part(description or ""))
    if known > _MAX_DESCRIPTION_LENGTH:
        raise SecretAccessError(
            f"description is {known:,} characters long",
            allowed=f"{_MAX_DESCRIPTION_LENGTH:,} characters are allowed",
            remedy="shorten it",
        )


def refuse_for_inline(**given: str | None) -> None:
    """Refuse, by name, what only a managed policy has."""
    for name, value in given.items():
        if value is not None:
            raise SecretAccessError(
                f"{name} is {shown(value)} for an inline policy",
                allowed=f"a {name} is allowed for a managed policy alone",
                remedy=f"leave {name} out, or use PolicyType.MANAGED",
            )
