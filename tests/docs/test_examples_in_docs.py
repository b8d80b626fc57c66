"""Every example of the README and of docs/ runs, and shows the result that it really has.

The examples of a page run from top to bottom, and need no other page.
"""

import contextlib
import inspect
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from constructs_lib.__main__ import main
from constructs_lib.testing.fixtures import _synthesizer, cdk_app, cdk_stack
from tests.support.docs_blocks import BLOCKS, BLOCKS_OF_PAGE, PAGES, ROOT
from tests.support.releases import CHECKS, needs_cdk

__all__ = ["_synthesizer", "cdk_app", "cdk_stack"]

WITH_PYTHON = [
    pytest.param(page, marks=needs_cdk(*CHECKS)) if "SecretAccessChecks(" in PAGES[page] else page
    for page, blocks in BLOCKS_OF_PAGE.items()
    if any(block["language"] == "python" for block in blocks)
]
# The managed and inline policies that the examples of a page make in `stack`.
POLICIES = {
    "README.md": (1, 0),
    "docs/administer.md": (2, 0),
    "docs/attach-policies.md": (2, 1),
    "docs/command-line.md": (0, 1),
    "docs/conditions.md": (2, 0),
    "docs/create-secrets.md": (2, 0),
    "docs/deny.md": (2, 0),
    "docs/describe-secrets.md": (2, 0),
    "docs/encryption-keys.md": (3, 0),
    "docs/errors.md": (1, 0),
    "docs/limits-and-quotas.md": (0, 0),
    "docs/prove-changes.md": (2, 0),
    "docs/read-and-write.md": (3, 0),
    "docs/rotation.md": (1, 0),
    "docs/scopes.md": (1, 0),
    "docs/share-across-accounts.md": (0, 0),
    "docs/tag-based-access.md": (2, 0),
    "docs/test-access.md": (3, 0),
}


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    kinds = {(block["language"], block["mark"].partition(":")[0]) for block in BLOCKS}
    assert kinds == {
        ("python", ""),
        ("json", "document"),
        ("text", "printed"),
        ("text", "grants"),
        ("sh", ""),
        ("sh", "run"),
    }


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_examples_of_a_page_run_and_emit_what_is_shown(
    page: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    names: dict[str, Any] = {}
    printed = io.StringIO()
    for block in BLOCKS_OF_PAGE[page]:
        if block["language"] == "python":
            with contextlib.redirect_stdout(printed):
                exec(compile(block["body"], page, "exec"), names)
                for name in [each for each in names if each.startswith("test_")]:
                    test = names.pop(name)
                    test(*map(request.getfixturevalue, inspect.signature(test).parameters))
        elif block["language"] == "json":
            construct = names[block["mark"].removeprefix("document: ")]
            (document,) = construct.policy_documents
            assert names["stack"].resolve(document) == json.loads(block["body"])
        elif block["mark"] == "printed":
            assert block["body"] in printed.getvalue()
        elif block["mark"] == "grants":
            assert main(["grants", names["app"].synth(force=True).directory]) == 0
            assert block["body"] in capsys.readouterr().out
    if "stack" in names:
        template = Template.from_stack(names["stack"])
        managed, inline = POLICIES[page]
        template.resource_count_is("AWS::IAM::ManagedPolicy", managed)
        template.resource_count_is("AWS::IAM::Policy", inline)


def test_the_first_example_is_ten_lines() -> None:
    first = next(block["body"] for block in BLOCKS if block["language"] == "python")
    assert len([line for line in first.splitlines() if line]) <= 10


def test_the_commands_for_policy_documents_run(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        re.sub(r" > \S+", "", line)
        for block in BLOCKS
        for line in block["body"].replace("\\\n", "").splitlines()
        if line.startswith("python -m constructs_lib ")
        and not line.startswith("python -m constructs_lib grants ")
    ]
    assert len(commands) > 1
    for command in commands:
        assert main(shlex.split(command)[3:]) == 0
        assert "Statement" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_has_its_file_and_heading(page: str) -> None:
    text = re.sub(r"```.*?```", "", PAGES[page], flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)
    for link in links:
        name, _, heading = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        assert target.exists(), link
        if heading:
            assert heading in map(_anchor, re.findall(r"^#+ (.*)$", target.read_text(), re.M)), link


def test_the_readme_links_to_every_page() -> None:
    linked = {Path(link) for link in re.findall(r"\]\((docs/[^)#]+)", PAGES["README.md"])}
    pages = {Path(page) for page in PAGES if page.startswith("docs/")}
    assert {page for page in pages if page.parent == Path("docs")} <= linked


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
