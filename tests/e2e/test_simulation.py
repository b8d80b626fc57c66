"""A second independent judge: the simulate calls of the emulated AWS, beside the evaluator.

They take the policies of an identity, and no condition keys but those that the call itself has: so
this is about actions, resources, the order of Allow and Deny, and conditions on keys that are
absent. The first judge, of everything else, is in tests/proof/test_oracle.py.
"""

import json
import random
from datetime import datetime, timezone
from typing import Any

from constructs_lib.proof import Policies, Request, evaluate
from demo.emulator import ACCOUNT, REGION, Aws
from tests.support.random_policies import NAMES, random_document

CASES, SEED = 500, 20261124
ACTIONS = [
    "secretsmanager:GetSecretValue",
    "secretsmanager:DescribeSecret",
    "secretsmanager:TagResource",
    "kms:Decrypt",
]
# What the emulated AWS says of its own call; other keys of the random conditions are absent.
CONTEXT = {
    "aws:SourceIp": "127.0.0.1",
    "aws:SecureTransport": "false",
    "aws:CurrentTime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
}


def test_the_emulated_aws_decides_alike(aws: Aws) -> None:
    iam, dice = aws.client("iam"), random.Random(SEED)
    answers = {"allowed": 0, "explicitDeny": 0, "implicitDeny": 0}
    different = []
    for _ in range(CASES):
        documents = [random_document(dice, ACCOUNT) for _ in range(dice.randint(1, 2))]
        resource = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{dice.choice(NAMES)}"
        found = iam.simulate_custom_policy(
            PolicyInputList=[json.dumps(document) for document in documents],
            ActionNames=ACTIONS,
            ResourceArns=[resource],
        )
        for each in found["EvaluationResults"]:
            action, theirs = each["EvalActionName"], each["EvalDecision"]
            answers[theirs] += 1
            ours = decided(documents, action, resource)
            if ours != theirs:
                different.append((documents, action, resource, theirs, ours))
    assert not different, f"{len(different)}: {json.dumps(different[0], indent=1)}"
    assert min(answers.values()) > CASES / 4, answers  # each answer is asked for


def decided(documents: list[dict[str, Any]], action: str, resource: str) -> str:
    principal = f"arn:aws:iam::{ACCOUNT}:user/someone"
    decision = evaluate(Request(principal, action, resource, CONTEXT), Policies(documents))
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.statements else "implicitDeny"
