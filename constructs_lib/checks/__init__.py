"""SecretAccessChecks: IAM's quotas, checked on the templates whenever an app is synthesized."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk
import jsii

from constructs_lib.checks.lengths import Lengths
from constructs_lib.checks.nested import with_nested
from constructs_lib.checks.quotas import RULES, Template, findings
from constructs_lib.errors import InvalidOptionError, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import IPolicyValidationContext, PolicyValidationPluginReport
    from constructs import IConstruct

__all__ = ["SecretAccessChecks"]

_OLDEST_CDK = "2.269"
# An older one shows a plugin no stacks, or no accounts of them. There, the class can be imported,
# and not made.
_HAS_STACKS = hasattr(getattr(aws_cdk, "PolicyValidationStack", None), "account_id")


def _plugin(class_: type[SecretAccessChecks]) -> type[SecretAccessChecks]:
    if not _HAS_STACKS:
        return class_
    implements: Callable[..., Any] = jsii.implements(aws_cdk.IPolicyValidationPlugin)
    plugin: type[SecretAccessChecks] = implements(class_)
    return plugin


@_plugin
class SecretAccessChecks:
    """Fails `cdk synth` on what IAM would refuse at deployment, whoever wrote it.

    It reads the templates, those of nested stacks too, with all functions in them filled in as far
    as they are known, and sums up over all stacks what each user, role and group gets:

    - `ManagedPolicyLength`: a managed policy of more than 6,144 characters;
    - `InlinePolicyLength`: inline policies of a principal that are together longer than 2,048 (a
      user), 5,120 (a group) or 10,240 characters (a role);
    - `AttachedManagedPolicies`: more than 10 managed policies on a principal. Where AWS raised
      that, the app says so in its context, `secret-access-cdk:managedPoliciesPerRole` (to 25) or
      `secret-access-cdk:managedPoliciesPerUser` (to 20);
    - `InlinePolicyName`: inline policies of one name on a principal, of which IAM keeps the last.

    Whitespace is not counted. A value that only the deployment has counts as the shortest that it
    can be, and a policy that a condition may omit is not summed up: each finding is certain.

    ```python
    Validations.of(app).add_plugins(SecretAccessChecks(app))
    ```

    They need aws-cdk-lib 2.269 or newer.

    A finding is acknowledged as `SecretAccess::ManagedPolicyLength`, and so on.

    Source: AWS, "IAM and AWS STS quotas"
    (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    """

    def __init__(self, app: IConstruct) -> None:
        """Make the checks of an app, or of a stage.

        Args:
            app: the app, whose context has the quotas that AWS raised.

        Raises:
            InvalidOptionError: if the release of CDK does not show the stacks to a plugin.
        """
        if not _HAS_STACKS:
            raise InvalidOptionError(
                "aws-cdk-lib",
                must=f"be {_OLDEST_CDK} or newer for SecretAccessChecks",
                got=Text(version("aws-cdk-lib")),
                remedy=f"upgrade it: pip install 'aws-cdk-lib>={_OLDEST_CDK}'; "
                "the constructs and SecretAccess need no newer release",
            )
        self._context = app.node

    @property
    def name(self) -> str:
        """The name before each rule's."""
        return "SecretAccess"

    @property
    def version(self) -> str | None:
        """The version of the plugin: it has none of its own."""
        return None

    @property
    def rule_ids(self) -> list[str]:
        """The names of its rules."""
        return [*RULES]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Report what is over a quota."""
        templates = [
            template
            for stack in context.stack_templates
            for template in with_nested(
                Template(
                    path=stack.template_path,
                    stack=stack.stack_construct_path,
                    # The stacks of a stage whose account is not known go to one account.
                    home=stack.account_id or str(Path(stack.template_path).parent),
                    lengths=Lengths(
                        json.loads(Path(stack.template_path).read_text(encoding="utf-8")),
                        stack.region,
                    ),
                )
            )
        ]
        violations = [
            aws_cdk.PolicyViolation(
                rule_name=finding.rule,
                description="; ".join(filter(None, (finding.error.problem, finding.error.rule))),
                fix=finding.error.remedy,
                severity="error",
                violating_resources=[
                    aws_cdk.PolicyViolatingResource(
                        template_path=finding.place.path,
                        resource_logical_id=finding.place.logical_id,
                        locations=[],
                    )
                ],
            )
            for finding in findings(templates, self._context.try_get_context)
        ]
        return aws_cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
