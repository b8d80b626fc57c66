"""Access to the secrets whose tags equal the principal's own: attribute-based access control.

https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html
"""

from collections.abc import Iterator, Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.creation import check_to_create, requested, tag_new
from constructs_lib.statements.limits import limited
from constructs_lib.statements.pins import keep_key, pinned_to_keys
from constructs_lib.statements.statement import (
    Condition,
    Statement,
    numbered,
    on_secrets,
    use_key,
)

_WRITE = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
_TAG, _UNTAG = "secretsmanager:TagResource", "secretsmanager:UntagResource"
_NOT_EMPTY = "?*"


def match_tags(
    scopes: Sequence[SecretScope],
    tag_keys: tuple[str, ...],
    *,
    read: bool = True,
    describe: bool = False,
    write: bool = False,
    create: bool = False,
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """Use the secrets of which each of these tags equals the principal's, and keep those tags."""
    flags = {"read": read, "describe": describe, "write": write, "create": create}
    for name, flag in flags.items():
        check_flag(name, flag)
    if not any(flags.values()):
        raise SecretAccessError(
            "none of read, describe, write and create is True",
            allowed="at least one of them is allowed",
            remedy="give what the principals may do",
        )
    for scope in scopes:
        if scope.tags:
            raise SecretAccessError(
                f"secrets is chosen by the tags {shown(dict(scope.tags))}",
                allowed="secrets by name, name prefix or ARN are allowed: tag_keys has the tags",
                remedy="leave out secrets, or use another SecretScope.from_...",
            )
        if create:
            check_to_create(scope)
    tagged = tuple(condition for key in tag_keys for condition in _is_tagged(key))
    matched = (*(_equals_own("StringEquals", _of_secret(key), key) for key in tag_keys), *tagged)
    actions = (
        *(("secretsmanager:GetSecretValue",) if read else ()),
        *(("secretsmanager:DescribeSecret",) if describe else ()),
        *(_WRITE if write else ()),
    )
    statements: list[Statement] = []
    if actions:
        statements += on_secrets("UseMatchedSecret", "Allow", actions, scopes, *matched)
    if write:
        statements += pinned_to_keys(
            "UpdateMatchedSecret",
            "secretsmanager:UpdateSecret",
            scopes,
            lambda key_arn: (*keep_key(key_arn), *matched),
        )
    if create:
        statements += _create(scopes, tag_keys, tagged)
    statements += _keep_tags(scopes, tag_keys, create=create)
    if read or write or create:
        used = ("kms:Decrypt", "kms:GenerateDataKey") if write or create else ("kms:Decrypt",)
        statements += use_key("UseSecretKey", used, scopes)
    return limited(statements, conditions)


def _of_secret(tag_key: str) -> str:
    return f"secretsmanager:ResourceTag/{tag_key}"


def _of_principal(tag_key: str) -> str:
    return f"aws:PrincipalTag/{tag_key}"


def _own(tag_key: str) -> str:
    """Return IAM's variable for the principal's tag; no AWS::..., so that a template keeps it."""
    return f"${{{_of_principal(tag_key)}}}"


def _equals_own(operator: str, condition_key: str, tag_key: str) -> Condition:
    return Condition(operator, condition_key, (_own(tag_key),))


def _is_tagged(tag_key: str) -> tuple[Condition, ...]:
    """Return the conditions that the principal has the tag, and something in it.

    A variable without a value has "no equal or like value", so that nothing matches: Null says so
    in the policy itself. An empty value would match the empty tag of a secret.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    key = _of_principal(tag_key)
    return Condition("Null", key, ("false",)), Condition("StringLike", key, (_NOT_EMPTY,))


def _create(
    scopes: Sequence[SecretScope], tag_keys: tuple[str, ...], tagged: tuple[Condition, ...]
) -> Iterator[Statement]:
    """Yield the creation of secrets with the principal's own tags, and no others."""
    own = tuple((key, (_own(key),)) for key in tag_keys)
    create = ("secretsmanager:CreateSecret",)
    yield from on_secrets("CreateMatchedSecret", "Allow", create, scopes, *requested(own), *tagged)
    yield from tag_new(scopes, own, *tagged)


def _keep_tags(
    scopes: Sequence[SecretScope], tag_keys: tuple[str, ...], *, create: bool
) -> Iterator[Statement]:
    """Yield the Deny that keeps the tags as they are, whatever else allows to change them.

    Keys of tags are told apart by case, and names of condition keys are not: `project` would count
    as `Project`, and is kept too.
    """
    touched = Condition("ForAnyValue:StringEqualsIgnoreCase", "aws:TagKeys", tag_keys)
    kept = (_UNTAG,) if create else (_TAG, _UNTAG)
    yield from on_secrets("KeepMatchedTags", "Deny", kept, scopes, touched)
    if create:
        for sid, conditions in _not_of_a_new_secret(tag_keys):
            yield from on_secrets(sid, "Deny", (_TAG,), scopes, touched, *conditions)


def _not_of_a_new_secret(
    tag_keys: tuple[str, ...],
) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    """Yield the conditions under which a tagging is not that of a new secret, each with its Sid.

    Who may create must be able to tag what is created, for which AWS asks TagResource too, and does
    not tell it from other tagging. It is left with this alone: the principal's own values of all of
    the tags, nothing beside, on a secret that has no other value of them. A comparison with the
    principal's tag says nothing of one that has none, who is denied by a statement before.
    """
    beside = Condition("ForAnyValue:StringNotEquals", "aws:TagKeys", tag_keys)
    yield "DenyTagsBeside", (beside,)
    for number, key in enumerate(tag_keys, start=1):
        untagged = Condition("StringNotLike", _of_principal(key), (_NOT_EMPTY,))
        yield numbered("DenyTagsOfUntagged", number), (untagged,)
        there = Condition("Null", _of_principal(key), ("false",))
        other = _equals_own("StringNotEquals", f"aws:RequestTag/{key}", key)
        yield numbered("DenyOtherTags", number), (there, other)
        has_one = Condition("Null", _of_secret(key), ("false",))
        others = _equals_own("StringNotEquals", _of_secret(key), key)
        yield numbered("DenyTakenTags", number), (there, has_one, others)
