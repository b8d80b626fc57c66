"""Permission sets of IAM Identity Center: the roles and policies that they become in accounts.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sso-permissionset.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from constructs_lib.errors import shown
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import Document
from constructs_lib.proof.cloudformation.properties import Resource, list_of
from constructs_lib.proof.cloudformation.unknowns import ALPHANUMERIC, PATH, has_unknown

PERMISSION_SET = "AWS::SSO::PermissionSet"
ASSIGNMENT = "AWS::SSO::Assignment"


def permission_set_role(
    resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any], account: str
) -> tuple[str, str]:
    """Return the name and ARN of the role: its suffix is generated, its path may have a Region.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    given = resolver.text(properties.get("Name"), f"Resources.{logical_id}.Properties.Name")
    suffix = resolver.unknowns.placeholder(
        "16 characters",
        key=f"suffix of the role of {logical_id} in {account}, of {resolver.name}",
        characters=ALPHANUMERIC,
        shortest=16,
        longest=16,
        generated=True,
    )
    path = resolver.unknowns.placeholder(
        "Region/ of IAM Identity Center",
        key=f"path of permission sets of {resolver.name}",
        characters=PATH,
    )
    name = f"AWSReservedSSO_{given}_{suffix}"
    begin = f"arn:{resolver.root.stack.in_partition}:iam::{account}:role/aws-reserved"
    return name, f"{begin}/sso.amazonaws.com/{path}{name}"


def assigned_accounts(
    resolver: TemplateResolver, logical_id: str, resources: Sequence[Resource]
) -> list[str]:
    """Return the accounts that assignments of the templates assign a permission set to."""
    accounts: dict[str, None] = {}
    for resource in resources:
        other, assignment, type_, properties = resource
        if type_ != ASSIGNMENT:
            continue
        assigned = permission_set_of(resource, resources)
        if assigned is not None and assigned[0] is resolver and assigned[1] == logical_id:
            place = f"Resources.{assignment}.Properties.TargetId"
            accounts[other.text(properties.get("TargetId"), place)] = None
    return list(accounts)


def permission_set_of(assignment: Resource, resources: Sequence[Resource]) -> Resource | None:
    """Return the permission set of an assignment. None: the templates do not have it."""
    resolver, logical_id, _, properties = assignment
    place = f"Resources.{logical_id}.Properties.PermissionSetArn"
    arn = resolver.text(properties.get("PermissionSetArn"), place)
    for resource in resources:
        other, name, type_, _ = resource
        if type_ == PERMISSION_SET and arn == other.attribute(name, "PermissionSetArn", place):
            return resource
    return None


def inline_policy_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], place: str
) -> Document | None:
    """Return the inline policy, a mapping or JSON text. None: it is not known."""
    document = resolver.resolve(properties["InlinePolicy"], f"{place}.InlinePolicy")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            if has_unknown(document):
                return None
    if not isinstance(document, Mapping):
        here = f"{place}.InlinePolicy"
        resolver.refuse(here, f"is {shown(document)}", "a policy document is allowed")
    return document


def managed_policies_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], account: str, place: str
) -> list[str]:
    """Return the ARNs of the managed policies: AWS's, and those of the account by name and path."""
    arns = [str(arn) for arn in list_of(resolver, properties, "ManagedPolicies", place)]
    name = "CustomerManagedPolicyReferences"
    for reference in list_of(resolver, properties, name, place):
        arns.append(_of_account(resolver, reference, account, f"{place}.{name}"))
    return arns


def boundary_of(
    resolver: TemplateResolver, properties: Mapping[str, Any], account: str, place: str
) -> str | None:
    """Return the ARN of the permissions boundary."""
    found = resolver.resolve({"Of": properties.get("PermissionsBoundary")}, place).get("Of")
    if found is None:
        return None
    here = f"{place}.PermissionsBoundary"
    if isinstance(found, Mapping) and isinstance(found.get("ManagedPolicyArn"), str):
        return str(found["ManagedPolicyArn"])
    reference = found.get("CustomerManagedPolicyReference") if isinstance(found, Mapping) else found
    return _of_account(resolver, reference, account, here)


def _of_account(resolver: TemplateResolver, reference: object, account: str, place: str) -> str:
    """Return the ARN of a customer-managed policy of an account."""
    if isinstance(reference, str) and has_unknown(reference):
        return reference
    if not isinstance(reference, Mapping) or not isinstance(reference.get("Name"), str):
        resolver.refuse(place, f"is {shown(reference)}", "the Name of a policy is needed")
    path = str(reference.get("Path", "/"))
    partition = resolver.root.stack.in_partition
    return f"arn:{partition}:iam::{account}:policy{path}{reference['Name']}"
