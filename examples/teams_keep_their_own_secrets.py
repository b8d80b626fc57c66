"""Teams read, write and create the secrets of their own project: one role, chosen by tags."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib import SecretScope, TagMatchedAccess


class TeamsStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(self, "Key", enable_key_rotation=True)
        # The identity provider tags each session with the Project of who signs in.
        provider = iam.SamlProvider.from_saml_provider_arn(
            self, "Provider", "arn:aws:iam::111122223333:saml-provider/staff"
        )
        developers = iam.Role(
            self,
            "Developers",
            assumed_by=iam.SamlConsolePrincipal(provider).with_session_tags(),
        )

        # A new project needs no new policy: its developers create secrets with their own tag.
        TagMatchedAccess(
            self,
            "OwnProject",
            tag_keys=["Project"],
            secrets=SecretScope.from_secret_name_prefix("teams/", encryption_key=key),
            write=True,
            create=True,
            roles=[developers],
        )


if __name__ == "__main__":
    app = cdk.App()
    TeamsStack(app, "Teams")
    app.synth()
