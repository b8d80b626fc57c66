"""A secret that does not exist yet: its scope, and the tags in the request that creates it."""

from collections.abc import Sequence

from constructs_lib.aws.arns import ANY_SUFFIX
from constructs_lib.aws.tags import Tags
from constructs_lib.errors import InvalidOptionError
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Condition, Statement, on_secrets


def check_creatable(secret_scope: SecretScope) -> None:
    """Refuse secrets that can't be created: a secret that does not exist has no tags and no ARN."""
    if secret_scope.tags or not secret_scope.arn.endswith((ANY_SUFFIX, "*")):
        raise InvalidOptionError(
            "secrets",
            must="be chosen by name, name prefix or partial ARN to be created",
            got=dict(secret_scope.tags) or secret_scope.arn,
            remedy="use SecretScope.from_secret_name or from_secret_name_prefix",
        )


def requested(tags: Tags) -> tuple[Condition, ...]:
    """Return the conditions that a request has all of the tags, and no other tag.

    ForAllValues alone is true for a request without tags; the StringEquals are not.
    """
    if not tags:
        return ()
    return (
        *(Condition("StringEquals", f"aws:RequestTag/{key}", values) for key, values in tags),
        Condition("ForAllValues:StringEquals", "aws:TagKeys", tuple(key for key, _ in tags)),
    )


def tag_new(scopes: Sequence[SecretScope], tags: Tags, *conditions: Condition) -> list[Statement]:
    """Return the TagResource that CreateSecret with tags needs; it covers existing secrets too.

    An existing secret with other values of these tags keeps them. A new secret has no tags, or
    those of the request: hence IfExists.
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
