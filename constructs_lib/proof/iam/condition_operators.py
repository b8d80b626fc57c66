"""Conditions of policies: every operator, as IAM documents it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NoReturn

from constructs_lib.errors import InvalidOptionError, InvalidPolicyError, UndeterminedError, shown
from constructs_lib.proof.iam.patterns import Pattern
from constructs_lib.proof.iam.variables import Context, Text, read_text

Quantifier = Literal["ForAllValues", "ForAnyValue", None]

# Beginnings of the keys that have several values.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
SEVERAL_VALUES = (
    *("aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist"),
    *("aws:resourceorgpaths", "aws:sourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths"),
    *("kms:encryptioncontextkeys", "kms:grantoperations", "kms:resourcealiases"),
)

# Whether a value of the request fits a value of the policy.
_Matches = Callable[[str, Pattern], bool]


@dataclass(frozen=True)
class ConditionTest:
    """One key of a Condition: the operator and the key, in lower case, and the policy's values.

    `name` is the operator without its quantifier and IfExists, `stringnotequals`; where `negated`,
    `fits` is the comparison of which it says the opposite.
    """

    name: str
    quantifier: Quantifier
    if_exists: bool
    negated: bool
    key: str
    values: tuple[Text, ...]
    matches: _Matches
    place: str

    @property
    def is_null(self) -> bool:
        """Return whether the operator is Null."""
        return self.name == "null"

    def holds(self, context: Context) -> bool:
        """Return whether the condition holds for a request with this context."""
        given = context.get(self.key, ())
        if self.is_null:
            absent = "false" if self._has_value(given) else "true"
            return any(
                value.fixed is not None and value.fixed.signs.lower() == absent
                for value in self.values
            )
        if self.quantifier is not None and given and not any(given):
            # "if the key values resolve to a null data set, such as an empty string",
            # ForAllValues holds; "for no matching key or a null dataset", ForAnyValue does not.
            return self.quantifier == "ForAllValues"
        if self.quantifier is None and len(given) > 1:
            _undetermined(
                f"{self.place} compares {self.key}, of which the request has {len(given)} values,",
                "a key with several values is allowed with ForAllValues or ForAnyValue",
            )
        if not given:
            # ForAllValues holds of no values. A negated operator holds where the key is absent,
            # unless it asks for a value that differs.
            absent_fits = self.negated and self.quantifier is None
            return self.if_exists or self.quantifier == "ForAllValues" or absent_fits
        wanted = self._wanted(context)
        each = (any(self.matches(value, one) for one in wanted) != self.negated for value in given)
        return any(each) if self.quantifier == "ForAnyValue" else all(each)

    def _has_value(self, given: tuple[str, ...]) -> bool:
        """Return whether a key is there with a value, which `Null` asks.

        With false it holds where "the key exists and its value is not null", and a key of several
        values with none but empty ones is a "null data set". An empty value of a key with one
        value, such as a tag's, counts as a value: see docs/assumptions.md.
        """
        return any(given) or (bool(given) and not self.key.startswith(SEVERAL_VALUES))

    def _wanted(self, context: Context) -> list[Pattern]:
        # A variable without a value "is effectively null. There's no equal or like value", so that
        # a negated operator holds.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        resolved = (value.resolve(context) for value in self.values)
        return [value for value in resolved if value is not None]


def parse_condition_tests(block: object, place: str, version: str) -> tuple[ConditionTest, ...]:
    """Return the conditions of a statement's Condition.

    Raises:
        SecretAccessError: if an operator is unknown, or a value is none of its kind.
    """
    if not isinstance(block, Mapping):
        _refuse(f"{place} has the Condition {shown(block)}", "a mapping is allowed")
    tests = []
    for name, keys in block.items():
        if not isinstance(keys, Mapping) or not keys:
            _refuse(f"{place} has the Condition {name}: {shown(keys)}", "a mapping is allowed")
        for key, values in keys.items():
            tests.append(_parse_condition_test(str(name), str(key), values, place, version))
    return tuple(tests)


def _parse_condition_test(
    name: str, key: str, values: object, place: str, version: str
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
        if found.kind is not None:
            _check_value(found.kind, text, place)
        texts.append(read_text(text, place, version if found.patterns else "2008-10-17"))
    return ConditionTest(
        name=base,
        quantifier=quantifier,
        if_exists=if_exists,
        negated=base in _OPPOSITES,
        key=key.lower(),
        values=tuple(texts),
        matches=found.matches,
        place=place,
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
    """Return the operator that asks `holds` with the request's value and the policy's."""

    def matches(value: str, wanted: Pattern) -> bool:
        return holds(kind.read(value), kind.parse(str(wanted)))

    return _Operator(matches, kind)


def _in_network(address: Any, network: Any) -> bool:
    if address.num_addresses != 1:
        _refuse_context(str(address), "an IP address")
    return bool(address.version == network.version and address.subnet_of(network))


def _same_arn(value: str, wanted: Pattern) -> bool:
    """Compare each of the six parts of an ARN by itself: a `*` does not reach beyond its part."""
    patterns = _parts(wanted.signs)
    if len(patterns) != 6:
        # AWS documents six parts, "checked separately", and not what becomes of fewer.
        _refuse(f"an Arn operator compares {shown(str(wanted))}", "an ARN of six parts is allowed")
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return False
    return all(one.matches(part) for one, part in zip(patterns, parts, strict=True))


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


def _same_ignoring_case(value: str, wanted: Pattern) -> bool:
    text = str(wanted)
    if len(text) != len(value):
        return False
    same = [same_letter(one, other) for one, other in zip(value, text, strict=True)]
    if False in same:
        return False
    if None in same:
        _undetermined(
            f"{shown(value)} and {shown(text)} are compared without regard to case",
            "letters that are alike in upper and in lower case are allowed",
        )
    return True


_EQUAL = _Operator(lambda value, wanted: str(wanted) == value, patterns=True)
_EQUAL_IGNORING_CASE = _Operator(_same_ignoring_case, patterns=True)
_LIKE = _Operator(lambda value, wanted: wanted.matches(value), patterns=True)
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


def _undetermined(problem: str, allowed: str) -> NoReturn:
    raise UndeterminedError(problem, allowed=allowed, remedy=_REMEDY)


def _refuse_context(value: str, rule: str) -> NoReturn:
    raise InvalidOptionError("context value", must=f"be {rule}", got=value, remedy=_REMEDY)
