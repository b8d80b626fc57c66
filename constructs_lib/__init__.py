"""Identity-based IAM policies for AWS Secrets Manager secrets, as AWS CDK constructs.

What is imported here without being used costs nothing: the constructs, and with them aws-cdk-lib
and Node, are loaded when one is first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from constructs_lib.access_conditions import AccessConditions
from constructs_lib.documents import PolicyType
from constructs_lib.errors import SecretAccessError
from constructs_lib.scope import SecretScope
from constructs_lib.statements import DenyLevel

if TYPE_CHECKING:
    from constructs_lib.admin import SecretAdmin
    from constructs_lib.checks import SecretAccessChecks
    from constructs_lib.creator import SecretCreator
    from constructs_lib.deny import DenySecretAccess
    from constructs_lib.describer import SecretDescriber, TagScopedDescriber
    from constructs_lib.reader import SecretReader
    from constructs_lib.rotator import SecretRotator
    from constructs_lib.share import SecretShare
    from constructs_lib.tag_matched import TagMatchedAccess
    from constructs_lib.writer import SecretWriter

__all__ = [
    "AccessConditions",
    "DenyLevel",
    "DenySecretAccess",
    "PolicyType",
    "SecretAccessChecks",
    "SecretAccessError",
    "SecretAdmin",
    "SecretCreator",
    "SecretDescriber",
    "SecretReader",
    "SecretRotator",
    "SecretScope",
    "SecretShare",
    "SecretWriter",
    "TagMatchedAccess",
    "TagScopedDescriber",
]

_CONSTRUCTS = {
    "DenySecretAccess": "deny",
    "SecretAccessChecks": "checks",
    "SecretAdmin": "admin",
    "SecretCreator": "creator",
    "SecretDescriber": "describer",
    "SecretReader": "reader",
    "SecretRotator": "rotator",
    "SecretShare": "share",
    "SecretWriter": "writer",
    "TagMatchedAccess": "tag_matched",
    "TagScopedDescriber": "describer",
}


def __getattr__(name: str) -> object:
    if name not in _CONSTRUCTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    construct = getattr(import_module(f"{__name__}.{_CONSTRUCTS[name]}"), name)
    globals()[name] = construct
    return construct
