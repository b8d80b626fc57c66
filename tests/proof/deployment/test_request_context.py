"""The context of a request: what is in it, what is absent, and what is not known."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.request_context import (
    ABSENT,
    EKS_SESSION_TAGS,
    PRESENT,
    complete_request,
)
from constructs_lib.testing import SecretAccess
from tests.support.seeds import seed_of_run

GET = "secretsmanager:GetSecretValue"
DECRYPT = "kms:Decrypt"
LAMBDA = {"Service": "lambda.amazonaws.com"}
EKS = {"Service": "pods.eks.amazonaws.com"}
NOTHING_SAID = "of which the request says nothing"
RUNS = 500


def allow(action: str = GET, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def trusting(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def assumed_by(
    principal: Any = LAMBDA, actions: Any = "sts:AssumeRole", **more: Any
) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": actions, **more}


def tags(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def template_of(
    *statements: dict[str, Any],
    trust: dict[str, Any] | None = None,
    role_tags: dict[str, Any] | None = None,
    secret_tags: dict[str, Any] | None = None,
    key: dict[str, Any] | None = None,
    key_statements: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    policies = [
        {
            "PolicyName": "p",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
        }
    ]
    everyone = {
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    }
    key_policy = {"Version": "2012-10-17", "Statement": [everyone, *key_statements]}
    return {
        "Parameters": {"TagKey": {"Type": "String"}},
        "Resources": {
            "S": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {
                    "Name": "prod/db",
                    "Tags": tags(secret_tags or {}),
                    "KmsKeyId": {"Fn::GetAtt": ["K", "Arn"]},
                },
            },
            "K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": key_policy, **(key or {})}},
            "R": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "app",
                    "Tags": tags(role_tags or {}),
                    "AssumeRolePolicyDocument": trust or trusting(assumed_by()),
                    "Policies": policies,
                },
            },
            "U": {
                "Type": "AWS::IAM::User",
                "Properties": {
                    "UserName": "ann",
                    "Tags": tags(role_tags or {}),
                    "Policies": policies,
                },
            },
        },
    }


def accessible(*statements: dict[str, Any], **more: Any) -> SecretAccess:
    return SecretAccess.from_template(
        template_of(*statements, **more), region="eu-west-1", account="111122223333"
    )


def undetermined(access: SecretAccess, who: str, action: str, what: str, says: str) -> None:
    """Check that neither answer is certain."""
    for check in (access.assert_can, access.assert_cannot):
        with pytest.raises(AssertionError, match=says):
            check(who, action, what)


# --- what AWS services may send -------------------------------------------------------------


@pytest.mark.parametrize("who", ["app", "ann"])
@pytest.mark.parametrize(
    ("action", "what", "condition"),
    [
        (
            GET,
            "S",
            {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
        ),
        (GET, "S", {"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"}}),
        (GET, "S", {"StringLike": {"aws:calledvialast": "*"}}),
        (GET, "S", {"Null": {"aws:CalledVia": "true"}}),
        (GET, "S", {"Bool": {"aws:ViaAWSService": "true"}}),
        (GET, "S", {"Bool": {"aws:ViaAWSService": "false"}}),
        (GET, "S", {"BoolIfExists": {"aws:viaawsservice": "true"}}),
        (
            DECRYPT,
            "K",
            {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        ),
        (DECRYPT, "K", {"StringNotEquals": {"kms:ViaService": "ssm.eu-west-1.amazonaws.com"}}),
        (DECRYPT, "K", {"Bool": {"aws:ViaAWSService": "true"}}),
        (DECRYPT, "K", {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}),
        (DECRYPT, "K", {"StringEquals": {"kms:EncryptionContext:Project": "orders"}}),
    ],
)
def test_fails_where_a_service_may_send_the_key(
    who: str, action: str, what: str, condition: dict[str, Any]
) -> None:
    undetermined(
        accessible(allow(action, Condition=condition)), who, action, what, says=NOTHING_SAID
    )


def test_the_context_of_a_test_decides() -> None:
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    last = {"StringEquals": {"aws:CalledViaLast": "athena.amazonaws.com"}}
    for condition in (via, last):
        access = accessible(allow(Condition=condition))
        chain = ["cloudformation.amazonaws.com", "athena.amazonaws.com"]
        access.assert_can("app", GET, "S", context={"aws:CalledVia": chain})
        access.assert_cannot("app", GET, "S", context={"aws:CalledVia": chain[:1]})
        access.assert_cannot("app", GET, "S", context={"aws:ViaAWSService": "false"})
    access = accessible(allow(Condition={"Bool": {"aws:ViaAWSService": "true"}}))
    access.assert_can("app", GET, "S", context={"aws:CalledVia": "athena.amazonaws.com"})


# --- what AWS documents ---------------------------------------------------------------------


def test_each_key_has_the_page_that_documents_it() -> None:
    assert all(keys.source.startswith("https://docs.aws.amazon.com/") for keys in ABSENT + PRESENT)


@pytest.mark.parametrize("keys", ABSENT, ids=lambda keys: keys.name)
def test_what_is_documented_to_be_absent_is_absent(keys: Any) -> None:
    key = f"{keys.name}viaservice" if keys.name.endswith(":") else keys.name
    service = keys.service or "secretsmanager"
    action, what = (DECRYPT, "K") if service == "kms" else (GET, "S")
    access = accessible(allow(action, Condition={"StringLike": {key: "*"}}))
    access.assert_cannot("app", action, what)
    access = accessible(allow(action, Condition={"Null": {key: "true"}}))
    access.assert_can("app", action, what)


@pytest.mark.parametrize("key", [keys.name for keys in PRESENT])
def test_what_is_in_every_request_is_not_absent(key: str) -> None:
    accessible(allow(Condition={"Null": {key: "true"}})).assert_cannot("app", GET, "S")
    accessible(allow(Condition={"Null": {key: "false"}})).assert_can("app", GET, "S")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, True),
        ({"StringEquals": {"aws:ResourceAccount": "111122223333"}}, True),
        ({"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, True),
    ],
)
def test_values_that_follow_from_the_request_are_known(
    condition: dict[str, Any], allowed: bool
) -> None:
    access = accessible(allow(Condition=condition))
    (access.assert_can if allowed else access.assert_cannot)("app", GET, "S")


# --- session tags ---------------------------------------------------------------------------


def tagged(key: str, value: str = "pay") -> dict[str, Any]:
    return {"StringEquals": {f"aws:PrincipalTag/{key}": value}}


@pytest.mark.parametrize("key", sorted(EKS_SESSION_TAGS))
@pytest.mark.parametrize("actions", [["sts:AssumeRole", "sts:TagSession"], "sts:*", "STS:Tag*"])
def test_fails_for_the_session_tags_of_eks_pod_identity(key: str, actions: Any) -> None:
    trust = trusting(assumed_by(EKS, actions))
    access = accessible(allow(Condition=tagged(key)), trust=trust)
    undetermined(access, "app", GET, "S", says=NOTHING_SAID)
    with pytest.raises(AssertionError, match="is allowed by"):
        access.assert_never("app", GET, "S")
    access.assert_cannot("app", GET, "S", context={f"aws:PrincipalTag/{key}": None})


def test_eks_pod_identity_sends_no_other_tags() -> None:
    trust = trusting(assumed_by(EKS, ["sts:AssumeRole", "sts:TagSession"]))
    access = accessible(allow(Condition=tagged("team")), trust=trust)
    access.assert_cannot("app", GET, "S")
    access.assert_never("app", GET, "S")
    access = accessible(allow(Condition=tagged("team")), trust=trust, role_tags={"Team": "pay"})
    access.assert_can("app", GET, "S")


@pytest.mark.parametrize(
    "statements",
    [
        [assumed_by(LAMBDA, ["sts:AssumeRole", "sts:TagSession"])],
        [assumed_by(), assumed_by({"AWS": "111122223333"}, "sts:TagSession")],
        [assumed_by(), assumed_by(EKS, "sts:TagSession"), assumed_by("*", "sts:*")],
        [assumed_by([EKS["Service"], "lambda.amazonaws.com"], "*")],
        [assumed_by({"Federated": "accounts.google.com"}, ["sts:T?gSession"])],
        [{"Effect": "Allow", "Principal": LAMBDA, "NotAction": "sts:AssumeRole"}],
        [assumed_by(LAMBDA, {"Fn::Sub": "sts:${TagKey}"})],
    ],
)
def test_fails_for_every_tag_that_a_session_may_have(statements: list[dict[str, Any]]) -> None:
    access = accessible(allow(Condition=tagged("team")), trust=trusting(*statements))
    undetermined(access, "app", GET, "S", says=NOTHING_SAID)
    with pytest.raises(AssertionError, match="is allowed by"):
        access.assert_never("app", GET, "S")


def test_fails_where_a_session_tag_may_override_the_tag_of_the_role() -> None:
    trust = trusting(assumed_by(LAMBDA, ["sts:AssumeRole", "sts:TagSession"]))
    access = accessible(allow(Condition=tagged("team")), trust=trust, role_tags={"team": "pay"})
    undetermined(access, "app", GET, "S", says=NOTHING_SAID)
    access.assert_can("ann", GET, "S")  # a user has no session tags


@pytest.mark.parametrize(
    "statements",
    [
        [assumed_by()],
        [assumed_by(LAMBDA, ["sts:AssumeRole", "sts:SetSourceIdentity"])],
        [assumed_by(), {**assumed_by(LAMBDA, "sts:TagSession"), "Effect": "Deny"}],
        [{"Effect": "Allow", "Principal": LAMBDA, "NotAction": "sts:Tag*"}],
    ],
)
def test_no_session_has_tags_unless_the_trust_policy_allows_it(
    statements: list[dict[str, Any]],
) -> None:
    access = accessible(allow(Condition=tagged("team")), trust=trusting(*statements))
    access.assert_cannot("app", GET, "S")
    access.assert_never("app", GET, "S")


def test_fails_where_the_key_of_a_tag_is_a_parameter() -> None:
    access = accessible(
        allow(Condition={"StringEquals": {"aws:ResourceTag/team": "pay"}}),
        role_tags={"a": "b"},
    )
    access.assert_cannot("app", GET, "S")
    template = template_of(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "pay"}}))
    template["Resources"]["S"]["Properties"]["Tags"] = [{"Key": {"Ref": "TagKey"}, "Value": "pay"}]
    access = SecretAccess.from_template(template, region="eu-west-1", account="111122223333")
    undetermined(access, "app", GET, "S", says=NOTHING_SAID)


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "key", "value"),
    [
        ({}, "kms:KeySpec", "SYMMETRIC_DEFAULT"),
        ({"KeySpec": "SYMMETRIC_DEFAULT"}, "kms:keyspec", "SYMMETRIC_DEFAULT"),
        ({}, "kms:KeyUsage", "ENCRYPT_DECRYPT"),
        ({}, "kms:KeyOrigin", "AWS_KMS"),
        ({"Origin": "EXTERNAL"}, "kms:KeyOrigin", "EXTERNAL"),
        ({}, "kms:MultiRegion", "false"),
        ({"MultiRegion": True}, "kms:MultiRegion", "true"),
        ({"Tags": tags({"team": "pay"})}, "aws:ResourceTag/Team", "pay"),
        ({}, "kms:CallerAccount", "111122223333"),
    ],
)
def test_the_properties_of_a_key_are_in_the_requests_for_it(
    properties: dict[str, Any], key: str, value: str
) -> None:
    same = {"StringEquals": {key: value}}
    denied = {**allow(DECRYPT, Condition=same), "Effect": "Deny"}
    access = accessible(allow(), allow(DECRYPT), denied, key=properties)
    access.assert_cannot("app", DECRYPT, "K")
    with pytest.raises(AssertionError, match="is not allowed kms:Decrypt"):
        access.assert_can_read("app", "S")
    access = accessible(allow(), allow(DECRYPT, Condition=same), key=properties)
    access.assert_can("app", DECRYPT, "K")
    access.assert_can_read("app", "S")


@pytest.mark.parametrize(
    "key", ["kms:ResourceAliases", "aws:ResourceTag/aws:cloudformation:stack-id"]
)
def test_fails_to_read_where_a_property_of_the_key_is_not_known(key: str) -> None:
    condition = {"ForAnyValue:StringLike": {key: "*"}}
    access = accessible(allow(), allow(DECRYPT, Condition=condition))
    with pytest.raises(AssertionError, match=NOTHING_SAID):
        access.assert_can_read("app", "S")


def test_fails_to_read_where_the_key_is_not_in_the_templates() -> None:
    condition = {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}
    access = accessible(allow(), allow(DECRYPT, Condition=condition))
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    with pytest.raises(AssertionError, match="kms:KeySpec, of which the request says nothing"):
        access.assert_can_read("app", "S", encryption_key=arn)
    context = {"kms:KeySpec": "SYMMETRIC_DEFAULT"}
    access.assert_can_read("app", "S", encryption_key=arn, context=context)


def test_reading_sends_the_tags_of_the_session_with_both_requests() -> None:
    trust = trusting(assumed_by(EKS, ["sts:AssumeRole", "sts:TagSession"]))
    condition = tagged("kubernetes-namespace")
    access = accessible(allow(), allow(DECRYPT, Condition=condition), trust=trust)
    with pytest.raises(AssertionError, match=NOTHING_SAID):
        access.assert_can_read("app", "S")
    access.assert_can_read("app", "S", context={"aws:PrincipalTag/kubernetes-namespace": "pay"})


# --- law: a value that is given never changes a certain answer ------------------------------

_POOL: dict[str, list[str]] = {
    "aws:CalledVia": ["athena.amazonaws.com", "cloudformation.amazonaws.com"],
    "aws:CalledViaLast": ["athena.amazonaws.com", "kms.amazonaws.com"],
    "aws:ViaAWSService": ["true", "false"],
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceVpce": ["vpce-1", "vpce-2"],
    "aws:SourceAccount": ["111122223333", "999999999999"],
    "aws:userid": ["AROA1:a", "AROA1:b"],
    "aws:PrincipalTag/team": ["pay", "orders"],
    "aws:PrincipalTag/kubernetes-namespace": ["pay", "orders"],
    "aws:PrincipalTag/aws:owner": ["pay", "orders"],
    "aws:ResourceTag/team": ["pay", "orders"],
    "aws:ResourceTag/aws:cloudformation:stack-name": ["pay", "orders"],
    "kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"],
    "kms:KeySpec": ["SYMMETRIC_DEFAULT", "RSA_2048"],
    "kms:ResourceAliases": ["alias/a", "alias/b"],
    "kms:EncryptionContext:SecretARN": ["a", "b"],
}
_OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists"),
    *("ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals"),
    *("Null", "StringEqualsIgnoreCase", "StringNotEqualsIfExists"),
)
_TRUSTS = [
    trusting(assumed_by()),
    trusting(assumed_by(EKS, "sts:*")),
    trusting(assumed_by(), assumed_by(LAMBDA, "sts:TagSession")),
]


def _random_statement(dice: random.Random, action: str) -> dict[str, Any]:
    condition: dict[str, dict[str, Any]] = {}
    for key in dice.sample(sorted(_POOL), dice.randint(0, 2)):
        operator = dice.choice(_OPERATORS)
        values = dice.choice(["true", "false"])
        if operator != "Null":
            values = dice.choice([*_POOL[key], "*", "${aws:PrincipalTag/team}", "${aws:userid}"])
        condition.setdefault(operator, {})[key] = values
    statement = allow(action, Effect=dice.choice(["Allow", "Allow", "Deny"]))
    return {**statement, **({"Condition": condition} if condition else {})}


def test_a_value_that_is_given_never_changes_a_certain_answer() -> None:
    dice = random.Random(seed_of_run())
    answers = {True: 0, False: 0, None: 0}
    for _ in range(RUNS):
        action = dice.choice([GET, DECRYPT])
        template = template_of(
            *(_random_statement(dice, action) for _ in range(dice.randint(1, 3))),
            trust=dice.choice(_TRUSTS),
            role_tags=dice.choice([{}, {"team": "pay"}]),
            secret_tags=dice.choice([{}, {"team": "pay"}]),
        )
        (deployment,) = read([Stack("T", template, region="eu-west-1", account="111122223333")])
        secret, key = deployment.secrets[0], deployment.keys[0]
        what = secret if action == GET else key
        policies = secret.policies if action == GET else (key.policy,)
        for who in deployment.principals:
            request = AccessRequest(who, action, what.arn)
            before = complete_request(request, what, None)
            answer = evaluate_partially(before, deployment.unknowns, resource=policies).allowed
            answers[answer] += 1
            if answer is None:
                continue
            context = {
                name: dice.choice([None, *values])
                for name, values in _POOL.items()
                if before.values(name) is None and dice.random() < 0.7
            }
            context = {
                name: value
                for name, value in context.items()
                if value is not None or name.lower() not in before.present
            }
            after = complete_request(request, what, context)
            completed = evaluate_partially(after, deployment.unknowns, resource=policies).allowed
            assert completed is answer, (template, who.name, context)
    assert min(answers.values()) > RUNS / 20, answers


# --- law: what is never allowed is denied in every context ----------------------------------


def test_what_is_never_allowed_is_denied_in_every_context() -> None:
    dice = random.Random(seed_of_run())
    proved = 0
    for _ in range(60):
        key = dice.choice(["team", "Kubernetes-Namespace", "aws:owner"])
        operator = dice.choice(["StringEquals", "StringNotEquals", "StringLike", "Null"])
        value = dice.choice(["pay", "hr"]) if operator != "Null" else dice.choice(["true", "false"])
        template = template_of(
            allow(Condition={operator: {f"aws:PrincipalTag/{key}": value}}),
            trust=dice.choice(_TRUSTS),
            role_tags=dice.choice([{}, {"team": "pay"}]),
        )
        access = SecretAccess.from_template(template, region="eu-west-1", account="111122223333")
        try:
            access.assert_never("app", GET, "S")
        except AssertionError:
            continue
        proved += 1
        access.assert_cannot("app", GET, "S")
        context = {"aws:CalledVia": dice.choice([None, "athena.amazonaws.com"])}
        access.assert_cannot("app", GET, "S", context=context)
    assert proved
