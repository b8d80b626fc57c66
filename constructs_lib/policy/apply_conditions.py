"""The conditions of a whole intent, on each of its statements that they are for."""

from collections.abc import Iterable
from dataclasses import replace

from constructs_lib.errors import InvalidOptionError
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.statement import Condition, Statement


def apply_conditions(
    statements: Iterable[Statement], conditions: AccessConditions | None
) -> list[Statement]:
    """Return the statements; those that allow an action of Secrets Manager get the conditions.

    A statement on a key does not get them: Secrets Manager calls AWS KMS, and where a policy
    requires a VPC endpoint, "requests from integrated AWS services that use an AWS KMS resource on
    your behalf might fail". kms:ViaService limits the key to the requests that Secrets Manager has
    allowed.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-aws.html#conditions-aws-vpce
    """
    if conditions is None:
        return list(statements)
    if not isinstance(conditions, AccessConditions):
        raise InvalidOptionError(
            "conditions",
            must="be an AccessConditions",
            got=conditions,
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
        if _allows_secrets_manager(statement)
        else statement
        for statement in statements
    ]


def _allows_secrets_manager(statement: Statement) -> bool:
    return statement.effect == "Allow" and any(
        action.startswith("secretsmanager:") for action in statement.actions
    )
