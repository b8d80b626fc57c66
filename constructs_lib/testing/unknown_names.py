"""A warning about a secret or key that nothing in the templates names.

The name is probably a slip. No policy matches it, so that `assert_cannot` and `assert_never` pass
now and after each change of the templates.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal
from constructs_lib.proof.deployment.partial_evaluation import statements_of
from constructs_lib.proof.iam.condition_operators import ConditionTest
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.text import Text, Value, Variable, literal_text
from constructs_lib.proof.iam.text_matching import includes
from constructs_lib.proof.symbolic.pattern_inclusion import overlap

_PACKAGE = str(Path(__file__).parent.parent)
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
        resources: every deployment, with the ARN that the text stands for there.
        principals: the principals of the request. A wildcard for all resources in one of their
            policies counts too, because the answer depends on it.
    """
    if any(_is_named(deployment, text, arn, principals) for deployment, arn in resources):
        return
    if any(arn.split(":")[2:3] == ["kms"] for _, arn in resources):
        kind, remedy = "key", "give the key as a construct"
    elif text.startswith("arn:"):
        kind, remedy = "secret", f"give SecretScope.from_secret_complete_arn({text!r})"
    else:
        kind, remedy = "secret", f"give SecretScope.from_secret_name({text!r})"
    warnings.warn(
        f"{kind} must be in the templates, or match one of their policies, got {shown(text)}; "
        f"correct the name, or {remedy} if the {kind} exists elsewhere",
        UnknownNameWarning,
        stacklevel=_level_of_caller(),
    )


def _is_named(deployment: Deployment, text: str, arn: str, principals: Sequence[Principal]) -> bool:
    unknowns = deployment.unknowns
    own_arns = [secret.arn for secret in deployment.secrets]
    if arn in [*own_arns, *(key.arn for key in deployment.keys)]:
        return True
    partial_arn = arn[:-7] if re.search(r"-[A-Za-z0-9]{6}$", arn) else arn
    if any(secret.arn.rpartition("-")[0] == partial_arn for secret in deployment.secrets):
        return True  # the complete ARN of a secret whose name a template has
    value = unknowns.value(arn)
    return (
        any(
            _is_specific(text) and _may_match(text, value)
            for statement in statements_of(list(_policies(deployment)))
            if _may_be_about_secrets(statement)
            for text in _texts(statement)
        )
        or any(
            statement.not_resource or any(_may_match(text, value) for text in statement.resources)
            for principal in principals
            for statement in statements_of(principal.policies)
            if _may_be_about_secrets(statement)
        )
        or _is_written(deployment, text)
    )


def _texts(statement: PolicyStatement) -> Iterator[Text]:
    """Yield the texts of a statement that may name resources."""
    yield from statement.resources
    for test in statement.tests:
        if isinstance(test, ConditionTest):
            yield from test.values


def _is_specific(text: Text) -> bool:
    """Return whether a pattern is about some secrets or keys, and not about all of them."""
    spelled = "".join(
        "*" if isinstance(piece, Variable) else str(Text((piece,))) for piece in text.pieces
    )
    name = re.split(":secret:|:key/", spelled, maxsplit=1)[1:]
    return text.unknowns != () if not name else name[0].strip("*?-/") != ""


def _may_be_about_secrets(statement: PolicyStatement) -> bool:
    """Return whether a statement may be about an action on secrets or keys."""
    if statement.not_action or statement.unknown_actions:
        return True
    return any(
        overlap(action, pattern(f"{service}:*"))
        for action in statement.actions
        for service in ("secretsmanager", "kms")
    )


def _may_match(text: Text, value: Value) -> bool:
    return includes(text, literal_text(value) if isinstance(value, str) else value) is not False


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
