"""Administrators look after the payroll's secrets, but may not read them."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import DenySecretAccess, SecretAdmin, SecretCreator, SecretScope


class PayrollStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        administrators = iam.Role.from_role_name(self, "Administrators", "administrators")
        payroll = SecretScope.from_secret_name_prefix("payroll/")

        SecretCreator(self, "Creator", secrets=payroll, roles=[administrators])
        SecretAdmin(self, "Admin", secrets=payroll, roles=[administrators])

        # An explicit Deny overrides every Allow, also that of AdministratorAccess. What it leaves
        # open (see its documentation) is for whoever reviews the administrators' other policies.
        DenySecretAccess(self, "NotTheValues", secrets=payroll, roles=[administrators])


if __name__ == "__main__":
    app = cdk.App()
    PayrollStack(app, "Payroll")
    app.synth()
