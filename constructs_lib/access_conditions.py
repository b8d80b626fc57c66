"""AccessConditions: from where, and by whom, an access may be used."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.errors import SecretAccessError, check_flag, shown
from constructs_lib.placeholders import has_token, known_part

# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html (endpoint ids) and
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html: Id
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_BESIDE_A_TOKEN = re.compile(r"[a-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class AccessConditions:
    """Conditions on a request, of which all must hold, for every intent that allows something.

    ```python
    SecretReader(
        self, "OrdersDbReader", secrets=db_secret, roles=[task_role],
        conditions=AccessConditions(vpc_endpoints=["vpce-0123456789abcdef0"]),
    )
    ```

    They limit what this policy allows of Secrets Manager.

    It leaves open: what another policy allows without them; the use of the key, which is through
    Secrets Manager alone, whose call to AWS KMS does not come through the caller's VPC endpoint;
    and the invocation of a rotation function, which Secrets Manager asks for too.

    The account of a service's resource (`aws:SourceAccount`) is none of them: it is in requests
    that an AWS service makes as itself, so that a user's or role's policy would grant nothing.

    Args:
        vpc_endpoints: VPC endpoints of Secrets Manager, by id, through one of which the request
            must come (`aws:SourceVpce`). The console, and services that call on the principal's
            behalf, come through none. Omitted, from anywhere.
        organization_id: the organization of AWS Organizations that the principal's account must
            be in, such as `o-a1b2c3d4e5` (`aws:PrincipalOrgID`). Omitted, any or none.
        mfa: whether the principal must have signed in with multi-factor authentication
            (`aws:MultiFactorAuthPresent`). A user's access keys, used as they are, never have it,
            nor have the roles of services.

    Raises:
        SecretAccessError: if none is given, or one is not what AWS has.

    Source: AWS, "AWS global condition context keys"
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
    """

    vpc_endpoints: Sequence[str] | None = None
    organization_id: str | None = None
    mfa: bool = False

    def __post_init__(self) -> None:
        """Check the parts; keep the endpoints, each once, where no caller can change them."""
        endpoints = self.vpc_endpoints
        if endpoints is not None:
            checked = check_vpc_endpoints(endpoints, "vpc_endpoints")
            object.__setattr__(self, "vpc_endpoints", checked)
        if self.organization_id is not None:
            _check(self.organization_id, _ORGANIZATION, "organization id", "o-a1b2c3d4e5")
        check_flag("mfa", self.mfa)
        if endpoints is None and self.organization_id is None and not self.mfa:
            raise SecretAccessError(
                "conditions has no condition in it",
                allowed="at least one of vpc_endpoints, organization_id and mfa is allowed",
                remedy="give one, or leave out conditions",
            )


def check_vpc_endpoints(endpoints: Sequence[str] | None, name: str) -> tuple[str, ...]:
    """Return the ids of VPC endpoints, each once; none if `endpoints` is None."""
    if endpoints is None:
        return ()
    if isinstance(endpoints, str) or not isinstance(endpoints, Sequence) or not endpoints:
        raise SecretAccessError(
            f"{name} is {shown(endpoints)}",
            allowed="a sequence of at least one VPC endpoint's id is allowed",
            remedy='give a list, such as ["vpce-0123456789abcdef0"], or leave it out',
        )
    for endpoint in endpoints:
        _check(endpoint, _VPC_ENDPOINT, "VPC endpoint", "vpce-0123456789abcdef0")
    return tuple(dict.fromkeys(endpoints))


def _check(value: object, form: re.Pattern[str], what: str, example: str) -> None:
    if isinstance(value, str):
        fits = _BESIDE_A_TOKEN if has_token(value) else form
        if fits.fullmatch(known_part(value)):
            return
    raise SecretAccessError(
        f"{what} is {shown(value)}",
        allowed=f"one {what} is allowed, such as {example}",
        remedy="give it as AWS shows it: it is compared exactly",
    )
