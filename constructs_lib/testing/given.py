"""What a test gives: stacks with what they leave open, principals and secrets in many forms."""

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
class Given:
    """Finds in what was read what a test names: a construct, a name or an ARN.

    Attributes:
        deployments: what was read.
        stack: the CDK stack that it was read from, if it was.
    """

    deployments: tuple[Deployment, ...]
    stack: Any = None

    def is_in(self, deployment: Deployment, secret: Any) -> bool:
        """Return whether a deployment has a secret, which a Condition may leave out of it."""
        if isinstance(secret, str):
            elsewhere = any(names_secret(each, secret) for each in self.deployments)
            # Where a Condition leaves it out, a secret of its name may exist already.
            named = any(has_secret_name(each, secret) for each in self.deployments)
            return named or names_secret(deployment, secret) or not elsewhere
        try:
            if isinstance(secret, SecretScope):
                self._scope_text(deployment, secret.arn)
            else:
                self.text(deployment, secret, _OF_SECRETS)
        except LeftOut:
            return False
        except SecretAccessError:
            pass  # no construct, or not a secret's: that is told where it is used
        return True

    def principals(self, given: Any) -> list[tuple[Deployment, Principal]]:
        """Return a principal in every deployment that has it."""
        found = []
        for deployment in self.deployments:
            try:
                text = self._principal_text(deployment, given)
            except LeftOut as error:
                text = str(error)
                continue
            if isinstance(given, str) and not has_unknown(text):
                self._check_unambiguous(
                    "principal", text, [p for d in self.deployments for p in d.principals]
                )
            who = principal_of(deployment, text, exact=not isinstance(given, str))
            if who is not None:
                found.append((deployment, who))
        if not found:
            no_such(self.deployments[0], "principal", text)
        return found

    def _principal_text(self, deployment: Deployment, given: Any) -> str:
        if not isinstance(given, str) and not any(hasattr(given, each) for each in _OF_PRINCIPALS):
            given = getattr(given, "grant_principal", given)  # what has a role, has it here
        return self.text(deployment, given, (*_OF_PRINCIPALS, "attr_arn"))

    def secret(self, deployment: Deployment, given: Any) -> Secret:
        """Return the one secret that is given."""
        if isinstance(given, Secret):
            return given
        resolver = self._resolver_of(deployment, self.stack) if self.stack is not None else None
        if isinstance(given, SecretScope):
            text = self._scope_text(deployment, given.arn).removesuffix("-??????")
            if "*" in text or "?" in text or given.tags:
                raise InvalidOptionError(
                    "secret",
                    must="be a scope of one secret",
                    got=given.arn,
                    remedy="give one secret by its name or ARN",
                )
            complete = text == self._scope_text(deployment, given.arn)
        else:
            text = self.text(deployment, given, _OF_SECRETS)
            if isinstance(given, str):
                self._check_secret(text)
            complete = isinstance(given, str) or getattr(given, "secret_full_arn", "") is not None
        if not complete and text.startswith("arn:"):
            begin, _, name = text.partition(":secret:")
            known = [
                each
                for each in deployment.secrets
                if each.name == name and each.arn.startswith(f"{begin}:secret:")
            ]
            text, complete = (known[0].arn, True) if known else (text, False)
        found = secret_of(
            deployment,
            text,
            resolver=resolver,
            complete=None if complete and isinstance(given, str) else complete,
        )
        if found is None:
            no_such(deployment, "secret", text)
        return found

    def key(self, deployment: Deployment, given: Any) -> Key | str:
        """Return the one key that is given: of the templates, or else its ARN."""
        text = self.text(deployment, given, ("key_arn",))
        if not has_unknown(text) and not any(names_key(each, text) for each in self.deployments):
            check_key(text)
        return key_of(deployment, text, None)

    def names_key(self, given: Any) -> bool:
        """Return whether a key is given, and not a secret."""
        if isinstance(given, str):
            return any(names_key(each, given) for each in self.deployments)
        secret = isinstance(given, SecretScope) or any(
            hasattr(given, attribute) for attribute in ("secret_arn", "attr_id")
        )
        return hasattr(given, "key_arn") and not secret

    def _check_secret(self, text: str) -> None:
        """Refuse a text that is no secret's name or ARN, or that another resource has too."""
        if has_unknown(text):
            return  # a token of CDK, and so no text of the test's
        self._check_unambiguous("secret", text, [s for d in self.deployments for s in d.secrets])
        if not any(names_secret(each, text) for each in self.deployments):
            check_secret(text)

    def _check_unambiguous(
        self, what: str, text: str, known: Sequence[Principal] | Sequence[Secret]
    ) -> None:
        """Refuse a name that is also the logical id of another resource."""
        locations = {
            (each.location.stack, each.location.logical_id)
            for each in known
            if each.location is not None
        }
        named = [each for each in known if each.name == text]
        if not named and any(logical_id == text for _, logical_id in locations):
            return
        others = [
            f"{text} ({resolver.resource(text)[0]}) in stack {resolver.name}"
            for resolver in self.deployments[0].templates.resolvers
            if text in resolver.section("Resources") and (resolver.name, text) not in locations
        ]
        others += [
            str(each.location)
            for each in known
            if each.location is not None
            and each.location.logical_id == text
            and named
            and each.name != text
        ]
        if others:
            raise InvalidOptionError(
                what,
                must=f"be a {what} that no other resource is called like",
                got=Text(f"{shown(text)}, which is the logical id of {' and '.join(others[:3])}"),
                remedy=f"give the {what}'s ARN or the construct",
            )

    def with_copies(self, deployment: Deployment, given: Any) -> list[Secret]:
        """Return the one secret that is given, and its replicas unless an ARN names that one."""
        secret = self.secret(deployment, given)
        by_arn = isinstance(given, str) and given.startswith("arn:")
        return [secret] if by_arn else [secret, *deployment.copies(secret)]

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

    def text(self, deployment: Deployment, given: Any, attributes: Iterable[str]) -> str:
        """Return the name or ARN that is given, or that of a construct."""
        if isinstance(given, str) and not has_token(given):
            return given
        if isinstance(given, str) and self.stack is not None:  # the ARN of a scope's key
            resolver = self._resolver_of(deployment, self.stack)
            return resolver.text(self.stack.resolve(given), "encryption key")
        for attribute in () if isinstance(given, str) else attributes:
            value = getattr(given, attribute, None)
            stack = getattr(given, "stack", None)
            if isinstance(value, str) and stack is not None:
                return self._resolver_of(deployment, stack).text(stack.resolve(value), attribute)
        raise InvalidOptionError(
            "principal or secret",
            must="be a construct, a name or an ARN",
            got=given,
            remedy="give the role, user, group or secret itself, or its name",
        )

    def _resolver_of(self, deployment: Deployment, stack: Any) -> TemplateResolver:
        """Return the template of a CDK stack."""
        parent = getattr(stack, "nested_stack_parent", None)
        if parent is not None:
            outer = self._resolver_of(deployment, parent)
            return outer.nested[parent.resolve(stack.nested_stack_resource.logical_id)]
        resolvers = [each for each in deployment.templates.resolvers if each.parent is None]
        for resolver in resolvers:
            if resolver.stack.artifact == stack.artifact_id:
                return resolver
        if len(resolvers) == 1 and resolvers[0].stack.artifact is None:
            return resolvers[0]
        raise InvalidOptionError(
            "stack of a construct",
            must="be one of the stacks that were read",
            got=stack.artifact_id,
            remedy="read the assembly that has it, or give a name or an ARN",
        )


def placed(
    stacks: Sequence[Stack],
    region: str | None,
    account: str | None,
    partition: str | None,
    parameters: Mapping[str, Any] | None,
) -> list[Stack]:
    """Return stacks with what is given for what they do not say themselves."""
    declared = [each.template.get("Parameters") for each in stacks]
    known = {str(name) for each in declared if isinstance(each, Mapping) for name in each}
    for name in parameters or {}:
        if name not in known:
            raise InvalidOptionError(
                "parameter",
                must=f"be in the templates, which have {', '.join(sorted(known)) or 'none'}",
                got=name,
                remedy="give one of theirs",
            )
    return [
        replace(
            each,
            region=each.region or region,
            account=each.account or account,
            partition=each.partition or partition,
            parameters={**each.parameters, **(parameters or {})},
        )
        for each in stacks
    ]


def key_that_it_brings(secret: Any) -> Any:
    """Return the key that a construct or a scope is known to be under."""
    if isinstance(secret, str):
        return None
    if isinstance(secret, SecretScope):
        return secret.key_arn
    return getattr(secret, "encryption_key", None)
