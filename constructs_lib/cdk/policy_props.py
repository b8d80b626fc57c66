"""The props that every policy has: their documentation and their checks."""

import re

from constructs_lib.aws.tokens import known_part, known_parts
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.document import PolicyType

# The props of every policy: type, default and documentation, for all constructs.
POLICY_PROPS = {
    "users": ("Sequence[iam.IUser]", "()", "the users to attach it to."),
    "roles": ("Sequence[iam.IRole]", "()", "the roles to attach it to."),
    "groups": ("Sequence[iam.IGroup]", "()", "the groups to attach it to."),
    "policy_type": (
        "PolicyType",
        "PolicyType.MANAGED",
        "managed, or inline in each principal.",
    ),
    "policy_name": (
        "str | None",
        "None",
        "1 to 128 letters, digits and `_+=,.@-`. Omitted, CloudFormation generates it; the name of "
        "an inline policy is made of the path of the construct and the id of the stack.",
    ),
    "description": (
        "str | None",
        "None",
        "at most 1,000 characters, for a managed policy alone.",
    ),
    "path": (
        "str | None",
        "None",
        "such as `/secrets/`, for a managed policy alone. Omitted, `/`.",
    ),
}
# The errors of every construct.
RAISES = (
    "SecretAccessError: if an argument is not one that AWS accepts, is of another account, or "
    "can't be attached, or if IAM's quotas are exceeded: 6,144 characters for one secret in a "
    "managed policy, and 10 managed policies on a principal; for all inline policies together "
    "2,048 characters for a user, 5,120 for a group, 10,240 for a role."
)

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"(?=.{0,512}$)/([\w+=,.@-]+/)*", re.ASCII)
_TOKEN_STANDS_FOR = "x"  # the text around a token is checked
_MAX_DESCRIPTION_LENGTH = 1_000


def check_type(policy_type: PolicyType) -> PolicyType:
    """Return the policy type; refuse another value, such as its name."""
    if not isinstance(policy_type, PolicyType):
        raise InvalidOptionError(
            "policy_type",
            must="be PolicyType.MANAGED or PolicyType.INLINE",
            got=policy_type,
            remedy="give one of them",
        )
    return policy_type


def _fits(form: re.Pattern[str], text: object) -> bool:
    return (
        isinstance(text, str)
        and form.fullmatch(_TOKEN_STANDS_FOR.join(known_parts(text))) is not None
    )


def check_name(name: str | None) -> None:
    """Refuse the name of a policy that IAM refuses; tokens pass unchecked."""
    if name is not None and not _fits(_NAME, name):
        raise InvalidOptionError(
            "policy_name",
            must="be 1 to 128 letters, digits and _+=,.@-",
            got=name,
            remedy="correct it, or omit it",
        )


def check_path(path: str | None) -> None:
    """Refuse a path that IAM refuses."""
    if path is not None and not _fits(_PATH, path):
        raise InvalidOptionError(
            "path",
            must="be at most 512 characters, and begin and end with /",
            got=path,
            remedy="give a path such as /secrets/, or omit it",
        )


def check_description(description: str | None) -> None:
    """Refuse a description that IAM refuses."""
    if description is not None and not isinstance(description, str):
        raise InvalidOptionError(
            "description", must="be a string", got=description, remedy="give a string, or omit it"
        )
    known = len(known_part(description or ""))
    if known > _MAX_DESCRIPTION_LENGTH:
        raise InvalidOptionError(
            "description",
            must=f"be at most {_MAX_DESCRIPTION_LENGTH:,} characters",
            got=Text(f"{known:,}"),
            remedy="shorten it",
        )


def refuse_for_inline(**props: str | None) -> None:
    """Refuse the props that only a managed policy has."""
    for name, value in props.items():
        if value is not None:
            raise InvalidOptionError(
                name,
                must="be omitted for an inline policy",
                got=value,
                remedy=f"omit {name}, or use PolicyType.MANAGED",
            )
