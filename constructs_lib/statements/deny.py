"""Deny access to secrets."""

from collections.abc import Sequence

from constructs_lib.scope import SecretScope
from constructs_lib.statements.statement import Statement, on_secrets


def deny(scopes: Sequence[SecretScope]) -> list[Statement]:
    """Deny reading and describing the secrets, whatever else is allowed."""
    actions = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
    return list(on_secrets("DenySecretAccess", "Deny", actions, scopes))
