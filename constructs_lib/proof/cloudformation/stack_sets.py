"""Stack sets: the stacks that one deploys, where its template and its targets are known.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.unknowns import has_unknown

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")


def stacks_of_set(
    resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any]
) -> list[Stack]:
    """Return the stacks of a stack set; none if its template, or a target of it, is not known.

    The template is its TemplateBody, if that is JSON, or the asset that its TemplateURL names. A
    target is an account and a Region; the accounts of an organizational unit are not known.
    """
    place = f"Resources.{logical_id}.Properties"
    template = _template(resolver, logical_id, properties, place)
    groups = resolver.resolve(properties.get("StackInstancesGroup", []), place)
    if template is None or not isinstance(groups, list):
        return []
    given = resolver.resolve(properties.get("Parameters", []), place)
    parameters = _parameters(given)
    stacks: dict[tuple[str | None, str | None], Stack] = {}
    for group in groups:
        targets = _targets(resolver, group, place)
        if not targets:
            return []
        overridden = _parameters(group.get("ParameterOverrides", []))
        for account, region in targets:
            stacks[account, region] = Stack(
                f"{logical_id} in {account or 'the account'}, {region or 'the Region'}",
                template,
                partition=resolver.root.stack.partition,
                region=region,
                account=account,
                parameters={**parameters, **overridden},
            )
    return list(stacks.values())


def _template(
    resolver: TemplateResolver, logical_id: str, properties: Mapping[str, Any], place: str
) -> Mapping[str, Any] | None:
    asset = resolver.stack.nested.get(logical_id)
    if asset is not None:
        return asset.template
    body = resolver.resolve({"TemplateBody": properties.get("TemplateBody")}, place)
    text = body.get("TemplateBody")
    if not isinstance(text, str) or has_unknown(text):
        return None
    try:
        template = json.loads(text)
    except ValueError:
        return None  # YAML
    is_template = isinstance(template, Mapping) and isinstance(template.get("Resources"), Mapping)
    return template if is_template else None


def _parameters(given: object) -> dict[str, str | None]:
    """Return the values of parameters; None stands for one that is not known."""
    return {
        str(parameter.get("ParameterKey")): value
        if isinstance(value := parameter.get("ParameterValue"), str) and not has_unknown(value)
        else None
        for parameter in (given if isinstance(given, list) else [])
        if isinstance(parameter, Mapping)
    }


def _targets(
    resolver: TemplateResolver, group: object, place: str
) -> list[tuple[str | None, str | None]]:
    """Return the accounts and Regions of a group of stacks; none if one of them is not known."""
    if not isinstance(group, Mapping) or not isinstance(group.get("DeploymentTargets"), Mapping):
        return []
    targets = group["DeploymentTargets"]
    if set(targets) != {"Accounts"}:
        return []
    accounts = _known(
        targets["Accounts"],
        _ACCOUNT,
        resolver.pseudo("AWS::AccountId", place),
        resolver.root.stack.account,
    )
    regions = _known(
        group.get("Regions"),
        _REGION,
        resolver.pseudo("AWS::Region", place),
        resolver.root.stack.region,
    )
    pairs = [(account, region) for account in accounts for region in regions]
    return [] if any("" in pair for pair in pairs) else pairs


def _known(texts: object, form: re.Pattern[str], own: str, known: str | None) -> list[str | None]:
    """Return accounts or Regions; the stack's own may be None. An empty text is not known."""
    if not isinstance(texts, list) or not texts:
        return [""]
    return [known if text == own else text if form.fullmatch(str(text)) else "" for text in texts]
