"""SecretAccess: what synthesized templates grant, to assert on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.asked import Context, decryption, member_of, told
from constructs_lib.proof.bounds import Question
from constructs_lib.proof.changes import ever_allowed, new_access
from constructs_lib.proof.elsewhere import granted_elsewhere
from constructs_lib.proof.lookup import key_of
from constructs_lib.proof.matrix import granted
from constructs_lib.proof.prover import DEFAULT_TIME_LIMIT
from constructs_lib.proof.stacks import Stack, read_assembly
from constructs_lib.proof.symbols import Symbols
from constructs_lib.proof.template import (
    AttachedPolicy,
    Deployment,
    Document,
    Key,
    Principal,
    Secret,
    default_key_policy,
    read,
)
from constructs_lib.testing.given import Given, key_that_it_brings, placed
from constructs_lib.testing.messages import Case, how_to_decide, listed, outsiders, which_is, who_is

__all__ = ["Grant", "SecretAccess"]

# AWS authorizes these on `*` alone; with a secret's ARN they grant nothing.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
_WITHOUT_RESOURCE = {
    "secretsmanager:batchgetsecretvalue",
    "secretsmanager:getrandompassword",
    "secretsmanager:listsecrets",
}
_SECRETS_OWN_KEY = "alias/aws/secretsmanager"


@dataclass(frozen=True)
class Grant:
    """What somebody may do on some secrets, and why.

    Attributes:
        principal: who, as messages name it.
        secrets: on which secrets.
        certain: whether it is allowed whatever the templates and the context leave open. A
            principal that only a secret's own policy names is never certain: its account decides.
        reason: which statement allows it, or on what it depends.
    """

    principal: str
    secrets: tuple[str, ...]
    certain: bool
    reason: str


@dataclass(frozen=True)
class SecretAccess:
    """What synthesized templates grant, to assert on.

    Make one with `from_stack`, `from_template` or `from_assembly`. Each takes what the templates
    leave open:

    - `region`, `account`: for stacks that do not say their own. Omitted, they are unknown, and
      `${AWS::Region}` equals only itself.
    - `partition`: omitted, it is the Region's, and `aws` if the Region is unknown.
    - `parameters`: the values of template parameters. One that is omitted is unknown, also if it
      has a Default: a deployment may give another.
    - `managed_policies`: the documents of managed policies that are not in the templates, by name
      or ARN, such as AWS's own. Without it, an assertion on a principal that has one fails unless
      the policy can't change the answer.

    Principals are given as constructs (roles, users, groups, or what has a role, such as a Lambda
    function), names, logical ids or ARNs; secrets as constructs, `SecretScope`s of one secret,
    names, logical ids or ARNs. A group stands for any of its members. `context` has condition keys
    of the request with their values; None says that a key is absent.

    Attributes:
        deployments: what was read: one for each way in which undecided conditions may turn out.
    """

    deployments: tuple[Deployment, ...]
    _stack: Any = None
    _stacks: tuple[Stack, ...] = ()
    _managed_policies: Mapping[str, Document] | None = None

    # --- reading ----------------------------------------------------------------------------

    @property
    def _given(self) -> Given:
        return Given(self.deployments, self._stack)

    @classmethod
    def _of(
        cls,
        stacks: Sequence[Stack],
        managed_policies: Mapping[str, Document] | None,
        stack: Any = None,
    ) -> SecretAccess:
        found = tuple(read(stacks, managed_policies=managed_policies))
        return cls(found, stack, tuple(stacks), managed_policies)

    @classmethod
    def from_stack(
        cls,
        stack: Any,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
    ) -> SecretAccess:
        """Synthesize a stack's app (or stage) as it is now, and read all its stacks.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        from aws_cdk import Stack as CdkStack
        from aws_cdk import Stage

        if not isinstance(stack, CdkStack):
            raise SecretAccessError(
                f"stack is {shown(stack)}",
                allowed="an aws_cdk.Stack is allowed",
                remedy="for a template use from_template, for cdk.out from_assembly",
            )
        stage = Stage.of(stack)
        assert stage is not None  # a stack without an app makes one
        assembly = stage.synth(force=True)
        given = read_assembly(assembly.directory)
        stacks = placed(given, region, account, partition, parameters)
        return cls._of(stacks, managed_policies, stack)

    @classmethod
    def from_template(
        cls,
        template: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
    ) -> SecretAccess:
        """Read one template, or several of one account and Region, each a dict.

        Raises:
            SecretAccessError: if a template can't be understood.
        """
        templates = [template] if isinstance(template, Mapping) else template
        if isinstance(templates, str) or not isinstance(templates, Sequence) or not templates:
            raise SecretAccessError(
                f"template is {shown(template)}",
                allowed="a dict, or a list of them, is allowed",
                remedy="load the template first; for a directory use from_assembly",
            )
        names = ["template"] if len(templates) == 1 else []
        names += [f"template {number}" for number in range(1, len(templates) + 1)]
        given = [Stack(name, each) for name, each in zip(names, templates, strict=False)]
        stacks = placed(given, region, account, partition, parameters)
        return cls._of(stacks, managed_policies)

    @classmethod
    def from_assembly(
        cls,
        directory: str | Path,
        *,
        region: str | None = None,
        account: str | None = None,
        partition: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        managed_policies: Mapping[str, Document] | None = None,
    ) -> SecretAccess:
        """Read all stacks of a cloud assembly: the directory that `cdk synth` writes (`cdk.out`).

        Raises:
            SecretAccessError: if it is no cloud assembly, or a template can't be understood.
        """
        stacks = placed(read_assembly(directory), region, account, partition, parameters)
        if not stacks:
            raise SecretAccessError(
                f"{directory} has no stacks",
                allowed="a cloud assembly with one stack or more is allowed",
                remedy="run cdk synth, and give the directory that it wrote",
            )
        return cls._of(stacks, managed_policies)

    # --- assertions -------------------------------------------------------------------------

    def assert_can(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the principal may do the action on the secret, whatever is left open.

        `secret` is omitted for actions without a resource, and a key for those of KMS.

        Raises:
            AssertionError: if it may not, or if that is open; the message says what is missing.
            SecretAccessError: if something given is not known.
        """
        for each in self._cases(principal, action, secret, context):
            each.demand(True)

    def assert_cannot(
        self, principal: Any, action: str, secret: Any = "*", *, context: Context | None = None
    ) -> None:
        """Fail unless the action on the secret is denied to the principal, whatever is left open.

        Raises:
            AssertionError: if it is allowed, or if that is open; the message names the statement.
            SecretAccessError: if something given is not known.
        """
        for each in self._cases(principal, action, secret, context):
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

        Args:
            principal: who.
            secret: which secret.
            encryption_key: its key, as a construct or an ARN. Omitted, it is the secret's own, as
                far as the template or the construct tells; if none tells, the AWS-managed one.
            context: condition keys of the request for the secret.

        Raises:
            AssertionError: if it may not, or if that is open.
            SecretAccessError: if something given is not known.
        """
        self.assert_can(principal, "secretsmanager:GetSecretValue", secret, context=context)
        named = encryption_key if encryption_key is not None else key_that_it_brings(secret)
        for deployment, who in self._given.principals(principal):
            if not self._given.is_in(deployment, secret):
                continue
            which = self._given.secret(deployment, secret)
            who = member_of(who, deployment.symbols)
            given = (
                which.key if named is None else self._given.text(deployment, named, ("key_arn",))
            )
            if given is None or given.endswith(_SECRETS_OWN_KEY):
                continue
            key = key_of(deployment, given, which)
            question = decryption(who, which, key if isinstance(key, str) else key.arn)
            Case(deployment, question, self._key_policies(key, who), which).demand(True)

    def assert_only(
        self,
        principals: Sequence[Any],
        action: str,
        secret: Any,
        *,
        context: Context | None = None,
    ) -> None:
        """Fail unless these principals may do the action on the secret, and nobody else.

        Nobody else is: no other user, role or group that the templates name, and nobody beside
        them to whom the secret's resource policy gives it. Users who are certainly in a listed
        group belong to it.

        Raises:
            AssertionError: if one of them may not, another may, or that is open; the message lists
                them all.
            SecretAccessError: if something given is not known.
        """
        if isinstance(principals, str) or not isinstance(principals, Sequence):
            raise SecretAccessError(
                f"principals is {shown(principals)}",
                allowed="a sequence of principals is allowed",
                remedy="give a list: [...]",
            )
        for principal in principals:
            self.assert_can(principal, action, secret, context=context)
        for deployment in self.deployments:
            if not self._given.is_in(deployment, secret):
                continue
            asked = secret if secret == "*" else self._given.secret(deployment, secret)
            meant = [
                who
                for principal in principals
                for at, who in self._given.principals(principal)
                if at is deployment
            ]
            arns = {who.arn for who in meant}
            groups = {(who.account, who.name) for who in meant if who.kind == "group"}
            found: list[str] = []
            doubts: list[str] = []
            for other in deployment.principals:
                grouped = any((other.account, group) in groups for group in other.groups)
                same = any(
                    (other.kind, other.account, other.name) == (who.kind, who.account, who.name)
                    for who in meant
                )
                if other.arn in arns or grouped or same:
                    continue
                case = self._case(deployment, other, action, asked, context)
                judgement = case.judgement()
                if judgement.allowed is not False:
                    found.append(case.sentence(judgement))
                    doubts += judgement.doubts
            if isinstance(asked, Secret):
                found += [sentence for _, sentence in outsiders(deployment, asked, action)]
            if found:
                names = listed([who_is(each, deployment.symbols) for each in meant])
                first = f"{action} is not for {names} alone" if names else f"{action} is for some"
                remedy = f"{how_to_decide(doubts)}, or " if doubts else ""
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
        about all actions and resources that the patterns match. What is known of the principal
        (its ARN, account and tags) is taken to stay. It takes the extra `prove` where comparing
        patterns does not suffice.

        ```python
        access.assert_never("*", ["secretsmanager:PutResourcePolicy", "secretsmanager:Tag*"])
        access.assert_never(app_role, "secretsmanager:*", payroll_secret)
        ```

        Args:
            principal: who; `"*"`: every principal of the templates.
            action: one action or several, or patterns of them.
            secret: a secret, or a pattern of ARNs. Omitted, any resource.
            time_limit: the seconds that the solver may take for each principal.

        Raises:
            AssertionError: if a request is allowed, or may be; the message has the request.
            SecretAccessError: if something given is not known.
        """
        actions = [action] if isinstance(action, str) else list(action)
        everyone = isinstance(principal, str) and principal == "*"
        found: list[str] = []
        for deployment, who in (
            [(at, one) for at in self.deployments for one in at.principals]
            if everyone
            else self._given.principals(principal)
        ):
            if not self._given.is_in(deployment, secret):
                continue
            who = member_of(who, deployment.symbols)
            pattern = isinstance(secret, str) and ("*" in secret or "?" in secret)
            arn = secret if pattern else self._given.secret(deployment, secret).arn
            sentence = ever_allowed(deployment, who, actions, [arn], time_limit)
            if sentence is not None:
                found.append(f"{who_is(who, deployment.symbols)}: {sentence}")
        if found:
            raise AssertionError(
                f"{listed(actions)} is not never allowed; {'; '.join(dict.fromkeys(found))}; "
                "narrow that statement, or deny it with DenySecretAccess"
            )

    def assert_no_new_access(
        self, *, since: SecretAccess, time_limit: float = DEFAULT_TIME_LIMIT
    ) -> None:
        """Fail unless it is proved that these templates grant nothing that earlier ones did not.

        Every principal's policies are compared with what it had, the policies of secrets and keys
        with theirs, and the trust policies of roles. Resources and parameters that are called the
        same in both are taken to be the same. It takes the extra `prove` where comparing patterns
        does not suffice.

        ```python
        baseline = SecretAccess.from_template(deployed_template)
        SecretAccess.from_template(template).assert_no_new_access(since=baseline)
        ```

        Args:
            since: what the earlier templates grant, read in the same way.
            time_limit: the seconds that the solver may take for each principal.

        Raises:
            AssertionError: if something is new, or may be; the message says what and to whom.
            SecretAccessError: if a policy is malformed.
        """
        if not isinstance(since, SecretAccess) or not (since._stacks and self._stacks):
            raise SecretAccessError(
                f"since is {shown(since)}",
                allowed="a SecretAccess that from_stack, from_template or from_assembly made",
                remedy="read the earlier templates: SecretAccess.from_template(earlier)",
            )
        symbols = Symbols()  # one for both, so that their unknowns can be compared
        now, before = (
            read(each._stacks, managed_policies=each._managed_policies, symbols=symbols)
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

        ```python
        for grant in SecretAccess.from_assembly("cdk.out").grants():
            print(grant.principal, grant.secrets, grant.reason)
        ```

        Args:
            action: the action, on a secret. Omitted, reading its value.
            context: condition keys of the requests. What it does not say is open.

        Raises:
            SecretAccessError: if a policy is malformed, or the action is not one on a secret.
        """
        _one_action(action)
        if action.lower() in _WITHOUT_RESOURCE or not action.lower().startswith("secretsmanager:"):
            raise SecretAccessError(
                f"action is {shown(action)}",
                allowed="an action of Secrets Manager on a secret is allowed",
                remedy="give one, such as secretsmanager:GetSecretValue",
            )
        found: dict[Grant, None] = {}
        for deployment in self.deployments:
            symbols = deployment.symbols
            for each in (
                *granted(deployment, action, context=context),
                *granted_elsewhere(deployment, action, context=context),
            ):
                first, who = each.secrets[0], member_of(each.principal, symbols)
                case = Case(deployment, Question(who, action, first.arn), first.policies, first)
                found[
                    Grant(
                        who_is(each.principal, symbols),
                        tuple(which_is(secret, symbols) for secret in each.secrets),
                        each.judgement.allowed is True,
                        case.reason(each.judgement) + case.where(),
                    )
                ] = None
            for secret in deployment.secrets:
                for name, sentence in outsiders(deployment, secret, action):
                    found[Grant(name, (which_is(secret, symbols),), False, sentence)] = None
        return list(found)

    # --- what is given ----------------------------------------------------------------------

    def _cases(
        self, principal: Any, action: str, secret: Any, context: Context | None
    ) -> list[Case]:
        found = [
            self._case(deployment, who, action, secret, context)
            for deployment, who in self._given.principals(principal)
            if self._given.is_in(deployment, secret)
        ]
        if not found:
            raise SecretAccessError(
                f"{shown(principal)} and {shown(secret)} are never deployed together",
                allowed="what one choice of conditions deploys is allowed",
                remedy="give the parameters on which the conditions depend",
            )
        return found

    def _case(
        self,
        deployment: Deployment,
        who: Principal,
        action: str,
        secret: Any,
        context: Context | None,
    ) -> Case:
        _one_action(action)
        free = action.lower() in _WITHOUT_RESOURCE
        if free != (isinstance(secret, str) and secret == "*"):
            raise SecretAccessError(
                f"{action} is asked for {shown(secret)}",
                allowed="no secret is allowed: AWS authorizes it on * alone"
                if free
                else "one secret is allowed",
                remedy="leave the secret out" if free else "give the secret",
            )
        who = member_of(who, deployment.symbols)
        if free:
            question = Question(who, action, "*")
            return Case(deployment, told(question, None, context))
        if action.lower().startswith("kms:"):
            key = key_of(deployment, self._given.text(deployment, secret, ("key_arn",)), None)
            question = Question(who, action, key if isinstance(key, str) else key.arn)
            asked = told(question, None, {"kms:ViaService": None, **(context or {})})
            return Case(deployment, asked, self._key_policies(key, who))
        which = self._given.secret(deployment, secret)
        question = Question(who, action, which.arn)
        return Case(deployment, told(question, which, context), which.policies, which)

    def _key_policies(self, key: Key | str, who: Principal) -> tuple[AttachedPolicy, ...]:
        if isinstance(key, Key):
            return (key.policy,)
        document = default_key_policy(key.split(":")[1], who.account)
        return (AttachedPolicy("the key's policy, taken to leave it to the account", document),)


def _go_together(new: Deployment, old: Deployment) -> bool:
    """Tell whether the conditions of both may turn out so in one account."""
    return all(
        old.reading.choices.get(compared, equal) == equal
        for compared, equal in new.reading.choices.items()
    )


def _one_action(action: object) -> None:
    if not isinstance(action, str) or ":" not in action or "*" in action or "?" in action:
        raise SecretAccessError(
            f"action is {shown(action)}",
            allowed="one action is allowed, such as secretsmanager:GetSecretValue",
            remedy="give it in full, without wildcards",
        )
