"""Assertions for pytest: what the stacks under test really grant.

    from constructs_lib.testing import SecretAccess

    access = SecretAccess.from_stack(stack)
    access.assert_can_read(task_role, secret)
    access.assert_only([task_role], "secretsmanager:GetSecretValue", secret)
    access.grants()  # who may read what, and by which statement

It reads the synthesized templates, whoever wrote them, and asks the evaluator; nothing is deployed
and AWS is not asked. A role stands for its sessions, without session policies or session tags. What
the templates do not say (a policy that is attached elsewhere, an organization's policies) is taken
not to be; what they leave open (a parameter, a condition key that the request lacks) is never
guessed: an assertion that depends on it fails, and says on what.
"""

from constructs_lib.testing.access import Grant, SecretAccess
from constructs_lib.testing.unknown_names import UnknownNameWarning

__all__ = ["Grant", "SecretAccess", "UnknownNameWarning"]
