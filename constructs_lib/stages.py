"""Staging labels of a secret's versions, as conditions compare them."""

from collections.abc import Sequence

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import known_part

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
MAX_LENGTH = 256


def check_version_stages(stages: Sequence[str] | None) -> tuple[str, ...]:
    """Return the labels, each once; none if `stages` is None."""
    if stages is None:
        return ()
    if isinstance(stages, str) or not isinstance(stages, Sequence) or not stages:
        raise SecretAccessError(
            f"version_stages is {shown(stages)}",
            allowed="a sequence of at least one staging label is allowed",
            remedy='give a list, such as ["AWSCURRENT"], or leave it out for every version',
        )
    for stage in stages:
        known = known_part(stage) if isinstance(stage, str) else "*"
        if not stage or len(known) > MAX_LENGTH or any(sign in known for sign in ("*", "?", "${")):
            raise SecretAccessError(
                f"version stage is {shown(stage)}",
                allowed=f"1 to {MAX_LENGTH} characters without wildcards or variables are allowed",
                remedy="give the label as the version carries it: it is compared exactly",
            )
    return tuple(dict.fromkeys(stages))
