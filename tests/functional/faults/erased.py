"""Erasure of a patient in a scenario, in two passes, and its check."""

from dataclasses import dataclass, field

from blastlens.cloud.operations.erasure import SETTLE_SECONDS
from blastlens.domain.errors import ServiceFault
from blastlens.domain.patient import PatientId
from blastlens.domain.upload import ObjectVersion
from tests.answers import BUCKET
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, PATIENT_ACCESS_TABLE, REVIEWS_TABLE, TABLE
from tests.failing_clients import Died
from tests.functional.faults.world import World

_TRIES = 20


@dataclass
class ErasedPatients:
    """The patients that were erased.

    Attributes:
        world: where they were.
        kept: patient -> ids of the object versions that there were when the last pass ended.
    """

    world: World
    kept: dict[PatientId, frozenset[str]] = field(default_factory=dict)

    def first_pass(self, patient: PatientId) -> None:
        """Forbid and erase, again and again while calls fail or the process dies."""
        for _ in range(_TRIES):
            try:
                erasure = self.world.erasure
                found = erasure.survey(patient)
                erasure.forbid(patient)
                erasure.erase(patient, found, lambda kind, number: None)
                return
            except (ServiceFault, Died):
                continue

    def second_pass(self, patient: PatientId, versions: frozenset[str]) -> None:
        """Erase what was being answered during the first pass."""
        self.world.sleep(SETTLE_SECONDS)
        self.first_pass(patient)
        self.kept[patient] = versions

    def includes(self, version: ObjectVersion) -> bool:
        """Check whether an object version is of an erased patient, and may stay unread."""
        return any(version.key.startswith(patient.prefixes[0]) for patient in self.kept)

    def check(self) -> None:
        """Check that nothing is left of them but images that arrived afterwards, which are not read."""
        for patient, versions in self.kept.items():
            for table in (TABLE, EXAMINATIONS_TABLE, CONTENTS_TABLE, PATIENT_ACCESS_TABLE, REVIEWS_TABLE):
                named = [one for one in self.world.cloud.tables.scan(TableName=table)["Items"] if _names(one, patient)]
                assert not named, f"{table} names an erased patient: {named}"
            uploads, artifacts = (self._versions(prefix) for prefix in patient.prefixes)
            assert not artifacts, "pictures of an erased patient are left"
            assert not uploads & versions, "images of an erased patient are left"
            phones = self.world.phones.of(patient.clinic_id, patient.patient_id)
            assert not any(self.world.phones.is_known(one) for one in phones)

    def _versions(self, prefix: str) -> set[str]:
        found = self.world.cloud.objects.list_object_versions(Bucket=BUCKET, Prefix=prefix)
        return {one["VersionId"] for one in found.get("Versions", [])}


def _names(item: object, patient: PatientId) -> bool:
    return patient.patient_id in repr(item)
