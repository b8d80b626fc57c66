"""What others say of the examples' templates: cfn-lint, and three packs of cdk-nag."""

import json
import re
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from tests.support.releases import CDK_NAG, older_than

if older_than(CDK_NAG[0]):
    pytest.skip(f"CDK {CDK_NAG[0]} brought {CDK_NAG[1]}", allow_module_level=True)

from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks

from tests.support.apps import EXAMPLES, run, stack_of

# CDK's own functions depend on a role that they name anyway.
CFN_LINT_IGNORES = ["W3005"]
# The wildcards that a user asks for: a prefix of names, and `*` for actions that AWS authorizes on
# nothing narrower, or on secrets told by their tags.
ASKED_FOR = re.compile(
    r"AwsSolutions-IAM5\[Resource::(\*|arn:.*:secret:(payroll|orders|teams)/\*)\]"
    # The example is about the group's policy; its users are the reader's.
    r"|HIPAA\.Security-IAMGroupHasUsers"
)


def test_cfn_lint_finds_nothing_but_in_a_template_that_is_wrong(tmp_path: Path) -> None:
    for example in EXAMPLES:
        stack_of(example, outdir=str(tmp_path)).node.root.synth()  # type: ignore[attr-defined]
    assert run({}, tmp_path / "app").returncode == 0
    templates = [*tmp_path.rglob("*.template.json")]
    assert len(templates) >= 2
    bad = tmp_path / "bad.json"
    properties = {"PolicyDocument": {"Statement": [{"Effect": "Permit"}]}}
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
    bad.write_text(json.dumps({"Resources": {"Policy": resource}}))
    program = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--format", "parseable"]
    command += ["--ignore-checks", *CFN_LINT_IGNORES, "--template", str(bad), *map(str, templates)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = (done.stdout + done.stderr).splitlines()
    assert found
    assert not [line for line in found if not line.startswith(f"{bad}:")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_cdk_nag_finds_in_policies_only_the_wildcards_that_were_asked_for(
    example: str, tmp_path: Path
) -> None:
    app = stack_of(example, outdir=str(tmp_path)).node.root
    assert isinstance(app, cdk.App)
    packs = [AwsSolutionsChecks(app), NIST80053R5Checks(app), HIPAASecurityChecks(app)]
    cdk.Validations.of(app).add_plugins(*packs)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert report["pluginReports"]  # of the packs that find something
    found = {
        violation["ruleName"]
        for pack in report["pluginReports"]
        for violation in pack["violations"]
        for construct in violation["violatingConstructs"]
        if re.search(r"aws_iam\.Cfn(?!Role)", construct["constructFqn"])
    }
    assert not [rule for rule in found if not ASKED_FOR.fullmatch(rule)]
