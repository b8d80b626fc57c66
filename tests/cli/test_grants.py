"""`python -m constructs_lib grants`: who may read which secrets, of templates."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.__main__ import main

GET = "secretsmanager:GetSecretValue"
NAMED = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:old/key-??????"


def role(*resources: Any) -> dict[str, Any]:
    statement = {"Sid": "Read", "Effect": "Allow", "Action": GET, "Resource": list(resources)}
    document = {"Version": "2012-10-17", "Statement": statement}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {},
            "Policies": [{"PolicyName": "Read", "PolicyDocument": document}],
        },
    }


@pytest.fixture
def template(tmp_path: Path) -> Path:
    resources = {
        "Db": {"Type": "AWS::SecretsManager::Secret"},
        "App": role({"Ref": "Db"}, NAMED),
        "Idle": role("arn:aws:s3:::bucket"),
        "Tool": role({"Ref": "Pattern"}),
    }
    path = tmp_path / "template.json"
    parameters = {"Pattern": {"Type": "String"}}
    path.write_text(json.dumps({"Parameters": parameters, "Resources": resources}))
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["grants", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_it_tells_who_may_read_what_and_why(
    capsys: pytest.CaptureFixture[str], template: Path
) -> None:
    text = printed(capsys, template, "--region", "eu-west-1", "--account", "111122223333")
    app, tool = text.split("\nundetermined:\n\nrole Tool")
    assert app.startswith("role App (stack template)\n  may: Db (stack template)\n    allowed by ")
    assert "statement 1 (Read)" in app
    assert f"  may: {NAMED.removesuffix('??????')}<6 characters" in app
    assert "Idle" not in text
    assert "  may be able to: Db (stack template)" in tool
    assert "<parameter Pattern" in tool


def test_it_tells_the_same_as_json(capsys: pytest.CaptureFixture[str], template: Path) -> None:
    found = json.loads(printed(capsys, template, "--json"))
    # Without --account it is open whether the named secret is of the same account.
    certain = [each["certain"] for each in found if each["principal"].startswith("role App")]
    assert certain == [True, False]
    assert found[0].keys() == {
        *("principal", "secrets", "certain", "reason", "assumed_by", "conditions"),
    }


def test_another_action_is_asked_for(capsys: pytest.CaptureFixture[str], template: Path) -> None:
    text = printed(capsys, template, "--action", "secretsmanager:DeleteSecret")
    assert text == "nobody is allowed secretsmanager:DeleteSecret\n"


@pytest.mark.parametrize(
    "action", ["kms:Decrypt", "secretsmanager:ListSecrets", "secretsmanager:*"]
)
def test_fails_on_an_action_that_is_not_one_on_a_secret(
    capsys: pytest.CaptureFixture[str], template: Path, action: str
) -> None:
    with pytest.raises(SystemExit):
        main(["grants", str(template), "--action", action])
    assert re.search(f"action must be .*, got {re.escape(repr(action))}", capsys.readouterr().err)


def test_fails_on_what_is_neither_an_assembly_nor_a_template(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        main(["grants", str(tmp_path / "none")])
    assert "run cdk synth, and give cdk.out" in capsys.readouterr().err


def test_it_loads_neither_cdk_nor_node(template: Path) -> None:
    code = f"""
import sys
from constructs_lib.__main__ import main
main(["grants", {str(template)!r}])
assert not {{"aws_cdk", "jsii", "cvc5"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_fails_on_templates_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nested = tmp_path / "nested.json"
    nested.write_text("[" * 200_000)
    for path, message in (
        (str(nested), "is nested too deeply"),
        ("a" * 5_000, "templates must be a cloud assembly, a template of JSON or YAML"),
    ):
        with pytest.raises(SystemExit) as caught:
            main(["grants", path])
        assert caught.value.code == 2
        assert message in capsys.readouterr().err


def test_a_template_of_yaml_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Resources:\n"
        "  Db: {Type: AWS::SecretsManager::Secret}\n"
        "  App:\n"
        "    Type: AWS::IAM::Role\n"
        "    Properties:\n"
        "      AssumeRolePolicyDocument: {}\n"
        "      Policies:\n"
        "        - PolicyName: Read\n"
        "          PolicyDocument:\n"
        "            Version: 2012-10-17\n"
        f"            Statement: {{Effect: Allow, Action: {GET}, Resource: !Ref Db}}\n"
    )
    assert printed(capsys, path).startswith("role App (stack template)\n  may: Db")


def grants_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed(capsys, *arguments, "--json"))
    return found


def test_a_parameter_is_given(capsys: pytest.CaptureFixture[str], template: Path) -> None:
    arn = "arn:aws:s3:::bucket"
    principals = {each["principal"] for each in grants_of(capsys, template)}
    assert any(name.startswith("role Tool") for name in principals)
    known = {
        each["principal"] for each in grants_of(capsys, template, "--parameter", f"Pattern={arn}")
    }
    assert not any(name.startswith("role Tool") for name in known)


def test_a_principal_or_a_secret_is_selected(
    capsys: pytest.CaptureFixture[str], template: Path
) -> None:
    selected = grants_of(capsys, template, "--principal", "App", "--secret", "Db")
    assert [(each["principal"], each["secrets"]) for each in selected] == [
        ("role App (stack template)", ["Db (stack template)"])
    ]


def of_role(tmp_path: Path, name: str = "t.json", **properties: Any) -> Path:
    resources = {
        "Db": {"Type": "AWS::SecretsManager::Secret"},
        "App": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {}, **properties},
        },
    }
    path = tmp_path / name
    path.write_text(json.dumps({"Resources": resources}))
    return path


def test_a_managed_policy_is_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    template = of_role(tmp_path, ManagedPolicyArns=["arn:aws:iam::aws:policy/Ours"])
    (document := tmp_path / "document.json").write_text(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": GET, "Resource": "*"},
            }
        )
    )
    assert [each["certain"] for each in grants_of(capsys, template)] == [False, False]
    given = grants_of(capsys, template, "--managed-policy", f"Ours={document}")
    assert [each["certain"] for each in given] == [True, True]


def test_a_condition_key_is_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Action": GET,
        "Resource": {"Ref": "Db"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    template = of_role(tmp_path, Policies=[{"PolicyName": "p", "PolicyDocument": document}])
    key = "aws:MultiFactorAuthPresent"
    assert printed(capsys, template).startswith(
        "role App (stack template)\n  may, with MFA: Db (stack template)\n"
    )
    with_mfa = grants_of(capsys, template, "--context", f"{key}=true")
    assert [(each["certain"], each["conditions"]) for each in with_mfa] == [(True, [])]
    assert grants_of(capsys, template, "--context", f"{key}=") == []


def test_a_directory_of_templates_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    of_role(tmp_path, "a.json", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"])
    of_role(tmp_path, "b.template", RoleName="other")
    (tmp_path / "README.md").write_text("no template")
    principals = {each["principal"] for each in grants_of(capsys, tmp_path)}
    assert principals == {"role App (stack template 1)"}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--parameter", "Pattern"], "--parameter must be NAME=VALUE, got 'Pattern'"),
        (["--parameter", "Other=x"], "parameter must be in the templates"),
        (
            ["--context", "a:b=1", "--context", "a:b=2"],
            "--context must be given once for each name, got 'a:b=2'",
        ),
        (["--managed-policy", "P=/none"], "--managed-policy must name a file with a policy"),
        (["--nested", "None=/none"], "nested template None must be"),
        (["--region", "eu-west-1", "--region", "us-east-1"], "--region must be given once"),
    ],
)
def test_fails_on_an_option_that_would_have_no_effect(
    capsys: pytest.CaptureFixture[str], template: Path, option: list[str], message: str
) -> None:
    with pytest.raises(SystemExit):
        main(["grants", str(template), *option])
    assert message in capsys.readouterr().err
