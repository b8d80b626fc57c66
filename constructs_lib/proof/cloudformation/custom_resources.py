"""Custom resources: whether the role of the function behind one can change access.

A custom resource does what its function may do. It is harmless if the templates have the function
and its role, and if the role's policies let it change no policy of IAM, of a key or of a secret,
neither directly nor through a function, state machine or role that it may use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from constructs_lib.proof.cloudformation.model import AttachedPolicy, Principal
from constructs_lib.proof.cloudformation.properties import Resource
from constructs_lib.proof.cloudformation.resource_types import (
    CHANGING_ACTIONS,
    DELEGATING_ACTIONS,
    HARMLESS_MANAGED_POLICIES,
)
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.iam.text_matching import matches, parts_of

_ROLE_OF_ACCOUNT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):role/[^*?]+")


@dataclass(frozen=True)
class CustomResources:
    """Decides which custom resources are harmless.

    Attributes:
        resources: the resources of all templates.
        principals: the principals with their policies.
        unknowns: the unknowns.
    """

    resources: Sequence[Resource]
    principals: Sequence[Principal]
    unknowns: Unknowns

    def reason(self, resource: Resource) -> str | None:
        """Return why a custom resource may change access. None: it is harmless."""
        resolver, logical_id, _, properties = resource
        place = f"Resources.{logical_id}.Properties.ServiceToken"
        if "ServiceToken" not in properties:
            return "it has no ServiceToken"
        token = resolver.text(properties["ServiceToken"], place)
        role = self._runners.get(_function_of(token))
        if role is None:
            return f"its ServiceToken {self.unknowns.shown(token)} is no function of the templates"
        return self._reason_of_role(role, set())

    @cached_property
    def _runners(self) -> dict[str, str]:
        """The functions and state machines by ARN and name, each with the ARN of its role."""
        runners: dict[str, str] = {}
        for resolver, logical_id, type_, properties in self.resources:
            prop = {"AWS::Lambda::Function": "Role", "AWS::StepFunctions::StateMachine": "RoleArn"}
            if type_ not in prop:
                continue
            place = f"Resources.{logical_id}"
            role = resolver.text(properties.get(prop[type_], ""), f"{place}.{prop[type_]}")
            for value in (
                {"Ref": logical_id},
                {"Fn::GetAtt": [logical_id, "Arn"]},
                properties.get("FunctionName"),
            ):
                if value is not None:
                    runners[resolver.text(value, place)] = role
        for resolver, logical_id, type_, properties in self.resources:
            if type_ in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
                place = f"Resources.{logical_id}"
                name = resolver.text(properties.get("FunctionName", ""), place)
                if name in runners:
                    runners[resolver.ref(logical_id, place)] = runners[name]
        return runners

    @cached_property
    def _roles(self) -> dict[str, Principal]:
        """The roles that the templates create, by ARN."""
        return {
            principal.arn: principal
            for principal in self.principals
            if principal.kind == "role" and principal.location is not None
        }

    def _reason_of_role(self, arn: str, visited: set[str]) -> str | None:
        """Return why a role may change access. `visited` are the roles that were looked at."""
        if arn in visited:
            return None
        visited.add(arn)
        role = self._roles.get(arn)
        if role is None:
            return None if self._of_another_account(arn) else self._not_in_templates(arn)
        for policy in role.policies:
            reason = self._reason_of_policy(role, policy, visited)
            if reason is not None:
                return reason
        return None

    def _not_in_templates(self, arn: str) -> str:
        return f"role {self.unknowns.shown(arn)}, which it may use, is not in the templates"

    def _of_another_account(self, arn: str) -> bool:
        """Return whether a role acts in an account that none of the templates is deployed to."""
        match = _ROLE_OF_ACCOUNT.fullmatch(arn)
        accounts = {resolver.root.stack.account for resolver, *_ in self.resources}
        return match is not None and None not in accounts and match[1] not in accounts

    def _reason_of_policy(
        self, role: Principal, policy: AttachedPolicy, visited: set[str]
    ) -> str | None:
        if policy.document is None:
            _, _, name = (policy.arn or "").partition(":iam::aws:policy/")
            if name in HARMLESS_MANAGED_POLICIES:
                return None
            return f"the document of {policy.name} of {role.location}, its role, is not known"
        for statement in policy.statements:
            if not statement.allows:
                continue
            for action in self._allowed(statement, CHANGING_ACTIONS):
                return f"{policy.name} may allow {action} to {role.location}, its role"
            for action in self._allowed(statement, DELEGATING_ACTIONS):
                texts = ["*"] if statement.not_resource else statement.resources
                for text in map(_encoded, texts):
                    reason = self._reason_of_target(text, visited)
                    if reason is not None:
                        return f"{policy.name} may allow {action} to {role.location}; {reason}"
        return None

    def _reason_of_target(self, target: str, visited: set[str]) -> str | None:
        """Return why a function, state machine or role that is used may change access."""
        role = self._runners.get(_function_of(target), target)
        return self._reason_of_role(role, visited)

    def _allowed(self, statement: PolicyStatement, actions: Sequence[str]) -> Iterator[str]:
        """Yield the actions that a statement may allow on resources of their service."""
        for action in actions:
            service = {"sts": "iam"}.get(action.partition(":")[0], action.partition(":")[0])
            if statement.covers_action(action.lower()) is not False and (
                statement.not_resource  # on nearly all
                or any(_of_service(text, service) for text in statement.resources)
            ):
                yield action


def _of_service(resource: Text, service: str) -> bool:
    """Return whether a resource of a statement may be one of a service."""
    parts = parts_of(resource)
    if parts is None or len(parts) < 6:
        return True  # `*`, or an unknown
    return matches(parts[2], service) is not False


def _encoded(text: Text | str) -> str:
    return text if isinstance(text, str) else text.encoded


def _function_of(text: str) -> str:
    """Return the function of an ARN or name; the ARN of a version ends in its qualifier."""
    text = text.removesuffix(":*").removesuffix(":$LATEST")
    _, found, name = text.partition(":function:")
    return name if found else text
