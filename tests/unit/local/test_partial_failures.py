import pytest

from blastlens.local.event_sources.invocation import InvocationResult
from blastlens.local.event_sources.partial_failures import failed_item_ids

BATCH = ["a", "b", "c"]


@pytest.mark.parametrize("payload", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "text"])
def test_an_answer_that_names_nothing_means_success(payload):
    assert failed_item_ids(InvocationResult("id", payload), BATCH, reports_failures=True) == frozenset()


def test_only_the_named_items_failed():
    payload = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_item_ids(InvocationResult("id", payload), BATCH, reports_failures=True) == {"b"}


def test_an_error_fails_the_whole_batch():
    assert failed_item_ids(InvocationResult("id", error="Boom"), BATCH, reports_failures=True) == set(BATCH)


@pytest.mark.parametrize(
    "item", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {"wrong": "b"}, {}, "b", {"itemIdentifier": "z"}]
)
def test_an_item_named_wrongly_fails_the_whole_batch(item):
    assert failed_item_ids(InvocationResult("id", {"batchItemFailures": [item]}), BATCH, reports_failures=True) == set(
        BATCH
    )


def test_without_report_batch_item_failures_the_answer_is_not_read():
    payload = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_item_ids(InvocationResult("id", payload), BATCH, reports_failures=False) == frozenset()
