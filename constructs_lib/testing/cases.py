"""The requests that an assertion is about: who asks, for what, and by which resources' policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.aws.actions import WITHOUT_RESOURCE
from constructs_lib.aws.tokens import has_token
from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.cloudformation.model import (
    AttachedPolicy,
    Deployment,
    Key,
    Principal,
    Secret,
)
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest
from constructs_lib.proof.deployment.request_context import (
    Context,
    complete_request,
    decryption,
    member_of,
)
from constructs_lib.proof.deployment.secret_lookup import (
    is_aws_managed,
    key_of,
    policies_of_key,
    policies_of_secret,
)
from constructs_lib.testing.given import Given, key_that_it_brings
from constructs_lib.testing.messages import Case
from constructs_lib.testing.unknown_names import warn_if_unknown
from constructs_lib.testing.validation import check_action, check_resource, check_resource_pattern


@dataclass(frozen=True)
class Asking:
    """Makes cases of what a test asks.

    Attributes:
        given: finds what the test names.
    """

    given: Given

    def cases(
        self,
        principal: Any,
        action: str,
        secret: Any,
        context: Context | None,
        *,
        copies: bool = False,
    ) -> list[Case]:
        """Return the request in every deployment, also about the secret's replicas if wanted."""
        check_resource(action, secret)
        found = [
            self.case(deployment, who, action, each, context)
            for deployment, who in self.given.principals(principal)
            if self.given.is_in(deployment, secret)
            for each in (self.with_copies(deployment, action, secret) if copies else [secret])
        ]
        if not found:
            raise InvalidOptionError(
                "principal and secret",
                must="be deployed together under one choice of conditions",
                got=Text(f"{shown(principal)} and {shown(secret)}"),
                remedy="give the parameters on which the conditions depend",
            )
        return found

    def with_copies(self, deployment: Deployment, action: str, secret: Any) -> list[Any]:
        """Return what is asked for: of a secret, its replicas too."""
        check_action(action)
        if secret == "*" or not action.lower().startswith("secretsmanager:"):
            return [secret]
        return list(self.given.with_copies(deployment, secret))

    def resources(self, deployment: Deployment, secret: Any) -> list[Secret | Key | str]:
        """Return the secrets, the key or its ARN, or the pattern of ARNs that are meant."""
        if isinstance(secret, str) and ("*" in secret or "?" in secret):
            check_resource_pattern(secret)
            return [secret]
        if self.given.names_key(secret):
            return [self.given.key(deployment, secret)]
        return list(self.given.with_copies(deployment, secret))

    def warn_if_unknown(
        self, action: str, secret: Any, principals: Sequence[Principal] = ()
    ) -> None:
        """Warn if a name or ARN of the test is in no template, and no policy matches it."""
        if not isinstance(secret, str) or has_token(secret) or "*" in secret or "?" in secret:
            return  # a construct or a SecretScope says itself where the secret is
        resources: list[tuple[Deployment, str]] = []
        for deployment in self.given.deployments:
            if not self.given.is_in(deployment, secret):
                continue
            if action.lower().startswith("kms:") or self.given.names_key(secret):
                key = self.given.key(deployment, secret)
                resources.append((deployment, key if isinstance(key, str) else key.arn))
            else:
                resources.append((deployment, self.given.secret(deployment, secret).arn))
        warn_if_unknown(secret, resources, principals)

    def resource_policies(
        self, deployment: Deployment, action: str, secrets: Sequence[Any]
    ) -> Iterator[tuple[str, tuple[AttachedPolicy, ...]]]:
        """Yield the ARN of each resource that is asked for, with the policies that it has."""
        for secret in secrets:
            if isinstance(secret, Secret):
                yield secret.arn, secret.policies
            elif action.lower().startswith("kms:") and secret != "*":
                key = self.given.key(deployment, secret)
                if isinstance(key, Key):
                    yield key.arn, (key.policy,)

    def case(
        self,
        deployment: Deployment,
        who: Principal,
        action: str,
        secret: Any,
        context: Context | None,
    ) -> Case:
        """Return one request to one deployment."""
        who = member_of(who, deployment.unknowns)
        if action.lower() in WITHOUT_RESOURCE:
            access_request = AccessRequest(who, action, "*")
            return Case(deployment, complete_request(access_request, None, context))
        if action.lower().startswith("kms:"):
            key = self.given.key(deployment, secret)
            access_request = AccessRequest(who, action, key if isinstance(key, str) else key.arn)
            asked = complete_request(access_request, key if isinstance(key, Key) else None, context)
            return Case(deployment, asked, policies_of_key(deployment, key, who))
        which = self.given.secret(deployment, secret)
        access_request = AccessRequest(who, action, which.arn)
        policies = policies_of_secret(deployment, which, who)
        return Case(deployment, complete_request(access_request, which, context), policies, which)

    def decryptions(
        self, principal: Any, secret: Any, encryption_key: Any, context: Context | None = None
    ) -> Iterator[Case]:
        """Yield the requests of a key that reading a secret takes, if its key is a customer's."""
        named = encryption_key if encryption_key is not None else key_that_it_brings(secret)
        for deployment, who in self.given.principals(principal):
            if not self.given.is_in(deployment, secret):
                continue
            which = self.given.secret(deployment, secret)
            who = member_of(who, deployment.unknowns)
            given = which.key if named is None else self.given.text(deployment, named, ("key_arn",))
            if given is None or is_aws_managed(given):
                continue
            key = key_of(deployment, given, which)
            access_request = decryption(who, which, key, context)
            yield Case(deployment, access_request, policies_of_key(deployment, key, who), which)
