"""Policy documents, read into statements: whatever is malformed is refused, not interpreted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeGuard

from constructs_lib.errors import InvalidPolicyError, shown
from constructs_lib.proof.iam.condition_operators import ConditionTest, parse_condition_tests
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.variables import Text, read_text

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = {"Version", "Id", "Statement"}
_STATEMENT_KEYS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
Principled = Literal["needed", "own", "forbidden"]
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


@dataclass(frozen=True)
class Principals:
    """The Principal or NotPrincipal of a statement.

    Attributes:
        negated: whether it is NotPrincipal.
        aws: the ARNs, account ids and `*` among them.
        others: services, federations and canonical users, with their kind; no IAM user or role is
            one.
    """

    negated: bool
    aws: tuple[str, ...]
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PolicyStatement:
    """One statement, read.

    Attributes:
        place: where it stands, for messages: `identity policy 1, statement 2 (ReadSecretValue)`.
        sid: its Sid, if it has one.
        allows: whether its Effect is Allow.
        spelled_actions: its actions as it spells them, which are compared in lower case.
    """

    place: str
    sid: str | None
    allows: bool
    principals: Principals | None
    actions: tuple[Pattern, ...]
    not_action: bool
    resources: tuple[Text, ...]
    not_resource: bool
    tests: tuple[ConditionTest, ...]
    spelled_actions: tuple[str, ...] = ()

    def covers_action(self, action: str) -> bool:
        """Return whether the statement is about an action, given in lower case."""
        return any(each.matches(action) for each in self.actions) != self.not_action


def read_document(
    document: object, place: str, *, principals: Principled = "forbidden"
) -> tuple[PolicyStatement, ...]:
    """Return the statements of a policy document.

    `principals` says whether its statements have a Principal: "needed" in a resource control
    policy, and "own" in the policy of one resource, which may be a role's trust policy.

    Raises:
        SecretAccessError: if IAM would refuse the document, or would not say what it means.
    """
    if not isinstance(document, Mapping):
        _refuse(place, f"is {shown(document)}", "a mapping is allowed")
    _known(document, _DOCUMENT_KEYS, place)
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        _refuse(
            place, f"has the Version {shown(version)}", f"{' and '.join(_VERSIONS)} are allowed"
        )
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not _is_list(statements) or not statements:
        _refuse(
            place, f"has the Statement {shown(statements)}", "one statement or more are allowed"
        )
    return tuple(
        _read_statement(statement, f"{place}, statement {number}", version, principals)
        for number, statement in enumerate(statements, start=1)
    )


def _read_statement(
    statement: object, place: str, version: str, principals: str
) -> PolicyStatement:
    if not isinstance(statement, Mapping):
        _refuse(place, f"is {shown(statement)}", "a mapping is allowed")
    _known(statement, _STATEMENT_KEYS, place)
    sid = statement.get("Sid")
    if sid is not None:
        if not isinstance(sid, str):
            _refuse(place, f"has the Sid {shown(sid)}", "a string is allowed")
        place = f"{place} ({sid})" if sid else place
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        _refuse(place, f"has the Effect {shown(effect)}", "Allow and Deny are allowed")

    action_key = _one_of(statement, place, "Action", "NotAction")
    actions = _strings(statement[action_key], place, action_key)
    for action in actions:
        if not _ACTION.fullmatch(action):
            _refuse(place, f"has the {action_key} {shown(action)}", "service:Name or * is allowed")
    resource_key: str = "Resource"
    resources: tuple[str, ...] = ("*",)
    of_trust = principals == "own" and _is_of_trust(actions, statement)
    if not of_trust:
        resource_key = _one_of(statement, place, "Resource", "NotResource")
        resources = _strings(statement[resource_key], place, resource_key)
    for resource in resources:
        if resource != "*" and not resource.startswith(("arn:", "*", "?", "${")):
            _refuse(place, f"has the {resource_key} {shown(resource)}", "an ARN or * is allowed")
    return PolicyStatement(
        place=place,
        sid=sid or None,
        allows=effect == "Allow",
        principals=_read_principals(statement, place, principals, of_trust=of_trust),
        actions=tuple(pattern(action.lower()) for action in actions),
        not_action=action_key == "NotAction",
        resources=tuple(
            read_text(text, place, version)
            for resource in resources
            for text in _in_full(
                resource, wide=(effect == "Allow") != (resource_key == "NotResource")
            )
        ),
        not_resource=resource_key == "NotResource",
        tests=parse_condition_tests(statement.get("Condition", {}), place, version),
        spelled_actions=actions,
    )


def _in_full(resource: str, *, wide: bool) -> tuple[str, ...]:
    """Return an ARN with its missing parts.

    "AWS automatically completes the ARN to include wildcards in all missing fields": `arn:aws:sqs`
    to `arn:aws:sqs:*:*:*`.
    It is not documented what becomes of a wildcard that reaches beyond its part in such an ARN,
    as in `arn:*:role/app`. Where `wide`, the text counts as it is, too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    plain = _VARIABLE.sub("", resource)
    missing = 5 - plain.count(":")
    if not resource.startswith("arn:") or missing <= 0:
        return (resource,)
    completed = resource + ":*" * missing
    return (completed, resource) if wide and {"*", "?"} & set(plain) else (completed,)


def _is_of_trust(actions: tuple[str, ...], statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is one of a role's trust policy, which names no resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return not {"Resource", "NotResource"} & set(statement) and all(
        action.lower().startswith("sts:") for action in actions
    )


def _read_principals(
    statement: Mapping[str, Any], place: str, principals: str, *, of_trust: bool
) -> Principals | None:
    given = [key for key in ("Principal", "NotPrincipal") if key in statement]
    if principals == "forbidden":
        if given:
            _refuse(place, f"has a {given[0]}", "none is allowed in a policy of an identity")
        return None
    key = _one_of(statement, place, "Principal", "NotPrincipal")
    if key == "NotPrincipal":
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        if principals == "needed" or of_trust:
            kind = "a role's trust policy" if of_trust else "a resource control policy"
            _refuse(place, "has a NotPrincipal", f"only Principal is allowed in {kind}")
        if statement["Effect"] == "Allow":
            _refuse(place, "allows by NotPrincipal", "NotPrincipal is allowed only with Deny")
    value = statement[key]
    if value == "*":
        return Principals(key == "NotPrincipal", ("*",), ())
    if not isinstance(value, Mapping) or not value:
        _refuse(place, f"has the {key} {shown(value)}", '"*" or a mapping is allowed')
    _known(value, set(_PRINCIPAL_TYPES), place)
    by_type = {kind: _strings(each, place, f"{key} {kind}") for kind, each in value.items()}
    aws = by_type.pop("AWS", ())
    for each in aws:
        if each != "*" and ("*" in each or "?" in each):
            _refuse(place, f"has the {key} {shown(each)}", "a principal has no wildcards in it")
    others = tuple((kind, name) for kind, names in by_type.items() for name in names)
    return Principals(key == "NotPrincipal", aws, others)


def _one_of(statement: Mapping[str, Any], place: str, *keys: str) -> str:
    found = [key for key in keys if key in statement]
    if len(found) != 1:
        _refuse(
            place,
            f"has {' and '.join(found) or 'neither'}",
            f"one of {' and '.join(keys)} is allowed",
        )
    return found[0]


def _strings(value: object, place: str, key: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not _is_list(values) or not values or not all(isinstance(each, str) for each in values):
        _refuse(place, f"has the {key} {shown(value)}", "a string, or a list of them, is allowed")
    return tuple(values)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _known(given: Mapping[Any, Any], allowed: set[str], place: str) -> None:
    unknown = [key for key in given if key not in allowed]
    if unknown:
        _refuse(
            place,
            f"has the element {shown(unknown[0])}",
            f"{', '.join(sorted(allowed))} are allowed",
        )


def _refuse(place: str, given: str, allowed: str) -> NoReturn:
    raise InvalidPolicyError(
        f"{place} {given}", allowed=allowed, remedy="correct the policy: nothing is guessed of it"
    )
