"""The random policies of the tests: `tools` has them, as the benchmarks use them too."""

from constructs_lib.proof import Request
from tools.random_policies import NAMES, random_document

__all__ = ["NAMES", "is_possible", "random_document"]


def is_possible(request: Request) -> bool:
    """Return whether AWS can get the request: Secrets Manager accepts HTTPS alone."""
    context = {key.lower(): value for key, value in request.context.items()}
    secure = context.get("aws:securetransport", "true") == "true"
    return secure or not request.action.lower().startswith("secretsmanager:")
