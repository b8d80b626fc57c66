"""What is allowed on secrets that are not in the templates: one of each kind that a policy names.

A policy may name a secret that exists already, or any that begins with `prod/`. For each pattern of
a statement that allows, a secret is made up that it matches and no template has, and asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.proof.asked import Context, member_of, told
from constructs_lib.proof.bounds import Question, judge
from constructs_lib.proof.found import Deployment, Principal, Secret
from constructs_lib.proof.lookup import secret_of
from constructs_lib.proof.matrix import Granted, texts_of
from constructs_lib.proof.physical import regional
from constructs_lib.proof.symbols import PATH, Symbols

_SUFFIX = "-??????"
_WILD = re.compile(r"\$\{([^}]*)\}|[*?]")


def granted_elsewhere(
    deployment: Deployment, action: str, *, context: Context | None = None
) -> Iterator[Granted]:
    """Yield what principals may do on secrets that the templates do not have.

    Raises:
        SecretAccessError: if a policy is malformed.
    """
    begins = dict.fromkeys(
        regional(scope, "secretsmanager") + ":secret:" for scope in deployment.reading.scopes
    )
    known = {secret.arn for secret in deployment.secrets}
    for principal in deployment.principals:
        who = member_of(principal, deployment.symbols)
        for text in _allowing(principal, action, deployment.symbols):
            for begin, name in _places(text, list(begins), deployment.symbols):
                secret = _meant(deployment, begin, name)
                if secret.arn in known:
                    continue
                question = told(Question(who, action, secret.arn), secret, context)
                judgement = judge(question, deployment.symbols, resource=secret.policies)
                if judgement.allowed is not False:
                    yield Granted(principal, (secret,), judgement)


def _allowing(principal: Principal, action: str, symbols: Symbols) -> list[str]:
    found: dict[str, None] = {}
    for policy in principal.policies:
        texts = texts_of(policy.document, action, symbols)
        found |= dict.fromkeys(texts.allowing)
        if texts.allows_elsewhere:
            found["*"] = None
    return list(found)


def _places(text: str, begins: list[str], symbols: Symbols) -> Iterator[tuple[str, str]]:
    """Yield where the secrets of a pattern are: what their ARNs begin with, and their names."""
    parts = text.split(":", 6)
    if len(parts) == 7 and not _WILD.search("".join(parts[:6])):
        yield ":".join(parts[:6]) + ":", parts[6]
        return
    for begin in begins:  # a pattern for several accounts or Regions: those of the templates
        name = parts[6] if len(parts) == 7 else "*"
        if symbols.matches(text, begin + name) is not False:
            yield begin, name


def _meant(deployment: Deployment, begin: str, name: str) -> Secret:
    """Return a secret that a pattern of names matches: the one, or one that is made up."""
    complete = not name.endswith(("*", _SUFFIX))
    name = name.removesuffix(_SUFFIX)

    def any_of(match: re.Match[str]) -> str:
        variable, sign = match[1], match[0]
        if variable is not None:
            return deployment.symbols.sign(f"${{{variable}}}", characters=PATH)
        return deployment.symbols.sign(
            "any one character" if sign == "?" else "any other",
            key=f"any other of {begin}{name} at {match.start()}",
            characters=PATH,
            shortest=1,
            longest=1 if sign == "?" else None,
            made_up=True,
        )

    arn = begin + _WILD.sub(any_of, name)
    found = secret_of(deployment, arn) if complete or not _WILD.search(name) else None
    if found is not None:
        return found
    return Secret(arn.removeprefix(begin), arn)
