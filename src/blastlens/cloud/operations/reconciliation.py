"""Reconciliation of images, field records, examinations and notices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from blastlens.cloud.object_versions import ObjectVersions, StoredVersion
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.field_partitions import examinations_with_fields, has_field
from blastlens.cloud.tables.notice_requests import examinations_to_notify, owed_audiences, request_notification
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.discrepancy import PATIENCE, Discrepancy, Kind, owed_since
from blastlens.domain.errors import UploadRefused
from blastlens.domain.examination import Examination
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.examining import examine
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Record
from blastlens.domain.result import reading_prefix, result_id, version_part
from blastlens.domain.review import fold_events
from blastlens.domain.upload import ExaminationId, ObjectVersion, Upload, is_placeholder, parse_key

Report = Callable[[str], None]
"""Called with what is compared now, and again for every page or examination."""

_UPLOADS = "uploads/"


@dataclass
class Reconciliation:
    """Compares what S3 and the tables hold, and repairs what does not agree.

    Repairs only ask the functions to work again; each of them does nothing where nothing is to be done. So nobody is
    told what they were told, and a repair may be repeated.

    Every method raises ServiceFault if a service refuses, and ServiceUnavailable where a retry may help.

    Attributes:
        objects: versions of the bucket's objects.
        results: the table of field records.
        examinations: the table of examinations.
        reviews: the table of reviews.
        queue: where images are queued again, and examinations computed.
        quiet: after how long without an answer an examination settles.
        release: when patients are notified.
        clock: returns the time (UTC).
        records_expire: whether records are deleted after some days, so that a missing one is no discrepancy.
    """

    objects: ObjectVersions
    results: ResultsTable
    examinations: ExaminationsTable
    reviews: ReviewsTable
    queue: SettleQueue
    quiet: timedelta
    release: PatientRelease
    clock: Callable[[], datetime]
    records_expire: bool = False
    _fields: tuple[ExaminationId, Sequence[Record]] | None = field(default=None, init=False)

    def compare(self, since: datetime | None, report: Report) -> Iterator[Discrepancy]:
        """Yield every discrepancy that is older than an hour.

        Args:
            since: only images stored, and examinations with fields answered, since then (UTC); None for all. Owed
                notices are found however old they are.
            report: is called while this runs.
        """
        yield from self._compare_images(since, report)
        yield from self._compare_examinations(since, report)
        yield from self._find_owed(report)

    def repair(self, found: Discrepancy) -> bool:
        """Ask the function that can repair a discrepancy to do so; return False where a person has to."""
        if not found.can_be_repaired:
            return False
        if found.sources:
            self.queue.request_reading(found.sources, found.since)
        elif found.examination is None:
            return False
        elif found.kind is Kind.OWED:
            request_notification(self.examinations.client, self.examinations.name, found.examination, self.clock())
        else:
            self.queue.remind(found.examination, timedelta())
        return True

    # ---- images against field records -------------------------------------------------------------------------------

    def _compare_images(self, since: datetime | None, report: Report) -> Iterator[Discrepancy]:
        before = self.clock() - PATIENCE
        for version in self.objects.under(_UPLOADS):
            report("images")
            is_old = since is not None and version.stored_at < since
            if version.is_marker or not version.is_current or is_old or version.stored_at > before:
                continue
            if is_placeholder(version.source) or self._is_read(version):
                continue
            yield self._unread(version)

    def _is_read(self, version: StoredVersion) -> bool:
        try:
            upload = parse_key(version.source.key)
        except UploadRefused:
            return has_field(self.results.client, self.results.name, result_id(version.source, ""))
        prefix = f"{reading_prefix(upload)}{version_part(version.source)}#"
        return any(one.id.reading.startswith(prefix) for one in self._fields_of(upload))

    def _fields_of(self, upload: Upload) -> Sequence[Record]:
        """Return the field records of an upload's examination; keys are listed in order, so that one is remembered."""
        if self._fields is None or self._fields[0] != upload.examination:
            self._fields = (upload.examination, self.results.fields(upload.examination))
        return self._fields[1]

    def _unread(self, version: StoredVersion) -> Discrepancy:
        try:
            upload = parse_key(version.source.key)
        except UploadRefused:
            return Discrepancy(Kind.UNREAD, version.stored_at, None, (version.source,), "unreadable key")
        is_erased = self.examinations.is_erased(upload.examination)
        kind, sources = (Kind.OF_ERASED, ()) if is_erased else (Kind.UNREAD, (version.source,))
        return Discrepancy(kind, version.stored_at, upload.examination, sources, f"upload {upload.upload_id}")

    # ---- field records against examinations -------------------------------------------------------------------------

    def _compare_examinations(self, since: datetime | None, report: Report) -> Iterator[Discrepancy]:
        for identity in examinations_with_fields(self.results.client, self.results.name, since):
            report("examinations")
            found = self._compare_examination(identity)
            if found is not None and self.clock() - found.since > PATIENCE:
                yield found

    def _compare_examination(self, identity: ExaminationId) -> Discrepancy | None:
        # The examination is read before its fields: examine writes it after them, so it is never newer than they are.
        stored, records = self.examinations.get(identity), self.results.fields(identity)
        if not records or self._is_expiring(stored):
            return None
        newest = max(one.result.answered_at for one in records)
        if stored is None:
            return None if self.examinations.is_erased(identity) else Discrepancy(Kind.UNEXAMINED, newest, identity)
        excluded = fold_events(self.reviews.of(identity)).excluded
        computed = examine(identity, records, stored, self.clock(), self.quiet, excluded=excluded).examination
        settling = newest + self.quiet
        if computed.totals.fields < stored.totals.fields:
            # Computing it again would forget what it rested on.
            return None if self.records_expire else Discrepancy(Kind.LOST, settling, identity)
        if replace(computed, revision=stored.revision, status=stored.status, requeues=stored.requeues) != stored:
            return Discrepancy(Kind.DIFFERENT, settling, identity)
        if computed.status is not stored.status:
            return Discrepancy(Kind.UNSETTLED, settling, identity)
        return self._find_stuck(stored, records, settling)

    def _is_expiring(self, stored: Examination | None) -> bool:
        """Check whether fields of an examination may be deleted already, so that the rest does not come to it."""
        first = None if stored is None else stored.totals.first_expires_at
        return first is not None and first <= self.clock()

    def _find_stuck(self, stored: Examination, records: Sequence[Record], since: datetime) -> Discrepancy | None:
        # By now examine has queued them again and given up, or never did, as for a migrated examination.
        if stored.history or not stored.totals.waiting_for_model:
            return None
        sources: tuple[ObjectVersion, ...] = total_fields(records).unread
        return Discrepancy(Kind.STUCK, since, stored.id, sources)

    # ---- examinations against notices -------------------------------------------------------------------------------

    def _find_owed(self, report: Report) -> Iterator[Discrepancy]:
        for one in examinations_to_notify(self.examinations, self.release):
            report("notices")
            since = owed_since(one, self.quiet)
            if self.clock() - since > PATIENCE:
                yield Discrepancy(Kind.OWED, since, one.id, detail=" and ".join(owed_audiences(one, self.release)))
