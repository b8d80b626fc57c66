"""The six laws of all answers, over random templates and over public ones.

Each law is a function that returns the violation of one question to a template, or None. A failure
prints the seed, the law, the question and the smallest template that still violates the law.

- `TEST_SEED=...` repeats a run.
- `LAWS_SECONDS=600` lets each law go on for this time, and prints the number of templates.
- `LAWS_TEMPLATES=/path/to/file.jsonl.gz` has public templates, one in each line under `template`.

The templates keep to what docs/assumptions.md takes for granted: no control policies, no session
policies, no grants of keys, and no policies of a principal or of a group elsewhere but those that
the answer itself names as unknown.
"""

import gzip
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.support.completion import NotCompletedError
from tests.support.concrete_access import (
    Actor,
    ConcreteAccess,
    Probe,
    Target,
    concrete_access,
    decision,
    decryption_context,
    outsiders,
)
from tests.support.law_questions import (
    DECRYPT,
    PATTERNS,
    PRINCIPALS,
    TIME_LIMIT,
    Case,
    Known,
    Question,
    certain_answer,
    contexts_to_try,
    grants,
    is_about,
    is_certain,
    is_never,
    is_on_secret,
    logical_ids,
    names,
    passes,
    random_case,
    read,
    rows,
)
from tests.support.law_templates import GET, Template, random_template
from tests.support.seeds import seed_of_run
from tests.support.shrinking import shrink
from tests.support.template_changes import changed

SECONDS = float(os.environ.get("LAWS_SECONDS", "0"))
PUBLIC = os.environ.get("LAWS_TEMPLATES")
QUESTIONS = 2  # to each template
WORLDS = 10  # of each question
Templates = Sequence[Template]
Law = Callable[[Templates, Case], str | None]


# --- 1: what is never allowed is denied in every context, and no grant ---------------------------


def never_is_never(templates: Templates, case: Case) -> str | None:
    """`assert_never` passes => `assert_cannot` passes in every context => `grants` has no row."""
    (template,), question = templates, case.question
    access = read(template, case.known)
    if access is None:
        return None
    pattern = dict(enumerate(PATTERNS)).get(int(case.seed) % 6, question.action)
    if not fnmatchcase(question.action, pattern):
        pattern = question.action
    everyone = int(case.seed) % 5 == 0
    if not is_never(access, "*" if everyone else question.principal, pattern, question.resource):
        return None
    asking = logical_ids(template, *PRINCIPALS) if everyone else [question.principal]
    for context in contexts_to_try(case.seed, about_key=question.action.startswith("kms:")):
        for principal in asking:
            one = replace(question, principal=principal, context=context)
            args = (one.principal, one.action, one.resource)
            if passes(access.assert_cannot, *args, context=context) is False:
                return f"assert_never of {pattern} passes, and assert_cannot fails: {one}"
            for row in rows(access, one, context=context):
                return f"assert_never of {pattern} passes, and grants has {row}"
        if everyone:
            for row in grants(access, question.action, context) or []:
                if is_about(row, question.resource):
                    return f"assert_never('*') of {pattern} passes, and grants has {row}"
    return None


# --- 2: nobody else ------------------------------------------------------------------------------


def only_is_only(templates: Templates, case: Case) -> str | None:
    """`assert_only(P)` passes => every other principal is denied, and is in no grant."""
    (template,), question = templates, case.question
    access = read(template, case.known)
    if access is None:
        return None
    everyone = logical_ids(template, *PRINCIPALS)
    listed = [
        each for each in everyone if certain_answer(access, replace(question, principal=each))
    ]
    args, context = (question.action, question.resource), question.context
    if not passes(access.assert_only, listed, *args, context=context):
        return None
    said = f"assert_only({listed}, {args}, context={context}) passes"
    mine = {*listed, *_members(template)}
    others = [each for each in everyone if each not in mine]
    for other in others:
        if passes(access.assert_cannot, other, *args, context=context) is False:
            return f"{said}, and assert_cannot fails for {other}"
    for row in grants(access, question.action, context) or []:
        is_listed = any(names(row.principal, each) for each in mine)
        if is_about(row, question.resource) and not is_listed:
            return f"{said}, and grants has {row}"
    for world in _worlds(template, case, case.known):
        for violation in _outsiders_allowed(world, question):
            return f"{said}, and allowed is {violation}"
    return None


def _members(template: Template) -> set[str]:
    """Return the users that are in a group: the group, if it is listed, stands for them."""
    found = set()
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::User" and properties.get("Groups"):
            found.add(logical_id)
        if resource["Type"] == "AWS::IAM::UserToGroupAddition":
            users = properties["Users"]
            found |= {each["Ref"] if isinstance(each, dict) else each for each in users}
    return found


def _outsiders_allowed(access: ConcreteAccess, question: Question) -> Iterator[str]:
    """Yield the outsiders that may do the action on the secret, or on a replica."""
    targets = access.targets_of(question.resource)
    for target in targets:
        for who in outsiders(access, [target]):
            found = _decided(access, question, who, target)
            if found and found[0]:
                yield found[1]
        yield from _services(target, question)


def _services(target: Target, question: Question) -> Iterator[str]:
    """Yield the services and federations that a policy without conditions and Denies allows it."""
    statements = (target.policy or {}).get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    if any(each["Effect"] == "Deny" for each in statements):
        return
    for each in statements:
        principal, actions = each.get("Principal"), each.get("Action", [])
        actions = actions if isinstance(actions, list) else [actions]
        about = any(fnmatchcase(question.action.lower(), str(one).lower()) for one in actions)
        if about and "Condition" not in each and isinstance(principal, dict):
            for kind in {"Service", "Federated"} & {*principal}:
                yield f"{kind} {principal[kind]}"


# --- 3: what is allowed is a certain grant -------------------------------------------------------


def allowed_is_granted(templates: Templates, case: Case) -> str | None:
    """`assert_can` passes => `grants` has a certain row."""
    (template,), question = templates, case.question
    access = read(template, case.known)
    named_by_arn = "arn:" in f"{question.principal} {question.resource}"
    if access is None or named_by_arn or not question.action.startswith("secretsmanager:"):
        return None
    granted = grants(access, question.action, question.context)
    if granted is None or certain_answer(access, question) is not True:
        return None
    found = [
        row
        for row in rows(access, question, context=question.context)
        if is_on_secret(row, question.resource)
    ]
    if not any(row.certain for row in found):
        return f"assert_can passes, and grants has {found}: {question}"
    return None


# --- 4: refinement -------------------------------------------------------------------------------


def refinement_keeps_answers(templates: Templates, case: Case) -> str | None:
    """The value of one more unknown never changes a certain answer."""
    (template,), question = templates, case.question
    before, after = read(template, case.known), read(template, case.refined)
    if before is None or after is None:
        return None
    for now in (question.context, case.refined_context):
        args = (question.principal, question.action, question.resource)
        answer = certain_answer(before, question)
        if answer is None:
            continue
        said = f"{question} is answered {answer}; with {_more(case)} and context={now}"
        assertion = after.assert_can if answer else after.assert_cannot
        if passes(assertion, *args, context=now) is False:
            return f"{said}, it is not"
        found = list(rows(after, replace(question, context=now), context=now))
        if answer is False and found:
            return f"{said}, grants has {found[0]}"
    args = (question.principal, question.action, question.resource)
    proved = int(case.seed) % 4 == 0 and case.refined != case.known and is_never(before, *args)
    if proved and not _is_proved(after, args):
        return f"assert_never({args}) passes; with {_more(case)}, it fails"
    return None


def _is_proved(access: Any, args: Sequence[str]) -> bool:
    return passes(access.assert_never, *args, time_limit=10 * TIME_LIMIT) is not False


def _more(case: Case) -> Known:
    return Known(
        {key: each for key, each in case.refined.values.items() if key not in case.known.values},
        case.refined.documents,
    )


# --- 5: comparison -------------------------------------------------------------------------------


def nothing_new_is_allowed(templates: Templates, case: Case) -> str | None:
    """`assert_no_new_access` passes => no request is allowed in the new and denied in the old."""
    new, old = templates
    after, before = read(new, case.known), read(old, case.known)
    if after is None or before is None:
        return None
    if not passes(after.assert_no_new_access, since=before, time_limit=TIME_LIMIT):
        return None
    for number in range(WORLDS):
        world = case.known.world(f"{case.seed} {number}" if number else case.seed)
        try:
            now, was = concrete_access(new, world), concrete_access(old, world)
            for violation in _new_access(now, was):
                return f"assert_no_new_access passes, and new is {violation}"
        except NotCompletedError:
            continue
    return None


ACTIONS = {"secretsmanager": (GET, "secretsmanager:PutSecretValue"), "kms": (DECRYPT,)}


def _new_access(now: ConcreteAccess, was: ConcreteAccess) -> Iterator[str]:
    """Yield the requests that are allowed now, and were denied."""
    for actor in now.actors.values():
        yield from _new_of_actor(now, was, actor, was.actors.get(actor.name))
        for role in now.actors.values():
            before = was.actors.get(role.name)
            if role.trust is not None and before is not None and before.trust is not None:
                args = (now, was, actor, was.actors.get(actor.name), "sts:AssumeRole")
                yield from _compared(*args, _role(role), _role(before))
    for actor in outsiders(now, [*now.targets, *was.targets]):
        yield from _new_of_actor(now, was, actor, actor)


def _role(actor: Actor) -> Target:
    return Target(actor.name, actor.arn, actor.tags, actor.trust)


def _new_of_actor(
    now: ConcreteAccess, was: ConcreteAccess, actor: Actor, before: Actor | None
) -> Iterator[str]:
    for target in now.targets:
        for action in ACTIONS[target.arn.split(":")[2]]:
            yield from _compared(now, was, actor, before, action, target, _earlier(target, was))
        if ":secret:" in target.arn:
            value = _value_read(now, actor, target)
            earlier = before is not None and _value_read(was, before, _earlier(target, was))
            if value and earlier is False:
                yield f"{value}, with the use of the key"


def _compared(
    now: ConcreteAccess,
    was: ConcreteAccess,
    actor: Actor,
    before: Actor | None,
    action: str,
    target: Target,
    earlier: Target,
) -> Iterator[str]:
    for number in range(2):
        found = decision(now, actor, action, target, Probe(number))
        if not found or not found[0]:
            continue
        old = None if before is None else decision(was, before, action, earlier, Probe(number))
        if before is None or (old is not None and not old[0]):
            yield f"{found[1]}; before: {old[1] if old else 'no such principal'}"


def _earlier(target: Target, was: ConcreteAccess) -> Target:
    """Return a secret or key as it was; a replica that is new is its primary; else one without
    a policy of its own, on which the policies decide by their patterns."""
    same = was.targets_of(target.name)
    regions = [each for each in same if each.region == target.region]
    if same:
        return (regions or same)[0]
    return replace(target, policy=None if ":secret:" in target.arn else target.policy)


def _value_read(access: ConcreteAccess, actor: Actor, target: Target) -> str | bool | None:
    """Return the request that reads the value of a secret; False: denied; None: undecided."""
    found = decision(access, actor, GET, target, Probe())
    if not found:
        return None
    if not found[0]:
        return False
    if target.key is None:
        return found[1] if actor.account == target.account else False
    probe = Probe(given=decryption_context(target.arn))
    use = decision(access, actor, DECRYPT, access.key_of(target.key), probe)
    return None if not use else found[1] if use[0] else False


# --- 6: the evaluator agrees ---------------------------------------------------------------------


def evaluator_agrees(templates: Templates, case: Case) -> str | None:
    """No completion of the unknowns contradicts a certain answer."""
    (template,), question = templates, case.question
    access = read(template, case.known)
    if access is None:
        return None
    answer = certain_answer(access, question)
    args = (question.principal, question.action, question.resource)
    never = int(case.seed) % 6 == 0 and is_never(access, *args)
    reads = question.action == GET and passes(
        access.assert_can_read, *args[::2], context=question.context
    )
    granted = int(case.seed) % 3 == 0 and any(
        is_certain(row) and is_on_secret(row, question.resource)
        for row in rows(access, question, context=question.context)
    )
    if answer is None and not (never or granted):
        return None
    for world in _worlds(template, case, case.known):
        actor = world.actor(question.principal)
        targets = world.targets_of(question.resource)
        if actor is None or not targets:
            continue
        for target in targets if answer is False else targets[:1]:
            found = _decided(world, question, actor, target)
            if found and answer is not None and found[0] is not answer:
                return f"the answer to {question} is {answer}, and the evaluator: {found[1]}"
            if found and granted and not found[0] and target is targets[0]:
                return f"grants is certain of {question}, and the evaluator: {found[1]}"
            if reads and _use_of_key(world, actor, target, question) is False:
                return f"assert_can_read passes: {question}, and the key is not allowed: {found}"
        for target in targets if never else ():
            probe = Probe(1, any_tags=":secret:" in target.arn)
            found = decision(world, actor, question.action, target, probe)
            if found and found[0]:
                return f"assert_never({args}) passes, and the evaluator: {found[1]}"
    return None


def _decided(
    access: ConcreteAccess, question: Question, actor: Actor, target: Target
) -> tuple[bool, str] | None:
    return decision(access, actor, question.action, target, Probe(given=question.context or {}))


def _use_of_key(
    access: ConcreteAccess, actor: Actor, target: Target, question: Question
) -> bool | None:
    if target.key is None:
        return None
    kept = {
        key: value for key, value in (question.context or {}).items() if "MultiFactor" in key
    } | decryption_context(target.arn)
    found = decision(access, actor, DECRYPT, access.key_of(target.key), Probe(given=kept))
    return found[0] if found else None


def _worlds(template: Template, case: Case, known: Known) -> Iterator[ConcreteAccess]:
    """Yield completions of a template that AWS accepts."""
    accepted = 0
    for number in range(3 * WORLDS):
        seed = f"{case.seed} {number}" if number else case.seed
        try:
            access = concrete_access(template, known.world(seed))
        except NotCompletedError:
            continue
        yield access
        accepted += 1
        if accepted == WORLDS:
            break


# --- the runs ------------------------------------------------------------------------------------

LAWS: dict[str, tuple[Law, int]] = {  # with the number of templates
    "1: never": (never_is_never, 80),
    "2: only": (only_is_only, 100),
    "3: granted": (allowed_is_granted, 100),
    "4: refinement": (refinement_keeps_answers, 100),
    "5: comparison": (nothing_new_is_allowed, 80),
    "6: evaluator": (evaluator_agrees, 120),
}


def violation_of(law: Law, templates: Templates, case: Case) -> str | None:
    try:
        return law(templates, case)
    except NotCompletedError:
        return None


def cases(
    law: Law, template: Template, dice: random.Random
) -> Iterator[tuple[list[Template], Case]]:
    """Yield questions to a template; for the comparison, to it and a changed one."""
    for _ in range(QUESTIONS if law is not nothing_new_is_allowed else 1):
        templates = [template]
        if law is nothing_new_is_allowed:
            templates = [changed(template, dice), template]
        case = random_case(template, dice)
        if case is not None:
            yield templates, case


def report(name: str, seed: str, law: Law, templates: list[Template], case: Case) -> str:
    """Return a violation with the smallest templates."""
    smallest = shrink(templates, lambda each: violation_of(law, each, case) is not None)
    shown = "\n".join(json.dumps(each, indent=1) for each in smallest)
    return (
        f"law {name}, seed {seed}\n{violation_of(law, smallest, case)}\n"
        f"question: {case.question}\nknown: {case.known}\n{shown}"
    )


def check(name: str, law: Law, seed: str, template: Template) -> None:
    for templates, case in cases(law, template, random.Random(seed)):
        if violation_of(law, templates, case) is not None:
            pytest.fail(report(name, seed, law, templates, case))


@pytest.mark.parametrize("name", LAWS)
def test_random_templates_obey_the_law(name: str) -> None:
    law, least = LAWS[name]
    seed, end, number = seed_of_run(), time.monotonic() + SECONDS, 0
    while number < least or time.monotonic() < end:
        one = f"{seed}-{number}"
        check(name, law, one, random_template(random.Random(one)))
        number += 1
    print(f"law {name}: {number} templates")


def public_templates(path: str) -> Iterator[tuple[str, Template]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["id"], row["template"]


@pytest.mark.parametrize("name", [each for each in LAWS if each != "5: comparison"])
def test_public_templates_obey_the_law(name: str) -> None:
    if PUBLIC is None:
        pytest.skip("LAWS_TEMPLATES has no file of public templates")
    law, _ = LAWS[name]
    seed, templates = seed_of_run(), list(public_templates(PUBLIC))
    for one, template in templates:
        check(name, law, f"{seed}-{one}", template)
    print(f"law {name}: {len(templates)} templates")
