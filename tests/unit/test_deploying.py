"""docs/deploying.md against the template and the cost model."""

import re
from pathlib import Path

import pytest

import cost_model
from blastlens.local.stack.template import find_template, read_template

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "deploying.md").read_text("utf-8")
README = (REPOSITORY / "README.md").read_text("utf-8")
TEMPLATE = read_template(find_template())


def resources(kind: str) -> list[dict]:
    return [one for one in TEMPLATE["Resources"].values() if one["Type"] == kind]


def test_every_parameter_is_described_and_nothing_else():
    section = PAGE.partition("## Parameters")[2].partition("## Monthly")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == list(TEMPLATE["Parameters"])


def test_the_cost_of_an_idle_stack_is_that_of_the_cost_model():
    cost = cost_model.idle_cost_of(TEMPLATE)
    alarms = [one["Properties"] for one in resources("AWS::CloudWatch::Alarm")]
    watched = sum(map(cost_model.count_alarm_metrics, alarms))
    rows = {
        "SnapStart cache of classify, 1,769 MB": cost.snapshot,
        f"{len(resources('AWS::KMS::Key'))} KMS keys": cost.keys,
        f"{len(alarms)} alarms, which watch {watched} metrics": cost.alarms,
        f"{len(resources('AWS::CloudWatch::Dashboard'))} dashboard": cost.dashboards,
        f"{len(resources('AWS::CloudWatch::InsightRule'))} rule of Contributor Insights": cost.rules,
        f"polling of the queues, {cost.polling / cost_model.USD_A_SQS_REQUEST:,.0f} requests": cost.polling,
    }
    assert sum(rows.values()) == pytest.approx(cost.total)
    assert [f"| {item} | {usd:.2f} |" for item, usd in rows.items() if f"| {item} | {usd:.2f} |" not in PAGE] == []
    with_cache, without = cost.total, cost.total - cost.snapshot
    assert f"about {with_cache:.0f} dollars a month with SnapStart and about {without:.0f} without" in PAGE
    assert f"covers {cost.free:.2f}" in PAGE
    assert f"then it is about {with_cache - cost.free:.0f} and about {without - cost.free:.0f}" in PAGE
    assert f"about {with_cache:.0f} US dollars a month, or about {without:.0f} with" in README


def test_an_alarm_is_billed_for_each_metric_that_it_reads_and_for_the_bounds_of_its_band():
    metric: dict[str, dict[str, str]] = {"MetricStat": {}}
    sums = {"Expression": "a + b"}
    assert cost_model.count_alarm_metrics({"MetricName": "Errors"}) == 1
    assert cost_model.count_alarm_metrics({"Metrics": [sums, metric, metric]}) == 2
    assert (
        cost_model.count_alarm_metrics({"Metrics": [{"Expression": {"Fn::Sub": 'INSIGHT_RULE_METRIC("r", "x")'}}]}) == 1
    )
    assert cost_model.count_alarm_metrics({"Metrics": [{"Expression": "ANOMALY_DETECTION_BAND(a, 3)"}, metric]}) == 3


def test_what_is_kept_after_a_removal_is_what_the_page_says():
    kept = {one["Type"] for one in TEMPLATE["Resources"].values() if one.get("DeletionPolicy") == "Retain"}
    assert {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"} <= kept
    assert all(one["Properties"]["DeletionProtectionEnabled"] for one in resources("AWS::DynamoDB::Table"))
