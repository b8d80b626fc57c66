"""`assert_no_new_access` attacked: what it proves is asked of both templates, pair by pair."""

import copy
import random
from typing import Any

from constructs_lib import SecretAccessError
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of
from constructs_lib.testing import SecretAccess
from tests.support.random_templates import random_template, statement_of

ACTIONS = ("GetSecretValue", "PutSecretValue")
CONTEXTS: list[Context] = [
    {"aws:MultiFactorAuthPresent": mfa, "aws:ResourceTag/Team": team, "aws:PrincipalTag/Team": mine}
    for mfa in ("true", None)
    for team, mine in (("orders", "orders"), ("pay", "prod"))
]
SEEDS = 40


def changed(template: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return a template of which one statement of one principal or secret is another."""
    found = copy.deepcopy(template)
    documents = []
    for resource in found["Resources"].values():
        properties = resource["Properties"]
        documents += [each["PolicyDocument"] for each in properties.get("Policies", [])]
        documents += [properties["ResourcePolicy"]] if "ResourcePolicy" in properties else []
    if documents:
        document = dice.choice(documents)
        place = dice.randrange(len(document["Statement"]))
        statement = document["Statement"][place]
        what = dice.random()
        if what < 0.3:
            statement["Effect"] = "Deny"
        elif what < 0.6 and "Resource" in statement:
            statement["Resource"] = statement["Resource"][:1]
        elif what < 0.8:
            statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        else:
            kept = {key: statement[key] for key in ("Principal",) if key in statement}
            document["Statement"][place] = statement_of(dice) | kept
    return found


def allowed(access: SecretAccess) -> dict[tuple[str, ...], bool | None]:
    """Return the answers to many requests, by names that both templates know."""
    found: dict[tuple[str, ...], bool | None] = {}
    (deployment,) = access.deployments
    unknowns = deployment.unknowns
    for principal in deployment.principals:
        who = member_of(principal, unknowns)
        for secret in deployment.secrets:
            for action in ACTIONS:
                for number, context in enumerate(CONTEXTS):
                    access_request = AccessRequest(who, f"secretsmanager:{action}", secret.arn)
                    asked = complete_request(access_request, secret, context)
                    answer = evaluate_partially(asked, unknowns, resource=secret.policies).allowed
                    place = principal.location or principal.name
                    key = (str(place), unknowns.shown(secret.arn), action, str(number))
                    found[key] = answer
    return found


def accessible(template: dict[str, Any]) -> SecretAccess:
    return SecretAccess.from_template(
        template, region="eu-west-1", account="111122223333", parameters={"Name": "prod/db"}
    )


def test_what_is_proved_holds_for_each_pair() -> None:
    outcomes = {"proved": 0, "new": 0, "refused": 0}
    for seed in range(SEEDS):
        dice = random.Random(seed)
        old = random_template(dice)
        for resource in old["Resources"].values():  # as a Resource, the parameter is no ARN
            for policy in resource["Properties"].get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    key = "Resource" if "Resource" in statement else "NotResource"
                    statement[key] = [each for each in statement[key] if "Ref" not in each] or "*"
        before, after = accessible(old), accessible(changed(old, dice))
        try:
            had, has = allowed(before), allowed(after)
            after.assert_no_new_access(since=before, time_limit=1)
            outcomes["proved"] += 1
        except AssertionError:
            outcomes["new"] += 1
        except SecretAccessError:  # the parameter of a resource policy is no ARN
            outcomes["refused"] += 1
        else:
            more = [key for key, answer in has.items() if answer and had.get(key) is False]
            assert not more, f"seed {seed}: {more[0]}"
    assert outcomes["proved"] > SEEDS / 4, outcomes
    assert outcomes["new"] > SEEDS / 10, outcomes
