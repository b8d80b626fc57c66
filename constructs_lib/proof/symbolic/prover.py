"""Every request at once: proved, or refuted by one request, or unknown.

A question is first decided by comparing patterns, which settles most, and only what is left is
given to a solver (cvc5, the optional extra `prove`). A refutation is a request that the evaluator
has confirmed; what can't be confirmed is unknown, and unknown is not proved.

The questions are about what a principal's own policies give it: identity policies with their
boundary, session and control policies. A resource is taken to be in the principal's account (or,
which is the same for these policies, to be shared with it), and a KMS key to leave its use to the
account.

Where a resource's policy is given too (`Policies(resource=...)`), it is the policy of whatever
resource is asked for, in the principal's account or another, as the evaluator takes it. Without
one beside it, a resource has none, and a key or role leaves its use to its own account. The
question is then about the principal given, or about everyone: each one that the policies name, and
those whom they do not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from constructs_lib.errors import InvalidOptionError
from constructs_lib.proof.iam.evaluator import Policies
from constructs_lib.proof.iam.patterns import pattern
from constructs_lib.proof.iam.request import Request, identity_of
from constructs_lib.proof.symbolic.counterexamples import candidate_counterexamples
from constructs_lib.proof.symbolic.goal import Counterexample, PoliciesJudge, ProofGoal
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass, principal_classes_of
from constructs_lib.proof.symbolic.smt_encoding import solve
from constructs_lib.proof.symbolic.subsumption import cancel_common_statements, side_of
from constructs_lib.proof.symbolic.time_limit import (
    TOO_LATE,
    OutOfTimeError,
    seconds_left,
    time_limit_of,
)

DEFAULT_TIME_LIMIT = 10.0

_MOST_ATTEMPTS = 4_000
_ACTIONS = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")
_RESOURCES = re.compile(r"(arn:|[*?]).*", re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """The answer to a question about every request.

    Attributes:
        proved: whether it holds of every request.
        refuted: whether `witness` shows that it does not.
        witness: a request that refutes it, confirmed by the evaluator; else None.
        reason: why, in a sentence. Where neither proved nor refuted: what was not decided.
    """

    proved: bool
    refuted: bool
    witness: Request | None
    reason: str


def no_new_access(
    new: Policies,
    old: Policies,
    *,
    principal: str | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Verdict:
    """Return whether `new` allows nothing that `old` does not allow.

    >>> from constructs_lib.proof import Policies, no_new_access
    >>> def policy(arn):
    ...     return Policies([{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    ...         "Action": "secretsmanager:GetSecretValue", "Resource": arn}}])
    >>> secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db"
    >>> no_new_access(new=policy(f"{secret}-??????"), old=policy(f"{secret}*")).proved
    True
    >>> no_new_access(new=policy(f"{secret}*"), old=policy(f"{secret}-??????")).witness.resource
    'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db'

    Args:
        new: the policies of a principal after a change.
        old: its policies before.
        principal: the ARN of who asks. Omitted, it is any role, or, with a resource's policy,
            everyone.
        time_limit: the seconds that the answer may take; beyond, it is unknown.

    Raises:
        SecretAccessError: if the solver is needed and not installed, if the principal is no user,
            role or session, or if a resource's policy names a session of the role that asks.
    """
    principal_classes = _principal_classes(principal, new, old)
    asked = (["*"], ["*"])
    verdict = _decide(principal_classes, new, old, asked, time_limit)
    if not verdict.proved or principal is not None or not _granted(new, old):
        return verdict
    return _left_to_accounts(principal_classes, new, old, asked, time_limit) or verdict


def never_allowed(
    policies: Policies,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    principal: str | None = None,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Verdict:
    """Return whether none of `actions` is allowed on any of `resources`, whatever the context.

    Args:
        policies: the policies of a principal.
        actions: such as `secretsmanager:PutResourcePolicy`, or patterns of actions.
        resources: ARNs, or patterns of ARNs.
        principal: the ARN of who asks. Omitted, it is any role, or, with a resource's policy,
            everyone.
        time_limit: the seconds that the answer may take; beyond, it is unknown.

    Raises:
        SecretAccessError: as `no_new_access`.
    """
    principal_classes = _principal_classes(principal, policies, None)
    asked = (actions, resources)
    verdict = _decide(principal_classes, policies, None, asked, time_limit)
    if not verdict.proved or principal is not None or not _granted(policies, None):
        return verdict
    # What the policies of an account allow where no resource's policy leaves it to them.
    alone = Policies(resource=_NO_GRANT)
    return _left_to_accounts(principal_classes, policies, alone, asked, time_limit) or verdict


def only_principals(
    principals: Sequence[str],
    action: str,
    resource: str,
    *,
    among: Mapping[str, Policies],
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> Verdict:
    """Return whether of the principals of `among` only these may ever do `action` on `resource`.

    >>> from constructs_lib.proof import Policies, only_principals
    >>> statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    >>> all_secrets = Policies([{"Version": "2012-10-17", "Statement": statement}])
    >>> app, other = (f"arn:aws:iam::111122223333:role/{name}" for name in ("app", "other"))
    >>> roles = {app: all_secrets, other: Policies()}
    >>> only_principals([app], "secretsmanager:GetSecretValue", "*", among=roles).proved
    True
    >>> verdict = only_principals([other], "secretsmanager:GetSecretValue", "*", among=roles)
    >>> verdict.witness.principal
    'arn:aws:iam::111122223333:role/app'

    Args:
        principals: ARNs of users and roles, each one of `among`.
        action: such as `secretsmanager:GetSecretValue`, or a pattern of actions.
        resource: an ARN, or a pattern of ARNs.
        among: every principal that there is, with its policies.
        time_limit: the seconds that the answer may take for each principal.

    Raises:
        SecretAccessError: as `no_new_access`, or if one of `principals` is not among them.
    """
    strangers = [each for each in principals if each not in among]
    if isinstance(principals, str) or strangers:
        raise InvalidOptionError(
            "principals",
            must="be a list of ARNs that `among` has",
            got=principals,
            remedy="give the policies of every principal as among={ARN: Policies(...)}",
        )
    open_one: Verdict | None = None
    for principal, policies in among.items():
        if principal in principals:
            continue
        verdict = never_allowed(
            policies, [action], [resource], principal=principal, time_limit=time_limit
        )
        if verdict.refuted:
            return verdict
        open_one = open_one or (None if verdict.proved else verdict)
    return open_one or Verdict(True, False, None, "no other principal is ever allowed it")


def never_allowed_to(
    principal_class: PrincipalClass,
    policies: Policies,
    actions: Sequence[str],
    resources: Sequence[str],
    time_limit: float,
) -> Verdict:
    """Tell what `never_allowed` does, of one who asks."""
    return _decide([principal_class], policies, None, (actions, resources), time_limit)


_NO_GRANT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "none.amazonaws.com"},
        "Action": "none:None",
        "Resource": "*",
    },
}
_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _left_to_accounts(
    principal_classes: Sequence[PrincipalClass],
    new: Policies,
    old: Policies,
    asked: tuple[Sequence[str], Sequence[str]],
    time_limit: float,
) -> Verdict | None:
    """Return the verdict where what is new is left to policies that are not given, if any is.

    In a question about everyone, the identity policies of those whom a resource's policy names are
    not known: they may allow everything.
    """

    def of_others(policies: Policies) -> Policies:
        return Policies(
            [_ALL], resource=policies.resource, resource_control=policies.resource_control
        )

    evaluated = [each for each in principal_classes if each.other is None]
    verdict = _decide(evaluated, of_others(new), of_others(old), asked, time_limit)
    if verdict.proved:
        return None
    if verdict.witness is None:
        return verdict
    request = verdict.witness
    reason = (
        f"{request.action} on {request.resource} is left to the policies of {request.principal},"
        " which are not given"
    )
    return Verdict(False, False, None, reason)


def _principal_classes(
    principal: str | None, new: Policies, old: Policies | None
) -> Sequence[PrincipalClass]:
    if principal is not None:
        identity_of(principal)  # refuses what is no principal
        return [PrincipalClass(principal, known=True)]
    if not _granted(new, old):
        return [PrincipalClass()]
    given = [each.statements for each in (new, old) if each is not None]
    return principal_classes_of(
        statement
        for read in given
        for statements in (read.resource or (), read.resource_control)
        for statement in statements
    )


def _check(actions: object, resources: object) -> None:
    """Refuse what matches no request, of which anything would be proved."""
    for what, given, form, example in (
        ("actions", actions, _ACTIONS, "secretsmanager:Get*"),
        ("resources", resources, _RESOURCES, "arn:aws:secretsmanager:*:*:secret:prod/*"),
    ):
        listed = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        if not listed or not all(isinstance(one, str) and form.fullmatch(one) for one in listed):
            raise InvalidOptionError(
                what,
                must="be a list of at least one pattern",
                got=given,
                remedy=f'give a list, such as ["{example}"]',
            )


def _granted(new: Policies, old: Policies | None) -> bool:
    """Return whether a resource's policy is among what is given."""
    return any(each is not None and each.resource is not None for each in (new, old))


def _decide(
    principal_classes: Sequence[PrincipalClass],
    new: Policies,
    old: Policies | None,
    asked: tuple[Sequence[str], Sequence[str]],
    time_limit: float,
) -> Verdict:
    _check(*asked)
    actions = tuple(pattern(action.lower()) for action in asked[0])
    resources = tuple(pattern(resource) for resource in asked[1])
    granted = _granted(new, old)
    spelled = {each.lower(): each for each in (*_spelled(new, old), *asked[0])}
    open_one: Verdict | None = None
    verdict = Verdict(True, False, None, "nobody is there to ask")
    try:
        with time_limit_of(time_limit):
            for principal_class in principal_classes:
                new_side = side_of(new, principal_class, granted=granted)
                old_side = None if old is None else side_of(old, principal_class, granted=granted)
                if old_side is not None:
                    new_side, old_side = cancel_common_statements(new_side, old_side)
                judge = PoliciesJudge(new, old, principal_class, granted, spelled)
                goal = ProofGoal(actions, resources, principal_class, new_side, old_side, judge)
                verdict = settle(goal)
                if verdict.refuted:
                    return verdict
                open_one = open_one or (None if verdict.proved else verdict)
    except OutOfTimeError:
        return Verdict(False, False, None, TOO_LATE)
    return open_one or verdict


def _spelled(*several: Policies | None) -> Iterator[str]:
    """Yield the actions as the policies spell them."""
    for policies in several:
        if policies is not None:
            for statement in policies.statements.every():
                yield from statement.spelled_actions


def settle(goal: ProofGoal) -> Verdict:
    """Return the answer to one question, within the time limit that is set."""
    if goal.new_side.empty:
        reason = (
            "the policies allow nothing"
            if goal.old_side is None
            else "each statement is included in one that was there"
        )
        return Verdict(True, False, None, reason)
    evaluated = goal.principal_class.other is None
    possible: Counterexample | None = None
    for candidate in islice(candidate_counterexamples(goal), _MOST_ATTEMPTS if evaluated else 0):
        seconds_left()
        counterexample = goal.confirmed(*candidate)
        if counterexample is not None and counterexample.certain:
            return _refuted(counterexample)
        possible = possible or counterexample
    if possible is not None:
        return _refuted(possible)
    answer = solve(goal, seconds_left())
    if isinstance(answer, str):
        return Verdict(False, False, None, answer)
    if answer is None:
        return Verdict(True, False, None, "the solver finds no request that refutes it")
    return _refuted(answer)


def _refuted(counterexample: Counterexample) -> Verdict:
    return Verdict(False, counterexample.certain, counterexample.request, counterexample.reason)
