"""The demo as a newcomer runs it: the article's policies deployed, tried out and taken away."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from demo import __main__ as demo
from demo import expected
from demo.attempts import attempt_all
from demo.emulator import Aws
from demo.expected import Row
from demo.world import ADMINISTRATOR, ANALYST, SECRET, World, make_world

ROOT = Path(__file__).parents[2]


def environment(temporary: Path) -> Mapping[str, str]:
    return {**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def count(*phases: tuple[Row, ...]) -> int:
    return sum(len(row.actions) * len(row.secrets) for rows in phases for row in rows)


def processes_that_mention(text: str) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if text in line]


@contextlib.contextmanager
def started(temporary: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the demo, with `temporary` as the folder for temporary files."""
    temporary.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "demo", *arguments],
        cwd=ROOT,
        env=environment(temporary),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            yield run
        finally:
            run.terminate()


def test_it_finds_everything_as_expected_also_twice_at_once(tmp_path: Path) -> None:
    managed_dir, inline_dir = tmp_path / "managed", tmp_path / "inline"
    with (
        started(managed_dir, "--policy-type", "managed") as managed,
        started(inline_dir, "--policy-type", "inline") as inline,
    ):
        outputs = [run.communicate()[0] for run in (managed, inline)]
    attempts = count(expected.BY_PREFIX, expected.BY_NAME, expected.DESTROYED)
    for run, output in zip((managed, inline), outputs, strict=True):
        assert run.returncode == 0, output
        rows = re.findall(r"^ {4}\S+ +[A-Z]\w+ +\S+ +(allowed|denied) +(\w+)$", output, re.M)
        assert len(rows) == attempts
        assert all(expectation == observed for expectation, observed in rows)
        assert output.count("documents, exactly as expected") == 6
        assert output.count("not enforced here") == 2
        assert "policies left: none" in output
    assert not [*managed_dir.iterdir(), *inline_dir.iterdir()], "files were left lying about"
    assert not processes_that_mention(str(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["making users", "deploying app.py"])
def test_nothing_is_left_when_it_is_stopped(
    tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    with started(tmp_path) as run:
        assert run.stdout is not None
        assert any(moment in line for line in run.stdout)
        time.sleep(0.5)
        children = children_of(run.pid)
        assert children
        run.send_signal(number)
        assert run.wait(30) == 128 + number
    assert not list(tmp_path.iterdir())
    assert not set(children) & set(every_process())


def every_process() -> dict[int, int]:
    """Return every process's parent."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = (line.split() for line in listed.stdout.splitlines())
    return {int(child): int(parent) for child, parent in pairs}


def children_of(pid: int) -> list[int]:
    return [child for child, parent in every_process().items() if parent == pid]


def test_a_failure_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    """Without the CDK command line the demo can't deploy: it says so, and ends what it began."""
    code = (
        "import pathlib, sys, demo.app_deployment, demo.__main__\n"
        "demo.app_deployment.CDK = pathlib.Path('/nowhere/cdk')\n"
        "sys.exit(demo.__main__.main([]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "error: the CDK command line is not at /nowhere/cdk" in done.stderr
    assert not list(tmp_path.iterdir())
    assert not processes_that_mention(str(tmp_path))


@pytest.fixture(scope="module")
def world(aws: Aws) -> World:
    return make_world(aws)


def test_a_difference_is_shown_and_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is deployed here: the administrator has nothing, the analyst has everything."""
    rows = [
        Row(ADMINISTRATOR, ("GetSecretValue",), (SECRET,), "allowed"),
        Row(ANALYST, ("GetSecretValue", "DescribeSecret"), (SECRET,), "denied"),
        Row(ANALYST, ("ListSecrets",), ("*",), "allowed"),
    ]
    assert demo.show_attempts(attempt_all(world, rows)) == 3
    assert capsys.readouterr().out.count("<-- DIFFERENT") == 3
    assert demo.show_documents(world, SECRET) == 3
    assert "DIFFERENT; expected, then found" in capsys.readouterr().out

    world.aws.client("iam").create_policy(
        PolicyName="forgotten",
        PolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Action": "secretsmanager:ListSecrets", "Resource": "*"}]}',
    )
    assert demo.show_nothing_left(world) == 1


def test_an_error_that_is_no_denial_is_a_difference(world: World) -> None:
    (attempt,) = attempt_all(world, [Row(ANALYST, ("GetSecretValue",), ("missing",), "denied")])
    assert not attempt.as_expected
    assert "ResourceNotFoundException" in attempt.observed
