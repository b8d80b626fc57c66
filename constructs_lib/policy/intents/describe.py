"""DescribeSecrets and DescribeTaggedSecrets: see the metadata of secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import TypeAlias

from constructs_lib.aws.tags import check_tags
from constructs_lib.errors import check_flag
from constructs_lib.policy.intents.intent import AllowIntent
from constructs_lib.policy.intents.option import SECRETS, option
from constructs_lib.policy.secret_scope import Secrets, SecretScope, scopes_of
from constructs_lib.policy.statement import Statement, on_all, on_secrets, tagged

_Statements: TypeAlias = list[Statement]  # in the class, `list` is an option


@dataclass(frozen=True)
class DescribeSecrets(AllowIntent):
    """See the metadata of secrets, and no value: the intent of `SecretDescriber`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups see the metadata of secrets, and no value."
    effect = "It allows DescribeSecret, ListSecretVersionIds and GetResourcePolicy on the secrets."
    leaves_open = """\
The metadata itself: names, descriptions, tags, versions and their staging labels, the rotation and
its function, replicas, the KMS key, and the principals with access. Keep secret values out of
names, descriptions and tags."""
    source = """\
AWS, "Actions, resources, and condition keys for AWS Secrets Manager"
(docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html)."""

    secrets: Secrets = field(metadata=SECRETS)
    _: KW_ONLY
    list: bool = field(
        default=False,
        metadata=option(
            "also allow `secretsmanager:ListSecrets`, on `*`, which is the only resource that AWS "
            "authorizes it on.",
            leaves_open="The names, descriptions and tags of all secrets of the account and "
            "Region.",
            samples=(True,),
            flag="list",
        ),
    )

    @cached_property
    def scopes(self) -> tuple[SecretScope, ...]:
        """The secrets; a description depends on no key."""
        return scopes_of(self.secrets, with_keys=False)

    def _statements(self, scopes: Sequence[SecretScope]) -> _Statements:
        check_flag("list", self.list)
        actions = (
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecretVersionIds",
            "secretsmanager:GetResourcePolicy",
        )
        statements = [*on_secrets("DescribeSecret", "Allow", actions, scopes)]
        if self.list:
            statements.append(on_all("ListSecrets", "secretsmanager:ListSecrets"))
        return statements


@dataclass(frozen=True)
class DescribeTaggedSecrets(AllowIntent):
    """Describe every secret that has certain tags: the intent of `TagScopedDescriber`.

    Raises:
        SecretAccessError: if an option is not one that AWS accepts.
    """

    summary = "Lets users, roles and groups describe every secret that has certain tags."
    effect = """\
It allows DescribeSecret on `*` under the condition that the tags of the secret
(`secretsmanager:ResourceTag/KEY`) equal the values. It gives access to metadata, never to a
value."""
    leaves_open = """\
Principals that may tag secrets choose the secrets that it covers. The metadata itself is as for
`SecretDescriber`."""
    source = """\
AWS, "Identity-based policies for Secrets Manager"
(docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html)."""

    tags: Mapping[str, str | Sequence[str]] = field(
        metadata=option(
            "the tags that a secret must have, all of them. Several values of a key are "
            "alternatives. Keys have at most 128 characters, values 256.",
            samples=({"Project": "orders"},),
            flag="tag",
            metavar="KEY=VALUE",
        )
    )

    @property
    def scopes(self) -> tuple[SecretScope, ...]:
        """No secrets: the tags decide."""
        return ()

    @property
    def deciding_tag_keys(self) -> frozenset[str]:
        """The keys of the tags, in lower case."""
        return frozenset(key.lower() for key in self.tags)

    def _statements(self, scopes: Sequence[SecretScope]) -> _Statements:
        actions = ("secretsmanager:DescribeSecret",)
        conditions = tagged(check_tags(self.tags))
        return [Statement("DescribeTaggedSecrets", "Allow", actions, ("*",), conditions)]
