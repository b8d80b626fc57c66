"""AccessConditions: conditions on the network and the principal of a request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from constructs_lib.aws.tokens import has_token, known_part
from constructs_lib.errors import InvalidOptionError, Text, check_flag

# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html (endpoint ids) and
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html: Id
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_BESIDE_A_TOKEN = re.compile(r"[a-z0-9-]*")


@dataclass(frozen=True, kw_only=True)
class AccessConditions:
    """Conditions on a request, all of which must hold, for every intent that allows access.

    ```python
    SecretReader(
        self, "OrdersDbReader", secrets=db_secret, roles=[task_role],
        conditions=AccessConditions(vpc_endpoints=["vpce-0123456789abcdef0"]),
    )
    ```

    They limit the access of this policy to Secrets Manager. `leaves_open` has the access that they
    do not prevent.

    There is no condition on the account of a service's resource (`aws:SourceAccount`). Only a
    request that an AWS service makes as itself has that key, so that the policy of a user or role
    would grant nothing.

    Args:
        vpc_endpoints: the ids of VPC endpoints of Secrets Manager; the request must come through
            one of them (`aws:SourceVpce`). Requests of the console, and of services on behalf of
            the principal, come through no endpoint. Omitted, requests can come from anywhere.
        organization_id: the organization of AWS Organizations that the principal's account must
            be in, such as `o-a1b2c3d4e5` (`aws:PrincipalOrgID`). Omitted, the account can be in any
            organization or in none.
        mfa: whether the principal must have signed in with multi-factor authentication
            (`aws:MultiFactorAuthPresent`). Requests with the access keys of a user alone, and those
            of roles of services, are never signed in with it.

    Raises:
        SecretAccessError: if no condition is given, or a value is not of the form that AWS has.

    Source: AWS, "AWS global condition context keys"
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
    """

    leaves_open: ClassVar[str] = (
        "Access that another policy allows without the conditions. The use of the key, which is in "
        "requests of Secrets Manager alone: its call to AWS KMS does not come through the VPC "
        "endpoint of the principal. The invocation of a rotation function, which Secrets Manager "
        "requests too."
    )

    vpc_endpoints: Sequence[str] | None = None
    organization_id: str | None = None
    mfa: bool = False

    def __post_init__(self) -> None:
        """Check the parts; keep the endpoints, each once, as a tuple that no caller can change."""
        endpoints = self.vpc_endpoints
        if endpoints is not None:
            checked = check_vpc_endpoints(endpoints, "vpc_endpoints")
            object.__setattr__(self, "vpc_endpoints", checked)
        if self.organization_id is not None:
            _check(self.organization_id, _ORGANIZATION, "organization id", "o-a1b2c3d4e5")
        check_flag("mfa", self.mfa)
        if endpoints is None and self.organization_id is None and not self.mfa:
            raise InvalidOptionError(
                "conditions",
                must="have at least one of vpc_endpoints, organization_id and mfa",
                got=Text("none of them"),
                remedy="give one of them, or omit conditions",
            )


def check_vpc_endpoints(endpoints: Sequence[str] | None, name: str) -> tuple[str, ...]:
    """Return the ids of VPC endpoints, each once; none if `endpoints` is None."""
    if endpoints is None:
        return ()
    if isinstance(endpoints, str) or not isinstance(endpoints, Sequence) or not endpoints:
        raise InvalidOptionError(
            name,
            must="be a sequence of at least one id of a VPC endpoint",
            got=endpoints,
            remedy='give a list, such as ["vpce-0123456789abcdef0"], or omit it',
        )
    for endpoint in endpoints:
        _check(endpoint, _VPC_ENDPOINT, "VPC endpoint", "vpce-0123456789abcdef0")
    return tuple(dict.fromkeys(endpoints))


def _check(value: object, form: re.Pattern[str], what: str, example: str) -> None:
    if isinstance(value, str):
        fits = _BESIDE_A_TOKEN if has_token(value) else form
        if fits.fullmatch(known_part(value)):
            return
    raise InvalidOptionError(
        what,
        must=f"be of the form {example}",
        got=value,
        remedy="give it as AWS shows it: IAM compares it exactly",
    )
