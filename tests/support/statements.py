"""The statements of each intent as a function of its secrets, for tables of tests."""

from collections.abc import Callable
from typing import Any

from constructs_lib.policy import intents
from constructs_lib.policy.statement import Statement

Statements = Callable[..., list[Statement]]


def _of(intent: Callable[..., Any]) -> Statements:
    def statements(secrets: Any, **options: Any) -> list[Statement]:
        made: list[Statement] = intent(secrets, **options).statements()
        return made

    return statements


read = _of(intents.ReadSecrets)
write = _of(intents.WriteSecrets)
administer = _of(intents.AdministerSecrets)
create = _of(intents.CreateSecrets)
describe = _of(intents.DescribeSecrets)
describe_tagged = _of(intents.DescribeTaggedSecrets)
rotate = _of(intents.RotateSecrets)
deny = _of(intents.DenySecrets)


def match_tags(secrets: Any, tag_keys: Any, **options: Any) -> list[Statement]:
    """Return the statements on the secrets whose tags equal the principal's."""
    return intents.UseTagMatchedSecrets(secrets=secrets, tag_keys=tag_keys, **options).statements()
