"""Who may do an action on which secrets: all pairs of a deployment, without asking about each.

The answer to a request depends on its secret only through what the policies can tell of it: which
of their Resource patterns match it, its account, Region and tags, and its own policy. Secrets that
are alike in all that are asked about once, and those that no Allow may reach not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Principal, Secret
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.pattern_index import PatternIndex
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of
from constructs_lib.proof.iam.evaluator import PartialDecision
from constructs_lib.proof.iam.policy_parser import Principals, keys_of
from constructs_lib.proof.iam.text import Text, literal_text

_SYSTEM_TAGS = "aws:cloudformation:"
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
        system_tags = _reads_system_tags(deployment)
        self._alike = [
            _alike(secret, number, system_tags) for number, secret in enumerate(self._secrets)
        ]
        self._by_resource = _ByResource(deployment, action)
        self._relevant: dict[int, Texts] = {}
        self._read: set[int] = set()  # the secrets whose policies the evaluator has read

    def row(self, principal: Principal) -> Iterator[Granted]:
        who = member_of(principal, self._unknowns)
        groups: dict[object, list[int]] = {}
        texts = self._texts(principal.policies)
        columns = [(self._reach.matched(text), text.variables != ()) for text in texts.all]
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
        several = [self._texts_of(policy) for policy in policies]
        return Texts(
            tuple(dict.fromkeys(text for texts in several for text in texts.allowing)),
            any(texts.allows_elsewhere for texts in several),
            tuple(dict.fromkeys(text for texts in several for text in texts.all)),
        )

    def _texts_of(self, policy: AttachedPolicy) -> Texts:
        # The deployment keeps the policies, so an id stays that of its policy.
        if id(policy) not in self._relevant:
            self._relevant[id(policy)] = texts_of(policy, self._action)
        return self._relevant[id(policy)]


@dataclass(frozen=True)
class Texts:
    """The resource patterns of the statements that may be about an action.

    Attributes:
        allowing: the Resources of those that allow it.
        allows_elsewhere: whether one may allow it on more, by NotResource.
        all: every pattern of all of them.
    """

    allowing: tuple[Text, ...]
    allows_elsewhere: bool
    all: tuple[Text, ...]


def texts_of(policy: AttachedPolicy, action: str) -> Texts:
    """Return the patterns of a policy.

    Raises:
        SecretAccessError: if it is malformed.
    """
    about = [each for each in policy.statements if each.covers_action(action.lower()) is not False]
    allowing = [statement for statement in about if statement.allows]
    return Texts(
        tuple(text for each in allowing for text in each.resources if not each.not_resource),
        any(statement.not_resource for statement in allowing),
        tuple(text for statement in about for text in statement.resources),
    )


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
                for statement in policy.statements:
                    about = statement.covers_action(action.lower()) is not False
                    if statement.allows and about and statement.principals is not None:
                        self._add(number, statement.principals, arns)

    def _add(self, number: int, named: Principals, arns: PatternIndex) -> None:
        for name in (*map(literal_text, named.aws), *named.unknown):
            if _ONE.fullmatch(str(name)):
                for principal in arns.matched(name):
                    self._to.setdefault(principal, set()).add(number)
            else:  # an account, everyone, a session or an unknown
                self._to_all.add(number)

    def secrets_of(self, principal: Principal) -> set[int]:
        named = self._to.get(self._number.get(id(principal), -1), set())
        return self._to_all | named


def _reads_system_tags(deployment: Deployment) -> bool:
    """Return whether a policy may read the tags that CloudFormation gives to each secret.

    They differ between all secrets, so that no two were alike by them.
    """
    policies = {
        id(policy): policy
        for principal in deployment.principals
        for policy in (*principal.policies, principal.boundary)
        if policy is not None
    }
    return any(
        isinstance(key, Text) or _SYSTEM_TAGS in key
        for policy in policies.values()
        for statement in policy.statements
        for key in keys_of(statement)
    )


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
