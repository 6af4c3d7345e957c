"""A result as it lies in the table: the answer, who was told of it, and who signed it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blastlens.domain.finding import Finding, finding_of
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.domain.result import Result, ResultId, Status
from blastlens.domain.telling import PatientRelease

_SEQUENCER_LENGTH = 64


class Audience(StrEnum):
    """Who is told of a result."""

    CLINIC = "clinic"
    PATIENT = "patient"


@dataclass(frozen=True)
class SignOff:
    """A clinician's word on a prediction; it is given once.

    Attributes:
        signed_by: who signs, as the clinic names its people.
        caller: the identity that made the request, as the cloud proved it.
        label: the class the clinician sees, whether the model saw it too or not.
        signed_at: when (UTC).
    """

    signed_by: str
    caller: str
    label: Label
    signed_at: datetime


@dataclass(frozen=True)
class Record:
    """A stored result.

    Attributes:
        id: its place in the table. The one to trust: where the object's key breaks the contract the record
            does not hold the key, and `result.source.key` is empty.
        result: the answer.
        told: who has been told, and when (UTC).
        signed_off: the clinician's word; None as long as there is none.
        pushed: ids of the patient's phones that have taken the message; with `#corrected`, its correction.
        heard: what the patient was told that the smear shows; None before, and where nobody noted it.
        left_to_clinic: the clinic has read that nobody but them tells the patient, whom no phone reaches.
    """

    id: ResultId
    result: Result
    told: Mapping[Audience, datetime]
    signed_off: SignOff | None = None
    pushed: frozenset[str] = frozenset()
    heard: Finding | None = None
    left_to_clinic: bool = False

    @property
    def owed(self) -> tuple[Audience, ...]:
        """Who has yet to be told: the clinic of every result, the patient of predictions that are not left to it."""
        tells_patient = self.result.status is Status.CLASSIFIED and not self.left_to_clinic
        audiences = (Audience.CLINIC, Audience.PATIENT) if tells_patient else (Audience.CLINIC,)
        return tuple(audience for audience in audiences if audience not in self.told)

    @property
    def finding(self) -> Finding | None:
        """What the patient is told: what the clinician saw, or else the model; None of a rejected image."""
        answer = self.result.answer
        if self.signed_off is not None:
            return finding_of([self.signed_off.label])
        return finding_of(answer.prediction_set) if isinstance(answer, Prediction) else None

    @property
    def owes_correction(self) -> bool:
        """Whether the patient has yet to be told that a clinician signed something else than they were told."""
        contradicts = self.signed_off is not None and self.heard not in (None, self.finding)
        return contradicts and not self.left_to_clinic

    def due(self, release: PatientRelease) -> tuple[Audience, ...]:
        """Who of them may be told now: a patient waits for the sign-off where that is how patients are told."""
        waits = self.waits_for_sign_off(release)
        return tuple(one for one in self.owed if not (waits and one is Audience.PATIENT))

    def waits_for_sign_off(self, release: PatientRelease) -> bool:
        """Tell whether the patient may not be told before a clinician has signed."""
        return release is PatientRelease.AFTER_SIGN_OFF and self.signed_off is None


def newest_first(records: Iterable[Record]) -> list[Record]:
    """Sort the records of one upload so that the newest object version, by its newest answer, comes first.

    S3's events arrive in any order: the time of the answer says nothing about which version is the newer one.
    An upload may lie under several keys (`.png`, `.jpg`); S3's sequencers say nothing across keys, so there the time
    of each key's newest version decides.
    """
    by_key: dict[str, list[Record]] = {}
    for record in records:
        by_key.setdefault(record.result.source.key, []).append(record)
    groups = [_sorted_versions(group) for group in by_key.values()]
    groups.sort(key=lambda group: max(one.result.uploaded_at for one in group), reverse=True)
    return [record for group in groups for record in group]


def _sorted_versions(records: list[Record]) -> list[Record]:
    """Sort the records of one key; where a sequencer is missing, the times of the uploads have to do."""
    if all(record.result.source.sequencer for record in records):
        return sorted(records, key=lambda one: (_sequencer(one), one.result.answered_at), reverse=True)
    return sorted(records, key=lambda one: (one.result.uploaded_at, one.result.answered_at), reverse=True)


def _sequencer(record: Record) -> str:
    # S3 compares sequencers as text, the shorter one filled up with zeros on its right.
    return record.result.source.sequencer.upper().ljust(_SEQUENCER_LENGTH, "0")
