"""Outsiders: whom the policies of secrets and keys name beside the principals of the templates.

An outsider has policies that are not in the templates, so that a statement that allows is taken to
give it access: its own policies are not known to prevent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from constructs_lib.aws.actions import WITHOUT_RESOURCE
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment
from constructs_lib.proof.cloudformation.unknowns import has_unknown
from constructs_lib.proof.deployment.comparison import resources_of
from constructs_lib.proof.deployment.secret_lookup import principal_of
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.symbolic.pattern_inclusion import includes, overlap

_EVERYONE = "everyone"
_PRINCIPAL_ARN = "aws:principalarn"
# Without the key, as in an anonymous request, these do not hold, and the negated ones do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_POSITIVE = {"stringequals", "stringlike", "arnequals", "arnlike"}
_NEGATIVE = {"stringnotequals", "stringnotlike", "arnnotequals", "arnnotlike"}


@dataclass(frozen=True)
class Outsider:
    """Somebody whom a resource's policy lets in.

    Attributes:
        name: the name in messages.
        reason: the statement that allows the access, and its condition.
    """

    name: str
    reason: str


def outsiders_of_resources(
    deployment: Deployment, actions: Sequence[str], resources: Sequence[str]
) -> Iterator[Outsider]:
    """Yield the outsiders that may do one of the actions on one of the resources.

    Args:
        deployment: the deployment, whose secrets and keys have policies.
        actions: actions, or patterns of actions.
        resources: ARNs, or patterns of ARNs.
    """
    for resource in resources_of(deployment):
        if any(deployment.unknowns.matches(text, resource.arn) is not False for text in resources):
            yield from outsiders(deployment, resource.arn, resource.policies, actions)


def outsiders(
    deployment: Deployment, arn: str, policies: Sequence[AttachedPolicy], actions: Sequence[str]
) -> Iterator[Outsider]:
    """Yield the outsiders that the policies of one resource let do one of the actions."""
    reader = _ResourcePolicies(deployment, arn, policies)
    requested = reader.on_resource(actions)
    if requested:
        yield from reader.outsiders(requested)


@dataclass(frozen=True)
class _ResourcePolicies:
    """The policies of one resource."""

    deployment: Deployment
    arn: str
    policies: Sequence[AttachedPolicy]

    def on_resource(self, actions: Sequence[str]) -> list[str]:
        """Return the actions, in lower case, that the resource's service may authorize on it."""
        return [
            action.lower()
            for action in actions
            if overlap(pattern(action.lower()), self._every_action)
            and action.lower() not in WITHOUT_RESOURCE
        ]

    def outsiders(self, actions: Sequence[str]) -> Iterator[Outsider]:
        """Yield everybody whom a statement names, unless another statement denies it."""
        exceptions = list(self._exceptions(actions))
        for policy in self.policies:
            if policy.document is None:
                yield Outsider("whomever it names", f"the document of {policy.name} is not known")
                continue
            for number, statement in enumerate(policy.statements, start=1):
                where = f"{policy.name}, statement {number}"
                if not isinstance(statement, Mapping):
                    yield Outsider("whomever it names", f"{where} is not known")
                    continue
                if statement.get("Effect") == "Deny" or not (
                    self._may_be_about_action(statement, actions)
                    and self._may_be_about_resource(statement)
                ):
                    continue
                limits = [*exceptions, *_principal_arns(statement, _POSITIVE)]
                for name in self._names(statement, limits):
                    yield Outsider(
                        name, f"{where}, allows it to {name}{self._shown_if(statement, policy)}"
                    )

    # --- the principals of a statement ------------------------------------------------------

    def _names(self, statement: Mapping[str, Any], limits: Sequence[Sequence[str]]) -> list[str]:
        """Return the outsiders that a statement names, and every limit leaves."""
        shown = self.deployment.unknowns.shown
        left = [[shown(arn) for arn in arns if not self._is_insider(arn)] for arns in limits]
        if [] in left:
            return []
        principal = statement.get("Principal")
        if "NotPrincipal" in statement:
            return ["all but those of its NotPrincipal"]
        if not isinstance(principal, Mapping):
            principal = {"AWS": "*"}
        names: list[str] = []
        for kind, value in principal.items():
            for text in map(str, value if isinstance(value, list) else [value]):
                if kind == "AWS" and text == "*":
                    names += [f"AWS {arn}" for arn in min(left, key=len)] if left else [_EVERYONE]
                elif kind != "AWS" or not self._is_insider(text):
                    names.append(f"{kind} {shown(text)}")
        return names

    def _is_insider(self, text: str) -> bool:
        """Return whether a principal is of the templates, or their account, whose policies decide.

        Every principal of the templates is asked about by itself.
        """
        account = self.arn.split(":")[4]
        if text == account or text.endswith(f":iam::{account}:root"):
            return True
        if any(text == principal.arn for principal in self.deployment.principals):
            return True
        exact = text.startswith("arn:") and not {"*", "?", "$"} & {*text}
        named = principal_of(self.deployment, text) if exact else None
        # AWS does not document how a policy is read whose ARN has a name in another case.
        return named is not None and named.name == text.rpartition("/")[2]

    def _exceptions(self, actions: Sequence[str]) -> Iterator[list[str]]:
        """Yield whom each statement excepts that denies the actions to everyone else."""
        for policy in self.policies:
            for statement in policy.statements if policy.doubt is None else ():
                if not isinstance(statement, Mapping) or statement.get("Effect") != "Deny":
                    continue
                if statement.get("Principal") not in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
                    continue
                if not (self._covers_actions(statement, actions) and self._covers(statement)):
                    continue
                condition = statement.get("Condition") or {}
                if not condition:
                    yield []
                elif isinstance(condition, Mapping) and len(condition) == 1:
                    (keys,) = condition.values()
                    if isinstance(keys, Mapping) and len(keys) == 1:
                        yield from _principal_arns(statement, _NEGATIVE)

    # --- actions and resources --------------------------------------------------------------

    @property
    def _every_action(self) -> Pattern:
        return pattern(f"{self.arn.split(':')[2]}:*")

    def _may_be_about_action(self, statement: Mapping[str, Any], actions: Sequence[str]) -> bool:
        if "Action" in statement:
            return any(
                has_unknown(text)
                or (
                    overlap(pattern(text.lower()), self._every_action)
                    and any(overlap(pattern(text.lower()), pattern(each)) for each in actions)
                )
                for text in _texts(statement["Action"])
            )
        excluded = [
            pattern(text.lower())
            for text in _texts(statement.get("NotAction"))
            if not has_unknown(text)
        ]
        return any(
            not any(includes(outer, pattern(action)) for outer in excluded) for action in actions
        )

    def _covers_actions(self, statement: Mapping[str, Any], actions: Sequence[str]) -> bool:
        covering = [
            pattern(text.lower())
            for text in _texts(statement.get("Action"))
            if not has_unknown(text)
        ]
        return all(
            any(includes(outer, pattern(action)) for outer in covering) for action in actions
        )

    def _may_be_about_resource(self, statement: Mapping[str, Any]) -> bool:
        matches = self.deployment.unknowns.matches
        if "Resource" in statement:
            return any(
                "${" in text or matches(text, self.arn) is not False
                for text in _texts(statement["Resource"])
            )
        return not any(
            "${" not in text and matches(text, self.arn) is True
            for text in _texts(statement.get("NotResource"))
        )

    def _covers(self, statement: Mapping[str, Any]) -> bool:
        return any(
            "${" not in text and self.deployment.unknowns.matches(text, self.arn) is True
            for text in _texts(statement.get("Resource"))
        )

    def _shown_if(self, statement: Mapping[str, Any], policy: AttachedPolicy) -> str:
        condition = statement.get("Condition")
        found = f", if {policy.doubt}" if policy.doubt is not None else ""
        if condition:
            found += f", under the condition {dumps(condition, ensure_ascii=False)}"
        return self.deployment.unknowns.shown(found)


def _principal_arns(statement: Mapping[str, Any], operators: set[str]) -> Iterator[list[str]]:
    """Yield the values of the conditions on the ARN of the principal with one of the operators."""
    condition = statement.get("Condition")
    for operator, keys in condition.items() if isinstance(condition, Mapping) else ():
        if str(operator).lower() not in operators or not isinstance(keys, Mapping):
            continue
        for key, values in keys.items():
            if str(key).lower() == _PRINCIPAL_ARN:
                yield _texts(values)


def _texts(value: object) -> list[str]:
    return [str(text) for text in (value if isinstance(value, list) else [value])]
