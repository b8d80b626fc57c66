"""All pairs at once: the same answers as one question after the other, and fewer questions."""

import random
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.proof.cloudformation.model import Deployment
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.template import read
from constructs_lib.proof.cloudformation.unknowns import DIGITS, Unknowns
from constructs_lib.proof.deployment import matrix as module
from constructs_lib.proof.deployment.matrix import granted
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.pattern_index import PatternIndex
from constructs_lib.proof.deployment.request_context import complete_request, member_of
from tests.support.random_templates import BASE, GET, random_template


def one_by_one(deployment: Deployment) -> dict[tuple[str, str], bool | None]:
    found: dict[tuple[str, str], bool | None] = {}
    for principal in deployment.principals:
        who = member_of(principal, deployment.unknowns)
        for secret in deployment.secrets:
            access_request = complete_request(AccessRequest(who, GET, secret.arn), secret, None)
            answer = evaluate_partially(
                access_request, deployment.unknowns, resource=secret.policies
            )
            if answer.allowed is not False:
                found[principal.arn, secret.arn] = answer.allowed
    return found


@pytest.mark.parametrize("seed", range(200))
def test_all_at_once_is_one_by_one(seed: int) -> None:
    dice = random.Random(seed)
    stack = Stack("Random", random_template(dice))
    if dice.random() < 0.5:
        stack = replace(stack, region="eu-west-1", account="111122223333")
    for deployment in read([stack]):
        try:
            expected = one_by_one(deployment)
        except SecretAccessError:
            continue  # a NotResource with a tag that a member of a group may lack
        found = {
            (each.principal.arn, secret.arn): each.partial_decision.allowed
            for each in granted(deployment, GET)
            for secret in each.secrets
        }
        assert found == expected


def many(count: int) -> Deployment:
    """Return as many roles as secrets: each reads one secret, every tenth its team's."""
    resources: dict[str, Any] = {}
    for number in range(count):
        name = f"team{number % 5}/db-{number}"
        patterns = [{"Ref": f"Secret{number}"}]
        if number % 10 == 0:
            patterns.append({"Fn::Sub": f"{BASE}team{number % 5}/*"})
        resources[f"Secret{number}"] = {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": name},
        }
        resources[f"Role{number}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {},
                "Policies": [
                    {
                        "PolicyName": "Read",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": GET, "Resource": patterns}],
                        },
                    }
                ],
            },
        }
    (deployment,) = read([Stack("Many", {"Resources": resources})])
    return deployment


def test_questions_are_as_many_as_the_reasons_to_be_granted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[AccessRequest] = []

    def counted(access_request: AccessRequest, *given: Any, **more: Any) -> Any:
        asked.append(access_request)
        return evaluate_partially(access_request, *given, **more)

    monkeypatch.setattr(module, "evaluate_partially", counted)
    deployment = many(50)
    found = list(granted(deployment, GET))
    # Ten secrets for each of the five roles that read a team's, one for each of the others.
    assert sum(len(each.secrets) for each in found) == 5 * 10 + 45
    assert len(asked) == 5 * 2 + 45


def test_fails_on_a_malformed_policy_that_reaches_no_secret() -> None:
    bad = {"Effect": "Permit", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [bad]}
    resources = {
        "Secret": {"Type": "AWS::SecretsManager::Secret"},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {},
                "Policies": [{"PolicyName": "Bad", "PolicyDocument": document}],
            },
        },
    }
    (deployment,) = read([Stack("Bad", {"Resources": resources})])
    with pytest.raises(SecretAccessError, match="Permit"):
        list(granted(deployment, GET))


@pytest.mark.parametrize("seed", range(100))
def test_every_text_that_a_pattern_may_match_is_reached(seed: int) -> None:
    dice, unknowns = random.Random(seed), Unknowns()
    examples = [
        unknowns.placeholder("any"),
        unknowns.placeholder("digits", characters=DIGITS, shortest=2, longest=2),
        unknowns.placeholder("made up", shortest=3, longest=3, generated=True),
    ]
    letters = ["a", "b", "1", *examples]

    def text(more: list[str]) -> str:
        return "".join(dice.choices([*letters, *more], k=dice.randint(0, 6)))

    texts = [text([]) for _ in range(30)]
    reach = PatternIndex(texts, unknowns)
    for _ in range(30):
        pattern = text(["*", "?", "${*}"])
        answers = {number: unknowns.matches(pattern, each) for number, each in enumerate(texts)}
        assert reach.matched(unknowns.pattern(pattern)) == {
            number: answer for number, answer in answers.items() if answer is not False
        }
