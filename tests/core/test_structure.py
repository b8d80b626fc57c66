"""The house: a file imports only from floors below its own, and the pure floors never load CDK."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import constructs_lib

PACKAGE = Path(constructs_lib.__file__).parent
FLOORS = [
    {"errors", "placeholders", "partitions"},
    {"arns", "tags", "stages"},
    {"scope"},
    {"statements"},
    {"documents"},
    {"principals"},
    {"policy"},
    {"reader", "admin", "creator", "describer", "deny"},
    {"__init__", "__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FIRST_FLOOR_WITH_CDK = FLOOR["principals"]
FILES = sorted(PACKAGE.glob("*.py"))


def loaded_by(path: Path) -> set[str]:
    """Return the modules that a file imports when it is run (not those it imports for types)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "constructs_lib":
            found |= {f"constructs_lib.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_every_room_has_its_floor() -> None:
    assert {path.stem for path in FILES} == set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_go_down(path: Path) -> None:
    own = FLOOR[path.stem]
    for module in loaded_by(path):
        package, _, room = module.partition(".")
        if package == "constructs_lib":
            assert FLOOR[room] < own, f"{path.stem} imports {room}"
        elif package in ("aws_cdk", "constructs", "jsii"):
            assert own >= FIRST_FLOOR_WITH_CDK, f"{path.stem} imports {module}"


@pytest.mark.parametrize(
    "code",
    [
        "from constructs_lib import SecretScope, PolicyType, SecretAccessError",
        "import constructs_lib.__main__",
    ],
)
def test_the_pure_floors_load_neither_cdk_nor_node(code: str) -> None:
    check = f"{code}; import sys; assert not {{'aws_cdk', 'jsii'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_every_public_name_is_there() -> None:
    assert all(getattr(constructs_lib, name) is not None for name in constructs_lib.__all__)


def test_fails_on_an_unknown_name_as_any_module_does() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SecretWriterr'"):
        _ = constructs_lib.SecretWriterr
