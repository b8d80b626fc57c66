"""`secret-access policy ...`: the documents that the constructs emit."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import Field
from typing import Any

from constructs_lib.aws.quotas import MANAGED_QUOTA, check_length
from constructs_lib.aws.tokens import PARTITION
from constructs_lib.cli.options import DESCRIBER, INTENTS, destination, options_on_command_line
from constructs_lib.cli.secrets import (
    SECRET_DESTINATIONS,
    pseudo_parameters,
    secret_scopes,
    superuser_scopes,
    without_tokens,
)
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import check_partition, document_for_iam, length_in
from constructs_lib.policy.intents import DenyLevel, DescribeTaggedSecrets, Intent
from constructs_lib.policy.intents.intent import option_fields
from constructs_lib.policy.intents.option import Option
from constructs_lib.policy.warnings import input_warnings


def policy_text(arguments: argparse.Namespace) -> str:
    """Return the output of the command.

    Raises:
        SecretAccessError: if an argument is not one that AWS accepts.
    """
    intent = intent_of(arguments)
    secrets = [*intent.scopes, *intent.other_scopes]
    statements, values = intent.statements(), pseudo_parameters(secrets)
    if PARTITION in values:
        check_partition(statements, values[PARTITION])
    check_length(
        length_in(statements, values, {}),
        MANAGED_QUOTA,
        "managed policy",
        "give fewer secrets, or make several policies",
    )
    text = without_tokens(json.dumps(document_for_iam(statements, values), indent=2))
    for warning in input_warnings(secrets):
        print(f"warning: {warning.message}", file=sys.stderr)
    return text


def intent_of(arguments: argparse.Namespace) -> Intent:
    """Return the intent that the arguments describe."""
    intent = INTENTS[arguments.intent]
    options: dict[str, Any] = {}
    if arguments.intent == DESCRIBER and arguments.tag:
        intent = DescribeTaggedSecrets
        _refuse_beside_tags(arguments)
    else:
        options["secrets"] = secret_scopes(arguments)
    for field, option in options_on_command_line(intent):
        options[field.name] = _value(arguments, field, option)
    if "conditions" in option_fields(intent):
        options["conditions"] = _conditions(arguments)
    return intent(**options)


def _value(arguments: argparse.Namespace, field: Field[Any], option: Option) -> Any:
    """Return the value of an option, by the type and default of its field."""
    name, type_ = destination(option), str(field.type)
    if type_ == "bool" and field.default is True:
        return not getattr(arguments, f"no_{name}")
    if "Secrets" in type_:
        return superuser_scopes(arguments) or None
    value = getattr(arguments, name)
    if type_.startswith("Mapping"):
        return _tags(value, f"--{option.flag}")
    return DenyLevel(value) if type_ == "DenyLevel" else value


def _refuse_beside_tags(arguments: argparse.Namespace) -> None:
    names = ("region", "account", "list", *SECRET_DESTINATIONS)
    others = [name for name in names if getattr(arguments, name)]
    if others:
        raise InvalidOptionError(
            "--tag",
            must="be given without options on secrets: it is about every secret with the tag",
            got=Text(f"--{others[0].replace('_', '-')}"),
            remedy="make a policy for each",
        )


def _conditions(arguments: argparse.Namespace) -> AccessConditions | None:
    endpoints, organization = arguments.vpc_endpoint, arguments.organization_id
    if endpoints is None and organization is None and not arguments.mfa:
        return None
    return AccessConditions(
        vpc_endpoints=endpoints, organization_id=organization, mfa=arguments.mfa
    )


def _tags(texts: Sequence[str] | None, option: str) -> dict[str, list[str]] | None:
    if texts is None:
        return None
    tags: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidOptionError(
                option, must="be KEY=VALUE", got=text, remedy="give the value too"
            )
        tags.setdefault(key, []).append(value)
    return tags
