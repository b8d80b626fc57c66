"""What SecretAccess reads: stacks, stages, apps, files, assemblies and nested stacks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from constructs_lib.errors import InvalidOptionError, InvalidTemplateError
from constructs_lib.testing import SecretAccess
from tests.support.apps import unvalidated_app

GET = "secretsmanager:GetSecretValue"
YAML = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Env: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: !Sub ${Env}/db
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {Service: ecs.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              Effect: Allow
              Action: !If [IsProd, secretsmanager:GetSecretValue, secretsmanager:DescribeSecret]
              Resource: !Ref Secret
              Condition:
                Null: {aws:PrincipalArn: no}
"""


def role_of(name: str, secret: str = "prod/db") -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:eu-west-1:111122223333:secret:{secret}-??????"
    statement = {"Effect": "Allow", "Action": GET, "Resource": arn}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": {},
        "Policies": [{"PolicyName": "p", "PolicyDocument": document}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def nested_stack(url: str = "https://example.com/a.json") -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}


# --- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["yaml", "yml", "template"])
@pytest.mark.parametrize("form", [str, Path])
def test_a_template_may_be_a_file_of_yaml(
    tmp_path: Path, suffix: str, form: Callable[[Path], Any]
) -> None:
    path = tmp_path / f"orders.{suffix}"
    path.write_text(YAML)
    access = SecretAccess.from_template(form(path), parameters={"Env": "prod"})
    access.assert_can("orders", GET, "Secret")
    other = SecretAccess.from_template(form(path), parameters={"Env": "test"})
    other.assert_cannot("orders", GET, "Secret")


def test_files_and_dicts_are_read_together(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps({"Resources": {"One": role_of("one")}}))
    access = SecretAccess.from_template(
        [path, {"Resources": {"Two": role_of("two")}}], region="eu-west-1", account="111122223333"
    )
    access.assert_only(["one", "two"], GET, "prod/db")


@pytest.mark.parametrize(
    "given", ["nowhere.yaml", "a" * 5_000, "Resources: {}\n", 7, [], [7], None]
)
def test_fails_on_what_is_no_template_and_no_file(given: Any) -> None:
    with pytest.raises(InvalidOptionError, match="^template must be a dict or the path of a file"):
        SecretAccess.from_template(given)


@pytest.mark.parametrize("text", ["", "hello", "- a"])
def test_fails_on_a_file_without_a_template(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InvalidOptionError, match="^template must be"):
        SecretAccess.from_template(path)


# --- stacks, stages and apps ------------------------------------------------------------------


def with_reader(scope: Any, stack: str, role: str) -> iam.Role:
    home = cdk.Stack(scope, stack)
    reader = iam.Role(home, "Role", role_name=role, assumed_by=iam.AccountRootPrincipal())
    arn = home.format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name="prod/db-??????",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    reader.add_to_policy(iam.PolicyStatement(actions=[GET], resources=[arn]))
    return reader


def test_all_stacks_of_an_app_are_read() -> None:
    app = unvalidated_app()
    one, two = with_reader(app, "One", "one"), with_reader(app, "Two", "two")
    access = SecretAccess.from_stack(app)
    access.assert_only([one, two], GET, "prod/db")


def test_a_stage_is_read_alone() -> None:
    app = unvalidated_app()
    test, prod = cdk.Stage(app, "Test"), cdk.Stage(app, "Prod")
    with_reader(test, "Orders", "test-orders")
    role = with_reader(prod, "Orders", "prod-orders")
    SecretAccess.from_stack(prod).assert_only([role], GET, "prod/db")


@pytest.mark.parametrize("given", ["Orders", object(), {"Resources": {}}, None])
def test_fails_on_what_is_no_stack_stage_or_app(given: Any) -> None:
    with pytest.raises(InvalidOptionError, match="^stack must be an aws_cdk.Stack, Stage or App"):
        SecretAccess.from_stack(given)


def test_fails_on_an_app_without_stacks() -> None:
    with pytest.raises(InvalidOptionError, match="^stack must be an app or a stage with one stack"):
        SecretAccess.from_stack(unvalidated_app())


def test_fails_on_an_app_where_a_directory_must_be() -> None:
    with pytest.raises(InvalidOptionError, match="path of a cloud assembly, got .*use from_stack"):
        SecretAccess.from_assembly(unvalidated_app())  # type: ignore[arg-type]


# --- nested stacks ------------------------------------------------------------------------------

OUTER = {"Resources": {"Own": role_of("own"), "Network": nested_stack()}}
NETWORK = {"Resources": {"Mid": role_of("mid"), "Subnets": nested_stack()}}
SUBNETS = {"Resources": {"Deep": role_of("deep")}}
PLACE: dict[str, Any] = {"region": "eu-west-1", "account": "111122223333"}


def test_a_denial_is_undetermined_until_every_nested_template_is_given(tmp_path: Path) -> None:
    subnets = tmp_path / "subnets.yaml"
    subnets.write_text(json.dumps(SUBNETS))
    for nested in ({}, {"Network": NETWORK}):
        access = SecretAccess.from_template(OUTER, nested=nested, **PLACE)
        with pytest.raises(AssertionError, match="not at hand"):
            access.assert_only(["own"], GET, "prod/db")
    everything: dict[str, Any] = {"Network/Subnets": subnets, "Network": NETWORK}
    access = SecretAccess.from_template(OUTER, nested=everything, **PLACE)
    access.assert_only(["own", "mid", "deep"], GET, "prod/db")
    access.assert_can("deep", GET, "prod/db")


def test_one_of_several_templates_is_named_before_the_id() -> None:
    templates = [OUTER, {"Resources": {"Network": nested_stack()}}]
    nested: dict[str, Any] = {
        "template 1/Network": SUBNETS,
        "template 2/Network": {"Resources": {}},
    }
    access = SecretAccess.from_template(templates, nested=nested, **PLACE)
    access.assert_only(["own", "deep"], GET, "prod/db")


@pytest.mark.parametrize(
    ("nested", "message"),
    [
        ({"Netwrok": SUBNETS}, "'Netwrok', and none has this id"),
        ({"Own": SUBNETS}, r"\(template/Network\), got 'Own'"),
        ({"Subnets": SUBNETS}, "'Subnets', and none has this id"),
        ({7: SUBNETS}, "7, and none has this id"),
        ({"Network": 7}, "template Network must be a dict"),
        ({"Network": "nowhere.yaml"}, "template Network must be a dict"),
        (["Network"], "must be a mapping of logical ids to templates"),
    ],
)
def test_fails_on_a_nested_template_that_fits_nowhere(nested: Any, message: str) -> None:
    with pytest.raises(InvalidOptionError, match=f"^nested.*{message}"):
        SecretAccess.from_template(OUTER, nested=nested)


def test_fails_on_an_id_that_two_templates_have() -> None:
    with pytest.raises(InvalidOptionError, match="2 of them have this id"):
        SecretAccess.from_template([OUTER, OUTER], nested={"Network": SUBNETS})


def test_fails_on_a_nested_template_without_resources() -> None:
    with pytest.raises(InvalidTemplateError, match="template of Network"):
        SecretAccess.from_template(OUTER, nested={"Network": {}})


def nested_app(outdir: Path) -> cdk.App:
    """Return an app with a nested stack in a nested stack, and one of a URL."""
    app = unvalidated_app(outdir=str(outdir))
    stack = cdk.Stack(app, "Orders", env=cdk.Environment(**PLACE))
    inner = cdk.NestedStack(cdk.NestedStack(stack, "Outer"), "Inner")
    cdk.CfnStack(inner, "Elsewhere", template_url="https://example.com/a.json")
    for scope, name in ((stack, "own"), (inner, "deep")):
        properties = role_of(name)["Properties"]
        resource = cdk.CfnResource(scope, "Role", type="AWS::IAM::Role")
        for key, value in properties.items():
            resource.add_property_override(key, value)
    return app


def test_the_nested_stacks_of_cdk_are_found_and_others_can_be_given(tmp_path: Path) -> None:
    app = nested_app(tmp_path)
    directory = app.synth().directory
    missing = r"\((Orders/Outer\w*/Inner\w*/Elsewhere)\)"
    with pytest.raises(InvalidOptionError, match=missing) as caught:
        SecretAccess.from_assembly(directory, nested={"None": SUBNETS})
    key = str(caught.value).partition("(")[2].partition(")")[0]
    given = {"Resources": {"Role": role_of("elsewhere")}}
    for access in (
        SecretAccess.from_assembly(directory, nested={key: given}),
        SecretAccess.from_stack(app, nested={key.removeprefix("Orders/"): given}),
    ):
        access.assert_only(["own", "deep", "elsewhere"], GET, "prod/db")
    with pytest.raises(AssertionError, match="not at hand"):
        SecretAccess.from_assembly(directory).assert_only(["own", "deep"], GET, "prod/db")


def test_fails_on_a_nested_template_that_cdk_has_already(tmp_path: Path) -> None:
    app = unvalidated_app(outdir=str(tmp_path))
    cdk.NestedStack(cdk.Stack(app, "Orders"), "Outer")
    directory = Path(app.synth().directory)
    template = json.loads((directory / "Orders.template.json").read_text())
    (logical_id,) = template["Resources"]
    with pytest.raises(InvalidOptionError, match="not at hand .none"):
        SecretAccess.from_assembly(directory, nested={logical_id: SUBNETS})
