"""The options of the command line. Those of an intent derive from the intent's own data."""

from __future__ import annotations

import argparse
from dataclasses import MISSING, Field
from enum import Enum
from typing import Any

from constructs_lib.policy import intents
from constructs_lib.policy.intents.intent import AllowIntent, Intent, option_fields
from constructs_lib.policy.intents.option import Option

# The commands below `policy`, each with its intent.
INTENTS: dict[str, type[Intent]] = {
    "reader": intents.ReadSecrets,
    "writer": intents.WriteSecrets,
    "admin": intents.AdministerSecrets,
    "creator": intents.CreateSecrets,
    "deny": intents.DenySecrets,
    "rotator": intents.RotateSecrets,
    "describer": intents.DescribeSecrets,
    "tag-matched": intents.UseTagMatchedSecrets,
}
# DescribeSecrets and DescribeTaggedSecrets are one command: `describer --tag` is the latter.
DESCRIBER = "describer"
SECRET_OPTIONS = {
    "--secret-name": "one secret, by its exact name",
    "--secret-name-prefix": "every secret whose name begins with this text",
    "--secret-partial-arn": "one secret, by its ARN without the last six characters",
    "--secret-complete-arn": "one secret, by its complete ARN",
}


class _Once(argparse.Action):
    """An option with one value: a second one is refused, and does not overwrite the first."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(
                f"{option_string} must be given once, got {getattr(namespace, self.dest)!r} and "
                f"{values!r}; run the command for each"
            )
        setattr(namespace, self.dest, values)


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    from constructs_lib import __version__

    parser = argparse.ArgumentParser(
        prog="secret-access",
        description="Identity-based IAM policies for AWS Secrets Manager secrets.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    policy = commands.add_parser(
        "policy",
        help="print a policy document as JSON",
        description="Print a policy document as JSON, for the JSON editor of the IAM console or "
        "for aws iam create-policy --policy-document file://...",
    )
    by_intent = policy.add_subparsers(dest="intent", required=True)
    for name, intent in INTENTS.items():
        _add_intent(by_intent, name, intent)

    share = commands.add_parser(
        "share",
        parents=[_secrets(), _key()],
        help="print the statements that share a secret with other accounts",
        description="Print the statements for the resource policy of a secret and for the policy "
        "of its key, so that principals of other accounts may read it. The other account must "
        "allow it too.",
    )
    for field in options_on_command_line(intents.ShareSecret):
        _add(share, *field)

    grants = commands.add_parser(
        "grants",
        help="print the principals that may read secrets, by synthesized templates",
        description="Print the principals that may do an action, on which secrets, and by which "
        "statement, by the templates that cdk synth wrote, whoever wrote the stacks.",
    )
    grants.add_argument(
        "templates",
        help="a cloud assembly (cdk.out), a template of JSON or YAML, or a directory of templates",
    )
    grants.add_argument(
        "--action",
        default="secretsmanager:GetSecretValue",
        help="the action (default: %(default)s)",
    )
    grants.add_argument("--principal", action="append", help="only this principal")
    grants.add_argument("--secret", action="append", help="only this secret")
    grants.add_argument("--json", action="store_true", help="print JSON")
    _add_template_options(grants)
    return parser


def _add_template_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that give what templates leave undetermined."""
    group = parser.add_argument_group("values that the templates do not have")
    group.add_argument(
        "--region", action=_Once, help="the Region of stacks without a Region of their own"
    )
    group.add_argument(
        "--account", action=_Once, help="the account of stacks without an account of their own"
    )
    for name, metavar, text in (
        ("--parameter", "NAME=VALUE", "the value of a parameter"),
        ("--managed-policy", "NAME=FILE", "the document of a managed policy, by name or ARN"),
        ("--context", "KEY=VALUE", "a condition key of the request; KEY= for an absent key"),
        ("--nested", "LOGICALID=FILE", "the template of a nested stack"),
    ):
        group.add_argument(
            name,
            action="append",
            default=[],
            metavar=metavar,
            help=f"{text}. May be given several times.",
        )


def options_on_command_line(intent: Any) -> list[tuple[Field[Any], Option]]:
    """Return the options of an intent that the command line has."""
    return [
        (field, option)
        for field, option in option_fields(intent).values()
        if option.flag is not None
    ]


def destination(option: Option) -> str:
    """Return the attribute of parsed arguments that has the value of an option."""
    return (option.flag or "").replace("-", "_")


def _add_intent(parsers: Any, name: str, intent: type[Intent]) -> None:
    parents = [_secrets()]
    if name != DESCRIBER:
        parents.append(_key())
    if issubclass(intent, AllowIntent):
        parents.append(_conditions())
    parser = parsers.add_parser(name, parents=parents, help=_sentence(intent.summary))
    for field, option in options_on_command_line(intent):
        _add(parser, field, option)
    if name == DESCRIBER:
        for field, option in options_on_command_line(intents.DescribeTaggedSecrets):
            _add(parser, field, option, required=False, help_="instead of secrets: " + option.doc)


def _add(
    parser: argparse.ArgumentParser,
    field: Field[Any],
    option: Option,
    *,
    required: bool | None = None,
    help_: str | None = None,
) -> None:
    """Add an option to a parser, by the type and default of its field."""
    type_, text = str(field.type), _sentence(help_ or option.doc)
    name = f"--{option.flag}"
    if type_ == "bool" and field.default is True:
        parser.add_argument(f"--no-{option.flag}", action="store_true", help=f"do not {text}")
    elif type_ == "bool":
        parser.add_argument(name, action="store_true", help=text)
    elif "Secrets" in type_:
        parser.add_argument(
            f"{name}-complete-arn",
            action="append",
            metavar="ARN",
            help=f"{text} By complete ARN.",
        )
        parser.add_argument(
            f"{name}-key-arn",
            action=_Once,
            metavar="ARN",
            help="the KMS key that they are under",
        )
    elif isinstance(field.default, Enum):
        parser.add_argument(
            name,
            choices=[member.value for member in type(field.default)],
            default=field.default.value,
            help=f"{text} (default: %(default)s)",
        )
    elif type_.startswith("int"):
        parser.add_argument(name, type=int, metavar=option.metavar, help=text)
    elif type_.startswith(("Sequence", "Mapping")):
        parser.add_argument(
            name,
            action="append",
            required=field.default is MISSING if required is None else required,
            metavar=option.metavar,
            help=f"{text} May be given several times.",
        )
    else:
        parser.add_argument(name, metavar=option.metavar, help=text)


def _sentence(text: str) -> str:
    """Return a text of the documentation as argparse takes it: `%` is a format there."""
    return " ".join(text.split()).replace("%", "%%")


def _secrets() -> argparse.ArgumentParser:
    secrets = argparse.ArgumentParser(add_help=False)
    group = secrets.add_argument_group("secrets (each --secret-... may be given several times)")
    for name, text in SECRET_OPTIONS.items():
        group.add_argument(name, action="append", default=[], metavar="SECRET", help=text)
    group.add_argument("--region", action=_Once, help="the Region of secrets by name")
    group.add_argument("--account", action=_Once, help="the account of secrets by name")
    return secrets


def _key() -> argparse.ArgumentParser:
    key = argparse.ArgumentParser(add_help=False)
    key.add_argument("--key-arn", action=_Once, help="the customer-managed KMS key of the secrets")
    return key


def _conditions() -> argparse.ArgumentParser:
    conditions = argparse.ArgumentParser(add_help=False)
    group = conditions.add_argument_group("conditions, all of which a request must meet")
    group.add_argument(
        "--vpc-endpoint", action="append", metavar="ID", help="it comes through this endpoint"
    )
    group.add_argument(
        "--organization-id",
        action=_Once,
        metavar="ID",
        help="the principal's account is in this organization",
    )
    group.add_argument("--mfa", action="store_true", help="the principal signed in with MFA")
    return conditions
