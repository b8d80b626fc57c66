"""The conditions of a whole intent, on each of its statements that they are for."""

from collections.abc import Iterable
from dataclasses import replace

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.statements.statement import Condition, Statement


def limited(
    statements: Iterable[Statement], conditions: AccessConditions | None
) -> list[Statement]:
    """Return the statements, those that allow something of Secrets Manager under the conditions.

    The use of a key is not under them: it is Secrets Manager that calls AWS KMS, and where a policy
    requires a VPC endpoint, "requests from integrated AWS services that use an AWS KMS resource on
    your behalf might fail". kms:ViaService leaves the key to what Secrets Manager has allowed.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-aws.html#conditions-aws-vpce
    """
    if conditions is None:
        return list(statements)
    if not isinstance(conditions, AccessConditions):
        raise SecretAccessError(
            f"conditions is {shown(conditions)}",
            allowed="an AccessConditions is allowed",
            remedy="give AccessConditions(vpc_endpoints=..., organization_id=..., mfa=...)",
        )
    added: list[Condition] = []
    if conditions.vpc_endpoints is not None:
        endpoints = tuple(conditions.vpc_endpoints)
        added.append(Condition("StringEquals", "aws:SourceVpce", endpoints))
    if conditions.organization_id is not None:
        organization = (conditions.organization_id,)
        added.append(Condition("StringEquals", "aws:PrincipalOrgID", organization))
    if conditions.mfa:
        added.append(Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)))
    return [
        replace(statement, conditions=(*statement.conditions, *added))
        if _allows_of_secrets_manager(statement)
        else statement
        for statement in statements
    ]


def _allows_of_secrets_manager(statement: Statement) -> bool:
    return statement.effect == "Allow" and any(
        action.startswith("secretsmanager:") for action in statement.actions
    )
