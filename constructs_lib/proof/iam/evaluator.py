"""One request: allowed or denied, and by which statement, in the order that IAM documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from constructs_lib.errors import InvalidOptionError, InvalidPolicyError, UndeterminedError, shown
from constructs_lib.proof.iam.doubts import Doubt, doubt_about_key, remedies_of
from constructs_lib.proof.iam.policy_parser import (
    EVERYONE,
    PolicyStatement,
    Principled,
    read_document,
)
from constructs_lib.proof.iam.principal_matching import (
    NamedAs,
    doubt_about_principals,
    is_named,
    named_as,
)
from constructs_lib.proof.iam.request import (
    WITHOUT_PERMISSION,
    PartialRequest,
    Request,
    has_policy_of_its_own,
)
from constructs_lib.proof.iam.text import Text
from constructs_lib.proof.iam.text_matching import matches_in_context, same
from constructs_lib.proof.iam.three_valued import any_of, negation

Document = Mapping[str, Any]
Missing = Literal[
    "service control policy",
    "identity policy",
    "permissions boundary",
    "session policy",
    "key policy",
    "trust policy",
    "resource policy",
]


@dataclass(frozen=True)
class NamedPolicy:
    """A policy document with a name, by which messages call it."""

    name: str
    document: Document


@dataclass(frozen=True)
class Policies:
    """All policies that apply to a request. They are read, and checked, once.

    Args:
        identity: the documents attached to the principal, and to the groups of a user.
        permissions_boundary: the document of the principal's boundary, if it has one.
        session: the session policy, if there is one.
        resource: the resource's own policy. For a KMS key, its key policy, and for a role that is
            to be assumed, its trust policy: both always have one. Grants of a key are not known.
        service_control: the service control policies in force at one level, or a list of such
            lists, one for each level (root, units, account), each of which must allow. Empty:
            none is in force.
        resource_control: the resource control policies in force. Their Deny statements count.
            AWS's own RCPFullAWSAccess, the only one with an Allow, can't be detached; it may be
            among them or left out.

    Each document is a dict, or `Named` for better messages.

    Raises:
        SecretAccessError: if a document is one that IAM would refuse.
    """

    identity: Sequence[Document | NamedPolicy] = ()
    permissions_boundary: Document | NamedPolicy | None = None
    session: Document | NamedPolicy | None = None
    resource: Document | NamedPolicy | None = None
    service_control: Sequence[Document | NamedPolicy | Sequence[Document | NamedPolicy]] = ()
    resource_control: Sequence[Document | NamedPolicy] = ()
    _read: "PolicyStatements" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read every document."""
        levels: list[tuple[PolicyStatement, ...]] = []
        control = _several(self.service_control, "service control policy")
        flat = [one for one in control if isinstance(one, Mapping | NamedPolicy)]
        if flat:
            levels.append(_read_all(flat, "service control policy"))
        for number, level in enumerate(control, start=1):
            if not isinstance(level, Mapping | NamedPolicy):
                levels.append(_read_all(level, f"level {number}, service control policy"))
        read = PolicyStatements(
            identity=_read_all(self.identity, "identity policy"),
            boundary=_read_one(self.permissions_boundary, "permissions boundary"),
            session=_read_one(self.session, "session policy"),
            resource=_read_own(self.resource, bounded=self.permissions_boundary is not None),
            levels=tuple(levels),
            resource_control=_read_all(
                self.resource_control, "resource control policy", principals="needed"
            ),
        )
        for statement in read.resource_control:
            if statement.allows and not _allows_everything(statement):
                raise InvalidPolicyError(
                    f"{statement.place} has the Effect 'Allow'",
                    allowed="Deny is allowed: only AWS's own RCPFullAWSAccess allows, everything",
                    remedy="say what is to be denied",
                )
        object.__setattr__(self, "_read", read)

    @property
    def statements(self) -> "PolicyStatements":
        """The statements of all policies, read."""
        return self._read


@dataclass(frozen=True)
class PolicyStatements:
    """The statements of all policies. None: there is no such policy, and so no limit of it."""

    identity: tuple[PolicyStatement, ...] = ()
    boundary: tuple[PolicyStatement, ...] | None = None
    session: tuple[PolicyStatement, ...] | None = None
    resource: tuple[PolicyStatement, ...] | None = None
    levels: tuple[tuple[PolicyStatement, ...], ...] = ()
    resource_control: tuple[PolicyStatement, ...] = ()

    def every(self) -> Iterable[PolicyStatement]:
        """Yield all statements: a Deny in any of them ends the matter."""
        for group in (self.resource_control, *self.levels, self.resource, self.identity):
            yield from group or ()
        for limit in (self.boundary, self.session):
            yield from limit or ()


@dataclass(frozen=True)
class Decision:
    """What IAM answers to a request.

    Attributes:
        allowed: whether it is allowed.
        reason: why, in a sentence.
        statements: the statements that decided, each with its `place` and `sid`; none where a
            statement is missing.
        missing: the policies that do not allow it, where a statement is missing.
    """

    allowed: bool
    reason: str
    statements: tuple[PolicyStatement, ...] = ()
    missing: tuple[Missing, ...] = ()


def evaluate(request: Request, policies: Policies) -> Decision:
    """Return IAM's decision on a request.

    >>> from constructs_lib.proof import Policies, Request, evaluate
    >>> statement = {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"}
    >>> document = {"Version": "2012-10-17", "Statement": statement}
    >>> role = "arn:aws:iam::111122223333:role/app"
    >>> evaluate(Request(role, "secretsmanager:ListSecrets", "*"), Policies([document])).allowed
    True

    Raises:
        SecretAccessError: if the answer depends on what is not given; nothing is guessed.
    """
    partial_decision = decide(PartialRequest.of(request), policies.statements)
    if partial_decision.allowed is None:
        doubt = partial_decision.doubts[0]
        raise UndeterminedError(
            f"{request.action} on {shown(request.resource)} depends on {doubt}",
            allowed="a request that the policies decide is allowed",
            remedy="give the request what they ask for",
        )
    return partial_decision.decision


@dataclass(frozen=True)
class PartialDecision:
    """The decision on a request of which parts may be unknown.

    Attributes:
        allowed: whether it is allowed. None: that depends on the doubts.
        decision: the decision, of the outcome that allows least if it is not determined.
        doubts: on what it depends.
        possible: the decision of the outcome that allows most, if it is not determined.
        undetermined: the statements of which it is not determined whether they apply.
    """

    allowed: bool | None
    decision: Decision
    doubts: tuple[Doubt, ...] = ()
    possible: Decision | None = None
    undetermined: tuple[PolicyStatement, ...] = ()

    @property
    def remedies(self) -> tuple[str, ...]:
        """The arguments that decide the doubts."""
        return tuple(dict.fromkeys(remedy for doubt in self.doubts for remedy in doubt.remedies))


def decide(request: PartialRequest, policies: PolicyStatements) -> PartialDecision:
    """Return the decision on a request, for all values of what is unknown in it.

    IAM's evaluation is monotone: one more Allow that applies never takes access away, and one more
    Deny never gives any. So it is evaluated twice: with each undetermined statement as it allows
    least, and as it allows most. If both outcomes are the same, that is the decision.
    """
    if request.action in WITHOUT_PERMISSION:
        return PartialDecision(True, Decision(True, f"{request.action} takes no permission"))
    matching = _Matching(request)
    policies = _limiting(policies, request)
    least = _Evaluation(matching, policies, most=False).decision()
    if least.allowed:
        return PartialDecision(True, least)
    if not matching.undetermined and matching.same_account is not None:
        return PartialDecision(False, least)
    most = _Evaluation(matching, policies, most=True).decision()
    if not most.allowed:
        return PartialDecision(False, most)
    undetermined = tuple(matching.undetermined.values())
    return PartialDecision(None, least, matching.doubts(), most, undetermined)


def _limiting(policies: PolicyStatements, request: PartialRequest) -> PolicyStatements:
    """Return the statements that apply to the principal.

    "SCPs do not affect any service-linked role", and resource control policies likewise.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    if not (policies.levels or policies.resource_control):
        return policies
    linked = request.identity.service_linked
    if linked is None:
        roles = request.values("aws:principalarn")
        if not roles:
            raise UndeterminedError(
                f"{request.identity.arn} may be a session of a service-linked role",
                allowed="the control policies limit other roles",
                remedy="give the role's ARN as aws:PrincipalArn in the context",
            )
        linked = ":role/aws-service-role/" in str(roles[0])
    return replace(policies, levels=(), resource_control=()) if linked else policies


_OWN_POLICY: dict[Literal["key", "role"], Missing] = {"key": "key policy", "role": "trust policy"}


def _allowed(statements: tuple[PolicyStatement, ...]) -> Decision:
    return Decision(True, f"allowed by {_places(statements)}", statements)


def _places(statements: Iterable[PolicyStatement]) -> str:
    return " and ".join(statement.place for statement in statements)


class _Matching:
    """Which statements are about a request. Each is compared with it once."""

    def __init__(self, request: PartialRequest) -> None:
        self.request = request
        self.undetermined: dict[int, PolicyStatement] = {}
        self._outcomes: dict[int, bool | None] = {}
        self.same_account = same(request.identity.account, request.resource_account)

    def outcome(self, statement: PolicyStatement) -> bool | None:
        """Return whether a statement is about the request, whatever its effect."""
        key = id(statement)
        if key not in self._outcomes:
            outcome = self._outcomes[key] = self._compare(statement)
            if outcome is None:
                self.undetermined[key] = statement
        return self._outcomes[key]

    def _compare(self, statement: PolicyStatement) -> bool | None:
        request = self.request
        undetermined = statement.doubt is not None
        outcome = statement.covers_action(request.action)
        if outcome is False:
            return False
        undetermined |= outcome is None
        outcome = self._covers_resource(statement)
        if outcome is False:
            return False
        undetermined |= outcome is None
        if statement.principals is not None:
            outcome = is_named(statement.principals, request.identity)
            if outcome is False:
                return False
            undetermined |= outcome is None
        for test in statement.tests:
            outcome = test.holds(request.values, request.present)
            if outcome is False:
                return False
            undetermined |= outcome is None
        return None if undetermined else True

    def _covers_resource(self, statement: PolicyStatement) -> bool | None:
        outcomes = (self._matches(text) for text in statement.resources)
        outcome = any_of(outcomes)
        return negation(outcome) if statement.not_resource else outcome

    def _matches(self, text: Text) -> bool | None:
        return matches_in_context(text, self.request.resource, self.request.values)

    def named_as(self, statement: PolicyStatement, *, possible: bool) -> NamedAs | None:
        """Return how closely a statement names the principal."""
        assert statement.principals is not None
        surely, closest = (
            named_as(statement.principals, self.request.identity, possible=each)
            for each in (False, True)
        )
        if surely != closest:
            self.undetermined[id(statement)] = statement
        return closest if possible else surely

    def doubts(self) -> tuple[Doubt, ...]:
        """Return what the undetermined statements depend on."""
        found = [doubt for each in self.undetermined.values() for doubt in self._doubts(each)]
        if self.same_account is None:
            one, other = self.request.identity.account, self.request.resource_account
            found.append(
                Doubt(f"whether {one} and {other} are one account", remedies_of([one, other]))
            )
        return tuple(dict.fromkeys(found))

    def _doubts(self, statement: PolicyStatement) -> Iterator[Doubt]:
        request, place = self.request, statement.place
        if statement.doubt is not None:
            yield statement.doubt
        if statement.covers_action(request.action) is None:
            texts = statement.unknown_actions
            yield Doubt(f"Action {_listed(texts)} of {place}", remedies_of(texts))
        if self._covers_resource(statement) is None:
            yield self._doubt_about_resource(statement)
        named = statement.principals
        if named is not None and (
            is_named(named, request.identity) is None
            or self.named_as(statement, possible=False) != self.named_as(statement, possible=True)
        ):
            doubt = doubt_about_principals(named, request.identity)
            yield Doubt(f"{doubt}, in {place}", doubt.remedies)
        for test in statement.tests:
            if test.holds(request.values, request.present) is None:
                yield test.doubt(request.values)

    def _doubt_about_resource(self, statement: PolicyStatement) -> Doubt:
        texts = [text for text in statement.resources if self._matches(text) is None]
        for text in texts:
            for variable in text.variables:
                if self.request.values(variable.key) is None:
                    return doubt_about_key(variable.key)
        name = "NotResource" if statement.not_resource else "Resource"
        return Doubt(
            f"{name} {_listed(texts)} of {statement.place} compared with {self.request.resource}",
            remedies_of([*texts, self.request.resource]),
        )


def _listed(texts: Iterable[Text]) -> str:
    return ", ".join(map(str, texts))


@dataclass(frozen=True)
class _Evaluation:
    """The evaluation of a request, with undetermined statements as they allow most or least."""

    matching: _Matching
    policies: PolicyStatements
    most: bool

    def decision(self) -> Decision:
        read = self.policies
        denying = tuple(each for each in read.every() if not each.allows and self._applies(each))
        if denying:
            return Decision(False, f"denied by {_places(denying)}", denying)
        for level in read.levels:
            if not self._allowing(level):
                reason = "no service control policy of a level allows it"
                return Decision(False, reason, missing=("service control policy",))
        request = self.matching.request
        by_identity = self._allowing(read.identity)
        limits: dict[Missing, tuple[PolicyStatement, ...] | None] = {
            "permissions boundary": read.boundary,
            "session policy": read.session,
        }
        closed = [
            name
            for name, limit in limits.items()
            if limit is not None and not self._allowing(limit)
        ]
        grants = self._grants(read.resource or ())
        owner = has_policy_of_its_own(request.action, str(request.resource))
        if owner is not None and read.resource is None:
            own = _OWN_POLICY[owner]
            raise UndeterminedError(
                f"no {own} is given for {shown(str(request.resource))}",
                allowed=f"such a request is decided by the {own}, which a {owner} always has",
                remedy="give it as resource=...",
            )
        same_account = self.matching.same_account
        at_home = self.most if same_account is None else same_account
        if at_home:
            # What is granted to the principal itself needs no identity policy. To a user, to the
            # very session or to everyone, it is not limited by a boundary or a session policy
            # either; to a role it is, and to a user whose federated session asks (only that has a
            # session policy).
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
            limited = request.identity.is_role or read.session is not None
            free = grants["session"] or (() if limited else grants["principal"])
            if free:
                return Decision(True, f"allowed by {_places(free)}", free)
            if grants["principal"] and not closed:
                return _allowed(grants["principal"])
        delegated = (*grants["account"], *grants["principal"], *grants["session"])
        if not by_identity:
            reason = "no identity policy allows it"
            return Decision(False, reason, missing=("identity policy",))
        if closed:
            reason = f"the {' and the '.join(closed)} does not allow it"
            return Decision(False, reason, missing=tuple(closed))
        if owner is not None and not delegated:
            own = _OWN_POLICY[owner]
            reason = f"the {own} does not allow it, nor leave it to the account"
            return Decision(False, reason, missing=(own,))
        if not at_home and not delegated:
            reason = "no policy of the resource, in the other account, allows it"
            return Decision(False, reason, missing=("resource policy",))
        return _allowed((*by_identity, *(delegated if owner or not at_home else ())))

    def _applies(self, statement: PolicyStatement) -> bool:
        outcome = self.matching.outcome(statement)
        return statement.allows == self.most if outcome is None else outcome

    def _allowing(self, statements: Iterable[PolicyStatement]) -> tuple[PolicyStatement, ...]:
        return tuple(each for each in statements if each.allows and self._applies(each))

    def _grants(
        self, statements: Iterable[PolicyStatement]
    ) -> dict[NamedAs, tuple[PolicyStatement, ...]]:
        """Return the Allow statements of a resource's policy, by how they name the principal."""
        found: dict[NamedAs, list[PolicyStatement]] = {
            "account": [],
            "principal": [],
            "session": [],
        }
        for statement in self._allowing(statements):
            how = self.matching.named_as(statement, possible=self.most)
            if how is not None:
                found[how].append(statement)
        return {how: tuple(each) for how, each in found.items()}


def _read_all(
    documents: Sequence[Document | NamedPolicy], kind: str, *, principals: Principled = "forbidden"
) -> tuple[PolicyStatement, ...]:
    if isinstance(documents, Mapping | NamedPolicy):
        documents = [documents]
    return tuple(
        statement
        for number, document in enumerate(_several(documents, kind), start=1)
        for statement in _read_named(document, f"{kind} {number}", principals=principals)
    )


def _several(documents: Any, kind: str) -> Sequence[Any]:
    if isinstance(documents, Sequence) and not isinstance(documents, str | bytes):
        return documents
    raise InvalidOptionError(
        kind,
        must="be a list of policy documents",
        got=documents,
        remedy="give an empty list where there is none",
    )


def _allows_everything(statement: PolicyStatement) -> bool:
    return (
        not (statement.not_action or statement.not_resource or statement.tests)
        and any(str(action) == "*" for action in statement.actions)
        and any(str(text.fixed) == "*" for text in statement.resources)
        and statement.principals is not None
        and "*" in statement.principals.aws
    )


def _read_one(
    document: Document | NamedPolicy | None, kind: str, *, principals: Principled = "forbidden"
) -> tuple[PolicyStatement, ...] | None:
    return None if document is None else _read_named(document, kind, principals=principals)


def _read_own(
    document: Document | NamedPolicy | None, *, bounded: bool
) -> tuple[PolicyStatement, ...] | None:
    read = _read_one(document, "resource policy", principals="own")
    return None if read is None else for_principal(read, bounded=bounded)


def for_principal(
    statements: Iterable[PolicyStatement], *, bounded: bool
) -> tuple[PolicyStatement, ...]:
    """Return the statements of a resource's policy, as they are for a principal.

    "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a
    permissions boundary policy attached, regardless of the values specified in the NotPrincipal
    element." Whoever evaluates or compares these statements is to see that in them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    return tuple(
        replace(each, principals=EVERYONE)
        if bounded and each.principals is not None and each.principals.negated
        else each
        for each in statements
    )


def _read_named(
    document: Document | NamedPolicy, kind: str, *, principals: Principled = "forbidden"
) -> tuple[PolicyStatement, ...]:
    named = document if isinstance(document, NamedPolicy) else NamedPolicy(kind, document)
    return read_document(named.document, named.name, principals=principals)
