"""Documents with unknowns, as plain ones that the prover takes.

What AWS makes up, and the account and Region where they are unknown, gets a value that nothing
else has. What may be anything, such as a parameter, becomes a condition on a key that no request
has: a statement about `secret:<parameter>/*` is one about `secret:*/*`, if that key says so. The
key is the same wherever the text is, so that two such statements are compared as what they are; and
as the prover asks about every value of every key, a proof holds whatever the unknowns turn out to
be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

from constructs_lib.errors import InvalidPolicyError
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Document, Principal
from constructs_lib.proof.cloudformation.unknowns import Unknown, Unknowns, has_unknown
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, names_principal
from constructs_lib.proof.iam.evaluator import NamedPolicy
from constructs_lib.proof.symbolic.time_limit import seconds_left

_PLACES = ("AWS::Region", "AWS::AccountId")
_VERSION = "2012-10-17"
_Block = dict[str, dict[str, Any]]


@dataclass
class Lowering:
    """One rendering of all documents that are compared with each other.

    Attributes:
        unknowns: the unknowns.
        labels: what each key that was made up stands for.
    """

    unknowns: Unknowns
    labels: dict[str, str] = field(default_factory=dict)
    _originals: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Return a text with a value for each unknown that has one here."""
        if not has_unknown(text):
            return text
        left = {
            each.placeholder: each.placeholder
            for each in self.unknowns.unknowns_in(text)
            if _is_open(each)
        }
        found = self.unknowns.concrete(text, left)
        self._originals[found] = text
        return found

    def documents(self, policies: Sequence[AttachedPolicy]) -> list[NamedPolicy]:
        """Return the policies of a principal, a document for each statement."""
        return [named for policy in policies for named in self._documents(policy)]

    def granted(
        self,
        policies: Sequence[AttachedPolicy],
        arn: str,
        principal: Principal,
        *,
        through_account: bool = False,
    ) -> list[NamedPolicy]:
        """Return what the policies of a resource say of a principal, as its own policies would.

        What they leave to the policies of the principal's account is among it if told so.
        """
        found = []
        for policy in policies:
            for number, statement in enumerate(_statements(policy), start=1):
                named = names_principal(AccessRequest(principal, "", arn), statement, self.unknowns)
                granting = names_principal(
                    AccessRequest(principal, "", arn),
                    statement,
                    self.unknowns,
                    exactly=not through_account,
                )
                allows = statement.get("Effect") == "Allow"
                about_it = statement.get("Resource") in ("*", arn)
                if granting is False if allows else not (named and about_it):
                    continue
                kept = {
                    key: value
                    for key, value in statement.items()
                    if key not in ("Principal", "NotPrincipal", "Resource", "NotResource")
                }
                found.append(self._named(policy, number, {**kept, "Resource": arn}))
        return found

    def of_resource(self, policies: Sequence[AttachedPolicy]) -> list[NamedPolicy]:
        """Return the policies of a resource, a document for each statement."""
        found = []
        for policy in policies:
            for number, statement in enumerate(_statements(policy), start=1):
                found.append(self._named(policy, number, statement))
        return found

    def doubts(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the pairs of resources whose values here do not tell how they really compare."""
        originals = [self._originals.get(each, each) for each in texts]
        kept = [each for each in dict.fromkeys(originals) if not self._opaque(each)]
        for one, other in combinations(kept, 2):
            seconds_left()
            if has_unknown(one) or has_unknown(other):
                parts = zip(one.split(":", 5)[:5], other.split(":", 5)[:5], strict=False)
                same = [self.unknowns.same(a, b) for a, b in parts if not {"*", "?"} & {*a, *b}]
                if False in same:
                    continue  # they are apart, whatever the rest is
                if None in same or self._unsure(one, other) or self._unsure(other, one):
                    one, other = self.unknowns.shown(one), self.unknowns.shown(other)
                    yield f"how {one} and {other} compare"

    def _unsure(self, pattern: str, text: str) -> bool:
        """Return whether it depends on what AWS makes up whether a pattern matches."""
        return "${" not in pattern + text and self.unknowns.matches(pattern, text) is None

    def shown(self, text: str) -> str:
        """Return a text of a witness as a message shows it: what was unknown by its label."""
        return self.unknowns.shown(self._originals.get(text, text))

    def assumed(self, context: Mapping[str, Any]) -> str:
        """Return what a request takes for granted of the unknowns; nothing if it does not."""
        found = [
            f"{'if' if value == 'true' else 'unless'} {self.labels[key]}"
            for key, value in context.items()
            if key in self.labels
        ]
        return " and ".join(found)

    # --- one statement ----------------------------------------------------------------------

    def _documents(self, policy: AttachedPolicy) -> Iterator[NamedPolicy]:
        if policy.document is None:
            for effect in ("Allow", "Deny"):
                block = self._if(
                    f"the document of {policy.name}, which is not known, has a matching {effect}"
                )
                everything = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": block}
                yield NamedPolicy(policy.name, {"Version": _VERSION, "Statement": everything})
            return
        for number, statement in enumerate(_statements(policy), start=1):
            yield self._named(policy, number, statement)

    def _named(self, policy: AttachedPolicy, number: int, statement: Document) -> NamedPolicy:
        effect = statement.get("Effect")
        if isinstance(effect, str) and has_unknown(effect):
            raise InvalidPolicyError(
                f"Effect in {policy.name} is {self.unknowns.shown(effect)}",
                allowed="Allow and Deny are allowed",
                remedy="give the parameter that it comes from",
            )
        sid = statement.get("Sid")
        name = f"{policy.name}, statement {number}" + (f" ({sid})" if sid else "")
        blocks = [self._conditions(statement.get("Condition", {}))]
        if policy.doubt is not None:
            blocks.append(self._if(policy.doubt))
        rest = {key: each for key, each in statement.items() if key not in _TAKEN_APART}
        parts = []
        for chosen in product(
            *(self._choices(statement, each) for each in ("Action", "Resource")),
            self._principals(statement),
        ):
            block: _Block = {}
            for conditions in [*blocks, *(conditions for _, conditions in chosen)]:
                for operator, keys in conditions.items():
                    merged = block.setdefault(operator, {})
                    if isinstance(keys, Mapping):
                        merged.update(keys)
                    else:
                        block[operator] = keys  # which is refused when it is read
            part = {**rest, **{key: each for some, _ in chosen for key, each in some.items()}}
            parts.append({**part, "Condition": block} if block else part)
        document = policy.document or {}
        return NamedPolicy(
            name, {"Version": document.get("Version", "2008-10-17"), "Statement": parts}
        )

    def _choices(self, statement: Document, name: str) -> list[tuple[dict[str, Any], _Block]]:
        """Return an Action or a Resource as alternatives, each with what it depends on."""
        if name not in statement:
            negated = f"Not{name}"
            if negated not in statement:
                return [({}, {})]
            given = _texts(statement[negated])
            if given is None:
                return [({negated: statement[negated]}, {})]
            fixed = [self.text(each) for each in given if not self._opaque(each)]
            left: dict[str, Any] = {negated: fixed} if fixed else {name: "*"}
            unless: _Block = {}
            for each in given:
                if self._opaque(each):
                    unless.setdefault("Bool", {}).update(self._unless(name, each)["Bool"])
            return [(left, unless)]
        given = _texts(statement[name])
        if given is None:
            return [({name: statement[name]}, {})]
        fixed = [self.text(each) for each in given if not self._opaque(each)]
        found: list[tuple[dict[str, Any], _Block]] = [({name: fixed}, {})] if fixed else []
        for each in given:
            if self._opaque(each):
                wide = "*" if name == "Action" else self._widened(each)
                found.append(({name: wide}, self._if(self._is(name, each))))
        return found or [({name: []}, {})]

    def _principals(self, statement: Document) -> list[tuple[dict[str, Any], _Block]]:
        """Return each of the principals of a resource's statement by itself."""
        given = statement.get("Principal")
        if given is None:
            key = "NotPrincipal"
            return [({key: self._all(statement[key])} if key in statement else {}, {})]
        if not isinstance(given, Mapping):
            return [({"Principal": given}, {})]
        found: list[tuple[dict[str, Any], _Block]] = []
        for kind, names in given.items():
            for name in _texts(names) or [names]:
                condition = {} if kind == "AWS" else self._if(f"{kind} {name} asks")
                found.append(({"Principal": {kind: self._all(name)}}, condition))
        return found

    def _conditions(self, block: object) -> _Block:
        if not isinstance(block, Mapping):
            return {"": {"": block}}  # which is refused when it is read
        found: _Block = {}
        for operator, keys in block.items():
            for key, values in keys.items() if isinstance(keys, Mapping) else ():
                texts = _texts(values)
                if any(map(self._opaque, [operator, key, *(texts or [])])):
                    shown = f"{operator} {key} {' or '.join(texts or [])}"
                    found.setdefault("Bool", {}).update(self._if(f"{shown} holds")["Bool"])
                else:
                    found.setdefault(operator, {})[self.text(key)] = self._all(values)
            if isinstance(keys, str) and has_unknown(keys):  # a whole block, as CfnJson gives it
                found.setdefault("Bool", {}).update(self._if(f"{operator} {keys} holds")["Bool"])
            elif not isinstance(keys, Mapping):
                found[operator] = keys
        return found

    def _all(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._all(each) for key, each in value.items()}
        return [self._all(each) for each in value] if isinstance(value, list) else value

    # --- what may be anything ---------------------------------------------------------------

    def _opaque(self, text: str) -> bool:
        return has_unknown(text) and any(map(_is_open, self.unknowns.unknowns_in(text)))

    def _widened(self, text: str) -> str:
        signs = {
            each.placeholder: "*" for each in self.unknowns.unknowns_in(text) if _is_open(each)
        }
        found = self.unknowns.concrete(text, signs)
        self._originals[found] = text
        return found

    def _is(self, name: str, text: str) -> str:
        return f"the {name.lower()} is {text}"

    def _if(self, what: str) -> _Block:
        key = f"unknown:{hashlib.sha256(what.encode()).hexdigest()[:16]}"
        self.labels[key] = self.unknowns.shown(what)
        return {"Bool": {key: "true"}}

    def _unless(self, name: str, text: str) -> _Block:
        (key,) = self._if(self._is(name, text))["Bool"]
        return {"Bool": {key: "false"}}


_TAKEN_APART = {
    *("Sid", "Condition", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal"),
}


def _is_open(unknown: Unknown) -> bool:
    chosen = unknown.generated or unknown.fresh or unknown.label == "6 characters"
    return not chosen and unknown.label not in _PLACES


def _statements(policy: AttachedPolicy) -> list[Document]:
    """Return the statements of a policy.

    Raises:
        SecretAccessError: if it has none that could be read.
    """
    found = (policy.document or {}).get("Statement")
    listed: list[Any] = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(each, Mapping) for each in listed):
        raise InvalidPolicyError(
            f"{policy.name} has no list of statements",
            allowed="one statement or more are allowed",
            remedy="correct the policy: nothing is guessed of it",
        )
    return listed


def _texts(value: object) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    return None
