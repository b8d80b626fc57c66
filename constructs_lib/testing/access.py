"""SecretAccess: what synthesized templates grant, to assert on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import Any, TypeAlias

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import for_template, has_token
from constructs_lib.proof.bounds import Judgement, Question, judge
from constructs_lib.proof.changes import ever_allowed, new_access
from constructs_lib.proof.intrinsics import LeftOut, Scope
from constructs_lib.proof.lookup import key_of, names_secret, no_such, principal_of, secret_of
from constructs_lib.proof.physical import secret_suffix
from constructs_lib.proof.prover import DEFAULT_TIME_LIMIT
from constructs_lib.proof.stacks import Stack, read_assembly, url_suffix
from constructs_lib.proof.symbols import NAME, Symbols, has_unknown
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
from constructs_lib.scope import SecretScope

__all__ = ["SecretAccess"]

Context: TypeAlias = Mapping[str, "str | Sequence[str] | None"]

# AWS authorizes these on `*` alone; with a secret's ARN they grant nothing.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
_WITHOUT_RESOURCE = {
    "secretsmanager:batchgetsecretvalue",
    "secretsmanager:getrandompassword",
    "secretsmanager:listsecrets",
}
_OF_SECRETS = ("secret_full_arn", "secret_arn", "attr_id", "key_arn")
_OF_PRINCIPALS = ("role_arn", "user_arn", "group_arn")
_SECRETS_OWN_KEY = "alias/aws/secretsmanager"


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
        stacks = _placed(given, region, account, partition, parameters)
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
        stacks = _placed(given, region, account, partition, parameters)
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
        stacks = _placed(read_assembly(directory), region, account, partition, parameters)
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
        named = encryption_key if encryption_key is not None else _key_that_it_brings(secret)
        for deployment, who in self._found(principal):
            if not self._is_in(deployment, secret):
                continue
            which = self._secret(deployment, secret)
            who = _member(who, deployment.symbols)
            given = which.key if named is None else self._text(deployment, named, ("key_arn",))
            if given is None or given.endswith(_SECRETS_OWN_KEY):
                continue
            key = key_of(deployment, given, which)
            question = _decrypt(who, which, key if isinstance(key, str) else key.arn)
            _Case(deployment, question, self._key_policies(key, who), which).demand(True)

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
            if not self._is_in(deployment, secret):
                continue
            asked = secret if secret == "*" else self._secret(deployment, secret)
            listed = [
                who
                for principal in principals
                for at, who in self._found(principal)
                if at is deployment
            ]
            arns = {who.arn for who in listed}
            groups = {(who.account, who.name) for who in listed if who.kind == "group"}
            found: list[str] = []
            doubts: list[str] = []
            for other in deployment.principals:
                grouped = any((other.account, group) in groups for group in other.groups)
                same = any(
                    (other.kind, other.account, other.name) == (who.kind, who.account, who.name)
                    for who in listed
                )
                if other.arn in arns or grouped or same:
                    continue
                case = self._case(deployment, other, action, asked, context)
                judgement = case.judgement()
                if judgement.allowed is not False:
                    found.append(case.sentence(judgement))
                    doubts += judgement.doubts
            if isinstance(asked, Secret):
                found += _outsiders(deployment, asked, action)
            if found:
                names = _listed([_who(each, deployment.symbols) for each in listed])
                first = f"{action} is not for {names} alone" if names else f"{action} is for some"
                remedy = f"{_how_to_decide(doubts)}, or " if doubts else ""
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
            else self._found(principal)
        ):
            if not self._is_in(deployment, secret):
                continue
            who = _member(who, deployment.symbols)
            pattern = isinstance(secret, str) and ("*" in secret or "?" in secret)
            arn = secret if pattern else self._secret(deployment, secret).arn
            sentence = ever_allowed(deployment, who, actions, [arn], time_limit)
            if sentence is not None:
                found.append(f"{_who(who, deployment.symbols)}: {sentence}")
        if found:
            raise AssertionError(
                f"{_listed(actions)} is not never allowed; {'; '.join(dict.fromkeys(found))}; "
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

    # --- what is given ----------------------------------------------------------------------

    def _cases(
        self, principal: Any, action: str, secret: Any, context: Context | None
    ) -> list[_Case]:
        found = [
            self._case(deployment, who, action, secret, context)
            for deployment, who in self._found(principal)
            if self._is_in(deployment, secret)
        ]
        if not found:
            raise SecretAccessError(
                f"{shown(principal)} and {shown(secret)} are never deployed together",
                allowed="what one choice of conditions deploys is allowed",
                remedy="give the parameters on which the conditions depend",
            )
        return found

    def _is_in(self, deployment: Deployment, secret: Any) -> bool:
        """Tell whether a deployment has a secret, which a Condition may leave out of it."""
        if isinstance(secret, str):
            elsewhere = any(names_secret(each, secret) for each in self.deployments)
            return names_secret(deployment, secret) or not elsewhere
        try:
            if isinstance(secret, SecretScope):
                self._scope_text(deployment, secret.arn)
            else:
                self._text(deployment, secret, _OF_SECRETS)
        except LeftOut:
            return False
        except SecretAccessError:
            pass  # no construct, or not a secret's: that is told where it is used
        return True

    def _case(
        self,
        deployment: Deployment,
        who: Principal,
        action: str,
        secret: Any,
        context: Context | None,
    ) -> _Case:
        if not isinstance(action, str) or ":" not in action or "*" in action or "?" in action:
            raise SecretAccessError(
                f"action is {shown(action)}",
                allowed="one action is allowed, such as secretsmanager:GetSecretValue",
                remedy="give it in full, without wildcards",
            )
        free = action.lower() in _WITHOUT_RESOURCE
        if free != (isinstance(secret, str) and secret == "*"):
            raise SecretAccessError(
                f"{action} is asked for {shown(secret)}",
                allowed="no secret is allowed: AWS authorizes it on * alone"
                if free
                else "one secret is allowed",
                remedy="leave the secret out" if free else "give the secret",
            )
        who = _member(who, deployment.symbols)
        if free:
            question = Question(who, action, "*")
            return _Case(deployment, _told(question, None, context))
        if action.lower().startswith("kms:"):
            key = key_of(deployment, self._text(deployment, secret, ("key_arn",)), None)
            question = Question(who, action, key if isinstance(key, str) else key.arn)
            told = _told(question, None, {"kms:ViaService": None, **(context or {})})
            return _Case(deployment, told, self._key_policies(key, who))
        which = self._secret(deployment, secret)
        question = Question(who, action, which.arn)
        return _Case(deployment, _told(question, which, context), which.policies, which)

    def _key_policies(self, key: Key | str, who: Principal) -> tuple[AttachedPolicy, ...]:
        if isinstance(key, Key):
            return (key.policy,)
        document = default_key_policy(key.split(":")[1], who.account)
        return (AttachedPolicy("the key's policy, taken to leave it to the account", document),)

    def _found(self, given: Any) -> list[tuple[Deployment, Principal]]:
        """Return a principal in every deployment that has it."""
        found = []
        for deployment in self.deployments:
            try:
                text = self._principal_text(deployment, given)
            except LeftOut as error:
                text = str(error)
                continue
            who = principal_of(deployment, text, exact=not isinstance(given, str))
            if who is not None:
                found.append((deployment, who))
        if not found:
            no_such(self.deployments[0], "principal", text)
        return found

    def _principal_text(self, deployment: Deployment, given: Any) -> str:
        if not isinstance(given, str) and not any(hasattr(given, each) for each in _OF_PRINCIPALS):
            given = getattr(given, "grant_principal", given)  # what has a role, has it here
        return self._text(deployment, given, (*_OF_PRINCIPALS, "attr_arn"))

    def _secret(self, deployment: Deployment, given: Any) -> Secret:
        if isinstance(given, Secret):
            return given
        scope = self._scope_of(deployment, self._stack) if self._stack is not None else None
        if isinstance(given, SecretScope):
            text = self._scope_text(deployment, given.arn).removesuffix("-??????")
            if "*" in text or "?" in text or given.tags:
                raise SecretAccessError(
                    f"secret is {shown(given.arn)}",
                    allowed="a scope of one secret is allowed",
                    remedy="give one secret by its name or ARN",
                )
            complete = text == self._scope_text(deployment, given.arn)
        else:
            text = self._text(deployment, given, _OF_SECRETS)
            complete = isinstance(given, str) or getattr(given, "secret_full_arn", "") is not None
        if not complete and text.startswith("arn:"):
            begin, _, name = text.partition(":secret:")
            known = [
                each
                for each in deployment.secrets
                if each.name == name and each.arn.startswith(f"{begin}:secret:")
            ]
            text = known[0].arn if known else text
            if not known and text[-7:-6] == "-":  # its name looks as if it were complete
                text += f"-{secret_suffix(deployment.symbols, text)}"
        found = secret_of(deployment, text, scope=scope)
        if found is None:
            no_such(deployment, "secret", text)
        return found

    def _scope_text(self, deployment: Deployment, arn: str) -> str:
        if has_token(arn) and self._stack is None:
            raise SecretAccessError(
                f"secret is {shown(arn)}",
                allowed="a scope of what is known is allowed, or SecretAccess.from_stack",
                remedy="use from_stack, or give the secret's name or ARN",
            )
        value = for_template(arn)
        scope = deployment.reading.scopes[0]
        if self._stack is not None:
            value = self._stack.resolve(value)
            scope = self._scope_of(deployment, self._stack)
        return scope.text(value, "secret")

    def _text(self, deployment: Deployment, given: Any, attributes: Iterable[str]) -> str:
        """Return the name or ARN that is given, or that of a construct."""
        if isinstance(given, str) and not has_token(given):
            return given
        if isinstance(given, str) and self._stack is not None:  # the ARN of a scope's key
            scope = self._scope_of(deployment, self._stack)
            return scope.text(self._stack.resolve(given), "encryption key")
        for attribute in () if isinstance(given, str) else attributes:
            value = getattr(given, attribute, None)
            stack = getattr(given, "stack", None)
            if isinstance(value, str) and stack is not None:
                return self._scope_of(deployment, stack).text(stack.resolve(value), attribute)
        raise SecretAccessError(
            f"principal or secret is {shown(given)}",
            allowed="a construct, a name or an ARN is allowed",
            remedy="give the role, user, group or secret itself, or its name",
        )

    def _scope_of(self, deployment: Deployment, stack: Any) -> Scope:
        """Return the template of a CDK stack."""
        parent = getattr(stack, "nested_stack_parent", None)
        if parent is not None:
            outer = self._scope_of(deployment, parent)
            return outer.nested[parent.resolve(stack.nested_stack_resource.logical_id)]
        scopes = [each for each in deployment.reading.scopes if each.parent is None]
        for scope in scopes:
            if scope.stack.artifact == stack.artifact_id:
                return scope
        if len(scopes) == 1 and scopes[0].stack.artifact is None:
            return scopes[0]
        raise SecretAccessError(
            f"stack {shown(stack.artifact_id)} is not among those that were read",
            allowed="constructs of the templates that were read are allowed",
            remedy="read the assembly that has it, or give a name or an ARN",
        )


def _placed(
    stacks: Sequence[Stack],
    region: str | None,
    account: str | None,
    partition: str | None,
    parameters: Mapping[str, Any] | None,
) -> list[Stack]:
    """Return stacks with what is given for what they do not say themselves."""
    declared = [each.template.get("Parameters") for each in stacks]
    known = {str(name) for each in declared if isinstance(each, Mapping) for name in each}
    for name in parameters or {}:
        if name not in known:
            raise SecretAccessError(
                f"parameter is {shown(name)}",
                allowed=f"the templates have {', '.join(sorted(known)) or 'none'}",
                remedy="give one of theirs",
            )
    return [
        replace(
            each,
            region=each.region or region,
            account=each.account or account,
            partition=each.partition or partition,
            parameters={**each.parameters, **(parameters or {})},
        )
        for each in stacks
    ]


def _go_together(new: Deployment, old: Deployment) -> bool:
    """Tell whether the conditions of both may turn out so in one account."""
    return all(
        old.reading.choices.get(compared, equal) == equal
        for compared, equal in new.reading.choices.items()
    )


def _key_that_it_brings(secret: Any) -> Any:
    """Return the key that a construct or a scope is known to be under."""
    if isinstance(secret, str):
        return None
    if isinstance(secret, SecretScope):
        return secret.key_arn
    return getattr(secret, "encryption_key", None)


# ---------------------------------------------------------------------------------------------
# The request
# ---------------------------------------------------------------------------------------------


def _member(who: Principal, symbols: Symbols) -> Principal:
    """Return whoever is in a group: a user of whom nothing else is known."""
    if who.kind != "group":
        return who
    name = symbols.sign(
        f"member of {symbols.shown(who.name)}",
        key=f"member of {who.arn}",
        characters=NAME,
        shortest=1,
        made_up=True,
    )
    arn = f"{who.arn.partition(':group/')[0]}:user/{name}"
    return replace(who, arn=arn, tags=None)


def _told(question: Question, secret: Secret | None, context: Context | None) -> Question:
    """Return a question with all that follows from it, and what the test says of it."""
    who, service = question.principal, question.action.partition(":")[0].lower()
    found: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (who.account,),
        "aws:principaltype": ("AssumedRole" if who.kind == "role" else "User",),
        # Both services take HTTPS alone, and the principal itself asks.
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
    }
    if who.kind != "group":
        found["aws:principalarn"] = (who.arn,)
        found["aws:username"] = (who.name,) if who.kind == "user" else ()
    closed = ["kms:" if service == "secretsmanager" else "secretsmanager:"]
    closed += ["aws:calledvia", "aws:sourceaccount", "aws:sourcearn", "aws:sourceorg"]
    if question.resource != "*":
        parts = question.resource.split(":", 5)
        found["aws:requestedregion"], found["aws:resourceaccount"] = (parts[3],), (parts[4],)
    if who.tags is not None and who.kind != "group":
        found |= {f"aws:principaltag/{key.lower()}": (tag,) for key, tag in who.tags.items()}
        closed.append("aws:principaltag/")
    if secret is not None and secret.tags is not None:
        for begin in ("aws:resourcetag/", "secretsmanager:resourcetag/"):
            found |= {begin + key.lower(): (tag,) for key, tag in secret.tags.items()}
            closed.append(begin)
    for key, value in (context or {}).items():
        values = () if value is None else (value,) if isinstance(value, str) else tuple(value)
        found[key.lower()] = values
        for one, other in _TAG_KEYS:
            if key.lower().startswith(one) and secret is not None:
                found[other + key.lower()[len(one) :]] = values
    return replace(question, context=found, closed=tuple(closed))


_TAG_KEYS = (
    ("aws:resourcetag/", "secretsmanager:resourcetag/"),
    ("secretsmanager:resourcetag/", "aws:resourcetag/"),
)


def _decrypt(who: Principal, secret: Secret, key_arn: str) -> Question:
    """Return the request that Secrets Manager makes of KMS, as the principal, to read a secret.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    partition, _, region = secret.arn.split(":", 4)[1:4]
    suffix = url_suffix(partition, None if has_unknown(region) else region)
    told = _told(Question(who, "kms:Decrypt", key_arn), None, None)
    context = {
        **told.context,
        "aws:viaawsservice": ("true",),
        "aws:calledvia": ("secretsmanager.amazonaws.com",),
        "kms:viaservice": (f"secretsmanager.{region}.{suffix}",),
        "kms:calleraccount": (who.account,),
        "kms:encryptioncontext:secretarn": (secret.arn,),
        "kms:encryptioncontext:secretversionid": ("00000000-0000-0000-0000-000000000000",),
        "kms:encryptioncontextkeys": ("SecretARN", "SecretVersionId"),
        "kms:encryptionalgorithm": ("SYMMETRIC_DEFAULT",),
    }
    return replace(told, context=context, closed=(*told.closed, "kms:"))


# ---------------------------------------------------------------------------------------------
# The messages
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """One request to one deployment, and how its answer is told."""

    deployment: Deployment
    question: Question
    resource_policies: tuple[AttachedPolicy, ...] = ()
    secret: Secret | None = None

    def judgement(self) -> Judgement:
        return judge(self.question, self.deployment.symbols, resource=self.resource_policies)

    def demand(self, allowed: bool) -> None:
        judgement = self.judgement()
        if judgement.allowed is allowed:
            return
        if judgement.allowed is None:
            remedy = _how_to_decide(judgement.doubts)
        elif allowed:
            remedy = self._how_to_allow(judgement)
        else:
            remedy = "narrow that statement, or deny it with DenySecretAccess"
        raise AssertionError(f"{self.sentence(judgement)}; {remedy}{self._where()}")

    def sentence(self, judgement: Judgement) -> str:
        """Return who can or can't do what, and which statement decides it."""
        symbols = self.deployment.symbols
        who = _who(self.question.principal, symbols)
        what = f"{self.question.action} on {self._what()}"
        if judgement.allowed is None:
            return f"whether {who} is allowed {what} is open: {_listed(judgement.doubts)}"
        if judgement.allowed:
            return f"{who} is allowed {what}: {judgement.decision.reason}{self._covered(judgement)}"
        return f"{who} is not allowed {what}: {judgement.decision.reason}"

    def _what(self) -> str:
        symbols = self.deployment.symbols
        if self.secret is None or not self.question.action.startswith("secretsmanager:"):
            of = f" for secret {symbols.shown(self.secret.name)}" if self.secret else ""
            return symbols.shown(self.question.resource) + of
        if self.secret.place is not None:
            return f"secret {self.secret.place}"
        return f"secret {symbols.shown(self.secret.arn)}"

    def _covered(self, judgement: Judgement) -> str:
        """Return the resources that the deciding statements are about."""
        resources = {
            symbols_text
            for statement in judgement.decision.statements
            if not statement.not_resource
            for symbols_text in self._resources(statement.place)
        }
        return f", on {_listed(sorted(resources))}" if resources else ""

    def _resources(self, place: str) -> list[str]:
        for label, statement in self._statements():
            if place == label or place.startswith(f"{label} ("):
                given = statement.get("Resource", [])
                texts = given if isinstance(given, list) else [given]
                return [self.deployment.symbols.shown(str(each)) for each in texts]
        return []

    def _statements(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return every statement with the beginning of what the evaluator calls it."""
        found = []
        for policy in self.question.principal.policies:
            statements = (policy.document or {}).get("Statement", [])
            listed = statements if isinstance(statements, list) else [statements]
            for number, statement in enumerate(listed, start=1):
                if isinstance(statement, Mapping):
                    found.append((f"{policy.name}, statement {number}", statement))
        return found

    def _how_to_allow(self, judgement: Judgement) -> str:
        if judgement.decision.statements:
            return "take the request out of that statement"
        symbols, action = self.deployment.symbols, self.question.action.lower()
        near = []
        for label, statement in self._statements():
            actions = statement.get("Action", [])
            listed = actions if isinstance(actions, list) else [actions]
            if statement.get("Effect") == "Allow" and any(
                symbols.matches(str(each).lower(), action) for each in listed
            ):
                condition = statement.get("Condition")
                under = (
                    f" if {symbols.shown(dumps(condition, ensure_ascii=False))}"
                    if condition
                    else ""
                )
                near.append(f"{label} allows it on {_listed(self._resources(label))}{under}")
        if near:
            return f"{'; '.join(near[:3])}; extend one of them, or add a statement"
        names = [policy.name for policy in self.question.principal.policies]
        if not names:
            return "it has no policy in the templates; attach one, such as a SecretReader"
        return f"no statement of {_listed(names)} is about it; add one, such as a SecretReader's"

    def _where(self) -> str:
        chosen = self.deployment.chosen
        return f" (where {' and '.join(chosen)})" if chosen else ""


def _who(principal: Principal, symbols: Symbols) -> str:
    kind = "a member of group" if principal.kind == "group" else principal.kind
    if principal.place is not None:
        return f"{kind} {principal.place}"
    return f"{kind} {symbols.shown(principal.name)}"


def _how_to_decide(doubts: Sequence[str]) -> str:
    """Return what the test can say so that nothing is open any more."""
    words = {
        "of which the request says nothing": "context={condition key: value, or None if absent}",
        "the document of": "managed_policies={name: document}",
        "parameter ": "parameters={name: value}",
    }
    places = {"AWS::AccountId": "account='111122223333'", "AWS::Region": "region='eu-west-1'"}
    found: list[str] = []
    for group in (words, places):
        if not found:
            found = [given for word, given in group.items() if any(word in each for each in doubts)]
    return f"give {_listed(found)}" if found else "write it out in the template"


def _listed(texts: Sequence[str]) -> str:
    found = " and ".join(texts[:5])
    return f"{found} and {len(texts) - 5} more" if len(texts) > 5 else found


def _outsiders(deployment: Deployment, secret: Secret, action: str) -> list[str]:
    """Return what a secret's resource policy gives to others than the templates' principals."""
    symbols = deployment.symbols
    account = secret.arn.split(":")[4]
    known = {each.arn for each in deployment.principals}
    found = []
    for policy in secret.policies:
        statements = (policy.document or {}).get("Statement", [])
        listed = statements if isinstance(statements, list) else [statements]
        for number, statement in enumerate(listed, start=1):
            if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
                continue
            actions = statement.get("Action")
            texts = actions if isinstance(actions, list) else [actions]
            if actions is not None and not any(
                symbols.matches(str(each).lower(), action.lower()) is not False for each in texts
            ):
                continue
            names = _outside(statement, account, known, symbols)
            found += [f"{policy.name}, statement {number}, allows it to {name}" for name in names]
    return found


def _outside(
    statement: Mapping[str, Any], account: str, known: set[str], symbols: Symbols
) -> list[str]:
    if "NotPrincipal" in statement:
        return ["all but those of its NotPrincipal"]
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return ["everyone"]
    found = []
    for kind, value in principal.items():
        for each in value if isinstance(value, list) else [value]:
            own = str(each) == account or str(each).endswith(f":iam::{account}:root")
            if kind == "AWS" and (own or each in known):
                continue  # its account's IAM policies decide, or it was asked above
            found.append("everyone" if each == "*" else f"{kind} {symbols.shown(str(each))}")
    return found
