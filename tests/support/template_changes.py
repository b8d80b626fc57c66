"""Random small changes of a template: what a pull request may change of the access."""

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.support.law_templates import (
    CONDITIONS,
    SECRET_NAMES,
    TAG_VALUES,
    Template,
    att,
    document,
    imported,
    random_resource_statement,
    random_statement,
)

Change = Callable[[Template, random.Random], None]


def changed(template: Template, dice: random.Random) -> Template:
    """Return a template with one change, or two."""
    new: Template = copy.deepcopy(template)
    for _ in range(dice.choice([1, 1, 2])):
        dice.choice(CHANGES)(new, dice)
    return new


def _of_type(template: Template, *types: str) -> list[dict[str, Any]]:
    return [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"].rpartition("::")[2] in types
    ]


def _documents(template: Template) -> list[tuple[dict[str, Any], str]]:
    """Return the documents of all policies, with the service of a resource policy."""
    found = []
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        found += [(each["PolicyDocument"], "") for each in properties.get("Policies", [])]
        for prop, service in _DOCUMENTS.items():
            if prop in properties:
                found.append((properties[prop], service))
    return found


_DOCUMENTS = {"PolicyDocument": "", "ResourcePolicy": "secretsmanager", "KeyPolicy": "kms"}


def _change_tags(template: Template, dice: random.Random) -> None:
    properties = dice.choice(_of_type(template, "Secret", "Role", "User", "Key"))
    if "Tags" in properties and dice.random() < 0.3:
        del properties["Tags"]
    else:
        properties["Tags"] = [{"Key": "Team", "Value": dice.choice(TAG_VALUES)}]


def _change_name(template: Template, dice: random.Random) -> None:
    properties, name = dice.choice(_of_type(template, "Secret")), dice.choice(SECRET_NAMES)
    properties.pop("Name", None)
    if name is not None:
        properties["Name"] = name


def _change_key(template: Template, dice: random.Random) -> None:
    properties = dice.choice(_of_type(template, "Secret"))
    properties.pop("KmsKeyId", None)
    if dice.random() < 0.7:
        properties["KmsKeyId"] = dice.choice([att("Key0"), imported("KeyArn"), "alias/db"])


def _change_replicas(template: Template, dice: random.Random) -> None:
    properties = dice.choice(_of_type(template, "Secret"))
    if "ReplicaRegions" in properties:
        del properties["ReplicaRegions"]
    else:
        properties["ReplicaRegions"] = [{"Region": dice.choice(["us-east-1", "us-west-2"])}]


def _change_groups(template: Template, dice: random.Random) -> None:
    for properties in _of_type(template, "User"):
        properties["Groups"] = dice.choice([[], [{"Ref": "Group0"}], ["admins"]])


def _change_alias(template: Template, dice: random.Random) -> None:
    template["Resources"]["Alias"] = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/db", "TargetKeyId": {"Ref": "Key0"}},
    }


def _change_boundary(template: Template, dice: random.Random) -> None:
    properties = dice.choice(_of_type(template, "Role", "User"))
    if properties.pop("PermissionsBoundary", None) is None and "Boundary" in template["Resources"]:
        properties["PermissionsBoundary"] = {"Ref": "Boundary"}


def _change_trust(template: Template, dice: random.Random) -> None:
    properties = dice.choice(_of_type(template, "Role"))
    statement = properties["AssumeRolePolicyDocument"]["Statement"][0]
    statement["Principal"] = dice.choice([{"AWS": "999999999999"}, {"AWS": att("User0")}])


def _add_statement(template: Template, dice: random.Random) -> None:
    policy, service = dice.choice(_documents(template))
    statement = random_resource_statement(dice, service) if service else random_statement(dice)
    policy["Statement"].append(statement)


def _remove_statement(template: Template, dice: random.Random) -> None:
    policy, _ = dice.choice(_documents(template))
    if len(policy["Statement"]) > 1:
        del policy["Statement"][dice.randrange(len(policy["Statement"]))]


def _remove_resource(template: Template, dice: random.Random) -> None:
    resources = template["Resources"]
    names = ("Managed", "Inline", "Membership", "SecretPolicy0", "SecretPolicy1", "Alias")
    present = [name for name in names if name in resources]
    if present:
        del resources[dice.choice(present)]


def _rename_statement(template: Template, dice: random.Random) -> None:
    policy, _ = dice.choice(_documents(template))
    dice.choice(policy["Statement"])["Sid"] = "Renamed"


def _split_statement(template: Template, dice: random.Random) -> None:
    policy, _ = dice.choice(_documents(template))
    number = dice.randrange(len(policy["Statement"]))
    statement = policy["Statement"][number]
    if isinstance(statement.get("Resource"), list) and len(statement["Resource"]) > 1:
        parts = [{**statement, "Resource": [each]} for each in statement["Resource"]]
        policy["Statement"][number : number + 1] = parts


def _change_effect(template: Template, dice: random.Random) -> None:
    policy, _ = dice.choice(_documents(template))
    statement = dice.choice(policy["Statement"])
    if "NotPrincipal" not in statement:
        statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"


def _change_condition(template: Template, dice: random.Random) -> None:
    policy, service = dice.choice(_documents(template))
    statement = dice.choice(policy["Statement"])
    if statement.pop("Condition", None) is None and service != "kms":
        statement["Condition"] = dice.choice(CONDITIONS)


def _move_policies(template: Template, dice: random.Random) -> None:
    """Put the inline policies of a role into a policy of their own."""
    properties = dice.choice(_of_type(template, "Role"))
    policies = properties.pop("Policies", [])
    statements = [one for each in policies for one in each["PolicyDocument"]["Statement"]]
    if statements:
        policy = {"PolicyName": "all", "PolicyDocument": document(*statements)}
        properties["Policies"] = [policy]


CHANGES: tuple[Change, ...] = (
    _change_tags,
    _change_tags,
    _change_name,
    _change_key,
    _change_replicas,
    _change_groups,
    _change_alias,
    _change_boundary,
    _change_trust,
    _add_statement,
    _remove_statement,
    _remove_resource,
    _rename_statement,
    _split_statement,
    _change_effect,
    _change_condition,
    _move_policies,
)
