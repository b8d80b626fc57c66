"""SecretScope: which secrets, and under which key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from constructs_lib.arns import (
    ANY_SUFFIX,
    check_key_arn,
    check_key_region,
    check_name,
    check_region,
    check_secret_arn,
    in_region,
    key_in_region,
    key_region,
    refuse_alias,
    secret_account,
    secret_arn,
)
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.once import once_for_each, read
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import REGION, has_token, starts_with_token
from constructs_lib.tags import Tags, check_tags

if TYPE_CHECKING:
    from aws_cdk.aws_secretsmanager import ISecret


class EncryptionKey(Protocol):
    """What is needed of a KMS key: its ARN. Every `aws_kms.IKey` is one."""

    @property
    def key_arn(self) -> str:
        """The ARN of the key."""


class _NamedKey(NamedTuple):
    """The ARN of a customer-managed key, and its Region, as far as they are known."""

    arn: str | None
    region: str | None


_NO_KEY = _NamedKey(None, None)


@dataclass(frozen=True)
class SecretScope:
    """Which secrets a policy is about, and under which KMS key they are.

    Make one with a `from_*` factory, which checks what it is given:

    >>> SecretScope.from_secret_name("prod/db").arn
    'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/db-??????'

    Each factory takes, where it makes sense:

    - `encryption_key`: the customer-managed key that the secrets are encrypted with. Omitted, they
      are under the AWS-managed key `aws/secretsmanager`, which needs no permission of its own, and
      which no other account can use.
    - `region` and `account` of the secrets. Omitted, they are the stack's.

    CDK tokens are taken wherever a string is, and checked as far as they are known.

    Attributes:
        arn: the secrets' ARN, as a policy's Resource matches it.
        region: the Region of the secrets.
        key_arn: the ARN of their customer-managed key, if they have one.
        tags: the tags that the secrets must all carry, each with its alternatives.
        account: the account of the secrets, where it is known and not the stack's own.
        key_region: the Region of their key, where it is known.
    """

    arn: str
    region: str
    key_arn: str | None = None
    tags: Tags = ()
    account: str | None = None
    key_region: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no factory makes, and tell the account that the ARN tells."""
        if not (starts_with_token(self.arn) or ":secret:" in self.arn):
            raise SecretAccessError(
                f"scope is made of the ARN {shown(self.arn)}",
                allowed="a scope is made by a factory",
                remedy="use one of SecretScope.from_...",
            )
        if self.account is None:
            object.__setattr__(self, "account", secret_account(self.arn))

    @classmethod
    def from_secret(
        cls, secret: ISecret, *, encryption_key: EncryptionKey | None = None
    ) -> SecretScope:
        """Return the scope of one secret of a CDK app: this secret and no other.

        A secret that the app creates, or that it imports by its complete ARN, is matched by that
        ARN; one that it imports by name or partial ARN, by that ARN and six characters.

        Args:
            secret: the secret, owned or imported.
            encryption_key: the secret's key. Omitted, it is the key that CDK knows the secret to
                have; an imported secret's is known only if the import named it.

        Raises:
            SecretAccessError: if `secret` is no secret, or its key is an alias.
        """
        return _scope_of(secret, encryption_key, with_key=True)

    @classmethod
    def from_secret_name(
        cls,
        name: str,
        *,
        encryption_key: EncryptionKey | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> SecretScope:
        """Return the scope of the one secret that is called exactly `name`.

        The ARN is `...:secret:NAME-??????`: it matches the six characters that Secrets Manager
        appends, and so neither `NAME2` nor `NAME-replica`. It also matches a secret that is
        deleted and created again under that name.

        Raises:
            SecretAccessError: if `name` is not 1 to 512 letters, digits and `/_+=.@-`.
        """
        arn = secret_arn(check_name(name) + ANY_SUFFIX, region=region, account=account)
        key = _named_key(encryption_key, region)
        return cls(arn, region or REGION, key.arn, key_region=key.region)

    @classmethod
    def from_secret_name_prefix(
        cls,
        prefix: str,
        *,
        encryption_key: EncryptionKey | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> SecretScope:
        """Return the scope of every secret whose name begins with `prefix`, also of later ones.

        The ARN is `...:secret:PREFIX*`, the form of AWS's article. It matches every such name:
        `prod/db` also matches `prod/db-replica` and `prod/dbadmin`. End a prefix with `/` to
        keep to one folder, or use `from_secret_name` for one secret.

        Raises:
            SecretAccessError: if `prefix` is not 1 to 512 letters, digits and `/_+=.@-` (it is
                given without the `*`).
        """
        name = check_name(prefix, "secret name prefix") + "*"
        arn = secret_arn(name, region=region, account=account)
        key = _named_key(encryption_key, region)
        return cls(arn, region or REGION, key.arn, key_region=key.region)

    @classmethod
    def from_secret_partial_arn(
        cls, arn: str, *, encryption_key: EncryptionKey | None = None
    ) -> SecretScope:
        """Return the scope of the one secret with this ARN, given without its last six characters.

        Raises:
            SecretAccessError: if `arn` is not a secret's, or has a wildcard.
        """
        found = check_secret_arn(arn, complete=False)
        key = _named_key(encryption_key, found.region)
        region = found.region or key.region or REGION
        return cls(found.arn + ANY_SUFFIX, region, key.arn, key_region=key.region)

    @classmethod
    def from_secret_complete_arn(
        cls, arn: str, *, encryption_key: EncryptionKey | None = None
    ) -> SecretScope:
        """Return the scope of the one secret with this ARN, which is matched verbatim.

        Raises:
            SecretAccessError: if `arn` is not a secret's, has a wildcard, or does not end in a
                hyphen and six characters.
        """
        found = check_secret_arn(arn, complete=True)
        key = _named_key(encryption_key, found.region)
        region = found.region or key.region or REGION
        return cls(found.arn, region, key.arn, key_region=key.region)

    @classmethod
    def from_tags(
        cls,
        tags: Mapping[str, str | Sequence[str]],
        *,
        encryption_key: EncryptionKey | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> SecretScope:
        """Return the scope of every secret that carries all of `tags`, whatever its name.

        Several values of one key are alternatives; several keys must all match. Whoever can tag
        a secret can put it in the scope, or take it out.

        Raises:
            SecretAccessError: if there are no tags, or a key or a value is empty or not a tag's
                (keys to 128 characters, values to 256; no wildcards).
        """
        checked = check_tags(tags)
        arn = secret_arn("*", region=region, account=account)
        key = _named_key(encryption_key, region)
        return cls(arn, region or REGION, key.arn, checked, key_region=key.region)

    def in_regions(
        self, *regions: str, encryption_keys: Mapping[str, EncryptionKey] | None = None
    ) -> tuple[SecretScope, ...]:
        """Return the scopes of the same secrets as replicated to these Regions, one for each.

        A replica has the ARN of its primary with another Region in it, and is another resource: a
        policy on the one says nothing of the other. The primary is there if its Region is named.

        ```python
        database = SecretScope.from_secret_name("prod/db", encryption_key=key)
        SecretReader(self, "Reader", secrets=database.in_regions("eu-west-1", "us-east-1"))
        ```

        Args:
            *regions: their names, each once.
            encryption_keys: the customer-managed key of each Region, as a replica is under a key of
                its own Region. Omitted, and for Regions that it does not have: in the key's Region
                the scope's key, elsewhere its related multi-Region key (key ids that begin with
                `mrk-`); none if the scope has none.

        Raises:
            SecretAccessError: if there is no Region, one is not a Region's name, or of another
                partition; if a Region's key is not known, or is given for a Region that is not
                named.
        """
        keys = {} if encryption_keys is None else encryption_keys
        if not isinstance(keys, Mapping):
            raise SecretAccessError(
                f"encryption_keys is {shown(keys)}",
                allowed="a mapping of Regions to keys is allowed",
                remedy='give the keys, such as {"us-east-1": key}',
            )
        if not regions:
            raise SecretAccessError(
                "in_regions has no Region",
                allowed="at least one is allowed",
                remedy='name the Regions, such as in_regions("eu-west-1", "us-east-1")',
            )
        named = tuple(dict.fromkeys(check_region(each, "region in in_regions") for each in regions))
        known = [each for each in (self.region, *named) if each != REGION and not has_token(each)]
        partitions = sorted({partition_of(region).name for region in known})
        if len(partitions) > 1:
            raise SecretAccessError(
                f"regions of the secrets are in the partitions {' and '.join(partitions)}",
                allowed="a secret is replicated within its partition",
                remedy="leave out the Regions of the other partition",
            )
        for region in keys:
            if region not in named:
                raise SecretAccessError(
                    f"encryption_keys has a key of {shown(region)}, which in_regions does not name",
                    allowed="a key of each Region that is named is allowed",
                    remedy="name that Region, or leave out its key",
                )
        return tuple(self._in_region(region, keys) for region in named)

    def _in_region(self, region: str, keys: Mapping[str, EncryptionKey]) -> SecretScope:
        key = _named_key(keys[region], region) if region in keys else self._key_in(region)
        arn = in_region(self.arn, region)
        return replace(self, arn=arn, region=region, key_arn=key.arn, key_region=key.region)

    def _key_in(self, region: str) -> _NamedKey:
        if self.key_arn is None or region in (self.region, self.key_region):
            return _NamedKey(self.key_arn, self.key_region)
        found = key_in_region(self.key_arn, region)
        if found is None:
            raise SecretAccessError(
                f"key of the secrets in {region} is not known; theirs is {shown(self.key_arn)}",
                allowed="a replica is under a key of its own Region",
                remedy=f'give it: encryption_keys={{"{region}": ...}}',
            )
        return _NamedKey(found, region)


def every_secret(*, region: str | None = None, account: str | None = None) -> SecretScope:
    """Return every secret of the Region and account, for an intent that itself tells which."""
    return SecretScope(secret_arn("*", region=region, account=account), region or REGION)


Secrets: TypeAlias = (
    "ISecret | SecretScope | Sequence[ISecret | SecretScope | Sequence[SecretScope]]"
)


def scopes_of(secrets: Secrets, *, with_keys: bool = True) -> tuple[SecretScope, ...]:
    """Return the scopes of one secret or several, each once, in the order given.

    What `in_regions` returned may stand among others. An intent that needs no key does not ask for
    one: it may be one that can't be named.
    """
    several = _flat(secrets)
    if not several:
        raise SecretAccessError(
            "secrets is empty",
            allowed="one secret, or a sequence of at least one, is allowed",
            remedy="give the secrets, as ISecret or SecretScope",
        )
    return tuple(
        dict.fromkeys(
            each if isinstance(each, SecretScope) else _scope_of(each, None, with_key=with_keys)
            for each in several
        )
    )


def _flat(secrets: Secrets) -> list[ISecret | SecretScope]:
    if not isinstance(secrets, Sequence) or isinstance(secrets, str):
        return [secrets]
    found: list[Any] = []
    for each in secrets:
        if isinstance(each, Sequence) and each and not isinstance(each, str):
            found += each
        else:
            found.append(each)
    return found


def _scope_of(secret: ISecret, key: EncryptionKey | None, *, with_key: bool) -> SecretScope:
    arn, region, account = _place_of(secret)
    named = _named_key(key or _key_of(secret), region) if with_key else _NO_KEY
    return SecretScope(arn, region, named.arn, account=account, key_region=named.region)


@once_for_each
def _place_of(secret: ISecret) -> tuple[str, str, str | None]:
    """Return a secret's ARN, its Region, and its account where that is known."""
    try:
        full_arn: str | None = read(secret, "secret_full_arn")
    except AttributeError:
        raise SecretAccessError(
            f"secret is {shown(secret)}",
            allowed="an ISecret or a SecretScope is allowed",
            remedy="for a name, use SecretScope.from_secret_name",
        ) from None
    if full_arn is None:
        found = check_secret_arn(read(secret, "secret_arn"), complete=False)
        arn = found.arn + ANY_SUFFIX
    else:
        found = check_secret_arn(full_arn, complete=True)
        # For a secret that the app creates, CDK decides only when it writes the template whether
        # the ARN is known there (in a stack of another environment it is not). This token, which
        # CDK's own grants use, stands for the ARN, or for it with six `?`.
        arn = getattr(secret, "_arn_for_policies", found.arn)
    if found.region is not None:
        return arn, found.region, None  # the ARN tells the account
    env = secret.env
    # What is not known is the stack's own.
    region = REGION if has_token(env.region) else env.region
    return arn, region, None if has_token(env.account) else env.account


@once_for_each
def _key_of(secret: ISecret) -> EncryptionKey | None:
    found: EncryptionKey | None = read(secret, "encryption_key")
    return found


def _named_key(key: EncryptionKey | None, region: str | None) -> _NamedKey:
    """Return the key of secrets of `region`, checked as far as it is known."""
    if key is None:
        return _NO_KEY
    named = _read_key(key)
    if named.arn is not None:
        check_key_region(named.arn, named.region, region)
    return named


@once_for_each
def _read_key(key: EncryptionKey) -> _NamedKey:
    alias = getattr(key, "alias_name", None)
    if alias == "alias/aws/secretsmanager":
        return _NO_KEY  # the AWS-managed key
    if alias is not None:
        refuse_alias(alias)
    try:
        arn = check_key_arn(read(key, "key_arn"))
    except AttributeError:
        raise SecretAccessError(
            f"encryption_key is {shown(key)}",
            allowed="an IKey is allowed",
            remedy="for an ARN, use aws_kms.Key.from_key_arn",
        ) from None
    # The ARN of a key of the app is a token, which does not tell where the key is.
    return _NamedKey(arn, _region_of(key) if starts_with_token(arn) else key_region(arn))


def _region_of(key: EncryptionKey) -> str | None:
    env = read(key, "env") if hasattr(type(key), "env") else None
    return None if env is None or has_token(env.region) else env.region
