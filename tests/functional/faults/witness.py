"""Witness of every notice: what was owed to whom when SNS got it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blastlens.cloud.tables.attributes import from_dynamodb
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.examination import Examination
from blastlens.domain.notice import HELD_STATUS, PHONE_GONE_STATUS, UNDELIVERED_STATUS
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId
from tests.aws import EXAMINATIONS_TABLE
from tests.functional.faults.cloud import Cloud


@dataclass
class Witness:
    """Sees the calls of notify, and notes what is wrong with a notice.

    Attributes:
        cloud: where the examinations are.
        release: returns when patients are notified.
        mistakes: one sentence for each.
    """

    cloud: Cloud
    release: Callable[[], PatientRelease]
    mistakes: list[str] = field(default_factory=list)
    _examination: ExaminationId | None = None
    _is_interrupted: bool = False

    def interrupt(self) -> None:
        """Note that others ran between two calls: what notify has read may be superseded since."""
        self._is_interrupted = True

    def see(self, operation: str, arguments: Mapping[str, Any]) -> None:
        """See a call before it is made."""
        if operation == "get_item" and arguments["TableName"] == EXAMINATIONS_TABLE:
            key = from_dynamodb(arguments["Key"])
            clinic_id, slash, patient_id = key["patient"].partition("/")
            if slash:
                self._examination = ExaminationId(clinic_id, patient_id, key["examination"])
                self._is_interrupted = False
        if operation == "publish" and not self._is_interrupted:
            self._check(arguments)

    def _check(self, arguments: Mapping[str, Any]) -> None:
        assert self._examination is not None
        now = ExaminationsTable(self.cloud.tables, EXAMINATIONS_TABLE).get(self._examination)
        status = arguments.get("MessageAttributes", {}).get("status", {}).get("StringValue")
        audience = self._audience(arguments)
        if now is None or now.owes(audience, self.release()) is None:
            self.mistakes.append(f"{audience} was told of {self._examination}, of which it is owed nothing")
        elif audience is Audience.PATIENT and _is_held(now):
            self.mistakes.append(f"the patient was told of {self._examination}, which is held")
        elif audience is Audience.CLINIC and _is_held(now) and status != HELD_STATUS:
            self.mistakes.append(f"the clinic was told of {self._examination} as if it were not held")

    def _audience(self, arguments: Mapping[str, Any]) -> Audience:
        if "TargetArn" in arguments:
            return Audience.PATIENT
        if arguments["TopicArn"] == self.cloud.report_topic:
            return Audience.SYSTEM
        status = arguments["MessageAttributes"]["status"]["StringValue"]
        # The clinic is told of a patient's phones while the patient is told.
        return Audience.PATIENT if status in (PHONE_GONE_STATUS, UNDELIVERED_STATUS) else Audience.CLINIC


def _is_held(one: Examination) -> bool:
    """Whether nobody has said yet that its images are its patient's own; stated anew, so that it checks the domain."""
    covered = () if one.released is None else one.released.shared_with
    return not one.history and any(other not in covered for other in one.totals.shared_with)
