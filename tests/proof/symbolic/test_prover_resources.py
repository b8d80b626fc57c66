"""The prover with policies of resources: what they grant past, and beside, a principal's own."""

import random
from collections import Counter
from typing import Any

import pytest

from constructs_lib import SecretAccessError
from constructs_lib.proof import (
    Policies,
    Request,
    evaluate,
    never_allowed,
    no_new_access,
    only_principals,
)
from tests.support.random_policies import is_possible
from tests.support.seeds import seed_of_run
from tools.random_policies import AWAY, HOME, ROLE, ROOT, SESSION, USER, Case, random_case

BASE = f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:"
SECRET = f"{BASE}prod/db-AbCdEf"
SECRET_AWAY = SECRET.replace(HOME, AWAY)
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/k1"
GET, DECRYPT = "secretsmanager:GetSecretValue", "kms:Decrypt"
OTHER = f"arn:aws:iam::{HOME}:role/other"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal: Any = None, action: str = GET, condition: Any = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": "*"}
    named = {} if principal is None else {"Principal": principal}
    return {**statement, **named, **({"Condition": condition} if condition else {})}


def deny(principal: Any, action: str = GET) -> dict[str, Any]:
    return {**allow(principal, action), "Effect": "Deny"}


def granting(*statements: dict[str, Any], **more: Any) -> Policies:
    return Policies(resource=document(*statements), **more)


def own(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [document(*statements)]


BOUNDARY = document(allow(action="s3:GetObject"))
LATER = {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "100"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

# Who asks, for what, and the policies.
NEVER = {
    "nobody is named": (ROLE, SECRET, granting(allow({"AWS": OTHER}))),
    "a service is named": (ROLE, SECRET, granting(allow({"Service": "ecs.amazonaws.com"}))),
    "it is left to the account, whose policies do not allow it": (
        ROLE,
        SECRET,
        granting(allow({"AWS": ROOT})),
    ),
    "only the resource grants it, in another account": (
        ROLE,
        SECRET_AWAY,
        granting(allow({"AWS": ROLE})),
    ),
    "only the principal's policies grant it, in another account": (
        ROLE,
        SECRET_AWAY,
        granting(allow({"AWS": OTHER}), identity=own(allow())),
    ),
    "a key does not leave it to the account": (
        ROLE,
        KEY,
        granting(allow({"AWS": OTHER}, DECRYPT), identity=own(allow(action=DECRYPT))),
    ),
    "a boundary limits what is granted to a role": (
        ROLE,
        SECRET,
        granting(allow({"AWS": ROLE}), permissions_boundary=BOUNDARY),
    ),
    "a session policy limits what is granted to a user": (
        USER,
        SECRET,
        granting(allow({"AWS": USER}), session=BOUNDARY),
    ),
    "the resource denies it": (
        ROLE,
        SECRET,
        granting(allow("*"), deny({"AWS": ROLE}), identity=own(allow())),
    ),
    "the principal's own policies deny it": (
        ROLE,
        SECRET,
        granting(allow({"AWS": ROLE}), identity=own({**allow(), "Effect": "Deny"})),
    ),
    "all but another are denied": (
        ROLE,
        SECRET,
        granting(
            allow("*"),
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [OTHER, HOME]},
                "Action": "*",
                "Resource": "*",
            },
        ),
    ),
    "the control policies do not allow it": (
        ROLE,
        SECRET,
        granting(allow("*"), service_control=[BOUNDARY]),
    ),
    "everyone is named, of whom the key demands to be another": (
        ROLE,
        KEY,
        granting(allow("*", DECRYPT, {"ArnEquals": {"aws:PrincipalArn": OTHER}})),
    ),
}
EVER = {
    "the resource grants it to the role": (ROLE, SECRET, granting(allow({"AWS": ROLE}))),
    "the resource grants it to its role, of a session": (
        SESSION,
        SECRET,
        granting(allow({"AWS": ROLE})),
    ),
    "everyone is named": (ROLE, SECRET, granting(allow("*"))),
    "it is left to the account, whose policies allow it": (
        ROLE,
        KEY,
        granting(allow({"AWS": HOME}, "kms:*"), identity=own(allow(action=DECRYPT))),
    ),
    "both accounts allow it": (
        ROLE,
        SECRET_AWAY,
        granting(allow({"AWS": HOME}), identity=own(allow())),
    ),
    "in its account, a resource's policy need not name it": (
        ROLE,
        SECRET,
        granting(allow({"AWS": OTHER}), identity=own(allow())),
    ),
    "a boundary does not limit what is granted to a user": (
        USER,
        SECRET,
        granting(allow({"AWS": USER}), permissions_boundary=BOUNDARY),
    ),
    "a boundary does not limit what is granted to everyone": (
        ROLE,
        SECRET,
        granting(allow("*"), permissions_boundary=BOUNDARY),
    ),
    "a session is named": (
        SESSION,
        SECRET,
        granting(allow({"AWS": SESSION}), session=BOUNDARY),
    ),
    "its own policies suffice in its account, under a condition": (
        ROLE,
        SECRET,
        granting(allow({"AWS": OTHER}), identity=own(allow(condition=LATER))),
    ),
    "under a condition": (ROLE, SECRET, granting(allow({"AWS": ROLE}, condition=MFA))),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_nothing_grants_is_proved(case: str) -> None:
    principal, resource, policies = NEVER[case]
    verdict = never_allowed(policies, ["*"], [resource], principal=principal)
    assert verdict.proved, verdict


@pytest.mark.parametrize("case", EVER)
def test_what_something_grants_is_refuted_by_a_request(case: str) -> None:
    principal, resource, policies = EVER[case]
    verdict = never_allowed(policies, ["*"], [resource], principal=principal)
    assert verdict.witness is not None, verdict
    assert verdict.witness.principal == principal
    assert evaluate(verdict.witness, policies).allowed


def test_the_policy_of_a_resource_is_compared_with_its_earlier_one() -> None:
    wide, narrow = granting(allow({"AWS": ROLE})), granting(allow({"AWS": ROLE}, condition=MFA))
    assert no_new_access(new=narrow, old=wide).proved
    witness = no_new_access(new=wide, old=narrow).witness
    assert witness is not None
    assert (witness.principal, witness.action) == (ROLE, GET)


@pytest.mark.parametrize(
    ("new", "old", "principal"),
    [
        (granting(allow({"AWS": [ROLE, OTHER]})), granting(allow({"AWS": ROLE})), OTHER),
        (granting(allow({"AWS": ROLE})), Policies(), ROLE),
        (granting(allow("*")), granting(allow({"AWS": [ROLE, OTHER]})), None),
        (granting(allow("*"), deny({"AWS": OTHER})), granting(deny({"AWS": OTHER})), None),
        (granting(allow("*")), granting(allow("*"), deny({"AWS": OTHER})), OTHER),
        (granting(allow({"AWS": SESSION})), granting(deny("*")), SESSION),
        # Whoever is not named is in no account, not even in this one.
        (granting(allow("*")), granting(allow({"AWS": "000000000000"})), None),
    ],
)
def test_without_a_principal_everyone_is_asked_about(
    new: Policies, old: Policies, principal: str | None
) -> None:
    verdict = no_new_access(new=new, old=old)
    assert verdict.witness is not None, verdict
    assert principal in (verdict.witness.principal, None)
    assert evaluate(verdict.witness, new).allowed
    assert not evaluate(verdict.witness, old).allowed


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (granting(allow({"AWS": ROLE})), granting(allow("*"))),
        (granting(allow({"AWS": ROLE})), granting(allow({"AWS": [OTHER, ROLE]}))),
        (granting(allow("*"), deny("*")), Policies()),
        (granting(allow({"AWS": SESSION})), granting(allow({"AWS": [SESSION, ROLE]}))),
    ],
)
def test_what_is_granted_to_fewer_is_not_wider(new: Policies, old: Policies) -> None:
    verdict = no_new_access(new=new, old=old)
    assert verdict.proved, verdict


NO_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
TOLD = {"Null": {"aws:MultiFactorAuthPresent": "false"}}
S3 = document(allow(action="s3:GetObject"))
TO_SERVICE = allow({"Service": "ecs.amazonaws.com"})
# What is covered by no single statement, so that the solver has to see the same in both.
ALIKE = {
    "a boundary does not limit what is granted to a user": (
        USER,
        granting(allow({"AWS": USER}, condition=TOLD)),
        granting(
            allow({"AWS": USER}, condition=MFA),
            allow({"AWS": USER}, condition=NO_MFA),
            permissions_boundary=BOUNDARY,
        ),
    ),
    "in its account a principal's own policies suffice": (
        ROLE,
        granting(TO_SERVICE, identity=own(allow(condition=TOLD))),
        granting(TO_SERVICE, identity=own(allow(condition=MFA), allow(condition=NO_MFA))),
    ),
    "a key leaves it to the account": (
        ROLE,
        granting(
            allow({"AWS": HOME}, "kms:*"),
            identity=own(allow(action=DECRYPT, condition=TOLD)),
        ),
        granting(
            allow({"AWS": ROOT}, "kms:*"),
            identity=own(
                allow(action=DECRYPT, condition=MFA), allow(action=DECRYPT, condition=NO_MFA)
            ),
        ),
    ),
}
# The same statements, of which others limit them, or nothing does.
UNLIKE = {
    "a boundary for a session policy, which limits a user too": (
        USER,
        granting(allow({"AWS": USER}), permissions_boundary=S3),
        granting(allow({"AWS": USER}), session=S3),
    ),
    "a boundary for a control policy, which limits everyone": (
        ROLE,
        granting(allow("*"), permissions_boundary=S3),
        granting(allow("*"), service_control=[S3]),
    ),
    "everyone for the role itself, which its boundary limits": (
        ROLE,
        granting(allow("*"), permissions_boundary=S3),
        granting(allow({"AWS": ROLE}), permissions_boundary=S3),
    ),
    "no key policy, which is taken to leave it to the account": (
        ROLE,
        Policies(own(allow(action=DECRYPT))),
        granting(allow({"AWS": OTHER}, DECRYPT), identity=own(allow(action=DECRYPT))),
    ),
    "everyone, of whom those of other accounts were not allowed it": (
        None,
        granting(allow("*"), identity=own(allow())),
        granting(TO_SERVICE, identity=own(allow())),
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_what_is_said_in_other_words_is_proved(case: str) -> None:
    principal, new, old = ALIKE[case]
    verdict = no_new_access(new=new, old=old, principal=principal)
    assert verdict.proved, verdict
    assert no_new_access(new=old, old=new, principal=principal).proved


@pytest.mark.parametrize("case", UNLIKE)
def test_the_same_words_mean_more_where_less_limits_them(case: str) -> None:
    principal, new, old = UNLIKE[case]
    verdict = no_new_access(new=new, old=old, principal=principal)
    assert verdict.refuted, verdict
    assert no_new_access(new=old, old=old, principal=principal).proved


def test_a_share_with_another_account_is_new_where_there_was_no_policy() -> None:
    old = Policies(own(allow()))
    verdict = no_new_access(new=granting(allow({"AWS": AWAY}), identity=own(allow())), old=old)
    assert verdict.witness is not None
    assert verdict.witness.principal.split(":")[4] != verdict.witness.resource.split(":")[4]


def test_a_key_that_is_given_no_policy_leaves_its_use_to_its_account() -> None:
    old = Policies(own(allow(action=DECRYPT)))
    to_account = granting(allow({"AWS": HOME}, "kms:*"), identity=own(allow(action=DECRYPT)))
    to_role = granting(allow({"AWS": ROLE}, DECRYPT), identity=own(allow(action=DECRYPT)))
    assert never_allowed(old, [DECRYPT], [KEY], principal=ROLE).refuted
    resource = [KEY]
    assert never_allowed(to_account, [DECRYPT], resource, principal=ROLE).refuted
    assert no_new_access(new=to_account, old=old, principal=OTHER).refuted  # keys of others, too
    assert not no_new_access(new=to_role, old=old, principal=OTHER).refuted


def test_only_counts_what_the_resource_grants() -> None:
    resource = document(allow({"AWS": OTHER}))
    among = {ROLE: Policies(own(allow()), resource=resource), OTHER: Policies(resource=resource)}
    assert only_principals([ROLE, OTHER], GET, SECRET, among=among).proved
    refuted = only_principals([ROLE], GET, SECRET, among=among)
    assert refuted.witness is not None
    assert refuted.witness.principal == OTHER


def test_fails_on_a_role_of_which_one_session_is_named() -> None:
    policies = granting(allow({"AWS": SESSION}))
    with pytest.raises(SecretAccessError, match="^resource policy, statement 1 names a session of"):
        never_allowed(policies, [GET], [SECRET], principal=ROLE)
    assert never_allowed(policies, [GET], [SECRET], principal=SESSION).refuted


def test_fails_on_a_principal_that_is_none() -> None:
    with pytest.raises(SecretAccessError, match="^principal must be .*, got 'app'"):
        no_new_access(new=Policies(), old=Policies(), principal="app")


def test_what_is_newly_left_to_an_account_is_not_proved() -> None:
    """The policies of its other principals are not known."""
    old = granting(allow({"AWS": ROLE}), deny({"AWS": OTHER}))
    verdict = no_new_access(new=granting(allow({"AWS": ROOT})), old=old)
    assert not verdict.proved
    assert not verdict.refuted


def test_a_grant_to_the_session_is_new_where_the_boundary_limits_that_to_the_role() -> None:
    def policies(*grants: dict[str, Any]) -> Policies:
        boundary = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        return Policies(
            resource={"Version": "2012-10-17", "Statement": [*grants]},
            permissions_boundary={"Version": "2012-10-17", "Statement": boundary},
        )

    def grant(principal: str, **condition: Any) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:*",
            **condition,
        }

    elsewhere = {"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    old = policies(grant(SESSION, **elsewhere), grant(ROLE))
    new = policies(grant(SESSION), grant(ROLE))
    verdict = no_new_access(new=new, old=old, principal=SESSION, time_limit=300)
    assert verdict.refuted
    assert verdict.witness is not None
    assert evaluate(verdict.witness, new).allowed
    assert not evaluate(verdict.witness, old).allowed


# --- random policies -------------------------------------------------------------------------


def policies_of(chance: random.Random, like: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return random policies of all kinds, and the same with one random change."""
    old = dict(like.policies)
    new = {key: value for key, value in old.items() if key == "resource" or chance.random() < 0.9}
    kinds = [key for key in ("identity", "resource") if new.get(key)]
    kind = chance.choice(kinds)
    whole = [new[kind]] if kind == "resource" else list(new[kind])
    at = chance.randrange(len(whole))
    statements = list(whole[at]["Statement"])
    place = chance.randrange(len(statements))
    statement = dict(statements[place])
    what = chance.choice(("drop", "condition", "effect", "principal", "widen", "same"))
    if what == "drop" and len(statements) > 1:
        del statements[place]
    else:
        if what == "condition":
            statement.pop("Condition", None)
        elif what == "effect" and "NotPrincipal" not in statement:
            statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"
        elif what == "widen":
            trust = not {"Resource", "NotResource"} & set(statement)
            for element in ("NotAction", "NotResource", "Condition"):
                statement.pop(element, None)
            statement.update({"Action": "sts:*"} if trust else {"Action": "*", "Resource": "*"})
        elif what == "principal" and "Principal" in statement:
            statement["Principal"] = chance.choice(("*", {"AWS": HOME}, {"AWS": USER}))
        statements[place] = statement
    whole[at] = {**whole[at], "Statement": statements}
    new[kind] = whole[0] if kind == "resource" else whole
    return new, old


def test_what_is_proved_withstands_random_requests() -> None:
    seed = seed_of_run()
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    while sum(found.values()) < 80:
        case = random_case(chance)
        if "resource" not in case.policies:
            continue
        documents = policies_of(chance, case)
        new, old = (Policies(**each) for each in documents)
        principal = None if chance.random() < 0.2 else case.principal
        try:
            verdict = no_new_access(new=new, old=old, principal=principal, time_limit=1)
        except SecretAccessError:  # one session of the role is named
            found["refused"] += 1
            continue
        found["proved" if verdict.proved else "refuted" if verdict.refuted else "unknown"] += 1
        if verdict.witness is not None:
            assert evaluate(verdict.witness, new).allowed, (seed, documents)
            assert not evaluate(verdict.witness, old).allowed, (seed, documents)
        elif verdict.proved:
            attack(chance, new, old, principal, seed)
    print(dict(found))
    assert found["refused"] <= 40
    assert found["proved"] >= 5
    assert found["refuted"] >= 1
    assert found["unknown"] <= 50, "the solver's time limit is short here"


def attack(
    chance: random.Random, new: Policies, old: Policies, principal: str | None, seed: int
) -> None:
    for _ in range(300):
        case = random_case(chance)
        who = principal or case.principal
        context = {key: each for key, each in case.context.items() if key != "aws:PrincipalArn"}
        if who == SESSION:
            context["aws:PrincipalArn"] = ROLE
        request = Request(who, case.action, case.resource, context)
        if not is_possible(request):
            continue
        try:
            wider = evaluate(request, new).allowed and not evaluate(request, old).allowed
        except SecretAccessError:
            continue
        assert not wider, (seed, request, new, old)
