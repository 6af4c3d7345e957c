"""docs/deploying.md against the template and the cost model."""

import re
from pathlib import Path

import cost_model
from blastlens.local.stack.template import find_template, read_template

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deploying.md").read_text("utf-8")
TEMPLATE = read_template(find_template())


def resources(kind: str) -> list[dict]:
    return [one for one in TEMPLATE["Resources"].values() if one["Type"] == kind]


def test_every_parameter_is_described_and_nothing_else():
    section = PAGE.partition("## Parameters")[2].partition("## Monthly")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == list(TEMPLATE["Parameters"])


def test_the_cost_of_an_idle_stack_is_that_of_the_cost_model():
    gigabytes = TEMPLATE["Parameters"]["ClassifyMemory"]["Default"] / cost_model.MEGABYTES_OF_A_GB
    seconds = 30 * cost_model.SECONDS_OF_A_DAY
    cache = gigabytes * seconds * cost_model.USD_A_GB_SECOND_OF_CACHE
    assert f"| SnapStart cache of classify, 1,769 MB | {cache:.2f} |" in PAGE
    assert f"about {cache + 1:.0f} dollars a month with SnapStart" in PAGE
    (_,) = resources("AWS::KMS::Key")
    assert f"| {len(resources('AWS::CloudWatch::Alarm'))} alarms and one dashboard |" in PAGE
    (_,) = resources("AWS::CloudWatch::Dashboard")


def test_what_is_kept_after_a_removal_is_what_the_page_says():
    kept = {one["Type"] for one in TEMPLATE["Resources"].values() if one.get("DeletionPolicy") == "Retain"}
    assert {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"} <= kept
    assert all(one["Properties"]["DeletionProtectionEnabled"] for one in resources("AWS::DynamoDB::Table"))
