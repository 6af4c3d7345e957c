"""Reconciliation of the device demo: files against objects and notices."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Status
from blastlens.domain.upload import Upload
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import SentNotice, pushed_notices, sent_notices


@dataclass(frozen=True)
class PatientRow:
    """Counts of one patient: files, objects, answers, notices sent and expected."""

    clinic_id: str
    patient_id: str
    written: int
    uploads: int
    answers: int
    clinic_notices: int
    clinic_owed: int
    patient_notices: int
    patient_owed: int


@dataclass(frozen=True)
class DeviceDemoOutcome:
    """Result of the demo.

    Attributes:
        rows: by clinic and patient.
        lost: number of files without object, answer or notice.
        twice: number of duplicate objects and notices, and of unexpected objects.
        bytes_needed: size of all files.
        bytes_sent: bytes that the microscopes sent, headers included.
        seconds_to_notice: from S3's time of each upload to the clinic's notice, sorted; S3 has whole seconds.
        kills: power cuts of a running agent.
        faults: kind of network fault → count.
        asked: uploads for which a microscope has received the answer's status.
    """

    rows: tuple[PatientRow, ...]
    lost: int
    twice: int
    bytes_needed: int
    bytes_sent: int
    seconds_to_notice: tuple[float, ...]
    kills: int
    faults: dict[str, int]
    asked: int


def reconcile(
    cloud: EmbeddedCloud,
    written: Sequence[tuple[Upload, int]],
    sent: int,
    kills: int,
    faults: dict[str, int],
    asked: int,
) -> DeviceDemoOutcome:
    """Compare objects, answers and notices with the files that were written.

    Args:
        cloud: a cloud without other uploads.
        written: the expected uploads, each with its size in bytes.
        sent: number of bytes sent.
        kills: number of power cuts.
        faults: kind of network fault → count.
        asked: uploads for which a microscope has received the answer's status.
    """
    objects, records = (
        _objects(cloud),
        {one.id.upload.rpartition("/")[2]: one for one in _records(cloud, {one.clinic_id for one, _ in written})},
    )
    clinic, patient = uploads_of(clinics_notices(cloud)), uploads_of(pushed_notices())
    predicted = {name for name, one in records.items() if one.result.status is Status.CLASSIFIED}
    ids = {upload.upload_id for upload, _ in written}
    done = {upload.upload_id for upload, _ in written if objects[upload.key]} & set(records) & set(clinic)
    missing_patients = predicted - set(patient)
    unexpected = set(objects) - {upload.key for upload, _ in written}
    seconds = [
        (one.notified[Audience.CLINIC] - one.result.uploaded_at).total_seconds()
        for one in records.values()
        if Audience.CLINIC in one.notified
    ]
    more = [count for counter in (objects, clinic, patient) for count in counter.values() if count > 1]
    return DeviceDemoOutcome(
        rows=tuple(_rows(written, objects, records, clinic, patient, predicted)),
        lost=len(ids - (done - missing_patients)),
        twice=sum(more) - len(more) + len(unexpected),
        bytes_needed=sum(size for _, size in written),
        bytes_sent=sent,
        seconds_to_notice=tuple(sorted(seconds)),
        kills=kills,
        faults=faults,
        asked=asked,
    )


def _rows(
    written: Sequence[tuple[Upload, int]],
    objects: Counter[str],
    records: dict[str, Record],
    clinic: Counter[str],
    patient: Counter[str],
    predicted: set[str],
) -> Iterator[PatientRow]:
    for clinic_id, patient_id in sorted({(one.clinic_id, one.patient_id) for one, _ in written}):
        own = [one for one, _ in written if (one.clinic_id, one.patient_id) == (clinic_id, patient_id)]
        ids = [one.upload_id for one in own]
        yield PatientRow(
            clinic_id,
            patient_id,
            len(own),
            sum(objects[one.key] for one in own),
            sum(name in records for name in ids),
            sum(clinic[name] for name in ids),
            len(own),
            sum(patient[name] for name in ids),
            sum(name in predicted for name in ids),
        )


def _objects(cloud: EmbeddedCloud) -> Counter[str]:
    """Count the versions of every upload."""
    pages = cloud.clients.client("s3").get_paginator("list_object_versions")
    found = pages.paginate(Bucket=cloud.stack.resources["UploadBucket"], Prefix="uploads/")
    return Counter(one["Key"] for page in found for one in page.get("Versions", []))


def _records(cloud: EmbeddedCloud, clinics: Collection[str]) -> Iterator[Record]:
    table = ResultsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ResultsTable"])
    for clinic in sorted(clinics):
        page = table.worklist(clinic, 100)
        yield from page.records
        while page.next is not None:
            page = table.worklist(clinic, 100, page.next)
            yield from page.records


def clinics_notices(cloud: EmbeddedCloud) -> list[SentNotice]:
    """Return the notices of all clinics."""
    return sent_notices(cloud.stack.resources["ClinicTopic"])


def uploads_of(notices: Sequence[SentNotice]) -> Counter[str]:
    """Count the notices of each upload."""
    return Counter(one.attributes.get("upload_id", "") for one in notices)
