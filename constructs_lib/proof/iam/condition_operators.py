"""Conditions of policies: every operator, as IAM documents it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NoReturn

from constructs_lib.errors import InvalidOptionError, InvalidPolicyError, shown
from constructs_lib.proof.iam.doubts import Doubt, doubt_about_key, remedies_of
from constructs_lib.proof.iam.patterns import Pattern
from constructs_lib.proof.iam.text import (
    Placeholders,
    Text,
    Value,
    ValuesOfKey,
    has_unknown,
    pieces_of,
    read_text,
)
from constructs_lib.proof.iam.text_matching import ignoring_case, matches, parts_of, same
from constructs_lib.proof.iam.three_valued import all_of, any_of, negation

Quantifier = Literal["ForAllValues", "ForAnyValue", None]

# Beginnings of the keys that have several values.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
SEVERAL_VALUES = (
    *("aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist"),
    *("aws:resourceorgpaths", "aws:sourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths"),
    *("kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases"),
)

# Whether a value of the request matches a value of the policy. None: that is not determined.
_Matches = Callable[[Value, Text], bool | None]


@dataclass(frozen=True)
class ConditionTest:
    """One key of a Condition: the operator and the key, in lower case, and the policy's values.

    `name` is the operator without its quantifier and IfExists, `stringnotequals`; where `negated`,
    `matches` is the comparison of which it is the opposite. For messages, `spelled_operator` and
    `spelled_key` are those of the policy.
    """

    name: str
    quantifier: Quantifier
    if_exists: bool
    negated: bool
    key: str
    values: tuple[Text, ...]
    matches: _Matches
    place: str
    spelled_operator: str
    spelled_key: str

    def __str__(self) -> str:
        """Return the condition as messages show it."""
        values = " or ".join(map(str, self.values))
        return f"{self.spelled_operator} {self.spelled_key} {values}"

    @property
    def is_null(self) -> bool:
        """Return whether the operator is Null."""
        return self.name == "null"

    def holds(self, values: ValuesOfKey, present: AbstractSet[str] = frozenset()) -> bool | None:
        """Return whether the condition holds for a request; None: that is not determined.

        Args:
            values: the values of the context keys.
            present: the keys that the request has, though their values may not be known.
        """
        context = values(self.key)
        if self.is_null:
            return self._is_absent(context, present)
        if context is None:
            return None
        if self.quantifier is not None and context and not any(context):
            # "if the key values resolve to a null data set, such as an empty string",
            # ForAllValues holds; "for no matching key or a null dataset", ForAnyValue does not.
            return self.quantifier == "ForAllValues"
        if not context:
            # ForAllValues holds of no values. A negated operator holds where the key is absent,
            # unless it asks for a value that differs.
            absent_holds = self.negated and self.quantifier is None
            return self.if_exists or self.quantifier == "ForAllValues" or absent_holds
        if self.quantifier is None and len(context) > 1:
            return None
        wanted = [value.resolve(values) for value in self.values]
        outcomes = [self._matches_one(value, wanted) for value in context]
        return any_of(outcomes) if self.quantifier == "ForAnyValue" else all_of(outcomes)

    def doubt(self, values: ValuesOfKey) -> Doubt:
        """Return why it is not determined whether the condition holds."""
        context = values(self.key)
        if context is None:
            return doubt_about_key(self.spelled_key)
        if self.quantifier is None and len(context) > 1:
            return Doubt(
                f"{self.spelled_key}, of which the request has {len(context)} values, compared"
                " without ForAllValues or ForAnyValue"
            )
        for variable in (each for text in self.values for each in text.variables):
            if values(variable.key) is None:
                return doubt_about_key(variable.key)
        shown_values = ", ".join(map(str, context))
        wanted = ", ".join(map(str, self.values))
        remedies = remedies_of(context) + remedies_of(self.values)
        case = " ignoring case" if self.name.endswith("ignorecase") else ""
        return Doubt(f"{self.spelled_key} ({shown_values}) compared{case} with {wanted}", remedies)

    def _is_absent(
        self, context: tuple[Value, ...] | None, present: AbstractSet[str]
    ) -> bool | None:
        if context is None and self.key not in present:
            return None
        absent = "false" if context is None or self._has_value(context) else "true"
        return any_of(
            None if value.fixed is None else value.fixed.signs.lower() == absent
            for value in self.values
        )

    def _has_value(self, context: tuple[Value, ...]) -> bool:
        """Return whether a key is there with a value, which `Null` asks.

        With false it holds where "the key exists and its value is not null", and a key of several
        values with none but empty ones is a "null data set". An empty value of a key with one
        value, such as a tag's, counts as a value: see docs/assumptions.md.
        """
        return any(context) or (bool(context) and not self.key.startswith(SEVERAL_VALUES))

    def _matches_one(
        self, value: Value, wanted: Sequence[Text | Literal[False] | None]
    ) -> bool | None:
        # A variable without a value "is effectively null. There's no equal or like value", so that
        # a negated operator holds.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        outcome = any_of(
            self._matches_undetermined(value, text)
            if resolved is None
            else self.matches(value, resolved)
            for text, resolved in zip(self.values, wanted, strict=True)
            if resolved is not False
        )
        return negation(outcome) if self.negated else outcome

    def _matches_undetermined(self, value: Value, wanted: Text) -> bool | None:
        """Return whether a value matches a text of which a variable is not determined."""
        return False if self.matches(value, wanted) is False else None


@dataclass(frozen=True)
class UnknownTest:
    """A part of a Condition of which the operator or the key is not known."""

    text: Text

    def __str__(self) -> str:
        """Return the condition as messages show it."""
        return str(self.text)

    def holds(self, values: ValuesOfKey, present: AbstractSet[str] = frozenset()) -> None:
        """Return None: it is not determined whether it holds."""

    def doubt(self, values: ValuesOfKey) -> Doubt:
        """Return why it is not determined whether the condition holds."""
        return Doubt(f"condition {self.text}, which is not known", remedies_of([self.text]))


AnyTest = ConditionTest | UnknownTest


def parse_condition_tests(
    block: object, place: str, version: str, placeholders: Placeholders | None = None
) -> tuple[AnyTest, ...]:
    """Return the conditions of a statement's Condition.

    Raises:
        SecretAccessError: if an operator does not exist, or a value is none of its kind.
    """
    known = placeholders or {}
    if not isinstance(block, Mapping):
        if has_unknown(block, known):
            return (_unknown_test(known, str(block)),)
        _refuse(f"{place} has the Condition {shown(block)}", "a mapping is allowed")
    tests: list[AnyTest] = []
    for name, keys in block.items():
        if has_unknown(keys, known):  # a whole block, as CfnJson gives it
            tests.append(_unknown_test(known, f"{name} {keys}"))
            continue
        if not isinstance(keys, Mapping) or not keys:
            _refuse(f"{place} has the Condition {name}: {shown(keys)}", "a mapping is allowed")
        for key, values in keys.items():
            if has_unknown(name, known) or has_unknown(key, known):
                tests.append(_unknown_test(known, f"{name} {key} {_listed(values)}"))
            else:
                tests.append(
                    _parse_condition_test(str(name), str(key), values, place, version, known)
                )
    return tuple(tests)


def _unknown_test(placeholders: Placeholders, text: str) -> UnknownTest:
    return UnknownTest(Text.of(pieces_of(text, placeholders)))


def _listed(values: object) -> str:
    several = values if isinstance(values, list) else [values]
    return " or ".join(map(str, several))


def _parse_condition_test(
    name: str, key: str, values: object, place: str, version: str, placeholders: Placeholders
) -> ConditionTest:
    quantifier, base, if_exists = _taken_apart(name)
    found = OPERATORS.get(_OPPOSITES.get(base, base))
    if found is None or (base == "null" and (quantifier or if_exists)):
        _refuse(f"{place} has the operator {shown(name)}", "an operator of IAM's is allowed")
    if ":" not in key:
        _refuse(f"{place} has the condition key {shown(key)}", "service:key is allowed")
    several = [values] if isinstance(values, str | bool | int | float) else values
    if not isinstance(several, Sequence) or isinstance(several, bytes) or not several:
        _refuse(f"{place} compares {key} with {shown(values)}", "one value or more are allowed")
    texts = []
    for value in several:
        # IAM takes JSON's booleans and numbers too, and compares their text.
        text = str(value).lower() if isinstance(value, bool) else value
        text = str(text) if isinstance(text, int | float) else text
        if not isinstance(text, str):
            _refuse(f"{place} compares {key} with {shown(value)}", "a string is allowed")
        if found.kind is not None and not has_unknown(text, placeholders):
            _check_value(found.kind, text, place)
        with_variables = version if found.patterns else "2008-10-17"
        texts.append(read_text(text, place, with_variables, placeholders))
    return ConditionTest(
        name=base,
        quantifier=quantifier,
        if_exists=if_exists,
        negated=base in _OPPOSITES,
        key=key.lower(),
        values=tuple(texts),
        matches=found.matches,
        place=place,
        spelled_operator=name,
        spelled_key=key,
    )


def _taken_apart(name: str) -> tuple[Quantifier, str, bool]:
    """Return an operator's quantifier, what is left of it in lower case, and whether IfExists."""
    quantifier: Quantifier = None
    base = name.lower()
    if base.startswith("forallvalues:"):
        quantifier = "ForAllValues"
    elif base.startswith("foranyvalue:"):
        quantifier = "ForAnyValue"
    if quantifier is not None:
        base = base[len(quantifier) + 1 :]
    return quantifier, base.removesuffix("ifexists"), base.endswith("ifexists")


# ---------------------------------------------------------------------------------------------
# The operators
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """A kind of value that is not just text."""

    what: str
    parse: Callable[[str], Any]

    def read(self, value: str) -> Any:
        """Return a value of the request, parsed."""
        try:
            return self.parse(value)
        except _NOT_PARSED:
            _refuse_context(value, self.what.rstrip(","))


_NOT_PARSED = (ValueError, ArithmeticError)  # binascii.Error is a ValueError


def _check_value(kind: _Kind, value: str, place: str) -> None:
    """Refuse a value of a policy that is none of its kind."""
    try:
        kind.parse(value)
    except _NOT_PARSED:
        _refuse(f"{place} compares {shown(value)}", f"{kind.what} is allowed")


@dataclass(frozen=True)
class _Operator:
    """How a value of the request is compared with one of the policy."""

    matches: _Matches
    kind: _Kind | None = None
    patterns: bool = False


# Python reads more than IAM does, and more with each version: `1_0`, `1e999999999`, `2026-W01-1`.
_DIGITS = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_SECONDS = re.compile(r"-?[0-9]{1,11}")
_ISO_8601 = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(T(?P<minute>[0-9]{2}:[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<part>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def _number(value: str) -> Decimal:
    if not _DIGITS.fullmatch(value):
        raise ValueError(value)
    return Decimal(value)


def _date(value: str) -> datetime:
    if _SECONDS.fullmatch(value) and len(value) != 4:  # four digits may be meant as a year
        return _EPOCH + timedelta(seconds=int(value))
    found = _ISO_8601.fullmatch(value)
    if not found:
        raise ValueError(value)
    time = f"{found['minute'] or '00:00'}:{found['second'] or '00'}"
    part = (found["part"] or "0")[:6].ljust(6, "0")
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    return datetime.fromisoformat(f"{found['day']}T{time}.{part}{zone}")


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _bool(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(value)
    return value.lower() == "true"


_NUMBER = _Kind("a number", _number)
_DATE = _Kind("a date of ISO 8601, or seconds since 1970,", _date)
_BOOL = _Kind("true or false", _bool)
_BINARY = _Kind("base64", lambda value: base64.b64decode(value, validate=True))
_NETWORK = _Kind(
    "an IP address, or a network in CIDR notation,",
    lambda value: ipaddress.ip_network(value, strict=False),
)


def _compared(kind: _Kind, holds: Callable[[Any, Any], bool]) -> _Operator:
    """Return the operator that calls `holds` with the request's value and the policy's."""

    def compare(value: Value, wanted: Text) -> bool | None:
        if not isinstance(value, str) or wanted.fixed is None:
            return None
        return holds(kind.read(value), kind.parse(str(wanted.fixed)))

    return _Operator(compare, kind)


def _in_network(address: Any, network: Any) -> bool:
    if address.num_addresses != 1:
        _refuse_context(str(address), "an IP address")
    return bool(address.version == network.version and address.subnet_of(network))


def _same_arn(value: Value, wanted: Text) -> bool | None:
    """Compare each of the six parts of an ARN by itself: a `*` does not reach beyond its part."""
    if isinstance(value, str) and wanted.fixed is not None:
        return _same_known_arn(value, wanted.fixed)
    patterns, parts = parts_of(wanted), parts_of(value)
    if patterns is None or parts is None:  # an unknown may hold several parts
        if isinstance(value, Text) and value == wanted:
            return True
        return False if matches(wanted, value) is False else None
    _check_parts(len(patterns), str(wanted))
    if len(parts) != 6:
        return False
    return all_of(matches(one, part) for one, part in zip(patterns, parts, strict=True))


def _same_known_arn(value: str, wanted: Pattern) -> bool:
    patterns = _parts(wanted.signs)
    _check_parts(len(patterns), str(wanted))
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return False
    return all(one.matches(part) for one, part in zip(patterns, parts, strict=True))


def _check_parts(number: int, wanted: str) -> None:
    if number != 6:
        # AWS documents six parts, "checked separately", and not what becomes of fewer.
        _refuse(f"an Arn operator compares {shown(wanted)}", "an ARN of six parts is allowed")


@lru_cache(maxsize=4_096)
def _parts(signs: str) -> tuple[Pattern, ...]:
    return tuple(map(Pattern, signs.split(":", 5)))


def same_letter(one: str, other: str) -> bool | None:
    """Return whether two signs are alike without regard to case; None: it is not documented.

    AWS documents "case-insensitive matching", and nothing on letters beyond ASCII. Both cases of
    `É` agree; `ß` or the Kelvin sign are alike to others in lower or in upper case only.
    """
    if one == other:
        return True
    if one.isascii() and other.isascii():
        return one.lower() == other.lower()
    same = {
        one.lower() == other.lower(),
        one.upper() == other.upper(),
        one.casefold() == other.casefold(),
    }
    return same.pop() if len(same) == 1 else None


def _same_ignoring_case(value: Value, wanted: Text) -> bool | None:
    if not isinstance(value, str) or wanted.fixed is None:
        return same(ignoring_case(_as_value(wanted)), ignoring_case(value))
    text = str(wanted.fixed)
    if len(text) != len(value):
        return False
    return all_of(same_letter(one, other) for one, other in zip(value, text, strict=True))


def _equal(value: Value, wanted: Text) -> bool | None:
    if isinstance(value, str) and wanted.fixed is not None:
        return value == str(wanted.fixed)
    return same(_as_value(wanted), value)


def _as_value(wanted: Text) -> Value:
    """Return a text of a policy without wildcards: the operator takes `*` and `?` literally."""
    if wanted.fixed is not None:
        return str(wanted.fixed)
    return Text.of(
        str(Pattern(piece)) if isinstance(piece, str) else piece for piece in wanted.pieces
    )


_EQUAL = _Operator(_equal, patterns=True)
_EQUAL_IGNORING_CASE = _Operator(_same_ignoring_case, patterns=True)
_LIKE = _Operator(lambda value, wanted: matches(wanted, value), patterns=True)
_LIKE_ARN = _Operator(_same_arn, patterns=True)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}

# Those that say the opposite, such as StringNotEquals, are these with the answer turned round.
OPERATORS = {
    "null": _Operator(_EQUAL.matches, _BOOL),
    "bool": _compared(_BOOL, operator.eq),
    "binaryequals": _compared(_BINARY, operator.eq),
    "ipaddress": _compared(_NETWORK, _in_network),
    "stringequals": _EQUAL,
    "stringequalsignorecase": _EQUAL_IGNORING_CASE,
    "stringlike": _LIKE,
    "arnequals": _LIKE_ARN,
    "arnlike": _LIKE_ARN,
    **{f"numeric{order}": _compared(_NUMBER, holds) for order, holds in _ORDERS.items()},
    **{f"date{order}": _compared(_DATE, holds) for order, holds in _ORDERS.items()},
}
_OPPOSITES = {
    "notipaddress": "ipaddress",
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}


_REMEDY = "correct the policy or the request: nothing is guessed"


def _refuse(problem: str, allowed: str) -> NoReturn:
    raise InvalidPolicyError(problem, allowed=allowed, remedy=_REMEDY)


def _refuse_context(value: str, rule: str) -> NoReturn:
    raise InvalidOptionError("context value", must=f"be {rule}", got=value, remedy=_REMEDY)
