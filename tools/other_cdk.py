"""Run the tests with another release of CDK: the lowest that the library supports, or the newest.

`.venv-cdk/RELEASE` gets that release alone; all other packages are those of `.venv`. The tests that
deploy need CDK's command line, which belongs to the release of `.venv`, and are omitted.
"""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("aws-cdk-lib", "constructs")
USAGE = "usage: python -m tools.other_cdk lowest|newest|VERSION [argument of pytest ...]"


def requirements(release: str) -> list[str]:
    """Return what pip installs for a release of CDK."""
    text = (ROOT / "requirements.txt").read_text()
    bounds = {name: re.findall(rf"^{name}>=(.+),(<.+)$", text, re.M)[0] for name in PACKAGES}
    if release == "lowest":
        return [f"{name}=={lowest}" for name, (lowest, _) in bounds.items()]
    cdk, constructs = (f"{name}{limit}" for name, (_, limit) in bounds.items())
    return [cdk if release == "newest" else f"aws-cdk-lib=={release}", constructs]


def make_venv(release: str) -> Path:
    """Return the Python of a new virtual environment that has the release."""
    venv = ROOT / ".venv-cdk" / release
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        python,
    ]
    subprocess.run([*pip, "install", "-qq", "--no-compile", *requirements(release)], check=True)
    # Python searches these after the packages of the environment itself.
    own = sysconfig.get_path("purelib", vars={"base": str(venv)})
    Path(own, "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return python


def main(release: str, arguments: list[str]) -> int:
    """Run the tests, and return pytest's exit status."""
    python = make_venv(release)
    show = "from importlib.metadata import version as v; print(*(f'{p} {v(p)}' for p in %r))"
    subprocess.run([python, "-c", show % (PACKAGES,)], check=True)
    node = Path(sys.executable).with_name("node")
    environment = {"JSII_NODE": str(node), **os.environ} if node.exists() else os.environ
    tests: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-m",
        "not deployment",
        *(arguments or ["-n", "auto"]),
    ]
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2 or not re.fullmatch(r"lowest|newest|[0-9]+(\.[0-9]+)+", sys.argv[1]):
        sys.exit(USAGE)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
