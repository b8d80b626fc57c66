"""What policies really grant: one request evaluated offline as IAM would, or every request proved.

    >>> from constructs_lib.proof import Policies, Request, evaluate, no_new_access

Everything here reads documents and templates, never constructs, and starts no Node. Proofs that
need a solver take the optional extra `prove` (cvc5).
"""

from constructs_lib.proof.iam.evaluator import Decision, NamedPolicy, Policies, evaluate
from constructs_lib.proof.iam.request import Request
from constructs_lib.proof.symbolic.prover import (
    Verdict,
    never_allowed,
    no_new_access,
    only_principals,
)

__all__ = [
    "Decision",
    "NamedPolicy",
    "Policies",
    "Request",
    "Verdict",
    "evaluate",
    "never_allowed",
    "no_new_access",
    "only_principals",
]
