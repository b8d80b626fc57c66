"""An app that runs in two Regions reads a secret in either: each replica with its Region's key."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib import SecretReader, SecretScope

ACCOUNT, REGION, OTHER_REGION = "111122223333", "eu-west-1", "us-east-1"
SECRET_NAME = "orders/webhook"
# A multi-Region key: its id is the same in both Regions.
KEY_ID = "mrk-1234abcd12ab34cd56ef1234567890ab"


class WebhookStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        place = cdk.Environment(account=ACCOUNT, region=REGION)
        super().__init__(scope, construct_id, env=place)
        key, other_key = (
            kms.Key.from_key_arn(
                self, f"Key-{region}", f"arn:aws:kms:{region}:{ACCOUNT}:key/{KEY_ID}"
            )
            for region in (REGION, OTHER_REGION)
        )
        secretsmanager.Secret(
            self,
            "Webhook",
            secret_name=SECRET_NAME,
            encryption_key=key,
            replica_regions=[
                secretsmanager.ReplicaRegion(region=OTHER_REGION, encryption_key=other_key)
            ],
        )
        app_role = iam.Role(self, "App", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

        # To IAM, a replica is a secret of its own. Its key is found by the first one's id.
        webhook = SecretScope.from_secret_name(SECRET_NAME, encryption_key=key)
        SecretReader(
            self, "Reader", secrets=webhook.in_regions(REGION, OTHER_REGION), roles=[app_role]
        )


if __name__ == "__main__":
    app = cdk.App()
    WebhookStack(app, "Webhook")
    app.synth()
