"""The catalogue of actions, compared with policy_sentry and botocore."""

import pytest
from botocore.loaders import Loader
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.all import get_all_service_prefixes

from constructs_lib.aws.actions import (
    ACTIONS,
    LISTED_SERVICES,
    OPERATIONS_WITH_OTHER_ACTIONS,
    SERVICES,
    WITHOUT_RESOURCE,
    nearest_actions,
)


def operations(service: str) -> set[str]:
    model = Loader().load_service_model(service, "service-2")
    return {f"{service}:{name}" for name in model["operations"]}


@pytest.mark.parametrize("service", sorted(LISTED_SERVICES))
def test_the_catalogue_has_the_actions_of_the_reference_and_of_botocore(service: str) -> None:
    listed = {action for action in ACTIONS.values() if action.startswith(f"{service}:")}
    with_other_actions = {
        operation
        for operation in operations(service)
        if operation.lower() in OPERATIONS_WITH_OTHER_ACTIONS
    }
    assert listed == {*get_actions_for_service(service), *operations(service)} - with_other_actions


def test_operations_with_other_actions_are_no_actions_of_the_reference() -> None:
    for operation, actions in OPERATIONS_WITH_OTHER_ACTIONS.items():
        service = operation.partition(":")[0]
        assert operation in {name.lower() for name in operations(service)}
        reference = set(get_actions_for_service(service))
        assert operation not in {name.lower() for name in reference}
        assert reference.issuperset(actions)


@pytest.mark.parametrize("service", sorted(LISTED_SERVICES))
def test_actions_without_a_resource_are_those_of_the_reference(service: str) -> None:
    without_resource = {
        action.lower()
        for action in get_actions_for_service(service)
        if {
            row["resource_arn_format"]
            for row in get_action_data(service, action.partition(":")[2])[service]
        }
        == {"*"}
    }
    assert without_resource == {
        action for action in WITHOUT_RESOURCE if action.startswith(f"{service}:")
    }


def test_services_are_those_of_the_reference() -> None:
    assert set(get_all_service_prefixes()) == SERVICES
    assert SERVICES > LISTED_SERVICES


@pytest.mark.parametrize(
    ("action", "nearest"),
    [
        ("secretmanager:GetSecretValue", ("secretsmanager:GetSecretValue",)),
        ("secretsmanager:GetSecret", ("secretsmanager:GetSecretValue",)),
        (" secretsmanager:GetSecretValue", ("secretsmanager:GetSecretValue",)),
        ("secretsmanager:Gett*", ("secretsmanager:GetSecretValue",)),
        ("secretmanager:*", ("secretsmanager:*",)),
        ("GetSecretValue", ("secretsmanager:GetSecretValue",)),
        ("kms:Decrpyt", ("kms:Decrypt",)),
        ("kms:ReEncrypt", ("kms:ReEncryptFrom", "kms:ReEncryptTo")),
        ("iamm:PassRole", ("iam:PassRole",)),
        ("sts:AsumeRole", ("sts:AssumeRole",)),
        ("qwxyz:uvw", ()),
        ("", ()),
    ],
)
def test_the_nearest_known_action(action: str, nearest: tuple[str, ...]) -> None:
    assert nearest_actions(action) == nearest
