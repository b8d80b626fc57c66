"""The least length of a value of a template, after CloudFormation has resolved it.

A value that only the deployment has counts as the shortest that it can be: a value that is too long
here is certainly too long there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeGuard

from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import LONGEST_ARN

_SHORTEST_REGION = "us-east-1"
_ACCOUNT = "111122223333"  # each is as long
_SECRET, _KEY = "AWS::SecretsManager::Secret", "AWS::KMS::Key"
# What CloudFormation calls what has no name: its logical id, a hyphen and twelve characters. What
# Secrets Manager appends: a hyphen and six. The id of a KMS key is a UUID.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-intrinsic-functions.html
_MADE_UP, _SUFFIX, _KEY_ID = "-123456789012", "-AbCdEf", "12345678-1234-1234-1234-123456789012"

# What may come out longer than its text: a variable that is used again, or a long separator.
_GROWS = re.compile(r'"Fn::Sub":\[|"Fn::Join":\[(?!"[^"\\]{0,3}",)')

_NO_VALUE = {"Ref": "AWS::NoValue"}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Lengths:
    """Measures the values of one template, of a stack whose Region may be known."""

    template: Mapping[str, Any]
    region: str | None = None

    def at_most(self, value: object) -> int:
        """Return an upper bound of `of`, mostly from the text of the value alone.

        It is for values that are far shorter than a quota, which need not be measured. A pseudo
        parameter is no longer than the text that names it, and a function that joins texts gives no
        more than they have. A function that repeats a text may give more: then the value is
        measured, and the bound is its length. The result of every other function fits an ARN.
        """
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        if _GROWS.search(text):
            return self.of(value)
        functions = text.count('"Ref":') + text.count('"Fn::') + text.count("${")
        known = text.count('"Ref":"AWS::') + text.count("${AWS::")
        joins = text.count('"Fn::Sub":') + text.count('"Fn::Join":')
        return len(text) + LONGEST_ARN * (functions - known - joins)

    def of(self, value: object) -> int:
        """Return the length of a value as JSON at its shortest, whitespace not counted."""
        branches = _branches(value)
        if branches is not None:
            return min(self.of(branch) for branch in branches)
        if _is_function(value) or isinstance(value, str):
            return 2 + self._text(value)
        if isinstance(value, dict):
            pairs = [
                2 + _length(str(key)) + 1 + self.of(member)
                for key, member in value.items()
                if not _may_be_absent(member)
            ]
            return 2 + sum(pairs) + max(len(pairs) - 1, 0)
        if isinstance(value, Sequence):
            items = [self.of(item) for item in value if not _may_be_absent(item)]
            return 2 + sum(items) + max(len(items) - 1, 0)
        return len(json.dumps(value))  # a number, true, false or null

    def _text(self, value: object) -> int:
        """Return the length of a text, or of what a function returns; 0 if nothing is known."""
        if isinstance(value, str):
            return _length(value)
        branches = _branches(value)
        if branches is not None:
            return min(self._text(branch) for branch in branches)
        if not _is_function(value):
            return 0
        ((name, argument),) = value.items()
        if name == "Ref":
            return self._reference(str(argument), "Ref")
        if name == "Fn::GetAtt":
            return self._attribute(argument)
        if name == "Fn::Join" and _is_list(argument, 2) and isinstance(argument[1], list):
            separators = _length(str(argument[0])) * max(len(argument[1]) - 1, 0)
            return separators + sum(self._text(part) for part in argument[1])
        if name == "Fn::Sub":
            return sum(self._substituted(argument))
        return 0

    def _substituted(self, argument: object) -> Iterator[int]:
        body: object = argument
        values: object = {}
        if _is_list(argument, 2):
            body, values = argument
        if not isinstance(body, str) or not isinstance(values, dict):
            return
        yield _length(_VARIABLE.sub("", body))
        for name in _VARIABLE.findall(body):
            if name.startswith("!"):
                yield _length(name) + 2  # `${!Name}` is the text `${Name}`
            elif name in values:
                yield self._text(values[name])
            else:
                yield self._attribute(name) if "." in name else self._reference(name, "Ref")

    def _attribute(self, argument: object) -> int:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not _is_list(parts, 2) or parts[1] not in ("Arn", "Id"):
            return 0
        return self._reference(str(parts[0]), parts[1])

    def _reference(self, name: str, attribute: str) -> int:
        region = self.region or _SHORTEST_REGION
        partition = partition_of(region)
        pseudo = {
            "AWS::Partition": partition.name,
            "AWS::Region": region,
            "AWS::AccountId": _ACCOUNT,
            "AWS::URLSuffix": partition.url_suffix,
        }
        if name in pseudo:
            return len(pseudo[name])
        resource = self.template.get("Resources", {}).get(name, {})
        type_ = resource.get("Type") if isinstance(resource, dict) else None
        begin = f"arn:{partition.name}:{{}}:{region}:{_ACCOUNT}:"
        if type_ == _SECRET:
            properties = resource.get("Properties")
            own = properties.get("Name") if isinstance(properties, dict) else None
            called = len(name + _MADE_UP) if own is None else self._text(own)
            return len(begin.format("secretsmanager") + "secret:" + _SUFFIX) + called
        if type_ == _KEY:
            return len(begin.format("kms") + "key/" + _KEY_ID if attribute == "Arn" else _KEY_ID)
        return 0


@lru_cache(maxsize=10_000)  # templates repeat themselves
def _length(text: str) -> int:
    """Return the length of a text within JSON, whitespace not counted."""
    return len(re.sub(r"\s", "", json.dumps(text, ensure_ascii=False))) - 2


def _is_function(value: object) -> TypeGuard[Mapping[str, Any]]:
    return (
        isinstance(value, dict)
        and len(value) == 1
        and str(next(iter(value))).startswith(("Ref", "Fn::"))
    )


def _branches(value: object) -> Sequence[object] | None:
    """Return what an `Fn::If` chooses from."""
    if _is_function(value) and _is_list(value.get("Fn::If"), 3):
        branches: list[object] = value["Fn::If"][1:]
        return branches
    return None


def _may_be_absent(value: object) -> bool:
    """Return whether CloudFormation leaves a value out, or may, with its key or its comma."""
    branches = _branches(value)
    return value == _NO_VALUE if branches is None else any(map(_may_be_absent, branches))


def _is_list(value: object, length: int) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and len(value) == length
