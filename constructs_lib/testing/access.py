"""SecretAccess: assertions on the access that synthesized templates grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.cloudformation.model import Deployment, Principal
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.proof.cloudformation.unknowns import Unknowns
from constructs_lib.proof.deployment.choices import conditions_of
from constructs_lib.proof.deployment.comparison import new_access
from constructs_lib.proof.deployment.context_conditions import context_conditions
from constructs_lib.proof.deployment.external_secrets import granted_on_external_secrets
from constructs_lib.proof.deployment.matrix import granted
from constructs_lib.proof.deployment.never_allowed import ever_allowed
from constructs_lib.proof.deployment.outsiders import outsiders, outsiders_of_resources
from constructs_lib.proof.deployment.partial_evaluation import (
    AccessRequest,
    evaluate_partially,
    partial_request,
)
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of
from constructs_lib.proof.deployment.role_assumption import assumed_by
from constructs_lib.proof.deployment.secret_lookup import policies_of_secret
from constructs_lib.proof.deployment.unread_access import decision_with_unread, unread_that_allows
from constructs_lib.proof.iam.evaluator import PartialDecision
from constructs_lib.proof.symbolic.prover import DEFAULT_TIME_LIMIT
from constructs_lib.testing.messages import (
    DeploymentRequest,
    listed,
    name_of_principal,
    name_of_secret,
    remedy_of_doubts,
)
from constructs_lib.testing.reading import Templates
from constructs_lib.testing.validation import (
    check_action_patterns,
    check_resource,
    check_secrets_action,
)

__all__ = ["Grant", "SecretAccess"]

_NARROW = "narrow that statement, or deny it with DenySecretAccess"


@dataclass(frozen=True)
class Grant:
    """The access of a principal to some secrets, with the reason.

    Attributes:
        principal: the name of the principal in messages.
        secrets: the names of the secrets in messages.
        certain: whether it is allowed, under `conditions`, whatever is unknown. A principal that
            only a secret's own policy names is never certain: its account decides.
        reason: the statement that allows it, or the unknowns on which it depends.
        assumed_by: the principals that may assume the role, by its trust policy in the templates.
            They have the access, too.
        conditions: the conditions on the context of the request, such as `with MFA`, and those of
            the templates.
    """

    principal: str
    secrets: tuple[str, ...]
    certain: bool
    reason: str
    assumed_by: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecretAccess(Templates):
    """The access that synthesized templates grant, with assertions on it.

    Make an instance with `from_stack`, `from_template` or `from_assembly`. They accept the values
    that the templates leave undetermined:

    - `region`, `account`: the environment of the stacks that have none. Omitted, it is unknown, and
      `${AWS::Region}` equals only itself.
    - `partition`: omitted, it is the partition of the Region, or `aws` if the Region is unknown.
    - `parameters`: the values of template parameters. A parameter that is omitted is unknown, also
      if it has a Default: a deployment may use another value.
    - `managed_policies`: the documents of managed policies that are not in the templates, by name
      or ARN. A document replaces AWS's policy of that name. The library has AWS's managed policies
      at a date, which the answers name. The document of any other managed policy is unknown: an
      assertion that depends on it fails.
    - `stack_tags`: the tags of all stacks at deployment. Omitted, they are the tags of the cloud
      assembly's manifest, and none for a template that is a dict.

    A principal is a construct, a name, a logical id or an ARN. The construct is a role, user or
    group, or has a role, such as a Lambda function. A group stands for any of its members. A secret
    is a construct, a `SecretScope` of one secret, a name, a logical id or an ARN. `context` has
    condition keys of the request with their values; None means that a key is absent.

    A replica of a secret (`ReplicaRegions`) is a secret of its own. It has an ARN in its Region,
    its own key, and the policy and tags of the primary secret. Replicas have the same value, so
    that assertions of denial cover them too: `assert_cannot`, `assert_never`, and `assert_only` for
    other principals. Assertions of permission are about the primary secret. An ARN stands for its
    own secret or replica alone.

    Attributes:
        deployments: the deployments: one for each outcome of the undecided conditions.
    """

    # --- assertions -------------------------------------------------------------------------

    def assert_can(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the principal may certainly do the action on the secret.

        `secret` is omitted for actions without a resource, and a key for actions of KMS.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if the request is denied or undetermined; the message has the reason.
            SecretAccessError: if an argument is invalid.
        """
        __tracebackhide__ = True
        requests = self._requests.in_deployments(principal, action, secret, context)
        self._warn(action, secret, requests)
        for request in requests:
            request.require(True)

    def assert_cannot(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the action on the secret is certainly denied to the principal.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if the request is allowed or undetermined; the message names the
                statement.
            SecretAccessError: if an argument is invalid.
        """
        __tracebackhide__ = True
        requests = self._requests.in_deployments(principal, action, secret, context, replicas=True)
        self._warn(action, secret, requests)
        for request in requests:
            request.require(False)

    def assert_can_read(
        self,
        principal: Any,
        secret: Any,
        *,
        encryption_key: Any = None,
        context: Context | None = None,
    ) -> None:
        """Fail unless the principal can read the secret's value: get it, and decrypt it.

        A secret under a customer-managed key also requires `kms:Decrypt`, in the context that
        Secrets Manager sends. The key policy of the templates decides on it. A key outside the
        templates is assumed to have the default key policy, by which the IAM policies of the
        account decide.

        The answer holds under the assumptions of docs/assumptions.md.

        Args:
            principal: the principal.
            secret: the secret.
            encryption_key: the key of the secret, as a construct or an ARN. Omitted, it is the key
                of the template or the construct, or else the AWS-managed key.
            context: condition keys of the request for the secret. The keys of the principal and of
                KMS are also in the request for the key.

        Raises:
            AssertionError: if a request is denied or undetermined.
            SecretAccessError: if an argument is invalid.
        """
        __tracebackhide__ = True
        self.assert_can(principal, "secretsmanager:GetSecretValue", secret, context=context)
        for request in self._requests.decryptions(principal, secret, encryption_key, context):
            request.require(True)

    def assert_only(
        self,
        principals: Sequence[Any],
        action: str,
        secret: Any = "*",
        *,
        context: Context | None = None,
    ) -> None:
        """Fail unless these principals may do the action on the secret, and nobody else.

        `secret` is omitted for actions without a resource, such as ListSecrets.

        The other principals are all users, roles and groups that the templates name. They are also
        the principals that the policy of the secret or of the key allows. A user that is certainly
        in a listed group counts as listed.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if the request of a listed principal is denied, that of another
                principal is allowed, or a decision is undetermined. The message has all of them.
            SecretAccessError: if an argument is invalid.
        """
        __tracebackhide__ = True
        if isinstance(principals, str) or not isinstance(principals, Sequence):
            raise InvalidOptionError(
                "principals",
                must="be a sequence of principals",
                got=principals,
                remedy="give a list: [...]",
            )
        check_resource(action, secret)
        self._requests.warn_if_unknown(action, secret)
        for principal in principals:
            for request in self._requests.in_deployments(principal, action, secret, context):
                request.require(True)
        for deployment in self.deployments:
            if not self._lookup.is_in(deployment, secret):
                continue
            resources = self._requests.with_replicas(deployment, action, secret)
            expected = [
                template_principal
                for principal in principals
                for its_deployment, template_principal in self._lookup.principals(principal)
                if its_deployment is deployment
            ]
            sentences: list[str] = []
            remedies: list[str] = []
            for other in deployment.principals:
                if _is_expected(other, expected):
                    continue
                for resource in resources:
                    request = self._requests.in_deployment(
                        deployment, other, action, resource, context
                    )
                    partial_decision = request.decision_on_policies()
                    if partial_decision.allowed is not False:
                        sentences.append(request.sentence(partial_decision))
                        if partial_decision.allowed is None:
                            remedies.append(remedy_of_doubts(partial_decision.remedies))
            for arn, policies in self._requests.resource_policies(deployment, action, resources):
                sentences += [
                    outsider.reason for outsider in outsiders(deployment, arn, policies, [action])
                ]
            unread = unread_that_allows(deployment, [action])
            sentences += map(str, unread)  # it may allow principals that the templates do not name
            if sentences:
                unknowns = deployment.unknowns
                names = listed([name_of_principal(principal, unknowns) for principal in expected])
                rule = (
                    f"{action} must be allowed to {names} alone"
                    if names
                    else f"{action} must be allowed to nobody"
                )
                remedies = [*dict.fromkeys((*(entry.remedy for entry in unread), *remedies))]
                remedy = f"{listed(remedies)}, or " if remedies else ""
                remedy += "remove their access, or list them"
                raise AssertionError(f"{rule}; {'; '.join(sentences)}; {remedy}")

    def assert_never(
        self,
        principal: Any,
        action: str | Sequence[str],
        secret: Any = "*",
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        """Fail unless it is proved that no request of the principal is ever allowed the action.

        The proof covers every context, also every tag of the secret, and all actions and resources
        that the patterns match. The ARN, the account and the tags of the principal are assumed to
        stay. If a comparison of patterns does not decide, the proof requires the extra `prove`.

        The policy of a secret in another account must allow the access too. If the templates do
        not have that policy, the assertion fails, because the policy may allow the access.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        access.assert_never("*", ["secretsmanager:PutResourcePolicy", "secretsmanager:Tag*"])
        access.assert_never(app_role, "secretsmanager:*", payroll_secret)
        ```

        Args:
            principal: the principal; `"*"`: every principal of the templates, and every other
                principal that the policies of their secrets and keys name.
            action: an action or a pattern of actions, or several of them.
            secret: a secret, a key, or a pattern of ARNs. Omitted, any resource.
            time_limit: the limit in seconds for the proof of each principal.

        Raises:
            AssertionError: if a request is allowed or undetermined; the message has the request.
            SecretAccessError: if an argument is invalid.
        """
        __tracebackhide__ = True
        actions = list(action) if isinstance(action, Iterable) else [action]
        actions = [action] if isinstance(action, str) else actions
        check_action_patterns(actions)
        everyone = isinstance(principal, str) and principal == "*"
        unread = {
            entry: None
            for deployment in self.deployments
            for entry in unread_that_allows(deployment, actions)
        }
        principals = (
            [
                (deployment, template_principal)
                for deployment in self.deployments
                for template_principal in deployment.principals
            ]
            if everyone
            else self._lookup.principals(principal)
        )
        named = [] if everyone else [template_principal for _, template_principal in principals]
        self._requests.warn_if_unknown(str(actions[0]), secret, named)
        sentences: list[str] = []
        remedies: dict[str, None] = {}
        for deployment, template_principal in principals:
            if not self._lookup.is_in(deployment, secret):
                continue
            resources = self._requests.resources(deployment, secret)
            finding = ever_allowed(deployment, template_principal, actions, resources, time_limit)
            if finding is not None:
                name = name_of_principal(template_principal, deployment.unknowns)
                sentences.append(f"{name}: {finding.sentence}")
                remedies |= dict.fromkeys(finding.remedies or [_NARROW])
        for deployment in self.deployments if everyone else ():
            if self._lookup.is_in(deployment, secret):
                arns = [
                    resource if isinstance(resource, str) else resource.arn
                    for resource in self._requests.resources(deployment, secret)
                ]
                reasons = [
                    outsider.reason
                    for outsider in outsiders_of_resources(deployment, actions, arns)
                ]
                sentences += reasons
                remedies |= dict.fromkeys([_NARROW] if reasons else [])
        sentences += [f"it is not proved: {entry}" for entry in unread]
        remedies |= dict.fromkeys(entry.remedy for entry in unread)
        if sentences:
            raise AssertionError(
                f"{listed(actions)} must never be allowed; {'; '.join(dict.fromkeys(sentences))}; "
                f"{'; '.join(remedies)}"
            )

    def assert_no_new_access(
        self, *, since: SecretAccess, time_limit: float = DEFAULT_TIME_LIMIT
    ) -> None:
        """Fail unless it is proved that these templates grant no more access than earlier ones.

        The proof compares the policies of every principal, secret and key, and the trust policies
        of roles. Resources and parameters with the same name in both are assumed to be the same.
        If a comparison of patterns does not decide, the proof requires the extra `prove`.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        baseline = SecretAccess.from_template(deployed_template)
        SecretAccess.from_template(template).assert_no_new_access(since=baseline)
        ```

        Args:
            since: the access of the earlier templates, read in the same way.
            time_limit: the limit in seconds for the proof of each principal.

        Raises:
            AssertionError: if access is new, or that is undetermined; the message has the access
                and the principal.
            SecretAccessError: if a policy is malformed.
        """
        __tracebackhide__ = True
        if not isinstance(since, SecretAccess) or not (since._stacks and self._stacks):
            raise InvalidOptionError(
                "since",
                must="be a SecretAccess that from_stack, from_template or from_assembly made",
                got=since,
                remedy="read the earlier templates: SecretAccess.from_template(earlier)",
            )
        unknowns = Unknowns()  # shared, so that the unknowns of both can be compared
        new_deployments, old_deployments = (
            read(access._stacks, managed_policies=access._managed_policies, unknowns=unknowns)
            for access in (self, since)
        )
        sentences = [
            sentence
            for new in new_deployments
            for old in old_deployments
            if _are_compatible(new, old)
            for sentence in new_access(new, old, time_limit)
        ]
        if sentences:
            raise AssertionError(
                f"there is new access; {'; '.join(dict.fromkeys(sentences))}; "
                "remove it, or accept it by making these templates the baseline"
            )

    def _warn(self, action: str, secret: Any, requests: Sequence[DeploymentRequest]) -> None:
        principals = [request.access_request.principal for request in requests]
        self._requests.warn_if_unknown(action, secret, principals)

    # --- grants -----------------------------------------------------------------------------

    def grants(
        self,
        action: str = "secretsmanager:GetSecretValue",
        *,
        context: Context | None = None,
    ) -> list[Grant]:
        """Return all grants of an action on secrets.

        They cover the principals that the templates name, and other principals that the policies of
        the secrets name. A generated secret stands for the secrets outside the templates that a
        pattern matches: `...:secret:prod/<any other>`. The grants do not cover kms:Decrypt, which
        `assert_can_read` does.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        for grant in SecretAccess.from_assembly("cdk.out").grants():
            print(grant.principal, grant.secrets, grant.reason)
        ```

        Args:
            action: an action on secrets. Omitted, GetSecretValue.
            context: condition keys of the requests. A key without a value is undetermined.

        Raises:
            SecretAccessError: if a policy is malformed, or the action is not on a secret.
        """
        check_secrets_action(action)
        holding: dict[Grant, set[int]] = {}
        for number, deployment in enumerate(self.deployments):
            for grant in _grants_of(deployment, action, context):
                holding.setdefault(grant, set()).add(number)
        conditions = {
            grant: conditions_of(numbers, self.deployments) for grant, numbers in holding.items()
        }
        return [
            replace(grant, conditions=(*grant.conditions, f"where {where}")) if where else grant
            for grant, where in conditions.items()
        ]


def _grants_of(deployment: Deployment, action: str, context: Context | None) -> Iterator[Grant]:
    """Yield the grants under one choice of the conditions of the templates."""
    unknowns = deployment.unknowns
    for granted_access in (
        *granted(deployment, action, context=context),
        *granted_on_external_secrets(deployment, action, context=context),
    ):
        first, who = granted_access.secrets[0], member_of(granted_access.principal, unknowns)
        policies = policies_of_secret(deployment, first, who)
        access_request = AccessRequest(who, action, first.arn)
        request = DeploymentRequest(deployment, access_request, policies, first)
        decision = decision_with_unread(granted_access.partial_decision, deployment, action)
        conditions = _conditions(request, decision, context)
        yield Grant(
            name_of_principal(granted_access.principal, unknowns),
            tuple(name_of_secret(secret, unknowns) for secret in granted_access.secrets),
            decision.allowed is True or conditions is not None,
            request.reason(decision, conditional=conditions is not None),
            assumed_by(granted_access.principal, unknowns),
            conditions or (),
        )
    for secret in deployment.secrets:
        for outsider in outsiders(deployment, secret.arn, secret.policies, [action]):
            yield Grant(outsider.name, (name_of_secret(secret, unknowns),), False, outsider.reason)
    secrets = tuple(name_of_secret(secret, unknowns) for secret in deployment.secrets) or ("*",)
    for entry in unread_that_allows(deployment, [action]):
        yield Grant(entry.place, secrets, False, f"it is undetermined: {entry}")


def _conditions(
    request: DeploymentRequest, decision: PartialDecision, context: Context | None
) -> tuple[str, ...] | None:
    """Return the conditions on the context under which a request is allowed, if it is by them."""
    access_request, unknowns = request.access_request, request.deployment.unknowns

    def decide(more: Context) -> PartialDecision:
        completed = complete_request(access_request, request.secret, {**more, **(context or {})})
        return evaluate_partially(completed, unknowns, resource=request.resource_policies)

    completed = complete_request(access_request, request.secret, context)
    return context_conditions(decision, partial_request(completed, unknowns), decide)


def _is_expected(principal: Principal, expected: Sequence[Principal]) -> bool:
    """Return whether a principal is expected, or is a user that is certainly in a group that is."""
    groups = {(group.account, group.name.lower()) for group in expected if group.kind == "group"}
    return any((principal.account, group) in groups for group in principal.groups) or any(
        principal.arn == other.arn
        or (principal.kind, principal.account, principal.name.lower())
        == (other.kind, other.account, other.name.lower())
        for other in expected
    )


def _are_compatible(new: Deployment, old: Deployment) -> bool:
    """Return whether the conditions of both may have these outcomes in one account."""
    return all(
        old.templates.choices.get(compared, equal) == equal
        for compared, equal in new.templates.choices.items()
    )
