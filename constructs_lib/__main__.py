"""The command line: policy documents as JSON, and the grants of synthesized templates.

    secret-access policy reader --secret-name prod/db --region eu-west-1 --account 111122223333

prints a policy document for the IAM console or the AWS CLI, as the constructs emit it. It starts no
Node.js and needs no CDK app. `python -m constructs_lib` is the same command.

    secret-access grants cdk.out

prints the principals that may read secrets by the templates that `cdk synth` wrote, each with the
statement that allows it.

    secret-access share --secret-name prod/db --key-arn arn:aws:kms:... \
        --region eu-west-1 --account 111122223333 --principal arn:aws:iam::444455556666:role/app

prints the statements that share a secret with another account, for its policy and that of its key.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from constructs_lib.cli.options import option_parser
from constructs_lib.errors import SecretAccessError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = option_parser()
    parsed = parser.parse_args(arguments)
    try:
        text = _output(parsed)
    except SecretAccessError as error:
        parser.error(str(error))
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # such as a full disk
        print(f"{parser.prog}: error: output must be writable, got {error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _output(arguments: argparse.Namespace) -> str:
    """Return the output of a command; the modules of the others are not loaded."""
    if arguments.command == "grants":
        from constructs_lib.cli.grants import grants_text

        return grants_text(arguments)
    if arguments.command == "share":
        from constructs_lib.cli.share import share_text

        return share_text(arguments)
    from constructs_lib.cli.policy import policy_text

    return policy_text(arguments)


if __name__ == "__main__":
    sys.exit(main())
