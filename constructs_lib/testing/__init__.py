"""Assertions for pytest on the access that stacks grant.

    from constructs_lib.testing import SecretAccess

    access = SecretAccess.from_stack(stack)
    access.assert_can_read(task_role, secret)
    access.assert_only([task_role], "secretsmanager:GetSecretValue", secret)
    access.grants()  # each with its principal, secrets and statement

`SecretAccess` evaluates synthesized templates, of these constructs or any others. It deploys
nothing, and requests nothing from AWS. A role stands for its sessions, without session policies or
session tags.

A policy outside the templates, such as a policy of an organization, is assumed not to exist. The
templates can leave a value undetermined, such as a parameter or a condition key. An assertion that
depends on such a value fails, and its message names the value.
"""

from constructs_lib.testing.access import Grant, SecretAccess
from constructs_lib.testing.unknown_names import UnknownNameWarning

__all__ = ["Grant", "SecretAccess", "UnknownNameWarning"]
