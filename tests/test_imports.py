"""The public names, and the modules that an import loads. `make lint` checks the layers."""

import subprocess
import sys

import pytest

import constructs_lib


@pytest.mark.parametrize(
    "code",
    [
        "from constructs_lib import ReadSecrets, SecretScope, PolicyType, SecretAccessError",
        "import constructs_lib.__main__",
        "from constructs_lib.proof import evaluate",
    ],
)
def test_policies_proofs_and_the_command_line_load_neither_cdk_nor_node(code: str) -> None:
    check = f"{code}; import sys; assert not {{'aws_cdk', 'jsii'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_construct_loads_no_module_that_it_does_not_use() -> None:
    """It loads no proof, assertion or command; nor the modules of CDK that are slow to load."""
    code = "from constructs_lib import SecretAdmin, SecretReader, SecretScope, TagMatchedAccess"
    unused = {"proof", "testing", "checks", "cli", "cdk.share", "cdk.deny"}
    unused = {f"constructs_lib.{module}" for module in unused}
    unused |= {"cvc5", "argparse", "pytest", "aws_cdk.aws_secretsmanager", "aws_cdk.aws_ec2"}
    before = "import sys, aws_cdk.aws_iam; before = set(sys.modules)"
    check = f"{before}; {code}; assert not {unused} & (set(sys.modules) - before)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_every_public_name_has_a_value() -> None:
    assert all(getattr(constructs_lib, name) is not None for name in constructs_lib.__all__)


def test_dir_lists_every_public_name_before_its_first_use() -> None:
    """For the completion of names in an interactive session."""
    check = "import constructs_lib as lib; assert {*lib.__all__} <= {*dir(lib)}; import sys; "
    check += "assert 'aws_cdk' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_fails_on_an_unknown_name_as_any_module_does() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SecretWriterr'"):
        _ = constructs_lib.SecretWriterr
