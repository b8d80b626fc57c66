"""Who may do an action on which secrets: all pairs of a deployment, without asking about each.

The answer to a request depends on its secret only through what the policies can tell of it: which
of their Resource patterns match it, its account, Region and tags, and its own policy. Secrets that
are alike in all that are asked about once, and those that no Allow may reach not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal, Secret
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    PartialDecision,
    evaluate_partially,
)
from constructs_lib.proof.deployment.pattern_index import PatternIndex
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of

_SYSTEM_TAGS = "aws:cloudformation:"
_TAG = re.compile("resourcetag/[^'\"]*")
_ONE = re.compile(r"arn:[^:]+:iam::[^:]+:(?:user|role)/.+", re.DOTALL)


@dataclass(frozen=True)
class Granted:
    """What one principal may do, or may be able to do, on some secrets for one reason.

    Attributes:
        principal: who. A group stands for any of its members.
        secrets: the secrets.
        judgement: the answer for the first of them. For all of them it is allowed, or open.
    """

    principal: Principal
    secrets: tuple[Secret, ...]
    partial_decision: PartialDecision


def granted(
    deployment: Deployment, action: str, *, context: Context | None = None
) -> Iterator[Granted]:
    """Yield which principals may do an action on which secrets, all others being denied it.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    matrix = _Matrix(deployment, action, context)
    for principal in deployment.principals:
        yield from matrix.row(principal)
    matrix.read_the_rest()


class _Matrix:
    def __init__(self, deployment: Deployment, action: str, context: Context | None) -> None:
        self._deployment, self._unknowns = deployment, deployment.unknowns
        self._action, self._context = action, context
        self._secrets = deployment.secrets
        self._reach = PatternIndex([each.arn for each in self._secrets], self._unknowns)
        told = _tells_secrets_apart(deployment)
        self._alike = [_alike(each, number, told) for number, each in enumerate(self._secrets)]
        self._by_resource = _ByResource(deployment, action)
        self._relevant: dict[int, Texts] = {}
        self._read: set[int] = set()  # the secrets whose policies the evaluator has read

    def row(self, principal: Principal) -> Iterator[Granted]:
        who = member_of(principal, self._unknowns)
        groups: dict[object, list[int]] = {}
        texts = self._texts(principal.policies)
        columns = [(self._reach.matched(text), "${" in text) for text in texts.all]
        for number in sorted(self._reached(texts) | self._by_resource.secrets_of(principal)):
            profile = (
                self._alike[number],
                # What a policy variable stands for may be this secret's own tag.
                *(number if own else found.get(number, False) for found, own in columns),
            )
            groups.setdefault(profile, []).append(number)
        for numbers in groups.values():
            partial_decision = self._judge(who, numbers[0])
            if partial_decision.allowed is not False:
                found = tuple(self._secrets[number] for number in numbers)
                yield Granted(principal, found, partial_decision)
        if not groups and self._secrets:
            self._judge(who, 0)  # so that a malformed policy is refused, as it is elsewhere

    def read_the_rest(self) -> None:
        """Have the policies read of the secrets that nobody reaches, to refuse malformed ones."""
        for number, secret in enumerate(self._secrets):
            if secret.policies and number not in self._read and self._deployment.principals:
                self._judge(member_of(self._deployment.principals[0], self._unknowns), number)

    def _judge(self, who: Principal, number: int) -> PartialDecision:
        secret = self._secrets[number]
        self._read.add(number)
        access_request = complete_request(
            AccessRequest(who, self._action, secret.arn), secret, self._context
        )
        return evaluate_partially(access_request, self._unknowns, resource=secret.policies)

    def _reached(self, texts: Texts) -> set[int]:
        """Return the secrets that statements may allow something on."""
        if texts.allows_elsewhere:
            return set(range(len(self._secrets)))
        return {number for text in texts.allowing for number in self._reach.matched(text)}

    def _texts(self, policies: Sequence[AttachedPolicy]) -> Texts:
        """Return the patterns of policies that may decide."""
        found = [self._texts_of(policy.document) for policy in policies]
        return Texts(
            tuple(dict.fromkeys(text for each in found for text in each.allowing)),
            any(each.allows_elsewhere for each in found),
            tuple(dict.fromkeys(text for each in found for text in each.all)),
        )

    def _texts_of(self, document: Mapping[str, Any] | None) -> Texts:
        # The deployment keeps the documents, so an id stays that of its document.
        if id(document) not in self._relevant:
            self._relevant[id(document)] = texts_of(document, self._action, self._unknowns)
        return self._relevant[id(document)]


@dataclass(frozen=True)
class Texts:
    """The resource patterns of the statements that may be about an action.

    Attributes:
        allowing: the Resources of those that allow it.
        allows_elsewhere: whether one may allow it on more: by NotResource, or because it is not
            known or malformed.
        all: every pattern of all of them.
    """

    allowing: tuple[str, ...]
    allows_elsewhere: bool
    all: tuple[str, ...]


def texts_of(document: Mapping[str, Any] | None, action: str, unknowns: Unknowns) -> Texts:
    """Return the patterns of a document."""
    allowing: list[str] = []
    every: list[str] = []
    elsewhere = False
    for statement in _statements(document):
        if not isinstance(statement, Mapping):
            elsewhere = True
            continue
        if not _may_be_about(statement, action, unknowns):
            continue
        texts = _listed(statement.get("Resource", statement.get("NotResource")))
        known = [text for text in texts if isinstance(text, str)]
        every += known
        if _allows(statement):
            allowing += known
            elsewhere |= "Resource" not in statement or len(known) < len(texts)
    return Texts(tuple(allowing), elsewhere, tuple(every))


class _ByResource:
    """What the policies of the secrets may give to whom."""

    def __init__(self, deployment: Deployment, action: str) -> None:
        unknowns = deployment.unknowns
        self._to_all: set[int] = set()
        self._to: dict[int, set[int]] = {}
        principals = deployment.principals
        self._number = {id(each): number for number, each in enumerate(principals)}
        arns = PatternIndex([member_of(each, unknowns).arn for each in principals], unknowns)
        for number, secret in enumerate(deployment.secrets):
            for policy in secret.policies:
                for statement in _statements(policy.document):
                    if not isinstance(statement, Mapping):
                        self._to_all.add(number)
                    elif _allows(statement) and _may_be_about(statement, action, unknowns):
                        self._add(number, statement, arns)

    def _add(self, number: int, statement: Mapping[str, Any], arns: PatternIndex) -> None:
        given = statement.get("Principal")
        texts = _listed(given.get("AWS", [])) if isinstance(given, Mapping) else [given]
        for text in texts:
            if isinstance(text, str) and _ONE.fullmatch(text):
                for principal in arns.matched(text):
                    self._to.setdefault(principal, set()).add(number)
            else:  # an account, everyone, or malformed
                self._to_all.add(number)

    def secrets_of(self, principal: Principal) -> set[int]:
        named = self._to.get(self._number.get(id(principal), -1), set())
        return self._to_all | named


def _tells_secrets_apart(deployment: Deployment) -> bool:
    """Return whether a policy may read the tags that CloudFormation gives to each secret.

    They differ between all secrets, so that no two were alike by them.
    """
    documents = {
        id(policy.document): policy.document
        for principal in deployment.principals
        for policy in (*principal.policies, principal.boundary)
        if policy is not None
    }
    return any(_reads_system_tags(document) for document in documents.values())


def _reads_system_tags(document: Mapping[str, Any] | None) -> bool:
    text = str(document).lower()
    if _SYSTEM_TAGS in text:
        return True
    return any(has_unknown(tag) for tag in _TAG.findall(text))  # a tag key that is not known


def _alike(secret: Secret, number: int, system_tags: bool) -> object:
    """Return what else than patterns a request about a secret depends on."""
    if secret.policies:
        return number
    tags = None
    if secret.tags is not None:
        tags = tuple(
            sorted(
                (key, tag)
                for key, tag in secret.tags.items()
                if system_tags or not key.startswith(_SYSTEM_TAGS)
            )
        )
    return tuple(secret.arn.split(":", 5)[:5]), tags


def _statements(document: Mapping[str, Any] | None) -> list[Any]:
    return [None] if document is None else _listed(document.get("Statement"))


def _allows(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") != "Deny"


def _may_be_about(statement: Mapping[str, Any], action: str, unknowns: Unknowns) -> bool:
    if "Action" not in statement:
        return True  # NotAction, or malformed
    return any(
        not isinstance(text, str) or unknowns.matches(text.lower(), action.lower()) is not False
        for text in _listed(statement["Action"])
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
