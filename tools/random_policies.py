"""Random requests and policies, near enough to each other that both answers are common."""

import random
from dataclasses import dataclass, field
from typing import Any

HOME, AWAY = "111122223333", "444455556666"
REGION = "eu-west-1"
USER = f"arn:aws:iam::{HOME}:user/team/alice"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/one"
ROOT = f"arn:aws:iam::{HOME}:root"
TARGETS = "arn:aws:iam::*:role/team/t*"

SECRET_ACTIONS = ("GetSecretValue", "DescribeSecret", "PutSecretValue", "TagResource")
NAMES = ("prod/db-AbCdEf", "prod/db-replica-AbCdEf", "prod/db2-AbCdEf", "dev/db-AbCdEf")
NAME_PATTERNS = ("prod/db-??????", "prod/db*", "prod/*", "*", "dev/??-*", "prod/db-AbCdEf")
ACTION_PATTERNS = (
    *(f"secretsmanager:{action}" for action in SECRET_ACTIONS),
    *("secretsmanager:*", "secretsmanager:Get*", "SecretsManager:get*value", "*", "kms:*"),
    *("kms:Decrypt", "secretsmanager:ListSecrets", "secretsmanager:*Secret*"),
    *("sts:AssumeRole", "sts:*"),
)
TRUST_ACTIONS = ("sts:AssumeRole", "sts:AssumeRole*", "sts:*", "sts:TagSession")
CONTEXT: dict[str, tuple[Any, ...]] = {
    "aws:ResourceTag/Project": ("orders", "billing", "Orders", "or*"),
    "aws:PrincipalTag/Project": ("orders", "billing"),
    "aws:PrincipalTag/Team": ("a", "b"),
    "aws:PrincipalTag/Digest": ("aGk=", "aGkh", "AGK="),
    # The judge finds that an IPv6 address is not outside an IPv4 network (test_evaluator.py).
    "aws:SourceIp": ("10.0.0.7", "10.1.2.3", "192.0.2.1"),
    "aws:CurrentTime": ("2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"),
    "aws:MultiFactorAuthAge": ("10", "3600", "86400"),
    "aws:SecureTransport": ("true", "false"),
    "aws:PrincipalOrgID": ("o-a1b2c3d4e5", "o-zzzzzzzzzz"),
    "aws:SourceVpce": ("vpce-1", "vpce-2"),
    "aws:CalledVia": (["athena.amazonaws.com"], ["a.amazonaws.com", "b.amazonaws.com"]),
}
TESTS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    (
        "String",
        "aws:ResourceTag/Project",
        ("orders", "billing", "ord*", "${aws:PrincipalTag/Project}"),
    ),
    ("String", "aws:PrincipalTag/Team", ("a", "A", "b", "?", "${aws:PrincipalTag/Project, 'a'}")),
    ("String", "aws:PrincipalOrgID", ("o-a1b2c3d4e5", "o-*")),
    ("String", "aws:SourceVpce", ("vpce-1", "vpce-?")),
    ("String", "aws:PrincipalAccount", (HOME, AWAY)),
    ("Arn", "aws:PrincipalArn", (USER, ROLE, f"arn:aws:iam::{HOME}:*", "arn:aws:iam::*:role/app")),
    ("Ip", "aws:SourceIp", ("10.0.0.0/8", "10.0.0.7", "192.0.2.0/24")),
    ("Date", "aws:CurrentTime", ("2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    ("Numeric", "aws:MultiFactorAuthAge", ("3600", "10", "100")),
    ("Bool", "aws:SecureTransport", ("true", "false")),
    # The judge compares the text of base64, not the bytes: "aGl=" is spelled otherwise, and has
    # the same bytes as "aGk=" (test_evaluator.py).
    ("Binary", "aws:PrincipalTag/Digest", ("aGk=", "aGkh", "aGo=")),
)
OPERATORS = {
    "String": (
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Date": ("DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"),
    "Numeric": ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"),
    "Bool": ("Bool",),
    "Binary": ("BinaryEquals",),
}
PRINCIPALS = (
    *("*", {"AWS": "*"}, {"AWS": HOME}, {"AWS": ROOT}, {"AWS": AWAY}),
    *({"AWS": [USER, ROLE]}, {"AWS": USER}, {"AWS": ROLE}, {"Service": "ecs.amazonaws.com"}),
    *({"AWS": SESSION}, {"AWS": [SESSION, HOME]}),
)
# To except a user, its account must be named too; to except a session, its role too
# (test_evaluator.py).
NOT_PRINCIPALS = (
    *({"AWS": [USER, HOME]}, {"AWS": [ROOT, USER]}, {"AWS": [SESSION, ROLE, HOME]}),
    *({"AWS": [USER, SESSION, ROLE, ROOT]}, {"AWS": ROOT}, {"AWS": [HOME, AWAY]}, {"AWS": USER}),
    *({"AWS": AWAY}, {"Service": "ecs.amazonaws.com"}),
)
CALLED_VIA = ("athena.amazonaws.com", "a.amazonaws.com", "b.*", "c.amazonaws.com")


@dataclass
class Case:
    """One request with its policies, in the words of `Request` and `Policies`."""

    principal: str
    action: str
    resource: str
    context: dict[str, Any]
    policies: dict[str, Any] = field(default_factory=dict)


def random_case(chance: random.Random) -> Case:
    principal = chance.choice((USER, ROLE, SESSION))
    account = chance.choice((HOME, HOME, AWAY))
    is_key = chance.random() < 0.15
    if is_key:
        action, resource = "kms:Decrypt", f"arn:aws:kms:{REGION}:{account}:key/k1"
    elif chance.random() < 0.08:
        action, resource, account = "secretsmanager:ListSecrets", "*", HOME
    elif chance.random() < 0.1:
        action, resource = "sts:AssumeRole", f"arn:aws:iam::{account}:role/team/target"
    else:
        action = f"secretsmanager:{chance.choice(SECRET_ACTIONS)}"
        resource = f"arn:aws:secretsmanager:{REGION}:{account}:secret:{chance.choice(NAMES)}"
    context = {
        key: chance.choice(values) for key, values in CONTEXT.items() if chance.random() < 0.5
    }
    if principal == SESSION:
        context["aws:PrincipalArn"] = ROLE
    policies: dict[str, Any] = {
        "identity": [random_document(chance, account) for _ in range(chance.randint(0, 3))]
    }
    if chance.random() < 0.2:
        policies["permissions_boundary"] = random_document(chance, account)
    if principal != USER and chance.random() < 0.2:
        policies["session"] = random_document(chance, account)
    if chance.random() < 0.15:
        levels = chance.choice((1, 1, 2, 3))
        policies["service_control"] = [
            [random_document(chance, account) for _ in range(2)] for _ in range(levels)
        ]
    if chance.random() < 0.1:
        policies["resource_control"] = [_denying(chance, account) for _ in range(2)]
    if action == "sts:AssumeRole":
        policies["resource"] = _trust(chance, account)
    elif is_key or (action != "secretsmanager:ListSecrets" and chance.random() < 0.4):
        policies["resource"] = random_document(chance, account, principals=True)
    return Case(principal, action, resource, context, policies)


def random_document(
    chance: random.Random, account: str, *, principals: bool = False
) -> dict[str, Any]:
    """Return a policy document, of an identity unless it is said to name principals."""
    statements = [
        _statement(chance, account, principals=principals) for _ in range(chance.randint(1, 3))
    ]
    # The judge fills in variables in the older version too; AWS documents them as plain text there
    # (test_evaluator.py has that case).
    older = chance.random() < 0.1 and "${" not in str(statements)
    version = "2008-10-17" if older else "2012-10-17"
    return {"Version": version, "Statement": statements}


def _trust(chance: random.Random, account: str) -> dict[str, Any]:
    """Return a role's trust policy: it names no resource, and knows no NotPrincipal."""
    document = random_document(chance, account, principals=True)
    for statement in document["Statement"]:
        for element in ("NotPrincipal", "NotAction", "Resource", "NotResource"):
            statement.pop(element, None)
        statement["Principal"] = chance.choice(PRINCIPALS)
        statement["Action"] = _sample(chance, TRUST_ACTIONS)
    return document


def _denying(chance: random.Random, account: str) -> dict[str, Any]:
    """Return a resource control policy: it denies everyone something, but never `*` alone."""
    statement = _statement(chance, account, principals=True)
    for element in ("NotPrincipal", "NotAction"):
        statement.pop(element, None)
    patterns = ("secretsmanager:*", "secretsmanager:Get*", "kms:*", "kms:Decrypt", "sts:AssumeRole")
    actions = _sample(chance, patterns)
    statement.update(Effect="Deny", Principal="*", Action=actions)
    return {"Version": "2012-10-17", "Statement": [statement]}


def _statement(chance: random.Random, account: str, *, principals: bool) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow" if chance.random() < 0.75 else "Deny"}
    if principals and statement["Effect"] == "Deny" and chance.random() < 0.25:
        statement["NotPrincipal"] = chance.choice(NOT_PRINCIPALS)
    elif principals:
        statement["Principal"] = chance.choice(PRINCIPALS)
    negate = chance.random() < 0.08
    statement["NotAction" if negate else "Action"] = _sample(chance, ACTION_PATTERNS)
    negate = chance.random() < 0.08
    arn = f"arn:aws:secretsmanager:{REGION}:{account}:secret:"
    resources = (*(arn + name for name in NAME_PATTERNS), "*", "arn:aws:kms:*:*:key/k?", TARGETS)
    statement["NotResource" if negate else "Resource"] = _sample(chance, resources)
    if chance.random() < 0.45:
        statement["Condition"] = _condition(chance)
    return statement


def _condition(chance: random.Random) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(chance.randint(1, 2)):
        what = chance.random()
        if what < 0.1:
            key = chance.choice(list(CONTEXT))
            block.setdefault("Null", {})[key] = chance.choice(("true", "false"))
        elif what < 0.25:
            quantifier = chance.choice(("ForAllValues", "ForAnyValue"))
            operator = chance.choice(("StringEquals", "StringLike", "StringNotEquals"))
            # The judge finds that ForAnyValue:...IfExists misses an absent key (test_evaluator.py).
            may_lack = quantifier == "ForAllValues" and chance.random() < 0.2
            if_exists = "IfExists" if may_lack else ""
            name = f"{quantifier}:{operator}{if_exists}"
            block.setdefault(name, {})["aws:CalledVia"] = _sample(chance, CALLED_VIA)
        else:
            kind, key, values = chance.choice(TESTS)
            name = chance.choice(OPERATORS[kind]) + ("IfExists" if chance.random() < 0.2 else "")
            block.setdefault(name, {})[key] = _sample(chance, values)
    return block


def _sample(chance: random.Random, values: tuple[Any, ...]) -> Any:
    chosen = chance.sample(values, chance.choice((1, 1, 2)))
    return chosen[0] if len(chosen) == 1 and chance.random() < 0.5 else chosen
