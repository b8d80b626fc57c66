"""Tags of secrets, as conditions compare them."""

import re
from collections.abc import Mapping, Sequence

from constructs_lib.errors import SecretAccessError, shown
from constructs_lib.placeholders import has_token, known_part

Tags = tuple[tuple[str, tuple[str, ...]], ...]

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html and
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 256
_TEXT = re.compile(r"[\w .:/=+@-]*")


def _check(text: object, what: str, longest: int) -> str:
    known = known_part(text) if isinstance(text, str) else ""
    # IAM takes no sign beyond U+00FF in a policy document.
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html: PolicyDocument
    fits = len(known) <= longest and _TEXT.fullmatch(known) and max(known, default="") <= "\xff"
    if not isinstance(text, str) or not text or not fits:
        raise SecretAccessError(
            f"{what} is {shown(text)}",
            allowed=f"1 to {longest} letters, digits, spaces and _.:/=+-@ are allowed",
            remedy="give the tag as the secret carries it: wildcards and variables do not match",
        )
    return text


def check_tag_key(key: object) -> str:
    """Return a tag's key, which must be known now."""
    checked = _check(key, "tag key", MAX_KEY_LENGTH)
    if has_token(checked):
        raise SecretAccessError(
            f"tag key {shown(key)} is known only at deployment",
            allowed="a tag key must be known at synth: it becomes the name of a condition key",
            remedy="give the key as plain text; its value may be a token",
        )
    return checked


def check_tags(tags: Mapping[str, str | Sequence[str]]) -> Tags:
    """Return `tags` checked, each key with its alternatives, in the order given."""
    if not isinstance(tags, Mapping) or not tags:
        raise SecretAccessError(
            f"tags is {shown(tags)}",
            allowed="a mapping of at least one tag key to its value or values is allowed",
            remedy='give the tags, such as {"Project": "orders"}',
        )
    checked: dict[str, tuple[str, ...]] = {}
    for key, given in tags.items():
        check_tag_key(key)
        # Condition keys are not case-sensitive: two keys of one name would make one condition.
        if key.lower() in (seen.lower() for seen in checked):
            raise SecretAccessError(
                f"tag key {shown(key)} is given twice, in different case",
                allowed="IAM compares condition keys without regard to case",
                remedy="give the key once, with its alternatives as a list",
            )
        values = [given] if isinstance(given, str) else given
        if not isinstance(values, Sequence) or not values:
            raise SecretAccessError(
                f"tag {shown(key)} has the value {shown(given)}",
                allowed="a string, or a sequence of at least one, is allowed",
                remedy="give the value that the secret's tag has",
            )
        what = f"value of tag {shown(key)}"
        checked[key] = tuple(
            dict.fromkeys(_check(value, what, MAX_VALUE_LENGTH) for value in values)
        )
    return tuple(checked.items())
