"""What policies really grant: one request evaluated offline, as IAM would.

    >>> from constructs_lib.proof import Policies, Request, evaluate

Everything here reads documents and templates, never constructs, and starts no Node.
"""

from constructs_lib.proof.evaluator import Decision, Named, Policies, evaluate
from constructs_lib.proof.request import Request

__all__ = ["Decision", "Named", "Policies", "Request", "evaluate"]
