"""The managed policies of AWS itself, as far as they concern IAM, KMS, Secrets Manager and STS.

The data has all of them, at one date. Of each policy it has the statements that may concern an
action of these four services, and of the other statements only the services. AWS changes its
policies without notice.

`tools/managed_policies.py` writes the data from that of moto, which reads it from an account. Its
date is that of the last change of a policy in it.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_suffix(".json")

KNOWN_SERVICES = frozenset({"iam", "kms", "secretsmanager", "sts"})
"""The prefixes of the services of which the data has the statements."""

# The data is that of the partition aws. The policies of other partitions have the same names, and
# may have other statements.
_ARN = re.compile(r"arn:aws:iam::aws:policy/(.+)")


@dataclass(frozen=True)
class ManagedPolicy:
    """A managed policy of AWS.

    Attributes:
        name: its name, without the path. No two policies have the same.
        date: the date of the data, as `2026-09-30`.
        known: its statements in their order. In the place of a statement that is about other
            services stand its effect and these services: `Allow logs s3`.
    """

    name: str
    date: str
    known: tuple[dict[str, Any] | str, ...]

    def __str__(self) -> str:
        """Return the name and the date."""
        return f"AWS managed policy {self.name} as of {self.date}"

    def document(self, unknown_resources: str) -> dict[str, Any]:
        """Return the policy as a document.

        Args:
            unknown_resources: a resource that stands for the actions and resources of the
                statements on other services.
        """
        return {
            "Version": "2012-10-17",
            "Statement": [
                _on_services(statement, unknown_resources)
                if isinstance(statement, str)
                else statement
                for statement in self.known
            ],
        }


def managed_policy(arn: str) -> ManagedPolicy | None:
    """Return the managed policy of an ARN. None: the data has none.

    IAM accepts no name in the place of an ARN, and no ARN without the path of the policy.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    data = _data()
    statements = data["policies"].get(match[1])
    if statements is None:
        return None
    return ManagedPolicy(match[1].rpartition("/")[2], data["date"], tuple(statements))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def _on_services(text: str, resource: str) -> dict[str, Any]:
    effect, *services = text.split()
    return {
        "Effect": effect,
        "Action": [f"{service}:*" for service in services],
        "Resource": resource,
    }
