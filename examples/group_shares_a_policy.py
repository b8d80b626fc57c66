"""An on-call group reads and describes a folder of secrets, through one shared managed policy."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib import SecretReader, SecretScope, TagScopedDescriber

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


class OnCallStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        on_call = iam.Group(self, "OnCall")
        key = kms.Key.from_key_arn(self, "Key", KEY_ARN)

        reader = SecretReader(
            self,
            "OrdersReader",
            secrets=SecretScope.from_secret_name_prefix("orders/", encryption_key=key),
            groups=[on_call],
            describe=True,
            batch=True,
            policy_name="orders-secrets-reader",
            path="/on-call/",
        )
        TagScopedDescriber(self, "OrdersDescriber", tags={"Project": "orders"}, groups=[on_call])

        # The same policy, as the most that a break-glass role can ever be allowed.
        iam.Role(
            self,
            "BreakGlass",
            assumed_by=iam.AccountRootPrincipal(),
            permissions_boundary=reader.managed_policies[0],
        )


if __name__ == "__main__":
    app = cdk.App()
    OnCallStack(app, "OnCall")
    app.synth()
