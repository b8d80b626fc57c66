"""A Lambda function reads the credentials of its RDS database, under a key of its own."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from constructs import Construct

from constructs_lib import SecretReader

HANDLER = """
import boto3, os

def handler(event, context):
    boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET_ARN"])
"""


class OrdersStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(self, "Key", enable_key_rotation=True)
        database = rds.DatabaseInstance(
            self,
            "Database",
            engine=rds.DatabaseInstanceEngine.POSTGRES,
            vpc=ec2.Vpc(self, "Vpc"),
            credentials=rds.Credentials.from_generated_secret("orders", encryption_key=key),
        )
        assert database.secret is not None
        function = lambda_.Function(
            self,
            "Orders",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(HANDLER),
            environment={"SECRET_ARN": database.secret.secret_arn},
        )
        assert function.role is not None

        # One statement on the secret, and one on its key: no change of the key's policy is needed.
        SecretReader(self, "DatabaseReader", secrets=database.secret, roles=[function.role])


if __name__ == "__main__":
    app = cdk.App()
    OrdersStack(app, "Orders")
    app.synth()
