"""Partial batch responses: which items of a batch failed."""

from collections.abc import Collection
from typing import Any

from blastlens.local.event_sources.invocation import InvocationResult


def failed_item_ids(answer: InvocationResult, items: Collection[str], reports_failures: bool) -> frozenset[str]:
    """Return those of `items` that Lambda would retry.

    After an error all of them are retried, as after a response with a missing, empty or unknown item identifier.

    Args:
        answer: how the invocation ended.
        items: identifiers of the whole batch.
        reports_failures: whether the mapping has ReportBatchItemFailures.
    """
    everything = frozenset(items)
    if answer.error is not None:
        return everything
    failures = _named(answer.payload) if reports_failures else []
    if any(not isinstance(name, str) or name not in everything for name in failures):
        return everything
    return frozenset(failures)


def _named(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        return []
    failures = payload.get("batchItemFailures") or []
    return [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
