"""What is said of a secret that does not exist yet: its names, and the tags of the request."""

from collections.abc import Sequence

from constructs_lib.arns import ANY_SUFFIX
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.statement import Condition, Statement, on_secrets
from constructs_lib.tags import Tags


def check_to_create(scope: SecretScope) -> None:
    """Refuse secrets that nobody can create: one that does not exist has no tags, and no ARN."""
    if scope.tags or not scope.arn.endswith((ANY_SUFFIX, "*")):
        raise SecretAccessError(
            f"secrets to create is {shown((scope.tags and dict(scope.tags)) or scope.arn)}",
            allowed="a name, name prefix or partial ARN is allowed for secrets to create",
            remedy="use SecretScope.from_secret_name or from_secret_name_prefix",
        )


def requested(tags: Tags) -> tuple[Condition, ...]:
    """Return the conditions that a request has all of the tags, and no other.

    ForAllValues alone holds for a request without tags; the others do not.
    """
    if not tags:
        return ()
    return (
        *(Condition("StringEquals", f"aws:RequestTag/{key}", values) for key, values in tags),
        Condition("ForAllValues:StringEquals", "aws:TagKeys", tuple(key for key, _ in tags)),
    )


def tag_new(scopes: Sequence[SecretScope], tags: Tags, *conditions: Condition) -> list[Statement]:
    """Return what CreateSecret takes beside to tag: TagResource, which takes existing secrets too.

    One that has other values of these tags already keeps them. A secret that is being created has
    none, or those of the request: hence IfExists.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    unlike = (
        Condition("StringEqualsIfExists", f"secretsmanager:ResourceTag/{key}", values)
        for key, values in tags
    )
    actions = ("secretsmanager:TagResource",)
    return [
        *on_secrets(
            "TagNewSecret", "Allow", actions, scopes, *requested(tags), *unlike, *conditions
        )
    ]
