"""Many secrets become as many documents as it takes, and the first ones stay as they are."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import AdministerSecrets, DescribeTaggedSecrets, ReadSecrets, SecretScope
from constructs_lib.policy.document import longest_length
from constructs_lib.policy.intents import Intent
from constructs_lib.policy.splitting import split
from constructs_lib.policy.statement import Statement

LIMIT = 2_500  # small, so that few secrets fill it
LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=30)


class Key:
    def __init__(self, name: str) -> None:
        self.key_arn = f"arn:aws:kms:eu-west-1:111122223333:key/{name}"


def fits(found: Sequence[Statement]) -> bool:
    return longest_length(found) <= LIMIT


def scopes_of_lengths(lengths: Sequence[int], *, keys: int = 1) -> list[SecretScope]:
    return [
        SecretScope.from_secret_name(
            f"{number:03}{'x' * length}", encryption_key=Key(str(number % keys)) if keys else None
        )
        for number, length in enumerate(lengths)
    ]


def flat(documents: Sequence[Sequence[Statement]]) -> set[tuple[object, ...]]:
    """Return what is granted, one action on one resource under one condition value each."""
    return {
        (each.effect, action, resource, condition.key, value)
        for document in documents
        for each in document
        for action in each.actions
        for resource in each.resources
        for condition in each.conditions
        for value in condition.values
    } | {
        (each.effect, action, resource)
        for document in documents
        for each in document
        for action in each.actions
        for resource in each.resources
        if not each.conditions
    }


def test_two_secrets_that_do_not_fit_together_are_in_a_document_each() -> None:
    scopes = scopes_of_lengths([1, 1], keys=0)
    documents = split([ReadSecrets(scopes)], lambda found: len(found[0].resources) < 2)
    assert [found[0].resources for found in documents] == [(scope.arn,) for scope in scopes]


@pytest.mark.parametrize(
    "intent", [DescribeTaggedSecrets({"Project": "orders"}), ReadSecrets(scopes_of_lengths([1]))]
)
def test_an_intent_of_one_secret_or_none_is_one_document(intent: Intent) -> None:
    assert split([intent], lambda _: False) == [intent.statements()]


def test_several_intents_are_in_one_document_with_sids_of_their_own() -> None:
    orders, billing = (SecretScope.from_secret_name(name) for name in ("orders", "billing"))
    several = [AdministerSecrets(orders), AdministerSecrets(billing), ReadSecrets(billing)]
    (document,) = split(several, fits)
    assert [(each.sid, each.resources) for each in document] == [
        ("AdministerSecret", (orders.arn,)),
        ("ListSecrets", ("*",)),
        ("AdministerSecret2", (billing.arn,)),
        ("ReadSecretValue", (billing.arn,)),
    ]


@given(LENGTHS, LENGTHS)
def test_documents_of_several_intents_fit_and_grant_the_same(
    first: list[int], second: list[int]
) -> None:
    several = [AdministerSecrets(scopes_of_lengths(first)), ReadSecrets(scopes_of_lengths(second))]
    documents = split(several, fits)
    assert all(map(fits, documents))
    assert flat(documents) == flat([intent.statements() for intent in several])
    for document in documents:
        sids = [statement.sid for statement in document]
        assert len(sids) == len({*sids})


@given(LENGTHS, st.integers(0, 3))
def test_every_document_fits_and_together_they_grant_the_same(
    lengths: list[int], keys: int
) -> None:
    scopes = scopes_of_lengths(lengths, keys=keys)
    documents = split([AdministerSecrets(scopes)], fits)
    assert all(map(fits, documents))
    assert flat(documents) == flat([AdministerSecrets(scopes).statements()])


@given(LENGTHS, st.integers(1, 300))
def test_one_more_secret_leaves_all_but_the_last_as_they_are(lengths: list[int], more: int) -> None:
    scopes = scopes_of_lengths([*lengths, more])
    before = split([ReadSecrets(scopes[:-1])], fits)
    after = split([ReadSecrets(scopes)], fits)
    assert after[: len(before) - 1] == before[:-1]
    assert len(after) - len(before) in (0, 1)


@given(LENGTHS)
def test_there_are_no_more_documents_than_the_order_needs(lengths: list[int]) -> None:
    scopes = scopes_of_lengths(lengths)
    fewest = [0]  # of the first so many secrets
    for end in range(1, len(scopes) + 1):
        fewest.append(
            1
            + min(
                fewest[begin]
                for begin in range(end)
                if fits(ReadSecrets(scopes[begin:end]).statements())
            )
        )
    assert len(split([ReadSecrets(scopes)], fits)) == fewest[-1]


def test_what_fits_is_one_document() -> None:
    scopes = scopes_of_lengths([1, 2, 3])
    assert split([AdministerSecrets(scopes)], fits) == [AdministerSecrets(scopes).statements()]


def test_what_no_secret_needs_is_in_the_first_document_alone() -> None:
    documents = split([AdministerSecrets(scopes_of_lengths([300] * 10))], fits)
    assert len(documents) > 2
    found = ["ListSecrets" in [each.sid for each in document] for document in documents]
    assert found == [True] + [False] * (len(documents) - 1)


def test_a_deny_is_in_every_document() -> None:
    class Guarded(ReadSecrets):
        def _statements(self, scopes: Sequence[SecretScope]) -> list[Statement]:
            guard = Statement("Guard", "Deny", ("secretsmanager:TagResource",), ("*",))
            return [*super()._statements(scopes), guard]

    documents = split([Guarded(scopes_of_lengths([300] * 15))], fits)
    assert len(documents) > 2
    assert all(document[-1].sid == "Guard" for document in documents)


def test_a_secret_that_is_too_long_is_alone_and_left_to_the_quota() -> None:
    documents = split([ReadSecrets(scopes_of_lengths([5, 500, 5]))], lambda found: False)
    assert [len(document[0].resources) for document in documents] == [1, 1, 1]
