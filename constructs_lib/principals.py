"""Users, roles and groups: the name under which a policy is attached to each, checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from aws_cdk import aws_iam as iam

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.once import once_for_each, read
from constructs_lib.placeholders import has_token, known_part, split, starts_with_token
from constructs_lib.places import node_of, path_to, place_of
from constructs_lib.quotas import Kind

if TYPE_CHECKING:
    from constructs import Construct

Principal = iam.IUser | iam.IRole | iam.IGroup


class _Facts(NamedTuple):
    """What is read of a principal: each read is a round trip to CDK."""

    name: str
    account: str | None
    immutable: bool
    to_be_looked_up: bool


# Roles that IAM refuses to change, at deployment: those of IAM Identity Center and service-linked.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_OF_AWS = ("AWSReservedSSO_", "AWSServiceRoleFor")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: names
_NAME = re.compile(r"[\w+=,.@-]{0,128}", re.ASCII)


def by_name(kind: Kind, principals: Sequence[Principal], scope: Construct) -> dict[str, Principal]:
    """Return principals of one kind by their names, each once, in the order given."""
    if isinstance(principals, str | bytes) or not isinstance(principals, Sequence):
        raise SecretAccessError(
            f"{kind}s is {shown(principals)}",
            allowed=f"a sequence of {kind}s is allowed",
            remedy=f"give a list: {kind}s=[...]",
        )
    return {name_of(kind, principal, scope): principal for principal in principals}


def name_of(kind: Kind, principal: Principal, scope: Construct) -> str:
    """Return the name of one principal to which a policy of `scope` can be attached."""
    facts = _READ[kind](principal, scope)
    if facts.account is not None and not facts.to_be_looked_up:
        _refuse_other_account(kind, facts.name, facts.account, scope)
    if facts.immutable:
        raise SecretAccessError(
            f"role {shown(facts.name)} is immutable: it was imported with mutable=False, "
            "or is what without_policy_updates() returned",
            allowed="a role that takes policies is allowed",
            remedy="import it without mutable=False, or attach the policy where the role is owned",
        )
    if kind == "role" and facts.name.startswith(_OF_AWS):
        raise SecretAccessError(
            f"role {shown(facts.name)} is kept by AWS, which lets nobody attach a policy to it",
            allowed="a role of your own is allowed",
            remedy="attach the managed policy in the role's IAM Identity Center permission set "
            "(AWSReservedSSO_...), or use a role of your own",
        )
    return facts.name


def same_account(
    kind: Kind, principal: Principal, scope: Construct, account: str | None
) -> str | None:
    """Return the account of the principals of a policy of `scope`; `account` is known so far.

    It is one, also where the stack does not know which.
    """
    facts = _READ[kind](principal, scope)
    if facts.account is None or facts.to_be_looked_up:
        return account
    if account is not None and facts.account != account:
        raise SecretAccessError(
            f"{kind} {shown(facts.name)} is of account {facts.account}, another principal of the "
            f"policy of account {account}",
            allowed="principals of one account, the stack's, are allowed: a policy is attached by "
            f"name, so that it would go to a {kind} of that name there",
            remedy="make a policy in a stack of each account",
        )
    return facts.account


def _read(kind: Kind, principal: Principal, scope: Construct) -> _Facts:
    try:
        owned = isinstance(principal, iam.User | iam.Role | iam.Group)
        arn: str = "" if owned else read(principal, f"{kind}_arn")
        told = split(arn, ":", 5)
        name: str
        account: str | None
        if len(told) == 6 and not has_token(told[5]):
            # The ARN tells both; to read them as well takes four round trips.
            name, account = told[5].rpartition("/")[2], told[4]
        else:
            name, account = read(principal, f"{kind}_name"), read(principal, "principal_account")
    except AttributeError:
        raise SecretAccessError(
            f"{kind} is {shown(principal)}",
            allowed=f"an aws_iam.I{kind.capitalize()} is allowed",
            remedy=(
                f"for one that exists already, "
                f"use aws_iam.{kind.capitalize()}.from_{kind}_name or from_{kind}_arn"
            ),
        ) from None
    # On the first pass of a look-up, CDK hands out an ARN of its own making; the real one follows.
    to_be_looked_up = arn.endswith("/DUMMY_ARN")
    known = known_part(name)
    wrong_kind = arn and not starts_with_token(arn) and f":{kind}/" not in arn
    if wrong_kind or not _NAME.fullmatch(known) or not name:
        raise SecretAccessError(
            f"{kind} is {shown(name)}, of the ARN {shown(arn)}",
            allowed=f"the name of a {kind} is allowed: letters, digits and _+=,.@-",
            remedy=f"import it by the {kind}'s own name or ARN",
        )
    if owned and known == name:
        raise SecretAccessError(
            f"{kind} {shown(name)} is not made by this app: Role.customize_roles took it out",
            allowed=f"a {kind} that the app makes, or that is imported, is allowed",
            remedy="import the role that stands for it: aws_iam.Role.from_role_name",
        )
    imported_role = kind == "role" and not (owned or to_be_looked_up)
    return _Facts(
        name,
        account=None if account is None or has_token(account) else account,
        immutable=imported_role and _immutable(principal, scope),
        to_be_looked_up=to_be_looked_up,
    )


def _reader(kind: Kind) -> Callable[[Principal, Construct], _Facts]:
    return once_for_each(partial(_read, kind))


_READ: dict[Kind, Callable[[Principal, Construct], _Facts]] = {
    "user": _reader("user"),
    "role": _reader("role"),
    "group": _reader("group"),
}


def _immutable(role: Principal, scope: Construct) -> bool:
    """Tell whether a role was declared immutable: CDK drops what is added to such a role.

    CDK has no public word for it. It gives such a role a twin in the same scope, the mutable one,
    under an id that tells: aws-cdk-lib/aws-iam/lib/role.ts, `fromRoleArn` and
    `withoutPolicyUpdates`.
    """
    path, _, construct_id = str(read(role, "to_string")()).rpartition("/")
    # It mostly stands where its policy does, of which much is known already.
    parent = scope if path == path_to(scope) else read(role, "node").scope
    if parent is None:
        return False
    siblings = node_of(parent)
    if siblings.try_find_child(f"MutableRole{construct_id}") is not None:
        return True
    twin = construct_id.removeprefix("ImmutableRole")
    return twin != construct_id and siblings.try_find_child(twin) is not None


def _refuse_other_account(kind: Kind, name: str, account: str, scope: Construct) -> None:
    here, _ = place_of(scope)
    if not has_token(here) and here != account:
        raise SecretAccessError(
            f"{kind} {shown(name)} is of account {account}, the stack of account {here}",
            allowed="a policy is attached within its own account: by name, so that it would go "
            f"to a {kind} of that name in {here}",
            remedy=f"make the policy in a stack of account {account}",
        )
