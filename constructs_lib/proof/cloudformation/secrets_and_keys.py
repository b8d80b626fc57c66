"""What has a policy of its own in templates: secrets, with their replicas, and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import (
    AttachedPolicy,
    Document,
    Key,
    ResourceLocation,
    Secret,
)
from constructs_lib.proof.cloudformation.properties import (
    Resource,
    document_of,
    list_of,
    place_of,
    refuse_twice,
    tags_of,
)
from constructs_lib.proof.cloudformation.resource_identifiers import (
    KEYS,
    SECRET,
    name_of,
    regional,
    secret_arn,
)
from constructs_lib.proof.cloudformation.unknowns import Unknowns, has_unknown
from constructs_lib.proof.iam.doubts import Doubt
from constructs_lib.proof.iam.policy_parser import PolicyStatement

# CloudFormation creates them on each resource whose type has `cloudFormationSystemTags` in its
# schema. AWS::SecretsManager::Secret does, AWS::KMS::Key does not.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
_SYSTEM_TAGS = "aws:cloudformation:"
# Condition keys, with the property of AWS::KMS::Key that each tells, and its default.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
_PROPERTIES_OF_A_KEY = {
    "kms:keyspec": ("KeySpec", "SYMMETRIC_DEFAULT"),
    "kms:keyusage": ("KeyUsage", "ENCRYPT_DECRYPT"),
    "kms:keyorigin": ("Origin", "AWS_KMS"),
    "kms:multiregion": ("MultiRegion", "false"),
}


class SecretsAndKeys:
    """Gathers secrets and keys."""

    def __init__(self, unknowns: Unknowns) -> None:
        """Begin with none."""
        self._unknowns = unknowns
        self._secrets: dict[str, Secret] = {}
        self._replicas: dict[str, list[tuple[str, str | None]]] = {}  # Regions, with their keys
        self._keys: dict[str, Key] = {}

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys."""
        return tuple(self._keys.values())

    def read(self, resources: Sequence[Resource]) -> None:
        """Read all secrets and keys, then the policies of secrets."""
        for resolver, logical_id, type_, properties in resources:
            if type_ in KEYS:
                self._read_key(resolver, logical_id, properties, resources)
            elif type_ == SECRET:
                self._read_secret(resolver, logical_id, properties)
        for resolver, logical_id, type_, properties in resources:
            if type_ == "AWS::SecretsManager::ResourcePolicy":
                self._read_resource_policy(resolver, logical_id, properties)
        self._doubt_rivals()

    def _read_key(
        self,
        resolver: TemplateResolver,
        logical_id: str,
        properties: Mapping[str, Any],
        resources: Sequence[Resource],
    ) -> None:
        arn = resolver.attribute(logical_id, "Arn", f"Resources.{logical_id}")
        place, where = f"Resources.{logical_id}.Properties", place_of(resolver, logical_id)
        if "KeyPolicy" in properties:
            document = document_of(resolver, properties["KeyPolicy"], f"{place}.KeyPolicy")
        else:
            document = default_key_policy(arn.split(":")[1], arn.split(":")[4])
        aliases = [
            other.text(props.get("AliasName"), f"Resources.{alias}.Properties.AliasName")
            for other, alias, type_, props in resources
            if type_ == "AWS::KMS::Alias"
            and other.text(props.get("TargetKeyId"), f"Resources.{alias}.Properties.TargetKeyId")
            in (arn, arn.rpartition("/")[2])
        ]
        policy = self._policy(f"key policy of {where}", document, where)
        self._keys[arn] = Key(
            arn,
            policy,
            tuple(aliases),
            self._context(resolver, logical_id, properties),
            tags_of(resolver, properties, place),
        )

    def _context(
        self, resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
    ) -> dict[str, str]:
        """Return the condition keys that tell the properties of a key."""
        type_, _ = resolver.resource(logical_id)
        if type_ == "AWS::KMS::ReplicaKey":  # all else is its primary's, which may be elsewhere
            return {"kms:multiregion": "true"}
        context = {}
        for key, (prop, default) in _PROPERTIES_OF_A_KEY.items():
            value = resolver.resolve(
                {prop: properties.get(prop, default)}, f"Resources.{logical_id}.Properties"
            ).get(prop, default)
            context[key] = str(value).lower() if default == "false" else str(value)
        return context

    def _read_secret(
        self, resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place = f"Resources.{logical_id}.Properties"
        name = name_of(resolver, logical_id, "Name")
        arn = secret_arn(resolver, name, created=True)
        if arn in self._secrets:
            refuse_twice(resolver, logical_id, name, self._secrets[arn].location)
        found = resolver.resolve({"KmsKeyId": properties.get("KmsKeyId")}, f"{place}.KmsKeyId")
        self._secrets[arn] = Secret(
            name,
            arn,
            place_of(resolver, logical_id),
            key=self._encryption_key(resolver, found, place),
            tags=self._tags(resolver, logical_id, properties),
        )
        for at, replica in enumerate(list_of(resolver, properties, "ReplicaRegions", place)):
            here = f"{place}.ReplicaRegions[{at}]"
            region = replica.get("Region") if isinstance(replica, Mapping) else None
            if not isinstance(region, str) or not region:
                resolver.refuse(here, f"is {shown(replica)}", "a Region is needed")
            key = self._encryption_key(resolver, replica, here)
            self._replicas.setdefault(arn, []).append((region, key))

    def _tags(
        self, resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
    ) -> dict[str, str] | None:
        """Return the tags of a secret, those that CloudFormation creates among them."""
        place = f"Resources.{logical_id}.Properties"
        tags = tags_of(resolver, properties, place)
        if tags is None:
            return None
        return {
            **tags,
            f"{_SYSTEM_TAGS}stack-name": resolver.pseudo("AWS::StackName", place),
            f"{_SYSTEM_TAGS}stack-id": resolver.pseudo("AWS::StackId", place),
            f"{_SYSTEM_TAGS}logical-id": logical_id,
        }

    def _policy(self, name: str, document: Document, where: ResourceLocation) -> AttachedPolicy:
        return AttachedPolicy(name, document, self._unknowns, where, principals="own")

    def _encryption_key(
        self, resolver: TemplateResolver, found: Mapping[str, Any], place: str
    ) -> str | None:
        key = found.get("KmsKeyId")
        if key is not None and not isinstance(key, str):
            resolver.refuse(f"{place}.KmsKeyId", f"is {shown(key)}", "a key's ARN or id is allowed")
        return key or None

    def _read_resource_policy(
        self, resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
    ) -> None:
        place, where = f"Resources.{logical_id}.Properties", place_of(resolver, logical_id)
        given = resolver.text(properties.get("SecretId"), f"{place}.SecretId")
        document = document_of(
            resolver, properties.get("ResourcePolicy"), f"{place}.ResourcePolicy"
        )
        policy = self._policy(f"resource policy {where}", document, where)
        certain = self._secret_named(resolver, given)
        if certain is None:
            arn = given if given.startswith("arn:") else secret_arn(resolver, given)
            name = arn.split(":", 6)[-1].rpartition("-")[0] if ":secret:" in arn else given
            certain = self._secrets[arn] = Secret(name, arn)
        doubt = self._unknowns.doubt(f"whether {given} is this secret")
        for arn, secret in list(self._secrets.items()):
            if secret is certain:
                self._secrets[arn] = replace(secret, policies=(*secret.policies, policy))
            elif has_unknown(given) or has_unknown(arn):
                name_or_arn = (self._unknowns.same(given, each) for each in (arn, secret.name))
                if None in name_or_arn:
                    doubted = replace(policy, doubt=doubt)
                    self._secrets[arn] = replace(secret, policies=(*secret.policies, doubted))

    def _secret_named(self, resolver: TemplateResolver, given: str) -> Secret | None:
        """Return the secret that a SecretId names: by ARN, ARN without its end, or name."""
        begin = f"{regional(resolver, 'secretsmanager')}:secret:"
        for arn, secret in self._secrets.items():
            if given in (arn, arn[:-2]) or (given == secret.name and arn.startswith(begin)):
                return secret
        return None

    def _doubt_rivals(self) -> None:
        """Doubt policies that one secret has, or may have, and that differ: the last one counts.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
        """
        for arn, secret in self._secrets.items():
            policies = secret.policies
            if any(policy.document != policies[0].document for policy in policies):
                doubted = tuple(
                    policy
                    if policy.doubt is not None
                    else replace(
                        policy, doubt=Doubt(f"whether {policy.name} is the one that is put last")
                    )
                    for policy in secret.policies
                )
                self._secrets[arn] = replace(secret, policies=doubted)

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets with their replicas.

        "Secrets Manager replicates the encrypted secret data and metadata such as tags and resource
        policies across the specified Regions. The ARN for a replicated secret is the same as the
        primary secret except for the Region."
        https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
        """
        found = list(self._secrets.values())
        for arn, replicas in self._replicas.items():
            parts = arn.split(":", 4)
            tags = self._secrets[arn].tags
            if tags is not None:  # no page says that those of CloudFormation are copied, too
                tags = {key: tag for key, tag in tags.items() if not key.startswith(_SYSTEM_TAGS)}
            for region, key in replicas:
                copy = ":".join((*parts[:3], region, parts[4]))
                found.append(replace(self._secrets[arn], arn=copy, key=key, primary=arn, tags=tags))
        return tuple(found)

    def named_principals(self) -> set[str]:
        """Return the ARNs that the policies of secrets and keys name as principals."""
        policies = [key.policy for key in self._keys.values()]
        policies += [policy for secret in self._secrets.values() for policy in secret.policies]
        names: set[str] = set()
        for policy in policies:
            with suppress(SecretAccessError):  # a malformed policy is refused where it decides
                names.update(name for each in policy.statements for name in _names_in(each))
        return names


def default_key_policy(partition: str, account: str) -> dict[str, Any]:
    """Return the policy that KMS gives a key without one: the account's IAM policies decide.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _names_in(statement: PolicyStatement) -> Iterator[str]:
    """Yield the AWS principals that a statement names, as the template has them."""
    if statement.principals is not None:
        yield from statement.principals.aws
        yield from (text.encoded for text in statement.principals.unknown)
