"""The requests that an assertion is about: who asks, for what, and by which resources' policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.proof.asked import Context, decryption, member_of, told
from constructs_lib.proof.bounds import Question
from constructs_lib.proof.found import AttachedPolicy, Deployment, Key, Principal
from constructs_lib.proof.lookup import key_of
from constructs_lib.proof.secrets import default_key_policy
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
        found = [
            self.case(deployment, who, action, each, context)
            for deployment, who in self.given.principals(principal)
            if self.given.is_in(deployment, secret)
            for each in (self.with_copies(deployment, action, secret) if copies else [secret])
        ]
        if not found:
            raise SecretAccessError(
                f"{shown(principal)} and {shown(secret)} are never deployed together",
                allowed="what one choice of conditions deploys is allowed",
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
        one_action(action)
        free = action.lower() in _WITHOUT_RESOURCE
        if free != (isinstance(secret, str) and secret == "*"):
            raise SecretAccessError(
                f"{action} is asked for {shown(secret)}",
                allowed="no secret is allowed: AWS authorizes it on * alone"
                if free
                else "one secret is allowed",
                remedy="leave the secret out" if free else "give the secret",
            )
        who = member_of(who, deployment.symbols)
        if free:
            question = Question(who, action, "*")
            return Case(deployment, told(question, None, context))
        if action.lower().startswith("kms:"):
            key = key_of(deployment, self.given.text(deployment, secret, ("key_arn",)), None)
            question = Question(who, action, key if isinstance(key, str) else key.arn)
            asked = told(question, None, {"kms:ViaService": None, **(context or {})})
            return Case(deployment, asked, self._key_policies(key, who))
        which = self.given.secret(deployment, secret)
        question = Question(who, action, which.arn)
        return Case(deployment, told(question, which, context), which.policies, which)

    def decryptions(self, principal: Any, secret: Any, encryption_key: Any) -> Iterator[Case]:
        """Yield the requests of a key that reading a secret takes, if its key is a customer's."""
        named = encryption_key if encryption_key is not None else key_that_it_brings(secret)
        for deployment, who in self.given.principals(principal):
            if not self.given.is_in(deployment, secret):
                continue
            which = self.given.secret(deployment, secret)
            who = member_of(who, deployment.symbols)
            given = which.key if named is None else self.given.text(deployment, named, ("key_arn",))
            if given is None or given.endswith(_SECRETS_OWN_KEY):
                continue
            key = key_of(deployment, given, which)
            question = decryption(who, which, key if isinstance(key, str) else key.arn)
            yield Case(deployment, question, self._key_policies(key, who), which)

    def _key_policies(self, key: Key | str, who: Principal) -> tuple[AttachedPolicy, ...]:
        if isinstance(key, Key):
            return (key.policy,)
        document = default_key_policy(key.split(":")[1], who.account)
        return (AttachedPolicy("the key's policy, taken to leave it to the account", document),)


def secrets_action(action: str) -> None:
    """Refuse what is no action of Secrets Manager on a secret."""
    one_action(action)
    if action.lower() in _WITHOUT_RESOURCE or not action.lower().startswith("secretsmanager:"):
        raise SecretAccessError(
            f"action is {shown(action)}",
            allowed="an action of Secrets Manager on a secret is allowed",
            remedy="give one, such as secretsmanager:GetSecretValue",
        )


def one_action(action: object) -> None:
    """Refuse what is not one action."""
    if not isinstance(action, str) or ":" not in action or "*" in action or "?" in action:
        raise SecretAccessError(
            f"action is {shown(action)}",
            allowed="one action is allowed, such as secretsmanager:GetSecretValue",
            remedy="give it in full, without wildcards",
        )
