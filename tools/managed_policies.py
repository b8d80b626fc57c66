"""Write the data on AWS's managed policies, from that of moto (Apache-2.0).

    python -m pip download --no-deps moto
    python -m tools.managed_policies moto-*.whl

The argument is a wheel of moto, which is not installed. The command writes
`constructs_lib/aws/managed_policies.json`, a policy a line. It is the same for the same wheel.
"""

import ast
import json
import sys
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZipFile

from constructs_lib.aws.managed_policies import DATA, KNOWN_SERVICES

_MEMBER = "moto/iam/aws_managed_policies.py"
_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
Policies: TypeAlias = Mapping[str, Mapping[str, Any]]


def read(wheel: Path) -> tuple[str, Policies]:
    """Return the version of moto, and AWS's managed policies by their name."""
    with ZipFile(wheel) as archive:
        source = archive.read(_MEMBER).decode("utf-8")
    (text,) = (
        statement.value for statement in ast.parse(source).body if isinstance(statement, ast.Assign)
    )
    policies: Policies = json.loads(ast.literal_eval(text))
    return wheel.name.split("-")[1], policies


def text_of(version: str, policies: Policies) -> str:
    """Return the data as JSON."""
    lines = [
        f"{_json(policy['Path'][1:] + name)}:{_json(known_of(policy['Document']))}"
        for name, policy in policies.items()
    ]
    date = max(policy["UpdateDate"] for policy in policies.values())[:10]
    head = f'{{"source":{_json(f"moto {version} (Apache-2.0)")},"date":{_json(date)},"policies":{{'
    return head + "\n" + ",\n".join(sorted(lines)) + "\n}}\n"


def known_of(document: Mapping[str, Any]) -> list[dict[str, Any] | str]:
    """Return the statements that the data has, as `ManagedPolicy.known` describes them.

    The numbers of the statements stay the same. The actions of other services that a statement has
    as well, and the statements after the last one that is kept, follow at the end.
    """
    if document["Version"] != "2012-10-17":
        raise ValueError(f"the version of a policy is {document['Version']}")
    kept: list[dict[str, Any] | str] = []
    at_end: dict[str, set[str]] = {"Allow": set(), "Deny": set()}
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if not _ELEMENTS.issuperset(statement):
            raise ValueError(f"a statement has the elements {', '.join(statement)}")
        effect = statement["Effect"]
        if "NotAction" in statement:
            kept.append(statement)
            continue
        actions = _list(statement["Action"])
        known = [action for action in actions if is_known(action)]
        others = {_service_of(action) for action in actions if not is_known(action)}
        if known:
            kept.append({**statement, "Action": known} if others else statement)
            at_end[effect] |= others
        else:
            kept.append(" ".join([effect, *sorted(others)]))
    while kept and isinstance(last := kept[-1], str):
        effect, *services = last.split()
        at_end[effect] |= set(services)
        kept.pop()
    ends = [
        " ".join([effect, *sorted(services)]) for effect, services in at_end.items() if services
    ]
    return kept + ends


def is_known(action: str) -> bool:
    """Return whether a pattern of actions may match one of the services of the data."""
    return any(fnmatchcase(service, _service_of(action)) for service in KNOWN_SERVICES)


def _service_of(action: str) -> str:
    return action.partition(":")[0].lower()


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def main() -> int:
    """Write the data; return the exit status."""
    if len(sys.argv) != 2:
        print("usage: python -m tools.managed_policies moto-VERSION-py3-none-any.whl")
        return 2
    DATA.write_text(text_of(*read(Path(sys.argv[1]))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
