"""The reconcile function: compares images, records and notices every night.

It repairs what it finds by asking the other functions to work again. What an earlier night's repair did not help, and
what it did not get to, raises an alarm (docs/runbook.md, ReconcileAlarm).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.reconciliation import Reconciliation
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.discrepancy import Discrepancy
from blastlens.functions.batch import OutOfTime
from blastlens.functions.retries import Retrier, retrier_for
from blastlens.functions.settings import ReconcileSettings
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LOOKS_BACK = timedelta(days=14)
"""Age of the images and answers that are compared; S3's events and dead letters are kept as long."""

MIN_REMAINING_MS = 20_000
"""Time that has to be left to go on; with less, the rest is left to the next night, and the alarm is raised."""


@dataclass(frozen=True)
class ReconcileDependencies:
    """Clients and settings of the reconcile function.

    Attributes:
        reconciliation: compares and repairs.
        sleep: waits for services that are busy.
    """

    reconciliation: Reconciliation
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of_clients(
        cls,
        settings: ReconcileSettings,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        sqs: "SQSClient",
        clock: Callable[[], datetime],
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        examine = settings.examine
        return cls(
            Reconciliation(
                objects=ObjectVersions(s3, settings.bucket),
                results=ResultsTable(dynamodb, examine.results_table),
                examinations=ExaminationsTable(dynamodb, examine.examinations_table),
                reviews=ReviewsTable(dynamodb, examine.reviews_table, examine.examinations_table),
                queue=SettleQueue(sqs, examine.settle_queue_url, examine.upload_queue_url),
                quiet=examine.quiet,
                release=settings.release,
                clock=clock,
                records_expire=settings.retention.deletes_records,
            )
        )


def make_handler(dependencies: ReconcileDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler of the nightly schedule; the content of its event does not matter."""
    observed = telemetry or make_telemetry("reconcile")

    def handle(event: Event, context: LambdaContext) -> Any:
        return _Run(dependencies, observed, context, retrier_for(context, dependencies.sleep, observed)).run()

    return observed.wrap(handle)


@dataclass
class _Run:
    """One run, with what it has counted."""

    dependencies: ReconcileDependencies
    telemetry: Telemetry
    context: LambdaContext
    retrier: Retrier
    repaired: int = 0
    unrepaired: int = 0

    def run(self) -> dict[str, int]:
        """Compare and repair until everything was compared or the time is over; return the counts."""
        reconciliation = self.dependencies.reconciliation
        since = reconciliation.clock() - LOOKS_BACK
        try:
            for found in reconciliation.compare(since, self._check_time):
                self._repair(found)
        except OutOfTime as end:
            self.unrepaired += 1
            self.telemetry.logger.error("not everything was compared", cause=str(end))
        counts = {"Repaired": self.repaired, "Unrepaired": self.unrepaired}
        for name, value in counts.items():  # also zero: the alarm ends
            self.telemetry.metrics.add_metric(name, MetricUnit.Count, value)
        self.telemetry.logger.info("reconciled", repaired=self.repaired, unrepaired=self.unrepaired)
        return counts

    def _repair(self, found: Discrepancy) -> None:
        reconciliation = self.dependencies.reconciliation
        is_asked = self.retrier.call("Repair", lambda: reconciliation.repair(found))
        needs_person = not is_asked or found.outlasted_repair(reconciliation.clock())
        self.repaired += not needs_person
        self.unrepaired += needs_person
        self.telemetry.count_by("Discrepancy", kind=str(found.kind))
        self.telemetry.logger.warning(
            "discrepancy",
            kind=str(found.kind),
            examination_id=found.examination.examination_id if found.examination else None,
            since=found.since.isoformat(),
            needs_person=needs_person,
        )

    def _check_time(self, what: str) -> None:
        if self.context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
            raise OutOfTime(f"too little time is left to compare the rest of the {what}")
