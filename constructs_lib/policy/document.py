"""Policy documents for a template and for IAM, and their length as IAM counts it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Any

from constructs_lib.aws.arns import check_region
from constructs_lib.aws.partitions import partition_named, partition_of
from constructs_lib.aws.tokens import (
    ACCOUNT,
    LONGEST_ARN,
    PARTITION,
    REGION,
    SHORTEST_ARN,
    URL_SUFFIX,
    at_longest,
    filled,
    for_template,
    has_token,
    tokens,
)
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.option_validation import check_principals_account
from constructs_lib.policy.statement import Condition, Statement

PolicyDocument = dict[str, Any]
_Render = Callable[[str], object]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

ANY_ACCOUNT = "*"
_ACCOUNT = re.compile(r"[0-9]{12}")
_NAMED_PARTITION = re.compile(r"arn:(aws[a-z-]*):")
_OWN_ACCOUNT = "${aws:PrincipalAccount}"
_EXAMPLES = {"region": "eu-west-1", "account": "111122223333"}


class PolicyType(Enum):
    """How a policy is attached.

    - `MANAGED`: a policy of its own. Several principals can share it, IAM keeps its versions, and
      others can attach it, or use it as a permissions boundary. The default.
    - `INLINE`: a part of each principal that it is attached to.
    """

    MANAGED = "managed"
    INLINE = "inline"


def document_for_template(statements: Sequence[Statement]) -> PolicyDocument:
    """Return the document for a CloudFormation template, with intrinsics and CDK tokens in it."""
    return _document(statements, for_template)


def document_for_iam(statements: Sequence[Statement], values: Mapping[str, str]) -> PolicyDocument:
    """Return the document for IAM itself, each pseudo parameter replaced by its value."""
    return _document(statements, lambda text: filled(text, values))


def document_for_account(
    statements: Sequence[Statement],
    *,
    region: str | None,
    account: str | None,
    partition: str | None,
    regions: Iterable[str],
    named_principals: Sequence[str],
) -> PolicyDocument:
    """Return the document for IAM in one account and Region: see `Intent.document`."""
    values: dict[str, str] = {}
    if region is not None:
        if has_token(str(region)):
            raise InvalidOptionError(
                "region",
                must="be plain text for a document outside CDK",
                got=Text("a CDK token"),
                remedy="give the name, or use a construct",
            )
        values[REGION] = check_region(region, "region")
    if account is not None:
        values[ACCOUNT] = _check_account(account)
        if account != ANY_ACCOUNT:
            check_principals_account(named_principals, account)
    explicit = {name for name in (region, *regions) if name is not None and name != REGION}
    partitions = {partition_of(name) for name in explicit if not has_token(name)}
    if len(partitions) > 1:
        raise InvalidOptionError(
            "region",
            must="be of the partition of the secrets: a policy is about one partition",
            got=Text(
                f"Regions of {' and '.join(sorted(candidate.name for candidate in partitions))}"
            ),
            remedy="make a document for each partition",
        )
    known = next(iter(partitions), None)
    if partition is not None:
        named = partition_named(partition)
        if named is None or (known is not None and named != known):
            raise InvalidOptionError(
                "partition",
                must=f"be {known.name!r}, that of the Region" if known else "be a partition of AWS",
                got=partition,
                remedy="omit it: the Region has one partition",
            )
        known = named
    if known is not None:
        check_partition(statements, known.name)
        values |= {PARTITION: known.name, URL_SUFFIX: known.url_suffix}
    if account == ANY_ACCOUNT:
        statements = [
            _in_own_account(part) for statement in statements for part in _by_account(statement)
        ]

    def fill(text: str) -> str:
        if has_token(text):
            raise InvalidOptionError(
                "secrets",
                must="be plain text for a document outside CDK",
                got=Text("a CDK token"),
                remedy="give the values themselves, or use a construct",
            )
        for placeholder, option in ((REGION, "region"), (ACCOUNT, "account")):
            if placeholder in text and placeholder not in values:
                raise InvalidOptionError(
                    option,
                    must="be given: a statement depends on it",
                    got=None,
                    remedy=f"give {option}={_EXAMPLES[option]!r}, or secrets by ARN",
                )
        if (PARTITION in text or URL_SUFFIX in text) and PARTITION not in values:
            raise InvalidOptionError(
                "region",
                must="be given: the partition depends on it",
                got=None,
                remedy=f"give region={_EXAMPLES['region']!r}, or partition='aws'",
            )
        return filled(text, values)

    return _document(statements, fill)


def check_partition(statements: Iterable[Statement], partition: str) -> None:
    """Refuse a policy with an ARN or a replica's Region of another partition than its own."""
    for named, text in partitions_in(statements).items():
        if named != partition:
            raise InvalidOptionError(
                "ARNs and Regions",
                must=f"be of the partition of the policy, {partition}",
                got=text,
                remedy="make a policy for each partition",
            )


def partitions_in(statements: Iterable[Statement]) -> dict[str, str]:
    """Return the partitions that statements name, each with the first ARN or Region of it."""
    partitions: dict[str, str] = {}
    for statement in statements:
        texts = [*statement.resources, *statement.principals]
        for condition in statement.conditions:
            texts += condition.values
            if condition.key == "secretsmanager:AddReplicaRegions":
                for region in condition.values:
                    if not has_token(region):
                        partitions.setdefault(partition_of(region).name, region)
        for text in texts:
            if match := _NAMED_PARTITION.match(text):
                partitions.setdefault(match[1], text)
    return partitions


def _check_account(account: object) -> str:
    if account == ANY_ACCOUNT or (isinstance(account, str) and _ACCOUNT.fullmatch(account)):
        return str(account)
    raise InvalidOptionError(
        "account",
        must='be the 12 digits of an account, or "*" for that of the principal',
        got=account,
        remedy="correct it, as a string",
    )


def _by_account(statement: Statement) -> Iterator[Statement]:
    """Yield an Allow on the secrets of any account, and one on those of a named account."""
    own = tuple(arn for arn in statement.resources if ACCOUNT in arn)
    named = tuple(arn for arn in statement.resources if ACCOUNT not in arn)
    if statement.effect == "Deny" or not (own and named):
        yield statement
        return
    yield replace(statement, resources=own)
    yield replace(statement, sid=f"{statement.sid}OfNamedAccount", resources=named)


def _in_own_account(statement: Statement) -> Statement:
    """Return the statement for any account; an Allow is limited to the principal's own.

    A Deny stays as it is, which denies more: it is about secrets of those names in every account.
    In a condition value a policy variable is the account; a Resource can't have one before its
    fifth colon.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    conditions = tuple(
        replace(condition, values=tuple(v.replace(ACCOUNT, _OWN_ACCOUNT) for v in condition.values))
        if statement.effect == "Allow"
        else condition
        for condition in statement.conditions
    )
    if statement.effect == "Allow" and _is_on_secrets_of_any_account(statement):
        own = Condition("StringEquals", "aws:ResourceAccount", (_OWN_ACCOUNT,))
        conditions = (*conditions, own)
    return replace(statement, conditions=conditions)


def _is_on_secrets_of_any_account(statement: Statement) -> bool:
    """Return whether the account is open; ListSecrets, on `*`, is for the principal's alone."""
    return any(ACCOUNT in arn for arn in statement.resources) or (
        statement.resources == ("*",)
        and any(
            condition.key.startswith("secretsmanager:ResourceTag/")
            for condition in statement.conditions
        )
    )


def longest_length(statements: Sequence[Statement]) -> int:
    """Return the document's length as IAM counts it, at its longest, wherever it is deployed.

    Pseudo parameters count as the longest value that AWS has for them, and CDK tokens as the
    longest ARN of a secret.
    """
    return _length(statements, _at_longest)


@lru_cache(maxsize=1_000)  # a secret's ARN is in several statements
def _at_longest(text: str) -> str:
    return at_longest(text) + "x" * LONGEST_ARN * len(tokens(text))


def length_in(
    statements: Sequence[Statement], known: Mapping[str, str], owned: Mapping[str, str]
) -> int:
    """Return the document's length in one place, as far as that is known.

    Pseudo parameters that are not in `known` count as the longest value that AWS has for them. A
    CDK token counts as what `owned` has for it; a whole Resource that it does not have as the
    shortest ARN, and any other one as nothing.
    """

    def render(text: str) -> str:
        return owned.get(text) or at_longest(text, known, owned)

    return _length(statements, render, lambda text: render(text) or SHORTEST_ARN)


def _length(
    statements: Sequence[Statement], render: _Render, render_resource: _Render | None = None
) -> int:
    text = _encode(_document(statements, render, render_resource))
    return sum(map(len, text.split()))  # IAM does not count whitespace


def _document(
    statements: Sequence[Statement], render: _Render, render_resource: _Render | None = None
) -> PolicyDocument:
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(statement, render, render_resource or render) for statement in statements
        ],
    }


def _statement(statement: Statement, render: _Render, render_resource: _Render) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": statement.effect,
    }
    if statement.principals:
        arns = [render(arn) for arn in statement.principals]
        rendered["Principal"] = {"AWS": _item_or_list(arns)}
    rendered["Action"] = _item_or_list(statement.actions)
    rendered["Resource"] = _item_or_list([render_resource(arn) for arn in statement.resources])
    if statement.conditions:
        block: dict[str, dict[str, object]] = {}
        for condition in statement.conditions:
            values = [render(value) for value in condition.values]
            block.setdefault(condition.operator, {})[condition.key] = _item_or_list(values)
        rendered["Condition"] = block
    return rendered


def _item_or_list(values: Sequence[object]) -> object:
    """Return a single value as it is, and several as a list: the form that CDK and AWS print."""
    return values[0] if len(values) == 1 else list(values)
