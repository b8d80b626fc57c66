"""One request to what a template grants: allowed, denied, or dependent on what is not known.

IAM's evaluation is monotone: one more Allow that applies never takes access away, one more Deny
never gives any. So each statement of which it is open whether it applies is taken in turn as
whatever allows most and as whatever allows least. If the evaluator answers the same to both, that
is the answer, however the unknowns turn out; if not, it is open, and the doubts are named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from constructs_lib.errors import InvalidPolicyError, UndeterminedError
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Document, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown
from constructs_lib.proof.iam.evaluator import Decision, NamedPolicy, Policies, evaluate
from constructs_lib.proof.iam.request import Request

_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9-]+:[^\s,'}]+)[^}]*\}")
_OPERATOR = re.compile(
    r"(?:(ForAllValues|ForAnyValue):)?(String|Arn)(Not)?(?:Equals|Like)(IgnoreCase)?(?:IfExists)?",
    re.IGNORECASE,
)
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@dataclass(frozen=True)
class AccessRequest:
    """A request whose parts may have unknowns in them.

    Attributes:
        principal: who asks.
        action: the action.
        resource: the ARN of the resource.
        context: condition keys in lower case, each with its values; none: the key is absent.
        absent: beginnings of keys that are absent unless the context has them.
        undetermined: beginnings of keys that are an exception to `absent`.
        present: keys that are in the request, also where the context does not have their values.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()
    present: frozenset[str] = frozenset()

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a key, none if it is absent, and None if that is not known."""
        key = key.lower()
        found = self.context.get(key)
        if found is not None or not key.startswith(self.absent):
            return found
        return None if key.startswith(self.undetermined) else ()


@dataclass(frozen=True)
class PartialDecision:
    """The answer.

    Attributes:
        allowed: whether it is allowed. None: that depends on the doubts.
        decision: the evaluator's decision, of the outcome that allows least if it is open.
        doubts: on what it depends.
        remedies: what decides it, where the doubts have remedies of their own.
    """

    allowed: bool | None
    decision: Decision
    doubts: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def evaluate_partially(
    access_request: AccessRequest,
    unknowns: Unknowns,
    *,
    resource: Sequence[AttachedPolicy] = (),
) -> PartialDecision:
    """Return whether a principal may do something, given its policies and the resource's.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    mine, its = access_request.principal.account, _account_of(access_request, unknowns)
    doubts: list[str] = []
    worlds: list[dict[str, str]] = [{}]
    if unknowns.same(mine, its) is None:
        worlds.append(_same_account(mine, its, unknowns))
        doubts.append(f"whether {unknowns.shown(mine)} and {unknowns.shown(its)} are one account")
    found: list[Decision] = []
    for values in worlds:
        for widest in (False, True):
            found.append(
                _decide(
                    access_request,
                    resource,
                    _Bound(access_request, unknowns, widest, doubts),
                    values,
                )
            )
            if not doubts:
                break
    least, most = found[0], found[-1]
    if all(each.allowed == least.allowed for each in found):
        return PartialDecision(least.allowed, least if least.allowed else most)
    return PartialDecision(None, least, tuple(dict.fromkeys(doubts)))


def _account_of(access_request: AccessRequest, unknowns: Unknowns) -> str:
    """Return the account of the resource."""
    if access_request.resource == "*":
        return access_request.principal.account
    parts = access_request.resource.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise UndeterminedError(
            f"resource is {unknowns.shown(access_request.resource)}",
            allowed="an ARN is allowed, in which it is known at least where the account stands",
            remedy="give the ARN, or the parameter that it comes from",
        )
    return parts[4] or access_request.principal.account


def _same_account(one: str, other: str, unknowns: Unknowns) -> dict[str, str]:
    """Return the values with which two accounts, one of them unknown, are the same."""
    for sign, account in ((other, one), (one, other)):  # so that a principal's stays an account
        if len(sign) == 1 and has_unknown(sign):
            return {sign: unknowns.concrete(account)}
    raise UndeterminedError(
        f"accounts are {unknowns.shown(one)} and {unknowns.shown(other)}",
        allowed="accounts that can be told apart, or one of them in full, are allowed",
        remedy="give the account",
    )


def _decide(
    access_request: AccessRequest,
    resource: Sequence[AttachedPolicy],
    bound: _Bound,
    values: dict[str, str],
) -> Decision:
    unknowns = bound.unknowns

    def concrete(policies: Sequence[AttachedPolicy]) -> list[NamedPolicy]:
        return [
            NamedPolicy(each.name, _concrete(bound.document(each), unknowns, values))
            for each in policies
        ]

    principal = access_request.principal
    boundary = concrete([principal.boundary] if principal.boundary else [])
    of_resource = concrete(resource)
    merged: NamedPolicy | None = None
    if of_resource:
        # Several are only there where it is open which one the resource has.
        statements = [one for each in of_resource for one in _statements(each.document)]
        name = " or ".join(dict.fromkeys(each.name for each in of_resource))
        document = {**of_resource[0].document, "Statement": statements}
        merged = NamedPolicy(name, document) if len(of_resource) > 1 else of_resource[0]
    arn = unknowns.concrete(principal.arn, values)
    request = Request(
        arn,
        access_request.action,
        unknowns.concrete(access_request.resource, values),
        {
            # Of what is present and unknown, conditions are decided before; Null is about it.
            **dict.fromkeys(access_request.present, "unknown"),
            **{
                key: [unknowns.concrete(each, values) for each in texts]
                for key, texts in access_request.context.items()
                if texts and not _has_twin(key, access_request)
            },
        },
    )
    return evaluate(
        request,
        Policies(
            concrete(principal.policies),
            permissions_boundary=boundary[0] if boundary else None,
            resource=merged,
        ),
    )


def _has_twin(key: str, access_request: AccessRequest) -> bool:
    """Return whether a key is another name of a tag of a secret, which the evaluator adds."""
    if not key.startswith("secretsmanager:resourcetag/"):
        return False
    context = access_request.context
    return context.get(f"aws:{key.partition(':')[2]}") == context[key]


def _statements(document: Document) -> list[Any]:
    found = document.get("Statement")
    return list(found) if isinstance(found, list) else [found]


def _concrete(value: Any, unknowns: Unknowns, values: dict[str, str]) -> Any:
    """Return a document with a possible value for each unknown."""
    if isinstance(value, str):
        return unknowns.concrete(value, values)
    if isinstance(value, list):
        return [_concrete(each, unknowns, values) for each in value]
    if isinstance(value, Mapping):
        return {
            unknowns.concrete(key, values): _concrete(each, unknowns, values)
            for key, each in value.items()
        }
    return value


@dataclass
class _Bound:
    """Documents at their widest (most allowed) or narrowest, as far as they are in doubt."""

    access_request: AccessRequest
    unknowns: Unknowns
    widest: bool
    doubts: list[str]

    def document(self, policy: AttachedPolicy) -> Document:
        """Return the document of a policy, with every doubt decided one way."""
        if policy.document is None:
            self.doubts.append(f"the document of {policy.name}, which is not known")
            return _document([_EVERYTHING if self.widest else _NOTHING])
        statements = policy.document.get("Statement")
        if not isinstance(statements, list | Mapping):
            return policy.document  # which the evaluator refuses
        given = [statements] if isinstance(statements, Mapping) else statements
        variables = policy.document.get("Version") == "2012-10-17"
        found = []
        for statement in given:
            if not isinstance(statement, Mapping):
                return policy.document
            found.append(self._statement(statement, policy, variables))
        return {**policy.document, "Statement": found}

    def _statement(
        self, statement: Document, policy: AttachedPolicy, variables: bool
    ) -> dict[str, Any]:
        effect = statement.get("Effect")
        if isinstance(effect, str) and has_unknown(effect):
            raise InvalidPolicyError(
                f"Effect in {policy.name} is {self.unknowns.shown(effect)}",
                allowed="Allow and Deny are allowed",
                remedy="give the parameter that it comes from",
            )
        applies = {
            "Action": self._action(statement),
            "Resource": self._resource(statement, variables),
            "Principal": self._principal(statement),
        }
        conditions, doubts = self._conditions(statement, variables)
        kept = {**statement, "Condition": conditions}
        if not conditions:
            del kept["Condition"]
        beside = {"Resource": f" beside {self.unknowns.shown(self.access_request.resource)}"}
        doubts += [
            f"{self._shown(statement, name)} of {policy.name}{beside.get(name, '')}"
            for name, whether in applies.items()
            if whether is None
        ]
        if policy.doubt is not None:
            doubts.append(policy.doubt)
        if False in applies.values():
            # It does not apply, whatever the rest is; that is checked all the same.
            return self._spelled_out(kept)
        if not doubts:
            return self._spelled_out(dict(statement))
        self.doubts += doubts
        if (effect == "Allow") != self.widest:
            return self._without_doubtful_principals(statement, applies, doubts)
        if applies["Action"] is None:
            kept.pop("NotAction", None)
            kept["Action"] = "*"
        if applies["Resource"] is None:
            kept.pop("NotResource", None)
            kept["Resource"] = "*"
        if applies["Principal"] is None:
            kept.pop("NotPrincipal", None)
            kept["Principal"] = {"AWS": self.access_request.principal.arn}
        return self._spelled_out(kept)

    def _without_doubtful_principals(
        self, statement: Document, applies: Mapping[str, bool | None], doubts: list[str]
    ) -> dict[str, Any]:
        """Return a statement without the principals in doubt; without effect, if more is."""
        principal = statement.get("Principal")
        if len(doubts) == 1 and applies["Principal"] is None and isinstance(principal, Mapping):
            certain = [each for each in _texts(principal.get("AWS")) or [] if self._named(each)]
            if certain:
                return self._spelled_out({**statement, "Principal": {"AWS": certain}})
        # Others keep their numbers, so it stays, and is about nothing.
        nothing = {**_NOTHING, "Action": "none:None"}
        of_resource = "Principal" in statement or "NotPrincipal" in statement
        return {**nothing, "Principal": "*"} if of_resource else nothing

    def _shown(self, statement: Document, name: str) -> str:
        for key in (name, f"Not{name}"):
            if key in statement:
                return (
                    f"{key} {self.unknowns.shown(dumps(statement[key], ensure_ascii=False))[:200]}"
                )
        return name

    def _spelled_out(self, statement: dict[str, Any]) -> dict[str, Any]:
        """Return a statement whose unknown resources look like ARNs, as the evaluator demands."""
        for key in ("Resource", "NotResource"):
            texts = _texts(statement.get(key))
            if texts and any(has_unknown(each[:1]) for each in texts):
                statement[key] = [
                    f"arn:aws:unknown:::{each}" if has_unknown(each[:1]) else each for each in texts
                ]
        return statement

    # --- whether a statement applies: yes, no, or it depends --------------------------------

    def _action(self, statement: Document) -> bool | None:
        action = self.access_request.action.lower()
        negated = "Action" not in statement
        given = statement.get("NotAction" if negated else "Action")
        found = [self.unknowns.matches(each.lower(), action) for each in _texts(given) or []]
        return _not(_any(found)) if negated else _any(found)

    def _resource(self, statement: Document, variables: bool) -> bool | None:
        negated = "Resource" not in statement
        given = statement.get("NotResource" if negated else "Resource")
        found = [
            self._matches(each, self.access_request.resource, variables)
            for each in _texts(given) or []
        ]
        return _not(_any(found)) if negated else _any(found)

    def _matches(self, pattern: str, text: str, variables: bool) -> bool | None:
        if "${" not in pattern:
            return self.unknowns.matches(pattern, text)
        filled = self._filled(pattern) if variables else None
        return None if filled is None else self.unknowns.matches(filled, text)

    def _filled(self, pattern: str) -> str | None:
        """Return a pattern with its policy variables replaced; None if one is not known."""
        found = pattern
        for match in _VARIABLE.finditer(pattern):
            values = self.access_request.values(match[1])
            if values is None or len(values) != 1:
                return None
            literal = re.sub(r"[*?$]", lambda sign: f"${{{sign.group()}}}", values[0])
            found = found.replace(match.group(), literal)
        return found

    def _principal(self, statement: Document) -> bool | None:
        negated = "NotPrincipal" in statement
        given = statement.get("NotPrincipal" if negated else "Principal")
        if given is None or given == "*":
            return True if given is None else not negated
        if not isinstance(given, Mapping):
            return True  # which the evaluator refuses
        texts = _texts(given.get("AWS")) or []
        found = [self._named(each) for each in texts]
        # That the account is named does not tell whether the principal itself is, too.
        exact = [self._named(each, exactly=True) for each in texts]
        if negated:
            return None if None in found else True
        if None in exact and True not in exact:
            return None
        return _any(found)

    def _named(self, text: str, *, exactly: bool = False) -> bool | None:
        principal, unknowns = self.access_request.principal, self.unknowns
        if text == "*":
            return True
        found = [unknowns.same(text, self.access_request.principal.arn)]
        if not exactly:
            partition = principal.arn.split(":", 2)[1]
            root = f"arn:{partition}:iam::{principal.account}:root"
            found += [unknowns.same(text, each) for each in (principal.account, root)]
        return _any(found)

    def _conditions(self, statement: Document, variables: bool) -> tuple[dict[str, Any], list[str]]:
        """Return the conditions that are certain, and what the others depend on."""
        block = statement.get("Condition", {})
        if not isinstance(block, Mapping):
            return {"": block}, []  # which the evaluator refuses
        certain: dict[str, Any] = {}
        doubts = []
        for operator, keys in block.items():
            if not isinstance(keys, Mapping):
                return {operator: keys}, []
            for key, values in keys.items():
                doubt = self._doubt(operator, key, values, variables)
                if doubt is None:
                    certain.setdefault(operator, {})[key] = values
                else:
                    doubts.append(doubt)
        return certain, doubts

    def _doubt(self, operator: str, key: str, values: object, variables: bool) -> str | None:
        """Return on what it depends whether a condition holds. None: on nothing."""
        if has_unknown(key):
            return f"{self.unknowns.shown(key)}, a condition key that is not known"
        given = self.access_request.values(key)
        wanted = _texts(values)
        about_presence = operator.lower() == "null" and key.lower() in self.access_request.present
        if given is None and not about_presence:
            return f"{key}, of which the request says nothing"
        if not given or wanted is None or operator.lower() == "null":
            return self._unknown_values(operator, key, wanted or [])
        unknown = any(map(has_unknown, (*given, *wanted)))
        variable = any("${" in each for each in wanted)
        if not unknown and not variable:
            return None
        match = _OPERATOR.fullmatch(operator)
        shown = f"{key} ({self.unknowns.shown(', '.join(given))}) beside "
        shown += self.unknowns.shown(", ".join(wanted))
        if match is None:
            return shown
        quantifier, kind, negated, ignoring_case = match.groups()
        like = kind.lower() == "arn" or "like" in operator.lower()
        each = []
        for value in given:
            found = [
                self._compared(one, value, like, bool(ignoring_case), variables) for one in wanted
            ]
            each.append(_not(_any(found)) if negated else _any(found))
        holds = _any(each) if (quantifier or "").lower() == "foranyvalue" else _all(each)
        return shown if holds is None else None

    def _unknown_values(self, operator: str, key: str, wanted: list[str]) -> str | None:
        """Return a doubt where the evaluator could not read a policy's values."""
        readable = _OPERATOR.fullmatch(operator) is not None
        if readable or not any(map(has_unknown, wanted)):
            return None
        return f"{operator} {key} beside {self.unknowns.shown(', '.join(wanted))}"

    def _compared(
        self, wanted: str, given: str, like: bool, ignoring_case: bool, variables: bool
    ) -> bool | None:
        if ignoring_case:
            wanted, given = wanted.lower(), given.lower()
        if like:
            return self._matches(wanted, given, variables)
        if "${" not in wanted:
            return self.unknowns.same(wanted, given)
        escaped = re.sub(r"[*?](?!\})", lambda sign: f"${{{sign.group()}}}", wanted)
        return self._matches(escaped, given, variables)


def names_principal(
    access_request: AccessRequest, statement: Document, unknowns: Unknowns, *, exactly: bool = False
) -> bool | None:
    """Return whether a statement names the principal, or (not exactly) its account.

    Args:
        access_request: who asks.
        statement: the statement.
        unknowns: the unknowns in both.
        exactly: whether it has to be named itself.
    """
    bound = _Bound(access_request, unknowns, True, [])
    given = statement.get("Principal")
    if not exactly or not isinstance(given, Mapping):
        return bound._principal(statement)
    return _any([bound._named(each, exactly=True) for each in _texts(given.get("AWS")) or []])


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _texts(value: object) -> list[str] | None:
    """Return a string or a list of them as a list; None if it is neither."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    return None


def _any(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else (None if None in found else False)


def _all(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else (None if None in found else True)


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found
