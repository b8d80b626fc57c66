"""Check a part of the rules in docs/style.md; the rest is for the reviewers.

Two rules are checked: no sentence has a question word as its subject, and no error of an argument
says "is allowed", which is a decision of IAM. codespell checks the words (tools/english.dict).
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["*.md", "docs/**/*.md", "constructs_lib/**/*.md"]
CODE = ["constructs_lib/**/*.py", "demo/*.py", "examples/*.py", "tools/*.py", "app*.py"]
SKIPPED = {
    "docs/style.md": "it has the words that it replaces",
    "constructs_lib/proof": "the package is to be rewritten",
    "constructs_lib/testing": "the package is to be rewritten",
}

_SUBJECT = re.compile(
    r"\b(What|Who|Whoever|Whatever|One (?:that|who|which)|That which|Those (?:that|who|which))\b"
    r"(?P<sentence>[^.?!]*[.?!]?)"
)
_ALLOWED = re.compile(r"\b(is|are) allowed\b")
_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"\"[A-Z][^\"]*\"|`[^`\n]*`")


def main() -> int:
    """Print the findings; return the exit status."""
    findings = [*_of_pages(), *_of_code()]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _of_pages() -> Iterator[str]:
    for path in _files(PAGES):
        text = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), path.read_text())
        yield from _subjects(path, 1, text)


def _of_code() -> Iterator[str]:
    for path in _files(CODE):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
                first = node.body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    yield from _subjects(path, first.lineno, str(first.value.value))
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield from _of_error(path, node.exc)


def _of_error(path: Path, call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func).rpartition(".")[2]
    if not name.endswith("Error") or name == "AssertionError":
        return
    for node in ast.walk(call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _subjects(path, node.lineno, node.value)
            if _ALLOWED.search(node.value):
                yield _finding(path, node.lineno, '"allowed" is a decision of IAM; write "must be"')


def _subjects(path: Path, line: int, text: str) -> Iterator[str]:
    plain = _QUOTED.sub(lambda quoted: '"' * len(quoted[0]), text)
    for match in _SUBJECT.finditer(plain):
        if not match["sentence"].endswith("?"):
            at = line + plain.count("\n", 0, match.start())
            yield _finding(path, at, f'"{match[1]} ..." is no subject; begin with a noun')


def _files(patterns: list[str]) -> Iterator[Path]:
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
        name = path.relative_to(ROOT).as_posix()
        if not any(name == skipped or name.startswith(f"{skipped}/") for skipped in SKIPPED):
            yield path


def _finding(path: Path, line: int, text: str) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}: {text}"


if __name__ == "__main__":
    sys.exit(main())
