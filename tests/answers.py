"""Answers, results and records for tests, with default values."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.errors import Reason
from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.field import Box, Caution, Cell, CellKind, FieldSummary, PixelSize, PixelSizeSource
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.prediction import Answer, ModelIdentity, Prediction, Quality, Rejection
from blastlens.domain.record import Audience, Record, SignOff
from blastlens.domain.result import Artifacts, Custody, Result
from blastlens.domain.upload import ExaminationId, ObjectVersion, Upload

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TAKEN = datetime(2026, 11, 20, 9, 30, 15, 250_000, UTC)
MODEL = ModelIdentity("fusion", "1.0.0", "5f" * 32)
QUALITY = Quality(
    focus=312.5,
    brightness=0.71,
    contrast=0.18,
    stained_fraction=0.12,
    background_fraction=0.6,
    foreign_fraction=0.01,
    steadiness=0.55,
)
UPLOAD = Upload("clinic-7", "patient-41", "upload-0001", "jpg")
EXAMINATION = ExaminationId("clinic-7", "patient-41", "smear-3")
BUCKET = "smears"
PAGE = "https://results.example/"


def prediction(label: Label = Label.PRE_B, others: tuple[Label, ...] = (), model: ModelIdentity = MODEL) -> Prediction:
    """A prediction of `label`, which `others` share the prediction set with."""
    share = 0.03 / (len(LABELS) - 1)
    probabilities = {one: 0.97 if one is label else share for one in LABELS}
    return Prediction(label, probabilities, (label, *others), QUALITY, model)


def field_summary(*cautions: Caution, um: float | None = 0.25) -> FieldSummary:
    """A field of nine windows, whose pixel size was measured by its red cells."""
    size = PixelSize(um, PixelSizeSource.RED_CELLS, 0.15)
    kinds = {CellKind.BENIGN: 22, CellKind.OTHER_WHITE: 2}
    return FieldSummary(size, 9, white_cells=24, cautions=cautions, unnamed_cells=2, kinds=kinds, uncertain_cells=3)


def screening(label: Label = Label.MALIGNANT, others: tuple[Label, ...] = (), probability: float = 0.97) -> Prediction:
    """A screening model's prediction of `label`, which `others` share the prediction set with."""
    probabilities = {one: probability if one is label else 1 - probability for one in SCREENING_LABELS}
    return Prediction(label, probabilities, (label, *others), QUALITY, ModelIdentity("screening", "1.0.0", "7a" * 32))


def verdict(*labels: Label, digest: str = "7a" * 32) -> EdgeVerdict:
    """A screening's verdict at the microscope, which could not exclude `labels`, the first of which is likeliest."""
    probabilities = {one: 0.9 if one is labels[0] else 0.1 for one in SCREENING_LABELS}
    return EdgeVerdict(digest, probabilities, labels)


def rejection(reason: Reason = Reason.BLURRED, model: ModelIdentity = MODEL) -> Rejection:
    """A rejection with a sentence."""
    return Rejection(reason, "The image is blurred: focus again.", model, QUALITY)


def source(upload: Upload = UPLOAD, version: str = "v1", sequencer: str = "0A", bucket: str = BUCKET) -> ObjectVersion:
    """The object version that holds an upload."""
    return ObjectVersion(bucket, upload.key, version, sequencer)


def result(
    answer: Answer | None = None,
    upload: Upload = UPLOAD,
    version: str = "v1",
    sequencer: str = "0A",
    uploaded_at: datetime = NOON,
    taken_at: datetime | None = None,
) -> Result:
    """A result whose upload keeps the contract."""
    given = answer or prediction()
    place, answered_at = source(upload, version, sequencer), uploaded_at + timedelta(seconds=3)
    return Result(place, upload, given, Artifacts(), uploaded_at, answered_at, taken_at)


def field_upload(number: int = 1, examination: ExaminationId = EXAMINATION) -> Upload:
    """One of the uploads of an examination."""
    clinic, patient = examination.clinic_id, examination.patient_id
    return Upload(clinic, patient, f"field-{number:04}", "jpg", examination.examination_id)


def field_record(
    number: int = 1,
    answer: Answer | None = None,
    at: datetime = NOON,
    version: str = "v1",
    custody: Custody | None = None,
    examination: ExaminationId = EXAMINATION,
) -> Record:
    """A record of one field of an examination, uploaded at a time and answered three seconds later."""
    given = answer or replace(prediction(), field=field_summary())
    held = custody or Custody(f"{number:064x}", constants=CONSTANTS)
    stored = result(given, field_upload(number, examination), version, uploaded_at=at)
    return record(replace(stored, custody=held))


def unreadable_result(key: str = "uploads/clinic-7/Jane Doe/smear.jpg") -> Result:
    """A result whose key breaks the contract."""
    answer = rejection(Reason.INVALID_KEY)
    return Result(ObjectVersion(BUCKET, key, "v1", "0A"), None, answer, Artifacts(), NOON, NOON)


def record(
    stored: Result | None = None,
    notified: dict[Audience, datetime] | None = None,
    signed_off: SignOff | None = None,
) -> Record:
    """A stored result."""
    given = stored or result()
    return Record(given.id, given, notified or {}, signed_off)


def sign_off(label: Label = Label.PRE_B) -> SignOff:
    """A clinician's word."""
    return SignOff("Dr. Vogel", "arn:aws:sts::123456789012:assumed-role/clinic-7/dr-vogel", label, NOON)


CONSTANTS = ExaminationConstants(
    least_white_cells=3,
    clip=1e-3,
    correlation=0.5,
    set_threshold=0.1,
    coverage=0.99,
    benign_blasts=0.02,
    significance=0.001,
    open_share=0.5,
    floor=0.15,
)
"""Constants with which one field of `field_summary` is enough for an answer."""


@dataclass(frozen=True)
class FakeReading:
    """A reading as the classifier gives it."""

    answer: Answer
    image: NDArray[np.uint8] | None = None
    mask: NDArray[np.bool_] | None = None
    heat: NDArray[np.float32] | None = None
    cells: tuple[Cell, ...] = ()
    windows: tuple[Box, ...] = ()


CELL = Cell((16, 16, 32, 32), ((16, 16), (47, 16), (47, 47), (16, 47)), 9.5, 0.97, CellKind.PRE_B)


@dataclass
class FakeReader:
    """Reads images by a rule anyone can follow: bytes that start with b"smear" are Pre-B, all others corrupt.

    Attributes:
        read: the bytes it was given so far.
        declared: the pixel sizes it was given so far.
        fault: raised instead of an answer, when set.
    """

    identity: ModelIdentity = MODEL
    examination: ExaminationConstants | None = CONSTANTS
    read: list[bytes] = field(default_factory=list)
    declared: list[PixelSize | None] = field(default_factory=list)
    fault: Exception | None = None

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> FakeReading:
        """Read by the class's rule."""
        self.read.append(data)
        self.declared.append(declared)
        if self.fault is not None:
            raise self.fault
        if not data.startswith(b"smear"):
            return FakeReading(rejection(Reason.CORRUPT, self.identity))
        mask = np.zeros((64, 64), dtype=bool)
        mask[16:48, 16:48] = True
        image = np.full((64, 64, 3), (150, 90, 170), dtype=np.uint8)
        answer = replace(prediction(model=self.identity), field=field_summary())
        return FakeReading(answer, image, mask, mask.astype(np.float32), (CELL,), ((0, 0, 64, 64),))


@dataclass
class FakeContext:
    """The context of an invocation, with remaining times that a test can set.

    Attributes:
        remaining_ms: remaining times in turn; the last one stays.
    """

    remaining_ms: list[int] = field(default_factory=lambda: [60_000])
    function_name: str = "function"
    function_version: str = "1"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function:live"
    aws_request_id: str = "9a1f6a0e-request"
    log_group_name: str = "/blastlens/dev/function"
    log_stream_name: str = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """The time left."""
        return self.remaining_ms.pop(0) if len(self.remaining_ms) > 1 else self.remaining_ms[0]


def pass_at_once(seconds: float) -> None:
    """Stand in for `time.sleep` where a handler waits before a retry."""


def lambda_context(*remaining_ms: int) -> Any:
    """Return a context with these remaining times in turn; by default one minute."""
    return FakeContext(list(remaining_ms)) if remaining_ms else FakeContext()
