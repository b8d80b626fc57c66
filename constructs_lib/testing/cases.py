"""The requests that an assertion is about: who asks, for what, and by which resources' policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.errors import InvalidOptionError, Text, shown
from constructs_lib.proof.cloudformation.model import AttachedPolicy, Deployment, Key, Principal
from constructs_lib.proof.cloudformation.secrets_and_keys import default_key_policy
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest
from constructs_lib.proof.deployment.request_context import (
    Context,
    complete_request,
    decryption,
    member_of,
)
from constructs_lib.proof.deployment.secret_lookup import key_of
from constructs_lib.testing.given import Given, key_that_it_brings
from constructs_lib.testing.messages import Case

# AWS authorizes these on `*` alone; with a secret's ARN they grant nothing.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
_WITHOUT_RESOURCE = {
    "secretsmanager:batchgetsecretvalue",
    "secretsmanager:getrandompassword",
    "secretsmanager:listsecrets",
}
_SECRETS_OWN_KEY = "alias/aws/secretsmanager"


def check_resource(action: str, secret: Any) -> None:
    """Refuse a secret for an action without a resource, and another action without a secret."""
    one_action(action)
    without = action.lower() in _WITHOUT_RESOURCE
    if without != (isinstance(secret, str) and secret == "*"):
        raise InvalidOptionError(
            "secret",
            must=f"be omitted for {action}, which AWS authorizes on * alone"
            if without
            else f"be given for {action}",
            got=secret,
            remedy="omit the secret" if without else "give the secret",
        )


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
        one_action(action)
        if secret == "*" or not action.lower().startswith("secretsmanager:"):
            return [secret]
        return list(self.given.with_copies(deployment, secret))

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
        if action.lower() in _WITHOUT_RESOURCE:
            access_request = AccessRequest(who, action, "*")
            return Case(deployment, complete_request(access_request, None, context))
        if action.lower().startswith("kms:"):
            key = key_of(deployment, self.given.text(deployment, secret, ("key_arn",)), None)
            access_request = AccessRequest(who, action, key if isinstance(key, str) else key.arn)
            asked = complete_request(
                access_request, None, {"kms:ViaService": None, **(context or {})}
            )
            return Case(deployment, asked, self._key_policies(key, who))
        which = self.given.secret(deployment, secret)
        access_request = AccessRequest(who, action, which.arn)
        return Case(
            deployment, complete_request(access_request, which, context), which.policies, which
        )

    def decryptions(self, principal: Any, secret: Any, encryption_key: Any) -> Iterator[Case]:
        """Yield the requests of a key that reading a secret takes, if its key is a customer's."""
        named = encryption_key if encryption_key is not None else key_that_it_brings(secret)
        for deployment, who in self.given.principals(principal):
            if not self.given.is_in(deployment, secret):
                continue
            which = self.given.secret(deployment, secret)
            who = member_of(who, deployment.unknowns)
            given = which.key if named is None else self.given.text(deployment, named, ("key_arn",))
            if given is None or given.endswith(_SECRETS_OWN_KEY):
                continue
            key = key_of(deployment, given, which)
            access_request = decryption(who, which, key if isinstance(key, str) else key.arn)
            yield Case(deployment, access_request, self._key_policies(key, who), which)

    def _key_policies(self, key: Key | str, who: Principal) -> tuple[AttachedPolicy, ...]:
        if isinstance(key, Key):
            return (key.policy,)
        document = default_key_policy(key.split(":")[1], who.account)
        return (AttachedPolicy("the key's policy, taken to leave it to the account", document),)


def secrets_action(action: str) -> None:
    """Refuse what is no action of Secrets Manager on a secret."""
    one_action(action)
    if action.lower() in _WITHOUT_RESOURCE or not action.lower().startswith("secretsmanager:"):
        raise InvalidOptionError(
            "action",
            must="be an action of Secrets Manager on a secret",
            got=action,
            remedy="give one, such as secretsmanager:GetSecretValue",
        )


def one_action(action: object) -> None:
    """Refuse what is not one action."""
    if not isinstance(action, str) or ":" not in action or "*" in action or "?" in action:
        raise InvalidOptionError(
            "action",
            must="be one action, such as secretsmanager:GetSecretValue",
            got=action,
            remedy="give it in full, without wildcards",
        )
