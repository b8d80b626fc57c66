"""What is allowed on secrets that are not in the templates: one of each kind that a policy names.

A policy may name a secret that exists already, or any that begins with `prod/`. For each pattern of
a statement that allows, a secret is made up that it matches and no template has, and asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.proof.cloudformation.model import Deployment, Principal, Secret
from constructs_lib.proof.cloudformation.resource_identifiers import regional
from constructs_lib.proof.cloudformation.unknowns import PATH, Unknowns
from constructs_lib.proof.deployment.matrix import Granted, texts_of
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of
from constructs_lib.proof.deployment.secret_lookup import secret_of

_SUFFIX = "-??????"
_WILD = re.compile(r"\$\{([^}]*)\}|[*?]")


def granted_on_external_secrets(
    deployment: Deployment, action: str, *, context: Context | None = None
) -> Iterator[Granted]:
    """Yield what principals may do on secrets that the templates do not have.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    begins = dict.fromkeys(
        regional(resolver, "secretsmanager") + ":secret:"
        for resolver in deployment.templates.resolvers
    )
    known = {secret.arn for secret in deployment.secrets}
    for principal in deployment.principals:
        who = member_of(principal, deployment.unknowns)
        for text in _allowing(principal, action, deployment.unknowns):
            for begin, name in _places(text, list(begins), deployment.unknowns):
                secret = _meant(deployment, begin, name)
                if secret.arn in known:
                    continue
                access_request = complete_request(
                    AccessRequest(who, action, secret.arn), secret, context
                )
                partial_decision = evaluate_partially(
                    access_request, deployment.unknowns, resource=secret.policies
                )
                if partial_decision.allowed is not False:
                    yield Granted(principal, (secret,), partial_decision)


def _allowing(principal: Principal, action: str, unknowns: Unknowns) -> list[str]:
    found: dict[str, None] = {}
    for policy in principal.policies:
        texts = texts_of(policy.document, action, unknowns)
        found |= dict.fromkeys(texts.allowing)
        if texts.allows_elsewhere:
            found["*"] = None
    return list(found)


def _places(text: str, begins: list[str], unknowns: Unknowns) -> Iterator[tuple[str, str]]:
    """Yield where the secrets of a pattern are: what their ARNs begin with, and their names."""
    parts = text.split(":", 6)
    if len(parts) == 7 and not _WILD.search("".join(parts[:6])):
        yield ":".join(parts[:6]) + ":", parts[6]
        return
    for begin in begins:  # a pattern for several accounts or Regions: those of the templates
        name = parts[6] if len(parts) == 7 else "*"
        if unknowns.matches(text, begin + name) is not False:
            yield begin, name


def _meant(deployment: Deployment, begin: str, name: str) -> Secret:
    """Return a secret that a pattern of names matches: the one, or one that is made up."""
    complete = not name.endswith(("*", _SUFFIX))
    name = name.removesuffix(_SUFFIX)

    def any_of(match: re.Match[str]) -> str:
        variable, sign = match[1], match[0]
        if variable is not None:
            return deployment.unknowns.placeholder(f"${{{variable}}}", characters=PATH)
        return deployment.unknowns.placeholder(
            "any one character" if sign == "?" else "any other",
            key=f"any other of {begin}{name} at {match.start()}",
            characters=PATH,
            shortest=1,
            longest=1 if sign == "?" else None,
            generated=True,
        )

    arn = begin + _WILD.sub(any_of, name)
    found = secret_of(deployment, arn) if complete or not _WILD.search(name) else None
    if found is not None:
        return found
    return Secret(arn.removeprefix(begin), arn)
