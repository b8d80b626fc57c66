"""Operators manage secrets and can't get at their values by any way; one user can, if need be."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib import DenyLevel, DenySecretAccess, SecretAdmin, SecretScope


class OperatorsStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        operators = iam.Group(self, "Operators")
        iam.User(self, "Operator", groups=[operators])
        break_glass = iam.User(self, "BreakGlass", groups=[operators])
        payroll = SecretScope.from_secret_name_prefix("payroll/")

        SecretAdmin(self, "Admin", secrets=payroll, groups=[operators])

        # To read and to share, rotate, replicate or tag a secret, or to move it to another key: all
        # are denied, whatever else allows them, to everyone in the group but this user.
        DenySecretAccess(
            self,
            "ValuesAreKept",
            secrets=payroll,
            level=DenyLevel.VALUE,
            except_principals=[break_glass],
            groups=[operators],
        )


if __name__ == "__main__":
    app = cdk.App()
    OperatorsStack(app, "Operators")
    app.synth()
