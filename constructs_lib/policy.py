"""SecretAccessPolicy: statements as a managed or inline policy, attached to principals."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache

import jsii
from aws_cdk import Annotations, Aws, Fn
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from constructs_lib.arns import check_key_region
from constructs_lib.attachments import Attachment
from constructs_lib.cautions import cautions
from constructs_lib.documents import PolicyDocument, PolicyType, document_for_template
from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.measure import Measure
from constructs_lib.other_accounts import refuse_in_other_accounts
from constructs_lib.packing import pack
from constructs_lib.partitions import partition_of
from constructs_lib.placeholders import REGION, has_token
from constructs_lib.places import path_of, place_of
from constructs_lib.principals import Principal, by_name, name_of, same_account
from constructs_lib.props import (
    check_description,
    check_name,
    check_path,
    check_type,
    refuse_for_inline,
)
from constructs_lib.quotas import MANAGED_QUOTA, Kind, check_length
from constructs_lib.resources import make
from constructs_lib.scope import SecretScope
from constructs_lib.statements import Statement


class SecretAccessPolicy(Construct):
    """A policy on secrets: what the library's constructs have in common.

    It is not for use by itself: the intents, such as `SecretReader`, choose its statements.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secrets: Sequence[SecretScope],
        statements: Callable[[Sequence[SecretScope]], list[Statement]],
        other_secrets: Sequence[SecretScope] = (),
        users: Sequence[iam.IUser],
        roles: Sequence[iam.IRole],
        groups: Sequence[iam.IGroup],
        policy_type: PolicyType,
        policy_name: str | None,
        description: str | None,
        path: str | None,
    ) -> None:
        """Check everything, then make the policy: after an error nothing is left in the tree.

        `statements` are those on some of `secrets`, and on all of `other_secrets`.
        """
        given: dict[Kind, Sequence[Principal]] = {"user": users, "role": roles, "group": groups}
        principals = {kind: by_name(kind, several, scope) for kind, several in given.items()}
        self._account: str | None = None
        for kind, several in given.items():
            for principal in several:
                self._account = same_account(kind, principal, scope, self._account)
        self._names: dict[Kind, list[str]] = {kind: [*each] for kind, each in principals.items()}
        self._scope = scope
        self._type = check_type(policy_type)
        self._managed_policies: list[iam.IManagedPolicy] | None = None
        check_name(policy_name)
        measure = Measure(scope)
        if self._type is PolicyType.INLINE:
            refuse_for_inline(description=description, path=path)
            packed = [statements(secrets)]  # its quota is for all inline policies together
            self._attachment = Attachment(scope, measure, inline=packed[0], inline_name=policy_name)
        else:
            check_path(path)
            check_description(description)
            packed = pack(secrets, statements, lambda found: measure.fits(found, MANAGED_QUOTA))
            _check_lengths(packed, measure, construct_id)
            self._attachment = Attachment(scope, measure, managed=len(packed))
        managed_names = [_numbered_name(policy_name, number) for number in _numbers(packed)]
        all_secrets = [*secrets, *other_secrets]
        _refuse_keys_elsewhere(scope, all_secrets)
        _refuse_other_partitions(scope, all_secrets)
        refuse_in_other_accounts(scope, all_secrets, packed[0])
        self._documents = [document_for_template(found) for found in packed]
        for kind, by_names in principals.items():
            for name, principal in by_names.items():
                self._attachment.check(kind, principal, name)

        super().__init__(scope, construct_id)
        attached = {f"{kind}s": names or None for kind, names in self._names.items()}
        self._resources: list[iam.CfnManagedPolicy | iam.CfnPolicy] = []
        if self._type is PolicyType.INLINE:
            inline_name = policy_name or _inline_policy_name(path_of(scope, construct_id))
            props = {"policyDocument": self._documents[0], "policyName": inline_name, **attached}
            self._resources.append(make(iam.CfnPolicy, self, "Resource", props))
            if not any(self._names.values()):
                self.node.add_validation(_Attached(self._names, construct_id))
        else:
            for number, managed_name, document in zip(
                _numbers(packed), managed_names, self._documents, strict=True
            ):
                props = {
                    "policyDocument": document,
                    "managedPolicyName": managed_name,
                    "description": description,
                    "path": path,
                    **attached,
                }
                self._resources.append(make(iam.CfnManagedPolicy, self, f"Resource{number}", props))
        for by_names in principals.values():
            for principal in by_names.values():
                self._attachment.count(principal)
        for caution in cautions(all_secrets):
            Annotations.of(self).add_warning_v2(caution.id, caution.message)

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
class _Attached:
    """Refuses, at synth, an inline policy that nothing was attached to: CDK would leave it out."""

    def __init__(self, names: dict[Kind, list[str]], construct_id: str) -> None:
        self._names = names
        self._construct_id = construct_id

    def validate(self) -> list[str]:
        """Return the error, if there is one."""
        if any(self._names.values()):
            return []
        error = SecretAccessError(
            f"inline policy {shown(self._construct_id)} is attached to nobody",
            allowed="an inline policy is a part of at least one user, role or group",
            remedy="give users, roles or groups, attach it later, or use PolicyType.MANAGED",
        )
        return [str(error)]


def _numbers(several: Sequence[object]) -> list[str]:
    """Return what tells several apart after the name of the first, which stays as it is."""
    return ["", *(str(number) for number in range(2, len(several) + 1))]


def _numbered_name(name: str | None, number: str) -> str | None:
    if name is None or not number:
        return name
    numbered = f"{name}-{number}"
    check_name(numbered)  # it is longer
    return numbered


def _check_lengths(
    packed: Sequence[Sequence[Statement]], measure: Measure, construct_id: str
) -> None:
    """Refuse a document that is too long with one secret in it."""
    for found in packed:
        if not measure.fits(found, MANAGED_QUOTA):
            check_length(
                measure.length(found),
                MANAGED_QUOTA,
                f"managed policy {shown(construct_id)}",
                "give fewer tags, or shorter names, for this secret",
            )


def _refuse_keys_elsewhere(scope: Construct, secrets: Sequence[SecretScope]) -> None:
    """Refuse a key of another Region than the stack's, for secrets that are in the stack's."""
    for each in secrets:
        if each.key_arn and each.key_region and each.region == REGION:
            check_key_region(each.key_arn, each.key_region, place_of(scope)[1])


def _refuse_other_partitions(scope: Construct, secrets: Sequence[SecretScope]) -> None:
    """Refuse secrets of another partition than the stack's, which the policy would not be about.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    for each in secrets:
        if each.region == REGION or has_token(each.region):
            continue
        here, there = place_of(scope)[1], partition_of(each.region).name
        if not has_token(here) and partition_of(here).name != there:
            raise SecretAccessError(
                f"secret {shown(each.arn)} is of the partition {there}, "
                f"the stack of {partition_of(here).name}",
                allowed="secrets of the stack's partition are allowed: accounts and their policies "
                "are in one, and reach into no other",
                remedy=f"make the policy in a stack of the partition {there}",
            )


def _inline_policy_name(path: str) -> str:
    """Return a name that no other inline policy of the same principal has.

    IAM puts an inline policy over another of its name without a word. The path tells the policies
    of an app apart, and the stack's own id the deployments of that app.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")[-80:]
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{readable}-{digest}-{_stack_guid()}"


@cache
def _stack_guid() -> str:
    """Return the token of the last part of the stack's ARN, the same for every stack."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))
