"""`make demo`: deploy, act as each principal, change a setting, and take everything away again."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo import expected
from demo.app_deployment import AppDeployment
from demo.attached import attached_documents, managed_policy_names, same
from demo.attempts import Attempt, attempt_all
from demo.emulator import emulated_aws
from demo.processes import Failed, stoppable, temporary_directory
from demo.world import (
    ADMINISTRATOR,
    ANALYST,
    APPLICATION,
    SECRET,
    TAG_KEY,
    TAG_VALUE,
    World,
    make_world,
)

_STARTED = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0 if everything was observed as it is expected, else 1."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--policy-type", choices=("managed", "inline"), default="managed")
    policy_type = parser.parse_args(arguments).policy_type
    try:
        with stoppable(), temporary_directory() as directory:
            differences = demonstrate(directory, policy_type)
    except Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    say(f"differences between what is expected and what was observed: {differences or 'none'}")
    return 1 if differences else 0


def demonstrate(directory: Path, policy_type: str) -> int:
    """Run every phase; return the number of differences."""
    say("starting an AWS on this machine (MiniStack), with IAM enforced")
    with emulated_aws(directory) as aws:
        say(f"making users, a role, a key and secrets at {aws.endpoint}")
        world = make_world(aws)
        app = AppDeployment(aws, directory)
        settings = {
            "keyArn": world.key_arn,
            "userName": ADMINISTRATOR,
            "roleName": APPLICATION,
            "deniedUserName": ANALYST,
            "tagKey": TAG_KEY,
            "tagValue": TAG_VALUE,
            "policyType": policy_type,
        }

        say(f"deploying app.py with {policy_type} policies for every secret named {SECRET}*")
        reason = "the demo shows what a prefix reaches"
        app.deploy({**settings, "secretNamePrefix": SECRET, "secretNamePrefixReason": reason})
        differences = show_attempts(attempt_all(world, expected.BY_PREFIX))
        differences += show_documents(world, f"{SECRET}*")

        say(f"changing a setting: the one secret named {SECRET}; deploying the update")
        app.deploy({**settings, "secretName": SECRET})
        differences += show_attempts(attempt_all(world, expected.BY_NAME))
        differences += show_documents(world, f"{SECRET}-??????")

        say("destroying the stack")
        app.destroy()
        differences += show_attempts(attempt_all(world, expected.DESTROYED))
        differences += show_nothing_left(world)
    return differences


def show_attempts(attempts: Sequence[Attempt]) -> int:
    """Print the matrix; return the number of differences in it."""
    heading = Attempt("principal", "action", "secret", "expected", "observed")
    rows = [heading, *attempts]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        mark = "" if row is heading or row.as_expected else "   <-- DIFFERENT"
        print(f"    {'  '.join(cells)}  {row.observed}{mark}")
    wrong = sum(not attempt.as_expected for attempt in attempts)
    say(f"{len(attempts) - wrong} of {len(attempts)} attempts as expected")
    return wrong


def show_documents(world: World, name_pattern: str) -> int:
    """Compare the documents that IAM has with those expected; return the number of differences."""
    print("    not enforced here, so checked on the documents read back from IAM instead:")
    for point in expected.NOT_ENFORCED:
        print(f"      - {point}")
    attached, wrong = attached_documents(world), 0
    for principal, documents in expected.documents(name_pattern, world.key_arn).items():
        if same(attached[principal], documents):
            print(f"    {principal}: {len(documents)} documents, exactly as expected")
        else:
            wrong += 1
            print(f"    {principal}: DIFFERENT; expected, then found:")
            print(
                json.dumps(documents, indent=2), json.dumps(attached[principal], indent=2), sep="\n"
            )
    return wrong


def show_nothing_left(world: World) -> int:
    """Check that IAM has no policy of the stack any more; return the number of differences."""
    left = [
        *managed_policy_names(world),
        *(principal for principal, documents in attached_documents(world).items() if documents),
    ]
    say(f"policies left: {', '.join(left) or 'none'}")
    return len(left)


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"[{time.monotonic() - _STARTED:5.1f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
