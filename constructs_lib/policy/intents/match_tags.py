"""UseTagMatchedSecrets: use the secrets whose tags equal those of the principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

from constructs_lib.errors import InvalidOptionError, Text, check_flag
from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import option
from constructs_lib.policy.kms_key_conditions import keep_key, pinned_to_keys
from constructs_lib.policy.option_validation import check_matched_tag_keys
from constructs_lib.policy.secret_creation import check_creatable, requested, tag_new
from constructs_lib.policy.secret_scope import Secrets, SecretScope, every_secret, scopes_of
from constructs_lib.policy.statement import (
    Condition,
    Statement,
    numbered,
    on_secrets,
    use_key,
)

_WRITE = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
_TAG, _UNTAG = "secretsmanager:TagResource", "secretsmanager:UntagResource"
_NOT_EMPTY = "?*"


@dataclass(frozen=True)
class UseTagMatchedSecrets(AllowIntent):
    """Use the secrets whose tags equal those of the principal: the intent of `TagMatchedAccess`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups use the secrets that have the same tags as they have."
    effect = """\
One policy is enough for every team: a principal with the tag `Project=orders` may read the secrets
with that tag. A new secret or colleague needs a tag, and no new policy. All of `tag_keys` must be
equal; values are compared by case. A principal that lacks one of the tags, or has an empty value,
may use no secret.

The same policy denies these principals to set, change or remove those tags of secrets, in any
spelling of the key (`project` counts as `Project`), whatever else allows it. So they can't create a
secret with such a tag, except with `create=True`. Give a principal one policy of this kind for a
tag: the Deny of a second one, without `create=True`, applies too.

AWS CloudFormation tags a secret after it has created it, and so can't create a secret for these
principals."""
    leaves_open = """\
Principals that may tag the principals choose their secrets (iam:TagUser, iam:TagRole, and
sts:TagSession in the trust policy of a role). So do other principals that may tag secrets: the Deny
applies to the principals of this policy alone."""
    source = """\
AWS, "IAM tutorial: Define permissions to access AWS resources based on tags"
(docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html) and
"IAM policy elements: Variables and tags"
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html)."""

    _: KW_ONLY
    tag_keys: Sequence[str] = field(
        metadata=option(
            "the keys of the tags whose values must be equal, at least one: ASCII letters, digits "
            "and `_.:/=+-@`.",
            samples=(("Project",),),
            flag="tag-key",
            metavar="KEY",
        )
    )
    secrets: Secrets | None = field(
        default=None,
        metadata=option(
            "the secrets to choose from, by name, name prefix or ARN, each an `ISecret` or a "
            "`SecretScope`. For those with an `encryption_key`, the use of the key is allowed too. "
            "Omitted, all secrets of the account and Region of the stack, and no key.",
            samples=(None,),
        ),
    )
    read: bool = field(
        default=True,
        metadata=option("allow GetSecretValue.", samples=(False,), flag="read"),
    )
    describe: bool = field(
        default=False,
        metadata=option("also allow DescribeSecret.", samples=(True,), flag="describe"),
    )
    write: bool = field(
        default=False,
        metadata=option(
            "also allow the actions of a `SecretWriter`: PutSecretValue, UpdateSecretVersionStage, "
            "and UpdateSecret while the secret keeps its key.",
            leaves_open="The current version.",
            samples=(True,),
            flag="write",
        ),
    )
    create: bool = field(
        default=False,
        metadata=option(
            "also allow CreateSecret with the principal's own values of all of the tags and with "
            "no other tag, and the TagResource that it needs. Each tag key then adds some 1,500 "
            "characters to the policy: with three keys there is no room for `write`.",
            leaves_open="A principal can give its own values to an existing secret that has no "
            "other value of the tags, such as a secret without tags, and so get access to it: AWS "
            "does not distinguish that from tagging a new secret. Tag every secret, or narrow "
            "`secrets`.",
            samples=(True,),
            flag="create",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets to choose from."""
        return (every_secret(),) if self.secrets is None else scopes_of(self.secrets)

    @cached_property
    def _tag_keys(self) -> tuple[str, ...]:
        return check_matched_tag_keys(self.tag_keys)

    def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
        self._check(scopes)
        tag_keys = self._tag_keys
        tagged = tuple(condition for key in tag_keys for condition in _is_tagged(key))
        matched = (
            *(_equals_own("StringEquals", _of_secret(key), key) for key in tag_keys),
            *tagged,
        )
        actions = (
            *(("secretsmanager:GetSecretValue",) if self.read else ()),
            *(("secretsmanager:DescribeSecret",) if self.describe else ()),
            *(_WRITE if self.write else ()),
        )
        statements: list[Statement] = []
        if actions:
            statements += on_secrets("UseMatchedSecret", "Allow", actions, scopes, *matched)
        if self.write:
            statements += pinned_to_keys(
                "UpdateMatchedSecret",
                "secretsmanager:UpdateSecret",
                scopes,
                lambda key_arn: (*keep_key(key_arn), *matched),
            )
        if self.create:
            statements += _create(scopes, tag_keys, tagged)
        statements += _keep_tags(scopes, tag_keys, create=self.create)
        if self.read or self.write or self.create:
            writes = self.write or self.create
            used = ("kms:Decrypt", "kms:GenerateDataKey") if writes else ("kms:Decrypt",)
            statements += use_key("UseSecretKey", used, scopes)
        return statements

    def _check(self, scopes: Sequence[SecretScope]) -> None:
        flags = {name: getattr(self, name) for name in ("read", "describe", "write", "create")}
        for name, flag in flags.items():
            check_flag(name, flag)
        if not any(flags.values()):
            raise InvalidOptionError(
                "one of read, describe, write and create",
                must="be True",
                got=Text("none of them"),
                remedy="give the access that the principals need",
            )
        for secret_scope in scopes:
            if secret_scope.tags:
                raise InvalidOptionError(
                    "secrets",
                    must="be chosen by name, name prefix or ARN, as tag_keys has the tags",
                    got=dict(secret_scope.tags),
                    remedy="omit secrets, or use another SecretScope.from_...",
                )
            if self.create:
                check_creatable(secret_scope)


def _of_secret(tag_key: str) -> str:
    return f"secretsmanager:ResourceTag/{tag_key}"


def _of_principal(tag_key: str) -> str:
    return f"aws:PrincipalTag/{tag_key}"


def _own(tag_key: str) -> str:
    """Return the policy variable of the principal's tag. CloudFormation keeps it in a template."""
    return f"${{{_of_principal(tag_key)}}}"


def _equals_own(operator: str, condition_key: str, tag_key: str) -> Condition:
    return Condition(operator, condition_key, (_own(tag_key),))


def _is_tagged(tag_key: str) -> tuple[Condition, ...]:
    """Return the conditions that the principal has the tag, with a value that is not empty.

    A variable without a value matches nothing ("no equal or like value"); Null states it in the
    policy. An empty value would match the empty tag of a secret.
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
    """Yield the Deny that keeps the tags unchanged, whatever else allows to change them.

    Tag keys differ by case, and names of condition keys do not. A condition on `Project` also reads
    the tag `project`, which is kept too.
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
    """Yield the conditions of a TagResource that is not part of a creation, each with its Sid.

    To create a tagged secret, AWS authorizes TagResource too, and does not distinguish it from
    other tagging. These conditions leave one kind of tagging: the principal's own values of all of
    the tags, and no other tag, on a secret that has no other value of them. A comparison with the
    principal's tag is false for a principal without the tag; DenyTagsOfUntagged denies that one.
    """
    other_keys = Condition("ForAnyValue:StringNotEquals", "aws:TagKeys", tag_keys)
    yield "DenyTagsBeside", (other_keys,)
    for number, key in enumerate(tag_keys, start=1):
        untagged = Condition("StringNotLike", _of_principal(key), (_NOT_EMPTY,))
        yield numbered("DenyTagsOfUntagged", number), (untagged,)
        there = Condition("Null", _of_principal(key), ("false",))
        other = _equals_own("StringNotEquals", f"aws:RequestTag/{key}", key)
        yield numbered("DenyOtherTags", number), (there, other)
        has_one = Condition("Null", _of_secret(key), ("false",))
        others = _equals_own("StringNotEquals", _of_secret(key), key)
        yield numbered("DenyTakenTags", number), (there, has_one, others)
