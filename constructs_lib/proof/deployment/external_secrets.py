"""What is allowed on secrets that are not in the templates: one of each kind that a policy names.

A policy may name a secret that exists already, or any that begins with `prod/`. For each pattern of
a statement that allows, a secret is made up that it matches and no template has, and asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.proof.cloudformation.model import Deployment, Principal, Secret
from constructs_lib.proof.cloudformation.resource_identifiers import regional, secret_suffix
from constructs_lib.proof.cloudformation.unknowns import (
    DIGITS,
    PATH,
    REGION,
    Unknowns,
    has_unknown,
)
from constructs_lib.proof.deployment.matrix import Granted, texts_of
from constructs_lib.proof.deployment.partial_evaluation import AccessRequest, evaluate_partially
from constructs_lib.proof.deployment.request_context import Context, complete_request, member_of
from constructs_lib.proof.deployment.secret_lookup import policies_of_secret, secret_of

_SUFFIX = "-??????"
_WILD = re.compile(r"\$\{([^}]*)\}|[*?]")
_TYPE = "secret:"


def granted_on_external_secrets(
    deployment: Deployment, action: str, *, context: Context | None = None
) -> Iterator[Granted]:
    """Yield what principals may do on secrets that the templates do not have.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    known = {secret.arn for secret in deployment.secrets}
    for principal in deployment.principals:
        who = member_of(principal, deployment.unknowns)
        for text in _allowing(principal, action):
            for secret in secrets_matched(deployment, text):
                if secret.arn in known:
                    continue
                access_request = complete_request(
                    AccessRequest(who, action, secret.arn), secret, context
                )
                partial_decision = evaluate_partially(
                    access_request,
                    deployment.unknowns,
                    resource=policies_of_secret(deployment, secret, who),
                )
                if partial_decision.allowed is not False:
                    yield Granted(principal, (secret,), partial_decision)


def _allowing(principal: Principal, action: str) -> list[str]:
    """Return the patterns of the resources that statements may allow the action on."""
    patterns: dict[str, None] = {}
    for policy in principal.policies:
        texts = texts_of(policy, action)
        patterns |= dict.fromkeys(text.encoded for text in texts.allowing)
        if texts.allows_elsewhere:
            patterns["*"] = None
    return list(patterns)


def secrets_matched(deployment: Deployment, pattern: str) -> Iterator[Secret]:
    """Yield a secret for each place in which a pattern of ARNs matches secrets."""
    begins = dict.fromkeys(
        regional(resolver, "secretsmanager") + ":secret:"
        for resolver in deployment.templates.resolvers
    )
    for begin, name in _places(pattern, list(begins), deployment.unknowns):
        yield _meant(deployment, begin, name)


def _places(text: str, begins: list[str], unknowns: Unknowns) -> Iterator[tuple[str, str]]:
    """Yield where the secrets of a pattern are: what their ARNs begin with, and their names."""
    parts = text.split(":", 5)
    if len(parts) == 6:
        if unknowns.matches(parts[2], "secretsmanager") is False:
            return
        name = _name_in(parts[5])
        if name is None:
            return
        place = parts[:5]
        if not _WILD.search("".join(place)):
            yield ":".join((*place, _TYPE)), name
            return
        fitting = [
            begin
            for begin in begins
            if all(
                unknowns.matches(*pair) is not False
                for pair in zip(place, begin.split(":"), strict=False)
            )
        ]
        for begin in fitting or [_other_place(place, begins, unknowns)]:
            yield begin, name
        return
    for begin in begins:  # how much of the ARN is known is not certain
        yield begin, "*"


def _name_in(resource: str) -> str | None:
    """Return the names in the last part of an ARN's pattern; None if it matches no secret."""
    head = re.match(r"[^*$]*", resource)
    known = head[0] if head else ""
    if any(has_unknown(letter) for letter in known[: len(_TYPE)]):
        return "*"
    if any(letter not in ("?", sign) for letter, sign in zip(known, _TYPE, strict=False)):
        return None
    return resource[min(len(known), len(_TYPE)) :]


def _other_place(place: list[str], begins: list[str], unknowns: Unknowns) -> str:
    """Return a place that a pattern matches, where no stack of the templates is."""
    own = begins[0].split(":") if begins else ["arn", "aws", "secretsmanager", "*", "*"]
    filled = []
    for number, (pattern, value) in enumerate(zip(place, own, strict=False)):
        if unknowns.matches(pattern, value) is True:
            filled.append(value)
            continue
        label = ("any", "any partition", "any", "any other Region", "any other account")[number]
        digits = number == len(place) - 1

        def any_of(
            match: re.Match[str],
            label: str = label,
            pattern: str = pattern,
            characters: frozenset[str] = DIGITS if digits else REGION,
        ) -> str:
            return unknowns.placeholder(
                label,
                key=f"{label} of {pattern} at {match.start()}",
                characters=characters,
                longest=1 if match[0] == "?" else None,
                shortest=1 if match[0] == "?" else 0,
                fresh=True,
            )

        filled.append(_WILD.sub(any_of, pattern))
    return ":".join((*filled, _TYPE))


def _meant(deployment: Deployment, begin: str, name: str) -> Secret:
    """Return a secret that a pattern of names matches: the one, or one that is made up."""
    partial = name.endswith(_SUFFIX)
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
            fresh=True,
        )

    arn = begin + _WILD.sub(any_of, name)
    found = None
    if complete or not _WILD.search(name):
        found = secret_of(deployment, arn, complete=not partial)
    if found is not None:
        return found
    if partial:
        arn += f"-{secret_suffix(deployment.unknowns, arn)}"
    return Secret(arn.removeprefix(begin), arn)
