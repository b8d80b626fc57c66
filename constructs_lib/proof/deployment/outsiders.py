"""Outsiders: principals that the policies of secrets and keys name, and the templates do not have.

An outsider has policies that are not in the templates, so that a statement that allows is taken to
give it access: its own policies are not known to prevent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from constructs_lib.aws.actions import WITHOUT_RESOURCE
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment
from constructs_lib.proof.deployment.resource_policies import resources_of
from constructs_lib.proof.deployment.secret_lookup import certain_principal_of
from constructs_lib.proof.iam.condition_operators import ConditionTest
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.iam.text_matching import matches
from constructs_lib.proof.iam.three_valued import any_of, negation
from constructs_lib.proof.symbolic.pattern_inclusion import includes, overlap

_EVERYONE = "everyone"
_PRINCIPAL_ARN = "aws:principalarn"
# Without the key, as in an anonymous request, these do not hold, and the negated ones do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_ABOUT_ARNS = ("stringequals", "stringlike", "arnequals", "arnlike")


@dataclass(frozen=True)
class Outsider:
    """A principal that a resource's policy lets in.

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
    """Yield the outsiders that the policies of one resource let do one of the actions.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    service = pattern(f"{arn.split(':')[2]}:*")
    requested = tuple(
        pattern(action.lower())
        for action in actions
        if overlap(pattern(action.lower()), service) and action.lower() not in WITHOUT_RESOURCE
    )
    if requested:
        yield from _ResourcePolicies(deployment, arn, policies, requested, service).outsiders()


@dataclass(frozen=True)
class _ResourcePolicies:
    """The policies of one resource, and the actions of its service that are of interest."""

    deployment: Deployment
    arn: str
    policies: Sequence[AttachedPolicy]
    actions: tuple[Pattern, ...]
    service: Pattern

    def outsiders(self) -> Iterator[Outsider]:
        """Yield each outsider that a statement names, unless another statement denies it."""
        for policy in self.policies:
            if policy.document is None:
                yield Outsider("any principal", f"the document of {policy.name} is not known")
                continue
            for statement in policy.statements:
                if not (
                    statement.allows
                    and self._may_be_about_action(statement)
                    and self._is_about_resource(statement) is not False
                ):
                    continue
                for name in self._names(statement):
                    reason = f"{statement.place}, allows it to {name}{_shown_if(statement)}"
                    yield Outsider(name, reason)

    # --- the principals of a statement ------------------------------------------------------

    def _names(self, statement: PolicyStatement) -> list[str]:
        """Return the outsiders that a statement names, and every limit leaves."""
        limits = [*self._exceptions, *_principal_arns(statement, negated=False)]
        left = [[str(arn) for arn in arns if not self._is_insider(arn.encoded)] for arns in limits]
        named = statement.principals
        if [] in left or named is None:
            return []
        names: list[str] = []
        for name in named.aws:
            if name == "*":
                names += [f"AWS {arn}" for arn in min(left, key=len)] if left else [_EVERYONE]
            elif not self._is_insider(name):
                names.append(f"AWS {name}")
        names += [f"AWS {text}" for text in named.unknown if not self._is_insider(text.encoded)]
        return names + [f"{kind} {name}" for kind, name in named.others]

    def _is_insider(self, text: str) -> bool:
        """Return whether a principal is of the templates, or their account, whose policies decide.

        Every principal of the templates is evaluated by itself.
        """
        account = self.arn.split(":")[4]
        if text == account or text.endswith(f":iam::{account}:root"):
            return True
        if any(text == principal.arn for principal in self.deployment.principals):
            return True
        exact = not {"*", "?", "$"} & {*text}
        named = certain_principal_of(self.deployment, text) if exact else None
        # AWS does not document how a policy is read whose ARN has a name in another case.
        return named is not None and named.name == text.rpartition("/")[2]

    @cached_property
    def _exceptions(self) -> list[tuple[Text, ...]]:
        """Whom each statement excepts that denies the actions to everyone else."""
        return [
            arns
            for policy in self.policies
            for statement in policy.statements
            if self._denies_everyone(statement) and len(statement.tests) <= 1
            for arns in (_principal_arns(statement, negated=True) if statement.tests else [()])
        ]

    def _denies_everyone(self, statement: PolicyStatement) -> bool:
        """Return whether a statement denies all actions, as far as its condition holds."""
        named = statement.principals
        return (
            not (statement.allows or statement.doubt or statement.not_action)
            and named is not None
            and not named.negated
            and "*" in named.aws
            and all(
                any(includes(one, action) for one in statement.actions) for action in self.actions
            )
            and self._is_about_resource(statement) is True
        )

    # --- actions and resources --------------------------------------------------------------

    def _may_be_about_action(self, statement: PolicyStatement) -> bool:
        if statement.not_action:
            return not all(
                any(includes(outer, action) for outer in statement.actions)
                for action in self.actions
            )
        return statement.unknown_actions != () or any(
            overlap(one, self.service) and any(overlap(one, action) for action in self.actions)
            for one in statement.actions
        )

    def _is_about_resource(self, statement: PolicyStatement) -> bool | None:
        value = self.deployment.unknowns.value(self.arn)
        outcome = any_of(
            None if text.variables else matches(text, value) for text in statement.resources
        )
        return negation(outcome) if statement.not_resource else outcome


def _shown_if(statement: PolicyStatement) -> str:
    doubt = f", if {statement.doubt}" if statement.doubt is not None else ""
    tests = " and ".join(map(str, statement.tests))
    return doubt + (f", under the condition {tests}" if tests else "")


def _principal_arns(statement: PolicyStatement, *, negated: bool) -> Iterator[tuple[Text, ...]]:
    """Yield the values of the conditions on the ARN of the principal."""
    for test in statement.tests:
        if (
            isinstance(test, ConditionTest)
            and test.key == _PRINCIPAL_ARN
            and test.negated == negated
            and test.name.replace("not", "") in _ABOUT_ARNS
            and test.quantifier is None
            and not test.if_exists
        ):
            yield test.values
