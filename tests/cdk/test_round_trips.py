"""Each call from Python into CDK is a round trip to Node.js, which is what a construct costs.

One costs two, its own construct and its policy; and what its principals, secrets and scope take
to be read for the first time. None is made at synth.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from jsii._kernel.providers import process

from constructs_lib import PolicyType, SecretAdmin, SecretReader, SecretScope

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAMES = [SecretScope.from_secret_name(f"team/service/secret-{each:03}") for each in range(200)]


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Return what records the requests to Node.js, answers to its callbacks among them."""
    requests: list[str] = []
    send = process._NodeProcess.send

    def recorded(self: Any, request: Any, response: Any) -> Any:
        requests.append(type(request).__name__)
        return send(self, request, response)

    @contextmanager
    def counted() -> Iterator[list[str]]:
        requests.clear()
        yield requests

    monkeypatch.setattr(process._NodeProcess, "send", recorded)
    return counted


PRINCIPALS: dict[str, Callable[[cdk.Stack], dict[str, Any]]] = {
    "nobody": lambda _: {},
    "a role": lambda stack: {"roles": [iam.Role.from_role_name(stack, "App", "app")]},
    "a role of the app": lambda stack: {
        "roles": [iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())]
    },
    "three": lambda stack: {
        "roles": [iam.Role.from_role_name(stack, "App", "app")],
        "users": [iam.User.from_user_name(stack, "Alice", "alice")],
        "groups": [iam.Group.from_group_name(stack, "Ops", "ops")],
    },
}


def key(stack: cdk.Stack) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", KEY_ARN)


SECRETS: dict[str, Callable[[cdk.Stack], Any]] = {
    "a name": lambda _: NAMES[0],
    "ten names": lambda _: NAMES[:10],
    "a key": lambda stack: SecretScope.from_secret_name("prod/db", encryption_key=key(stack)),
    "imported": lambda stack: secretsmanager.Secret.from_secret_name_v2(stack, "S", "prod/db"),
    "of the app, with its key": lambda stack: secretsmanager.Secret(
        stack, "S", encryption_key=kms.Key(stack, "K")
    ),
}


@pytest.mark.parametrize("principals", PRINCIPALS)
@pytest.mark.parametrize("secrets", SECRETS)
@pytest.mark.parametrize("environment", ["stack", "ireland"])
def test_a_managed_policy_takes_two(
    round_trips: Any,
    request: pytest.FixtureRequest,
    environment: str,
    principals: str,
    secrets: str,
) -> None:
    stack = request.getfixturevalue(environment)
    given, secret = PRINCIPALS[principals](stack), SECRETS[secrets](stack)
    SecretReader(stack, "First", secrets=secret, **given)
    with round_trips() as made:
        SecretReader(stack, "Reader", secrets=secret, **given)
        assert made == ["CreateRequest"] * 2
    with round_trips() as made:
        SecretAdmin(stack, "Admin", secrets=secret, minimum_recovery_window=7, **given)
        assert made == ["CreateRequest"] * 2


@pytest.mark.parametrize("principals", ["a role", "three"])
def test_an_inline_policy_takes_two(round_trips: Any, ireland: cdk.Stack, principals: str) -> None:
    given = {**PRINCIPALS[principals](ireland), "policy_type": PolicyType.INLINE}
    SecretReader(ireland, "First", secrets=NAMES[0], **given)
    with round_trips() as made:
        SecretReader(ireland, "Reader", secrets=NAMES[0], **given)
        assert made == ["CreateRequest"] * 2


def test_many_secrets_take_one_more_for_each_policy(round_trips: Any, ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_name(ireland, "App", "app")
    SecretReader(ireland, "First", secrets=NAMES, roles=[role])
    with round_trips() as made:
        SecretReader(ireland, "Reader", secrets=NAMES, roles=[role])
        assert made == ["CreateRequest"] * 4  # three policies


@pytest.mark.parametrize(
    ("principals", "first"), [("nobody", 0), ("a role of the app", 2), ("a role", 5), ("three", 7)]
)
def test_what_is_new_is_read_once(
    round_trips: Any, stack: cdk.Stack, principals: str, first: int
) -> None:
    given = PRINCIPALS[principals](stack)
    with round_trips() as made:
        SecretReader(stack, "First", secrets=NAMES[0], **given)
        assert len(made) == 2 + first


def test_one_more_role_takes_three(round_trips: Any, stack: cdk.Stack) -> None:
    SecretReader(stack, "First", secrets=NAMES[0], **PRINCIPALS["a role"](stack))
    other = iam.Role.from_role_name(stack, "Other", "other")
    with round_trips() as made:
        SecretReader(stack, "Reader", secrets=NAMES[0], roles=[other])
        assert len(made) == 2 + 3


def test_attaching_later_takes_one(round_trips: Any, stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    SecretReader(stack, "First", secrets=NAMES[0], roles=[role])
    reader = SecretReader(stack, "Reader", secrets=NAMES[0])
    with round_trips() as made:
        reader.attach_to_role(role)
        reader.attach_to_role(role)
        assert made == ["SetRequest"]


def test_nothing_is_done_at_synth(round_trips: Any, app: cdk.App, stack: cdk.Stack) -> None:
    """Neither a call from here, nor one back from Node.js."""
    role = iam.Role.from_role_name(stack, "App", "app")
    with round_trips() as made:
        app.synth()
        without = [*made]
    SecretReader(stack, "Reader", secrets=NAMES[:10], roles=[role])
    SecretReader(stack, "Inline", secrets=NAMES[:10], roles=[role], policy_type=PolicyType.INLINE)
    with round_trips() as made:
        app.synth(force=True)
        assert made == without
