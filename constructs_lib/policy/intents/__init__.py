"""Every statement that the library can emit: one file for each intent. This is the security review.

The facts about actions, resources and condition keys are those of AWS's Service Authorization
Reference: https://docs.aws.amazon.com/service-authorization/latest/reference/
list_awssecretsmanager.html (and .../list_awskeymanagementservice.html for KMS).
"""

from constructs_lib.policy.intents.administer import AdministerSecrets
from constructs_lib.policy.intents.create import CreateSecrets
from constructs_lib.policy.intents.deny import DenyLevel, DenySecrets
from constructs_lib.policy.intents.describe import DescribeSecrets, DescribeTaggedSecrets
from constructs_lib.policy.intents.intent import AllowIntent, Intent
from constructs_lib.policy.intents.match_tags import UseTagMatchedSecrets
from constructs_lib.policy.intents.read import ReadSecrets
from constructs_lib.policy.intents.rotate import RotateSecrets
from constructs_lib.policy.intents.share import ShareSecret
from constructs_lib.policy.intents.write import WriteSecrets

__all__ = [
    "AdministerSecrets",
    "AllowIntent",
    "CreateSecrets",
    "DenyLevel",
    "DenySecrets",
    "DescribeSecrets",
    "DescribeTaggedSecrets",
    "Intent",
    "ReadSecrets",
    "RotateSecrets",
    "ShareSecret",
    "UseTagMatchedSecrets",
    "WriteSecrets",
]
