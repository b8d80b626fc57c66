"""The lookup of the principals, secrets and keys that a test refers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from constructs_lib.aws.tokens import for_template, has_token
from constructs_lib.errors import InvalidOptionError, SecretAccessError, Text, shown
from constructs_lib.policy.secret_scope import SecretScope
from constructs_lib.proof.cloudformation.intrinsics import TemplateResolver
from constructs_lib.proof.cloudformation.model import Deployment, Key, Principal, Secret
from constructs_lib.proof.cloudformation.stacks import Stack
from constructs_lib.proof.cloudformation.unknowns import has_unknown
from constructs_lib.proof.cloudformation.values import LeftOut
from constructs_lib.proof.deployment.secret_lookup import (
    has_secret_name,
    key_of,
    names_key,
    names_secret,
    no_such,
    principal_of,
    secret_of,
)
from constructs_lib.testing.validation import check_key, check_secret

_OF_SECRETS = ("secret_full_arn", "secret_arn", "attr_id", "key_arn")
_OF_PRINCIPALS = ("role_arn", "user_arn", "group_arn")


@dataclass(frozen=True)
class Lookup:
    """Finds the resources that a test refers to.

    A reference is a construct, a `SecretScope`, a name, a logical id or an ARN.

    Attributes:
        deployments: the deployments of the templates.
        stack: the CDK stack of the templates; None if they are of no stack of CDK.
    """

    deployments: tuple[Deployment, ...]
    stack: Any = None

    def is_in(self, deployment: Deployment, secret: Any) -> bool:
        """Return whether a deployment has a secret: its Condition may exclude it."""
        if isinstance(secret, str):
            if names_secret(deployment, secret):
                return True
            # If its Condition excludes the secret, another secret of its name may exist already.
            has_name = any(has_secret_name(other, secret) for other in self.deployments)
            return has_name or not any(names_secret(other, secret) for other in self.deployments)
        try:
            if isinstance(secret, SecretScope):
                self._scope_text(deployment, secret.arn)
            else:
                self.text(deployment, secret, _OF_SECRETS)
        except LeftOut:
            return False
        except SecretAccessError:
            pass  # no construct, or not of a secret: the lookup of the secret refuses it
        return True

    def principals(self, reference: Any) -> list[tuple[Deployment, Principal]]:
        """Return a principal in every deployment that has it."""
        principals = []
        for deployment in self.deployments:
            try:
                text = self._principal_text(deployment, reference)
            except LeftOut as error:
                text = str(error)
                continue
            if isinstance(reference, str) and not has_unknown(text):
                self._check_unambiguous(
                    "principal", text, [p for d in self.deployments for p in d.principals]
                )
            principal = principal_of(deployment, text, exact=not isinstance(reference, str))
            if principal is not None:
                principals.append((deployment, principal))
        if not principals:
            no_such(self.deployments[0], "principal", text)
        return principals

    def _principal_text(self, deployment: Deployment, reference: Any) -> str:
        is_principal = isinstance(reference, str) or any(
            hasattr(reference, attribute) for attribute in _OF_PRINCIPALS
        )
        if not is_principal:  # a construct with a role, such as a Lambda function
            reference = getattr(reference, "grant_principal", reference)
        return self.text(deployment, reference, (*_OF_PRINCIPALS, "attr_arn"))

    def secret(self, deployment: Deployment, reference: Any) -> Secret:
        """Return the secret of a reference."""
        if isinstance(reference, Secret):
            return reference
        resolver = self._resolver_of(deployment, self.stack) if self.stack is not None else None
        if isinstance(reference, SecretScope):
            text = self._scope_text(deployment, reference.arn).removesuffix("-??????")
            if "*" in text or "?" in text or reference.tags:
                raise InvalidOptionError(
                    "secret",
                    must="be a scope of one secret",
                    got=reference.arn,
                    remedy="give one secret by its name or ARN",
                )
            complete = text == self._scope_text(deployment, reference.arn)
        else:
            text = self.text(deployment, reference, _OF_SECRETS)
            if isinstance(reference, str):
                self._check_secret(text)
            complete = (
                isinstance(reference, str) or getattr(reference, "secret_full_arn", "") is not None
            )
        if not complete and text.startswith("arn:"):
            prefix, _, name = text.partition(":secret:")
            known = [
                secret
                for secret in deployment.secrets
                if secret.name == name and secret.arn.startswith(f"{prefix}:secret:")
            ]
            text, complete = (known[0].arn, True) if known else (text, False)
        secret = secret_of(
            deployment,
            text,
            resolver=resolver,
            complete=None if complete and isinstance(reference, str) else complete,
        )
        if secret is None:
            no_such(deployment, "secret", text)
        return secret

    def with_replicas(self, deployment: Deployment, reference: Any) -> list[Secret]:
        """Return a secret, and its replicas; of a reference by ARN, only its own secret."""
        secret = self.secret(deployment, reference)
        by_arn = isinstance(reference, str) and reference.startswith("arn:")
        return [secret] if by_arn else [secret, *deployment.replicas(secret)]

    def key(self, deployment: Deployment, reference: Any) -> Key | str:
        """Return a key of the templates, or the ARN of another key."""
        text = self.text(deployment, reference, ("key_arn",))
        if not has_unknown(text) and not self._names_key(text):
            check_key(text)
        return key_of(deployment, text, None)

    def names_key(self, reference: Any) -> bool:
        """Return whether a reference is to a key, and not to a secret."""
        if isinstance(reference, str):
            return self._names_key(reference)
        is_secret = isinstance(reference, SecretScope) or any(
            hasattr(reference, attribute) for attribute in ("secret_arn", "attr_id")
        )
        return hasattr(reference, "key_arn") and not is_secret

    def _names_key(self, text: str) -> bool:
        return any(names_key(deployment, text) for deployment in self.deployments)

    def _check_secret(self, text: str) -> None:
        """Require the name or ARN of a secret, and of no other resource."""
        if has_unknown(text):
            return  # it is of a token of CDK, and not a text of the test
        self._check_unambiguous("secret", text, [s for d in self.deployments for s in d.secrets])
        if not any(names_secret(deployment, text) for deployment in self.deployments):
            check_secret(text)

    def _check_unambiguous(
        self, kind: str, text: str, known: Sequence[Principal] | Sequence[Secret]
    ) -> None:
        """Refuse a name that is also the logical id of another resource."""
        locations = {
            (resource.location.stack, resource.location.logical_id)
            for resource in known
            if resource.location is not None
        }
        has_name = any(resource.name == text for resource in known)
        if not has_name and any(logical_id == text for _, logical_id in locations):
            return
        others = [
            f"{text} ({resolver.resource(text)[0]}) in stack {resolver.name}"
            for resolver in self.deployments[0].templates.resolvers
            if text in resolver.section("Resources") and (resolver.name, text) not in locations
        ]
        others += [
            str(resource.location)
            for resource in known
            if resource.location is not None
            and resource.location.logical_id == text
            and has_name
            and resource.name != text
        ]
        if others:
            raise InvalidOptionError(
                kind,
                must="be a name that no other resource has",
                got=Text(f"{shown(text)}, which is the logical id of {' and '.join(others[:3])}"),
                remedy=f"give the {kind}'s ARN or the construct",
            )

    def _scope_text(self, deployment: Deployment, arn: str) -> str:
        if has_token(arn) and self.stack is None:
            raise InvalidOptionError(
                "secret",
                must="be a scope without unresolved tokens, except with SecretAccess.from_stack",
                got=arn,
                remedy="use from_stack, or give the secret's name or ARN",
            )
        value = for_template(arn)
        resolver = deployment.templates.resolvers[0]
        if self.stack is not None:
            value = self.stack.resolve(value)
            resolver = self._resolver_of(deployment, self.stack)
        return resolver.text(value, "secret")

    def text(self, deployment: Deployment, reference: Any, attributes: Iterable[str]) -> str:
        """Return a name or ARN, or the first of these attributes that a construct has."""
        if isinstance(reference, str) and not has_token(reference):
            return reference
        if isinstance(reference, str) and self.stack is not None:  # the key of a scope
            resolver = self._resolver_of(deployment, self.stack)
            return resolver.text(self.stack.resolve(reference), "encryption key")
        for attribute in () if isinstance(reference, str) else attributes:
            value = getattr(reference, attribute, None)
            stack = getattr(reference, "stack", None)
            if isinstance(value, str) and stack is not None:
                return self._resolver_of(deployment, stack).text(stack.resolve(value), attribute)
        raise InvalidOptionError(
            "principal or secret",
            must="be a construct, a name or an ARN",
            got=reference,
            remedy="give the role, user, group or secret itself, or its name",
        )

    def _resolver_of(self, deployment: Deployment, stack: Any) -> TemplateResolver:
        """Return the template of a CDK stack."""
        parent = getattr(stack, "nested_stack_parent", None)
        if parent is not None:
            outer = self._resolver_of(deployment, parent)
            return outer.nested[parent.resolve(stack.nested_stack_resource.logical_id)]
        roots = [root for root in deployment.templates.resolvers if root.parent is None]
        for resolver in roots:
            if resolver.stack.artifact == stack.artifact_id:
                return resolver
        if len(roots) == 1 and roots[0].stack.artifact is None:
            return roots[0]
        raise InvalidOptionError(
            "stack of a construct",
            must="be one of the stacks that were read",
            got=stack.artifact_id,
            remedy="read the assembly that has it, or give a name or an ARN",
        )


def with_inputs(
    stacks: Sequence[Stack],
    region: str | None,
    account: str | None,
    partition: str | None,
    parameters: Mapping[str, Any] | None,
) -> list[Stack]:
    """Return the stacks with parameters, and with an environment where they have none."""
    sections = [stack.template.get("Parameters") for stack in stacks]
    known = {str(name) for section in sections if isinstance(section, Mapping) for name in section}
    for name in parameters or {}:
        if name not in known:
            raise InvalidOptionError(
                "parameter",
                must=f"be in the templates, which have {', '.join(sorted(known)) or 'none'}",
                got=name,
                remedy="give a parameter of the templates",
            )
    return [
        replace(
            stack,
            region=stack.region or region,
            account=stack.account or account,
            partition=stack.partition or partition,
            parameters={**stack.parameters, **(parameters or {})},
        )
        for stack in stacks
    ]


def key_of_construct(secret: Any) -> Any:
    """Return the encryption key of a secret's construct or scope; None if it has none."""
    if isinstance(secret, str):
        return None
    if isinstance(secret, SecretScope):
        return secret.key_arn
    return getattr(secret, "encryption_key", None)
