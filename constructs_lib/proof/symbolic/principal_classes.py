"""Who asks, in a question about every request.

The policies of resources name principals in full, so that those who are not named are all alike:
one of each account that is named, and one of any other account, stand for them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from constructs_lib.errors import UndeterminedError
from constructs_lib.proof.iam.patterns import Pattern, pattern
from constructs_lib.proof.iam.policy_parser import PolicyStatement, Principals
from constructs_lib.proof.iam.principal_matching import is_named
from constructs_lib.proof.iam.request import Identity, identity_of, is_principal

ACCOUNT, ANOTHER = "111122223333", "444455556666"
_NOBODY = Identity("role", "\0", "\0", "\0")  # whom no policy can name


@dataclass(frozen=True)
class PrincipalClass:
    """Who asks.

    Attributes:
        arn: its ARN. None: any role, of an account that no policy names.
        known: whether it is this very principal, so that its ARN tells aws:PrincipalArn and more.
        at_home: whether the resource is in its account, where there is no ARN to tell it.
        other: a service, federation or canonical user, with its kind: no request of it is
            evaluated.
    """

    arn: str | None = None
    known: bool = False
    at_home: bool = True
    other: tuple[str, str] | None = None

    def is_named(self, named: Principals) -> bool | None:
        """Return whether a statement is about it; None: that is not determined."""
        if self.other is None:
            return is_named(named, self.identity)
        return ("*" in named.aws or self.other in named.others) != named.negated

    @cached_property
    def identity(self) -> Identity:
        """What a policy can call it."""
        return _NOBODY if self.arn is None else identity_of(self.arn)

    def arn_for(self, resource: str, user: str | None = None) -> str:
        """Return the ARN of who asks for a resource: any user, where a request tells its name.

        Raises:
            SecretAccessError: if it is known, and no user: only users have aws:username.
        """
        if user is not None and self.known and self.identity.kind != "user":
            raise UndeterminedError(
                f"{self.arn} has aws:username",
                allowed="IAM users have it",
                remedy="remove it",
            )
        arn = self._arn_for(resource)
        if user is None or self.known:
            return arn
        return f"{arn.rpartition(':')[0]}:user/{user}"

    def _arn_for(self, resource: str) -> str:
        if self.arn is not None:
            return self.arn
        parts = resource.split(":", 5)
        account = parts[4] if len(parts) == 6 and parts[4].isdigit() else ACCOUNT
        if not self.at_home:
            account = ACCOUNT if account != ACCOUNT else ANOTHER
        return f"arn:aws:iam::{account}:role/any"

    @cached_property
    def facts(self) -> dict[str, tuple[Pattern, ...]]:
        """What follows from its ARN: condition keys in lower case, with what they may be."""
        if not self.known:
            return {}
        who = self.identity
        found: dict[str, tuple[Pattern, ...]] = {
            "aws:principalaccount": (pattern(str(who.account)),),
            "aws:principaltype": (pattern("User" if who.kind == "user" else "AssumedRole"),),
            "aws:principalarn": (pattern(str(who.arn)),),
        }
        if who.kind == "user":
            found["aws:username"] = (pattern(str(who.name)),)
        if who.kind == "session":  # a session's ARN does not tell its role's path
            role = f"arn:{str(who.arn).split(':')[1]}:iam::{who.account}:role/"
            found["aws:principalarn"] = (
                pattern(f"{role}{who.name}"),
                pattern(f"{role}*/{who.name}"),
            )
        return found

    def context(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the keys of a context that a request of this principal is to be given."""
        return {
            key: value
            for key, value in given.items()
            if (key not in self.facts and (self.known or key != "aws:username"))
            or (
                len(self.facts.get(key, ())) > 1
                and any(one.matches(value) for one in self.facts[key])
            )
        }


def principal_classes_of(statements: Iterable[PolicyStatement]) -> tuple[PrincipalClass, ...]:
    """Return askers that stand for everyone, as far as statements can tell one from another."""
    statements = list(statements)
    named = {
        other
        for statement in statements
        if statement.principals is not None
        for other in statement.principals.others
    }
    if named:  # and one that is not named, for which "*" and NotPrincipal are
        named.add(("Service", "any other"))
    unevaluated = [PrincipalClass(other=other) for other in sorted(named)]
    names = {
        name
        for statement in statements
        if statement.principals is not None
        for name in statement.principals.aws
    }
    known = {name: identity_of(name) for name in sorted(names) if is_principal(name)}
    accounts = {str(each.account) for each in known.values()}
    accounts |= {part for name in names for part in name.split(":")[4:5] or [name]}
    found = []
    for name, identity in known.items():
        one_session = any(
            other.kind == "session"
            and (other.account, other.name) == (identity.account, identity.name)
            for other in known.values()
        )
        if identity.kind == "role" and one_session:  # another one than those that are named
            role = f"arn:aws:sts::{identity.account}:assumed-role/{identity.name}"
            session = _unlike(names, f"{role}/any")
            found.append(PrincipalClass(session, known=True))
        else:
            found.append(PrincipalClass(name, known=True))
    others = [
        PrincipalClass(_unlike(names, f"arn:aws:iam::{account}:role/any"))
        for account in sorted(accounts)
        if account.isdigit() and len(account) == 12
    ]
    return (*found, *others, PrincipalClass(), PrincipalClass(at_home=False), *unevaluated)


def _unlike(names: Iterable[str], arn: str) -> str:
    """Return an ARN that is not one of the names, nor a session of one."""
    while any(arn.rpartition("/")[2] in name.split("/") for name in names):
        arn += "-other"
    return arn
