"""What a rotator says, statement by statement."""

from constructs_lib.policy.intents import RotateSecrets
from constructs_lib.policy.statement import Condition, Statement
from tests.support.intents import BASE, KEY_ARN, ONE, ORDERS, TWO, encrypted

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:rotate"
REPLACE = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
)
GET = ("secretsmanager:GetSecretValue",)
PASSWORD = Statement("GetRandomPassword", "Allow", ("secretsmanager:GetRandomPassword",), ("*",))
ONE_ARN, TWO_ARN = f"{BASE}one-??????", f"{BASE}two-??????"


def test_rotator_replaces_values_and_makes_passwords_up() -> None:
    assert RotateSecrets([ONE]).statements() == [
        Statement("ReplaceSecretValue", "Allow", REPLACE, (ONE_ARN,)),
        PASSWORD,
    ]


def test_a_superusers_secret_is_read_alone() -> None:
    assert RotateSecrets([ONE], superuser_secrets=[TWO]).statements() == [
        Statement("ReplaceSecretValue", "Allow", REPLACE, (ONE_ARN,)),
        Statement("ReadSuperuserSecret", "Allow", GET, (TWO_ARN,)),
        PASSWORD,
    ]


def test_the_function_is_that_of_the_secrets_to_rotate_and_not_of_the_superusers() -> None:
    replace, tagged, read, _ = RotateSecrets(
        [ONE, ORDERS], superuser_secrets=[TWO], rotation_function=FUNCTION
    ).statements()
    own = Condition("ArnEquals", "secretsmanager:resource/AllowRotationLambdaArn", (FUNCTION,))
    assert replace.conditions == (own,)
    assert tagged.conditions[0] == own
    assert tagged.conditions[1].key == "secretsmanager:ResourceTag/Project"
    assert read.conditions == ()


def test_the_superusers_key_only_decrypts() -> None:
    *_, use, decrypt = RotateSecrets(
        [encrypted("one", "k1")], superuser_secrets=[encrypted("two", "k2")]
    ).statements()
    assert (use.sid, use.actions, use.resources) == (
        "UseSecretKey",
        ("kms:Decrypt", "kms:GenerateDataKey"),
        (f"{KEY_ARN}k1",),
    )
    assert (decrypt.sid, decrypt.actions, decrypt.resources) == (
        "DecryptSuperuserSecret",
        ("kms:Decrypt",),
        (f"{KEY_ARN}k2",),
    )
    assert use.conditions[1].values == (ONE_ARN,)
    assert decrypt.conditions[1].values == (TWO_ARN,)
