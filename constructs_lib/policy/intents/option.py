"""Option: the documentation of one option of an intent, as data with its type and default.

The constructs' signatures and docstrings, the options of the command line, docs/intents.md and the
tables of the tests derive from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KEY = "option"


@dataclass(frozen=True)
class Option:
    """The documentation of one option.

    Attributes:
        doc: the access that it adds or limits, with its units, limits and default.
        leaves_open: the access that it does not prevent; empty if there is none to name.
        samples: values of it, each of which is a row of docs/intents.md.
        flag: its name on the command line, without the dashes. None: the command line lacks it.
        metavar: the placeholder of its value in the command line's help.
    """

    doc: str
    leaves_open: str = ""
    samples: tuple[object, ...] = ()
    flag: str | None = None
    metavar: str | None = None


def option(
    doc: str,
    *,
    leaves_open: str = "",
    samples: tuple[object, ...] = (),
    flag: str | None = None,
    metavar: str | None = None,
) -> Mapping[str, Any]:
    """Return the `metadata` of a dataclass field that is an option."""
    return {_KEY: Option(doc, leaves_open, samples, flag, metavar)}


def option_of(metadata: Mapping[str, Any]) -> Option | None:
    """Return the option in the `metadata` of a field, if it is one."""
    found: Option | None = metadata.get(_KEY)
    return found


SECRETS = option("one secret or several, each an `ISecret` or a `SecretScope`.")
