"""`secret-access share ...`: the statements for the policies of a secret and of its key."""

import argparse
import json
import sys

from constructs_lib.aws.tokens import PARTITION
from constructs_lib.cli.secrets import pseudo_parameters, secret_scopes, without_tokens
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.document import check_partition, document_for_iam
from constructs_lib.policy.intents import ShareSecret
from constructs_lib.policy.warnings import input_warnings


def share_text(arguments: argparse.Namespace) -> str:
    """Return the output of the command.

    Raises:
        SecretAccessError: if an argument is not one that AWS accepts, or can't be shared.
    """
    secrets = secret_scopes(arguments)
    if len(secrets) != 1:
        raise InvalidOptionError(
            "secrets",
            must="be one secret, as each has a policy of its own",
            got=Text(f"{len(secrets)} secrets"),
            remedy="share each by itself",
        )
    values = pseudo_parameters(secrets)
    share = ShareSecret(secrets[0], principals=arguments.principal, describe=arguments.describe)
    check_partition([*share.statements(), *share.key_statements()], values[PARTITION])
    documents = {
        "ResourcePolicy": document_for_iam(share.statements(), values),
        "KeyPolicy": document_for_iam(share.key_statements(), values),
    }
    text = without_tokens(json.dumps(documents, indent=2))
    for warning in input_warnings(secrets):
        print(f"warning: {warning.message}", file=sys.stderr)
    return text
