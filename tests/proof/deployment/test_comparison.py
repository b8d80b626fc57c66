"""What templates never allow, and what a change of them adds: proved, or refuted by a request."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from constructs_lib.errors import SecretAccessError
from constructs_lib.proof import Policies, only_principals
from constructs_lib.testing import SecretAccess

GET, PUT_POLICY = "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy"
PREFIX = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
REF = {"Ref": "Db"}


def sub(name: str) -> dict[str, str]:
    return {"Fn::Sub": PREFIX + name}


def allow(actions: Any, resources: Any, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **rest}


def deny(actions: Any, resources: Any, **rest: Any) -> dict[str, Any]:
    return {**allow(actions, resources, **rest), "Effect": "Deny"}


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"},
                  "Action": "sts:AssumeRole"})  # fmt: skip


def template(
    *statements: Mapping[str, Any],
    of_secret: Mapping[str, Any] | None = None,
    of_key: Mapping[str, Any] | None = None,
    trust: Mapping[str, Any] = TRUST,
    **role: Any,
) -> dict[str, Any]:
    """Return a template with a role that has these statements, a secret and a key."""
    resources: dict[str, Any] = {
        "App": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": trust, **role},
        },
        "Db": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "prod/db"}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": of_key} if of_key else {}},
    }
    if statements:
        resources["Policy"] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": document(*statements),
                "Roles": [{"Ref": "App"}],
            },
        }
    if of_secret is not None:
        resources["SecretPolicy"] = {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {"SecretId": REF, "ResourcePolicy": of_secret},
        }
    parameters = {"Team": {"Type": "String"}, "Other": {"Type": "String"}}
    return {"Parameters": parameters, "Resources": resources}


def access(*args: Any, **rest: Any) -> SecretAccess:
    return SecretAccess.from_template(template(*args, **rest))


def to_app(effect: str = "Allow", principal: Any = None) -> dict[str, Any]:
    named = principal or {"AWS": {"Fn::GetAtt": ["App", "Arn"]}}
    return document({"Effect": effect, "Principal": named, "Action": GET, "Resource": "*"})


TEAM, OTHER = (sub(f"${{{name}}}/*") for name in ("Team", "Other"))
VPCE = {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
EVERYONE_BUT = {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
BOUNDARY = {"PermissionsBoundary": "arn:aws:iam::aws:policy/NewReadOnlyAccess"}


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (access(allow(GET, REF)), access(allow(GET, REF))),
        (access(allow(GET, REF)), access(allow(GET, sub("prod/db-??????")))),
        (access(allow(GET, sub("prod/db-??????"))), access(allow(GET, sub("prod/*")))),
        (access(allow(GET, REF, **VPCE)), access(allow(GET, REF))),
        (access(allow(GET, TEAM)), access(allow(GET, TEAM))),
        (access(allow(GET, TEAM, **VPCE)), access(allow(GET, TEAM))),
        (access(allow(GET, TEAM)), access(allow(GET, "*"))),
        (access(allow(GET, "*"), deny(GET, TEAM)), access(allow(GET, "*"))),
        (access(allow(GET, "*"), deny(GET, TEAM)), access(allow("*", "*"), deny(GET, TEAM))),
        (access(), access(allow(GET, REF), of_secret=to_app())),
        (access(of_secret=to_app()), access(of_secret=to_app())),
        (access(allow(GET, REF), **BOUNDARY), access(allow(GET, REF), **BOUNDARY)),
        (access(allow(GET, REF), **BOUNDARY), access(allow(GET, REF))),
    ],
)
def test_a_change_that_grants_nothing_new_is_proved(new: SecretAccess, old: SecretAccess) -> None:
    new.assert_no_new_access(since=old)


UNKNOWN = ["arn:aws:iam::aws:policy/NewSecurityAudit"]
ROOT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}


@pytest.mark.parametrize(
    ("new", "old", "message"),
    [
        (access(allow(GET, REF)), access(), "statement 1"),
        (access(allow(GET, sub("prod/*"))), access(allow(GET, REF)), "prod/"),
        (access(allow(GET, REF)), access(allow(GET, REF, **VPCE)), "db-<6 characters> is"),
        (access(allow(GET, OTHER)), access(allow(GET, TEAM)), "<parameter Other"),
        # The parameter may be `prod`: then what was denied is allowed now.
        (access(allow(GET, sub("prod/*"))),
         access(allow(GET, sub("prod/*")), deny(GET, TEAM)), "prod/"),
        (access(allow(GET, sub("prod/*"))), access(allow(GET, TEAM)), "prod/"),
        # The Region of the stack may be the one that was denied.
        (access(allow(GET, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/*")),
         access(allow(GET, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/*"),
                deny(GET, sub("*"))), "depends on|allowed"),
        (access(of_secret=to_app()), access(), "resource policy"),
        (access(of_secret=to_app(principal="*")), access(of_secret=to_app()), "to \\*"),
        (access(allow(GET, REF)), access(allow(GET, REF), of_secret=to_app("Deny")), "denies"),
        (access(of_secret=to_app()),
         access(deny(GET, REF), of_secret=to_app()), "no longer there"),
        (access(allow(GET, REF)), access(allow(GET, REF), **BOUNDARY), "db-<6 characters> is"),
        (access(of_secret=to_app()), access(of_secret=to_app(), **BOUNDARY), "no longer there"),
        (access(ManagedPolicyArns=UNKNOWN), access(), "SecurityAudit, which is not known"),
        (access(of_key=document(allow("kms:*", "*", Principal=ROOT))),
         access(of_key=document(allow("kms:*", "*", Principal={"AWS": "444455556666"}))),
         "key policy"),
        (access(trust=document({**TRUST["Statement"][0], "Principal": {"AWS": "*"}})),
         access(), "may be assumed"),
        (access(trust=document({**TRUST["Statement"][0],
                                "Principal": {"Service": "lambda.amazonaws.com"}})),
         access(), "may be assumed"),
    ],
)  # fmt: skip
def test_fails_on_what_is_new(new: SecretAccess, old: SecretAccess, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        new.assert_no_new_access(since=old)


def test_a_role_that_is_added_with_access_is_new_access() -> None:
    new = template(allow(GET, REF))
    new["Resources"]["Intruder"] = deepcopy(new["Resources"]["App"])
    new["Resources"]["Policy"]["Properties"]["Roles"].append({"Ref": "Intruder"})
    with pytest.raises(AssertionError, match="role Intruder"):
        SecretAccess.from_template(new).assert_no_new_access(since=access(allow(GET, REF)))


def test_a_condition_of_the_template_is_compared_each_way() -> None:
    conditional = {"Fn::If": ["IsProd", sub("prod/*"), sub("dev/*")]}
    new = template(allow(GET, conditional))
    new["Conditions"] = {"IsProd": {"Fn::Equals": [{"Ref": "Team"}, "prod"]}}
    SecretAccess.from_template(new).assert_no_new_access(since=SecretAccess.from_template(new))
    old = deepcopy(new)
    new["Resources"]["Policy"]["Properties"]["PolicyDocument"] = document(allow(GET, sub("prod/*")))
    with pytest.raises(AssertionError, match="prod/"):
        SecretAccess.from_template(new).assert_no_new_access(since=SecretAccess.from_template(old))


@pytest.mark.parametrize(
    ("granted", "action", "secret"),
    [
        (access(allow(GET, REF)), PUT_POLICY, "*"),
        (access(allow(GET, REF)), ["secretsmanager:Put*", "kms:*"], "Db"),
        (access(allow("*", sub("dev/*"))), "secretsmanager:*", "Db"),
        (access(allow("*", "*"), deny("secretsmanager:*", REF)), "secretsmanager:*", "Db"),
        (access(allow("*", "*"), of_secret=to_app("Deny")), GET, "Db"),
        (access(allow(GET, REF, Condition={"Null": {"aws:PrincipalTag/team": "false"}})), GET, "*"),
    ],
)
def test_what_never_happens_is_proved(granted: SecretAccess, action: Any, secret: str) -> None:
    granted.assert_never("App", action, secret)
    granted.assert_never("*", action, secret)


@pytest.mark.parametrize(
    ("granted", "action", "secret", "message"),
    [
        (access(allow(GET, REF)), GET, "Db", "statement 1"),
        (access(allow(GET, REF, **VPCE)), "secretsmanager:*", "*", "vpce-1"),
        (
            access(allow(GET, TEAM)),
            GET,
            "Db",
            "Resource .*parameter Team.*; give parameters=",
        ),
        (
            access(allow("*", "*"), deny(GET, TEAM)),
            GET,
            "Db",
            "depends on Resource .*parameter Team",
        ),
        (access(of_secret=to_app()), GET, "Db", "resource policy"),
        (access(of_secret=to_app(), **BOUNDARY), GET, "Db", "resource policy|not known"),
        (access(ManagedPolicyArns=UNKNOWN), GET, "*", "which is not known"),
        (access(allow("*", "*"), deny(GET, REF, **EVERYONE_BUT)), GET, "Db", "vpce-1"),
    ],
)
def test_fails_on_what_may_happen(
    granted: SecretAccess, action: str, secret: str, message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        granted.assert_never("App", action, secret)


def test_fails_on_a_baseline_that_was_not_read() -> None:
    with pytest.raises(SecretAccessError, match="since must be a SecretAccess"):
        access().assert_no_new_access(since=template())  # type: ignore[arg-type]


APP, OPERATOR = (f"arn:aws:iam::111122223333:role/{name}" for name in ("app", "operator"))


def test_only_is_proved_of_every_other_principal() -> None:
    can, conditional = Policies([document(allow(GET, "*"))]), document(allow(GET, "*", **VPCE))
    assert only_principals([APP], GET, "*", among={APP: can, OPERATOR: Policies()}).proved
    verdict = only_principals([APP], GET, "*", among={APP: can, OPERATOR: Policies([conditional])})
    assert verdict.refuted
    assert verdict.witness is not None
    assert verdict.witness.principal == OPERATOR
    assert dict(verdict.witness.context) == {"aws:sourcevpce": "vpce-1"}


def test_fails_on_a_principal_that_is_not_among_them() -> None:
    with pytest.raises(SecretAccessError, match="principals must be a list of ARNs"):
        only_principals([OPERATOR], GET, "*", among={APP: Policies()})


def test_a_whole_block_of_conditions_that_is_not_known_is_the_same_in_both() -> None:
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/x"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }

    def assumed(**conditions: Any) -> SecretAccess:
        trust = document({**federated, "Condition": conditions} if conditions else federated)
        body = template(allow(GET, REF), trust=trust)
        for name in ("Json", "Other"):  # a block that a CfnJson resolves
            body["Resources"][name] = {
                "Type": "Custom::AWSCDKCfnJson",
                "Properties": {"ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:x"},
            }
        return SecretAccess.from_template(body)

    block, other = ({"Fn::GetAtt": [name, "Value"]} for name in ("Json", "Other"))
    assumed(StringEquals=block).assert_no_new_access(since=assumed(StringEquals=block))
    assumed(StringEquals=block).assert_no_new_access(since=assumed())
    for before in (assumed(StringEquals=other), assumed(StringLike=block)):
        with pytest.raises(AssertionError, match="may be assumed"):
            assumed(StringEquals=block).assert_no_new_access(since=before)
    with pytest.raises(AssertionError, match="may be assumed"):
        assumed().assert_no_new_access(since=assumed(StringEquals=block))
