"""The one error of the library, in one style."""


class SecretAccessError(ValueError):
    """A request for access that can't be turned into exactly the access it asks for.

    Every message has the same three parts, in this order: what was given, what is allowed, and
    what to do. It is lowercase and has no final period. Nothing is emitted once it is raised.
    """

    def __init__(self, given: str, *, allowed: str, remedy: str) -> None:
        """Join the three parts into the message."""
        super().__init__(f"{given}; {allowed}; {remedy}")
        self.given = given
        self.allowed = allowed
        self.remedy = remedy


def shown(value: object, limit: int = 80) -> str:
    """Return `value` as an error message shows it: quoted, and cut where it is long."""
    text = repr(value)
    if len(text) <= limit:
        return text
    return f"{text[:limit]}... ({len(str(value)):,} characters)"


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True nor False: Python would take "false" for true."""
    if not isinstance(value, bool):
        raise SecretAccessError(
            f"{name} is {shown(value)}", allowed="True or False is allowed", remedy="give one"
        )
