"""The command line: policy documents as JSON, for the IAM console and the AWS CLI.

    python -m constructs_lib policy reader --secret-name prod/db \
        --region eu-west-1 --account 111122223333

It starts no Node and needs no CDK app. The documents are the very ones that the constructs emit.

    python -m constructs_lib grants cdk.out

prints who may read which secrets by the templates that `cdk synth` wrote, and by which statement.

    python -m constructs_lib share --secret-name prod/db --key-arn arn:aws:kms:... \
        --region eu-west-1 --account 111122223333 --principal arn:aws:iam::444455556666:role/app

prints what the policies of a secret and of its key take to share it with another account.
"""

import argparse
import sys
from collections.abc import Sequence

from constructs_lib.command_line.options import option_parser
from constructs_lib.errors import SecretAccessError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = option_parser()
    given = parser.parse_args(arguments)
    try:
        text = _text(given)
    except SecretAccessError as error:
        parser.error(str(error))
    print(text)
    return 0


def _text(given: argparse.Namespace) -> str:
    """Return what a command prints; what another one takes is not loaded."""
    if given.command == "grants":
        from constructs_lib.command_line.grants import grants_text

        return grants_text(given)
    if given.command == "share":
        from constructs_lib.command_line.share import share_text

        return share_text(given)
    from constructs_lib.command_line.policy import policy_text

    return policy_text(given)


if __name__ == "__main__":
    sys.exit(main())
