"""Warnings for valid input that is probably a mistake, with stable ids."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from constructs_lib.aws.arns import ANY_SUFFIX
from constructs_lib.aws.tokens import has_token
from constructs_lib.errors import shown
from constructs_lib.policy.secret_scope import SecretScope

_LIKE_A_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
# Six random characters are lower-case letters, all of them, once in 180 times; a word always is.
_LIKE_A_WORD = re.compile(r"-[a-z]{6}$")


class InputWarning(NamedTuple):
    """A warning.

    Attributes:
        id: the id by which an app acknowledges it; it does not change.
        message: the input, its effect, and the remedy.
    """

    id: str
    message: str


def input_warnings(scopes: Iterable[SecretScope]) -> list[InputWarning]:
    """Return the warnings on secrets, each once."""
    warnings = (_warning_on(secret_scope.arn.partition(":secret:")[2]) for secret_scope in scopes)
    return list(dict.fromkeys(warning for warning in warnings if warning is not None))


def _warning_on(name: str) -> InputWarning | None:
    exact = name.removesuffix(ANY_SUFFIX)
    if has_token(name):
        return None
    if exact != name and _LIKE_A_SUFFIX.search(exact):
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: Name
        return InputWarning(
            "secret-access-cdk:nameEndsLikeSuffix",
            f"secret name {shown(exact)} ends in a hyphen and six characters, as a complete ARN "
            "does; Secrets Manager may not find such a secret by a partial ARN; name it otherwise, "
            "or always use its complete ARN",
        )
    if _LIKE_A_WORD.search(name):
        return InputWarning(
            "secret-access-cdk:arnMayBePartial",
            f"secret ARN ends in {shown(name[-7:])}, which is taken for the six characters of a "
            "complete ARN; if it is the end of the name, the policy matches no secret; then use "
            "SecretScope.from_secret_partial_arn, or import the secret by from_secret_partial_arn",
        )
    return None
