"""Stack sets of a cloud assembly: the asset that a TemplateURL names is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.proof.cloudformation.model import Deployment
from constructs_lib.proof.cloudformation.stacks import read_assembly
from constructs_lib.proof.cloudformation.template import read

DIGEST = "0123456789abcdef" * 4
BODY = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {
        "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "Name"}}},
    },
}


def deployment(tmp_path: Path, url: Any, targets: dict[str, Any], **properties: Any) -> Deployment:
    group = {"DeploymentTargets": targets, "Regions": ["eu-west-1"]}
    stack_set = {
        "Type": "AWS::CloudFormation::StackSet",
        "Properties": {
            "TemplateURL": url,
            "StackInstancesGroup": [group],
            "Parameters": [{"ParameterKey": "Name", "ParameterValue": "reader"}],
            **properties,
        },
    }
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/eu-west-1",
        "properties": {"templateFile": "S.json"},
    }
    files = {DIGEST: {"source": {"path": "body.json"}}}
    for name, content in {
        "manifest.json": {"artifacts": {"S": stack}},
        "S.json": {"Resources": {"X": stack_set}},
        "S.assets.json": {"files": files},
        "body.json": BODY,
    }.items():
        (tmp_path / name).write_text(json.dumps(content))
    (found,) = read(read_assembly(tmp_path))
    return found


ASSET = {"Fn::Sub": f"https://s3.${{AWS::Region}}.${{AWS::URLSuffix}}/assets/{DIGEST}.json"}


@pytest.mark.parametrize("accounts", [["444455556666"], ["111122223333", "444455556666"]])
def test_the_asset_of_a_template_url_is_read_in_each_account(
    tmp_path: Path, accounts: list[str]
) -> None:
    found = deployment(tmp_path, ASSET, {"Accounts": accounts})
    arns = [principal.arn for principal in found.principals]
    assert arns == [f"arn:aws:iam::{account}:role/reader" for account in accounts]
    assert found.unread == ()


@pytest.mark.parametrize(
    ("url", "targets"),
    [
        ("https://bucket/other.json", {"Accounts": ["444455556666"]}),
        (ASSET, {"Accounts": [{"Fn::ImportValue": "account"}]}),
        (ASSET, {"Accounts": ["444455556666"], "OrganizationalUnitIds": ["ou-1"]}),
        (ASSET, {"AccountsUrl": "https://bucket/accounts"}),
    ],
)
def test_fails_to_read_a_stack_set_whose_template_or_targets_are_unknown(
    tmp_path: Path, url: Any, targets: dict[str, Any]
) -> None:
    found = deployment(tmp_path, url, targets)
    assert found.principals == ()
    assert [entry.place for entry in found.unread] == ["AWS::CloudFormation::StackSet X (stack S)"]


def test_a_parameter_that_is_overridden_for_a_target_has_that_value(tmp_path: Path) -> None:
    group = {
        "DeploymentTargets": {"Accounts": ["444455556666"]},
        "Regions": ["eu-west-1"],
        "ParameterOverrides": [{"ParameterKey": "Name", "ParameterValue": "other"}],
    }
    found = deployment(tmp_path, ASSET, {}, StackInstancesGroup=[group])
    assert [principal.name for principal in found.principals] == ["other"]
