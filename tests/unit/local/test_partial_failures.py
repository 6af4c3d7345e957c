import pytest

from blastlens.local.event_sources.invocation import Answer
from blastlens.local.event_sources.partial_failures import failed_items

BATCH = ["a", "b", "c"]


@pytest.mark.parametrize("payload", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "text"])
def test_an_answer_that_names_nothing_means_success(payload):
    assert failed_items(Answer("id", payload), BATCH, is_heeded=True) == frozenset()


def test_only_the_named_items_failed():
    payload = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_items(Answer("id", payload), BATCH, is_heeded=True) == {"b"}


def test_an_error_fails_the_whole_batch():
    assert failed_items(Answer("id", error="Boom"), BATCH, is_heeded=True) == set(BATCH)


@pytest.mark.parametrize(
    "item", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {"wrong": "b"}, {}, "b", {"itemIdentifier": "z"}]
)
def test_an_item_named_wrongly_fails_the_whole_batch(item):
    assert failed_items(Answer("id", {"batchItemFailures": [item]}), BATCH, is_heeded=True) == set(BATCH)


def test_without_report_batch_item_failures_the_answer_is_not_read():
    payload = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_items(Answer("id", payload), BATCH, is_heeded=False) == frozenset()
