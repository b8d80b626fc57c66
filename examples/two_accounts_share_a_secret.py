"""A role of one account reads a secret that another account keeps: what each of the two says."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs_lib import SecretReader, SecretScope, SecretShare

ORDERS, VAULT = "111122223333", "444455556666"
REGION = "eu-west-1"
ROLE_NAME, SECRET_NAME = "orders-app", "orders/partner-api-key"
# What AWS called the key when the vault was first deployed, without any share.
KEY_ARN = f"arn:aws:kms:{REGION}:{VAULT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


class VaultStack(cdk.Stack):
    """In the account that keeps the secret: its policy and that of its key let the role in."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        place = cdk.Environment(account=VAULT, region=REGION)
        super().__init__(scope, construct_id, env=place)
        key = kms.Key(self, "Key", enable_key_rotation=True)
        secret = secretsmanager.Secret(
            self, "PartnerApiKey", secret_name=SECRET_NAME, encryption_key=key
        )
        role = iam.Role.from_role_arn(self, "App", f"arn:aws:iam::{ORDERS}:role/{ROLE_NAME}")
        SecretShare(self, "ForOrders", secret=secret, principals=[role])


class OrdersStack(cdk.Stack):
    """In the account that uses it: the role may ask for it. Both accounts must say so."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        place = cdk.Environment(account=ORDERS, region=REGION)
        super().__init__(scope, construct_id, env=place)
        role = iam.Role(
            self,
            "App",
            role_name=ROLE_NAME,
            assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
        )
        secret = SecretScope.from_secret_name(
            SECRET_NAME,
            account=VAULT,
            region=REGION,
            encryption_key=kms.Key.from_key_arn(self, "Key", KEY_ARN),
        )
        SecretReader(self, "PartnerApiKeyReader", secrets=secret, roles=[role])


def two_accounts(app: Construct, construct_id: str) -> cdk.Stack:
    orders = OrdersStack(app, f"{construct_id}-orders")
    vault = VaultStack(app, f"{construct_id}-vault")
    # AWS refuses a policy that names a role that does not exist: the role comes first.
    vault.node.add_dependency(orders)
    return vault


if __name__ == "__main__":
    app = cdk.App()
    two_accounts(app, "secrets")
    app.synth()
