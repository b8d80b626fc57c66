"""One request: allowed or denied, and by which statement, in the order that IAM documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from constructs_lib.errors import InvalidOptionError, InvalidPolicyError, UndeterminedError, shown
from constructs_lib.proof.iam.policy_parser import (
    PolicyStatement,
    Principals,
    Principled,
    read_document,
)
from constructs_lib.proof.iam.principal_matching import is_named, named_as
from constructs_lib.proof.iam.request import (
    WITHOUT_PERMISSION,
    Identity,
    Request,
    context_of,
    has_policy_of_its_own,
    identity_of,
    resource_account,
)
from constructs_lib.proof.iam.variables import Context

Document = Mapping[str, Any]


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
    _read: "_Read" = field(init=False, repr=False, compare=False)

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
        read = _Read(
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
    def statements(self) -> "_Read":
        """The statements of all policies, read."""
        return self._read


@dataclass(frozen=True)
class _Read:
    """The statements of `Policies`. None: there is no such policy, and so no limit of it."""

    identity: tuple[PolicyStatement, ...]
    boundary: tuple[PolicyStatement, ...] | None
    session: tuple[PolicyStatement, ...] | None
    resource: tuple[PolicyStatement, ...] | None
    levels: tuple[tuple[PolicyStatement, ...], ...]
    resource_control: tuple[PolicyStatement, ...]

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
    """

    allowed: bool
    reason: str
    statements: tuple[PolicyStatement, ...] = ()


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
    asked = _Asked.of(request)
    if asked.action in WITHOUT_PERMISSION:
        return Decision(True, f"{request.action} takes no permission")
    read = _limiting(policies.statements, asked)
    denying = tuple(each for each in read.every() if not each.allows and asked.meets(each))
    if denying:
        return Decision(False, f"denied by {_places(denying)}", denying)

    for level in read.levels:
        if not any(each.allows and asked.meets(each) for each in level):
            return Decision(False, "no service control policy of a level allows it")

    by_identity = asked.allowing(read.identity)
    limits = {"permissions boundary": read.boundary, "session policy": read.session}
    closed = [
        name for name, limit in limits.items() if limit is not None and not asked.allowing(limit)
    ]
    grants = asked.grants(read.resource or ())
    owner = has_policy_of_its_own(request)
    if owner is not None and read.resource is None:
        own = _OWN_POLICY[owner]
        raise UndeterminedError(
            f"no {own} is given for {shown(request.resource)}",
            allowed=f"such a request is decided by the {own}, which a {owner} always has",
            remedy="give it as resource=...",
        )
    same_account = asked.identity.account == asked.resource_account
    if same_account:
        # What is granted to the principal itself needs no identity policy. To a user, to the very
        # session or to everyone, it is not limited by a boundary or a session policy either; to a
        # role it is, and to a user whose federated session asks (only that has a session policy).
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
        limited = asked.identity.is_role or read.session is not None
        free = grants.to_session or (() if limited else grants.to_principal)
        if free:
            return Decision(True, f"allowed by {_places(free)}", free)
        if grants.to_principal and not closed:
            return _allowed(grants.to_principal)
    delegated = (*grants.to_account, *grants.to_principal, *grants.to_session)
    if not by_identity:
        return Decision(False, "no identity policy allows it")
    if closed:
        return Decision(False, f"the {' and the '.join(closed)} does not allow it")
    if owner is not None and not delegated:
        own = _OWN_POLICY[owner]
        return Decision(False, f"the {own} does not allow it, nor leave it to the account")
    if not same_account and not delegated:
        return Decision(False, "no policy of the resource, in the other account, allows it")
    return _allowed((*by_identity, *(delegated if owner or not same_account else ())))


def _limiting(read: _Read, asked: "_Asked") -> _Read:
    """Return the statements that apply to who asks.

    "SCPs do not affect any service-linked role", and resource control policies likewise.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    linked = asked.identity.service_linked
    if linked is None and (read.levels or read.resource_control):
        role = asked.context.get("aws:principalarn", ("",))[0]
        if not role:
            raise UndeterminedError(
                f"{asked.identity.arn} may be a session of a service-linked role",
                allowed="the control policies limit other roles",
                remedy="give the role's ARN as aws:PrincipalArn in the context",
            )
        linked = ":role/aws-service-role/" in role
    return replace(read, levels=(), resource_control=()) if linked else read


_OWN_POLICY = {"key": "key policy", "role": "trust policy"}


def _allowed(statements: tuple[PolicyStatement, ...]) -> Decision:
    return Decision(True, f"allowed by {_places(statements)}", statements)


def _places(statements: Iterable[PolicyStatement]) -> str:
    return " and ".join(statement.place for statement in statements)


@dataclass(frozen=True)
class _Grants:
    """The Allow statements of a resource's policy, by how they name the principal."""

    to_account: tuple[PolicyStatement, ...]
    to_principal: tuple[PolicyStatement, ...]
    to_session: tuple[PolicyStatement, ...]


@dataclass(frozen=True)
class _Asked:
    """A request, made ready for many statements."""

    action: str
    resource: str
    identity: Identity
    resource_account: str
    context: Context

    @classmethod
    def of(cls, request: Request) -> "_Asked":
        identity = identity_of(request.principal)
        context = context_of(request, identity)
        return cls(
            request.action.lower(),
            request.resource,
            identity,
            resource_account(request, identity, context),
            context,
        )

    def meets(self, statement: PolicyStatement) -> bool:
        """Return whether a statement is about this request, whatever its effect."""
        if not statement.covers_action(self.action) or not self._covers_resource(statement):
            return False
        named = statement.principals
        if named is not None and not self._is_named(named, statement):
            return False
        return all(self._holds(test, statement) for test in statement.tests)

    def allowing(self, statements: Iterable[PolicyStatement]) -> tuple[PolicyStatement, ...]:
        return tuple(each for each in statements if each.allows and self.meets(each))

    def grants(self, statements: Iterable[PolicyStatement]) -> _Grants:
        by_name: dict[str, list[PolicyStatement]] = {"account": [], "principal": [], "session": []}
        for statement in self.allowing(statements):
            assert statement.principals is not None
            by_name[named_as(statement.principals, self.identity)].append(statement)
        return _Grants(*(tuple(found) for found in by_name.values()))

    def _covers_resource(self, statement: PolicyStatement) -> bool:
        for text in statement.resources:
            resolved = text.resolve(self.context)
            # A text with a variable that has no value matches no resource.
            if resolved is not None and resolved.matches(self.resource):
                return not statement.not_resource
        return statement.not_resource

    def _holds(self, test: Any, statement: PolicyStatement) -> bool:
        if test.key in _IN_EVERY_REQUEST and test.key not in self.context:
            raise _undecided(statement, _IN_EVERY_REQUEST[test.key])
        return bool(test.holds(self.context))

    def _is_named(self, named: Principals, statement: PolicyStatement) -> bool:
        found = is_named(named, self.identity)
        if isinstance(found, str):
            raise _undecided(statement, found)
        return found


# Keys that a request has although it does not follow from the rest of it which value.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_IN_EVERY_REQUEST = {
    "aws:principalarn": "it asks for aws:PrincipalArn, which a session's ARN lacks",
    "aws:viaawsservice": "it asks for aws:ViaAWSService, which every request has",
    "aws:securetransport": "it asks for aws:SecureTransport, which every request has",
}


def _undecided(statement: PolicyStatement, why: str) -> UndeterminedError:
    return UndeterminedError(
        f"{statement.place} can't be decided: {why}",
        allowed="a statement that the request decides is allowed",
        remedy="give the request what it asks for",
    )


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
    """Return the statements of a resource's policy, as they are for a principal.

    "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a
    permissions boundary policy attached, regardless of the values specified in the NotPrincipal
    element." Whoever asks or compares these statements is to see that in them.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    read = _read_one(document, "resource policy", principals="own")
    if read is None or not bounded:
        return read
    return tuple(
        replace(each, principals=_EVERYONE) if each.principals and each.principals.negated else each
        for each in read
    )


_EVERYONE = Principals(negated=False, aws=("*",), others=())


def _read_named(
    document: Document | NamedPolicy, kind: str, *, principals: Principled = "forbidden"
) -> tuple[PolicyStatement, ...]:
    named = document if isinstance(document, NamedPolicy) else NamedPolicy(kind, document)
    return read_document(named.document, named.name, principals=principals)
