"""A Lambda function rotates the password of a database's user, as a superuser, in alternation."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib import SecretRotator, SecretScope

SUPERUSER_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
HANDLER = """
def handler(event, context):
    ...  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""


class ReportsStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        reports = secretsmanager.Secret(
            self, "Reports", encryption_key=kms.Key(self, "Key", enable_key_rotation=True)
        )
        # Another stack makes that one.
        superuser = SecretScope.from_secret_name(
            "reports/superuser",
            encryption_key=kms.Key.from_key_arn(self, "SuperuserKey", SUPERUSER_KEY_ARN),
        )
        function = lambda_.Function(
            self,
            "Rotate",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(HANDLER),
        )
        function.add_permission(
            "SecretsManager", principal=iam.ServicePrincipal("secretsmanager.amazonaws.com")
        )
        assert function.role is not None

        rotator = SecretRotator(
            self,
            "Rotator",
            secrets=reports,
            superuser_secrets=superuser,
            rotation_function=function,
            roles=[function.role],
        )
        # The first rotation is at once. (CDK's L2 would add a policy of its own to the role, which
        # lacks the superuser's secret.)
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Schedule",
            secret_id=reports.secret_arn,
            rotation_lambda_arn=function.function_arn,
            rotation_rules={"automaticallyAfterDays": 30},
        )
        schedule.node.add_dependency(rotator, function)


if __name__ == "__main__":
    app = cdk.App()
    ReportsStack(app, "Reports")
    app.synth()
