"""Acting as each principal: what is really allowed, and what is denied."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from demo.emulator import ACCOUNT, REGION
from demo.expected import Row
from demo.world import ROTATION_FUNCTION, VALUE, World

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{ROTATION_FUNCTION}"


class Attempt(NamedTuple):
    """One action that a principal tried on one secret, and what came of it."""

    principal: str
    action: str
    secret: str
    expected: str
    observed: str

    @property
    def as_expected(self) -> bool:
        """Return whether the observation equals the expectation."""
        return self.expected == self.observed


_CALLS: dict[str, Callable[[Any, str], object]] = {
    "GetSecretValue": lambda manager, name: manager.get_secret_value(SecretId=name),
    "DescribeSecret": lambda manager, name: manager.describe_secret(SecretId=name),
    "PutSecretValue": lambda manager, name: manager.put_secret_value(
        SecretId=name, SecretString=VALUE
    ),
    "UpdateSecret": lambda manager, name: manager.update_secret(
        SecretId=name, Description="updated"
    ),
    "RotateSecret": lambda manager, name: manager.rotate_secret(
        SecretId=name,
        RotationLambdaARN=FUNCTION_ARN,
        RotationRules={"AutomaticallyAfterDays": 30},
        RotateImmediately=False,
    ),
    "DeleteSecret": lambda manager, name: manager.delete_secret(
        SecretId=name, RecoveryWindowInDays=7
    ),
    "RestoreSecret": lambda manager, name: manager.restore_secret(SecretId=name),
    "TagResource": lambda manager, name: manager.tag_resource(
        SecretId=name, Tags=[{"Key": "Project", "Value": "mine"}]
    ),
    "PutResourcePolicy": lambda manager, name: manager.put_resource_policy(
        SecretId=name, ResourcePolicy='{"Version": "2012-10-17", "Statement": []}'
    ),
    "CreateSecret": lambda manager, name: manager.create_secret(Name=name, SecretString=VALUE),
    "ListSecrets": lambda manager, _: manager.list_secrets(),
}


def attempt_all(world: World, rows: Iterable[Row]) -> list[Attempt]:
    """Try every action of the rows, each principal with its own keys."""
    attempts = []
    for row in rows:
        manager = world.client(row.principal)
        for secret in row.secrets:
            for action in row.actions:
                observed = _observe(world, manager, action, secret)
                attempts.append(Attempt(row.principal, action, secret, row.outcome, observed))
        world.restore_secrets()
    return attempts


def _observe(world: World, manager: Any, action: str, secret: str) -> str:
    """Return `allowed`, `denied`, or what else came of the call: that is neither."""
    call = _CALLS.get(action) or _move_stage_to(_current_version(world, secret))
    try:
        call(manager, secret)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return "denied" if code in ("AccessDenied", "AccessDeniedException") else str(error)
    return "allowed"


def _current_version(world: World, secret: str) -> str:
    described = world.aws.client("secretsmanager").describe_secret(SecretId=secret)
    stages_of: dict[str, list[str]] = described["VersionIdsToStages"]
    return next(version for version, stages in stages_of.items() if "AWSCURRENT" in stages)


def _move_stage_to(version: str) -> Callable[[Any, str], object]:
    return lambda manager, name: manager.update_secret_version_stage(
        SecretId=name, VersionStage=f"DEMO-{version[:8]}", MoveToVersionId=version
    )
