"""Child processes that never outlive the demo, whatever ends it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 5


class Failed(Exception):
    """Something the demo needs did not work; the message says what, and shows its output."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that end a program into an exit that cleans up first.

    A second signal is ignored: what is cleaned up takes a few seconds at most.
    """

    def stop(number: int, frame: types.FrameType | None) -> None:
        for stopping_signal in _STOPPED_BY:
            signal.signal(stopping_signal, signal.SIG_IGN)
        print("\nstopping: cleaning up", file=sys.stderr, flush=True)
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in _STOPPED_BY}
    for number, handler in before.items():
        # Under nohup, a hang-up is to be ignored. An interrupt that a shell ignores for its
        # background jobs still stops the demo if somebody sends it.
        if not (number == signal.SIGHUP and handler is signal.SIG_IGN):
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back the signals that end a program while it cleans up: that takes a few seconds."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPED_BY)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """Make a directory, and remove it with all that is in it."""
    with undisturbed():
        directory = Path(tempfile.mkdtemp(prefix="secret-access-")).resolve()
    try:
        yield directory
    finally:
        with undisturbed():
            shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, output: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a process group of its own; at the end, end the whole group."""
    # Until the child is known here, a signal must not get between: it would be left running.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPED_BY)
    process = None
    try:
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", _UNBLOCK, *map(str, command)],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if process is not None:
            with undisturbed():
                _end(process)


# A child inherits the signals that are blocked; it takes them back before it becomes the command.
_UNBLOCK = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, [])
os.execvp(sys.argv[1], sys.argv[1:])
"""


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, output: Path, what: str
) -> None:
    """Run a command to its end; raise `Failed` with its output if it fails."""
    with running(command, env=env, cwd=cwd, output=output) as process:
        status = process.wait()
    if status != 0:
        text = output.read_text(errors="replace")
        raise Failed(f"{what} ended with status {status}; its output was:\n{text}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        # The group is ended also where its leader is gone: it may have left children behind.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
