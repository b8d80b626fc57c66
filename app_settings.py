"""The app's settings: CDK context in, checked settings out. It is plain Python, without CDK."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from constructs_lib import PolicyType, SecretAccessError, SecretScope

# How a setting is given: `cdk deploy -c secretName=prod/db`, or in cdk.json's "context".
DEFAULTS = {
    "secretName": "prod/db",
    "userName": "secrets-administrator",
    "roleName": "secrets-application",
    "tagKey": "Environment",
    "tagValue": "prod",
    "policyType": "managed",
    "synthesizer": "default",
}
OPTIONAL = ("secretNamePrefix", "secretNamePrefixReason", "keyArn", "deniedUserName")

_PRINCIPAL = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_T = TypeVar("_T")


@dataclass(frozen=True)
class _Key:
    key_arn: str


@dataclass(frozen=True)
class Settings:
    """The secrets and principals of the article's five policies.

    Attributes:
        secrets: the secret, or the secrets of a name prefix.
        prefix_reason: why a name prefix is right; None where one secret is named.
        user_name: the administrator, who creates and changes them.
        role_name: the application, which reads them and describes the tagged ones.
        denied_user_name: the user who may neither read nor describe them.
        tags: the tag of the secrets to describe.
        policy_type: managed or inline.
        bootstrapless: deploy without the CDK bootstrap resources (the app has no assets).
    """

    secrets: SecretScope
    prefix_reason: str | None
    user_name: str
    role_name: str
    denied_user_name: str
    tags: dict[str, str]
    policy_type: PolicyType
    bootstrapless: bool


def read_settings(context: Mapping[str, object]) -> Settings:
    """Return the settings that a CDK app's context gives.

    Raises:
        SecretAccessError: if a value is wrong; the message begins with the setting's name.
    """

    for name in context:
        # What CDK itself puts there has other signs in its name: `aws:cdk:...`, `cli-telemetry`.
        plain = re.sub(r"[-_ ]", "", name).lower()
        misspelt = name.isalpha() or plain in {
            setting.lower() for setting in (*DEFAULTS, *OPTIONAL)
        }
        if misspelt and name not in (*DEFAULTS, *OPTIONAL):
            _refuse(name, context[name], f"the settings are {', '.join((*DEFAULTS, *OPTIONAL))}")

    def text(name: str) -> str | None:
        value = context.get(name)
        if value is None:
            return DEFAULTS.get(name)
        if not isinstance(value, str) or not value:
            _refuse(name, value, "a string that is not empty is allowed")
        return value

    def required(name: str) -> str:
        return text(name) or DEFAULTS[name]

    def choice(name: str, choices: dict[str, _T]) -> _T:
        value = required(name)
        if value not in choices:
            _refuse(name, value, f"{' or '.join(choices)} is allowed")
        return choices[value]

    def principal(name: str, value: str) -> str:
        if not _PRINCIPAL.fullmatch(value):
            _refuse(name, value, "1 to 64 letters, digits and _+=,.@- are allowed, without a path")
        return value

    key_arn = text("keyArn")
    key = None if key_arn is None else _Key(key_arn)
    prefix, reason = text("secretNamePrefix"), text("secretNamePrefixReason")
    if prefix is not None and context.get("secretName") is not None:
        _refuse("secretNamePrefix", prefix, "either secretName or secretNamePrefix is allowed")
    if (prefix is None) != (reason is None):
        _refuse(
            "secretNamePrefixReason",
            reason,
            "a reason is allowed, and needed, with secretNamePrefix: it is the acknowledgement "
            "that the policies also match every later secret whose name begins so",
        )
    user = principal("userName", required("userName"))
    tag_key, tag_value = required("tagKey"), required("tagValue")
    _named("tagKey or tagValue", lambda: SecretScope.from_tags({tag_key: tag_value}))
    _named("keyArn", lambda: SecretScope.from_secret_name("any", encryption_key=key))
    if prefix is not None:
        beginning = prefix
        secrets = _named(
            "secretNamePrefix",
            lambda: SecretScope.from_secret_name_prefix(beginning, encryption_key=key),
        )
    else:
        name = required("secretName")
        secrets = _named(
            "secretName", lambda: SecretScope.from_secret_name(name, encryption_key=key)
        )
    return Settings(
        secrets=secrets,
        prefix_reason=reason,
        user_name=user,
        role_name=principal("roleName", required("roleName")),
        denied_user_name=principal("deniedUserName", text("deniedUserName") or user),
        tags={tag_key: tag_value},
        policy_type=choice(
            "policyType", {policy_type.value: policy_type for policy_type in PolicyType}
        ),
        bootstrapless=choice("synthesizer", {"default": False, "bootstrapless": True}),
    )


def _named(name: str, make: Callable[[], _T]) -> _T:
    """Return what `make` returns; say which setting it was about if it refuses."""
    try:
        return make()
    except SecretAccessError as error:
        raise SecretAccessError(f"setting {name}: {error.problem}", remedy=error.remedy) from None


def _refuse(name: str, value: object, allowed: str) -> NoReturn:
    raise SecretAccessError(
        f"setting {name} is {value!r}",
        allowed=allowed,
        remedy=f"correct it: -c {name}=..., or in the context of cdk.json",
    )
