"""Every example synthesizes, and grants what its text says."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "administrators_are_denied": "PayrollStack",
    "function_reads_database_secret": "OrdersStack",
    "group_shares_a_policy": "OnCallStack",
    "two_accounts_share_a_secret": "two_accounts",
}


def stack_of(example: str, *, outdir: str | None = None) -> cdk.Stack:
    module = importlib.import_module(f"examples.{example}")
    app = cdk.App(builtin_cloud_formation_validation=False, outdir=outdir)
    stack: cdk.Stack = getattr(module, EXAMPLES[example])(app, example.replace("_", "-"))
    return stack


def template_of(example: str) -> Template:
    return Template.from_stack(stack_of(example))


def statements(template: Template, resource_type: str = "AWS::IAM::ManagedPolicy") -> list[Any]:
    return [
        statement
        for policy in template.find_resources(resource_type).values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_every_example_is_listed_here() -> None:
    found = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"__init__"}
    assert found == set(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_by_itself(example: str, tmp_path: Path) -> None:
    """With CDK's built-in validation of the template on, as for any user."""
    subprocess.run(
        [sys.executable, "-m", f"examples.{example}"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
    )
    assert list(tmp_path.glob("*.template.json"))


def test_the_function_reads_its_own_secret_with_its_own_key() -> None:
    template = template_of("function_reads_database_secret")
    get, decrypt = statements(template)
    (key,) = template.find_resources("AWS::KMS::Key")
    (attachment,) = template.find_resources("AWS::SecretsManager::SecretTargetAttachment")
    assert get["Resource"] == {"Ref": attachment}
    assert decrypt["Resource"] == {"Fn::GetAtt": [key, "Arn"]}


def test_the_group_shares_one_named_policy() -> None:
    template = template_of("group_shares_a_policy")
    (group,) = template.find_resources("AWS::IAM::Group")
    template.all_resources_properties("AWS::IAM::ManagedPolicy", {"Groups": [{"Ref": group}]})
    template.has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "orders-secrets-reader", "Path": "/on-call/"},
    )


def test_the_administrators_are_denied_the_values() -> None:
    template = template_of("administrators_are_denied")
    template.all_resources_properties("AWS::IAM::ManagedPolicy", {"Roles": ["administrators"]})
    denied = [s for s in statements(template) if s["Effect"] == "Deny"]
    assert [s["Action"] for s in denied] == [
        ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    ]


def test_the_vault_and_the_reader_name_each_other() -> None:
    vault = stack_of("two_accounts_share_a_secret")
    template = Template.from_stack(vault)
    (orders,) = vault.dependencies
    get, decrypt = statements(Template.from_stack(orders))
    (shared,) = (
        policy["Properties"]["ResourcePolicy"]["Statement"][0]
        for policy in template.find_resources("AWS::SecretsManager::ResourcePolicy").values()
    )
    assert shared["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/orders-app"}
    template.has_resource_properties(
        "AWS::SecretsManager::Secret", {"Name": "orders/partner-api-key"}
    )
    where = ":secretsmanager:eu-west-1:444455556666:secret:orders/partner-api-key-??????"
    assert get["Resource"]["Fn::Sub"].endswith(where)
    assert decrypt["Resource"].startswith("arn:aws:kms:eu-west-1:444455556666:key/")
