"""The errors of the library: one class for each kind of failure, all with a remedy.

Most messages have the form `<option> must be <rule>, got <value>; <remedy>`. Messages are
lowercase, and have no final period.
"""


class SecretAccessError(ValueError):
    """The library refuses its input, or can't answer. Each failure has a subclass of its own.

    No policy is emitted, and no question is answered, once it is raised.

    Attributes:
        problem: the failure: the rule, and the value that breaks it.
        rule: the rule, if `problem` does not have it.
        remedy: what to do.
    """

    def __init__(self, problem: str, *, remedy: str, allowed: str | None = None) -> None:
        """Join the parts into the message. `allowed` is a rule that `problem` does not have."""
        super().__init__("; ".join(part for part in (problem, allowed, remedy) if part))
        self.problem = problem
        self.rule = allowed
        self.remedy = remedy


class InvalidOptionError(SecretAccessError):
    """An argument has a value that AWS, CDK or this library does not accept."""

    def __init__(self, option: str, *, must: str, got: object, remedy: str) -> None:
        """Make the message.

        Args:
            option: the argument, as the caller wrote it.
            must: the rule, after "must".
            got: the value; a `Text` is printed as it is.
            remedy: what to do.
        """
        value = got if isinstance(got, Text) else shown(got)
        super().__init__(f"{option} must {must}, got {value}", remedy=remedy)


class QuotaExceededError(SecretAccessError):
    """A policy, or what a principal has, would be over a quota of IAM."""


class InvalidPolicyError(SecretAccessError):
    """A policy document is not one that IAM accepts."""


class InvalidTemplateError(SecretAccessError):
    """A template or cloud assembly is not one that CloudFormation accepts, or can't be read."""


class UndeterminedError(SecretAccessError):
    """A question has no certain answer, because of something that is not known."""


class TooComplexError(SecretAccessError):
    """A question would take more time or memory than the library spends on it."""


class Text(str):
    """Words in a message that are no value of the caller's, such as `no encryption_key`."""

    __slots__ = ()


def shown(value: object, limit: int = 80) -> str:
    """Return `value` as an error message shows it.

    A construct is shown by its path, and other values by their `repr`; a long one is cut.
    """
    path = _construct_path(value)
    text = repr(value) if path is None else f"the construct {path!r}"
    if " object at 0x" in text:
        text = f"an object of the class {type(value).__name__}"
    if len(text) <= limit:
        return text
    return f"{text[:limit]}... ({len(str(value)):,} characters)"


def check_flag(name: str, value: object) -> None:
    """Refuse a value that is neither True nor False: Python takes the text "false" for true."""
    if not isinstance(value, bool):
        raise InvalidOptionError(name, must="be True or False", got=value, remedy="give one")


def _construct_path(value: object) -> str | None:
    """Return the path of a construct; None if `value` is none."""
    path = getattr(getattr(value, "node", None), "path", None)
    return path if isinstance(path, str) else None
