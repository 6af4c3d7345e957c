"""Metrics always have a namespace."""

import io
import json
from typing import Any

import pytest

from blastlens.functions.telemetry import SERVICE, make_telemetry
from tests.answers import lambda_context

NAMESPACE_VARIABLE = "POWERTOOLS_METRICS_NAMESPACE"


def namespaces(function: str) -> set[str]:
    """Call a handler that counts in both ways; return the namespaces of what it wrote."""
    stream = io.StringIO()
    telemetry = make_telemetry(function, stream)

    def handle(event: Any, context: Any) -> str:
        telemetry.count("Thing")
        telemetry.count_by("Kind", kind="one")
        return "done"

    assert telemetry.wrap(handle)({}, lambda_context()) == "done"
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    found = [metric["Namespace"] for line in lines if "_aws" in line for metric in line["_aws"]["CloudWatchMetrics"]]
    assert len(found) == 2
    return set(found)


def test_the_environment_names_the_namespace_of_metrics(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAMESPACE_VARIABLE, "blastlens-prod")
    assert namespaces("telemetry.named") == {"blastlens-prod"}


def test_where_the_environment_names_no_place_metrics_go_to_one_of_our_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(NAMESPACE_VARIABLE)
    assert namespaces("telemetry.missing") == {SERVICE}
    monkeypatch.setenv(NAMESPACE_VARIABLE, "")
    assert namespaces("telemetry.empty") == {SERVICE}
