"""SecretAccess: what synthesized templates grant, to assert on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.cloudformation.model import Deployment
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
from constructs_lib.testing.messages import Case, how_to_decide, listed, which_is, who_is
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
    """What somebody may do on some secrets, and why.

    Attributes:
        principal: who, as messages name it.
        secrets: on which secrets.
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
    """What synthesized templates grant, to assert on.

    Make one with `from_stack`, `from_template` or `from_assembly`. Each takes what the templates
    leave open:

    - `region`, `account`: for stacks that do not say their own. Omitted, they are unknown, and
      `${AWS::Region}` equals only itself.
    - `partition`: omitted, it is the Region's, and `aws` if the Region is unknown.
    - `parameters`: the values of template parameters. One that is omitted is unknown, also if it
      has a Default: a deployment may give another.
    - `managed_policies`: the documents of managed policies that are not in the templates, by name
      or ARN. An assertion on a principal that has another one fails unless the policy can't change
      the answer. AWS's own policies are known as of a date, which the answers name; a document
      replaces that of AWS.
    - `stack_tags`: the tags that all stacks are deployed with. Omitted, they are those of the cloud
      assembly's manifest, and none for a template that is a dict.

    Principals are given as constructs (roles, users, groups, or what has a role, such as a Lambda
    function), names, logical ids or ARNs; secrets as constructs, `SecretScope`s of one secret,
    names, logical ids or ARNs. A group stands for any of its members. `context` has condition keys
    of the request with their values; None says that a key is absent.

    A secret's replicas (`ReplicaRegions`) are secrets of their own, each with the ARN of its
    Region, its own key, and the policy and tags of the secret that it copies. What a test denies of
    a secret (`assert_cannot`, `assert_never`, and to all others `assert_only`) it denies of the
    replicas too, as they hold the same value; what it allows is about the secret in its own Region.
    Given by its ARN, a secret or replica is that one alone.

    Attributes:
        deployments: what was read: one for each way in which undecided conditions may turn out.
    """

    # --- assertions -------------------------------------------------------------------------

    def assert_can(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the principal may do the action on the secret, whatever is left open.

        `secret` is omitted for actions without a resource, and a key for those of KMS.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if it may not, or that is undetermined; the message has the reason.
            SecretAccessError: if something given is not known.
        """
        __tracebackhide__ = True
        cases = self._asking.cases(principal, action, secret, context)
        self._warn(action, secret, cases)
        for each in cases:
            each.demand(True)

    def assert_cannot(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the action on the secret is denied to the principal, whatever is left open.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if it is allowed, or that is undetermined; the message names the
                statement.
            SecretAccessError: if something given is not known.
        """
        __tracebackhide__ = True
        cases = self._asking.cases(principal, action, secret, context, copies=True)
        self._warn(action, secret, cases)
        for each in cases:
            each.demand(False)

    def assert_can_read(
        self,
        principal: Any,
        secret: Any,
        *,
        encryption_key: Any = None,
        context: Context | None = None,
    ) -> None:
        """Fail unless the principal can read the secret's value: get it, and decrypt it.

        A secret under a customer-managed key takes `kms:Decrypt` too, in the context that Secrets
        Manager sends, by the key policy of the templates. A key that they do not have is taken to
        let the account's IAM policies decide, as the default key policy does.

        The answer holds under the assumptions of docs/assumptions.md.

        Args:
            principal: who.
            secret: which secret.
            encryption_key: its key, as a construct or an ARN. Omitted, it is the secret's own, as
                far as the template or the construct tells; if none tells, the AWS-managed one.
            context: condition keys of the request for the secret. What it says of the principal,
                and keys of KMS, are those of the request for the key, too.

        Raises:
            AssertionError: if it may not, or if that is undetermined.
            SecretAccessError: if something given is not known.
        """
        __tracebackhide__ = True
        self.assert_can(principal, "secretsmanager:GetSecretValue", secret, context=context)
        for each in self._asking.decryptions(principal, secret, encryption_key, context):
            each.demand(True)

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

        Nobody else is: no other user, role or group that the templates name, and nobody beside
        them to whom the resource policy of the secret, or the policy of the key, gives it. Users
        who are certainly in a listed group belong to it.

        The answer holds under the assumptions of docs/assumptions.md.

        Raises:
            AssertionError: if one of them may not, another may, or that is undetermined; the
                message lists them all.
            SecretAccessError: if something given is not known.
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
        self._asking.warn_if_unknown(action, secret)
        for principal in principals:
            for each in self._asking.cases(principal, action, secret, context):
                each.demand(True)
        for deployment in self.deployments:
            if not self._given.is_in(deployment, secret):
                continue
            asked = self._asking.with_copies(deployment, action, secret)
            meant = [
                who
                for principal in principals
                for at, who in self._given.principals(principal)
                if at is deployment
            ]
            arns = {who.arn for who in meant}
            groups = {(who.account, who.name.lower()) for who in meant if who.kind == "group"}
            found: list[str] = []
            undetermined: list[str] = []
            for other in deployment.principals:
                grouped = any((other.account, group) in groups for group in other.groups)
                same = any(
                    (other.kind, other.account, other.name.lower())
                    == (who.kind, who.account, who.name.lower())
                    for who in meant
                )
                if other.arn in arns or grouped or same:
                    continue
                for one in asked:
                    case = self._asking.case(deployment, other, action, one, context)
                    partial_decision = case.decision_on_policies()
                    if partial_decision.allowed is not False:
                        found.append(case.sentence(partial_decision))
                        if partial_decision.allowed is None:
                            undetermined.append(how_to_decide(partial_decision.remedies))
            for arn, policies in self._asking.resource_policies(deployment, action, asked):
                found += [
                    outsider.reason for outsider in outsiders(deployment, arn, policies, [action])
                ]
            unread = unread_that_allows(deployment, [action])
            found += map(str, unread)  # it may allow it to others than the templates name
            if found:
                names = listed([who_is(each, deployment.unknowns) for each in meant])
                first = (
                    f"{action} must be allowed to {names} alone"
                    if names
                    else f"{action} must be allowed to nobody"
                )
                remedies = dict.fromkeys((*(entry.remedy for entry in unread), *undetermined))
                remedy = f"{listed([*remedies])}, or " if remedies else ""
                remedy += "take it from them, or list them"
                raise AssertionError(f"{first}; {'; '.join(found)}; {remedy}")

    def assert_never(
        self,
        principal: Any,
        action: str | Sequence[str],
        secret: Any = "*",
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        """Fail unless it is proved that no request of the principal is ever allowed the action.

        Other than `assert_cannot`, it is about every context, tags of the secret included, and
        about all actions and resources that the patterns match. The ARN, account and tags of the
        principal are those of the templates. It requires the extra `prove` where comparing
        patterns does not suffice.

        A secret of another account must allow it by its own policy too. If the templates do not
        have that policy, the assertion fails, as it may allow it.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        access.assert_never("*", ["secretsmanager:PutResourcePolicy", "secretsmanager:Tag*"])
        access.assert_never(app_role, "secretsmanager:*", payroll_secret)
        ```

        Args:
            principal: who; `"*"`: every principal of the templates, and whomever else the policies
                of their secrets and keys name.
            action: one action or several, or patterns of them.
            secret: a secret, a key, or a pattern of ARNs. Omitted, any resource.
            time_limit: the seconds that the answer may take for each principal.

        Raises:
            AssertionError: if a request is allowed, or may be; the message has the request.
            SecretAccessError: if something given is not known.
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
        asking = (
            [(at, one) for at in self.deployments for one in at.principals]
            if everyone
            else self._given.principals(principal)
        )
        own = [] if everyone else [who for _, who in asking]
        self._asking.warn_if_unknown(str(actions[0]), secret, own)
        found: list[str] = []
        remedies: dict[str, None] = {}
        for deployment, who in asking:
            if not self._given.is_in(deployment, secret):
                continue
            resources = self._asking.resources(deployment, secret)
            finding = ever_allowed(deployment, who, actions, resources, time_limit)
            if finding is not None:
                found.append(f"{who_is(who, deployment.unknowns)}: {finding.sentence}")
                remedies |= dict.fromkeys(finding.remedies or [_NARROW])
        for deployment in self.deployments if everyone else ():
            if self._given.is_in(deployment, secret):
                resources = self._asking.resources(deployment, secret)
                arns = [each if isinstance(each, str) else each.arn for each in resources]
                reasons = [
                    each.reason for each in outsiders_of_resources(deployment, actions, arns)
                ]
                found += reasons
                remedies |= dict.fromkeys([_NARROW] if reasons else [])
        found += [f"it is not proved: {entry}" for entry in unread]
        remedies |= dict.fromkeys(entry.remedy for entry in unread)
        if found:
            raise AssertionError(
                f"{listed(actions)} must never be allowed; {'; '.join(dict.fromkeys(found))}; "
                f"{'; '.join(remedies)}"
            )

    def assert_no_new_access(
        self, *, since: SecretAccess, time_limit: float = DEFAULT_TIME_LIMIT
    ) -> None:
        """Fail unless it is proved that these templates grant nothing that earlier ones did not.

        Every principal's policies are compared with what it had, the policies of secrets and keys
        with theirs, and the trust policies of roles. Resources and parameters that are called the
        same in both are taken to be the same. It takes the extra `prove` where comparing patterns
        does not suffice.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        baseline = SecretAccess.from_template(deployed_template)
        SecretAccess.from_template(template).assert_no_new_access(since=baseline)
        ```

        Args:
            since: what the earlier templates grant, read in the same way.
            time_limit: the seconds that the answer may take for each principal.

        Raises:
            AssertionError: if something is new, or may be; the message says what and to whom.
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
        unknowns = Unknowns()  # one for both, so that their unknowns can be compared
        now, before = (
            read(each._stacks, managed_policies=each._managed_policies, unknowns=unknowns)
            for each in (self, since)
        )
        found = [
            sentence
            for new in now
            for old in before
            if _go_together(new, old)
            for sentence in new_access(new, old, time_limit)
        ]
        if found:
            raise AssertionError(
                f"there is new access; {'; '.join(dict.fromkeys(found))}; "
                "take it out, or accept it by making these templates the baseline"
            )

    def _warn(self, action: str, secret: Any, cases: Sequence[Case]) -> None:
        asking = [case.access_request.principal for case in cases]
        self._asking.warn_if_unknown(action, secret, asking)

    # --- what is granted --------------------------------------------------------------------

    def grants(
        self,
        action: str = "secretsmanager:GetSecretValue",
        *,
        context: Context | None = None,
    ) -> list[Grant]:
        """Return who may do an action on which secrets: everyone who may.

        They are the principals that the templates name, and whoever the secrets' own policies
        name beside them. A pattern that also matches secrets that are not in the templates is
        told by one that is made up: `...:secret:prod/<any other>`. To read a
        secret under a customer-managed key takes kms:Decrypt too, which `assert_can_read` knows.

        The answer holds under the assumptions of docs/assumptions.md.

        ```python
        for grant in SecretAccess.from_assembly("cdk.out").grants():
            print(grant.principal, grant.secrets, grant.reason)
        ```

        Args:
            action: the action, on a secret. Omitted, reading its value.
            context: condition keys of the requests. A key without a value is undetermined.

        Raises:
            SecretAccessError: if a policy is malformed, or the action is not one on a secret.
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
        case = Case(deployment, AccessRequest(who, action, first.arn), policies, first)
        decision = decision_with_unread(granted_access.partial_decision, deployment, action)
        conditions = _conditions(case, decision, context)
        yield Grant(
            who_is(granted_access.principal, unknowns),
            tuple(which_is(secret, unknowns) for secret in granted_access.secrets),
            decision.allowed is True or conditions is not None,
            case.reason(decision, conditional=conditions is not None),
            assumed_by(granted_access.principal, unknowns),
            conditions or (),
        )
    for secret in deployment.secrets:
        for outsider in outsiders(deployment, secret.arn, secret.policies, [action]):
            yield Grant(outsider.name, (which_is(secret, unknowns),), False, outsider.reason)
    secrets = tuple(which_is(secret, unknowns) for secret in deployment.secrets) or ("*",)
    for entry in unread_that_allows(deployment, [action]):
        yield Grant(entry.place, secrets, False, f"it is undetermined: {entry}")


def _conditions(
    case: Case, decision: PartialDecision, context: Context | None
) -> tuple[str, ...] | None:
    """Return the conditions on the context under which a request is allowed, if it is by them."""
    request, unknowns = case.access_request, case.deployment.unknowns

    def decide(more: Context) -> PartialDecision:
        completed = complete_request(request, case.secret, {**more, **(context or {})})
        return evaluate_partially(completed, unknowns, resource=case.resource_policies)

    completed = complete_request(request, case.secret, context)
    return context_conditions(decision, partial_request(completed, unknowns), decide)


def _go_together(new: Deployment, old: Deployment) -> bool:
    """Return whether the conditions of both may turn out so in one account."""
    return all(
        old.templates.choices.get(compared, equal) == equal
        for compared, equal in new.templates.choices.items()
    )
