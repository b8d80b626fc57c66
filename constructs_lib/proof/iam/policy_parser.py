"""Policy documents, read into statements: whatever is malformed is refused, not interpreted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeGuard

from constructs_lib.errors import InvalidPolicyError, shown
from constructs_lib.proof.iam.condition_operators import (
    AnyTest,
    UnknownTest,
    parse_condition_tests,
)
from constructs_lib.proof.iam.doubts import Doubt
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.text import Placeholders, Text, has_unknown, pieces_of, read_text
from constructs_lib.proof.iam.text_matching import matches
from constructs_lib.proof.iam.three_valued import any_of, negation

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = {"Version", "Id", "Statement"}
_STATEMENT_KEYS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
Principled = Literal["needed", "own", "trust", "forbidden"]
_ANYTHING = read_text("*", "", "2008-10-17")
_PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")


@dataclass(frozen=True)
class Principals:
    """The Principal or NotPrincipal of a statement.

    Attributes:
        negated: whether it is NotPrincipal.
        aws: the ARNs, account ids and `*` among them.
        others: services, federations and canonical users, with their kind; no IAM user or role is
            one.
        unknown: the AWS principals that have unknowns in them.
    """

    negated: bool
    aws: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    unknown: tuple[Text, ...] = ()


@dataclass(frozen=True)
class PolicyStatement:
    """One statement, read.

    Attributes:
        place: where it stands, for messages: `identity policy 1, statement 2 (ReadSecretValue)`.
        sid: its Sid, if it has one.
        allows: whether its Effect is Allow.
        spelled_actions: its actions as it spells them, which are compared in lower case.
        unknown_actions: the actions that have unknowns in them.
        doubt: why it is not known whether the statement is in force. None: it is.
    """

    place: str
    sid: str | None
    allows: bool
    principals: Principals | None
    actions: tuple[Pattern, ...]
    not_action: bool
    resources: tuple[Text, ...]
    not_resource: bool
    tests: tuple[AnyTest, ...]
    spelled_actions: tuple[str, ...] = ()
    unknown_actions: tuple[Text, ...] = ()
    doubt: Doubt | None = None

    def covers_action(self, action: str) -> bool | None:
        """Return whether the statement is about an action, which is in lower case."""
        if any(each.matches(action) for each in self.actions):
            return not self.not_action
        if not self.unknown_actions:
            return self.not_action
        found = any_of(matches(each, action) for each in self.unknown_actions)
        return negation(found) if self.not_action else found


def read_document(
    document: object,
    place: str,
    *,
    principals: Principled = "forbidden",
    placeholders: Placeholders | None = None,
) -> tuple[PolicyStatement, ...]:
    """Return the statements of a policy document.

    Args:
        document: the document.
        place: its name in messages.
        principals: whether its statements have a Principal: "needed" in a resource control policy,
            "own" in the policy of one resource, which may be a role's trust policy, and "trust" in
            a trust policy.
        placeholders: the unknowns that characters of its strings stand for.

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
        _Reader(f"{place}, statement {number}", version, principals, placeholders or {}).read(
            statement
        )
        for number, statement in enumerate(statements, start=1)
    )


def keys_of(statement: PolicyStatement) -> Iterator[str | Text]:
    """Yield the context keys that a statement depends on, in lower case; a text with unknowns."""
    texts = list(statement.resources)
    for test in statement.tests:
        if isinstance(test, UnknownTest):
            yield test.text
        else:
            yield test.key
            texts += test.values
    for text in texts:
        yield from (variable.key for variable in text.variables)
        # A variable of which the key is not known.
        yield from (Text.of([each]) for each in text.unknowns if each.label.startswith("${"))


EVERYONE = Principals(negated=False, aws=("*",), others=())


def statement_on_everything(place: str, *, allows: bool) -> PolicyStatement:
    """Return a statement about all actions on all resources."""
    return PolicyStatement(
        place, None, allows, None, (pattern("*"),), False, (_ANYTHING,), False, ()
    )


@dataclass
class _Reader:
    """Reads one statement."""

    place: str
    version: str
    principals: Principled
    placeholders: Placeholders

    def read(self, statement: object) -> PolicyStatement:
        if not isinstance(statement, Mapping):
            _refuse(self.place, f"is {self._shown(statement)}", "a mapping is allowed")
        _known(statement, _STATEMENT_KEYS, self.place)
        sid = statement.get("Sid")
        if sid is not None:
            if not isinstance(sid, str):
                _refuse(self.place, f"has the Sid {shown(sid)}", "a string is allowed")
            self.place = f"{self.place} ({self._label(sid)})" if sid else self.place
        effect = statement.get("Effect")
        if effect not in ("Allow", "Deny"):
            _refuse(
                self.place, f"has the Effect {self._shown(effect)}", "Allow and Deny are allowed"
            )
        action_key = _one_of(statement, self.place, "Action", "NotAction")
        actions = _strings(statement[action_key], self.place, action_key)
        unknown_actions = tuple(each for each in actions if has_unknown(each, self.placeholders))
        known_actions = actions
        if unknown_actions:
            known_actions = tuple(each for each in actions if each not in unknown_actions)
        for action in known_actions:
            if not _ACTION.fullmatch(action):
                given = f"has the {action_key} {shown(action)}"
                _refuse(self.place, given, "service:Name or * is allowed")
        of_trust = not {"Resource", "NotResource"} & set(statement) and (
            self.principals == "trust" or (self.principals == "own" and _is_of_sts(actions))
        )
        resource_key = "Resource"
        if not of_trust:
            resource_key = _one_of(statement, self.place, "Resource", "NotResource")
        negated = resource_key == "NotResource"
        resources = () if of_trust else self._resources(statement, resource_key)
        return PolicyStatement(
            place=self.place,
            sid=sid or None,
            allows=effect == "Allow",
            principals=self._principals(statement, of_trust=of_trust),
            actions=tuple(pattern(action.lower()) for action in known_actions),
            not_action=action_key == "NotAction",
            resources=tuple(
                self._text(text)
                for resource in resources or ("*",)
                for text in _in_full(resource, wide=(effect == "Allow") != negated)
            ),
            not_resource=negated,
            tests=parse_condition_tests(
                statement.get("Condition", {}), self.place, self.version, self.placeholders
            ),
            spelled_actions=known_actions,
            unknown_actions=tuple(
                read_text(each.lower(), self.place, "2008-10-17", self.placeholders)
                for each in unknown_actions
            ),
        )

    def _resources(self, statement: Mapping[str, Any], key: str) -> tuple[str, ...]:
        resources = _strings(statement[key], self.place, key)
        for resource in resources:
            begins = resource.startswith(("arn:", "*", "?", "${"))
            if not begins and not has_unknown(resource[:4], self.placeholders):
                _refuse(
                    self.place, f"has the {key} {self._shown(resource)}", "an ARN or * is allowed"
                )
        return resources

    def _principals(self, statement: Mapping[str, Any], *, of_trust: bool) -> Principals | None:
        keys = [key for key in ("Principal", "NotPrincipal") if key in statement]
        if self.principals == "forbidden":
            if keys:
                given = f"has a {keys[0]}"
                _refuse(self.place, given, "none is allowed in a policy of an identity")
            return None
        key = _one_of(statement, self.place, "Principal", "NotPrincipal")
        if key == "NotPrincipal":
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
            if self.principals == "needed" or of_trust:
                kind = "a role's trust policy" if of_trust else "a resource control policy"
                _refuse(self.place, "has a NotPrincipal", f"only Principal is allowed in {kind}")
            if statement["Effect"] == "Allow":
                allowed = "NotPrincipal is allowed only with Deny"
                _refuse(self.place, "allows by NotPrincipal", allowed)
        value = statement[key]
        if value == "*":
            return Principals(key == "NotPrincipal", ("*",), ())
        if isinstance(value, str) and has_unknown(value, self.placeholders):
            return Principals(key == "NotPrincipal", (), (), (self._text(value),))
        if not isinstance(value, Mapping) or not value:
            given = f"has the {key} {self._shown(value)}"
            _refuse(self.place, given, '"*" or a mapping is allowed')
        _known(value, set(_PRINCIPAL_TYPES), self.place)
        by_type = {
            kind: _strings(each, self.place, f"{key} {kind}") for kind, each in value.items()
        }
        aws = by_type.pop("AWS", ())
        for each in aws:
            if each != "*" and ("*" in each or "?" in each):
                given = f"has the {key} {self._shown(each)}"
                _refuse(self.place, given, "a principal has no wildcards in it")
        return Principals(
            key == "NotPrincipal",
            tuple(each for each in aws if not has_unknown(each, self.placeholders)),
            tuple((kind, self._label(name)) for kind, names in by_type.items() for name in names),
            tuple(self._text(each) for each in aws if has_unknown(each, self.placeholders)),
        )

    # --- unknowns ---------------------------------------------------------------------------

    def _text(self, text: str) -> Text:
        return read_text(text, self.place, self.version, self.placeholders)

    def _label(self, text: str) -> str:
        """Return a text as messages show it."""
        return text if text.isascii() else str(Text.of(pieces_of(text, self.placeholders)))

    def _shown(self, value: object) -> str:
        return self._label(shown(value))


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


def _is_of_sts(actions: tuple[str, ...]) -> bool:
    """Return whether actions are those of a role's trust policy, which names no resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return all(action.lower().startswith("sts:") for action in actions)


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
