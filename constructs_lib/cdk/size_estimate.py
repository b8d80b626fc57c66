"""The length of a document, as far as a stack knows it while the app is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from constructs import Construct

from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tokens import (
    ACCOUNT,
    PARTITION,
    REGION,
    URL_SUFFIX,
    arn_tokens,
    at_longest,
    has_token,
    starts_with_token,
)
from constructs_lib.cdk.location import environment_of
from constructs_lib.policy.document import length_in, longest_length
from constructs_lib.policy.statement import Statement

# CloudFormation names what has no name by its logical id and 12 random characters; Secrets Manager
# adds 6 of its own.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-intrinsic-functions.html
_OWNED_SECRET = f"arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:"
_OF_AN_OWNED_SECRET = "-123456789012-AbCdEf"
_OWNED_KEY = f"arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"


class SizeEstimate:
    """Estimates the lengths of the documents of one construct."""

    def __init__(self, scope: Construct) -> None:
        """Measure for a construct of `scope`."""
        self._scope = scope
        self._known: Mapping[str, str] | None = None
        self._owned: dict[str, str] = {}
        self._fits: dict[tuple[tuple[Statement, ...], int], bool] = {}

    def fits(self, statements: Sequence[Statement], quota: int) -> bool:
        """Return whether a document is within a quota; CDK resolves it only if it may not be."""
        document_and_quota = tuple(statements), quota
        if document_and_quota not in self._fits:
            self._fits[document_and_quota] = (
                longest_length(statements) <= quota or self.length(statements) <= quota
            )
        return self._fits[document_and_quota]

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
            for placeholder, value in zip(
                (ACCOUNT, REGION), environment_of(self._scope), strict=True
            )
            if not has_token(value)
        }
        if REGION in known:
            partition = partition_of(known[REGION])
            known |= {PARTITION: partition.name, URL_SUFFIX: partition.url_suffix}
        return known

    def _look_up(self, statements: Sequence[Statement]) -> None:
        """Ask CDK, once for all, which secrets and keys of the app tokens stand for."""
        unknown_arns = sorted(
            {
                arn
                for statement in statements
                for texts in (
                    statement.resources,
                    *(condition.values for condition in statement.conditions),
                )
                for text in texts
                for arn in ([text] if starts_with_token(text) else arn_tokens(text))
                if arn not in self._owned
            }
        )
        if not unknown_arns:
            return
        for text, resolved in zip(
            unknown_arns, Stack.of(self._scope).resolve(unknown_arns), strict=True
        ):
            self._owned[text] = ""
            if isinstance(resolved, Mapping) and isinstance(resolved.get("Ref"), str):
                arn = f"{_OWNED_SECRET}{resolved['Ref']}{_OF_AN_OWNED_SECRET}"
                self._owned[text] = at_longest(arn, self._known)
            elif isinstance(resolved, Mapping) and "Fn::GetAtt" in resolved:
                self._owned[text] = at_longest(_OWNED_KEY, self._known)
