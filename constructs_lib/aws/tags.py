"""Tags of secrets, checked for conditions on them."""

import re
from collections.abc import Mapping, Sequence

from constructs_lib.aws.tokens import has_token, known_part
from constructs_lib.errors import InvalidOptionError, Text, shown

Tags = tuple[tuple[str, tuple[str, ...]], ...]

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html and
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
_TEXT = re.compile(r"[\w .:/=+@-]*")


def _check(text: object, what: str, longest: int) -> str:
    known = known_part(text) if isinstance(text, str) else ""
    # IAM accepts no character beyond U+00FF in a policy document.
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html: PolicyDocument
    fits = len(known) <= longest and _TEXT.fullmatch(known) and max(known, default="") <= "\xff"
    if not isinstance(text, str) or not text or not fits:
        raise InvalidOptionError(
            what,
            must=f"be 1 to {longest} letters, digits, spaces and _.:/=+-@",
            got=text,
            remedy="give the tag as the secret has it: wildcards and variables do not match",
        )
    return text


def check_tag_key(key: object) -> str:
    """Return the key of a tag, which must be known at synth."""
    checked = _check(key, "tag key", MAX_KEY_LENGTH)
    if has_token(checked):
        raise InvalidOptionError(
            "tag key",
            must="be known at synth: it becomes a part of the name of a condition key",
            got=Text(f"{shown(key)}, which is known only at deployment"),
            remedy="give the key as plain text; its value may be a token",
        )
    return checked


def check_tags(tags: Mapping[str, str | Sequence[str]]) -> Tags:
    """Return the tags, each key with its alternative values, in the order given."""
    if not isinstance(tags, Mapping) or not tags:
        raise InvalidOptionError(
            "tags",
            must="be a mapping of at least one tag key to its value or values",
            got=tags,
            remedy='give the tags, such as {"Project": "orders"}',
        )
    checked: dict[str, tuple[str, ...]] = {}
    for key, value_or_values in tags.items():
        check_tag_key(key)
        # Condition keys are not case-sensitive: two keys of one name would make one condition.
        if key.lower() in (seen.lower() for seen in checked):
            raise InvalidOptionError(
                "tags",
                must="have each key once: IAM ignores the case of condition keys",
                got=Text(f"{shown(key)} twice, in different case"),
                remedy="give the key once, with its alternatives as a list",
            )
        values = [value_or_values] if isinstance(value_or_values, str) else value_or_values
        if not isinstance(values, Sequence) or not values:
            raise InvalidOptionError(
                f"value of tag {shown(key)}",
                must="be a string, or a sequence of at least one string",
                got=value_or_values,
                remedy="give the value that the tag of the secret has",
            )
        what = f"value of tag {shown(key)}"
        checked[key] = tuple(
            dict.fromkeys(_check(value, what, MAX_VALUE_LENGTH) for value in values)
        )
    return tuple(checked.items())
