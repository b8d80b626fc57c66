"""The questions of the laws, and the answers of the public API to them.

This module has every use of the library's own answers. A question names its principal and its
secret or key by logical id, or by the ARN of one that may exist already.
"""

import json
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from constructs_lib import SecretAccessError
from constructs_lib.testing import Grant, SecretAccess
from tests.support.completion import NotCompletedError, World
from tests.support.concrete_access import Probe, concrete_access, context_of, decision
from tests.support.law_templates import GET, TEAMS, Template

PUT = "secretsmanager:PutSecretValue"
DESCRIBE = "secretsmanager:DescribeSecret"
DECRYPT = "kms:Decrypt"
SECRET_ACTIONS = (PUT, DESCRIBE, GET, GET, GET)
KEY_ACTIONS = (DECRYPT, DECRYPT, "kms:GenerateDataKey")
PATTERNS = ("secretsmanager:*", "secretsmanager:Get*", "*")
TIME_LIMIT = 0.2
SECRET, KEY = "AWS::SecretsManager::Secret", "AWS::KMS::Key"
PRINCIPALS = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
CONTEXT_VALUES: Mapping[str, Sequence[Any]] = {
    "aws:MultiFactorAuthPresent": ("true", "false", None),
    "aws:SourceVpce": ("vpce-1", "vpce-2", None),
    "aws:SourceIp": ("10.1.2.3", "203.0.113.7"),
    "aws:ViaAWSService": ("true", "false"),
    "secretsmanager:VersionStage": ("AWSCURRENT", "AWSPREVIOUS", None),
    "aws:CurrentTime": ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    "aws:PrincipalOrgID": ("o-11111111", None),
}
EXISTING_SECRETS = (
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Secret0-AbCdEf123456-AbCdEf",
    "arn:aws:secretsmanager:us-east-1:444455556666:secret:other-AbCdEf",
)
EXISTING_PRINCIPALS = (
    "arn:aws:iam::111122223333:role/prod-Role1-AbCdEf123456",
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:iam::111122223333:user/alice",
)
RESOURCE_TAG = "aws:ResourceTag/Team"
Context = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """The unknowns of a template whose values a test gives.

    Attributes:
        values: by parameter, or `AWS::Region` and `AWS::AccountId`.
        documents: the documents of managed policies, by ARN.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)

    def world(self, seed: str) -> World:
        """Return a world with these values and any other ones."""
        return World(seed, self.values, self.documents)

    def with_one_more(self, template: Template, world: World, dice: random.Random) -> "Known":
        """Return these, and the value of one more unknown, as it is in a world."""
        unknown = self._unknown(template)
        return self._with(dice.choice(unknown), template, world) if unknown else self

    def with_all(self, template: Template, world: World) -> "Known":
        """Return these, and the values of all others."""
        known = self
        for name in self._unknown(template):
            known = known._with(name, template, world)
        return known

    def _unknown(self, template: Template) -> list[str]:
        """Return the names of the unknowns that the template uses."""
        text = json.dumps([template.get("Conditions"), template["Resources"]])
        names = [
            name
            for name in template.get("Parameters", {})
            if f'"Ref": "{name}"' in text or f"${{{name}}}" in text
        ]
        arns = sorted(set(re.findall(r"arn:aws:iam::aws:policy/[\w/-]+", text)))
        given = {*self.values, *self.documents}
        return [
            name for name in ("AWS::Region", "AWS::AccountId", *names, *arns) if name not in given
        ]

    def _with(self, name: str, template: Template, world: World) -> "Known":
        if name.startswith("arn:"):
            return replace(self, documents={**self.documents, name: world.document(name)})
        if name.startswith("AWS::"):
            return replace(self, values={**self.values, name: world.pseudo(name)})
        value = world.parameter(name, template["Parameters"][name])
        value = ",".join(value) if isinstance(value, list) else value
        return replace(self, values={**self.values, name: value})


@dataclass(frozen=True)
class Question:
    """Whether a principal may do an action on a secret or key."""

    principal: str
    action: str
    resource: str
    context: Context | None = None

    def __str__(self) -> str:
        context = f" with context={self.context}" if self.context is not None else ""
        return f"may {self.principal} do {self.action} on {self.resource}{context}?"


@dataclass(frozen=True)
class Case:
    """A question to a template, and the values that are known then.

    Attributes:
        question: the question.
        known: the values that the test gives.
        refined: the same and more of them.
        refined_context: the context of the question, and more of it.
        seed: decides the worlds.
    """

    question: Question
    known: Known
    refined: Known
    refined_context: Context
    seed: str


def logical_ids(template: Template, *types: str) -> list[str]:
    resources = template["Resources"].items()
    return [name for name, each in resources if isinstance(each, dict) and each["Type"] in types]


def random_case(template: Template, dice: random.Random) -> Case | None:
    """Return a question to a template; None if it has no principal, or no secret or key."""
    seed = f"{dice.randrange(2**32)}"
    question = _likely_question(template, seed, dice) if dice.random() < 0.6 else None
    question = question or _any_question(template, dice)
    if question is None or question.context is None:
        return None
    known = Known()
    for _ in range(dice.choice([0, 0, 1, 2, 4])):
        known = known.with_one_more(template, World(seed), dice)
    refined = known.with_one_more(template, World(seed), dice)
    if dice.random() < 0.5:
        refined = known.with_all(template, World(seed))
    full = question.context
    some = {key: value for key, value in full.items() if dice.random() < 0.5}
    question = replace(question, context=some if dice.random() < 0.5 else None)
    return Case(question, known, refined, full, seed)


def _any_question(template: Template, dice: random.Random) -> Question | None:
    principals = logical_ids(template, *PRINCIPALS)
    secrets, keys = logical_ids(template, SECRET), logical_ids(template, KEY)
    if not principals:
        return None
    about_key = bool(keys) and dice.random() < 0.15
    resource = dice.choice(keys if about_key else secrets or EXISTING_SECRETS)
    principal = dice.choice(principals)
    if not about_key and dice.random() < 0.2:
        resource = dice.choice(EXISTING_SECRETS)
    if dice.random() < 0.1:
        principal = dice.choice(EXISTING_PRINCIPALS)
    action = dice.choice(KEY_ACTIONS if about_key else SECRET_ACTIONS)
    return Question(principal, action, resource, random_context(dice, about_key=about_key))


def _likely_question(template: Template, seed: str, dice: random.Random) -> Question | None:
    """Return a question, with a context, to which the answer is yes in one world."""
    try:
        access = concrete_access(template, World(seed))
        found = [
            (actor, action, target)
            for actor in access.actors.values()
            for target in access.targets
            for action in (KEY_ACTIONS if ":kms:" in target.arn else SECRET_ACTIONS)[:3]
            if {actor.name, target.name} <= {*template["Resources"]}
            and (decision(access, actor, action, target, Probe()) or [False])[0]
        ]
    except NotCompletedError:
        return None
    if not found:
        return None
    actor, action, target = dice.choice(found)
    actual = context_of(access, actor, target, Probe())
    keys = [key for key in CONTEXT_VALUES if action.split(":")[0] in key or key.startswith("aws:")]
    context = {key: actual.get(key.lower()) for key in keys}
    return Question(actor.name, action, target.name, context)


def random_context(dice: random.Random, *, about_key: bool = False) -> Context:
    """Return condition keys with values of the environment of a request."""
    keys = [key for key in CONTEXT_VALUES if not (about_key and key.startswith("secretsmanager:"))]
    return {key: dice.choice(CONTEXT_VALUES[key]) for key in keys if dice.random() < 0.6}


# --- answers -------------------------------------------------------------------------------------


def read(template: Template, known: Known) -> SecretAccess | None:
    """Return what the library reads; None: it refuses the template."""
    own = {name: value for name, value in known.values.items() if not name.startswith("AWS::")}
    try:
        return SecretAccess.from_template(
            template,
            region=known.values.get("AWS::Region"),
            account=known.values.get("AWS::AccountId"),
            parameters=own,
            managed_policies=known.documents,
        )
    except SecretAccessError:
        return None


def passes(assertion: Callable[..., None], *args: Any, **options: Any) -> bool | None:
    """Return whether an assertion passes; None: the library refuses the question."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is in no template
        try:
            assertion(*args, **options)
        except AssertionError:
            return False
        except SecretAccessError:
            return None
    return True


def certain_answer(access: SecretAccess, question: Question) -> bool | None:
    """Return the answer of `assert_can` and `assert_cannot`; None: neither passes."""
    args = (question.principal, question.action, question.resource)
    if passes(access.assert_can, *args, context=question.context):
        return True
    return False if passes(access.assert_cannot, *args, context=question.context) else None


def is_never(access: SecretAccess, principal: str, action: str, resource: str) -> bool:
    return bool(passes(access.assert_never, principal, action, resource, time_limit=TIME_LIMIT))


def grants(access: SecretAccess, action: str, context: Context | None) -> list[Grant] | None:
    """Return the grants; none for an action on a key. None: the library refuses the question."""
    if not action.startswith("secretsmanager:"):
        return []
    try:
        return access.grants(action, context=context)
    except SecretAccessError:
        return None


def names(text: str, logical_id: str) -> bool:
    """Return whether a text of a grant is about a resource: it begins with its logical id."""
    words = re.findall(r"[\w-]+", text)
    return logical_id in words[: 6 if "group" in words else 3]


def is_about(grant: Grant, resource: str) -> bool:
    """Return whether a grant is about a secret or its replicas."""
    return any(names(text, resource) for text in grant.secrets)


def is_on_secret(grant: Grant, resource: str) -> bool:
    """Return whether a grant is about a secret in its own Region."""
    return any(names(text, resource) and "its replica" not in text for text in grant.secrets)


def is_certain(grant: Grant) -> bool:
    """Return whether a grant needs no condition of the request's context."""
    return grant.certain and not getattr(grant, "conditions", ())


def rows(
    access: SecretAccess, question: Question, *, context: Context | None = None
) -> Iterator[Grant]:
    """Yield the grants of a principal on a secret."""
    for grant in grants(access, question.action, context) or []:
        if names(grant.principal, question.principal) and is_about(grant, question.resource):
            yield grant


def contexts_to_try(seed: str, *, about_key: bool) -> Iterator[Context | None]:
    """Yield contexts, as a law about every context tries them."""
    dice = random.Random(f"contexts {seed}")
    yield None
    for _ in range(3):
        context = random_context(dice, about_key=about_key)
        if dice.random() < 0.5:
            context[RESOURCE_TAG] = dice.choice([*TEAMS, None])
        yield context
