"""Staging labels of the versions of a secret, checked for conditions on them."""

from collections.abc import Sequence

from constructs_lib.aws.tokens import known_part
from constructs_lib.errors import InvalidOptionError

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
MAX_LENGTH = 256


def check_version_stages(stages: Sequence[str] | None) -> tuple[str, ...]:
    """Return the labels, each once; none if `stages` is None."""
    if stages is None:
        return ()
    if isinstance(stages, str) or not isinstance(stages, Sequence) or not stages:
        raise InvalidOptionError(
            "version_stages",
            must="be a sequence of at least one staging label",
            got=stages,
            remedy='give a list, such as ["AWSCURRENT"], or omit it for every version',
        )
    for stage in stages:
        known = known_part(stage) if isinstance(stage, str) else "*"
        if not stage or len(known) > MAX_LENGTH or any(sign in known for sign in ("*", "?", "${")):
            raise InvalidOptionError(
                "version stage",
                must=f"be 1 to {MAX_LENGTH} characters without wildcards or variables",
                got=stage,
                remedy="give the label as the version has it: IAM compares it exactly",
            )
    return tuple(dict.fromkeys(stages))
