"""Print the resource types of CloudFormation whose effect on access is not decided.

`python -m tools.resource_types` compares the types of cfn-lint's resource provider schemas with
`constructs_lib/proof/cloudformation/resource_types.py`. `cfn-lint --update-specs` loads the newest.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from constructs_lib.proof.cloudformation.resource_types import (
    READ,
    UNREAD,
    harmless,
    is_decided,
)


def types_of_cloudformation() -> set[str]:
    """Return the types of all Regions."""
    package = find_spec("cfnlint")
    assert package is not None
    assert package.origin is not None
    schemas = Path(package.origin).parent / "data" / "schemas" / "providers"
    return {
        type_
        for path in schemas.glob("*.json")
        for type_ in json.loads(path.read_text(encoding="utf-8"))
    }


def undecided() -> list[str]:
    """Return the types that the data does not know."""
    return sorted(type_ for type_ in types_of_cloudformation() if not is_decided(type_))


def outdated() -> list[str]:
    """Return the types of the data that CloudFormation does not have (any more)."""
    return sorted((READ | set(UNREAD) | harmless()) - types_of_cloudformation())


def main() -> int:
    """Print the undecided types, and those that are gone; return the exit status."""
    for type_ in undecided():
        print(f"{type_} is undecided: add it to READ or UNREAD, or to harmless_types.txt")
    for type_ in outdated():
        print(f"{type_} is not in the schemas")
    return 1 if undecided() else 0


if __name__ == "__main__":
    sys.exit(main())
