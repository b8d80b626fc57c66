"""What AWS calls the resources of a template: their names, ids and ARNs, as far as it tells.

The return values are those of each type's page under
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

from collections.abc import Mapping
from typing import Any

from constructs_lib.proof.intrinsics import PhysicalIds, Scope
from constructs_lib.proof.symbols import ALPHANUMERIC, NAME, Symbols

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


def name_of(scope: Scope, logical_id: str, prop: str) -> str:
    """Return a resource's name: its own, or an unknown one that AWS makes up."""
    _, properties = scope.resource(logical_id)
    place = f"Resources.{logical_id}.Properties.{prop}"
    # Through `resolve`, as `AWS::NoValue` may stand there.
    found = scope.resolve({prop: properties.get(prop, {"Ref": "AWS::NoValue"})}, place)
    if prop in found:
        return scope.text(properties[prop], place)
    return scope.symbols.sign(
        f"name of {logical_id} in {scope.name}", characters=NAME, shortest=8, made_up=True
    )


def iam_arn(scope: Scope, kind: str, path: str, name: str) -> str:
    """Return the ARN of a user, role, group or policy of a stack's account."""
    account = scope.pseudo("AWS::AccountId", "")
    return f"arn:{scope.root.stack.in_partition}:iam::{account}:{kind}{path}{name}"


def iam_path(scope: Scope, logical_id: str) -> str:
    """Return the path of one of IAM's resources."""
    place = f"Resources.{logical_id}.Properties"
    _, properties = scope.resource(logical_id)
    return scope.text(properties["Path"], f"{place}.Path") if "Path" in properties else "/"


def secret_suffix(symbols: Symbols, begin: str) -> str:
    """Return what Secrets Manager appends to an ARN without it: six characters that it chooses."""
    return symbols.sign(
        "6 characters",
        key=f"6 characters of {begin}",
        characters=ALPHANUMERIC,
        shortest=6,
        longest=6,
        made_up=True,
    )


def secret_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the secret of a name, in a stack's account and Region."""
    begin = f"{regional(scope, 'secretsmanager')}:secret:{name}"
    return f"{begin}-{secret_suffix(scope.symbols, begin)}"


def regional(scope: Scope, service: str) -> str:
    """Return the beginning of the ARNs of a service, in a stack's account and Region."""
    account, region = (scope.pseudo(f"AWS::{each}", "") for each in ("AccountId", "Region"))
    return f"arn:{scope.root.stack.in_partition}:{service}:{region}:{account}"


def key_id(scope: Scope, logical_id: str) -> str:
    """Return the id of a key of the template, which AWS makes up."""
    return scope.symbols.sign(
        f"id of key {logical_id} in {scope.name}",
        characters=NAME,
        shortest=36,
        longest=36,
        made_up=True,
    )


def _ref(scope: Scope, logical_id: str, properties: Mapping[str, Any]) -> str:
    type_, _ = scope.resource(logical_id)
    if type_ == SECRET:
        return secret_arn(scope, name_of(scope, logical_id, "Name"))
    if type_ in _OF_A_SECRET and _OF_A_SECRET[type_] in properties:
        prop = _OF_A_SECRET[type_]
        found = scope.text(properties[prop], f"Resources.{logical_id}.Properties.{prop}")
        if found.startswith("arn:"):
            return found
    if type_ == "AWS::IAM::ManagedPolicy":
        return _attribute(scope, logical_id, properties, "PolicyArn")
    if type_ in _IAM:
        return name_of(scope, logical_id, _IAM[type_][0])
    if type_ in KEYS:
        return key_id(scope, logical_id)
    if type_ == "AWS::KMS::Alias":
        return name_of(scope, logical_id, "AliasName")
    return scope.symbols.sign(f"Ref of {logical_id} ({type_}) in {scope.name}")


def _attribute(scope: Scope, logical_id: str, properties: Mapping[str, Any], attribute: str) -> str:
    type_, _ = scope.resource(logical_id)
    if (type_ == SECRET or type_ in _OF_A_SECRET) and attribute == "Id":
        return scope.resolve({"Ref": logical_id}, f"Resources.{logical_id}")  # type: ignore[no-any-return]
    if type_ in _IAM and attribute in ("Arn", "PolicyArn"):
        prop, kind = _IAM[type_]
        return iam_arn(scope, kind, iam_path(scope, logical_id), name_of(scope, logical_id, prop))
    if type_ in KEYS and attribute == "Arn":
        return f"{regional(scope, 'kms')}:key/{key_id(scope, logical_id)}"
    if type_ in KEYS and attribute == "KeyId":
        return key_id(scope, logical_id)
    if type_ == "Custom::CrossRegionExportReader":
        found = _cross_region(scope, attribute)
        if found is not None:
            return found
    return scope.symbols.sign(f"{attribute} of {logical_id} ({type_}) in {scope.name}")


def _cross_region(scope: Scope, name: str) -> str | None:
    """Return what a stack of another Region hands over: CDK's custom resources for references."""
    for other in scope.reading.scopes:
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
