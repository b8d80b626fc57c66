"""A secret of one account and its reader in another: what the templates of both grant together."""

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as sm

from constructs_lib import SecretReader, SecretShare
from constructs_lib.testing import SecretAccess
from tests.support.apps import unvalidated_app
from tests.support.releases import ACCOUNTS, older_than

HERE, THERE = "111122223333", "444455556666"
GET, DESCRIBE, DECRYPT = (
    *("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
    "kms:Decrypt",
)
SECRET = f"arn:aws:secretsmanager:eu-west-1:{THERE}:secret:prod/db"
APP, NEIGHBOUR, OWNER = (
    f"arn:aws:iam::{account}:role/{name}"
    for account, name in ((HERE, "app"), (HERE, "neighbour"), (THERE, "owner"))
)


def role(stack: cdk.Stack, name: str) -> iam.Role:
    return iam.Role(stack, name, role_name=name, assumed_by=iam.AccountRootPrincipal())


def synthesized(
    outdir: Path, *, reads: bool = True, shares: bool = True, describe: bool = False
) -> SecretAccess:
    """Return what an app of two accounts grants: who asks, the secret, and the policy of who asks.

    Roles come first, as a share needs them; and the policy last, as it refers to the key.
    """
    if older_than(ACCOUNTS[0]):
        pytest.skip(f"CDK {ACCOUNTS[0]} brought {ACCOUNTS[1]}")
    app = unvalidated_app(outdir=str(outdir))
    here = cdk.Environment(account=HERE, region="eu-west-1")
    there = cdk.Environment(account=THERE, region="eu-west-1")
    roles = cdk.Stack(app, "Roles", env=here)
    asking, neighbour = role(roles, "app"), role(roles, "neighbour")
    vault = cdk.Stack(app, "Vault", env=there)
    vault.node.add_dependency(roles)
    role(vault, "owner")
    key = kms.Key(vault, "Key")
    secret, other = (
        sm.Secret(vault, name, secret_name=f"prod/{name}", encryption_key=key)
        for name in ("db", "other")
    )
    if shares:
        SecretShare(vault, "Share", secret=secret, principals=[asking], describe=describe)
    access = cdk.Stack(app, "Access", env=here)
    if reads:
        SecretReader(
            access, "Reader", secrets=[secret, other], roles=[asking, neighbour], describe=True
        )
    else:
        SecretReader(access, "Reader", secrets=other, roles=[asking])
    app.synth()
    return SecretAccess.from_assembly(outdir)


def test_the_role_reads_the_secret_of_the_other_account_and_nobody_else_does(
    tmp_path: Path,
) -> None:
    access = synthesized(tmp_path)
    access.assert_can_read(APP, SECRET)
    access.assert_only([APP], GET, SECRET)
    access.assert_cannot(APP, DESCRIBE, SECRET)
    for who in (NEIGHBOUR, OWNER):
        access.assert_cannot(who, GET, SECRET)


def test_the_role_describes_it_where_both_say_so(tmp_path: Path) -> None:
    access = synthesized(tmp_path, describe=True)
    access.assert_can(APP, DESCRIBE, SECRET)
    access.assert_cannot(NEIGHBOUR, DESCRIBE, SECRET)


def test_no_request_gets_the_secret_without_both_accounts(tmp_path: Path) -> None:
    access = synthesized(tmp_path, describe=True)
    for who, action in ((NEIGHBOUR, "*"), (OWNER, "*"), (APP, "secretsmanager:Put*")):
        access.assert_never(who, action, SECRET)
    for action in (GET, DESCRIBE):
        with pytest.raises(AssertionError, match=r"; role app.*Reader.* and .*Vault/db"):
            access.assert_never(APP, action, SECRET)
    access.assert_never("*", "secretsmanager:*", f"{SECRET[:-2]}other")


@pytest.mark.parametrize(
    "principal", [iam.AccountPrincipal(HERE), iam.AnyPrincipal(), iam.ArnPrincipal(NEIGHBOUR)]
)
def test_what_is_lent_to_the_account_is_for_those_whom_it_lets(
    tmp_path: Path, principal: iam.PrincipalBase
) -> None:
    app = unvalidated_app(outdir=str(tmp_path))
    here = cdk.Stack(app, "Roles", env=cdk.Environment(account=HERE, region="eu-west-1"))
    there = cdk.Stack(app, "Vault", env=cdk.Environment(account=THERE, region="eu-west-1"))
    secret = sm.Secret(there, "db", secret_name="prod/db")
    lent = iam.PolicyStatement(actions=[GET], resources=["*"], principals=[principal])
    secret.add_to_resource_policy(lent)
    for name in ("neighbour", "limited"):
        allowed = iam.PolicyStatement(actions=[GET], resources=[f"{SECRET}-??????"])
        role(here, name).add_to_policy(allowed)
    role(here, "app")
    limit = iam.ManagedPolicy(
        here, "Limit", statements=[iam.PolicyStatement(actions=[DESCRIBE], resources=["*"])]
    )
    iam.PermissionsBoundary.of(here.node.find_child("limited")).apply(limit)
    app.synth()
    access = SecretAccess.from_assembly(tmp_path)
    with pytest.raises(AssertionError, match="must never be allowed"):
        access.assert_never(NEIGHBOUR, GET, SECRET)
    access.assert_never(NEIGHBOUR, DESCRIBE, SECRET)
    access.assert_never(APP, "*", SECRET)
    access.assert_never(NEIGHBOUR.replace("neighbour", "limited"), "*", SECRET)


def test_what_a_secret_outside_the_templates_allows_is_taken_for_granted(tmp_path: Path) -> None:
    app = unvalidated_app(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Access", env=cdk.Environment(account=HERE, region="eu-west-1"))
    statement = iam.PolicyStatement(actions=[GET], resources=[f"{SECRET}-??????"])
    role(stack, "app").add_to_policy(statement)
    app.synth()
    access = SecretAccess.from_assembly(tmp_path)
    for secret in (f"{SECRET}-AbCdEf", f"{SECRET}-*"):
        with pytest.raises(AssertionError, match="must never be allowed"):
            access.assert_never(APP, GET, secret)


@pytest.mark.parametrize("side", ["reads", "shares"])
def test_one_side_alone_grants_nothing(tmp_path: Path, side: str) -> None:
    sides: dict[str, Any] = {"reads": False, "shares": False, side: True}
    access = synthesized(tmp_path, **sides)
    for action in (GET, DESCRIBE):
        access.assert_cannot(APP, action, SECRET)
        access.assert_never(APP, action, SECRET)


def test_another_secret_under_the_same_key_stays_closed(tmp_path: Path) -> None:
    access = synthesized(tmp_path)
    access.assert_cannot(APP, GET, f"{SECRET[:-2]}other")


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({}, True),
        ({"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}, False),
        ({"kms:ViaService": "ssm.eu-west-1.amazonaws.com"}, False),
        ({"kms:ViaService": None}, False),
        ({"kms:EncryptionContext:SecretARN": f"{SECRET[:-2]}other-AbCdEf"}, False),
        ({"kms:EncryptionContext:SecretARN": None}, False),
    ],
)
def test_the_key_is_used_through_secrets_manager_alone(
    tmp_path: Path, change: dict[str, Any], allowed: bool
) -> None:
    access = synthesized(tmp_path)
    context = {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:SecretARN": f"{SECRET}-AbCdEf",
        **change,
    }
    check = access.assert_can if allowed else access.assert_cannot
    check(APP, DECRYPT, access.deployments[0].keys[0].arn, context=context)
    access.assert_cannot(NEIGHBOUR, DECRYPT, access.deployments[0].keys[0].arn, context=context)


def test_the_one_grant_is_listed_with_the_statements_of_both_sides(tmp_path: Path) -> None:
    (grant,) = synthesized(tmp_path).grants()
    assert grant.certain
    assert "(Roles/app)" in grant.principal
    assert ["(Vault/db)" in secret for secret in grant.secrets] == [True]
    assert "Access/Reader" in grant.reason
    assert "ShareSecretValue" in grant.reason


def test_a_share_is_new_access_for_those_whom_it_names(tmp_path: Path) -> None:
    before = synthesized(tmp_path / "before", shares=False)
    with pytest.raises(AssertionError, match="there is new access") as caught:
        synthesized(tmp_path / "after").assert_no_new_access(since=before)
    message = str(caught.value)
    assert re.findall(r"allows it to (arn:[^;]*)", message) == [APP, APP]
    assert message.index("(ShareSecretValue") < message.index("(DecryptSharedSecret")
