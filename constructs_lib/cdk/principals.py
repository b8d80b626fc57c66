"""The checked names of users, roles and groups, by which a policy is attached to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from aws_cdk import aws_iam as iam

from constructs_lib.aws.quotas import Kind
from constructs_lib.aws.tokens import has_token, known_part, split, starts_with_token
from constructs_lib.cdk.internals import (
    has_mutable_twin,
    is_placeholder_of_lookup,
    read_attribute,
)
from constructs_lib.cdk.location import environment_of, node_of, path_to
from constructs_lib.cdk.object_cache import ObjectCache, memoize_per_object
from constructs_lib.errors import InvalidOptionError, Text, shown

if TYPE_CHECKING:
    from constructs import Construct

Principal = iam.IUser | iam.IRole | iam.IGroup


class _Facts(NamedTuple):
    """The facts on a principal; to read each takes a round trip to CDK."""

    name: str
    account: str | None
    imported: bool
    to_be_looked_up: bool


# Roles that only AWS can change: those of IAM Identity Center, and service-linked roles.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_OF_AWS = ("AWSReservedSSO_", "AWSServiceRoleFor")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: names
_NAME = re.compile(r"[\w+=,.@-]{0,128}", re.ASCII)


def by_name(kind: Kind, principals: Sequence[Principal], scope: Construct) -> dict[str, Principal]:
    """Return principals of one kind by their names, each once, in the order given."""
    if isinstance(principals, str | bytes) or not isinstance(principals, Sequence):
        raise InvalidOptionError(
            f"{kind}s",
            must=f"be a sequence of {kind}s",
            got=principals,
            remedy=f"give a list: {kind}s=[...]",
        )
    return {name_of(kind, principal, scope): principal for principal in principals}


def name_of(kind: Kind, principal: Principal, scope: Construct) -> str:
    """Return the name of one principal to which a policy of `scope` can be attached."""
    facts = _READ[kind](principal)
    if facts.account is not None and not facts.to_be_looked_up:
        _refuse_other_account(kind, facts.name, facts.account, scope)
    if kind == "role" and facts.imported and _immutable(principal, scope):
        raise InvalidOptionError(
            "role",
            must="be mutable: CDK attaches no policy to a role that is imported with mutable=False "
            "or returned by without_policy_updates()",
            got=Text(f"the immutable role {shown(facts.name)}"),
            remedy="import it without mutable=False, or attach the policy in the app that owns "
            "the role",
        )
    if kind == "role" and facts.name.startswith(_OF_AWS):
        raise InvalidOptionError(
            "role",
            must="be one of your own roles: only AWS can change a service-linked role or a role of "
            "IAM Identity Center",
            got=facts.name,
            remedy="use a role of your own, or, for AWSReservedSSO_..., attach the managed policy "
            "in the permission set of IAM Identity Center",
        )
    return facts.name


def same_account(
    kind: Kind, principal: Principal, scope: Construct, account: str | None
) -> str | None:
    """Return the account of the principals of a policy of `scope`; `account` is that of the others.

    All principals are of one account, also in a stack that does not know its account.
    """
    facts = _READ[kind](principal)
    if facts.account is None or facts.to_be_looked_up:
        return account
    if account is not None and facts.account != account:
        raise InvalidOptionError(
            kind,
            must=f"be of account {account}, as the other principals of the policy: a policy is "
            f"attached by name, to a {kind} of that name in the account of the stack",
            got=Text(f"{shown(facts.name)} of account {facts.account}"),
            remedy="make a policy in a stack of each account",
        )
    return facts.account


def _read(kind: Kind, principal: Principal) -> _Facts:
    try:
        owned = isinstance(principal, iam.User | iam.Role | iam.Group)
        arn: str = "" if owned else read_attribute(principal, f"{kind}_arn")
        parts = split(arn, ":", 5)
        name: str
        account: str | None
        if len(parts) == 6 and not has_token(parts[5]):
            # The ARN has both; to read them as well takes four round trips.
            name, account = parts[5].rpartition("/")[2], parts[4]
        else:
            name, account = (
                read_attribute(principal, f"{kind}_name"),
                read_attribute(principal, "principal_account"),
            )
    except AttributeError:
        raise InvalidOptionError(
            kind,
            must=f"be an aws_iam.I{kind.capitalize()}",
            got=principal,
            remedy=(
                f"for a {kind} that exists already, "
                f"use aws_iam.{kind.capitalize()}.from_{kind}_name or from_{kind}_arn"
            ),
        ) from None
    to_be_looked_up = is_placeholder_of_lookup(arn)
    known = known_part(name)
    wrong_kind = arn and not starts_with_token(arn) and f":{kind}/" not in arn
    if wrong_kind or not _NAME.fullmatch(known) or not name:
        raise InvalidOptionError(
            kind,
            must=f"have the name of a {kind}: letters, digits and _+=,.@-",
            got=Text(f"{shown(name)}, of the ARN {shown(arn)}"),
            remedy=f"import it by the name or ARN of the {kind}",
        )
    if owned and known == name:
        raise InvalidOptionError(
            kind,
            must=f"be a {kind} that the app makes or imports",
            got=Text(f"{shown(name)}, which Role.customize_roles leaves out of the app"),
            remedy="import the role that replaces it: aws_iam.Role.from_role_name",
        )
    return _Facts(
        name,
        account=None if account is None or has_token(account) else account,
        imported=not (owned or to_be_looked_up),
        to_be_looked_up=to_be_looked_up,
    )


_READ: dict[Kind, Callable[[Principal], _Facts]] = {
    "user": memoize_per_object(partial(_read, "user")),
    "role": memoize_per_object(partial(_read, "role")),
    "group": memoize_per_object(partial(_read, "group")),
}

_IMMUTABLE: ObjectCache[bool] = ObjectCache()


def _immutable(role: Principal, scope: Construct) -> bool:
    """Return whether a role was declared immutable: CDK drops statements that are added to it.

    `scope` is the scope of the policy, which mostly is the scope of the role too. Its node is known
    already, which saves two round trips; the answer is the same.
    """
    return _IMMUTABLE.get(role, lambda: _read_immutable(role, scope))


def _read_immutable(role: Principal, scope: Construct) -> bool:
    path, _, construct_id = str(read_attribute(role, "to_string")()).rpartition("/")
    parent = scope if path == path_to(scope) else read_attribute(role, "node").scope
    return parent is not None and has_mutable_twin(node_of(parent), construct_id)


def _refuse_other_account(kind: Kind, name: str, account: str, scope: Construct) -> None:
    here, _ = environment_of(scope)
    if not has_token(here) and here != account:
        raise InvalidOptionError(
            kind,
            must=f"be of the account of the stack, {here}: a policy is attached by name, to a "
            f"{kind} of that name in {here}",
            got=Text(f"{shown(name)} of account {account}"),
            remedy=f"make the policy in a stack of account {account}",
        )
