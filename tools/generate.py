"""Write the constructs' files and docs/intents.md from the intents, in which each option is data.

A construct has the options of its intent as keywords, and those of every policy. Written out, they
show in `help()`, in VS Code and in PyCharm; generated, each is written once.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from constructs_lib.cdk.policy_props import POLICY_PROPS, RAISES
from constructs_lib.policy import intents
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.intents import DenyLevel, Intent
from constructs_lib.policy.intents.intent import option_fields
from constructs_lib.policy.intents.option import Option
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.policy.statement import Statement

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "intents.md"
CONSTRUCTS = ROOT / "constructs_lib" / "cdk"


@dataclass(frozen=True)
class Generated:
    """A construct: its intent and file, and the example in its docstring."""

    intent: type[Intent]
    module: str
    example: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


GENERATED = {
    "SecretReader": Generated(
        intents.ReadSecrets,
        "reader",
        """\
SecretReader(
    self, "OrdersDbReader",
    secrets=[db_secret, SecretScope.from_secret_name("prod/api-key", encryption_key=key)],
    roles=[task_role],
)""",
    ),
    "SecretWriter": Generated(
        intents.WriteSecrets,
        "writer",
        'SecretWriter(self, "OrdersDbWriter", secrets=db_secret, roles=[pipeline_role])',
    ),
    "SecretRotator": Generated(
        intents.RotateSecrets,
        "rotator",
        """\
SecretRotator(
    self, "OrdersDbRotator", secrets=db_secret, superuser_secrets=admin_secret,
    rotation_function=function, roles=[function.role],
)""",
    ),
    "SecretDescriber": Generated(
        intents.DescribeSecrets,
        "describer",
        """\
SecretDescriber(self, "Inventory", secrets=SecretScope.from_secret_name_prefix("prod/"),
                list=True, groups=[auditors])""",
    ),
    "TagScopedDescriber": Generated(
        intents.DescribeTaggedSecrets,
        "tag_scoped_describer",
        'TagScopedDescriber(self, "OrdersDescriber", tags={"Project": "orders"}, groups=[support])',
        {"tags": {"Project": "orders"}},
    ),
    "SecretAdmin": Generated(
        intents.AdministerSecrets,
        "admin",
        """\
SecretAdmin(
    self, "DbAdmin", secrets=db_secret, groups=[on_call],
    rotation_functions=[rotation_function], minimum_recovery_window=14,
)""",
    ),
    "SecretCreator": Generated(
        intents.CreateSecrets,
        "creator",
        """\
SecretCreator(
    self, "OrdersSecrets",
    secrets=SecretScope.from_secret_name_prefix("orders/", encryption_key=key),
    required_tags={"Project": "orders"}, pin_key=True,
    roles=[pipeline_role],
)""",
    ),
    "TagMatchedAccess": Generated(
        intents.UseTagMatchedSecrets,
        "tag_matched",
        'TagMatchedAccess(self, "TeamSecrets", tag_keys=["Project"], write=True, '
        "groups=[developers])",
        {"tag_keys": ("Project",)},
    ),
    "DenySecretAccess": Generated(
        intents.DenySecrets,
        "deny",
        """\
DenySecretAccess(
    self, "NotForAdmins",
    secrets=payroll_secret, level=DenyLevel.VALUE,
    groups=[administrators], except_principals=[break_glass_user],
)""",
    ),
}

# --- the constructs -----------------------------------------------------------------------------

# The module of each name that an annotation or default of an option may have.
IMPORTS = {
    "AccessConditions": "constructs_lib.policy.access_conditions",
    "DenyLevel": "constructs_lib.policy.intents",
    "Mapping": "collections.abc",
    "RotationFunction": "constructs_lib.policy.option_validation",
    "Role": "constructs_lib.policy.option_validation",
    "User": "constructs_lib.policy.option_validation",
    "Secrets": "constructs_lib.policy.secret_scope",
}


def construct_file(name: str) -> str:
    """Return the text of the file of a construct."""
    generated = GENERATED[name]
    intent = generated.intent
    options = option_fields(intent)
    signature = [_parameter(option_field) for option_field, _ in options.values()]
    signature += [
        f"{prop}: {type_} = {default}" for prop, (type_, default, _) in POLICY_PROPS.items()
    ]
    documented = {prop: documentation.doc for prop, (_, documentation) in options.items()}
    documented |= {prop: doc for prop, (_, _, doc) in POLICY_PROPS.items()}
    arguments = {
        "scope": "the parent of the construct.",
        "construct_id": "its id in that parent.",
        **documented,
    }
    imports = [
        f"from {module} import {imported}"
        for imported, module in IMPORTS.items()
        if re.search(rf"\b{imported}\b", "\n".join(signature))
    ]
    lines = [
        f'"""{name}, written by `make generate`.',
        "",
        f"Change its options in {_source_file(intent)}.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Sequence",
        "from aws_cdk import aws_iam as iam",
        "from constructs import Construct",
        "from constructs_lib.cdk.base import SecretPolicy",
        "from constructs_lib.policy.document import PolicyType",
        f"from constructs_lib.policy.intents import {intent.__name__}",
        *imports,
        "",
        "",
        f"class {name}(SecretPolicy):",
        *_indented(_class_docstring(generated), 4),
        "",
        "    def __init__(",
        "        self,",
        "        scope: Construct,",
        "        construct_id: str,",
        "        *,",
        *(f"        {parameter}," for parameter in signature),
        "    ) -> None:",
        '        """Make the policy and attach it.',
        "",
        "        Args:",
        *(line for argument, doc in arguments.items() for line in _argument(argument, doc)),
        "",
        "        Raises:",
        *_wrapped(RAISES, 12, hanging=4),
        '        """',
        "        super().__init__(",
        "            scope,",
        "            construct_id,",
        f"            intents=[{intent.__name__}({', '.join(f'{o}={o}' for o in options)})],",
        *(f"            {prop}={prop}," for prop in POLICY_PROPS),
        "        )",
        "",
    ]
    return _formatted("\n".join(lines))


def _class_docstring(generated: Generated) -> list[str]:
    intent = generated.intent
    return [
        f'"""{intent.summary}',
        "",
        *_paragraphs(intent.effect),
        "",
        "```python",
        *generated.example.splitlines(),
        "```",
        "",
        *_wrapped(f"It leaves open: {_lower_first(_flat(intent.leaves_open))}", 0, width=92),
        "",
        *_wrapped(f"Source: {_flat(intent.source)}", 0, width=92),
        '"""',
    ]


def _parameter(option_field: Field[Any]) -> str:
    parameter = f"{option_field.name}: {option_field.type}"
    if option_field.default is MISSING:
        return parameter
    default = option_field.default
    return f"{parameter} = {default if isinstance(default, Enum) else repr(default)}"


def _argument(name: str, doc: str) -> list[str]:
    return _wrapped(f"{name}: {doc}", 12, hanging=4)


def _wrapped(text: str, indent: int, *, hanging: int = 0, width: int = 100) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(text: str) -> list[str]:
    """Return the lines of paragraphs, wrapped for a docstring of a class."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += [*_wrapped(_flat(paragraph), 0, width=92), ""]
    return lines[:-1]


def _indented(lines: list[str], indent: int) -> list[str]:
    return [f"{' ' * indent}{line}".rstrip() for line in lines]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _source_file(intent: type[Intent]) -> str:
    return intent.__module__.replace(".", "/") + ".py"


def _formatted(text: str) -> str:
    """Return Python code in the style of the repository."""
    ruff = [sys.executable, "-m", "ruff"]
    for arguments in (["check", "--quiet", "--fix-only", "--select", "I"], ["format", "--quiet"]):
        command = [*ruff, *arguments, "--stdin-filename", str(CONSTRUCTS / "generated.py"), "-"]
        text = subprocess.run(
            command, input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text


# --- docs/intents.md ----------------------------------------------------------------------------

HEAD = """\
# The access of each intent

<!-- Written by `make generate` from constructs_lib/policy/intents. -->

Each construct attaches the statements of one intent. The tables show them for secrets under a
customer-managed key; without a key there is no statement on a key. The row of an option has the
statements that the option adds or changes, by their Sid; a statement that it removes is struck out.
Actions without a prefix belong to `secretsmanager:`. All conditions of a statement must hold. These
policies allow and deny nothing else. Other policies may allow more, unless a statement here denies
it.
"""
COLUMNS = ("Intent", "Actions", "Resources", "Conditions", "Leaves open")
_HERE = "eu-west-1:111122223333"
SECRETS = SecretScope.from_secret_partial_arn(
    f"arn:aws:secretsmanager:{_HERE}:secret:prod/db",
    encryption_key=f"arn:aws:kms:{_HERE}:key/prod-db",
)
IN_STACK = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"
# The samples in the documents, and the words for them.
MEANINGS = {
    SECRETS.arn: "the secrets",
    SECRETS.key_arn: "their key",
    f"arn:aws:secretsmanager:{_HERE}:secret:prod/superuser-??????": "the superuser's secrets",
    f"arn:aws:kms:{_HERE}:key/prod-superuser": "the superuser's key",
    f"arn:aws:lambda:{_HERE}:function:rotate": "the function",
    "arn:aws:iam::444455556666:role/partner": "the principals",
    IN_STACK: "every secret of the account and Region",
}


def page() -> str:
    """Return the text of docs/intents.md."""
    lines = [line for name in GENERATED for line in _section(name)]
    conditions = f"## AccessConditions\n\n**Leaves open.** {AccessConditions.leaves_open}"
    return "\n".join([HEAD, *lines, *_share_section(), conditions, ""])


def _section(name: str) -> Iterator[str]:
    generated = GENERATED[name]
    intent = generated.intent
    required = dict(generated.parameters)
    if "secrets" in option_fields(intent):
        required["secrets"] = SECRETS
    shown = [_written(option, value) for option, value in required.items() if option != "secrets"]
    base = intent(**required).statements()
    yield from _header(name, intent.summary)
    defaults = [
        documented.default.leaves_open
        for documented, _ in option_fields(intent).values()
        if isinstance(documented.default, DenyLevel)
    ]
    leaves_open = [_flat(intent.leaves_open), *defaults]
    yield from _rows([f"`{name}`, `{intent.__name__}`", *shown], base, leaves_open)
    for option_name, (_, documentation) in option_fields(intent).items():
        for sample in documentation.samples:
            parameters = {**required, option_name: sample}
            if option_name == "read" and sample is False:
                parameters["describe"] = True
            if parameters == required:
                continue
            statements = intent(**parameters).statements()
            changed = [statement for statement in statements if statement not in base]
            sids = {statement.sid for statement in statements}
            removed = [statement for statement in base if statement.sid not in sids]
            yield from _rows(
                [
                    _written(option, value)
                    for option, value in parameters.items()
                    if required.get(option, MISSING) != value
                ],
                changed,
                [
                    sample.leaves_open
                    if isinstance(sample, DenyLevel)
                    else documentation.leaves_open
                ],
                removed,
            )
    yield ""


def _share_section() -> Iterator[str]:
    share = intents.ShareSecret
    principals = ["arn:aws:iam::444455556666:role/partner"]
    yield from _header("SecretShare", share.summary)
    shown = [f"`SecretShare`, `{share.__name__}`"], ["`describe=True`"]
    for describe, first in zip((False, True), shown, strict=True):
        shared = share(SECRETS, principals=principals, describe=describe)
        rows = [
            (statement, "the secret, in its resource policy") for statement in shared.statements()
        ]
        if not describe:
            rows += [
                (statement, "the key, in its key policy") for statement in shared.key_statements()
            ]
        leaves_open = "" if describe else _flat(share.leaves_open)
        for statement, resource in rows:
            cells = [*first, *_cells(statement, resource), leaves_open]
            yield f"| {' | '.join([', '.join(cells[:1]), *cells[1:]])} |"
            first, leaves_open = [""], ""
    yield ""


def _header(name: str, summary: str) -> Iterator[str]:
    yield f"## {name}\n\n{summary}\n"
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"


def _rows(
    names: list[str],
    statements: list[Statement],
    leaves_open: list[str],
    removed: list[Statement] | None = None,
) -> Iterator[str]:
    """Yield a row with its first statement, and a row for each further one."""
    cells = [_cells(statement) for statement in statements]
    cells += [[f"~~{statement.sid}~~", "", ""] for statement in removed or ()]
    first, last = ", ".join(names), " ".join(leaves_open)
    for cell in cells:
        yield f"| {' | '.join((first, *cell, last))} |"
        first = last = ""


def _cells(statement: Statement, resource: str | None = None) -> list[str]:
    """Return the actions, resources and conditions of a statement, as a cell each."""
    actions = re.sub(r"secretsmanager:(?!\*)", "", _listed(statement.actions))
    denied = "denies " if statement.effect == "Deny" else ""
    principals = f", to {_listed(statement.principals)}" if statement.principals else ""
    conditions = [
        f"`{condition.operator}` `{condition.key}`: {_listed(condition.values)}"
        for condition in statement.conditions
    ]
    return [
        f"{statement.sid}: {denied}{actions}{principals}",
        resource or _listed(statement.resources),
        "<br>".join(conditions),
    ]


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(MEANINGS.get(value) or f"`{value}`" for value in values)


def _written(name: str, value: object) -> str:
    """Return an option as a caller writes it."""
    return f"no `{name}`" if value is None else f"`{name}={_code(value)}`"


def _code(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_code, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_code(k)}: {_code(v)}' for k, v in value.items())}}}"
    if isinstance(value, AccessConditions):
        return "AccessConditions(...)"
    if isinstance(value, SecretScope):
        return "superuser"
    if isinstance(value, str):
        known = {"function": "function", "role": "principal"}
        for part, name in known.items():
            if value in MEANINGS and part in value:
                return name
        return f'"{value}"'
    return str(value)


# --- both ---------------------------------------------------------------------------------------


def files() -> dict[Path, str]:
    """Return the text of every generated file."""
    constructs = {
        CONSTRUCTS / f"{generated.module}.py": name for name, generated in GENERATED.items()
    }
    return {PAGE: page(), **{path: construct_file(name) for path, name in constructs.items()}}


def documented_options(name: str) -> dict[str, Option]:
    """Return the options of a construct, by name."""
    return GENERATED[name].intent.options()


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
