"""The checks at synth: whoever wrote the policies, what IAM would refuse fails before."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager

from constructs_lib import PolicyType, SecretAccessChecks, SecretReader, SecretScope
from tests.support.apps import unvalidated_app
from tests.support.releases import CHECKS, needs_cdk

pytestmark = needs_cdk(*CHECKS)

Build = Callable[[cdk.App], None]
ACCOUNT = "111122223333"


def synthesized(build: Build, **context: object) -> list[dict[str, Any]]:
    """Return what the checks find in an app."""
    app = unvalidated_app(context=context)
    build(app)
    cdk.Validations.of(app).add_plugins(SecretAccessChecks(app))
    with suppress(RuntimeError):
        app.synth()
    report = json.loads(Path(app.outdir, "validation-report.json").read_text())
    found: list[dict[str, Any]] = [
        violation
        for plugin in report["pluginReports"]
        if plugin["pluginName"] == "SecretAccess"
        for violation in plugin["violations"]
    ]
    return found


def described(build: Build, **context: object) -> list[str]:
    return [each["description"] for each in synthesized(build, **context)]


def policy_of(length: int, effect: iam.Effect = iam.Effect.ALLOW) -> iam.PolicyStatement:
    """Return a statement that makes a document of about this length."""
    return iam.PolicyStatement(
        effect=effect, actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{'x' * length}"]
    )


def place(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_name(stack, "App", "app")


def stack_in(app: cdk.App, name: str = "Stack", account: str | None = ACCOUNT) -> cdk.Stack:
    return cdk.Stack(app, name, env=cdk.Environment(account=account, region="eu-west-1"))


def test_an_app_within_the_quotas_passes() -> None:
    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        for number in range(10):
            iam.ManagedPolicy(
                stack,
                f"P{number}",
                roles=[place(stack)] if number == 0 else [],
                statements=[policy_of(5_900)],
            )
        iam.Policy(stack, "Inline", users=[iam.User(stack, "U")], statements=[policy_of(1_800)])

    assert described(build) == []


def test_fails_on_a_long_managed_policy() -> None:
    def build(app: cdk.App) -> None:
        iam.ManagedPolicy(stack_in(app), "P", statements=[policy_of(6_100)])

    (found,) = synthesized(build)
    assert found["ruleName"] == "ManagedPolicyLength"
    assert found["description"] == (
        "managed policy 'Stack/P4E0919BE' must be at most 6,144 characters, whitespace not "
        "counted, got 6,208"
    )
    assert found["suggestedFix"] == "make several policies of it"
    (construct,) = found["violatingConstructs"]
    assert construct["constructPath"] == "Stack/P/Resource"


def test_fails_over_the_sum_of_all_that_is_inline() -> None:
    """Of a role's own policies, a default policy, an inline policy of ours, and one of another."""

    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        own = iam.PolicyDocument(statements=[policy_of(3_000)])
        role = iam.Role(
            stack, "R", assumed_by=iam.AccountRootPrincipal(), inline_policies={"own": own}
        )
        role.add_to_policy(policy_of(3_000))
        iam.Policy(stack, "Other", roles=[role], statements=[policy_of(3_000)])
        scopes = [SecretScope.from_secret_name(f"a-long-name/{i:03}") for i in range(20)]
        SecretReader(stack, "Ours", secrets=scopes, roles=[role], policy_type=PolicyType.INLINE)

    (found,) = described(build)
    assert found.startswith("inline policies of role 'Stack/R")
    assert "must be at most 10,240 characters" in found


@pytest.mark.parametrize(
    ("count", "raised", "passes"),
    [(10, None, True), (11, None, False), (20, 20, True), (21, 20, False)],
)
def test_counts_the_managed_policies_of_a_role(
    count: int, raised: int | None, passes: bool
) -> None:
    def build(app: cdk.App) -> None:
        one, other = stack_in(app, "One"), stack_in(app, "Other")
        for number in range(count):
            stack = one if number % 2 else other
            role = iam.Role.from_role_name(stack, f"App{number}", "app")
            iam.ManagedPolicy(stack, f"P{number}", roles=[role], statements=[policy_of(9)])

    context = {"secret-access-cdk:managedPoliciesPerRole": raised} if raised else {}
    expected = (
        f"role 'app' must have at most {raised or 10} managed policies, got {count} from this app"
    )
    assert described(build, **context) == [expected] * (not passes)


def test_a_role_of_the_app_is_one_in_all_its_stacks() -> None:
    def build(app: cdk.App) -> None:
        home, other = stack_in(app, "Home"), stack_in(app, "Other")
        role = iam.Role(
            home,
            "R",
            assumed_by=iam.AccountRootPrincipal(),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")],
        )
        for number in range(10):
            stack = other if number % 2 else home
            iam.CfnManagedPolicy(
                stack, f"P{number}", policy_document={"Statement": []}, roles=[role.role_name]
            )

    (found,) = described(build)
    assert "must have at most 10 managed policies, got 11" in found
    assert found.startswith("role 'Home/R")


def test_roles_of_one_name_in_two_accounts_are_two() -> None:
    def build(app: cdk.App) -> None:
        for account in (ACCOUNT, "444455556666"):
            stack = stack_in(app, f"In{account}", account)
            for number in range(6):
                role = iam.Role.from_role_name(stack, f"R{number}", "app")
                iam.ManagedPolicy(stack, f"P{number}", roles=[role], statements=[policy_of(9)])

    assert described(build) == []


def test_the_stages_of_an_app_are_apart_where_accounts_are_not_known() -> None:
    def build(app: cdk.App) -> None:
        for name in ("Test", "Prod"):
            stack = cdk.Stack(cdk.Stage(app, name), "Stack")
            for number in range(6):
                role = iam.Role.from_role_name(stack, f"R{number}", "app")
                iam.ManagedPolicy(stack, f"P{number}", roles=[role], statements=[policy_of(9)])

    assert described(build) == []


def test_roles_of_one_name_that_two_stacks_make_are_two() -> None:
    """One account has room for one of them: stacks for a test and for production, say."""

    def build(app: cdk.App) -> None:
        for name in ("Test", "Prod"):
            stack = cdk.Stack(app, name)
            role = iam.Role(stack, "R", role_name="app", assumed_by=iam.AccountRootPrincipal())
            iam.Policy(stack, "I", policy_name="p", roles=[role], statements=[policy_of(9)])
            for number in range(6):
                iam.ManagedPolicy(stack, f"P{number}", roles=[role], statements=[policy_of(9)])

    assert described(build) == []


def test_fails_on_inline_policies_of_one_name() -> None:
    def build(app: cdk.App) -> None:
        for name in ("One", "Other"):
            stack = stack_in(app, name)
            iam.Policy(
                stack, "P", policy_name="secrets", roles=[place(stack)], statements=[policy_of(9)]
            )

    (found,) = synthesized(build)
    assert found["ruleName"] == "InlinePolicyName"
    assert found["description"].startswith("role 'app' has 2 inline policies called 'secrets'")


def test_fails_on_inline_policies_of_one_name_in_the_role_itself() -> None:
    def build(app: cdk.App) -> None:
        policies = [
            iam.CfnRole.PolicyProperty(policy_name="p", policy_document={"Statement": [effect]})
            for effect in ("Allow", "Deny")
        ]
        iam.CfnRole(stack_in(app), "R", assume_role_policy_document={}, policies=policies)

    (found,) = described(build)
    assert found.startswith("role 'Stack/R' has 2 inline policies called 'p'")


def test_an_inline_policy_counts_once_for_a_role_by_its_name_and_by_reference() -> None:
    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        role = iam.Role(stack, "R", role_name="app", assumed_by=iam.AccountRootPrincipal())
        iam.Policy(stack, "P", roles=[role, place(stack)], statements=[policy_of(6000)])

    assert described(build) == []


def test_what_a_condition_may_leave_out_is_not_summed_up() -> None:
    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        condition = cdk.CfnCondition(stack, "C")
        for number in range(12):
            policy = iam.CfnManagedPolicy(
                stack, f"P{number}", roles=["app"], policy_document={"Statement": []}
            )
            policy.cfn_options.condition = condition

    assert described(build) == []


def test_secrets_and_keys_of_the_app_count_at_their_length() -> None:
    """Tokens, each of which is an ARN in the deployed document."""

    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        secrets = [secretsmanager.Secret(stack, f"Secret{number}") for number in range(80)]
        iam.ManagedPolicy(
            stack,
            "P",
            statements=[
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"],
                    resources=[secret.secret_arn for secret in secrets],
                )
            ],
        )

    (found,) = described(build)
    assert "must be at most 6,144 characters" in found


def test_what_is_broken_is_left_to_cloudformation() -> None:
    app = unvalidated_app()
    stack = stack_in(app)
    role = cdk.CfnResource(stack, "R", type="AWS::IAM::Role")
    role.add_override("Properties", "broken")
    iam.CfnPolicy(stack, "P", policy_name="p", policy_document={}, roles=[role.ref])
    cdk.Validations.of(app).add_plugins(SecretAccessChecks(app))
    assembly = app.synth()
    assert [each.stack_name for each in assembly.stacks] == ["Stack"]


def test_nested_stacks_are_checked_too() -> None:
    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        nested = cdk.NestedStack(cdk.NestedStack(stack, "Outer"), "Inner")
        here = str(Path(__file__).parent / "__init__.py")
        assets.Asset(nested, "File", path=here)
        iam.ManagedPolicy(nested, "P", statements=[policy_of(7000)])

    (found,) = synthesized(build)
    assert found["ruleName"] == "ManagedPolicyLength"
    assert ", got 7," in found["description"]


@pytest.mark.parametrize(("conditional", "passes"), [(False, False), (True, True)])
def test_a_role_is_one_in_nested_stacks_too(conditional: bool, passes: bool) -> None:
    def build(app: cdk.App) -> None:
        stack = stack_in(app)
        role = iam.Role(stack, "R", assumed_by=iam.AccountRootPrincipal())
        for name in ("One", "Two"):
            outer = cdk.NestedStack(stack, f"{name}Outer")
            nested = cdk.NestedStack(outer, name)
            for number in range(6):
                iam.CfnManagedPolicy(
                    nested, f"P{number}", policy_document={}, roles=[role.role_name]
                )
            if conditional:
                resource = outer.nested_stack_resource
                assert resource is not None
                resource.cfn_options.condition = cdk.CfnCondition(stack, f"{name}Condition")

    expected = "role 'Stack/RC21A1702' must have at most 10 managed policies, got 12 from this app"
    assert [each.partition(";")[0] for each in described(build)] == [expected] * (not passes)


def test_a_finding_can_be_acknowledged() -> None:
    def build(app: cdk.App) -> None:
        policy = iam.ManagedPolicy(stack_in(app), "P", statements=[policy_of(6_100)])
        cdk.Validations.of(policy).acknowledge(
            cdk.Acknowledgment(id="SecretAccess::ManagedPolicyLength", reason="to be cut")
        )

    assert described(build) == []


def test_fails_on_a_raised_quota_that_aws_does_not_have() -> None:
    context = {"secret-access-cdk:managedPoliciesPerRole": 99}
    app = unvalidated_app(context=context)
    stack = stack_in(app)
    for number in range(11):
        iam.CfnManagedPolicy(stack, f"P{number}", policy_document={"Statement": []}, roles=["app"])
    cdk.Validations.of(app).add_plugins(SecretAccessChecks(app))
    with pytest.raises(RuntimeError, match="managedPoliciesPerRole must be 10 to 25, .*got 99"):
        app.synth()


def test_cdk_alone_says_nothing_of_any(tmp_path: Path) -> None:
    """What the checks are for: these templates fail only when they are deployed."""
    app = unvalidated_app(outdir=str(tmp_path))
    stack = stack_in(app)
    iam.ManagedPolicy(stack, "Long", statements=[policy_of(12_000)])
    iam.Policy(stack, "Inline", users=[iam.User(stack, "U")], statements=[policy_of(9_000)])
    for number in range(30):
        iam.ManagedPolicy(
            stack,
            f"P{number}",
            roles=[iam.Role.from_role_name(stack, f"R{number}", "app")],
            statements=[policy_of(9)],
        )
    key = kms.Key(stack, "Key")
    assert key.key_arn
    app.synth()
