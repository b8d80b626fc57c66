"""What a value of a template may be beside plain JSON, while it is resolved."""

from dataclasses import dataclass

from constructs_lib.errors import SecretAccessError

DEEPEST = 60  # levels of nesting


class NoValue:
    """What `AWS::NoValue` gives: the property or list element is left out."""


@dataclass(frozen=True)
class Parts:
    """A text that is split where its unknowns may or may not have the separator."""

    separator: str
    text: str


class LeftOut(SecretAccessError):
    """A resource is named that its Condition leaves out."""


class NeedsChoice(Exception):
    """A condition compares two values of which only the deployment knows whether they are equal."""

    def __init__(self, one: str, other: str) -> None:
        """Keep the two values."""
        super().__init__(one, other)
        self.compared = (one, other)
