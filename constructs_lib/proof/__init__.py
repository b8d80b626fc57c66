"""What policies really grant: one request evaluated offline as IAM would, or every request proved.

    >>> from constructs_lib.proof import Policies, Request, evaluate, no_new_access

Everything here reads documents and templates, never constructs, and starts no Node. Proofs that
need a solver take the optional extra `prove` (cvc5).
"""

from constructs_lib.proof.evaluator import Decision, Named, Policies, evaluate
from constructs_lib.proof.prover import Verdict, never_allowed, no_new_access, only
from constructs_lib.proof.request import Request

__all__ = [
    "Decision",
    "Named",
    "Policies",
    "Request",
    "Verdict",
    "evaluate",
    "never_allowed",
    "no_new_access",
    "only",
]
