"""Values of a template while it is resolved, beside plain JSON, and the interface of a resolver."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from constructs_lib.errors import InvalidTemplateError
from constructs_lib.proof.cloudformation.unknowns import Unknowns

DEEPEST = 60  # levels of nesting


def has_macro(value: object) -> bool:
    """Return whether a macro stands in a mapping, beside its entries.

    `Fn::Transform` may change all that stands beside it; `Fn::ForEach::...` adds entries.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
    """
    return isinstance(value, Mapping) and any(map(is_macro, value))


def is_macro(key: object) -> bool:
    """Return whether a key of a mapping is that of a macro."""
    return isinstance(key, str) and (key == "Fn::Transform" or key.startswith("Fn::ForEach"))


class NoValue:
    """What `AWS::NoValue` gives: the property or list element is left out."""


@dataclass(frozen=True)
class Parts:
    """A text that is split where its unknowns may or may not have the separator."""

    separator: str
    text: str


class LeftOut(InvalidTemplateError):
    """A resource is named that its Condition leaves out."""


class NeedsChoice(Exception):
    """A condition compares two values of which only the deployment knows whether they are equal."""

    def __init__(self, one: str, other: str) -> None:
        """Keep the two values."""
        super().__init__(one, other)
        self.compared = (one, other)


class Resolver(Protocol):
    """The part of `TemplateResolver` that functions and conditions of CloudFormation use."""

    @property
    def unknowns(self) -> Unknowns:
        """The unknowns."""

    def section(self, name: str) -> Mapping[str, Any]:
        """Return one of the sections of the template."""

    def refuse(self, place: str, given: str, allowed: str, remedy: str = ...) -> NoReturn:
        """Refuse a part of the template, and say where it stands."""

    def equal(self, one: str, other: str) -> bool:
        """Return whether two values are the same, or ask for a choice."""

    def resolve(self, value: object, place: str, depth: int = ...) -> Any:
        """Return a value of the template with every function in it resolved."""

    def text(self, value: object, place: str) -> str:
        """Return a value of the template that must be a string."""

    def as_text(self, found: object, place: str) -> str:
        """Return a resolved value that must be a string."""

    def whole(self, found: Any) -> Any:
        """Return a text that was split, and not taken apart, as one unknown."""

    def opaque(self, label: str) -> str:
        """Return an unknown."""

    def name_in(self, argument: object, place: str) -> str:
        """Return the argument of a function that must be a name."""

    def arguments(self, argument: object, place: str, *counts: int) -> list[Any]:
        """Return the arguments of a function, of which there must be so many."""

    def ref(self, name: str, place: str) -> Any:
        """Return the result of Ref."""

    def attribute(self, logical_id: str, attribute: str, place: str) -> str:
        """Return an attribute of a resource."""
