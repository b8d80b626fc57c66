"""The last resort of the prover: the question as a formula, given to cvc5.

What can't be expressed exactly is left free, so that the solver may find a request that there is
not, but never misses one that there is: a proof holds, and a request found is confirmed elsewhere.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from constructs_lib.errors import UndeterminedError, shown
from constructs_lib.proof.iam.condition_operators import (
    OPERATORS,
    SEVERAL_VALUES,
    AnyTest,
    ConditionTest,
    UnknownTest,
    same_letter,
)
from constructs_lib.proof.iam.patterns import ANY, ONE, Pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement
from constructs_lib.proof.iam.request import OF_AWS, TLS_ONLY
from constructs_lib.proof.iam.text import Piece, Text, Variable
from constructs_lib.proof.symbolic.goal import Counterexample, ProofGoal
from constructs_lib.proof.symbolic.principal_classes import PrincipalClass
from constructs_lib.proof.symbolic.subsumption import Side
from constructs_lib.proof.symbolic.time_limit import TOO_LATE, seconds_left

# Keys that are there in every request, and those in every request of a role or user.
_OF_EVERYONE = frozenset({"aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice"})
_OF_PRINCIPALS = frozenset({"aws:principalarn", "aws:principalaccount", "aws:principaltype"})


def solve(goal: ProofGoal, time_limit: float) -> Counterexample | str | None:
    """Return a counterexample, None if there is none, or why it is unknown.

    A request that is not confirmed is excluded, and the solver goes on.

    Raises:
        SecretAccessError: if the solver is not installed.
    """
    try:
        import cvc5
    except ImportError:
        raise UndeterminedError(
            "comparing the statements by their patterns does not answer this question",
            allowed="with the solver cvc5 it can be answered",
            remedy="install it: pip install 'secret-access-cdk[prove]'",
        ) from None
    # Secrets apart from the rest: the names of secrets have no colon, which in one formula with
    # other resources takes the solver far longer.
    unknown: str | None = None
    for secrets in (True, False):
        part = _part_of(goal, secrets=secrets)
        if part.new_side.empty or not part.resources:
            continue
        answer = _Formula(cvc5).solve(part, time_limit, secrets=secrets)
        if isinstance(answer, Counterexample):
            return answer
        unknown = unknown or answer
    return unknown


def _part_of(goal: ProofGoal, *, secrets: bool) -> ProofGoal:
    """Return a question less the resources that can be no secrets, or nothing but secrets."""

    def possible(text: Text) -> bool:
        # ARNs have no wildcards or variables here that reach into the service.
        service = str(text.widest).split(":")[:3]
        literal = len(service) == 3 and not {"*", "?"} & set("".join(service))
        return not literal or (service[2] == "secretsmanager") == secrets

    def left(statements: tuple[PolicyStatement, ...]) -> Iterator[PolicyStatement]:
        for statement in statements:
            seconds_left()
            texts = tuple(filter(possible, statement.resources))
            if texts or statement.not_resource:
                yield replace(statement, resources=texts)

    def side(whole: Side) -> Side:
        return whole.changed(lambda statements: tuple(left(statements)))

    old = None if goal.old_side is None else side(goal.old_side)
    resources = tuple(one for one in goal.resources if possible(Text.of([one.signs])))
    return replace(goal, resources=resources, new_side=side(goal.new_side), old_side=old)


class _Formula:
    """A question in the solver's terms: an action, a resource, and a variable for each key."""

    def __init__(self, cvc5: Any) -> None:
        self.kind = cvc5.Kind
        self.terms = cvc5.TermManager()
        self.solver = cvc5.Solver(self.terms)
        self.solver.setLogic("ALL")
        self.solver.setOption("produce-models", "true")
        self.solver.setOption("strings-exp", "true")
        self.action = self._string("action")
        self.resource = self._string("resource")
        self.parts: tuple[Any, ...] = ()
        self.always = _OF_EVERYONE | _OF_PRINCIPALS
        self.facts: Mapping[str, tuple[Pattern, ...]] = {}
        self.there: dict[str, Any] = {}
        self.values: dict[tuple[str, str], Any] = {}
        self.free: dict[tuple[object, ...], Any] = {}
        self.expressions: dict[tuple[str, str], Any] = {}

    # --- the question ------------------------------------------------------------------------

    def solve(
        self, goal: ProofGoal, time_limit: float, *, secrets: bool
    ) -> Counterexample | str | None:
        if secrets:
            self._compose_secret()
        self._assert(self._one_of(self.action, goal.actions))
        asked = [self._resource_matches(Text.of([each.signs])) for each in goal.resources]
        self._assert(self._or(asked))
        self._assert(self._in(self.action, self._action_form()))
        if not secrets:
            self._assert(self._in(self.resource, self._resource_form()))
        if (
            not secrets
            and goal.new_side.grants is not None
            and goal.principal_class == PrincipalClass()
        ):
            # Of a resource that is nobody's here, it is the others of another account who ask.
            self._assert(self._in(self.resource, self._of_accounts()))
        self.facts = goal.principal_class.facts
        if goal.principal_class.other is not None:
            self.always = _OF_EVERYONE
        self._assert(self._allowed(goal.new_side, goal.principal_class))
        if goal.old_side is not None:
            self._assert(self._not(self._allowed(goal.old_side, goal.principal_class)))
        self._assert_documented()
        for attempt in range(_MOST_MODELS):
            seconds = min(time_limit, seconds_left())
            self.solver.setOption("tlimit-per", str(max(1, int(seconds * 1_000))))
            result = self.solver.checkSat()
            other = goal.principal_class.other
            if result.isSat() and other is not None:
                return (
                    f"the resource's policy allows it to {other[0]} {other[1]}, whose requests the"
                    " evaluator does not decide"
                )
            if result.isUnsat():
                return UNCONFIRMED if attempt else None
            if not result.isSat():
                return UNCONFIRMED if attempt else TOO_LATE
            counterexample = goal.confirmed(*self._model())
            if counterexample is not None:
                return counterexample
            self._exclude_model(attempt)
        return UNCONFIRMED

    def _exclude_model(self, attempt: int) -> None:
        """Exclude the last model: what it assumes of conditions left free, or else its request."""
        texts = [self.action, self.resource, *self.there.values(), *self.values.values()]
        free = list(self.free.values())
        terms = free if free and attempt % 2 == 0 else texts
        values = [self.solver.getValue(term) for term in terms]
        same = [self._equal(term, value) for term, value in zip(terms, values, strict=True)]
        self._assert(self._not(self._and(same)))

    def _assert_documented(self) -> None:
        """Assert what AWS documents of the keys that the statements ask for."""
        if "aws:username" in self.there and ("aws:principaltype", "text") in self.values:
            user = self.terms.mkString("User")
            is_user = self._equal(self.values["aws:principaltype", "text"], user)
            self._assert(self._equal(self.there["aws:username"], is_user))
        if "aws:securetransport" in self.there:
            self._assert_of_tls()
        if "aws:resourceaccount" in self.there:
            secret = bool(self.parts)
            told = self._in(self.resource, self._arn_in(self._account()))
            told = self.terms.mkTrue() if secret else told
            self._assert(self._or([self._not(told), self.there["aws:resourceaccount"]]))
            value = self.values.get(("aws:resourceaccount", "text"))
            if value is not None:
                account = self.terms.mkTerm(self.kind.STRING_TO_REGEXP, value)
                same = (
                    self._equal(value, self.parts[4])
                    if secret
                    else self._in(self.resource, self._arn_in(account))
                )
                self._assert(self._or([self._not(told), same]))

    def _assert_of_tls(self) -> None:
        service = self._concat([self._literal(TLS_ONLY), self._star(self._sign())])
        other = self._not(self._in(self.action, service))
        flag = self.values.get(("aws:securetransport", "flag"))
        if flag is not None:
            self._assert(self._or([other, flag]))
        text = self.values.get(("aws:securetransport", "text"))
        if text is not None:
            secure, insecure = (self._equal(text, self._text(each)) for each in ("true", "false"))
            self._assert(self._or([secure, self._and([other, insecure])]))
            if flag is not None:
                self._assert(self._equal(secure, flag))

    def _allowed(self, side: Side, principal_class: PrincipalClass) -> Any:
        parts = [self._not(self._meets(statement)) for statement in side.denying]
        parts += [self._any(level) for level in side.levels]
        identity, limits = self._any(side.identity), self._and([*map(self._any, side.limits)])
        grants = side.grants
        if grants is None:
            return self._and([*parts, identity, limits])
        # The same cases as the evaluator's: by the principal's policies, with those of the resource
        # where they must agree; or, in one account, by those of the resource alone.
        home = self._at_home(principal_class)
        own, delegated = self._has_its_own(), self._any(grants.every)
        needless = self._and([home, self._not(own) if grants.given else self.terms.mkTrue()])
        to_principal = self._any(grants.to_principal)
        direct = [
            self._any(grants.to_session),
            self._and([to_principal, limits]) if grants.limited else to_principal,
        ]
        ways = [
            self._and([identity, limits, self._or([needless, delegated])]),
            self._and([home, self._or(direct)]),
        ]
        return self._and([*parts, self._or(ways)])

    def _any(self, statements: tuple[PolicyStatement, ...]) -> Any:
        return self._or([self._meets(each) for each in statements])

    def _at_home(self, principal_class: PrincipalClass) -> Any:
        """Return whether the resource is in the account of who asks, as the evaluator finds it."""
        if principal_class.arn is None:
            return self.terms.mkBoolean(principal_class.at_home)
        account, key = str(principal_class.identity.account), "aws:resourceaccount"
        if self.parts:
            return self._equal(self.parts[4], self.terms.mkString(account))
        told, untold, none = (
            self._in(self.resource, expression)
            for expression in (
                self._arn_in(self._union(self._literal(account), self._literal(OF_AWS))),
                self._arn_in(self._literal("")),
                self._literal("*"),
            )
        )
        same = self._equal(self._value(key, "text"), self.terms.mkString(account))
        return self._or(
            [told, none, self._and([untold, self._or([self._not(self._there(key)), same])])]
        )

    def _has_its_own(self) -> Any:
        """Return whether it is a use of a key or a role, which always have a policy of their own.

        `request.has_policy_of_its_own` says so too.
        """
        some = self._star(self._sign())

        def on(service: str, kind: str) -> Any:
            return self._and(
                [
                    self._in(self.action, self._concat([self._literal(service), some])),
                    self._in(self.resource, self._concat([some, self._literal(kind), some])),
                ]
            )

        return self._or([on("kms:", ":key/"), on("sts:", ":role/")])

    def _meets(self, statement: PolicyStatement) -> Any:
        seconds_left()
        unknown = [self._whatever(("action", text)) for text in statement.unknown_actions]
        action = self._or([self._one_of(self.action, statement.actions), *unknown])
        resource = self._or([self._resource_matches(text) for text in statement.resources])
        named = statement.principals
        everyone = named is None or (not named.negated and "*" in named.aws)
        in_force = statement.doubt is None
        return self._and(
            [
                *([] if in_force else [self._whatever((statement.allows, statement.doubt))]),
                self._not(action) if statement.not_action else action,
                self._not(resource) if statement.not_resource else resource,
                *([] if everyone else [self._whatever((named,))]),
                *(self._holds(test) for test in statement.tests),
            ]
        )

    def _model(self) -> tuple[str, str, dict[str, str]]:
        """Return the action, the resource and the context that the solver found."""
        context: dict[str, str] = {}
        for key, there in self.there.items():
            if not self.solver.getValue(there).getBooleanValue():
                continue
            values = {
                kind: self.solver.getValue(value)
                for (name, kind), value in self.values.items()
                if name == key
            }
            context[key] = _shown(values)
        action = self.solver.getValue(self.action).getStringValue()
        return action, self.solver.getValue(self.resource).getStringValue(), context

    def _action_form(self) -> Any:
        name = self._plus(self._union(self._range("a", "z"), self._range("0", "9")))
        service = self._plus(
            self._union(self._range("a", "z"), self._range("0", "9"), self._literal("-"))
        )
        return self._concat([service, self._literal(":"), name])

    def _resource_form(self) -> Any:
        """`*`, or an ARN whose account is a number, not told at all, or a word such as `aws`."""
        word = self._plus(self._union(self._range("a", "z"), self._literal("-")))
        return self._union(self._of_accounts(), self._arn_in(word))

    def _compose_secret(self) -> None:
        """Let the resource be `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`.

        No part has a colon.
        """
        names = ("partition", "region", "account", "name")
        partition, region, account, name = map(self._string, names)
        part = self._plus(self._sign_but_colon())
        in_aws = self._concat([self._literal("aws"), self._star(self._sign_but_colon())])
        forms = ((partition, in_aws), (region, part), (account, self._account()), (name, part))
        for text, form in forms:
            self._assert(self._in(text, form))
        arn, service, secret = map(self.terms.mkString, ("arn", "secretsmanager", "secret"))
        self.parts = (arn, partition, service, region, account, secret, name)
        pieces = [piece for part in self.parts for piece in (self.terms.mkString(":"), part)]
        self.resource = self.terms.mkTerm(self.kind.STRING_CONCAT, *pieces[1:])

    def _resource_matches(self, value: Text) -> Any:
        """Return whether a text matches the resource, of a secret part by part.

        A secret's ARN has as many colons as a text of seven parts, so that no wildcard and no
        variable of it reaches beyond its part.
        """
        if value.unknowns:
            widest = self._resource_matches(Text.of([value.widest.signs]))
            return self._and([widest, self._whatever(("resource", value))])
        if not self.parts:
            return self._text_matches(self.resource, value)
        parts: list[list[Piece]] = [[]]
        for piece in value.pieces or ("",):
            first, *others = piece.split(":") if isinstance(piece, str) else [piece]
            parts[-1].append(first)
            parts += [[other] for other in others]
        if len(parts) < len(self.parts) and parts[-1] == [ANY]:
            parts += [[ANY]] * (len(self.parts) - len(parts))
        if len(parts) != len(self.parts):
            return self._text_matches(self.resource, value)
        return self._and(
            [
                self._text_matches(part, Text.of(pieces))
                for part, pieces in zip(self.parts, parts, strict=True)
                if pieces != [ANY]
            ]
        )

    def _account(self) -> Any:
        return self._concat([self._range("0", "9")] * 12)

    def _of_accounts(self) -> Any:
        told_or_not = self._union(self._literal(""), self._account())
        return self._union(self._literal("*"), self._arn_in(told_or_not))

    def _arn_in(self, account: Any) -> Any:
        part, colon = self._star(self._sign_but_colon()), self._literal(":")
        some = self._concat([self._sign(), self._star(self._sign())])
        before = [self._literal("arn:aws"), part, colon, part, colon, part, colon]
        return self._concat([*before, account, colon, some])

    # --- conditions --------------------------------------------------------------------------

    def _holds(self, test: AnyTest) -> Any:
        if isinstance(test, UnknownTest):
            return self._whatever((test.text,))
        key = _one_name(test.key)
        if test.is_null and any(value.unknowns for value in test.values):
            return self._whatever((test.name, key, test.values))
        there = self._there(key)
        if test.is_null:
            wanted = {str(value.fixed).lower() for value in test.values}
            absent, present = "true" in wanted, "false" in wanted
            told = self._has_value(key)
            return self._or(
                [self._not(told) if absent else self._false(), told if present else self._false()]
            )
        if test.quantifier is not None:
            matches = self._whatever((test.name, test.quantifier, key, test.values))
            absent = test.if_exists or test.quantifier == "ForAllValues"
        else:
            matches = self._or([self._value_matches(test, key, value) for value in test.values])
            matches = self._not(matches) if test.negated else matches
            absent = test.if_exists or test.negated
        return self._or(
            [self._and([there, matches]), self._not(there) if absent else self._false()]
        )

    def _has_value(self, key: str) -> Any:
        """Return whether a key is there, and not a null data set."""
        there = self._there(key)
        if not key.startswith(SEVERAL_VALUES):
            return there
        empty = self._equal(self._value(key, "text"), self._text(""))
        return self._and([there, self._not(empty)])

    def _value_matches(self, test: ConditionTest, key: str, value: Text) -> Any:
        name = test.name.replace("not", "")
        if value.unknowns:
            return self._whatever((name, key, value))
        if name == "stringequals":
            return self._equals(self._value(key, "text"), value)
        if name == "stringlike":
            return self._text_matches(self._value(key, "text"), value)
        if value.fixed is None:
            return self._whatever((name, key, value))
        text = str(value.fixed)
        if name == "stringequalsignorecase":
            alike, perhaps = self._ignoring_case(text)
            value_of_key = self._value(key, "text")
            surely = self._in(value_of_key, alike)
            if perhaps is None:
                return surely
            free = self._whatever((name, key, value))
            return self._or([surely, self._and([self._in(value_of_key, perhaps), free])])
        if name in ("arnequals", "arnlike") and value.fixed.signs.count(":") >= 5:
            return self._in(self._value(key, "text"), self._arn(value.fixed))
        parse = OPERATORS[name].kind
        if parse is None:  # no ARN, which the evaluator does not decide
            return self._whatever((name, key, value))
        parsed = parse.parse(text)
        if name == "bool":
            flag = self._value(key, "flag")
            return flag if parsed else self._not(flag)
        if name == "ipaddress":
            return self._in_network(self._value(key, "address"), parsed)
        if name.startswith(("numeric", "date")):
            return self._ordered(name, key, parsed)
        return self._whatever((name, key, value))

    def _ordered(self, name: str, key: str, parsed: Decimal | datetime) -> Any:
        kind = "date" if name.startswith("date") else "number"
        number = parsed if isinstance(parsed, Decimal) else Decimal(str(parsed.timestamp()))
        numerator, denominator = number.as_integer_ratio()
        other = self.terms.mkReal(f"{numerator}/{denominator}")
        order = {
            "equals": self.kind.EQUAL,
            "lessthan": self.kind.LT,
            "lessthanequals": self.kind.LEQ,
            "greaterthan": self.kind.GT,
            "greaterthanequals": self.kind.GEQ,
        }[name.removeprefix("numeric").removeprefix("date")]
        return self.terms.mkTerm(order, self._value(key, kind), other)

    def _in_network(self, address: Any, network: Any) -> Any:
        first, last = int(network.network_address), int(network.broadcast_address)
        shift = _IPV6 if network.version == 6 else 0
        low, high = (self.terms.mkInteger(str(each + shift)) for each in (first, last))
        return self._and(
            [
                self.terms.mkTerm(self.kind.LEQ, low, address),
                self.terms.mkTerm(self.kind.LEQ, address, high),
            ]
        )

    # --- variables of the formula ------------------------------------------------------------

    def _there(self, key: str) -> Any:
        if key not in self.there:
            self.there[key] = self.terms.mkConst(self.terms.getBooleanSort(), f"there {key}")
            if key in self.always or key in self.facts:
                self._assert(self.there[key])
            elif key == "aws:username" and self.facts:
                # "aws:username" is in the request context of IAM users only.
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
                self._assert(self._not(self.there[key]))
        return self.there[key]

    def _value(self, key: str, kind: str) -> Any:
        if (key, kind) not in self.values:
            sort = {
                "text": self.terms.getStringSort(),
                "flag": self.terms.getBooleanSort(),
                "address": self.terms.getIntegerSort(),
            }.get(kind, self.terms.getRealSort())
            value = self.terms.mkConst(sort, f"{kind} of {key}")
            self.values[key, kind] = value
            if kind == "address":
                bounds = (0, _IPV6 + 2**128 - 1)
                low, high = (self.terms.mkInteger(str(each)) for each in bounds)
                self._assert(self.terms.mkTerm(self.kind.LEQ, low, value))
                self._assert(self.terms.mkTerm(self.kind.LEQ, value, high))
            if kind == "text":
                self._assert(self._in(value, self._star(self._sign())))
                if key in self.facts:
                    self._assert(self._one_of(value, self.facts[key]))
        return self.values[key, kind]

    def _whatever(self, what: tuple[object, ...]) -> Any:
        """Return a truth that is left free, the same one for the same condition."""
        if what not in self.free:
            name = f"free {len(self.free)}"
            self.free[what] = self.terms.mkConst(self.terms.getBooleanSort(), name)
        return self.free[what]

    # --- texts -------------------------------------------------------------------------------

    def _one_of(self, text: Any, patterns: tuple[Pattern, ...]) -> Any:
        return self._or([self._in(text, self._glob(each)) for each in patterns])

    def _text_matches(self, text: Any, value: Text) -> Any:
        if value.fixed is not None:
            return self._in(text, self._glob(value.fixed))
        pieces, known = self._pieces(value)
        return self._and([*known, self._in(text, self._concat(pieces))])

    def _equals(self, text: Any, value: Text) -> Any:
        if value.fixed is not None:
            return self._equal(text, self._text(str(value.fixed)))
        return self._text_matches(text, value)

    def _pieces(self, value: Text) -> tuple[list[Any], list[Any]]:
        """Return the pieces of a text with variables, and that the variables have values."""
        pieces, known = [], []
        for piece in value.pieces:
            if not isinstance(piece, Variable):
                assert isinstance(piece, str)  # texts with unknowns are left free
                pieces.append(self._glob(Pattern(piece)))
                continue
            key = _one_name(piece.key)
            there, found = self._there(key), self._value(key, "text")
            if piece.default is None:
                known.append(there)
            else:
                default = self._text(piece.default)
                found = self.terms.mkTerm(self.kind.ITE, there, found, default)
            pieces.append(self.terms.mkTerm(self.kind.STRING_TO_REGEXP, found))
        return pieces, known

    def _glob(self, one: Pattern) -> Any:
        return self._expression(one.signs, "any", self._sign())

    def _arn(self, one: Pattern) -> Any:
        parts = one.signs.split(":", 5)
        if len(parts) != 6:
            return self.terms.mkTerm(self.kind.REGEXP_NONE)
        if not Pattern(parts[0]).matches("arn"):  # what is no ARN matches none
            return self.terms.mkTerm(self.kind.REGEXP_NONE)
        inner = [self._expression(part, "part", self._sign_but_colon()) for part in parts[1:5]]
        inner.insert(0, self._literal("arn"))
        found = [self._glob(Pattern(parts[5]))]
        for part in reversed(inner):
            found[:0] = [part, self._literal(":")]
        return self._concat(found)

    def _expression(self, signs: str, kind: str, sign: Any) -> Any:
        if (kind, signs) not in self.expressions:
            _check_signs(sign for sign in signs if sign not in (ANY, ONE))
            found, text = [], ""
            for each in signs:
                if each in (ANY, ONE):
                    found.append(self._literal(text))
                    found.append(self._star(sign) if each == ANY else sign)
                    text = ""
                else:
                    text += each
            found.append(self._literal(text))
            self.expressions[kind, signs] = self._concat(found)
        return self.expressions[kind, signs]

    def _ignoring_case(self, text: str) -> tuple[Any, Any | None]:
        """Return what is equal to a text without regard to case, and what may be, if anything."""
        _check_signs(text)
        alike = [_alike(sign) for sign in text]
        surely = [self._one_letter(same) for same, _ in alike]
        if not text:
            return self._literal(""), None
        if not any(perhaps for _, perhaps in alike):
            return self._concat(surely), None
        wide = [self._one_letter(same + perhaps) for same, perhaps in alike]
        return self._concat(surely), self._concat(wide)

    def _one_letter(self, signs: str) -> Any:
        return self._union(*map(self._literal, signs))

    def _text(self, text: str) -> Any:
        _check_signs(text)
        return self.terms.mkString(text)

    # --- the solver's words ------------------------------------------------------------------

    def _string(self, name: str) -> Any:
        return self.terms.mkConst(self.terms.getStringSort(), name)

    def _assert(self, formula: Any) -> None:
        self.solver.assertFormula(formula)

    def _false(self) -> Any:
        return self.terms.mkFalse()

    def _not(self, formula: Any) -> Any:
        return self.terms.mkTerm(self.kind.NOT, formula)

    def _and(self, formulas: list[Any]) -> Any:
        return self._joined(self.kind.AND, formulas, self.terms.mkTrue())

    def _or(self, formulas: list[Any]) -> Any:
        return self._joined(self.kind.OR, formulas, self.terms.mkFalse())

    def _joined(self, kind: Any, parts: list[Any], empty: Any) -> Any:
        if len(parts) > 1:
            return self.terms.mkTerm(kind, *parts)
        return parts[0] if parts else empty

    def _equal(self, one: Any, other: Any) -> Any:
        return self.terms.mkTerm(self.kind.EQUAL, one, other)

    def _in(self, text: Any, expression: Any) -> Any:
        return self.terms.mkTerm(self.kind.STRING_IN_REGEXP, text, expression)

    def _literal(self, text: str) -> Any:
        return self.terms.mkTerm(self.kind.STRING_TO_REGEXP, self.terms.mkString(text))

    def _range(self, first: str, last: str) -> Any:
        bounds = (self.terms.mkString(first), self.terms.mkString(last))
        return self.terms.mkTerm(self.kind.REGEXP_RANGE, *bounds)

    def _sign(self) -> Any:
        return self._range(" ", _LAST)

    def _sign_but_colon(self) -> Any:
        return self._union(self._range(" ", "9"), self._range(";", _LAST))

    def _union(self, *expressions: Any) -> Any:
        return self._joined(self.kind.REGEXP_UNION, list(expressions), None)

    def _concat(self, expressions: list[Any]) -> Any:
        return self._joined(self.kind.REGEXP_CONCAT, expressions, None)

    def _star(self, expression: Any) -> Any:
        return self.terms.mkTerm(self.kind.REGEXP_STAR, expression)

    def _plus(self, expression: Any) -> Any:
        return self.terms.mkTerm(self.kind.REGEXP_PLUS, expression)


_LAST = "\ud7ff"  # of the signs in texts; a policy with later ones is refused, see `_check_signs`
_MOST_MODELS = 40
UNCONFIRMED = "the solver's requests are not confirmed by the evaluator"


def _check_signs(text: Iterable[str]) -> None:
    """Refuse the signs that no text of the formula has: nothing would be equal to them.

    Raises:
        SecretAccessError: if there is one.
    """
    for sign in text:
        if not " " <= sign <= _LAST:
            raise UndeterminedError(
                f"a policy spells the sign {shown(sign)}",
                allowed="signs from space to U+D7FF are allowed in what is to be proved",
                remedy="ask the evaluator about single requests instead",
            )


@cache
def _letters() -> Mapping[str, set[str]]:
    """Return the signs that have a lower or an upper case in common, by that case."""
    letters: dict[str, set[str]] = {}
    for sign in map(chr, range(ord(" "), ord(_LAST) + 1)):
        cases = {sign, sign.lower(), sign.upper(), sign.casefold()}
        if len(cases) > 1:
            for case in cases:
                letters.setdefault(case, set()).add(sign)
    return letters


@cache
def _alike(sign: str) -> tuple[str, str]:
    """Return the signs that are alike without regard to case, and those that may be."""
    cases = (sign, sign.lower(), sign.upper(), sign.casefold())
    others = {other for case in cases for other in _letters().get(case, ())} | {sign}
    alike = {other: same_letter(sign, other) for other in sorted(others)}
    return (
        "".join(other for other, same in alike.items() if same),
        "".join(other for other, same in alike.items() if same is None),
    )


_IPV6 = 2**32  # where the addresses of IPv6 begin, behind those of IPv4


def _one_name(key: str) -> str:
    """Return a key under one name: a secret's tag has two."""
    return key.replace("secretsmanager:resourcetag/", "aws:resourcetag/")


def _shown(values: dict[str, Any]) -> str:
    """Return the value of a key as a request gives it."""
    if "flag" in values:
        return "true" if values["flag"].getBooleanValue() else "false"
    if "address" in values:
        number = int(values["address"].getIntegerValue())
        if number >= _IPV6:
            return str(ipaddress.IPv6Address(number - _IPV6))
        return str(ipaddress.IPv4Address(number))
    if "number" in values:
        return str(float(values["number"].getRealValue()))
    if "date" in values:
        seconds = float(values["date"].getRealValue())
        return str(int(seconds))
    if "text" in values:
        return str(values["text"].getStringValue())
    return "any"
