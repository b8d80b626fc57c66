"""Bad input gets an error at once, and nothing is left in the tree."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template
from constructs import Construct

from constructs_lib import (
    DenyLevel,
    DenySecretAccess,
    PolicyType,
    SecretAccessError,
    SecretReader,
    SecretRotator,
    SecretScope,
    TagMatchedAccess,
)
from constructs_lib.policy.intents import AdministerSecrets

SECRET = SecretScope.from_secret_name("prod/db")
OTHER_ACCOUNT = "arn:aws:iam::444455556666:"
HUNDRED = [SecretScope.from_secret_name(f"team/service/secret-{i:03}") for i in range(100)]


def refused(scope: Construct, message: str, **props: Any) -> None:
    with pytest.raises(SecretAccessError, match=message):
        SecretReader(scope, "Bad", **{"secrets": SECRET, **props})
    assert scope.node.try_find_child("Bad") is None


# --- principals ------------------------------------------------------------------------------

Import = Callable[[cdk.Stack], Any]


@pytest.mark.parametrize(
    ("kind", "principal"),
    [
        ("user", lambda s: iam.User.from_user_arn(s, "P", f"{OTHER_ACCOUNT}user/alice")),
        ("role", lambda s: iam.Role.from_role_arn(s, "P", f"{OTHER_ACCOUNT}role/app")),
        ("group", lambda s: iam.Group.from_group_arn(s, "P", f"{OTHER_ACCOUNT}group/ops")),
    ],
)
def test_fails_on_a_principal_of_another_account(
    ireland: cdk.Stack, kind: str, principal: Import
) -> None:
    message = (
        f"^{kind} must be of the account of the stack, 111122223333: .* of account 444455556666;"
    )
    refused(ireland, message, **{f"{kind}s": [principal(ireland)]})


def test_fails_on_a_role_that_another_accounts_stack_owns(app: cdk.App, ireland: cdk.Stack) -> None:
    env = cdk.Environment(account="444455556666", region="eu-west-1")
    role = iam.Role(
        cdk.Stack(app, "Other", env=env),
        "Role",
        role_name="app",
        assumed_by=iam.AccountRootPrincipal(),
    )
    refused(
        ireland,
        "^role must be of the account of the stack, .* of account 444455556666;",
        roles=[role],
    )


@pytest.mark.parametrize(
    "immutable",
    [
        lambda s: iam.Role.from_role_name(s, "App", "app", mutable=False),
        lambda s: iam.Role.from_role_arn(
            s, "App", "arn:aws:iam::111122223333:role/app", mutable=False
        ),
        lambda s: iam.Role(
            s, "App", assumed_by=iam.AccountRootPrincipal()
        ).without_policy_updates(),
    ],
)
def test_fails_on_an_immutable_role(stack: cdk.Stack, immutable: Import) -> None:
    role = immutable(stack)
    refused(stack, "^role must be mutable: .*, got the immutable role '", roles=[role])
    reader = SecretReader(stack, "Reader", secrets=SECRET)
    with pytest.raises(
        SecretAccessError, match="^role must be mutable: .*, got the immutable role '"
    ):
        reader.attach_to_role(role)


def test_fails_on_an_immutable_role_that_stands_elsewhere(stack: cdk.Stack) -> None:
    elsewhere = Construct(stack, "Elsewhere")
    role = iam.Role.from_role_name(elsewhere, "App", "app", mutable=False)
    iam.Role.from_role_name(stack, "App", "app")
    refused(stack, "^role must be mutable: .*, got the immutable role '", roles=[role])


def test_fails_on_an_immutable_role_beside_its_policy(stack: cdk.Stack) -> None:
    here = Construct(stack, "Here")
    role = iam.Role.from_role_name(here, "App", "app", mutable=False)
    refused(here, "^role must be mutable: .*, got the immutable role '", roles=[role])


def test_cdk_itself_would_attach_to_an_immutable_role_and_drop_a_grant(stack: cdk.Stack) -> None:
    """What the refusal is for: the user's word that the role is left alone is broken or ignored."""
    role = iam.Role.from_role_name(stack, "App", "app", mutable=False)
    iam.ManagedPolicy(
        stack,
        "Policy",
        roles=[role],
        statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])],
    )
    role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=["*"]))
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::IAM::ManagedPolicy", {"Roles": ["app"]})
    template.resource_count_is("AWS::IAM::Policy", 0)


def test_a_role_whose_id_merely_looks_immutable_is_taken(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "ImmutableRoleOfOurs", "app")
    SecretReader(stack, "Reader", secrets=SECRET, roles=[role])
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::ManagedPolicy", {"Roles": ["app"]}
    )


@pytest.mark.parametrize(
    "path",
    [
        "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1234567890abcdef",
        "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
    ],
)
def test_fails_on_a_role_that_aws_keeps(stack: cdk.Stack, path: str) -> None:
    role = iam.Role.from_role_arn(stack, "Role", f"arn:aws:iam::111122223333:role/{path}")
    refused(stack, "^role must be one of your own roles: .*, got 'AWS", roles=[role])


def test_a_lambda_functions_role_is_taken(stack: cdk.Stack) -> None:
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    assert function.role is not None
    SecretReader(stack, "Reader", secrets=SECRET, roles=[function.role])
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    assert policy["Properties"]["Roles"] == [{"Ref": "FunctionServiceRole675BB04A"}]


@pytest.mark.parametrize(
    "principal", [None, "app", 7, iam.ServicePrincipal("ecs-tasks.amazonaws.com")]
)
@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_fails_on_what_is_no_principal_of_the_kind(
    stack: cdk.Stack, kind: str, principal: object
) -> None:
    name = kind.capitalize()
    refused(
        stack,
        rf"^{kind} must be an aws_iam\.I{name}, got .*{name}\.from_",
        **{f"{kind}s": [principal]},
    )


def test_fails_on_a_role_given_for_a_user_even_if_it_was_given_for_a_role(
    stack: cdk.Stack,
) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    SecretReader(stack, "Reader", secrets=SECRET, roles=[role])
    refused(stack, "^user must be an aws_iam.IUser, got ", users=[role])


@pytest.mark.parametrize("kind", ["user", "role", "group"])
def test_fails_on_a_principal_without_its_list(stack: cdk.Stack, kind: str) -> None:
    refused(stack, rf"^{kind}s must be a sequence.*{kind}s=\[\.\.\.\]", **{f"{kind}s": "alice"})
    refused(stack, rf"^{kind}s must be a sequence.*{kind}s=\[\.\.\.\]", **{f"{kind}s": None})


# --- inline ----------------------------------------------------------------------------------


def test_fails_at_synth_on_an_inline_policy_attached_to_nobody(
    app: cdk.App, stack: cdk.Stack
) -> None:
    SecretReader(stack, "Reader", secrets=SECRET, policy_type=PolicyType.INLINE)
    with pytest.raises(
        RuntimeError, match="inline policy 'Stack/Reader' must be attached to at least one user"
    ):
        app.synth()


@pytest.mark.parametrize("prop", ["path", "description"])
def test_fails_on_what_only_a_managed_policy_has(stack: cdk.Stack, prop: str) -> None:
    user = iam.User.from_user_name(stack, "Alice", "alice")
    props = {prop: "/secrets/", "users": [user], "policy_type": PolicyType.INLINE}
    refused(stack, f"^{prop} must be omitted for an inline policy, got '/secrets/'", **props)


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "é", "a" * 129])
def test_fails_on_a_policy_name_that_iam_forbids(stack: cdk.Stack, name: str) -> None:
    refused(stack, "^policy_name must be 1 to 128 letters", policy_name=name)


def test_a_policy_name_may_be_a_token(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    SecretReader(stack, "Reader", secrets=SECRET, policy_name=f"{name}-reader", path=f"/{name}/")
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": {"Fn::Join": ["", [{"Ref": "Name"}, "-reader"]]}},
    )


@pytest.mark.parametrize("path", ["", "a", "/a", "a/", "//" + "a" * 511 + "/", "/a b/"])
def test_fails_on_a_path_that_iam_forbids(stack: cdk.Stack, path: str) -> None:
    refused(stack, "^path must be .* begin and end with /", path=path)


def test_fails_on_a_description_that_is_too_long(stack: cdk.Stack) -> None:
    refused(
        stack, "^description must be at most 1,000 characters, got 1,001", description="a" * 1_001
    )


@pytest.mark.parametrize("policy_type", ["managed", None, "INLINE"])
def test_fails_on_a_policy_type_that_is_none(stack: cdk.Stack, policy_type: object) -> None:
    refused(stack, "^policy_type must be .*PolicyType.INLINE", policy_type=policy_type)


# --- quotas ----------------------------------------------------------------------------------


def test_fails_over_the_quota_of_a_managed_policy(stack: cdk.Stack) -> None:
    tags = {f"Key{number}": "x" * 200 for number in range(40)}  # one scope is not cut
    message = "^managed policy 'Bad' must be at most 6,144 characters"
    refused(stack, message, secrets=SecretScope.from_tags(tags))


@pytest.mark.parametrize(
    ("kind", "count", "quota"), [("user", 20, "2,048"), ("group", 60, "5,120")]
)
def test_fails_over_the_quota_of_an_inline_policy(
    stack: cdk.Stack, kind: str, count: int, quota: str
) -> None:
    principals = {
        "user": iam.User.from_user_name(stack, "Alice", "alice"),
        "group": iam.Group.from_group_name(stack, "Ops", "ops"),
    }
    name = {"user": "alice", "group": "ops"}[kind]
    message = f"^inline policies of {kind} '{name}' must be at most {quota} characters"
    props: dict[str, Any] = {"policy_type": PolicyType.INLINE, "secrets": HUNDRED[:count]}
    refused(stack, message, **props, **{f"{kind}s": [principals[kind]]})

    role = iam.Role.from_role_name(stack, "App", "app")
    reader = SecretReader(stack, "Reader", roles=[role], **props)
    with pytest.raises(SecretAccessError, match=message):
        getattr(reader, f"attach_to_{kind}")(principals[kind])
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert set(policy["Properties"]) == {"PolicyDocument", "PolicyName", "Roles"}


def test_fails_over_the_quota_of_an_inline_policy_for_a_role(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_name(stack, "App", "app")
    many = [SecretScope.from_secret_name(f"team/service/secret-{i:03}") for i in range(120)]
    message = "^inline policies of role 'app' must be at most 10,240 characters"
    refused(stack, message, secrets=many, roles=[role], policy_type=PolicyType.INLINE)


def test_cdk_itself_says_nothing_of_a_policy_over_the_quota(stack: cdk.Stack) -> None:
    """What the refusal is for: this template fails only when it is deployed."""
    iam.ManagedPolicy(
        stack,
        "Policy",
        statements=[
            iam.PolicyStatement(
                actions=list(AdministerSecrets(SECRET).statements()[0].actions),
                resources=[f"arn:aws:secretsmanager:*:*:secret:{i:0100}-??????" for i in range(90)],
            )
        ],
    )
    Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)


def test_a_stack_that_knows_its_place_is_measured_by_it(
    ireland: cdk.Stack, stack: cdk.Stack
) -> None:
    seventy = [SecretScope.from_secret_name(f"team/s{i:03}") for i in range(71)]
    assert len(SecretReader(ireland, "Reader", secrets=seventy).policy_documents) == 1
    assert len(SecretReader(stack, "Reader", secrets=seventy).policy_documents) == 2


# --- what the principals are -----------------------------------------------------------------

HOME = "arn:aws:iam::111122223333:"


@pytest.mark.parametrize(
    ("kind", "principal"),
    [
        ("user", lambda s: iam.User.from_user_name(s, "P", "al ice*")),
        ("role", lambda s: iam.Role.from_role_arn(s, "P", f"{HOME}role/*")),
        ("role", lambda s: iam.Role.from_role_arn(s, "P", f"{HOME}user/alice")),
        (
            "role",
            lambda s: iam.Role.from_role_arn(
                s, "P", "arn:aws:sts::111122223333:assumed-role/app/session"
            ),
        ),
        ("group", lambda s: iam.Group.from_group_name(s, "P", "x*")),
    ],
)
def test_fails_on_a_name_or_arn_of_something_else(
    ireland: cdk.Stack, kind: str, principal: Import
) -> None:
    refused(
        ireland,
        f"^{kind} must have the name of a {kind}: .*of the ARN",
        **{f"{kind}s": [principal(ireland)]},
    )


def test_fails_on_a_resource_of_the_first_level(stack: cdk.Stack) -> None:
    role = iam.CfnRole(stack, "Role", assume_role_policy_document={})
    refused(stack, "^role must be an aws_iam.IRole, got", roles=[role])


def test_fails_on_a_role_that_customize_roles_took_out(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Customized")
    iam.Role.customize_roles(stack)
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    refused(stack, "^role must be .*, which Role.customize_roles leaves out", roles=[role])


def test_a_role_is_looked_up(ireland: cdk.Stack) -> None:
    """On the first pass CDK knows only a stand-in, of which no check may fail."""
    role = iam.Role.from_lookup(ireland, "Role", role_name="app")
    SecretReader(ireland, "Reader", secrets=SECRET, roles=[role])


def test_fails_on_a_key_of_another_region_than_the_stacks(ireland: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", "arn:aws:kms:us-east-1:111122223333:key/abc")
    secret = SecretScope.from_secret_name("a", encryption_key=key)
    refused(
        ireland,
        "^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;",
        secrets=secret,
    )


def test_fails_on_a_key_of_the_app_in_another_region(app: cdk.App, ireland: cdk.Stack) -> None:
    """Its ARN is a token, which does not tell where the key is."""
    env = cdk.Environment(account="111122223333", region="us-east-1")
    key = kms.Key(cdk.Stack(app, "Virginia", env=env), "Key")
    message = "^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;"
    refused(ireland, message, secrets=SecretScope.from_secret_name("a", encryption_key=key))
    with pytest.raises(SecretAccessError, match=message):
        SecretScope.from_secret_name("a", encryption_key=key, region="eu-west-1")
    here = kms.Key(ireland, "Here")
    SecretReader(ireland, "Reader", secrets=SecretScope.from_secret_name("a", encryption_key=here))


def test_fails_on_a_superusers_key_of_another_region_than_the_stacks(ireland: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", "arn:aws:kms:us-east-1:111122223333:key/abc")
    superuser = SecretScope.from_secret_name("admin", encryption_key=key)
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;",
    ):
        SecretRotator(ireland, "Bad", secrets=SECRET, superuser_secrets=superuser)


def test_a_deny_asks_for_no_key(stack: cdk.Stack) -> None:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/orders")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=alias)
    DenySecretAccess(stack, "Deny", secrets=secret)
    Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)


@pytest.mark.parametrize("level", [DenyLevel.VALUE, DenyLevel.METADATA])
def test_fails_on_an_alias_where_a_deny_must_know_the_key(
    stack: cdk.Stack, level: DenyLevel
) -> None:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/orders")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=alias)
    with pytest.raises(SecretAccessError, match="give the key itself as encryption_key"):
        DenySecretAccess(stack, "Deny", secrets=secret, level=level)
    DenySecretAccess(stack, "Deny", secrets=secret, level=DenyLevel.ALL)


def test_fails_on_a_key_of_another_region_that_a_deny_names(ireland: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(ireland, "Key", "arn:aws:kms:us-east-1:111122223333:key/abc")
    secret = SecretScope.from_secret_name("a", encryption_key=key)
    with pytest.raises(
        SecretAccessError,
        match="^key ARN must be of the Region of the secret, eu-west-1, got .* of us-east-1;",
    ):
        DenySecretAccess(ireland, "Deny", secrets=secret, level=DenyLevel.VALUE)


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"level": "value"}, "^level must be DenyLevel.*, got 'value'"),
        ({"except_principals": []}, r"^except_principals must be .*, got \[\]"),
        ({"except_vpc_endpoints": []}, r"^except_vpc_endpoints must be .*, got \[\]"),
        ({"except_vpc_endpoints": ["vpce-*"]}, r"^VPC endpoint must be .*, got 'vpce-\*'"),
    ],
)
def test_fails_on_a_denys_option_that_is_not_what_aws_has(
    stack: cdk.Stack, props: dict[str, Any], message: str
) -> None:
    with pytest.raises(SecretAccessError, match=message):
        DenySecretAccess(stack, "Deny", secrets=SECRET, **props)
    assert not stack.node.children


def test_fails_on_an_exception_for_a_principal_of_another_account(ireland: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(ireland, "P", f"{OTHER_ACCOUNT}role/app")
    with pytest.raises(
        SecretAccessError, match="account of the policy, 111122223333, got .*444455556666:role/app"
    ):
        DenySecretAccess(ireland, "Deny", secrets=SECRET, except_principals=[role])


def test_fails_on_an_exception_for_a_group(stack: cdk.Stack) -> None:
    group: Any = iam.Group.from_group_name(stack, "Ops", "ops")
    with pytest.raises(SecretAccessError, match="^excepted principal must be .*name its users"):
        DenySecretAccess(stack, "Deny", secrets=SECRET, except_principals=[group])


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"tag_keys": []}, r"^tag_keys must be .*, got \[\]; give a list: tag_keys=\[\.\.\.\]$"),
        ({"tag_keys": "Project"}, "^tag_keys must be .*, got 'Project'"),
        ({"read": False}, "^one of read, describe, write and create must be True"),
        ({"create": "yes"}, "^create must be True or False, got 'yes'"),
        (
            {"secrets": SecretScope.from_tags({"Stage": "prod"})},
            "^secrets must be chosen by name, .*, got {'Stage'",
        ),
        ({"secrets": []}, "^secrets must be one secret, or"),
    ],
)
def test_fails_on_tag_matched_access_to_nothing_that_is_told(
    stack: cdk.Stack, props: dict[str, Any], message: str
) -> None:
    with pytest.raises(SecretAccessError, match=message):
        TagMatchedAccess(stack, "Bad", **{"tag_keys": ["Project"], **props})
    assert not stack.node.children


@pytest.mark.parametrize("prop", ["policy_name", "path", "description"])
def test_fails_on_a_prop_that_is_no_text(stack: cdk.Stack, prop: str) -> None:
    refused(stack, f"^{prop} must be .*, got 7;", **{prop: 7})


def test_fails_on_what_is_forbidden_beside_a_token(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    refused(stack, "^policy_name must be", policy_name=f"{name} a/b")
    refused(stack, "^path must be", path=f"/{name}/x y/")
    refused(stack, "^path must be", path="/a*:b/")
