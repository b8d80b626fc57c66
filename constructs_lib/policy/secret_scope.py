"""SecretScope: a choice of secrets, with their KMS key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from constructs_lib.aws.arns import (
    ANY_SUFFIX,
    check_key_arn,
    check_key_region,
    check_name,
    check_region,
    check_secret_arn,
    in_region,
    key_in_region,
    key_region,
    secret_account,
    secret_arn,
)
from constructs_lib.aws.partitions import partition_of
from constructs_lib.aws.tags import Tags, check_tags
from constructs_lib.aws.tokens import REGION, has_token, starts_with_token
from constructs_lib.errors import InvalidOptionError, Text

if TYPE_CHECKING:
    from aws_cdk.aws_secretsmanager import ISecret


class EncryptionKey(Protocol):
    """A KMS key, of which the ARN is read. Every `aws_kms.IKey` is one."""

    @property
    def key_arn(self) -> str:
        """The ARN of the key."""


class KeyOfSecrets(NamedTuple):
    """The ARN of a customer-managed key, and its Region, as far as they are known."""

    arn: str | None
    region: str | None


NO_KEY = KeyOfSecrets(None, None)


@dataclass(frozen=True)
class SecretScope:
    """A choice of secrets, with the KMS key that they are encrypted with.

    Make one with a `from_*` factory, which validates its arguments:

    >>> SecretScope.from_secret_name("prod/db").arn
    'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/db-??????'

    The factories share these arguments:

    - `encryption_key`: the customer-managed key that the secrets are encrypted with, as an
      `aws_kms.IKey` or an ARN. Omitted, they are under the AWS-managed key `aws/secretsmanager`,
      which needs no permission of its own, and which no other account can use.
    - `region` and `account` of the secrets. Omitted, they are those of the stack.

    A CDK token may stand in every string; the text around it is validated.

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
        """Refuse an ARN of no secret; read the account from the ARN."""
        if not (starts_with_token(self.arn) or ":secret:" in self.arn):
            raise InvalidOptionError(
                "arn",
                must="be the ARN of a secret",
                got=self.arn,
                remedy="make the scope with one of SecretScope.from_...",
            )
        if self.account is None:
            object.__setattr__(self, "account", secret_account(self.arn))

    @property
    def name(self) -> str:
        """The name of the secrets as the ARN has it, with its pattern, for messages."""
        return self.arn.partition(":secret:")[2] or self.arn

    @classmethod
    def from_secret(
        cls, secret: ISecret, *, encryption_key: EncryptionKey | str | None = None
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
        return _scope_of_secret(secret, encryption_key)

    @classmethod
    def from_secret_name(
        cls,
        name: str,
        *,
        encryption_key: EncryptionKey | str | None = None,
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
        key = _key_of_secrets(encryption_key, region)
        return cls(arn, region or REGION, key.arn, key_region=key.region)

    @classmethod
    def from_secret_name_prefix(
        cls,
        prefix: str,
        *,
        encryption_key: EncryptionKey | str | None = None,
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
        key = _key_of_secrets(encryption_key, region)
        return cls(arn, region or REGION, key.arn, key_region=key.region)

    @classmethod
    def from_secret_partial_arn(
        cls, arn: str, *, encryption_key: EncryptionKey | str | None = None
    ) -> SecretScope:
        """Return the scope of the one secret with this ARN, given without its last six characters.

        Raises:
            SecretAccessError: if `arn` is not a secret's, or has a wildcard.
        """
        checked = check_secret_arn(arn, complete=False)
        key = _key_of_secrets(encryption_key, checked.region)
        region = checked.region or key.region or REGION
        return cls(checked.arn + ANY_SUFFIX, region, key.arn, key_region=key.region)

    @classmethod
    def from_secret_complete_arn(
        cls, arn: str, *, encryption_key: EncryptionKey | str | None = None
    ) -> SecretScope:
        """Return the scope of the one secret with this ARN, which is matched verbatim.

        Raises:
            SecretAccessError: if `arn` is not a secret's, has a wildcard, or does not end in a
                hyphen and six characters.
        """
        checked = check_secret_arn(arn, complete=True)
        key = _key_of_secrets(encryption_key, checked.region)
        region = checked.region or key.region or REGION
        return cls(checked.arn, region, key.arn, key_region=key.region)

    @classmethod
    def from_tags(
        cls,
        tags: Mapping[str, str | Sequence[str]],
        *,
        encryption_key: EncryptionKey | str | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> SecretScope:
        """Return the scope of every secret that carries all of `tags`, whatever its name.

        Several values of one key are alternatives; several keys must all match. A principal
        that can tag a secret can add it to the scope, or remove it.

        Raises:
            SecretAccessError: if there are no tags, or a key or a value is empty or not a tag's
                (keys to 128 characters, values to 256; no wildcards).
        """
        checked = check_tags(tags)
        arn = secret_arn("*", region=region, account=account)
        key = _key_of_secrets(encryption_key, region)
        return cls(arn, region or REGION, key.arn, checked, key_region=key.region)

    def in_regions(
        self, *regions: str, encryption_keys: Mapping[str, EncryptionKey | str] | None = None
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
            raise InvalidOptionError(
                "encryption_keys",
                must="be a mapping of Regions to keys",
                got=keys,
                remedy='give the keys, such as {"us-east-1": key}',
            )
        if not regions:
            raise InvalidOptionError(
                "regions",
                must="be at least one Region",
                got=Text("none"),
                remedy='name the Regions, such as in_regions("eu-west-1", "us-east-1")',
            )
        named = tuple(dict.fromkeys(check_region(region, "region") for region in regions))
        known = [
            region for region in (self.region, *named) if region != REGION and not has_token(region)
        ]
        partitions = sorted({partition_of(region).name for region in known})
        if len(partitions) > 1:
            raise InvalidOptionError(
                "regions",
                must="be of one partition, as AWS replicates a secret within its partition",
                got=Text(f"Regions of {' and '.join(partitions)}"),
                remedy="omit the Regions of the other partition",
            )
        for region in keys:
            if region not in named:
                raise InvalidOptionError(
                    "encryption_keys",
                    must="have keys of the Regions in in_regions alone",
                    got=region,
                    remedy="name that Region too, or omit its key",
                )
        return tuple(self._in_region(region, keys) for region in named)

    def _in_region(self, region: str, keys: Mapping[str, EncryptionKey | str]) -> SecretScope:
        key = _key_of_secrets(keys[region], region) if region in keys else self._key_in(region)
        arn = in_region(self.arn, region)
        return replace(self, arn=arn, region=region, key_arn=key.arn, key_region=key.region)

    def _key_in(self, region: str) -> KeyOfSecrets:
        if self.key_arn is None or region in (self.region, self.key_region):
            return KeyOfSecrets(self.key_arn, self.key_region)
        replica_key = key_in_region(self.key_arn, region)
        if replica_key is None:
            raise InvalidOptionError(
                "encryption_keys",
                must=f"have a key of {region}, as a replica is under a key of its own Region",
                got=Text(f"none; the key of the secrets is {self.key_arn!r}"),
                remedy=f'give it: encryption_keys={{"{region}": ...}}',
            )
        return KeyOfSecrets(replica_key, region)


def every_secret(*, region: str | None = None, account: str | None = None) -> SecretScope:
    """Return every secret of the Region and account, for an intent that limits them itself."""
    return SecretScope(secret_arn("*", region=region, account=account), region or REGION)


Secrets: TypeAlias = (
    "ISecret | SecretScope | Sequence[ISecret | SecretScope | Sequence[SecretScope]]"
)


def scopes_of(secrets: Secrets, *, with_keys: bool = True) -> tuple[SecretScope, ...]:
    """Return the scopes of one secret or several, each once, in the order of the argument.

    A sequence may contain the result of `in_regions`. Without `with_keys`, the key of an `ISecret`
    is not read: it may be an alias, which an intent without a statement on keys does not refuse.
    """
    several = _flat(secrets)
    if not several:
        raise InvalidOptionError(
            "secrets",
            must="be one secret, or a sequence of at least one",
            got=secrets,
            remedy="give the secrets, as ISecret or SecretScope",
        )
    return tuple(
        dict.fromkeys(
            secret
            if isinstance(secret, SecretScope)
            else _scope_of_secret(secret, None, with_key=with_keys)
            for secret in several
        )
    )


def _flat(secrets: Secrets) -> list[ISecret | SecretScope]:
    if not isinstance(secrets, Sequence) or isinstance(secrets, str):
        return [secrets]
    flat: list[Any] = []
    for secret in secrets:
        if isinstance(secret, Sequence) and secret and not isinstance(secret, str):
            flat += secret
        else:
            flat.append(secret)
    return flat


def _scope_of_secret(
    secret: ISecret, encryption_key: EncryptionKey | str | None, *, with_key: bool = True
) -> SecretScope:
    # The reader of CDK's secrets loads neither aws_cdk nor Node.js by itself.
    from constructs_lib.cdk.secrets import encryption_key_of, locate_secret

    arn, region, account = locate_secret(secret)
    key = NO_KEY
    if with_key:
        key = _key_of_secrets(encryption_key or encryption_key_of(secret), region)
    return SecretScope(arn, region, key.arn, account=account, key_region=key.region)


def _key_of_secrets(key: EncryptionKey | str | None, region: str | None) -> KeyOfSecrets:
    """Return the key of secrets of `region`, checked as far as it is known."""
    if key is None:
        return NO_KEY
    if isinstance(key, str):
        arn = check_key_arn(key)
        described = KeyOfSecrets(arn, key_region(arn))
    else:
        from constructs_lib.cdk.secrets import read_key

        described = KeyOfSecrets(*read_key(key))
    if described.arn is not None:
        check_key_region(described.arn, described.region, region)
    return described
