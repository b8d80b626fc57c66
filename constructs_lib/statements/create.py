"""Create secrets."""

from collections.abc import Sequence

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.arns import ANY_SUFFIX
from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.scope import SecretScope
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
        # A secret that does not exist has no tags, and no six characters yet.
        if scope.tags or not scope.arn.endswith((ANY_SUFFIX, "*")):
            raise SecretAccessError(
                f"secrets to create is {shown((scope.tags and dict(scope.tags)) or scope.arn)}",
                allowed="a name, name prefix or partial ARN is allowed for secrets to create",
                remedy="use SecretScope.from_secret_name or from_secret_name_prefix",
            )
        if pin_key and scope.key_arn is None:
            name = scope.arn.partition(":secret:")[2] or scope.arn
            raise SecretAccessError(
                f"pin_key is given, and no key of {shown(name)}",
                allowed="pin_key is allowed where every one of the secrets has an encryption_key",
                remedy="give encryption_key to the SecretScope, or leave out pin_key",
            )
    asked = _requested(required_tags)

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
        *(_tag(scopes, required_tags) if required_tags else ()),
        on_all("ListSecrets", "secretsmanager:ListSecrets"),
        *use_key("UseSecretKey", ("kms:Decrypt", "kms:GenerateDataKey"), scopes),
    ]
    return limited(statements, conditions)


def _requested(tags: Tags) -> tuple[Condition, ...]:
    """Return the conditions that a request has all of the tags, and no other.

    ForAllValues alone holds for a request without tags; the others do not.
    """
    if not tags:
        return ()
    return (
        *(Condition("StringEquals", f"aws:RequestTag/{key}", values) for key, values in tags),
        Condition("ForAllValues:StringEquals", "aws:TagKeys", tuple(key for key, _ in tags)),
    )


def _tag(scopes: Sequence[SecretScope], tags: Tags) -> list[Statement]:
    """Return what CreateSecret takes beside to tag: TagResource, which takes existing secrets too.

    One that has other values of these tags already keeps them. A secret that is being created has
    none, or those of the request: hence IfExists.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    unlike = (
        Condition("StringEqualsIfExists", f"secretsmanager:ResourceTag/{key}", values)
        for key, values in tags
    )
    actions = ("secretsmanager:TagResource",)
    return [*on_secrets("TagNewSecret", "Allow", actions, scopes, *_requested(tags), *unlike)]
