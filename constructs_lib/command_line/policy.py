"""`python -m constructs_lib policy ...`: the documents that the constructs emit."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from constructs_lib import statements
from constructs_lib.access_conditions import AccessConditions, check_vpc_endpoints
from constructs_lib.cautions import cautions
from constructs_lib.command_line.secrets import (
    WAYS,
    scopes_given,
    superuser_scopes_given,
    values_of,
    without_tokens,
)
from constructs_lib.documents import document_for_iam, length_in
from constructs_lib.errors import SecretAccessError
from constructs_lib.opt_ins import (
    check_function,
    check_functions,
    check_matched_tag_keys,
    check_principals,
    check_recovery_window,
    check_regions,
    check_required_tags,
    check_tag_keys,
)
from constructs_lib.quotas import MANAGED_QUOTA, check_length
from constructs_lib.scope import SecretScope
from constructs_lib.stages import check_version_stages
from constructs_lib.statements import DenyLevel, Statement
from constructs_lib.tags import check_tags


def policy_text(given: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises:
        SecretAccessError: if what is given is not exactly what AWS accepts.
    """
    scopes = [] if getattr(given, "tag", None) else scopes_given(given)
    found = _INTENTS[given.intent](given, scopes)
    all_scopes = [*scopes, *superuser_scopes_given(given)]
    values = values_of(all_scopes)
    check_length(
        length_in(found, values, {}),
        MANAGED_QUOTA,
        "managed policy",
        "give fewer secrets, or make several policies",
    )
    text = without_tokens(json.dumps(document_for_iam(found, values), indent=2))
    for caution in cautions(all_scopes):
        print(f"warning: {caution.message}", file=sys.stderr)
    return text


_INTENTS: dict[str, Callable[[argparse.Namespace, list[SecretScope]], list[Statement]]] = {
    "reader": lambda given, scopes: statements.read(
        scopes,
        describe=given.describe,
        batch=given.batch,
        version_stages=check_version_stages(given.version_stage),
        conditions=_conditions(given),
    ),
    "writer": lambda given, scopes: statements.write(scopes, conditions=_conditions(given)),
    "admin": lambda given, scopes: statements.administer(
        scopes,
        rotation_functions=check_functions(given.rotation_function),
        minimum_recovery_window=check_recovery_window(given.minimum_recovery_window),
        manage_resource_policy=given.manage_resource_policy,
        replicate_to=check_regions(given.replicate_to),
        tag_keys=check_tag_keys(given.tag_key),
        conditions=_conditions(given),
    ),
    "creator": lambda given, scopes: statements.create(
        scopes,
        required_tags=check_required_tags(_tags(given.required_tag, "--required-tag")),
        pin_key=given.pin_key,
        conditions=_conditions(given),
    ),
    "rotator": lambda given, scopes: statements.rotate(
        scopes,
        superuser_scopes=superuser_scopes_given(given),
        rotation_function=given.rotation_function and check_function(given.rotation_function),
        conditions=_conditions(given),
    ),
    "describer": lambda given, scopes: _describe(given, scopes),
    "tag-matched": lambda given, scopes: statements.match_tags(
        scopes,
        check_matched_tag_keys(given.tag_key),
        read=not given.no_read,
        describe=given.describe,
        write=given.write,
        create=given.create,
        conditions=_conditions(given),
    ),
    "deny": lambda given, scopes: statements.deny(
        scopes,
        level=DenyLevel(given.level),
        except_principals=check_principals(given.except_principal),
        except_vpc_endpoints=check_vpc_endpoints(given.except_vpc_endpoint, "except_vpc_endpoints"),
    ),
}


def _describe(given: argparse.Namespace, scopes: list[SecretScope]) -> list[Statement]:
    if not given.tag:
        return statements.describe(scopes, list_all=given.list, conditions=_conditions(given))
    beside = [name for name in ("region", "account", "list", *WAYS) if getattr(given, name)]
    if beside:
        raise SecretAccessError(
            f"--tag is given with --{beside[0].replace('_', '-')}",
            allowed="--tag is allowed alone: it is about every secret that carries the tag",
            remedy="make a policy for each",
        )
    tags = check_tags(_tags(given.tag, "--tag") or {})
    return statements.describe_tagged(tags, conditions=_conditions(given))


def _conditions(given: argparse.Namespace) -> AccessConditions | None:
    if given.vpc_endpoint is None and given.organization_id is None and not given.mfa:
        return None
    return AccessConditions(
        vpc_endpoints=given.vpc_endpoint, organization_id=given.organization_id, mfa=given.mfa
    )


def _tags(given: Sequence[str] | None, option: str) -> dict[str, list[str]] | None:
    if given is None:
        return None
    tags: dict[str, list[str]] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise SecretAccessError(
                f"{option} is {text!r}", allowed="KEY=VALUE is allowed", remedy="give the value too"
            )
        tags.setdefault(key, []).append(value)
    return tags
