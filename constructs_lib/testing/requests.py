"""The access requests of an assertion: the principal, the action, the resource and its policies."""

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
from constructs_lib.testing.lookup import Lookup, key_of_construct
from constructs_lib.testing.messages import DeploymentRequest
from constructs_lib.testing.unknown_names import warn_if_unknown
from constructs_lib.testing.validation import check_action, check_resource, check_resource_pattern


@dataclass(frozen=True)
class AccessRequests:
    """Makes the requests of an assertion.

    The arguments `principal` and `secret` are references of the test, as for `SecretAccess`.

    Attributes:
        lookup: finds the resources that the test refers to.
    """

    lookup: Lookup

    def in_deployments(
        self,
        principal: Any,
        action: str,
        secret: Any,
        context: Context | None,
        *,
        replicas: bool = False,
    ) -> list[DeploymentRequest]:
        """Return the request to every deployment, with `replicas` also for each replica."""
        check_resource(action, secret)
        requests = [
            self.in_deployment(deployment, template_principal, action, resource, context)
            for deployment, template_principal in self.lookup.principals(principal)
            if self.lookup.is_in(deployment, secret)
            for resource in (
                self.with_replicas(deployment, action, secret) if replicas else [secret]
            )
        ]
        if not requests:
            raise InvalidOptionError(
                "principal and secret",
                must="be deployed together under one choice of conditions",
                got=Text(f"{shown(principal)} and {shown(secret)}"),
                remedy="give the parameters on which the conditions depend",
            )
        return requests

    def in_deployment(
        self,
        deployment: Deployment,
        principal: Principal,
        action: str,
        secret: Any,
        context: Context | None,
    ) -> DeploymentRequest:
        """Return the request to one deployment."""
        principal = member_of(principal, deployment.unknowns)
        if action.lower() in WITHOUT_RESOURCE:
            access_request = AccessRequest(principal, action, "*")
            return DeploymentRequest(deployment, complete_request(access_request, None, context))
        if action.lower().startswith("kms:"):
            key = self.lookup.key(deployment, secret)
            arn, template_key = (key, None) if isinstance(key, str) else (key.arn, key)
            access_request = AccessRequest(principal, action, arn)
            return DeploymentRequest(
                deployment,
                complete_request(access_request, template_key, context),
                policies_of_key(deployment, key, principal),
            )
        secret = self.lookup.secret(deployment, secret)
        access_request = AccessRequest(principal, action, secret.arn)
        return DeploymentRequest(
            deployment,
            complete_request(access_request, secret, context),
            policies_of_secret(deployment, secret, principal),
            secret,
        )

    def decryptions(
        self, principal: Any, secret: Any, encryption_key: Any, context: Context | None = None
    ) -> Iterator[DeploymentRequest]:
        """Yield the requests for the customer-managed key of a secret, to read its value."""
        reference = encryption_key if encryption_key is not None else key_of_construct(secret)
        for deployment, template_principal in self.lookup.principals(principal):
            if not self.lookup.is_in(deployment, secret):
                continue
            template_secret = self.lookup.secret(deployment, secret)
            text = template_secret.key
            if reference is not None:
                text = self.lookup.text(deployment, reference, ("key_arn",))
            if text is None or is_aws_managed(text):
                continue
            member = member_of(template_principal, deployment.unknowns)
            key = key_of(deployment, text, template_secret)
            yield DeploymentRequest(
                deployment,
                decryption(member, template_secret, key, context),
                policies_of_key(deployment, key, member),
                template_secret,
            )

    def with_replicas(self, deployment: Deployment, action: str, secret: Any) -> list[Any]:
        """Return the resource of a request, and the replicas of a secret."""
        check_action(action)
        if secret == "*" or not action.lower().startswith("secretsmanager:"):
            return [secret]
        return list(self.lookup.with_replicas(deployment, secret))

    def resources(self, deployment: Deployment, secret: Any) -> list[Secret | Key | str]:
        """Return the secret with its replicas, the key or its ARN, or the pattern of ARNs."""
        if isinstance(secret, str) and ("*" in secret or "?" in secret):
            check_resource_pattern(secret)
            return [secret]
        if self.lookup.names_key(secret):
            return [self.lookup.key(deployment, secret)]
        return list(self.lookup.with_replicas(deployment, secret))

    def resource_policies(
        self, deployment: Deployment, action: str, resources: Sequence[Any]
    ) -> Iterator[tuple[str, tuple[AttachedPolicy, ...]]]:
        """Yield the ARN of each resource of the requests, with its policies in the templates."""
        for resource in resources:
            if isinstance(resource, Secret):
                yield resource.arn, resource.policies
            elif action.lower().startswith("kms:") and resource != "*":
                key = self.lookup.key(deployment, resource)
                if isinstance(key, Key):
                    yield key.arn, (key.policy,)

    def warn_if_unknown(
        self, action: str, secret: Any, principals: Sequence[Principal] = ()
    ) -> None:
        """Warn if a name or ARN of the test is in no template, and no policy matches it."""
        if not isinstance(secret, str) or has_token(secret) or "*" in secret or "?" in secret:
            return  # a construct or a SecretScope states that the secret exists
        resources: list[tuple[Deployment, str]] = []
        for deployment in self.lookup.deployments:
            if not self.lookup.is_in(deployment, secret):
                continue
            if action.lower().startswith("kms:") or self.lookup.names_key(secret):
                key = self.lookup.key(deployment, secret)
                resources.append((deployment, key if isinstance(key, str) else key.arn))
            else:
                resources.append((deployment, self.lookup.secret(deployment, secret).arn))
        warn_if_unknown(secret, resources, principals)
