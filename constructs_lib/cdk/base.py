"""SecretPolicy: the statements of intents as a managed or inline policy, attached to principals."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Sequence
from functools import cache

import jsii
from aws_cdk import Annotations, Aws, Fn, Stage
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from constructs_lib.aws.quotas import MANAGED_QUOTA, Kind, check_length
from constructs_lib.cdk.cross_account import (
    refuse_keys_of_other_regions,
    refuse_other_accounts,
    refuse_other_partitions,
)
from constructs_lib.cdk.internals import inline_policy, managed_policy
from constructs_lib.cdk.location import path_of
from constructs_lib.cdk.policy_props import (
    check_description,
    check_name,
    check_path,
    check_type,
    refuse_for_inline,
)
from constructs_lib.cdk.principals import Principal, by_name, name_of, same_account
from constructs_lib.cdk.quota_tracker import Attachment
from constructs_lib.cdk.size_estimate import SizeEstimate
from constructs_lib.errors import InvalidOptionError, Text
from constructs_lib.policy.document import PolicyDocument, PolicyType, document_for_template
from constructs_lib.policy.intents import Intent
from constructs_lib.policy.intents.intent import check_together
from constructs_lib.policy.splitting import split
from constructs_lib.policy.statement import Statement
from constructs_lib.policy.warnings import input_warnings


class SecretPolicy(Construct):
    """Attaches one policy with several intents to users, roles and groups.

    A role can have ten managed policies. One `SecretPolicy` holds the statements of all its
    intents, in one policy as long as they fit; many secrets make several policies. Every other
    construct of the library, such as `SecretReader`, is a `SecretPolicy` with one intent.

    ```python
    SecretPolicy(
        self, "Orders",
        intents=[ReadSecrets(db_secret, describe=True), WriteSecrets(certificate)],
        roles=[task_role],
    )
    ```
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        intents: Sequence[Intent],
        users: Sequence[iam.IUser] = (),
        roles: Sequence[iam.IRole] = (),
        groups: Sequence[iam.IGroup] = (),
        policy_type: PolicyType = PolicyType.MANAGED,
        policy_name: str | None = None,
        description: str | None = None,
        path: str | None = None,
    ) -> None:
        """Make the policy and attach it. After an error nothing is left in the tree.

        Args:
            scope: the parent of the construct.
            construct_id: its id in that parent.
            intents: the access, at least one intent.
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
        _check_scope(scope)
        _check_intents(intents)
        by_kind: dict[Kind, Sequence[Principal]] = {"user": users, "role": roles, "group": groups}
        principals = {kind: by_name(kind, several, scope) for kind, several in by_kind.items()}
        self._account: str | None = None
        for kind, several in by_kind.items():
            for principal in several:
                self._account = same_account(kind, principal, scope, self._account)
        self._names: dict[Kind, list[str]] = {kind: [*names] for kind, names in principals.items()}
        self._scope = scope
        self._type = check_type(policy_type)
        self._managed_policies: list[iam.IManagedPolicy] | None = None
        check_name(policy_name)
        estimate = SizeEstimate(scope)
        if self._type is PolicyType.INLINE:
            refuse_for_inline(description=description, path=path)
            # The quota is for all inline policies of a principal together.
            documents = split(intents, lambda _: True)
            self._attachment = Attachment(
                scope, estimate, inline=documents[0], inline_name=policy_name
            )
        else:
            check_path(path)
            check_description(description)
            documents = split(intents, lambda statements: estimate.fits(statements, MANAGED_QUOTA))
            _check_lengths(documents, estimate, construct_id)
            self._attachment = Attachment(scope, estimate, managed=len(documents))
        managed_names = [_numbered_name(policy_name, number) for number in _numbers(documents)]
        secrets = [
            secret_scope
            for intent in intents
            for secret_scope in (*intent.scopes, *intent.other_scopes)
        ]
        refuse_keys_of_other_regions(scope, secrets)
        refuse_other_partitions(scope, secrets, [s for document in documents for s in document])
        refuse_other_accounts(scope, intents, self._account)
        self._documents = [document_for_template(statements) for statements in documents]
        for kind, by_names in principals.items():
            for name, principal in by_names.items():
                self._attachment.check(kind, principal, name)

        super().__init__(scope, construct_id)
        attached = {f"{kind}s": names for kind, names in self._names.items()}
        self._resources: list[iam.CfnManagedPolicy | iam.CfnPolicy] = []
        if self._type is PolicyType.INLINE:
            self._resources.append(
                inline_policy(
                    self,
                    "Resource",
                    policy_document=self._documents[0],
                    policy_name=policy_name or _inline_policy_name(path_of(scope, construct_id)),
                    **attached,
                )
            )
            if not any(self._names.values()):
                self.node.add_validation(
                    _AttachedValidation(self._names, path_of(scope, construct_id))
                )
        else:
            for number, managed_name, document in zip(
                _numbers(documents), managed_names, self._documents, strict=True
            ):
                self._resources.append(
                    managed_policy(
                        self,
                        f"Resource{number}",
                        policy_document=document,
                        managed_policy_name=managed_name,
                        description=description,
                        path=path,
                        **attached,
                    )
                )
        for by_names in principals.values():
            for principal in by_names.values():
                self._attachment.count(principal)
        for warning in input_warnings(secrets):
            Annotations.of(self).add_warning_v2(warning.id, warning.message)

    def attach_to_user(self, user: iam.IUser) -> None:
        """Attach the policy to a user of the stack's account; a second time changes nothing."""
        self._attach("user", user)

    def attach_to_role(self, role: iam.IRole) -> None:
        """Attach the policy to a role of the stack's account; a second time changes nothing."""
        self._attach("role", role)

    def attach_to_group(self, group: iam.IGroup) -> None:
        """Attach the policy to a group of the stack's account; a second time changes nothing."""
        self._attach("group", group)

    @property
    def policy_documents(self) -> list[PolicyDocument]:
        """The policy documents, exactly as they are emitted, with intrinsics and tokens in them."""
        return copy.deepcopy(self._documents)

    @property
    def managed_policies(self) -> list[iam.IManagedPolicy]:
        """The managed policies, to attach elsewhere or as a boundary; empty for inline."""
        if self._type is PolicyType.INLINE:
            return []
        if self._managed_policies is None:
            self._managed_policies = [
                iam.ManagedPolicy.from_managed_policy_arn(
                    self, f"ManagedPolicy{number}", resource.ref
                )
                for number, resource in zip(_numbers(self._resources), self._resources, strict=True)
            ]
        return list(self._managed_policies)

    def _attach(self, kind: Kind, principal: Principal) -> None:
        name = name_of(kind, principal, self._scope)
        account = same_account(kind, principal, self._scope, self._account)
        names = self._names[kind]
        if name in names:
            return
        self._attachment.check(kind, principal, name)
        self._attachment.count(principal)
        self._account = account
        names.append(name)
        for resource in self._resources:
            setattr(resource, f"{kind}s", names)


@jsii.implements(IValidation)
class _AttachedValidation:
    """Refuses, at synth, an inline policy without principals, which CDK omits silently."""

    def __init__(self, names: dict[Kind, list[str]], construct_path: str) -> None:
        self._names = names
        self._construct_path = construct_path

    def validate(self) -> list[str]:
        """Return the error, if there is one."""
        if any(self._names.values()):
            return []
        error = InvalidOptionError(
            f"inline policy {self._construct_path!r}",
            must="be attached to at least one user, role or group, of which it is a part",
            got=Text("none"),
            remedy="give users, roles or groups, attach it later, or use PolicyType.MANAGED",
        )
        return [str(error)]


def _check_intents(intents: object) -> None:
    if not isinstance(intents, Sequence) or isinstance(intents, str) or not intents:
        raise InvalidOptionError(
            "intents",
            must="be a sequence of at least one intent",
            got=intents,
            remedy="give a list, such as intents=[ReadSecrets(secret)]",
        )
    for intent in intents:
        if not isinstance(intent, Intent):
            raise InvalidOptionError(
                "intents",
                must="have intents alone, such as ReadSecrets(secret)",
                got=intent,
                remedy="use SecretShare for a ShareSecret; attach other policies by themselves",
            )
    check_together(intents)


def _check_scope(scope: object) -> None:
    if not isinstance(scope, Construct) or isinstance(scope, Stage):
        raise InvalidOptionError(
            "scope",
            must="be a construct in a Stack: a policy is a resource of one",
            got=scope,
            remedy="make a Stack, and give that",
        )


def _numbers(several: Sequence[object]) -> list[str]:
    """Return the suffixes of several names; the first name has none."""
    return ["", *(str(number) for number in range(2, len(several) + 1))]


def _numbered_name(name: str | None, number: str) -> str | None:
    if name is None or not number:
        return name
    numbered = f"{name}-{number}"
    check_name(numbered)  # it is longer
    return numbered


def _check_lengths(
    documents: Sequence[Sequence[Statement]], estimate: SizeEstimate, construct_id: str
) -> None:
    """Refuse a document that is too long with one secret in it."""
    for statements in documents:
        if not estimate.fits(statements, MANAGED_QUOTA):
            check_length(
                estimate.length(statements),
                MANAGED_QUOTA,
                f"managed policy {construct_id!r}",
                "give fewer tags, or shorter names, for this secret",
            )


def _inline_policy_name(path: str) -> str:
    """Return a name that no other inline policy of the same principal has.

    IAM overwrites an inline policy with another of its name silently. The path distinguishes the
    policies of an app, and the id of the stack distinguishes the deployments of that app.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")[-80:]
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{readable}-{digest}-{_stack_guid()}"


@cache
def _stack_guid() -> str:
    """Return the token of the last part of the stack's ARN, the same for every stack."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))
