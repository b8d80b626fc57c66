"""How long a document will be, as far as a stack can tell while it is being built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.documents import length_in, longest_length
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import (
    ACCOUNT,
    PARTITION,
    REGION,
    URL_SUFFIX,
    arn_tokens,
    at_longest,
    has_token,
    starts_with_token,
)
from constructs_lib.places import place_of
from constructs_lib.statements import Statement

# CloudFormation names what has no name by its logical id and 12 random characters; Secrets Manager
# adds 6 of its own.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-intrinsic-functions.html
_OWNED_SECRET = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:"
_OF_AN_OWNED_SECRET = "-123456789012-AbCdEf"
_OWNED_KEY = f"arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"


class Measure:
    """Measures the documents of one construct."""

    def __init__(self, scope: Construct) -> None:
        """Measure for a construct of `scope`."""
        self._scope = scope
        self._known: Mapping[str, str] | None = None
        self._owned: dict[str, str] = {}
        self._fits: dict[tuple[tuple[Statement, ...], int], bool] = {}

    def fits(self, statements: Sequence[Statement], quota: int) -> bool:
        """Tell whether a document is within a quota; CDK is asked only if it may not be."""
        asked = tuple(statements), quota
        if asked not in self._fits:
            self._fits[asked] = (
                longest_length(statements) <= quota or self.length(statements) <= quota
            )
        return self._fits[asked]

    def length(self, statements: Sequence[Statement]) -> int:
        """Return a document's length in this stack, as far as the stack knows its place."""
        if self._known is None:
            self._known = self._place()
        self._look_up(statements)
        return length_in(statements, self._known, self._owned)

    def _place(self) -> Mapping[str, str]:
        """Return the values of the pseudo parameters that the stack knows."""
        known = {
            placeholder: value
            for placeholder, value in zip((ACCOUNT, REGION), place_of(self._scope), strict=True)
            if not has_token(value)
        }
        if REGION in known:
            partition = partition_of(known[REGION])
            known |= {PARTITION: partition.name, URL_SUFFIX: partition.url_suffix}
        return known

    def _look_up(self, statements: Sequence[Statement]) -> None:
        """Ask CDK, once for all, which secrets and keys of the app tokens stand for."""
        asked = sorted(
            {
                arn
                for each in statements
                for texts in (each.resources, *(condition.values for condition in each.conditions))
                for text in texts
                for arn in ([text] if starts_with_token(text) else arn_tokens(text))
                if arn not in self._owned
            }
        )
        if not asked:
            return
        for text, found in zip(asked, Stack.of(self._scope).resolve(asked), strict=True):
            self._owned[text] = ""
            if isinstance(found, Mapping) and isinstance(found.get("Ref"), str):
                arn = f"{_OWNED_SECRET}{found['Ref']}{_OF_AN_OWNED_SECRET}"
                self._owned[text] = at_longest(arn, self._known)
            elif isinstance(found, Mapping) and "Fn::GetAtt" in found:
                self._owned[text] = at_longest(_OWNED_KEY, self._known)
