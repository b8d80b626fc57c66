"""Create secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.scope import SecretScope
from constructs_lib.statements.creation import check_to_create, requested, tag_new
from constructs_lib.statements.limits import limited
from constructs_lib.statements.pins import pinned_to_keys
from constructs_lib.statements.statement import Condition, Statement, on_all, on_secrets, use_key
from constructs_lib.tags import Tags


def create(
    scopes: Sequence[SecretScope],
    *,
    required_tags: Tags = (),
    pin_key: bool = False,
    conditions: AccessConditions | None = None,
) -> list[Statement]:
    """Create the secrets, with the required tags if there are any."""
    check_flag("pin_key", pin_key)
    for scope in scopes:
        check_to_create(scope)
        if pin_key and scope.key_arn is None:
            name = scope.arn.partition(":secret:")[2] or scope.arn
            raise SecretAccessError(
                f"pin_key is given, and no key of {shown(name)}",
                allowed="pin_key is allowed where every one of the secrets has an encryption_key",
                remedy="give encryption_key to the SecretScope, or leave out pin_key",
            )
    asked = requested(required_tags)

    def under(key_arn: str | None) -> tuple[Condition, ...]:
        # A request that names no key is for the AWS-managed one: no IfExists.
        pin = (Condition("ArnEquals", "secretsmanager:KmsKeyArn", (key_arn,)),) if key_arn else ()
        return (*asked, *pin)

    action = "secretsmanager:CreateSecret"
    statements = [
        *(
            pinned_to_keys("CreateSecret", action, scopes, under)
            if pin_key
            else on_secrets("CreateSecret", "Allow", (action,), scopes, *asked)
        ),
        *(tag_new(scopes, required_tags) if required_tags else ()),
        on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)
