"""An AWS on this machine that enforces IAM: MiniStack, on a free loopback port."""

import contextlib
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from demo.processes import Failed, running

REGION = "eu-west-1"
ACCOUNT = "123456789012"

_TRIES = 5
_START_SECONDS = 60


@dataclass(frozen=True)
class Credentials:
    """The keys of a user, or of a session of a role."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True)
class Aws:
    """A running emulator, and the keys of its root."""

    endpoint: str
    root: Credentials

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """Return a boto3 client that acts with `credentials`, or as root."""
        who = credentials or self.root
        return boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            aws_session_token=who.session_token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def environment(self) -> dict[str, str]:
        """Return the environment for programs that act as root, free of the user's own AWS."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **mine,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.root.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_CLI_NOTICES": "false",
        }


@contextlib.contextmanager
def _without_the_users_own_aws() -> Iterator[None]:
    """Keep the user's profile, configuration and proxy out of this process and its children."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def emulated_aws(directory: Path) -> Iterator[Aws]:
    """Run an emulator that keeps its files in `directory`."""
    # Keys that nobody else has: an answer to them comes from this emulator and from no other
    # program that took the port in the meantime.
    root = Credentials(f"root{secrets.token_hex(8)}", secrets.token_hex(16))
    output = directory / "emulator.log"
    for _ in range(_TRIES):
        port = _free_port()
        aws = Aws(f"http://127.0.0.1:{port}", root)
        environment = {
            **os.environ,
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_ACCESS_KEY_ID": root.access_key_id,
            "AWS_SECRET_ACCESS_KEY": root.secret_access_key,
            "TMPDIR": str(directory),
            "STATE_DIR": str(directory / "state"),
            "S3_DATA_DIR": str(directory / "s3"),
        }
        command = [sys.executable, "-m", "ministack"]
        with (
            _without_the_users_own_aws(),
            running(command, env=environment, cwd=directory, output=output) as process,
        ):
            end = time.monotonic() + _START_SECONDS
            while process.poll() is None and time.monotonic() < end:
                if _answers(aws):
                    yield aws
                    return
                time.sleep(0.1)
    text = output.read_text(errors="replace")
    raise Failed(f"the emulated AWS did not start in {_TRIES} tries; its output was:\n{text}")


def _answers(aws: Aws) -> bool:
    try:
        aws.client("sts").get_caller_identity()
    except (ConnectionError, HTTPClientError, ClientError):
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
