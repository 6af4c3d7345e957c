"""Cost model of classification on AWS Lambda, described in benchmarks/cost.py."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.functions.settings import MEGABYTES_PER_VCPU

# US dollars in us-east-1 on x86, below 6 billion GB-seconds a month, without the free tier. AWS's own page calculates
# with them in its examples (https://aws.amazon.com/lambda/pricing/, read in a stored copy on 2026-11-25, because its
# tables are drawn by script). Check them, and those of your region, before you rely on a sum.
USD_A_GB_SECOND = 0.0000166667
USD_A_REQUEST = 0.20 / 1_000_000
USD_A_GB_SECOND_OF_CACHE = 0.0000015046
USD_A_GB_RESTORED = 0.0001397998

# Of a stack without uploads: https://aws.amazon.com/kms/pricing/, https://aws.amazon.com/cloudwatch/pricing/ and
# https://aws.amazon.com/sqs/pricing/, a month in us-east-1, without the free tier.
USD_A_KEY = 1.00
USD_AN_ALARM_METRIC = 0.10
USD_A_DASHBOARD = 3.00
USD_AN_INSIGHT_RULE = 0.50
USD_A_SQS_REQUEST = 0.40 / 1_000_000
FREE_ALARM_METRICS = 10
"""Metrics of alarms that the free tier contains, beside 3 dashboards, a rule and a million SQS requests."""
POLLS_AT_ONCE = 5
"""Polls of a queue with a maximum concurrency, also while it is empty: Lambda reduces them to 2 only without one
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)."""
SECONDS_OF_A_POLL = 20
"""The longest long poll of SQS; Lambda documents long polling, but not its length."""
DAYS_OF_A_MONTH = 30

MEGABYTES_OF_A_GB = 1024
SECONDS_OF_A_DAY = 86_400
SECONDS_KEPT = 600
"""Seconds that an idle environment is kept. AWS guarantees nothing; users observe about ten minutes."""
DAYS_OF_A_VERSION = 30
"""Days until the next version is published; the start of a version is billed once."""


@dataclass(frozen=True)
class Timing:
    """Measurements with a number of threads.

    Attributes:
        wall: wall-clock seconds for a warm image.
        processor: processor seconds for it, over all threads.
        start: seconds from the start of the process until its first image was classified.
        renewal: seconds to make the clients after a restore.
    """

    wall: float
    processor: float
    start: float
    renewal: float


@dataclass(frozen=True)
class Source:
    """Event source of the function, from template.yaml.

    Attributes:
        batch: batch size.
        window: batching window in seconds.
        concurrency: maximum number of concurrent batches.
    """

    batch: int
    window: float
    concurrency: int


@dataclass(frozen=True)
class Cost:
    """Cost of 1,000 smears with SnapStart in US dollars, and its parts.

    Attributes:
        cold_share: share of invocations that start an environment.
        gb_seconds: billed GB-seconds of 1,000 smears.
        duration: dollars for these.
        requests: dollars for invocations.
        snapshot: dollars for the snapshot's cache and restores.
        without_snapshot: total dollars for 1,000 smears without SnapStart, requests included.
        busy: mean number of busy environments.
        keeps_up: whether the concurrency is sufficient.
    """

    cold_share: float
    gb_seconds: float
    duration: float
    requests: float
    snapshot: float
    without_snapshot: float
    busy: float
    keeps_up: bool

    @property
    def total(self) -> float:
        """US dollars for 1,000 smears with SnapStart."""
        return self.duration + self.requests + self.snapshot


@dataclass(frozen=True)
class IdleCost:
    """Cost of a stack without uploads in US dollars a month, without the free tier.

    Attributes:
        snapshot: SnapStart cache of the classify function.
        keys: KMS keys.
        alarms: metrics that alarms watch.
        dashboards: CloudWatch dashboards.
        rules: rules of Contributor Insights.
        polling: requests by which Lambda polls the upload queue.
    """

    snapshot: float
    keys: float
    alarms: float
    dashboards: float
    rules: float
    polling: float

    @property
    def total(self) -> float:
        """US dollars a month with SnapStart."""
        return self.snapshot + self.keys + self.alarms + self.dashboards + self.rules + self.polling

    @property
    def free(self) -> float:
        """US dollars of it that the free tier covers where the account does not use it elsewhere."""
        covered = min(self.alarms, FREE_ALARM_METRICS * USD_AN_ALARM_METRIC)
        return covered + self.dashboards + self.rules + self.polling


def idle_cost_of(template: Mapping[str, Any]) -> IdleCost:
    """Return the cost of an idle stack with the defaults of a CloudFormation template."""
    resources = list(template["Resources"].values())
    kinds = [one["Type"] for one in resources]
    seconds = DAYS_OF_A_MONTH * SECONDS_OF_A_DAY
    gigabytes = template["Parameters"]["ClassifyMemory"]["Default"] / MEGABYTES_OF_A_GB
    alarms = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
    return IdleCost(
        snapshot=gigabytes * seconds * USD_A_GB_SECOND_OF_CACHE,
        keys=kinds.count("AWS::KMS::Key") * USD_A_KEY,
        alarms=sum(map(count_alarm_metrics, alarms)) * USD_AN_ALARM_METRIC,
        dashboards=kinds.count("AWS::CloudWatch::Dashboard") * USD_A_DASHBOARD,
        rules=kinds.count("AWS::CloudWatch::InsightRule") * USD_AN_INSIGHT_RULE,
        polling=_count_polled_queues(resources) * POLLS_AT_ONCE * seconds / SECONDS_OF_A_POLL * USD_A_SQS_REQUEST,
    )


def _count_polled_queues(resources: Iterable[Mapping[str, Any]]) -> int:
    """Return how many queues are event sources of functions in a SAM template."""
    functions = (one for one in resources if one["Type"] == "AWS::Serverless::Function")
    return sum(event["Type"] == "SQS" for one in functions for event in one["Properties"].get("Events", {}).values())


def count_alarm_metrics(alarm: Mapping[str, Any]) -> int:
    """Return for how many metrics an alarm is billed.

    They are those that it reads, the values of rules, and two for a band of anomaly detection.
    """
    queries = alarm.get("Metrics", [{"MetricStat": alarm}])
    expressions = [str(one.get("Expression", "")) for one in queries]
    bands = sum("ANOMALY_DETECTION_BAND" in one for one in expressions)
    rules = sum("INSIGHT_RULE_METRIC" in one for one in expressions)
    return sum("MetricStat" in one for one in queries) + rules + 2 * bands


def seconds_on(megabytes: int, timing: Timing) -> float:
    """Return the seconds for an image with a memory size; processor time beyond the paid share is waited for."""
    return max(timing.wall, timing.processor * MEGABYTES_PER_VCPU / megabytes)


def mean_batch(a_second: float, source: Source) -> float:
    """Return the mean number of messages of a batch.

    These are the first, and those that arrive within the window.
    """
    return min(1 + a_second * source.window, source.batch)


def cold_share(invocations_a_second: float, seconds: float) -> float:
    """Return the share of cold invocations.

    Args:
        invocations_a_second: mean rate of the Poisson process.
        seconds: duration of each.
    """
    busy = invocations_a_second * seconds
    probability, share = math.exp(-busy), 0.0
    # Enough levels that the omitted rest is below the precision of the output.
    for level in range(int(busy + 12 * math.sqrt(busy) + 20)):
        share += probability * math.exp(-invocations_a_second * probability * SECONDS_KEPT)
        probability *= busy / (level + 1)
    return min(share, 1.0)


def cost_of(megabytes: int, a_day: float, timing: Timing, source: Source) -> Cost:
    """Return the cost of 1,000 smears at `a_day` smears per day."""
    gigabytes, seconds = megabytes / MEGABYTES_OF_A_GB, seconds_on(megabytes, timing)
    a_second = a_day / SECONDS_OF_A_DAY
    batch = mean_batch(a_second, source)
    cold = cold_share(a_second / batch, batch * seconds)
    invocations = 1000 / batch
    days = 1000 / a_day
    working = gigabytes * 1000 * seconds
    started_once = gigabytes * timing.start * days / DAYS_OF_A_VERSION
    renewed = gigabytes * invocations * cold * timing.renewal
    # Without a snapshot a cold invocation includes the start, and a slow first image.
    started_cold = gigabytes * invocations * cold * max(0.0, timing.start - seconds)
    requests = invocations * USD_A_REQUEST
    cached = gigabytes * SECONDS_OF_A_DAY * days * USD_A_GB_SECOND_OF_CACHE
    return Cost(
        cold_share=cold,
        gb_seconds=working + started_once + renewed,
        duration=(working + started_once + renewed) * USD_A_GB_SECOND,
        requests=requests,
        snapshot=cached + gigabytes * invocations * cold * USD_A_GB_RESTORED,
        without_snapshot=(working + started_cold) * USD_A_GB_SECOND + requests,
        busy=a_second * seconds,
        keeps_up=a_second * seconds < source.concurrency,
    )
