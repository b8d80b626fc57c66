"""DenySecretAccess, written by `make generate`.

Change its options in constructs_lib/policy/intents/deny.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.base import SecretPolicy
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import DenyLevel, DenySecrets
from constructs_lib.policy.option_validation import Role, User
from constructs_lib.policy.secret_scope import Secrets


class DenySecretAccess(SecretPolicy):
    """Denies users, roles and groups access to secrets, whatever else allows it.

    An explicit Deny overrides every Allow, in every policy. By default it denies GetSecretValue
    and DescribeSecret on the secrets, as AWS's article does; other actions still reveal the
    value. `level=DenyLevel.VALUE` denies these too. `DenyLevel` has the actions of each level,
    and the access that it leaves open.

    ```python
    DenySecretAccess(
        self, "NotForAdmins",
        secrets=payroll_secret, level=DenyLevel.VALUE,
        groups=[administrators], except_principals=[break_glass_user],
    )
    ```

    It leaves open: replicas in other Regions than that of the scope, or of the stack for a
    scope without a Region. `SecretScope.in_regions` names them.

    Source: AWS, "Identity-based policies for Secrets Manager"
    (docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html) and
    "AWS global condition context keys"
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Secrets,
        level: DenyLevel = DenyLevel.READ_AND_DESCRIBE,
        except_principals: Sequence[Role | User | str] | None = None,
        except_vpc_endpoints: Sequence[str] | None = None,
        users: Sequence[iam.IUser] = (),
        roles: Sequence[iam.IRole] = (),
        groups: Sequence[iam.IGroup] = (),
        policy_type: PolicyType = PolicyType.MANAGED,
        policy_name: str | None = None,
        description: str | None = None,
        path: str | None = None,
    ) -> None:
        """Make the policy and attach it.

        Args:
            scope: the parent of the construct.
            construct_id: its id in that parent.
            secrets: one secret or several, each an `ISecret` or a `SecretScope`. With `VALUE` and
                `METADATA`, their `encryption_key` is the one key that UpdateSecret may name, by its
                ARN; without it, UpdateSecret may name none.
            level: the amount of access that is denied. Omitted, `DenyLevel.READ_AND_DESCRIBE`.
            except_principals: roles, with all of their sessions, and users, or their ARNs, that are
                not denied (`aws:PrincipalArn`), such as a user in the group that has the policy. A
                role with a path is imported by its ARN, as its name lacks the path. Omitted, none.
            except_vpc_endpoints: VPC endpoints of Secrets Manager, by id: requests through one of
                them are not denied (`aws:SourceVpce`). The console, and services that call on
                behalf of the principal, use no endpoint, and are denied. Omitted, none.
            users: the users to attach it to.
            roles: the roles to attach it to.
            groups: the groups to attach it to.
            policy_type: managed, or inline in each principal.
            policy_name: 1 to 128 letters, digits and `_+=,.@-`. Omitted, CloudFormation generates
                it; the name of an inline policy is made of the path of the construct and the id of
                the stack.
            description: at most 1,000 characters, for a managed policy alone.
            path: such as `/secrets/`, for a managed policy alone. Omitted, `/`.

        Raises:
            SecretAccessError: if an argument is not one that AWS accepts, is of another account, or
                can't be attached, or if IAM's quotas are exceeded: 6,144 characters for one secret
                in a managed policy, and 10 managed policies on a principal; for all inline policies
                together 2,048 characters for a user, 5,120 for a group, 10,240 for a role.
        """
        super().__init__(
            scope,
            construct_id,
            intents=[
                DenySecrets(
                    secrets=secrets,
                    level=level,
                    except_principals=except_principals,
                    except_vpc_endpoints=except_vpc_endpoints,
                )
            ],
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
