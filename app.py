"""The five policies of AWS's article on controlling access to Secrets Manager secrets.

An administrator (an IAM user) creates and changes the secrets, an application (an IAM role) reads
them and describes the tagged ones, and a user is denied both, whatever else allows it. Their names
are CDK context: see app_settings.py, or docs/deploy-the-article.md.
"""

import sys

from aws_cdk import (
    Acknowledgment,
    App,
    BootstraplessSynthesizer,
    DefaultStackSynthesizer,
    Stack,
    Validations,
)
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks
from constructs import Construct, IConstruct

from app_settings import Settings, read_settings
from constructs_lib import (
    DenySecretAccess,
    SecretAccessChecks,
    SecretAccessError,
    SecretAdmin,
    SecretCreator,
    SecretReader,
    TagScopedDescriber,
)

REFERENCE = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html"
)


class SecretAccessStack(Stack):
    """The article's policies, attached to a user and a role that exist already."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Make the policies."""
        synthesizer = (
            BootstraplessSynthesizer() if settings.bootstrapless else DefaultStackSynthesizer()
        )
        super().__init__(scope, construct_id, synthesizer=synthesizer)
        user = iam.User.from_user_name(self, "Administrator", settings.user_name)
        role = iam.Role.from_role_name(self, "Application", settings.role_name)
        denied = iam.User.from_user_name(self, "Denied", settings.denied_user_name)
        secrets, policy_type = settings.secrets, settings.policy_type

        creator = SecretCreator(
            self, "SecretCreator", secrets=secrets, users=[user], policy_type=policy_type
        )
        admin = SecretAdmin(
            self, "SecretAdmin", secrets=secrets, users=[user], policy_type=policy_type
        )
        reader = SecretReader(
            self, "SecretReader", secrets=secrets, roles=[role], policy_type=policy_type
        )
        describer = TagScopedDescriber(
            self, "TagScopedDescriber", tags=settings.tags, roles=[role], policy_type=policy_type
        )
        deny = DenySecretAccess(
            self, "DenySecretAccess", secrets=secrets, users=[denied], policy_type=policy_type
        )

        for lists_secrets in (creator, admin):
            acknowledge(
                lists_secrets,
                "AwsSolutions-IAM5[Resource::*]",
                f"ListSecrets has no resource type: AWS authorizes it on * alone ({REFERENCE})",
            )
        acknowledge(
            describer,
            "AwsSolutions-IAM5[Resource::*]",
            "the condition secretsmanager:ResourceTag limits it to secrets with the tag, "
            f"whatever their names ({REFERENCE})",
        )
        if settings.prefix_reason is not None:
            pattern = settings.secrets.arn.replace("${", "<").replace("}", ">")
            for construct in (creator, admin, reader, deny):
                acknowledge(
                    construct, f"AwsSolutions-IAM5[Resource::{pattern}]", settings.prefix_reason
                )


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledge one finding of cdk-nag, with its reason."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def main() -> None:
    """Synthesize the app."""
    app = App()
    try:
        settings = read_settings(app.node.get_all_context())
    except SecretAccessError as error:
        sys.exit(f"error: {error}")
    SecretAccessStack(app, "SecretAccess", settings=settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), SecretAccessChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
