"""Users, roles and groups: the name under which a policy is attached to each, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

Kind = Literal["user", "role", "group"]
Principal = iam.IUser | iam.IRole | iam.IGroup


class _Facts(NamedTuple):
    """What is read of a principal: each read is a round trip to CDK."""

    name: str
    account: str | None
    immutable: bool


# Roles that IAM refuses to change, at deployment: those of IAM Identity Center and service-linked.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_OF_AWS = ("AWSReservedSSO_", "AWSServiceRoleFor")

# The same role tends to get several policies, so what was read is kept, as long as the role is.
_facts: dict[Kind, WeakKeyDictionary[Principal, _Facts]] = {
    "user": WeakKeyDictionary(),
    "role": WeakKeyDictionary(),
    "group": WeakKeyDictionary(),
}
_account_of_scope: WeakKeyDictionary[IConstruct, str] = WeakKeyDictionary()


def names_of(kind: Kind, principals: Sequence[Principal], scope: Construct) -> list[str]:
    """Return the names of principals of one kind, each once, in the order given."""
    if isinstance(principals, str) or not isinstance(principals, Sequence):
        raise SecretAccessError(
            f"{kind}s is {shown(principals)}",
            allowed=f"a sequence of {kind}s is allowed",
            remedy=f"give a list: {kind}s=[...]",
        )
    return list(dict.fromkeys(name_of(kind, principal, scope) for principal in principals))


def name_of(kind: Kind, principal: Principal, scope: Construct) -> str:
    """Return the name of one principal to which a policy of `scope` can be attached."""
    try:
        facts = _facts[kind][principal]
    except (KeyError, TypeError):  # TypeError: it is no object of CDK's, and refused for that
        facts = _read(kind, principal)
        _facts[kind][principal] = facts
    if facts.account is not None:
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


def _read(kind: Kind, principal: Principal) -> _Facts:
    try:
        name: str = getattr(principal, f"{kind}_name")
    except AttributeError:
        raise SecretAccessError(
            f"{kind} is {shown(principal)}",
            allowed=f"an aws_iam.I{kind.capitalize()} is allowed",
            remedy=(
                f"for one that exists already, "
                f"use aws_iam.{kind.capitalize()}.from_{kind}_name or from_{kind}_arn"
            ),
        ) from None
    if kind == "group" and not has_token(name):
        # CDK takes a group's path for a part of its name when it is imported by its ARN.
        name = name.rpartition("/")[2]
    account = principal.principal_account
    return _Facts(
        name,
        account=None if account is None or has_token(account) else account,
        immutable=kind == "role" and not isinstance(principal, iam.Role) and _immutable(principal),
    )


def _immutable(role: Principal) -> bool:
    """Tell whether a role was declared immutable: CDK drops what is added to such a role.

    CDK has no public word for it. It gives such a role a twin in the same scope, the mutable one,
    under an id that tells: aws-cdk-lib/aws-iam/lib/role.ts, `fromRoleArn` and
    `withoutPolicyUpdates`.
    """
    node = role.node
    construct_id, parent = node.id, node.scope
    if parent is None:
        return False
    siblings = parent.node
    if siblings.try_find_child(f"MutableRole{construct_id}") is not None:
        return True
    twin = construct_id.removeprefix("ImmutableRole")
    return twin != construct_id and siblings.try_find_child(twin) is not None


def _refuse_other_account(kind: Kind, name: str, account: str, scope: Construct) -> None:
    here = _account_of_scope.get(scope)
    if here is None:
        here = _account_of_scope[scope] = Stack.of(scope).account
    if not has_token(here) and here != account:
        raise SecretAccessError(
            f"{kind} {shown(name)} is of account {account}, the stack of account {here}",
            allowed="a policy is attached within its own account: by name, so that it would go "
            f"to a {kind} of that name in {here}",
            remedy=f"make the policy in a stack of account {account}",
        )
