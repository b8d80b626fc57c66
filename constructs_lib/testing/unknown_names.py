"""A warning about a secret or key that nothing in the templates names.

The name may be a slip: no policy matches it, so that every assertion that denies passes, today and
after each change of the templates.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown

_PACKAGE = str(Path(__file__).parent.parent)
_VARIABLE = re.compile(r"\$\{[^*?$}][^}]*\}")
_NAME_CHARACTER = "[A-Za-z0-9/_+=.@-]"


class UnknownNameWarning(UserWarning):
    """An assertion is about a secret or key that no template names, and no policy matches."""


def warn_if_unknown(
    text: str,
    resources: Sequence[tuple[Deployment, str]],
    principals: Sequence[Principal],
) -> None:
    """Warn of a name or ARN of a test if nothing in the templates names or matches it.

    Args:
        text: the name or ARN, as the test has it.
        resources: every deployment with the ARN that the text stands for in it.
        principals: the principals of the question, of whose policies a wildcard for all resources
            counts too: the answer depends on it.
    """
    if any(_is_named(deployment, text, arn, principals) for deployment, arn in resources):
        return
    if any(arn.split(":")[2:3] == ["kms"] for _, arn in resources):
        what, remedy = "key", "give the key as a construct"
    elif text.startswith("arn:"):
        what, remedy = "secret", f"give SecretScope.from_secret_complete_arn({text!r})"
    else:
        what, remedy = "secret", f"give SecretScope.from_secret_name({text!r})"
    warnings.warn(
        f"{what} must be in the templates, or match one of their policies, got {shown(text)}; "
        f"correct the name, or {remedy} if the {what} exists elsewhere",
        UnknownNameWarning,
        stacklevel=_level_of_caller(),
    )


def _is_named(deployment: Deployment, text: str, arn: str, principals: Sequence[Principal]) -> bool:
    unknowns = deployment.unknowns
    own = (secret.arn for secret in deployment.secrets)
    if arn in own or any(arn == key.arn for key in deployment.keys):
        return True
    begin = arn[:-7] if re.search(r"-[A-Za-z0-9]{6}$", arn) else arn
    if any(secret.arn.rpartition("-")[0] == begin for secret in deployment.secrets):
        return True  # the real ARN of a secret of which a template has the name
    return (
        any(
            _is_specific(pattern) and _may_match(pattern, arn, unknowns)
            for policy in _policies(deployment)
            for statement in policy.statements
            if _may_be_about_secrets(statement, unknowns)
            for pattern in _strings(statement)
        )
        or any(
            "NotResource" in statement
            or any(
                _may_match(pattern, arn, unknowns) for pattern in _strings(statement["Resource"])
            )
            for principal in principals
            for policy in principal.policies
            for statement in _on_resources(policy)
            if _may_be_about_secrets(statement, unknowns)
        )
        or _is_written(deployment, text)
    )


def _is_specific(pattern: str) -> bool:
    """Return whether a pattern is about some secrets or keys, and not about all."""
    name = re.split(":secret:|:key/", _VARIABLE.sub("*", pattern), maxsplit=1)[1:]
    return has_unknown(pattern) if not name else name[0].strip("*?-/") != ""


def _may_be_about_secrets(statement: object, unknowns: Unknowns) -> bool:
    """Return whether a statement may be about an action on secrets or keys."""
    actions = statement.get("Action") if isinstance(statement, Mapping) else None
    texts = [*_strings(actions)]
    return not texts or any(
        unknowns.matches(text.partition(":")[0].lower(), service) is not False
        for text in texts
        for service in ("secretsmanager", "kms")
    )


def _may_match(pattern: str, arn: str, unknowns: Unknowns) -> bool:
    return unknowns.matches(_VARIABLE.sub("*", pattern), arn) is not False


def _is_written(deployment: Deployment, text: str) -> bool:
    """Return whether a template has the name in a text, such as an environment variable."""
    name = re.compile(f"(?<!{_NAME_CHARACTER}){re.escape(text)}(?!{_NAME_CHARACTER})")
    return any(
        text in string and name.search(string)
        for resolver in deployment.templates.resolvers
        for string in _strings(resolver.stack.template)
    )


def _policies(deployment: Deployment) -> Iterator[AttachedPolicy]:
    for principal in deployment.principals:
        yield from principal.policies
        if principal.boundary is not None:
            yield principal.boundary
    for secret in deployment.secrets:
        yield from secret.policies
    for key in deployment.keys:
        yield key.policy


def _on_resources(policy: AttachedPolicy) -> Iterator[Mapping[str, Any]]:
    for statement in policy.statements:
        if isinstance(statement, Mapping) and (
            "Resource" in statement or "NotResource" in statement
        ):
            yield statement


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _level_of_caller() -> int:
    """Return the `stacklevel` of the test: the first frame outside of this package."""
    frame, level = sys._getframe(1), 1  # the caller of this function is level 1 for it
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level
