"""Checks of the actions, secrets and keys of a test: AWS must be able to have them.

No policy matches a misspelled action or a malformed ARN. Without these checks, `assert_cannot` and
`assert_never` would pass for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from constructs_lib.aws.actions import (
    ACTIONS,
    LISTED_SERVICES,
    SERVICES,
    WITHOUT_RESOURCE,
    nearest_actions,
)
from constructs_lib.aws.arns import ACCOUNT_FORM, MAX_NAME_LENGTH, PARTITION_FORM, REGION_FORM
from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.symbolic.pattern_inclusion import overlap

_NAME = f"[A-Za-z0-9/_+=.@-]{{1,{MAX_NAME_LENGTH + 7}}}"  # seven: a hyphen and six characters
_PLACE = f"{REGION_FORM.pattern}:{ACCOUNT_FORM.pattern}"
_SECRET_ARN = re.compile(
    f"arn:{PARTITION_FORM.pattern}:secretsmanager:{_PLACE}:secret:(?P<name>{_NAME})"
)
_KEY_ARN = re.compile(f"arn:{PARTITION_FORM.pattern}:kms:{_PLACE}:key/[A-Za-z0-9-]+")
_SECRET_NAME = re.compile(_NAME)
# The ARN of every secret ends in a hyphen and six characters.
_SECRET_ARNS = pattern("arn:*:secretsmanager:*:*:secret:*-??????")
# ECS appends the key of a JSON value, a staging label and a version to the ARN of a secret.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_ECS_VALUE = re.compile(r"(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]*):[^:]*:[^:]*:[^:]*")


def check_action(action: object) -> None:
    """Require one action that AWS knows."""
    if not isinstance(action, str) or ":" not in action or _is_pattern(action):
        raise InvalidOptionError(
            "action",
            must="be one action, such as secretsmanager:GetSecretValue",
            got=action,
            remedy=f"give it in full, without wildcards{_suggestion(action)}",
        )
    _check_service(action)
    if _service(action) in LISTED_SERVICES and action.lower() not in ACTIONS:
        _refuse_action(action, f"be an action of {_service(action)}")


def check_action_patterns(actions: Sequence[Any]) -> None:
    """Require one pattern or more, of which each matches an action that AWS knows."""
    if not actions:
        raise InvalidOptionError(
            "action",
            must="be one action or pattern of actions, or several",
            got=actions,
            remedy="give a pattern, such as secretsmanager:*",
        )
    for action in actions:
        if not isinstance(action, str) or (":" not in action and action != "*"):
            raise InvalidOptionError(
                "action",
                must="be an action or a pattern of actions, such as secretsmanager:*",
                got=action,
                remedy=f"give the service and the action{_suggestion(action)}",
            )
        if action == "*":
            continue
        _check_service(action)
        matching = pattern(action.lower())
        has_unlisted_service = any(
            pattern(_service(action)).matches(service) for service in SERVICES - LISTED_SERVICES
        )
        if not has_unlisted_service and not any(map(matching.matches, ACTIONS)):
            _refuse_action(action, "match an action that AWS knows")


def check_secret(secret: str) -> None:
    """Require a text that can be the name or the ARN of a secret."""
    if _SECRET_ARN.fullmatch(secret) or _SECRET_NAME.fullmatch(secret):
        return
    value = _ECS_VALUE.fullmatch(secret)
    if value is not None:
        remedy = f"give the secret's ARN alone: {value[1]}"
    elif _is_pattern(secret):
        remedy = "give one secret; assert_never accepts a pattern of ARNs"
    elif not secret.strip():
        remedy = "give the secret as a construct, a name or an ARN"
    else:
        remedy = "give it as Secrets Manager shows it"
    raise InvalidOptionError(
        "secret", must="be the name or the ARN of one secret", got=secret, remedy=remedy
    )


def check_key(key: str) -> None:
    """Require the ARN of a key."""
    if not _KEY_ARN.fullmatch(key):
        raise InvalidOptionError(
            "encryption key",
            must="be a key of the templates, or the ARN of one key",
            got=key,
            remedy="give the key as a construct, a logical id, an alias of the templates or an ARN",
        )


def check_resource_pattern(resource: str) -> None:
    """Require a pattern that an ARN can match."""
    possible = overlap(pattern(resource), pattern("arn:*:*:*:*:*"))
    parts = resource.split(":", 6)
    if parts[2:3] == ["secretsmanager"]:
        possible = overlap(pattern(resource), _SECRET_ARNS) and (
            len(parts) < 7 or ":" not in parts[6]  # no name has a colon
        )
    if not possible:
        value = _ECS_VALUE.fullmatch(resource)
        raise InvalidOptionError(
            "secret",
            must="be a secret, or a pattern that the ARN of a secret may match",
            got=resource,
            remedy=f"give the ARN alone: {value[1]}"
            if value is not None
            else "give a pattern such as arn:aws:secretsmanager:*:*:secret:prod/db-??????",
        )


def check_resource(action: str, secret: Any) -> None:
    """Require a secret or key for each action, except for the actions without a resource."""
    check_action(action)
    if _service(action) not in ("secretsmanager", "kms"):
        raise InvalidOptionError(
            "action",
            must="be of Secrets Manager, or of KMS for a key",
            got=action,
            remedy="assert_never accepts the actions of every service",
        )
    without = action.lower() in WITHOUT_RESOURCE
    if without != (isinstance(secret, str) and secret == "*"):
        raise InvalidOptionError(
            "secret",
            must=f"be omitted for {action}, which AWS authorizes on * alone"
            if without
            else f"be given for {action}",
            got=secret,
            remedy="omit the secret" if without else "give the secret",
        )


def check_secrets_action(action: str) -> None:
    """Require an action of Secrets Manager on a secret."""
    check_action(action)
    if action.lower() in WITHOUT_RESOURCE or _service(action) != "secretsmanager":
        raise InvalidOptionError(
            "action",
            must="be an action of Secrets Manager on a secret",
            got=action,
            remedy="give an action such as secretsmanager:GetSecretValue",
        )


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def _check_service(action: str) -> None:
    service = pattern(_service(action))
    if not any(map(service.matches, SERVICES)):
        _refuse_action(action, "be of a service that AWS has")


def _refuse_action(action: str, rule: str) -> None:
    raise InvalidOptionError(
        "action",
        must=rule,
        got=Text(f"{shown(action)}, which AWS does not know"),
        remedy=f"correct it{_suggestion(action)}",
    )


def _suggestion(action: object) -> str:
    """Return the end of a remedy that names the nearest actions."""
    near = nearest_actions(action) if isinstance(action, str) else ()
    return f"; the nearest is {' with '.join(near)}" if near else ""
