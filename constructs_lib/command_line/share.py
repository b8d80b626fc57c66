"""`python -m constructs_lib share ...`: what the policies of a secret and its key take."""

import argparse
import json
import sys

from constructs_lib import statements
from constructs_lib.arns import check_principal_arn
from constructs_lib.cautions import cautions
from constructs_lib.command_line.secrets import scopes_given, values_of, without_tokens
from constructs_lib.documents import document_for_iam
from constructs_lib.errors import SecretAccessError


def share_text(given: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises:
        SecretAccessError: if what is given is not exactly what AWS accepts, or can't be shared.
    """
    scopes = scopes_given(given)
    if len(scopes) != 1:
        raise SecretAccessError(
            f"{len(scopes)} secrets are given",
            allowed="one is allowed: each has a policy of its own",
            remedy="share each by itself",
        )
    values = values_of(scopes)
    principals = tuple(dict.fromkeys(check_principal_arn(arn) for arn in given.principal))
    of_secret = statements.share(principals, describe=given.describe)
    of_key = statements.share_key(scopes[0], principals)
    documents = {
        "ResourcePolicy": document_for_iam(of_secret, values),
        "KeyPolicy": document_for_iam(of_key, values),
    }
    text = without_tokens(json.dumps(documents, indent=2))
    for caution in cautions(scopes):
        print(f"warning: {caution.message}", file=sys.stderr)
    return text
