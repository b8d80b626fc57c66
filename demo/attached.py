"""The policies that principals have, read back through the IAM API."""

import json
from typing import Any

from demo.world import ADMINISTRATOR, ANALYST, APPLICATION, PRESUMED, World


def attached_documents(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return the policy documents of each principal, managed and inline, but those presumed."""
    return {
        ADMINISTRATOR: _documents(world, "user", ADMINISTRATOR),
        APPLICATION: _documents(world, "role", APPLICATION),
        ANALYST: _documents(world, "user", ANALYST),
    }


def managed_policy_names(world: World) -> list[str]:
    """Return the names of the account's own managed policies."""
    listed = world.aws.client("iam").list_policies(Scope="Local")["Policies"]
    return [policy["PolicyName"] for policy in listed]


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Return whether these are the same documents, in whatever order they are attached."""

    def texts(documents: list[dict[str, Any]]) -> list[str]:
        return sorted(json.dumps(document, sort_keys=True) for document in documents)

    return texts(found) == texts(expected)


def _documents(world: World, kind: str, name: str) -> list[dict[str, Any]]:
    iam = world.aws.client("iam")
    principal = {f"{kind.capitalize()}Name": name}
    documents = []
    attached = getattr(iam, f"list_attached_{kind}_policies")(**principal)
    for policy in attached["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        policy_version = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        documents.append(policy_version["Document"])
    for inline in getattr(iam, f"list_{kind}_policies")(**principal)["PolicyNames"]:
        if inline != PRESUMED:
            inline_policy = getattr(iam, f"get_{kind}_policy")(**principal, PolicyName=inline)
            documents.append(inline_policy["PolicyDocument"])
    return documents
