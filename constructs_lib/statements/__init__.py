"""Every statement that the library can emit: one file for each intent. This is the security review.

The facts about actions, resources and condition keys are those of AWS's Service Authorization
Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/
list_awssecretsmanager.html (and .../list_awskeymanagementservice.html for KMS).
"""

from constructs_lib.statements.administer import administer
from constructs_lib.statements.create import create
from constructs_lib.statements.deny import DenyLevel, deny
from constructs_lib.statements.describe import describe, describe_tagged
from constructs_lib.statements.match_tags import match_tags
from constructs_lib.statements.read import read
from constructs_lib.statements.rotate import rotate
from constructs_lib.statements.share import share, share_key
from constructs_lib.statements.statement import Condition, Statement
from constructs_lib.statements.write import write

__all__ = [
    "Condition",
    "DenyLevel",
    "Statement",
    "administer",
    "create",
    "deny",
    "describe",
    "describe_tagged",
    "match_tags",
    "read",
    "rotate",
    "share",
    "share_key",
    "write",
]
