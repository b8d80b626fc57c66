"""The tool that writes the data on AWS's managed policies."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tools.managed_policies import is_known, known_of, read, text_of


def statement(*actions: str, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_other_services_of_a_statement_stand_at_the_end() -> None:
    given = document(statement("kms:Decrypt", "s3:Get*", "ec2:*", Sid="Mixed"))
    assert known_of(given) == [statement("kms:Decrypt", Sid="Mixed"), "Allow ec2 s3"]


def test_statements_keep_their_numbers() -> None:
    given = document(
        statement("s3:*"), statement("iam:Get*"), statement("ec2:*"), statement("SNS:Publish")
    )
    assert known_of(given) == ["Allow s3", statement("iam:Get*"), "Allow ec2 sns"]


def test_effects_are_kept_apart() -> None:
    given = document(statement("s3:*"), statement("s3:Put*", "ec2:*", effect="Deny"))
    assert known_of(given) == ["Allow s3", "Deny ec2 s3"]


def test_a_statement_on_all_but_some_actions_is_whole() -> None:
    given = {"Effect": "Allow", "NotAction": ["s3:*"], "Resource": "*"}
    assert known_of({"Version": "2012-10-17", "Statement": given}) == [given]


@pytest.mark.parametrize("action", ["*", "kms:Decrypt", "IAM:Get*", "s*:Get*", "?ms:*", "sts:*"])
def test_a_pattern_may_match_a_service_of_the_data(action: str) -> None:
    assert is_known(action)


@pytest.mark.parametrize("action", ["s3:*", "kmsx:Decrypt", "iam-x:*", "e*:*", "sso:kms:Decrypt"])
def test_a_pattern_matches_no_service_of_the_data(action: str) -> None:
    assert not is_known(action)


@pytest.mark.parametrize(
    "given",
    [
        {"Version": "2008-10-17", "Statement": [statement("s3:*")]},
        document(statement("s3:*", Principal="*")),
    ],
)
def test_fails_to_cut_a_document_of_another_form(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the version of a policy|a statement has the elements"):
        known_of(given)


def test_a_wheel_becomes_a_file_with_the_date_of_its_last_change(tmp_path: Path) -> None:
    policies = {
        name: {"Path": path, "UpdateDate": f"{date}T00:00:00+00:00", "Document": document(given)}
        for name, path, date, given in (
            ("B", "/service-role/", "2026-01-02", statement("logs:*")),
            ("A", "/", "2025-01-02", statement("*")),
        )
    }
    wheel = tmp_path / "moto-1.2.3-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        source = f'# Made\naws_managed_policies_data = """\n{json.dumps(policies)}"""\n'
        archive.writestr("moto/iam/aws_managed_policies.py", source)
    text = text_of(*read(wheel))
    assert json.loads(text) == {
        "source": "moto 1.2.3 (Apache-2.0)",
        "date": "2026-01-02",
        "policies": {"A": [statement("*")], "service-role/B": ["Allow logs"]},
    }
    assert text == text_of("1.2.3", dict(reversed(policies.items())))
