"""`python -m constructs_lib policy ...`: the documents of the constructs, as JSON."""

import json
import re
from typing import Any

import pytest

from constructs_lib.__main__ import main

HERE = ["--region", "eu-west-1", "--account", "111122223333"]
ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/abc"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["policy", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["policy", *arguments])
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert not output.out
    return output.err.rpartition("error: ")[2].strip()


def test_reader_with_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    get, decrypt = printed(
        capsys, "reader", "--secret-name", "prod/db", "--key-arn", KEY_ARN, *HERE
    )
    assert get["Resource"] == f"{ARN}-??????"
    assert decrypt["Resource"] == KEY_ARN
    assert decrypt["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": f"{ARN}-??????"},
    }


def test_reader_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    sids = [
        statement["Sid"]
        for statement in printed(
            capsys,
            *("reader", "--secret-name", "a", "--describe"),
            *("--version-stage", "AWSCURRENT", *HERE),
        )
    ]
    assert sids == ["ReadSecretValue", "DescribeSecret"]


@pytest.mark.parametrize(
    ("given", "resource"),
    [
        (["--secret-name", "prod/db", *HERE], f"{ARN}-??????"),
        (["--secret-name-prefix", "prod/db", *HERE], f"{ARN}*"),
        (["--secret-partial-arn", ARN], f"{ARN}-??????"),
        (["--secret-complete-arn", f"{ARN}-AbCdEf"], f"{ARN}-AbCdEf"),
        (
            ["--secret-name", "a", "--secret-name", "b", *HERE],
            [f"{ARN[:-7]}a-??????", f"{ARN[:-7]}b-??????"],
        ),
    ],
)
def test_every_way_to_name_secrets(
    capsys: pytest.CaptureFixture[str], given: list[str], resource: object
) -> None:
    (statement,) = printed(capsys, "deny", *given)
    assert statement["Resource"] == resource


def test_creator_and_admin(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--secret-name", "a", *HERE)
    assert printed(capsys, "creator", *given)[0]["Action"] == "secretsmanager:CreateSecret"
    assert len(printed(capsys, "admin", *given)[0]["Action"]) == 9


def test_writer_and_describer_of_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--secret-name", "a", *HERE)
    write = printed(capsys, "writer", *given, "--key-arn", KEY_ARN)
    assert [statement["Sid"] for statement in write] == [
        *("WriteSecretValue", "UpdateSecretValue", "UseSecretKey"),
    ]
    describe, listed = printed(capsys, "describer", *given, "--list")
    assert describe["Resource"] == f"{ARN[:-7]}a-??????"
    assert listed["Action"] == "secretsmanager:ListSecrets"


@pytest.mark.parametrize(
    "arguments",
    [
        *(["reader"], ["writer"], ["admin"], ["creator"], ["describer"], ["rotator"]),
        ["describer", "--tag", "Project=orders"],
    ],
)
def test_every_allow_takes_conditions(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    secrets = [] if "--tag" in arguments else ["--secret-name", "a", *HERE]
    endpoints = ["--vpc-endpoint=vpce-01234567", "--vpc-endpoint=vpce-89abcdef"]
    limits = [*endpoints, "--organization-id=o-a1b2c3d4e5", "--mfa"]
    for statement in printed(capsys, *arguments, *secrets, *limits):
        equals = statement["Condition"]["StringEquals"]
        assert equals["aws:SourceVpce"] == ["vpce-01234567", "vpce-89abcdef"]
        assert equals["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"
        assert statement["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}


def test_admin_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate"
    found = printed(
        capsys,
        *("admin", "--secret-name", "a", *HERE, "--rotation-function", function),
        *("--minimum-recovery-window", "14", "--manage-resource-policy"),
        *("--replicate-to=eu-central-1", "--replicate-to=eu-north-1", "--tag-key=Owner"),
    )
    statements = {statement["Sid"]: statement for statement in found}
    assert list(statements) == [
        *("AdministerSecret", "RotateWithNamedFunction", "RotateWithOwnFunction"),
        *("InvokeRotationFunction", "DeleteSecretRecoverably", "PutResourcePolicy"),
        *("ManageResourcePolicy", "ReplicateSecret", "TagSecret", "ListSecrets"),
    ]
    assert statements["InvokeRotationFunction"]["Resource"] == function
    assert statements["DeleteSecretRecoverably"]["Condition"][
        "NumericGreaterThanEqualsIfExists"
    ] == {"secretsmanager:RecoveryWindowInDays": "14"}
    assert statements["ReplicateSecret"]["Condition"]["ForAllValues:StringEquals"] == {
        "secretsmanager:AddReplicaRegions": ["eu-central-1", "eu-north-1"]
    }


def test_rotator_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate"
    other_key = KEY_ARN.replace("abc", "def")
    found = printed(
        capsys,
        *("rotator", "--secret-name", "a", *HERE, "--key-arn", KEY_ARN),
        *("--superuser-complete-arn", f"{ARN}-AbCdEf", "--superuser-key-arn", other_key),
        *("--rotation-function", function),
    )
    assert [(statement["Sid"], statement["Resource"]) for statement in found] == [
        ("ReplaceSecretValue", f"{ARN[:-7]}a-??????"),
        ("ReadSuperuserSecret", f"{ARN}-AbCdEf"),
        ("GetRandomPassword", "*"),
        ("UseSecretKey", KEY_ARN),
        ("DecryptSuperuserSecret", other_key),
    ]
    assert found[0]["Condition"]["ArnEquals"] == {
        "secretsmanager:resource/AllowRotationLambdaArn": function
    }


def test_creator_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    create, tag, *_ = printed(
        capsys,
        *("creator", "--secret-name", "a", *HERE, "--key-arn", KEY_ARN, "--pin-key"),
        *("--required-tag", "Project=orders", "--required-tag", "Project=billing"),
    )
    assert create["Condition"] == {
        "StringEquals": {"aws:RequestTag/Project": ["orders", "billing"]},
        "ForAllValues:StringEquals": {"aws:TagKeys": "Project"},
        "ArnEquals": {"secretsmanager:KmsKeyArn": KEY_ARN},
    }
    assert tag["Action"] == "secretsmanager:TagResource"


def test_deny_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    role, user = (f"arn:aws:iam::111122223333:{name}" for name in ("role/app", "user/alice"))
    whole, key_arn, key_id = printed(
        capsys,
        *("deny", "--secret-name=a", *HERE, "--level=metadata", "--key-arn", KEY_ARN),
        *("--except-principal", role, "--except-principal", user),
        "--except-vpc-endpoint=vpce-0123456789abcdef0",
    )
    assert len(whole["Action"]) == 10
    excepting = {
        "ArnNotEquals": {"aws:PrincipalArn": [role, user]},
        "StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"},
    }
    assert whole["Condition"] == excepting
    assert key_arn["Condition"]["ArnNotEquals"]["secretsmanager:KmsKeyArn"] == KEY_ARN
    assert key_id["Condition"]["StringNotEquals"]["secretsmanager:KmsKeyId"] == KEY_ARN


@pytest.mark.parametrize("level", ["read-and-describe", "value", "metadata", "all"])
def test_every_level_of_a_deny(capsys: pytest.CaptureFixture[str], level: str) -> None:
    found = printed(capsys, "deny", "--secret-name=a", *HERE, "--level", level)
    expected = {"read-and-describe": 2, "value": 7, "metadata": 10, "all": len("secretsmanager:*")}
    assert len(found[0]["Action"]) == expected[level]


def test_tag_matched_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(
        capsys,
        *("tag-matched", "--tag-key=Project", "--tag-key=Stage", "--secret-name-prefix=team/"),
        *(*HERE, "--key-arn", KEY_ARN, "--describe", "--write", "--create", "--no-read"),
    )
    assert [statement["Sid"] for statement in found] == [
        *("UseMatchedSecret", "UpdateMatchedSecret", "CreateMatchedSecret", "TagNewSecret"),
        *("KeepMatchedTags", "DenyTagsBeside"),
        *("DenyTagsOfUntagged", "DenyOtherTags", "DenyTakenTags"),
        *("DenyTagsOfUntagged2", "DenyOtherTags2", "DenyTakenTags2"),
        "UseSecretKey",
    ]
    assert found[0]["Action"][0] == "secretsmanager:DescribeSecret"
    assert found[0]["Resource"] == f"{ARN[:-7]}team/*"
    assert found[0]["Condition"]["StringEquals"] == {
        "secretsmanager:ResourceTag/Project": "${aws:PrincipalTag/Project}",
        "secretsmanager:ResourceTag/Stage": "${aws:PrincipalTag/Stage}",
    }


def test_tag_matched_is_about_every_secret_of_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    use, keep = printed(capsys, "tag-matched", "--tag-key=Project", *HERE)
    assert use["Action"] == "secretsmanager:GetSecretValue"
    assert use["Resource"] == keep["Resource"] == f"{ARN[:-7]}*"


def test_describer_by_tags(capsys: pytest.CaptureFixture[str]) -> None:
    (statement,) = printed(capsys, "describer", "--tag", "A=x", "--tag", "A=y=z", "--tag", "B=1")
    assert statement["Condition"]["StringEquals"] == {
        "secretsmanager:ResourceTag/A": ["x", "y=z"],
        "secretsmanager:ResourceTag/B": "1",
    }


def test_the_partition_is_the_regions(capsys: pytest.CaptureFixture[str]) -> None:
    get, decrypt = printed(
        capsys,
        *("reader", "--secret-name", "a", "--region", "cn-north-1", "--account", "111122223333"),
        *("--key-arn", "arn:aws-cn:kms:cn-north-1:111122223333:key/abc"),
    )
    assert get["Resource"].startswith("arn:aws-cn:secretsmanager:cn-north-1:")
    service = decrypt["Condition"]["StringEquals"]["kms:ViaService"]
    assert service == "secretsmanager.cn-north-1.amazonaws.com.cn"


SHARE = ["share", "--principal", "arn:aws:iam::444455556666:role/app"]


def test_share_prints_what_the_policies_of_the_secret_and_its_key_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--secret-partial-arn", ARN, "--key-arn", KEY_ARN, "--describe"]
    other = "arn:aws:iam::777788889999:user/alice"
    assert main([*SHARE, *given, "--principal", other, *SHARE[1:]]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert list(documents) == ["ResourcePolicy", "KeyPolicy"]
    (of_secret,), (of_key,) = (each["Statement"] for each in documents.values())
    assert of_secret["Principal"] == of_key["Principal"] == {"AWS": [SHARE[2], other]}
    assert of_secret["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert of_key["Action"] == "kms:Decrypt"
    assert of_key["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": f"{ARN}-??????"},
    }


def test_share_does_not_let_them_describe_unless_told_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SHARE, "--secret-name", "a", *HERE, "--key-arn", KEY_ARN]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["ResourcePolicy"]["Statement"]
    assert statement["Action"] == "secretsmanager:GetSecretValue"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["share", "--secret-name=a", *HERE, "--key-arn", KEY_ARN], "required: --principal"),
        ([*SHARE, "--key-arn", KEY_ARN], "^secrets must be at least one, by name"),
        (
            [*SHARE, "--secret-name=a", *HERE],
            "^secret must be under .*encryption_key of 'a-",
        ),
        (
            [*SHARE, "--secret-name=a", "--secret-name=b", *HERE],
            "^secrets must be one .*got 2",
        ),
        (
            [*SHARE, "--secret-name=${Token[a.1]}", *HERE, "--key-arn", KEY_ARN],
            "^arguments must be plain",
        ),
        ([*SHARE, "--principal=*", "--secret-name=a", *HERE], r"principal.* must be .*, got '\*'"),
    ],
)
def test_share_fails_with_the_message_alone(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert not output.out
    assert re.search(message, output.err.rpartition("error: ")[2].strip())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reader"], "^secrets must be at least one, by name"),
        (["reader", "--secret-name", "a"], "must be given with a secret by name.*give both"),
        (["reader", "--secret-name", "a*", *HERE], "contains '\\*'"),
        (
            ["reader", "--secret-name", "${Token[a.1]}", *HERE],
            "^arguments must be plain",
        ),
        (["reader", "--secret-complete-arn", ARN], "^secret ARN must "),
        (
            ["reader", "--secret-name=a", "--batch", "--version-stage=A", *HERE],
            "^batch must be omitted with version_stages",
        ),
        (["deny", "--secret-complete-arn", f"{ARN}-AbCdEf", *HERE], "as an ARN has both"),
        (
            ["reader", "--secret-name=a", *HERE, "--vpc-endpoint=vpc-1"],
            "VPC endpoint.* must be .*'vpc-1'",
        ),
        (
            ["reader", "--secret-name=a", *HERE, "--organization-id="],
            "^organization id must be .*, got ''",
        ),
        (["admin", "--secret-name=a", *HERE, "--rotation-function=rotate"], "^ARN of the rotation"),
        (["admin", "--secret-name=a", *HERE, "--minimum-recovery-window=6"], "7 to 30 days"),
        (["admin", "--secret-name=a", *HERE, "--replicate-to=eu-*"], "^region in replicate_to"),
        (["admin", "--secret-name=a", *HERE, "--tag-key="], "^tag key must be .*, got ''"),
        (
            ["creator", "--secret-name=a", *HERE, "--required-tag=A"],
            "^--required-tag must be KEY=VALUE, got 'A'",
        ),
        (
            ["creator", "--secret-name=a", *HERE, "--pin-key"],
            "^pin_key must be omitted, or ",
        ),
        (["deny", "--secret-name=a", *HERE, "--level=most"], "invalid choice: 'most'"),
        (["deny", "--secret-name=a", *HERE, "--except-principal=app"], "^ARN of the excepted"),
        (
            ["deny", "--secret-name=a", *HERE, "--except-vpc-endpoint=x"],
            "VPC endpoint.* must be .*'x'",
        ),
        (["rotator", "--secret-name=a", *HERE, "--rotation-function=f"], "^ARN of the rotation"),
        (
            ["rotator", "--secret-name=a", *HERE, "--superuser-key-arn", KEY_ARN],
            "given with --superuser-c",
        ),
        (
            ["rotator", "--secret-name=a", *HERE, "--superuser-complete-arn", ARN],
            "^secret ARN must ",
        ),
        (
            [
                *("rotator", "--secret-name=a", "--region=cn-north-1", "--account=111122223333"),
                *("--superuser-complete-arn", f"{ARN}-AbCdEf"),
            ],
            "2 partitions",
        ),
        (["tag-matched", *HERE], "--tag-key"),
        (["tag-matched", "--tag-key=A", *HERE[:2]], "must be given without secrets.*got --region;"),
        (["tag-matched", "--tag-key=A B", *HERE], "it becomes a part of a variable"),
        (
            ["tag-matched", "--tag-key=A", "--no-read", *HERE],
            "^one of read, .*must be True",
        ),
        (
            ["tag-matched", "--tag-key=A", "--secret-name=a"],
            "must be given with a secret by name.*give both",
        ),
        (["describer"], "^secrets must be at least one, by name"),
        (["describer", "--tag", "A=b", "--list"], "^--tag must be given without .*, got --list"),
        (
            ["describer", "--tag", "A=b", "--secret-name=a", *HERE],
            "^--tag must be given without .*, got --region",
        ),
        (
            ["describer", "--tag", "A=b", "--secret-name=a"],
            "^--tag must be given without .*, got --secret-name",
        ),
        (["describer", "--tag", "A"], "^--tag must be KEY=VALUE, got 'A'"),
        (["describer", "--tag", "A="], "^value of tag 'A' must be .*, got ''"),
        (
            ["creator", "--secret-complete-arn", f"{ARN}-AbCdEf"],
            "^secrets must be chosen by name, .* to be created",
        ),
        (
            ["deny", *(f"--secret-name={'a' * 500}{i}" for i in range(12)), *HERE],
            "must be at most 6,144 characters",
        ),
        (
            [
                *("deny", "--secret-partial-arn", ARN, "--secret-name", "a"),
                *("--region", "cn-north-1", "--account", "111122223333"),
            ],
            "2 partitions",
        ),
    ],
)
def test_fails_with_the_message_alone(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert re.search(message, refused(capsys, *arguments))


def test_a_warning_goes_beside_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "reader", "--secret-name", "my-secret", *HERE]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)
    assert output.err.startswith("warning: secret name 'my-secret' ends in a hyphen and six")


def test_a_warning_is_of_a_superusers_secret_too(capsys: pytest.CaptureFixture[str]) -> None:
    superuser = ["--superuser-complete-arn", f"{ARN}-master"]
    assert main(["policy", "rotator", "--secret-name", "a", *HERE, *superuser]) == 0
    assert capsys.readouterr().err.startswith("warning: secret ARN ends in '-master'")


def test_a_warning_goes_beside_a_share_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Under the ARN of no secret, the key would decrypt nothing."""
    assert main([*SHARE, "--secret-complete-arn", f"{ARN}-shared", "--key-arn", KEY_ARN]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)
    assert output.err.startswith("warning: secret ARN ends in '-shared', which is taken for")


def test_a_document_is_measured_where_its_secrets_are(capsys: pytest.CaptureFixture[str]) -> None:
    """With the longest partition's name in each ARN it would not fit."""
    names = [f"--secret-name=prod/service-{number:02}/x" for number in range(72)]
    (statement,) = printed(capsys, "reader", *names, *HERE)
    assert len(statement["Resource"]) == 72
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert 5_700 < len(re.sub(r"\s", "", document)) <= 6_144
    more = [f"--secret-name=prod/service-{number}/x" for number in range(100, 110)]
    assert "must be at most 6,144 characters" in refused(capsys, "reader", *names, *more, *HERE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["policy", "tag-matched", "--tag-key=Project", *HERE, "--key-arn", KEY_ARN],
            "--key-arn must be given with secrets",
        ),
        (
            ["policy", "reader", "--secret-name=a", *HERE, "--region=us-east-1"],
            "--region must be given once, got 'eu-west-1' and 'us-east-1'",
        ),
        (
            [*SHARE, "--secret-name-prefix=partner/", *HERE, "--key-arn", KEY_ARN],
            "secret must be one secret",
        ),
        (
            ["policy", "admin", "--secret-name=a", *HERE, "--replicate-to=cn-north-1"],
            "must be of the partition of the policy, aws, got 'cn-north-1'",
        ),
    ],
)
def test_fails_on_an_option_that_would_do_nothing_or_too_much(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
