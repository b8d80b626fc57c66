"""The house: a file imports only from floors below its own, and the pure floors never load CDK."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import constructs_lib

PACKAGE = Path(constructs_lib.__file__).parent
FLOORS = [
    {"errors", "once", "placeholders", "partitions"},
    {"quotas"},
    {"arns", "tags", "stages", "access_conditions"},
    {"scope", "opt_ins"},
    {"cautions", "statements.statement"},
    {"statements.pins", "statements.creation", "statements.limits"},
    {
        *("statements.read", "statements.write", "statements.administer", "statements.create"),
        *("statements.describe", "statements.deny", "statements.rotate", "statements.share"),
        "statements.match_tags",
    },
    {"statements.__init__"},
    {"documents", "packing"},
    {"props"},
    {"places", "resources"},
    {"principals"},
    {"measure", "other_accounts"},
    {"attachments"},
    {"policy"},
    {
        *("reader", "writer", "admin", "creator", "describer", "rotator", "deny", "tag_matched"),
        "share",
    },
    {"__init__"},
    {"proof.deadline"},
    {"proof.patterns"},
    {"proof.variables"},
    {"proof.conditions", "proof.request"},
    {"proof.policies"},
    {"proof.naming"},
    {"proof.evaluator", "proof.askers"},
    {"proof.inclusion"},
    {"proof.question"},
    {"proof.likely", "proof.solver"},
    {"proof.prover"},
    {"proof.__init__"},
    {"proof.symbols", "proof.stacks", "proof.values"},
    {"proof.texts", "proof.conditionals"},
    {"proof.intrinsics"},
    {"proof.physical", "proof.found"},
    {"proof.properties"},
    {"proof.secrets", "proof.identities"},
    {"proof.template"},
    {"proof.bounds", "proof.lookup"},
    {"proof.plain"},
    {"proof.asked", "proof.changes", "proof.reach"},
    {"proof.matrix"},
    {"proof.elsewhere"},
    {"testing.given", "testing.messages"},
    {"testing.cases"},
    {"testing.reading"},
    {"testing.access"},
    {"testing.__init__"},
    {"testing.fixtures"},
    {"checks.lengths"},
    {"checks.quotas"},
    {"checks.nested"},
    {"checks.__init__"},
    {"command_line.__init__"},
    {"command_line.options", "command_line.secrets"},
    {"command_line.policy", "command_line.share", "command_line.grants"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FIRST_FLOOR_WITH_CDK = FLOOR["places"]
ROOMS = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


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
    assert set(ROOMS) == set(FLOOR)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_down(room: str) -> None:
    own, proof = FLOOR[room], room.startswith("proof.")
    for module in loaded_by(ROOMS[room]):
        package, _, other = module.partition(".")
        if package == "constructs_lib":
            other = other if other in FLOOR else f"{other}.__init__"
            assert FLOOR[other] < own, f"{room} imports {other}"
            # What judges the constructs must not share their statements.
            assert not proof or other.startswith("proof.") or other in ("errors", "partitions")
        elif package in ("aws_cdk", "constructs", "jsii"):
            assert own >= FIRST_FLOOR_WITH_CDK, f"{room} imports {module}"
            assert not proof, f"{room} imports {module}"


@pytest.mark.parametrize(
    "code",
    [
        "from constructs_lib import SecretScope, PolicyType, SecretAccessError",
        "import constructs_lib.__main__",
        "from constructs_lib.proof import evaluate",
    ],
)
def test_the_pure_floors_load_neither_cdk_nor_node(code: str) -> None:
    check = f"{code}; import sys; assert not {{'aws_cdk', 'jsii'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_construct_loads_nothing_that_it_does_not_use() -> None:
    """Not the proof, the assertions or the command line; nor what of CDK is slow to load."""
    code = "from constructs_lib import SecretAdmin, SecretReader, SecretScope, TagMatchedAccess"
    others = ("proof", "testing", "checks", "command_line", "share", "deny")
    unused = {*(f"constructs_lib.{each}" for each in others)}
    unused |= {"cvc5", "argparse", "pytest", "aws_cdk.aws_secretsmanager", "aws_cdk.aws_ec2"}
    before = "import sys, aws_cdk.aws_iam; before = set(sys.modules)"
    check = f"{before}; {code}; assert not {unused} & (set(sys.modules) - before)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_every_public_name_is_there() -> None:
    assert all(getattr(constructs_lib, name) is not None for name in constructs_lib.__all__)


def test_fails_on_an_unknown_name_as_any_module_does() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SecretWriterr'"):
        _ = constructs_lib.SecretWriterr
