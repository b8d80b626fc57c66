"""Write docs/intents.md: what each intent allows or denies, and leaves open, told by the code.

The statements are those of the documents that the constructs emit for a sample secret; what is left
open is what docstrings say after "It leaves open:" (of a construct) or "Open:" (of an option).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib import (
    AccessConditions,
    DenyLevel,
    DenySecretAccess,
    SecretAdmin,
    SecretCreator,
    SecretDescriber,
    SecretReader,
    SecretRotator,
    SecretScope,
    SecretShare,
    SecretWriter,
    TagMatchedAccess,
    TagScopedDescriber,
)

PAGE = Path(__file__).parents[1] / "docs" / "intents.md"
HEAD = """\
# What each intent allows, denies and leaves open

<!-- Written by `make docs` from the constructs and their docstrings. -->

The statements are those that a construct emits for secrets under a customer-managed key; without
one, there is no statement on a key. A row of an option has the statements that it adds or changes,
by their Sid; one that is struck out is left out. Actions without a prefix are of `secretsmanager:`.
Of several conditions, all must hold. These policies allow and deny nothing else; what other
policies allow stays allowed, unless it is denied here.
"""
COLUMNS = ("Intent", "Actions", "Resources", "Conditions", "What it leaves open")

ROLE = "arn:aws:iam::444455556666:role/partner"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:rotate"


class Key(NamedTuple):
    key_arn: str


class Function(NamedTuple):
    function_arn: str


class Role(NamedTuple):
    role_arn: str


def secrets(name: str) -> SecretScope:
    place = "eu-west-1:111122223333"
    return SecretScope.from_secret_partial_arn(
        f"arn:aws:secretsmanager:{place}:secret:{name}",
        encryption_key=Key(f"arn:aws:kms:{place}:key/{name.replace('/', '-')}"),
    )


SECRETS, SUPERUSERS = secrets("prod/db"), secrets("prod/superuser")
STACK = cdk.Stack(cdk.App(), "Sample")
SHARED = secretsmanager.Secret(
    STACK, "Secret", secret_name="shared", encryption_key=kms.Key(STACK, "Key")
)
IN_STACK = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
# What stands in the documents, and what it stands for.
MEANINGS = {
    SECRETS.arn: "the secrets",
    SECRETS.key_arn: "their key",
    SUPERUSERS.arn: "the superuser's secrets",
    SUPERUSERS.key_arn: "the superuser's key",
    FUNCTION: "the named function",
    ROLE: "the principals",
    f"{IN_STACK}*": "every secret of the account and Region",
    f"{IN_STACK}shared-??????": "the secret",
}


@dataclass(frozen=True)
class Intent:
    """A construct, the options that have a row of their own, and what is given in every row."""

    construct: type[Construct]
    options: Sequence[Mapping[str, Any]]
    given: Mapping[str, Any] = field(default_factory=lambda: {"secrets": SECRETS})


CONDITIONS = AccessConditions(
    vpc_endpoints=["vpce-0123456789abcdef0"], organization_id="o-a1b2c3d4e5", mfa=True
)
LIMITED = {"conditions": CONDITIONS}
INTENTS = (
    Intent(
        SecretReader,
        [{"describe": True}, {"batch": True}, {"version_stages": ["AWSCURRENT"]}, LIMITED],
    ),
    Intent(SecretWriter, [LIMITED]),
    Intent(
        SecretRotator,
        [{"superuser_secrets": SUPERUSERS}, {"rotation_function": Function(FUNCTION)}, LIMITED],
    ),
    Intent(SecretDescriber, [{"list": True}, LIMITED]),
    Intent(TagScopedDescriber, [LIMITED], {"tags": {"Project": "orders"}}),
    Intent(
        SecretAdmin,
        [
            {"rotation_functions": [Function(FUNCTION)]},
            {"minimum_recovery_window": 14},
            {"manage_resource_policy": True},
            {"replicate_to": ["eu-central-1"]},
            {"tag_keys": ["CostCenter"]},
            LIMITED,
        ],
    ),
    Intent(SecretCreator, [{"required_tags": {"Project": "orders"}}, {"pin_key": True}, LIMITED]),
    Intent(
        TagMatchedAccess,
        [
            {"secrets": None},
            {"read": False, "describe": True},
            {"describe": True},
            {"write": True},
            {"create": True},
            LIMITED,
        ],
        {"secrets": SECRETS, "tag_keys": ["Project"]},
    ),
    Intent(
        DenySecretAccess,
        [
            {"level": DenyLevel.VALUE},
            {"level": DenyLevel.METADATA},
            {"level": DenyLevel.ALL},
            {"except_principals": [Role(ROLE)]},
            {"except_vpc_endpoints": ["vpce-0123456789abcdef0"]},
        ],
        {"secrets": SECRETS, "level": DenyLevel.ARTICLE},
    ),
    Intent(
        SecretShare,
        [{"describe": True}],
        {"secret": SHARED, "principals": [iam.Role.from_role_arn(STACK, "Partner", ROLE)]},
    ),
)


def page() -> str:
    """Return the text of the page."""
    sections = [line for intent in INTENTS for line in _section(intent)]
    limits = f"## AccessConditions\n\n**What they leave open.** {left_open(AccessConditions)}"
    return "\n".join([HEAD, *sections, limits, ""])


def left_open(documented: type) -> str:
    """Return what a class says that it leaves open; nothing if it does not say."""
    return _after("It leaves open:", inspect.getdoc(documented) or "")


def _section(intent: Intent) -> Iterator[str]:
    name, text = intent.construct.__name__, inspect.getdoc(intent.construct) or ""
    yield f"## {name}\n\n{text.splitlines()[0]}\n"
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    own = ("level", "tag_keys", "tags")
    chosen = {key: each for key, each in intent.given.items() if key in own}
    plain = _statements(intent, {})
    opens = [*_opened_by(intent, chosen), left_open(intent.construct)]
    yield from _rows([f"`{name}`", *_called(chosen)], map(_cells, plain), opens)
    for option in intent.options:
        found = _statements(intent, option)
        cells = [_cells(each) for each in found if each not in plain]
        sids = [each["Sid"] for each in found]
        cells += [(f"~~{each['Sid']}~~", "", "") for each in plain if each["Sid"] not in sids]
        yield from _rows(_called(option), cells, _opened_by(intent, option))
    yield ""


def _rows(
    called: Sequence[str], cells: Iterable[tuple[str, str, str]], opens: Iterable[str]
) -> Iterator[str]:
    """Yield a row with its first statement, and a line for each further one."""
    first, last = ", ".join(called), " ".join(filter(None, opens))
    for cell in cells:
        yield f"| {' | '.join((first, *cell, last))} |"
        first = last = ""


def _statements(intent: Intent, option: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements that the construct emits, as a template has them."""
    given = {**intent.given, **option}
    made: Any = intent.construct(STACK, f"It{len(STACK.node.children)}", **given)
    if not isinstance(made, SecretShare):
        return [each for found in made.policy_documents for each in found["Statement"]]
    documents = {
        "the secret, in its own policy": made.resource_policy_document,
        "the key, in its own policy": made.key_policy_document,
    }
    return [
        # The end of a Sid there tells several shares apart.
        {**each, "Sid": each["Sid"][:-8], "Resource": resource}
        for resource, document in documents.items()
        for each in document["Statement"]
    ]


def _cells(statement: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the actions, resources and conditions of a statement, as a cell each."""
    actions = re.sub(r"secretsmanager:(?!\*)", "", _listed(statement["Action"]))
    denied = "denies " if statement["Effect"] == "Deny" else ""
    to = f", to {_listed(statement['Principal']['AWS'])}" if "Principal" in statement else ""
    conditions = [
        f"`{operator}` `{key}`: {_listed(values)}"
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    ]
    return (
        f"{statement['Sid']}: {denied}{actions}{to}",
        _listed(statement["Resource"]),
        "<br>".join(conditions),
    )


def _listed(values: Any) -> str:
    several = values if isinstance(values, list) else [values]
    texts = [each["Fn::Sub"] if isinstance(each, dict) else each for each in several]
    return ", ".join(
        MEANINGS.get(text) or (text if text.startswith("the ") else f"`{text}`") for text in texts
    )


def _called(option: Mapping[str, Any]) -> list[str]:
    """Return the options as they are given to the construct."""
    return [
        f"no `{name}`" if value is None else f"`{name}={_written(value)}`"
        for name, value in option.items()
    ]


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_written(k)}: {_written(v)}' for k, v in value.items())}}}"
    for kind, name in KINDS.items():
        if isinstance(value, kind):
            return name
    return str(value)


KINDS = {
    SecretScope: "superuser",
    Function: "function",
    Role: "principal",
    AccessConditions: "AccessConditions(...)",
}


def _opened_by(intent: Intent, option: Mapping[str, Any]) -> Iterator[str]:
    """Yield what options leave open, as the construct and the values' own classes say."""
    for name, value in option.items():
        if isinstance(value, DenyLevel):
            found = re.search(
                rf"- `{value.name}`: (.*?)(?=\n- |\Z)", inspect.getdoc(DenyLevel) or "", re.S
            )
        else:
            text = inspect.getdoc(intent.construct.__init__) or ""
            found = re.search(rf"\n    {name}: (.*?)(?=\n    \w|\n\n)", text, re.S)
        yield _after("Open:", found.group(1)) if found else ""
        if isinstance(value, AccessConditions):
            yield "See [AccessConditions](#accessconditions)."


def _after(mark: str, text: str) -> str:
    """Return the rest of the paragraph after a mark, as one line that begins with a capital."""
    found = text.partition(mark)[2].strip().partition("\n\n")[0]
    line = " ".join(found.split())
    return line[:1].upper() + line[1:]


if __name__ == "__main__":
    PAGE.write_text(page())
