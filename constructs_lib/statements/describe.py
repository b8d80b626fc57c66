"""Describe secrets."""

from constructs_lib.statements.statement import Statement, tagged
from constructs_lib.tags import Tags


def describe_tagged(tags: Tags) -> list[Statement]:
    """Describe every secret that carries the tags."""
    action, conditions = "secretsmanager:DescribeSecret", tagged(tags)
    return [Statement("DescribeTaggedSecrets", "Allow", (action,), ("*",), conditions)]
