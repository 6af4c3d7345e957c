"""Erasure of a patient: object versions, records and phones."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.object_versions import ObjectVersions, StoredVersion
from blastlens.cloud.operations.registration import remove_phone
from blastlens.cloud.tables.items import Item
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.patient_items import PatientItems
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.clinic import Phone
from blastlens.domain.patient import PatientId
from blastlens.domain.result import result_id

SETTLE_SECONDS = 120
"""Time after the tombstone until every answer that was under way is stored or given up.

The longest function, classify, ends after 90 seconds, and reads the tombstone before it begins with an image.
"""

_ACCESS = "codes, sessions and browsers of the patient's page"

_SINGULAR = {
    "object versions": "object version",
    "field records": "field record",
    "examinations": "examination",
    "events of reviews": "event of a review",
    "records of image contents": "record of image contents",
    "mentions in records of other patients": "mention in a record of another patient",
    "phones": "phone",
    _ACCESS: "code, session or browser of the patient's page",
}

Report = Callable[[str, int], None]
"""Called while a pass runs with what was deleted, and how many of it."""


@dataclass(frozen=True)
class Holdings:
    """What is stored of a patient.

    Attributes:
        versions: object versions and delete markers.
        fields: field records, as stored.
        examinations: examinations, as stored.
        reviews: events of their reviews (moves, exclusions, comments, questions and opinions), as stored.
        contents: records of the bytes that the patient had first.
        copies: field records of other patients that name one of the patient's examinations.
        phones: the patient's phones.
        access: the patient's access codes, sessions and browsers, as stored.
    """

    versions: tuple[StoredVersion, ...]
    fields: tuple[Item, ...]
    examinations: tuple[Item, ...]
    reviews: tuple[Item, ...]
    contents: tuple[Item, ...]
    copies: tuple[Item, ...]
    phones: tuple[Phone, ...]
    access: tuple[Item, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each, by the words that people read."""
        return {
            "object versions": len(self.versions),
            "field records": len(self.fields),
            "examinations": len(self.examinations),
            "events of reviews": len(self.reviews),
            "records of image contents": len(self.contents),
            "mentions in records of other patients": len(self.copies),
            "phones": len(self.phones),
            _ACCESS: len(self.access),
        }

    @property
    def described(self) -> list[str]:
        """What is stored, as in "1 phone"; an empty list for nothing."""
        return [
            f"{number:,} {what if number != 1 else _SINGULAR[what]}" for what, number in self.counts.items() if number
        ]

    @property
    def signed(self) -> int:
        """How many of the examinations a clinician has signed."""
        return sum(bool(one.get("history")) for one in self.examinations)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stored."""
        return not any(self.counts.values())


@dataclass(frozen=True)
class Erasure:
    """Finds and erases what is stored of a patient.

    Every method raises ServiceFault if a service refuses, and ServiceUnavailable where a retry may help. A pass that
    was interrupted is repeated from the beginning: what is deleted already is not found again.

    Attributes:
        objects: versions of the bucket's objects.
        items: the patient's items in the tables.
        tombstones: tombstones of erased patients.
        phones: the table of phones.
        endpoints: phone endpoints.
        clock: returns the time (UTC).
        access: the table of patients' access.
    """

    objects: ObjectVersions
    items: PatientItems
    tombstones: Tombstones
    phones: PhonesTable
    endpoints: Endpoints
    clock: Callable[[], datetime]
    access: PatientAccessTable

    def survey(self, patient: PatientId) -> Holdings:
        """Return everything that is stored of a patient."""
        versions = tuple(chain.from_iterable(self.objects.under(prefix) for prefix in patient.prefixes))
        examinations = self.items.examinations_of(patient)
        partitions = {str(patient.examination(one["examination"])) for one in examinations}
        return Holdings(
            versions=versions,
            fields=tuple(self.items.fields_of(patient, partitions | set(_partitions_in(patient, versions)))),
            examinations=tuple(examinations),
            reviews=tuple(self.items.reviews_of(patient)),
            contents=tuple(self.items.contents_of(patient)),
            copies=tuple(self.items.copies_of(patient)),
            phones=tuple(self.phones.of_patient(patient.clinic_id, patient.patient_id)),
            access=tuple(self.access.items_of(patient)),
        )

    def forbid(self, patient: PatientId) -> None:
        """Store the tombstone: from now on nothing of the patient is stored anew."""
        self.tombstones.add(patient, self.clock())

    def erase(self, patient: PatientId, holdings: Holdings, report: Report) -> None:
        """Erase what was found; the tombstone must stand before.

        The phones and access codes go first, so that nobody is notified of what is being erased, or opens it.
        Examinations go last: they lead to their fields when an interrupted erasure is repeated. An event of a review is
        stored only while its examination is there: the second pass finds those that were stored during the first.
        """
        for phone in holdings.phones:
            remove_phone(self.phones, self.endpoints, phone)
            report("phones", 1)
        for item in holdings.access:
            self.access.delete_item(item)
            report(_ACCESS, 1)
        for prefix in patient.prefixes:
            self.objects.abort_unfinished_uploads(prefix)
        for number in self.objects.delete(iter(holdings.versions)):
            report("object versions", number)
        for kind, item, delete in self._deletions(holdings):
            delete(item)
            report(kind, 1)

    def _deletions(self, holdings: Holdings) -> Iterator[tuple[str, Item, Callable[[Item], None]]]:
        for copy in holdings.copies:
            yield "mentions in records of other patients", copy, self.items.forget_copy
        for content in holdings.contents:
            yield "records of image contents", content, self.items.delete_content
        for field in holdings.fields:
            yield "field records", field, self.items.delete_field
        for event in holdings.reviews:
            yield "events of reviews", event, self.items.delete_review
        for examination in holdings.examinations:
            yield "examinations", examination, self.items.delete_examination


def _partitions_in(patient: PatientId, versions: Iterable[StoredVersion]) -> Iterator[str]:
    """Yield the partitions of field records that the keys of a patient's objects lead to.

    An image whose name violates the contract has a record under the hash of its key.
    """
    uploads, artifacts = patient.prefixes
    for one in versions:
        key = one.source.key
        if key.startswith(uploads):
            yield result_id(one.source, "").upload
        elif key.startswith(artifacts):
            yield str(patient.examination(key.removeprefix(artifacts).partition("/")[0]))
