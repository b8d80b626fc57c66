"""DenySecretAccess: deny access to secrets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import statements
from constructs_lib.access_conditions import check_vpc_endpoints
from constructs_lib.documents import PolicyType
from constructs_lib.opt_ins import check_principals
from constructs_lib.places import place_of
from constructs_lib.policy import SecretAccessPolicy
from constructs_lib.scope import Secrets, scopes_of
from constructs_lib.statements.deny import LEVELS_WITH_KEYS, DenyLevel


class DenySecretAccess(SecretAccessPolicy):
    """Denies users, roles and groups access to secrets, whatever else allows it.

    An explicit Deny overrides every Allow, in whatever policy. By default it denies GetSecretValue
    and DescribeSecret on the secrets, as AWS's article does, and leaves other ways to the value
    open. `level=DenyLevel.VALUE` closes them; `DenyLevel` tells what each level denies and leaves
    open.

    It leaves open: replicas in other Regions than the scope's, or the stack's where the scope names
    none; `SecretScope.in_regions` names them.

    ```python
    DenySecretAccess(
        self, "NotForAdmins",
        secrets=payroll_secret, level=DenyLevel.VALUE,
        groups=[administrators], except_principals=[break_glass_user],
    )
    ```

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
        level: DenyLevel = DenyLevel.ARTICLE,
        except_principals: Sequence[iam.IRole | iam.IUser] | None = None,
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
            scope: the construct's parent.
            construct_id: its id in that parent.
            secrets: one or several; each an `ISecret` or a `SecretScope`. With `VALUE` and
                `METADATA`, their `encryption_key` is the one key that UpdateSecret may name, by its
                ARN; without it, UpdateSecret may name none.
            level: how much is denied. Omitted, `DenyLevel.ARTICLE`.
            except_principals: roles, with all of their sessions, and users that are not denied
                (`aws:PrincipalArn`), such as one in the group that the policy is attached to. A
                role with a path is imported by its ARN: its name tells no path. Omitted, none.
                Open: who may assume such a role is not denied as that role.
            except_vpc_endpoints: VPC endpoints of Secrets Manager, by id: requests that come
                through one of them are not denied (`aws:SourceVpce`). The console, and services
                that call on the principal's behalf, come through none, and are denied. Omitted,
                none. Open: whoever of these principals comes through one of them.
            users: the users to attach it to.
            roles: the roles to attach it to.
            groups: the groups to attach it to.
            policy_type: managed, or inline in each principal.
            policy_name: 1 to 128 letters, digits and `_+=,.@-`. Omitted, it is made up (for an
                inline policy, of the construct's path and the stack's id).
            description: at most 1,000 characters; for a managed policy alone.
            path: such as `/secrets/`; for a managed policy alone. Omitted, `/`.

        Raises:
            SecretAccessError: if anything given is not exactly what AWS accepts, is of another
                account, can't be attached, or goes over IAM's quotas: 6,144 characters for one
                secret in a managed policy, and 10 of these on a principal; for all that is inline
                2,048 for a user, 5,120 a group, 10,240 a role.
        """
        super().__init__(
            scope,
            construct_id,
            secrets=scopes_of(secrets, with_keys=level in LEVELS_WITH_KEYS),
            statements=partial(
                statements.deny,
                level=level,
                except_principals=check_principals(
                    except_principals, place_of(scope)[0] if except_principals else None
                ),
                except_vpc_endpoints=check_vpc_endpoints(
                    except_vpc_endpoints, "except_vpc_endpoints"
                ),
            ),
            users=users,
            roles=roles,
            groups=groups,
            policy_type=policy_type,
            policy_name=policy_name,
            description=description,
            path=path,
        )
