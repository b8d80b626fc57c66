"""What AWS calls the resources of a template: their names, ids and ARNs, as far as it tells.

The return values are those of each type's page under
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

import re
from collections.abc import Mapping
from typing import Any

from constructs_lib.proof.cloudformation.intrinsics import PhysicalIds, TemplateResolver
from constructs_lib.proof.cloudformation.unknowns import ALPHANUMERIC, NAME, Unknowns

# What CloudFormation calls a resource without a name ends in a hyphen and 12 characters or more,
# such as stack123123123123-s3bucket-abcdefghijk1.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
_GENERATED_NAME = re.compile(r"[A-Za-z0-9-]+-[A-Za-z0-9]{12,}")
# A UUID, or the id of a multi-Region key.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html and API_ReplicateKey.html
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")

SECRET = "AWS::SecretsManager::Secret"
KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
# Their Ref is the ARN of the secret that they are about.
_OF_A_SECRET = {
    "AWS::SecretsManager::SecretTargetAttachment": "SecretId",
    "AWS::SecretsManager::RotationSchedule": "SecretId",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
}
# How IAM's own are called: the property with the name, and the kind in the ARN.
_IAM = {
    "AWS::IAM::Role": ("RoleName", "role"),
    "AWS::IAM::User": ("UserName", "user"),
    "AWS::IAM::Group": ("GroupName", "group"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "policy"),
}


def name_of(resolver: TemplateResolver, logical_id: str, prop: str) -> str:
    """Return a resource's name: its own, or an unknown one that AWS makes up."""
    _, properties = resolver.resource(logical_id)
    place = f"Resources.{logical_id}.Properties.{prop}"
    # Through `resolve`, as `AWS::NoValue` may stand there.
    found = resolver.resolve({prop: properties.get(prop, {"Ref": "AWS::NoValue"})}, place)
    if prop in found:
        return resolver.text(properties[prop], place)
    return resolver.unknowns.placeholder(
        f"name of {logical_id} in {resolver.name}",
        characters=NAME,
        shortest=14,
        generated=True,
        form=_GENERATED_NAME,
    )


def iam_arn(resolver: TemplateResolver, kind: str, path: str, name: str) -> str:
    """Return the ARN of a user, role, group or policy of a stack's account."""
    account = resolver.pseudo("AWS::AccountId", "")
    return f"arn:{resolver.root.stack.in_partition}:iam::{account}:{kind}{path}{name}"


def iam_path(resolver: TemplateResolver, logical_id: str) -> str:
    """Return the path of one of IAM's resources."""
    place = f"Resources.{logical_id}.Properties"
    _, properties = resolver.resource(logical_id)
    return resolver.text(properties["Path"], f"{place}.Path") if "Path" in properties else "/"


def secret_suffix(unknowns: Unknowns, begin: str, *, created: bool = False) -> str:
    """Return what Secrets Manager appends to an ARN without it: six characters that it chooses.

    Args:
        unknowns: the unknowns of the templates.
        begin: the ARN without its end.
        created: whether a resource of the templates creates the secret. It then differs from every
            other that they create; one that is only named may be any of them whose name is unknown.
    """
    return unknowns.placeholder(
        "6 characters",
        key=f"6 characters of {'the created ' if created else ''}{begin}",
        characters=ALPHANUMERIC,
        shortest=6,
        longest=6,
        generated=created,
    )


def secret_arn(resolver: TemplateResolver, name: str, *, created: bool = False) -> str:
    """Return the ARN of the secret of a name, in a stack's account and Region."""
    begin = f"{regional(resolver, 'secretsmanager')}:secret:{name}"
    return f"{begin}-{secret_suffix(resolver.unknowns, begin, created=created)}"


def regional(resolver: TemplateResolver, service: str) -> str:
    """Return the beginning of the ARNs of a service, in a stack's account and Region."""
    account, region = (resolver.pseudo(f"AWS::{each}", "") for each in ("AccountId", "Region"))
    return f"arn:{resolver.root.stack.in_partition}:{service}:{region}:{account}"


def key_id(resolver: TemplateResolver, logical_id: str) -> str:
    """Return the id of a key of the template, which AWS makes up."""
    return resolver.unknowns.placeholder(
        f"id of key {logical_id} in {resolver.name}",
        characters=NAME,
        shortest=36,
        longest=36,
        generated=True,
        form=_KEY_ID,
    )


def _ref(resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]) -> str:
    type_, _ = resolver.resource(logical_id)
    if type_ == SECRET:
        return secret_arn(resolver, name_of(resolver, logical_id, "Name"), created=True)
    if type_ in _OF_A_SECRET and _OF_A_SECRET[type_] in properties:
        prop = _OF_A_SECRET[type_]
        found = resolver.text(properties[prop], f"Resources.{logical_id}.Properties.{prop}")
        if found.startswith("arn:"):
            return found
    if type_ == "AWS::IAM::ManagedPolicy":
        return _attribute(resolver, logical_id, properties, "PolicyArn")
    if type_ in _IAM:
        return name_of(resolver, logical_id, _IAM[type_][0])
    if type_ in KEYS:
        return key_id(resolver, logical_id)
    if type_ == "AWS::KMS::Alias":
        return name_of(resolver, logical_id, "AliasName")
    return resolver.unknowns.placeholder(f"Ref of {logical_id} ({type_}) in {resolver.name}")


def _attribute(
    resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any], attribute: str
) -> str:
    type_, _ = resolver.resource(logical_id)
    if (type_ == SECRET or type_ in _OF_A_SECRET) and attribute == "Id":
        return resolver.resolve({"Ref": logical_id}, f"Resources.{logical_id}")  # type: ignore[no-any-return]
    if type_ in _IAM and attribute in ("Arn", "PolicyArn"):
        prop, kind = _IAM[type_]
        return iam_arn(
            resolver, kind, iam_path(resolver, logical_id), name_of(resolver, logical_id, prop)
        )
    if type_ in KEYS and attribute == "Arn":
        return f"{regional(resolver, 'kms')}:key/{key_id(resolver, logical_id)}"
    if type_ in KEYS and attribute == "KeyId":
        return key_id(resolver, logical_id)
    if type_ == "Custom::CrossRegionExportReader":
        found = _cross_region(resolver, attribute)
        if found is not None:
            return found
    return resolver.unknowns.placeholder(
        f"{attribute} of {logical_id} ({type_}) in {resolver.name}"
    )


def _cross_region(resolver: TemplateResolver, name: str) -> str | None:
    """Return what a stack of another Region hands over: CDK's custom resources for references."""
    for other in resolver.templates.resolvers:
        for logical_id, type_, properties in other.resources():
            if type_ != "Custom::CrossRegionExportWriter":
                continue
            place = f"Resources.{logical_id}.Properties.WriterProps.exports"
            props = properties.get("WriterProps")
            exports = props.get("exports") if isinstance(props, Mapping) else None
            if isinstance(exports, Mapping) and name in exports:
                return other.text(exports[name], f"{place}.{name}")
    return None


PHYSICAL = PhysicalIds(ref=_ref, attribute=_attribute)
