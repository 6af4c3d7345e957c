"""Demo of examinations: uploads smears, signs one, collects notices."""

import json
import secrets
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.declared_examination import make_examination_metadata
from blastlens.domain.declared_time import make_time_metadata
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Record
from blastlens.domain.signature import SignatureKind
from blastlens.domain.signing import acceptable_conclusion
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import SentNotice, pushed_notices, sent_notices
from blastlens.local.demo.smears import DemoField, DemoSmear
from blastlens.local.stack.phones import give_phone

CLINIC_ID = "demo-clinic"

SIGNER = "Dr. Demo"
"""Who signs in the demo."""

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class ExaminationOutcome:
    """What became of an examination so far.

    Attributes:
        smear: the smear.
        id: its identity.
        uploads: its fields, in their order, by their uploads.
        examination: the stored examination; None before the first field.
        records: the records of its fields.
        clinic: the clinic's notices.
        patient: the patient's message; None before.
        is_signed: whether the demo signed it.
        seconds: from the upload until the examination had settled and the clinic was notified.
    """

    smear: DemoSmear
    id: ExaminationId
    uploads: tuple[Upload, ...]
    examination: Examination | None = None
    records: tuple[Record, ...] = ()
    clinic: tuple[SentNotice, ...] = ()
    patient: SentNotice | None = None
    is_signed: bool = False
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """The smear's name in the table."""
        return self.smear.title

    @property
    def missing(self) -> tuple[str, ...]:
        """What is expected and has not arrived.

        A patient is notified of a signed examination only.
        """
        one = self.examination
        is_settled = one is not None and one.status is not ExaminationStatus.OPEN
        expected: dict[str, object] = {"an answer": is_settled, "the clinic's notice": self.clinic}
        if self.is_signed:
            expected["the patient's notice"] = self.patient
        return tuple(name for name, there in expected.items() if not there)


def run_demo(
    cloud: EmbeddedCloud, smears: Sequence[DemoSmear], limit_seconds: float, progress: Callable[[int], None]
) -> list[ExaminationOutcome]:
    """Upload smears, wait for their answers and the clinic's notices, sign one, and wait for its patient's message.

    Args:
        cloud: a running cloud.
        smears: what to upload.
        limit_seconds: total time limit.
        progress: called repeatedly with the number of answered fields.

    Returns:
        An outcome for each smear, in their order; `missing` lists what did not arrive in time.
    """
    started, deadline = time.monotonic(), time.monotonic() + limit_seconds
    outcomes = [upload_smear(cloud, smear) for smear in smears]
    outcomes = _wait(cloud, outcomes, started, deadline, progress)
    chosen = choose_to_sign(outcomes)
    if chosen is None or chosen.examination is None:
        return outcomes
    accept(cloud, chosen.examination)
    opened = [replace(one, is_signed=one is chosen) for one in outcomes]
    return _wait(cloud, opened, started, deadline, progress)


def upload_smear(cloud: EmbeddedCloud, smear: DemoSmear) -> ExaminationOutcome:
    """Upload the fields of a smear with random ids, for a patient with a phone.

    The last one says how many there are.
    """
    patient_id, examination_id = f"patient-{secrets.token_hex(4)}", f"smear-{secrets.token_hex(4)}"
    give_phone(cloud.clients, cloud.deployment, CLINIC_ID, patient_id)
    uploads = tuple(
        Upload(CLINIC_ID, patient_id, secrets.token_hex(8), field.extension, examination_id) for field in smear.fields
    )
    for place, (field, upload) in enumerate(zip(smear.fields, uploads, strict=True), 1):
        last = make_examination_metadata(place) if place == len(uploads) else {}
        _put(cloud, field, upload, last)
    return ExaminationOutcome(smear, ExaminationId(CLINIC_ID, patient_id, examination_id), uploads)


def choose_to_sign(outcomes: Iterable[ExaminationOutcome]) -> ExaminationOutcome | None:
    """Return the first drawn examination whose answer a clinician could accept as it is; None for none."""
    return next((one for one in outcomes if not one.smear.is_given and _is_acceptable(one.examination)), None)


def accept(cloud: EmbeddedCloud, examination: Examination) -> None:
    """Accept the answer of an examination through the HTTP API, as a clinician does who has just seen it.

    Raises:
        OSError: the API refuses.
    """
    clinic, patient, name = str(examination.id).split("/")
    address = f"{cloud.api_address}/clinics/{clinic}/patients/{patient}/examinations/{name}/sign"
    word = {
        "kind": str(SignatureKind.ACCEPT),
        "signed_by": SIGNER,
        "basis": examination.totals.basis,
        "signatures": len(examination.history),
    }
    asked = urllib.request.Request(
        address, data=json.dumps(word).encode(), headers={"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=60):
        pass


def choose_example(outcomes: Sequence[ExaminationOutcome]) -> tuple[DemoField, Record] | None:
    """Return a field to show in full: of the user's images if one of them was read, a certain one if possible."""
    for is_given in (True, False):
        fields = [pair for one in outcomes if one.smear.is_given is is_given for pair in _fields(one)]
        read = [pair for pair in fields if isinstance(pair[1].result.answer, Prediction)]
        if read:
            return max(read, key=_clarity)
    return None


def _is_acceptable(one: Examination | None) -> bool:
    return one is not None and one.status is ExaminationStatus.READY and acceptable_conclusion(one) is not None


def _fields(outcome: ExaminationOutcome) -> Iterable[tuple[DemoField, Record]]:
    records = {one.result.upload: one for one in outcome.records}
    for field, upload in zip(outcome.smear.fields, outcome.uploads, strict=True):
        if upload in records:
            yield field, records[upload]


def _clarity(pair: tuple[DemoField, Record]) -> bool:
    answer = pair[1].result.answer
    return isinstance(answer, Prediction) and answer.is_certain


def _put(cloud: EmbeddedCloud, field: DemoField, upload: Upload, declared: Mapping[str, str]) -> None:
    cloud.clients.client("s3").put_object(
        Bucket=cloud.stack.resources["UploadBucket"],
        Key=upload.key,
        Body=field.data,
        Metadata={**make_time_metadata(field.taken_at), **declared},
    )


def _wait(
    cloud: EmbeddedCloud,
    outcomes: Sequence[ExaminationOutcome],
    started: float,
    deadline: float,
    progress: Callable[[int], None],
) -> list[ExaminationOutcome]:
    """Look again and again until nothing is missing, or the time is over; at least once."""
    found = list(outcomes)
    while True:
        clinic, patient = sent_notices(cloud.stack.resources["ClinicTopic"]), pushed_notices()
        found = [_look(cloud, one, clinic, patient, started) if one.missing else one for one in found]
        progress(sum(len(one.records) for one in found))
        if not any(one.missing for one in found) or time.monotonic() >= deadline:
            return found
        time.sleep(_POLL_SECONDS)


def _look(
    cloud: EmbeddedCloud,
    outcome: ExaminationOutcome,
    clinic: Sequence[SentNotice],
    patient: Sequence[SentNotice],
    started: float,
) -> ExaminationOutcome:
    dynamodb, resources, identity = cloud.clients.client("dynamodb"), cloud.stack.resources, outcome.id
    now = replace(
        outcome,
        examination=ExaminationsTable(dynamodb, resources["ExaminationsTable"]).get(identity),
        records=tuple(ResultsTable(dynamodb, resources["ResultsTable"]).fields(identity)),
        clinic=tuple(one for one in clinic if one.examination_id == identity.examination_id),
        patient=next((one for one in patient if one.examination_id == identity.examination_id), None),
    )
    return now if now.is_signed else replace(now, seconds=time.monotonic() - started)
