"""Resource types by their effect on access: read, unread, or harmless; as data.

The types are those of CloudFormation's resource provider schemas; `tools/resource_types.py`
compares the newest with these. A type that is not here is unread: nothing is assumed of it.
"""

from functools import cache
from pathlib import Path
from types import MappingProxyType

# The package reads what these grant, limit or name. CustomResource, Stack, StackSet, PermissionSet
# and Policy (of an organization) may still be unread, by their properties.
READ = frozenset(
    {
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::StackSet",
        "AWS::IAM::Group",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::UserToGroupAddition",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::KMS::ReplicaKey",
        "AWS::Organizations::Policy",
        "AWS::SSO::Assignment",
        "AWS::SSO::PermissionSet",
        "AWS::SecretsManager::ResourcePolicy",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::SecretsManager::Secret",
        "AWS::SecretsManager::SecretTargetAttachment",
    }
)

_STACKS = "it deploys resources that are not in the template"
_SESSIONS = "it gives the sessions of roles to holders of certificates"
_UNDOCUMENTED = "no documentation shows that it gives no access"

# What may give access and has no policy in the template, with the reason. The pages are under
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
UNREAD = MappingProxyType(
    {
        "AMZN::SDC::Deployment": _UNDOCUMENTED,
        "AWS::AWSExternalAnthropic::Workspace": _UNDOCUMENTED,
        "AWS::AccountAccess::Application": "it gives access to accounts",
        "AWS::AccountAccess::Entitlement": "it gives access to accounts",
        # "APPLY_IAM_POLICY", with the policy's ARN and the roles, users and groups: aws-resource-
        # budgets-budgetsaction.html
        "AWS::Budgets::BudgetsAction": "it attaches a policy to principals",
        "AWS::CloudFormation::ChangeSet": _STACKS,
        "AWS::ControlTower::EnabledBaseline": _STACKS,
        "AWS::ControlTower::EnabledControl": "it may attach a policy of an organization",
        "AWS::ControlTower::LandingZone": _STACKS,
        "AWS::DataZone::Environment": _STACKS,
        "AWS::DataZone::Project": _STACKS,
        # Its source bundle may have any resource, in .ebextensions:
        # https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/environment-resources.html
        "AWS::ElasticBeanstalk::Environment": _STACKS,
        "AWS::GammaDilithium::JobDefinition": _UNDOCUMENTED,
        "AWS::HealthAgent::Domain": _UNDOCUMENTED,
        "AWS::LaunchWizard::Deployment": _STACKS,
        "AWS::RolesAnywhere::Profile": _SESSIONS,
        "AWS::RolesAnywhere::TrustAnchor": _SESSIONS,
        "AWS::SSMQuickSetup::ConfigurationManager": _STACKS,
        "AWS::SSMQuickSetup::LifecycleAutomation": _STACKS,
        # A SageMaker project is a product of Service Catalog:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-projects-whatis.html
        "AWS::SageMaker::Project": _STACKS,
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct": _STACKS,
        "AWS::SupportAuthZ::SupportPermit": "it gives access to AWS Support",
    }
)
# The unread types that may also deny.
LIMITS = frozenset({"AWS::Budgets::BudgetsAction", "AWS::ControlTower::EnabledControl"})


# The actions that change policies, or attributes that policies test, of principals, keys and
# secrets, and those that deploy templates or run code as another role.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
CHANGING_ACTIONS = tuple(
    f"{service}:{action}"
    for service, actions in {
        "iam": "AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey "
        "CreateLoginProfile CreatePolicy CreatePolicyVersion CreateRole CreateUser "
        "DeleteGroupPolicy DeletePolicy DeletePolicyVersion DeleteRolePermissionsBoundary "
        "DeleteRolePolicy DeleteUserPermissionsBoundary DeleteUserPolicy DetachGroupPolicy "
        "DetachRolePolicy DetachUserPolicy PutGroupPolicy PutRolePermissionsBoundary PutRolePolicy "
        "PutUserPermissionsBoundary PutUserPolicy RemoveUserFromGroup SetDefaultPolicyVersion "
        "TagRole TagUser UntagRole UntagUser UpdateAccessKey UpdateAssumeRolePolicy "
        "UpdateLoginProfile UpdateSAMLProvider",
        "kms": "CreateAlias CreateGrant DeleteAlias PutKeyPolicy TagResource UntagResource "
        "UpdateAlias",
        "secretsmanager": "DeleteResourcePolicy PutResourcePolicy TagResource UntagResource",
        "organizations": "AttachPolicy CreatePolicy DeletePolicy DetachPolicy LeaveOrganization "
        "MoveAccount UpdatePolicy",
        "sso": "AttachCustomerManagedPolicyReferenceToPermissionSet "
        "AttachManagedPolicyToPermissionSet CreateAccountAssignment CreatePermissionSet "
        "DeleteInlinePolicyFromPermissionSet DeletePermissionsBoundaryFromPermissionSet "
        "DetachCustomerManagedPolicyReferenceFromPermissionSet "
        "DetachManagedPolicyFromPermissionSet ProvisionPermissionSet "
        "PutInlinePolicyToPermissionSet PutPermissionsBoundaryToPermissionSet UpdatePermissionSet",
        "identitystore": "CreateGroupMembership",
        "cloudformation": "CreateStack CreateStackInstances CreateStackSet ExecuteChangeSet "
        "UpdateStack UpdateStackInstances UpdateStackSet",
        "servicecatalog": "ProvisionProduct UpdateProvisionedProduct",
        "codebuild": "StartBuild",
        "lambda": "UpdateFunctionCode UpdateFunctionConfiguration",
        "ssm": "SendCommand StartAutomationExecution StartSession",
        "states": "UpdateStateMachine",
    }.items()
    for action in actions.split()
)
# The actions that have another role act: the role of a function or state machine, or a role itself.
DELEGATING_ACTIONS = (
    "iam:PassRole",
    "lambda:InvokeAsync",
    "lambda:InvokeFunction",
    "states:StartExecution",
    "states:StartSyncExecution",
    "sts:AssumeRole",
)
# AWS's own policies of functions and clusters that allow none of the actions above.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
HARMLESS_MANAGED_POLICIES = frozenset(
    {
        "AWSXRayDaemonWriteAccess",
        "AWSXrayWriteOnlyAccess",
        "AmazonEC2ReadOnlyAccess",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonEKSClusterPolicy",
        "AmazonElasticContainerRegistryPublicReadOnly",
        "AmazonS3ReadOnlyAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaDynamoDBExecutionRole",
        "service-role/AWSLambdaENIManagementAccess",
        "service-role/AWSLambdaKinesisExecutionRole",
        "service-role/AWSLambdaSQSQueueExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
    }
)


@cache
def harmless() -> frozenset[str]:
    """Return the types that give nobody access by themselves."""
    text = Path(__file__).with_name("harmless_types.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    types: set[str] = set()
    service = ""
    for line in lines:
        if line and not line.startswith(" "):
            service, _, line = line.partition(": ")
        types |= {f"{service}::{name}" for name in line.split()}
    return frozenset(types)


def is_custom(type_: str) -> bool:
    """Return whether a type is that of a custom resource, which its ServiceToken makes."""
    return type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource"


def is_decided(type_: str) -> bool:
    """Return whether the effect of a type is known, or known to be unread.

    SAM's types are no resources: its transform, which is refused, replaces them.
    """
    return (
        type_ in READ
        or type_ in UNREAD
        or type_ in harmless()
        or is_custom(type_)
        or type_.startswith("AWS::Serverless::")
    )
