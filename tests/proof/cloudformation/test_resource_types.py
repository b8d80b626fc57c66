"""Every resource type of CloudFormation is decided: read, unread or harmless."""

import pytest

from constructs_lib.proof.cloudformation.resource_types import READ, UNREAD, harmless, is_decided
from tools.resource_types import outdated, undecided


def test_every_type_of_cloudformation_is_decided() -> None:
    assert undecided() == []


def test_every_decision_is_about_a_type_of_cloudformation() -> None:
    assert outdated() == []


def test_a_type_has_one_decision() -> None:
    kinds = (READ, frozenset(UNREAD), harmless())
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))


@pytest.mark.parametrize(
    "type_", ["AWS::SecretsManager::Grant", "AWS::IAM::Anything", "Vendor::Service::Thing", ""]
)
def test_fails_to_decide_on_an_unknown_type(type_: str) -> None:
    assert not is_decided(type_)
