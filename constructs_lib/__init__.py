"""Identity-based IAM policies for AWS Secrets Manager secrets, as AWS CDK constructs.

The import of this package loads no CDK. A construct, and with it aws-cdk-lib and Node.js, is loaded
at the first use of its name.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from constructs_lib.errors import (
    InvalidOptionError,
    InvalidPolicyError,
    InvalidTemplateError,
    QuotaExceededError,
    SecretAccessError,
    TooComplexError,
    UndeterminedError,
)
from constructs_lib.policy.access_conditions import AccessConditions
from constructs_lib.policy.document import PolicyType
from constructs_lib.policy.intents import (
    AdministerSecrets,
    CreateSecrets,
    DenyLevel,
    DenySecrets,
    DescribeSecrets,
    DescribeTaggedSecrets,
    Intent,
    ReadSecrets,
    RotateSecrets,
    ShareSecret,
    UseTagMatchedSecrets,
    WriteSecrets,
)
from constructs_lib.policy.secret_scope import SecretScope

if TYPE_CHECKING:
    from constructs_lib.cdk.admin import SecretAdmin
    from constructs_lib.cdk.base import SecretPolicy
    from constructs_lib.cdk.creator import SecretCreator
    from constructs_lib.cdk.deny import DenySecretAccess
    from constructs_lib.cdk.describer import SecretDescriber
    from constructs_lib.cdk.reader import SecretReader
    from constructs_lib.cdk.rotator import SecretRotator
    from constructs_lib.cdk.share import SecretShare
    from constructs_lib.cdk.tag_matched import TagMatchedAccess
    from constructs_lib.cdk.tag_scoped_describer import TagScopedDescriber
    from constructs_lib.cdk.writer import SecretWriter
    from constructs_lib.checks import SecretAccessChecks

__all__ = [
    "AccessConditions",
    "AdministerSecrets",
    "CreateSecrets",
    "DenyLevel",
    "DenySecretAccess",
    "DenySecrets",
    "DescribeSecrets",
    "DescribeTaggedSecrets",
    "Intent",
    "InvalidOptionError",
    "InvalidPolicyError",
    "InvalidTemplateError",
    "PolicyType",
    "QuotaExceededError",
    "ReadSecrets",
    "RotateSecrets",
    "SecretAccessChecks",
    "SecretAccessError",
    "SecretAdmin",
    "SecretCreator",
    "SecretDescriber",
    "SecretPolicy",
    "SecretReader",
    "SecretRotator",
    "SecretScope",
    "SecretShare",
    "SecretWriter",
    "ShareSecret",
    "TagMatchedAccess",
    "TagScopedDescriber",
    "TooComplexError",
    "UndeterminedError",
    "UseTagMatchedSecrets",
    "WriteSecrets",
    "__version__",
]

try:
    __version__ = version("secret-access-cdk")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0.1.0"

_MODULES = {
    "DenySecretAccess": "cdk.deny",
    "SecretAccessChecks": "checks",
    "SecretAdmin": "cdk.admin",
    "SecretCreator": "cdk.creator",
    "SecretDescriber": "cdk.describer",
    "SecretPolicy": "cdk.base",
    "SecretReader": "cdk.reader",
    "SecretRotator": "cdk.rotator",
    "SecretShare": "cdk.share",
    "SecretWriter": "cdk.writer",
    "TagMatchedAccess": "cdk.tag_matched",
    "TagScopedDescriber": "cdk.tag_scoped_describer",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    public = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = public
    return public


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
