"""Every example of the README runs, from top to bottom, and shows what really comes of it."""

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

__all__ = ["_synthesizer", "cdk_app", "cdk_stack"]

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL
)
BLOCKS = [match.groupdict() for match in BLOCK.finditer(README)]


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    kinds = [(block["language"], (block["mark"] or "").partition(":")[0]) for block in BLOCKS]
    assert set(kinds) == {
        ("python", ""),
        ("json", "document"),
        ("text", "printed"),
        ("text", "grants"),
        ("sh", ""),
        ("sh", "run"),
    }


def test_the_python_examples_run_and_emit_what_is_shown(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    names: dict[str, Any] = {}
    printed = io.StringIO()
    for block in BLOCKS:
        if block["language"] == "python":
            with contextlib.redirect_stdout(printed):
                exec(compile(block["body"], "README.md", "exec"), names)
                for name in [each for each in names if each.startswith("test_")]:
                    test = names.pop(name)
                    test(*map(request.getfixturevalue, inspect.signature(test).parameters))
        elif block["language"] == "json":
            construct = names[block["mark"].removeprefix("document: ")]
            (document,) = construct.policy_documents
            assert names["stack"].resolve(document) == json.loads(block["body"])
        elif block["mark"] == "printed":
            assert printed.getvalue() == block["body"]
    template = Template.from_stack(names["stack"])
    template.resource_count_is("AWS::IAM::ManagedPolicy", 18)
    template.resource_count_is("AWS::IAM::Policy", 1)
    app = names["stack"].node.root
    assert main(["grants", app.synth(force=True).directory]) == 0
    (shown,) = [block["body"] for block in BLOCKS if block["mark"] == "grants"]
    assert shown in capsys.readouterr().out


def test_the_first_example_is_ten_lines() -> None:
    first = next(block["body"] for block in BLOCKS if block["language"] == "python")
    assert len([line for line in first.splitlines() if line]) <= 10


def test_the_commands_for_policy_documents_are_understood(
    capsys: pytest.CaptureFixture[str],
) -> None:
    commands = [
        re.sub(r" > \S+", "", line)
        for block in BLOCKS
        for line in block["body"].replace("\\\n", "").splitlines()
        if line.startswith("python -m constructs_lib policy")
    ]
    assert commands
    for command in commands:
        assert main(shlex.split(command)[3:]) == 0
        assert json.loads(capsys.readouterr().out)["Statement"]
