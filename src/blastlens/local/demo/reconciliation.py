"""The books of the demo with microscopes: what was written against what is stored, answered and told."""

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
class Row:
    """One patient's books: files written, objects and answers there, and notices sent of what was owed."""

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
    """What became of it.

    Attributes:
        rows: by clinic and patient.
        lost: files of which no object, answer or notice came.
        twice: objects or notices there are more than once, and objects nobody wrote.
        bytes_needed: size of all files.
        bytes_sent: what the microscopes put on the line for it, headers included.
        seconds_to_notice: from S3's time of each upload to the clinic's notice, sorted; S3 tells whole seconds.
        kills: power cuts that hit an agent at work.
        faults: what the network did, by kind.
        asked: uploads of which the microscopes know that they were answered.
    """

    rows: tuple[Row, ...]
    lost: int
    twice: int
    bytes_needed: int
    bytes_sent: int
    seconds_to_notice: tuple[float, ...]
    kills: int
    faults: dict[str, int]
    asked: int


def balance(
    cloud: EmbeddedCloud,
    written: Sequence[tuple[Upload, int]],
    sent: int,
    kills: int,
    faults: dict[str, int],
    asked: int,
) -> DeviceDemoOutcome:
    """Return the books: what lies in the cloud and was told, beside what was written.

    Args:
        cloud: in which nothing else was uploaded.
        written: uploads that were owed, each with its size in bytes.
        sent: bytes that went up the line.
        kills: power cuts.
        faults: what the network did, by kind.
        asked: uploads whose answer the microscopes know.
    """
    objects, records = (
        _objects(cloud),
        {one.id.upload.rpartition("/")[2]: one for one in _records(cloud, {one.clinic_id for one, _ in written})},
    )
    clinic, patient = uploads_of(clinics_notices(cloud)), uploads_of(pushed_notices())
    predicted = {name for name, one in records.items() if one.result.status is Status.CLASSIFIED}
    ids = {upload.upload_id for upload, _ in written}
    done = {upload.upload_id for upload, _ in written if objects[upload.key]} & set(records) & set(clinic)
    owed_patients = predicted - set(patient)
    strangers = set(objects) - {upload.key for upload, _ in written}
    seconds = [
        (one.notified[Audience.CLINIC] - one.result.uploaded_at).total_seconds()
        for one in records.values()
        if Audience.CLINIC in one.notified
    ]
    more = [count for counter in (objects, clinic, patient) for count in counter.values() if count > 1]
    return DeviceDemoOutcome(
        rows=tuple(_rows(written, objects, records, clinic, patient, predicted)),
        lost=len(ids - (done - owed_patients)),
        twice=sum(more) - len(more) + len(strangers),
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
) -> Iterator[Row]:
    for clinic_id, patient_id in sorted({(one.clinic_id, one.patient_id) for one, _ in written}):
        own = [one for one, _ in written if (one.clinic_id, one.patient_id) == (clinic_id, patient_id)]
        ids = [one.upload_id for one in own]
        yield Row(
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
    """Return what clinics were told."""
    return sent_notices(cloud.stack.resources["ClinicTopic"])


def uploads_of(notices: Sequence[SentNotice]) -> Counter[str]:
    """Count the notices of each upload."""
    return Counter(one.attributes.get("upload_id", "") for one in notices)
