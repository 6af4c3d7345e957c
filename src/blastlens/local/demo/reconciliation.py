"""Reconciliation of the device demo: files against objects, fields and notices."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.domain.examination import SETTLED, Examination
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.sent_notices import SentNotice, pushed_notices, sent_notices

RELEASE = PatientRelease.AUTOMATIC
"""When patients are notified in the demo: nobody signs there."""


@dataclass(frozen=True)
class PatientRow:
    """Counts of one patient: files, objects, fields, examinations, and notices sent and recorded."""

    clinic_id: str
    patient_id: str
    written: int
    uploads: int
    fields: int
    examinations: int
    clinic_notices: int
    clinic_told: int
    patient_notices: int
    patient_told: int


@dataclass(frozen=True)
class DeviceDemoOutcome:
    """Result of the demo.

    Attributes:
        rows: by clinic and patient.
        lost: number of files without object, or in an examination that lacks a field, an answer or a notice.
        twice: number of duplicate objects and notices, and of unexpected objects.
        bytes_needed: size of all files.
        bytes_sent: bytes that the microscopes sent, headers included.
        seconds_to_notice: from S3's time of an examination's last field to the clinic's last notice, sorted; S3 has
            whole seconds. An examination is left out where a notice before that field says the same.
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


@dataclass(frozen=True)
class Sent:
    """What the cloud has: versions of each object, examinations, and notices of each examination by audience."""

    objects: Counter[str]
    examinations: Mapping[ExaminationId, Examination]
    notices: Mapping[Audience, Counter[str]]

    @classmethod
    def of(cls, cloud: EmbeddedCloud) -> "Sent":
        """Read a cloud without other uploads."""
        clinic = sent_notices(cloud.stack.resources["ClinicTopic"])
        notices = {Audience.CLINIC: _count(clinic), Audience.PATIENT: _count(pushed_notices())}
        return cls(_objects(cloud), read_examinations(cloud), notices)


def reconcile(
    cloud: EmbeddedCloud,
    written: Sequence[tuple[Upload, int]],
    sent: int,
    kills: int,
    faults: dict[str, int],
    asked: int,
) -> DeviceDemoOutcome:
    """Compare objects, fields and notices with the files that were written.

    Args:
        cloud: a cloud without other uploads.
        written: the expected uploads, each with its size in bytes; every examination has an id of its own.
        sent: number of bytes sent.
        kills: number of power cuts.
        faults: kind of network fault → count.
        asked: uploads for which a microscope has received the answer's status.
    """
    found = Sent.of(cloud)
    uploads = [upload for upload, _ in written]
    fields = Counter(upload.examination for upload in uploads)
    is_done = {identity: is_finished(found.examinations.get(identity), count) for identity, count in fields.items()}
    return DeviceDemoOutcome(
        rows=tuple(_rows(uploads, found)),
        lost=sum(not found.objects[one.key] or not is_done[one.examination] for one in uploads),
        twice=_count_twice(uploads, found),
        bytes_needed=sum(size for _, size in written),
        bytes_sent=sent,
        seconds_to_notice=tuple(sorted(_seconds_to_notice(found.examinations.values()))),
        kills=kills,
        faults=faults,
        asked=asked,
    )


def is_finished(one: Examination | None, fields: int) -> bool:
    """Check whether an examination has settled on all its fields, and nobody is still to be told."""
    return (
        one is not None
        and one.status in SETTLED
        and one.totals.fields == fields
        and one.owes(Audience.CLINIC, RELEASE) is None
        and one.owes(Audience.PATIENT, RELEASE) is None
    )


def read_examinations(cloud: EmbeddedCloud) -> dict[ExaminationId, Examination]:
    """Return every examination by its identity."""
    table = ExaminationsTable(cloud.clients.client("dynamodb"), cloud.stack.resources["ExaminationsTable"])
    return {one.id: one for one in table.all()}


def _seconds_to_notice(examinations: Iterable[Examination]) -> Iterator[float]:
    for one in examinations:
        told = one.last_told(Audience.CLINIC)
        if told is not None and (seconds := (told.told_at - one.totals.uploaded_at).total_seconds()) >= -1:
            yield seconds


def _count_twice(uploads: Sequence[Upload], found: Sent) -> int:
    """Count objects beyond the first of each file, unexpected ones, and notices that say what was said before."""
    versions = sum(count - 1 for count in found.objects.values())
    unexpected = len(set(found.objects) - {one.key for one in uploads})
    notices = 0
    for one in found.examinations.values():
        for audience, sent in found.notices.items():
            told = one.told.get(audience, ())
            repeated = sum(before.meaning is after.meaning for before, after in pairwise(told))
            notices += repeated + max(0, sent[one.id.examination_id] - len(told))
    return versions + unexpected + notices


def _rows(uploads: Sequence[Upload], found: Sent) -> Iterator[PatientRow]:
    for clinic_id, patient_id in sorted({(one.clinic_id, one.patient_id) for one in uploads}):
        own = [one for one in uploads if (one.clinic_id, one.patient_id) == (clinic_id, patient_id)]
        examinations = [one for one in found.examinations.values() if one.id.patient == f"{clinic_id}/{patient_id}"]
        sent = {
            audience: sum(count[one.id.examination_id] for one in examinations)
            for audience, count in found.notices.items()
        }
        told = {audience: sum(len(one.told.get(audience, ())) for one in examinations) for audience in found.notices}
        yield PatientRow(
            clinic_id,
            patient_id,
            len(own),
            sum(found.objects[one.key] for one in own),
            sum(one.totals.fields for one in examinations),
            len(examinations),
            sent[Audience.CLINIC],
            told[Audience.CLINIC],
            sent[Audience.PATIENT],
            told[Audience.PATIENT],
        )


def _objects(cloud: EmbeddedCloud) -> Counter[str]:
    """Count the versions of every upload."""
    pages = cloud.clients.client("s3").get_paginator("list_object_versions")
    found = pages.paginate(Bucket=cloud.stack.resources["UploadBucket"], Prefix="uploads/")
    return Counter(one["Key"] for page in found for one in page.get("Versions", []))


def _count(notices: Sequence[SentNotice]) -> Counter[str]:
    """Count the notices of each examination; they carry its id as `upload_id`, too."""
    return Counter(one.attributes.get("upload_id", "") for one in notices)
