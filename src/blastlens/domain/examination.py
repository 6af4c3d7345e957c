"""Examinations: all fields of one smear, with one answer and its signatures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from blastlens.domain.edge_comparison import NOTHING_COMPARED, EdgeTotals
from blastlens.domain.errors import Reason
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.field import Caution
from blastlens.domain.finding import Finding
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.record import Audience
from blastlens.domain.signature import FINDINGS, Signature, SignatureKind, current_conclusion
from blastlens.domain.upload import ExaminationId


class ExaminationStatus(StrEnum):
    """State of an examination.

    OPEN while fields may arrive, READY or INSUFFICIENT when it has settled, then what the last signature did.
    """

    OPEN = "OPEN"
    READY = "READY"
    INSUFFICIENT = "INSUFFICIENT"
    SIGNED = "SIGNED"
    AMENDED = "AMENDED"
    RETRACTED = "RETRACTED"


SETTLED = (ExaminationStatus.READY, ExaminationStatus.INSUFFICIENT)
"""States with an answer that waits for a signature."""

SIGNED = (ExaminationStatus.SIGNED, ExaminationStatus.AMENDED)
"""States with a conclusion that stands."""


class Meaning(StrEnum):
    """What an audience was told of, or is to be told of: it is told again only where this changes."""

    HARMLESS = "harmless"
    LEUKEMIA = "leukemia"
    UNCERTAIN = "uncertain"
    INSUFFICIENT = "insufficient"
    OTHER_DISEASE = "other_disease"
    NOT_ASSESSABLE = "not_assessable"
    RETRACTED = "retracted"
    HELD = "held"
    LATE_FIELD = "late_field"


@dataclass(frozen=True)
class Told:
    """One notice that an audience got.

    Attributes:
        meaning: what it said.
        told_at: when it was sent (UTC).
        basis: digest of the fields that it rested on.
        taken_at: when the newest of these fields was taken (UTC).
        signatures: how many signatures the examination had.
    """

    meaning: Meaning
    told_at: datetime
    basis: str
    taken_at: datetime | None = None
    signatures: int = 0


@dataclass(frozen=True)
class FieldTotals:
    """What all fields of an examination come to; `functions.examining` computes it from their records alone.

    Attributes:
        fields_read: fields that were answered by a prediction.
        fields_rejected: reason -> number of fields that were rejected for it.
        answer: the answer to all fields together; None where none could be read.
        model: the package whose answers it rests on.
        basis: digest of the records that it rests on, and of what is excluded (`examination_totals.basis_of`).
        first_taken_at: when the first field was taken (UTC), or uploaded where that is not known.
        last_taken_at: the same of the last one.
        uploaded_at: when the last field was stored (UTC).
        answered_at: when the last field was answered (UTC).
        declared_fields: how many fields the sender says there are; None where it does not say.
        is_declared_complete: whether a field was marked as the last one.
        waiting_for_model: fields that only an older model has read.
        shared_with: examinations of other patients of the clinic with the same bytes in a field, as text, sorted.
        cautions: number of fields with each caution, read and rejected.
        first_expires_at: when the first of its fields is deleted (UTC); None where they are kept.
        last_expires_at: when the last of them is deleted; None where one is kept.
        fields_excluded: fields that a person excluded; neither read nor rejected ones count them.
        hides_leukemia: whether leukemia is open only because an excluded field shows it or leaves it open.
        uncertain_cells: white cells that a person has to look at before signing.
        edge: verdicts of the screening at the microscope beside the answers to the same fields.
    """

    fields_read: int
    fields_rejected: Mapping[Reason, int]
    answer: ExaminationAnswer | None
    model: ModelIdentity
    basis: str
    first_taken_at: datetime
    last_taken_at: datetime
    uploaded_at: datetime
    answered_at: datetime
    declared_fields: int | None = None
    is_declared_complete: bool = False
    waiting_for_model: int = 0
    shared_with: tuple[str, ...] = ()
    cautions: Mapping[Caution, int] = field(default_factory=dict)
    first_expires_at: datetime | None = None
    last_expires_at: datetime | None = None
    fields_excluded: int = 0
    hides_leukemia: bool = False
    uncertain_cells: int = 0
    edge: EdgeTotals = NOTHING_COMPARED

    @property
    def fields(self) -> int:
        """Number of fields: read, rejected and excluded."""
        return self.fields_read + sum(self.fields_rejected.values()) + self.fields_excluded

    @property
    def finding(self) -> Finding:
        """Finding of the answer; insufficient where nothing could be read."""
        return Finding.INSUFFICIENT if self.answer is None else self.answer.finding

    @property
    def settled_status(self) -> ExaminationStatus:
        """State of an examination that waits for a signature and for nothing else."""
        is_enough = self.finding is not Finding.INSUFFICIENT
        return ExaminationStatus.READY if is_enough else ExaminationStatus.INSUFFICIENT


@dataclass(frozen=True)
class Release:
    """A person's statement that an examination belongs to its patient, although others have the same image.

    Attributes:
        released_by: the person, by the name that the clinic uses.
        caller: identity that made the request, as authenticated by the cloud.
        released_at: when (UTC).
        basis: digest of the fields that the person saw (`FieldTotals.basis`).
        shared_with: examinations of the others that it covers; one more holds the examination again.
    """

    released_by: str
    caller: str
    released_at: datetime
    basis: str
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """A stored examination.

    Attributes:
        id: its identity.
        revision: number of the write that stored it; every write is conditional on the one before.
        status: its state.
        totals: what its fields come to.
        history: signatures, oldest first.
        told: audience -> notices that it got, oldest first.
        pushed: marks of the phones that accepted a message, `PHONE#MEANING#NUMBER`.
        released: a person's statement that it belongs to its patient; None before.
        left_to_clinic: whether the clinic was notified that it must inform the patient, who has no reachable phone.
        requeues: how often fields were queued for a newer model.
        migrated: whether it was written for records from before examinations: nobody is notified of it.
    """

    id: ExaminationId
    revision: int
    status: ExaminationStatus
    totals: FieldTotals
    history: tuple[Signature, ...] = ()
    told: Mapping[Audience, tuple[Told, ...]] = field(default_factory=dict)
    pushed: frozenset[str] = frozenset()
    released: Release | None = None
    left_to_clinic: bool = False
    requeues: int = 0
    migrated: bool = False

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person to say that its images are its patient's own."""
        return bool(self.others)

    @property
    def others(self) -> tuple[str, ...]:
        """Examinations of other patients with the same image that no release covers, as text."""
        known = () if self.released is None else self.released.shared_with
        return tuple(one for one in self.totals.shared_with if one not in known)

    @property
    def has_late_fields(self) -> bool:
        """Whether fields arrived after the last signature was given; what a person excludes is no news to people."""
        return bool(self.history) and fields_of_basis(self.history[-1].basis) != fields_of_basis(self.totals.basis)

    @property
    def finding(self) -> Finding | None:
        """The signed finding, else that of the settled answer; None while it is open and after a retraction."""
        if self.history:
            conclusion = current_conclusion(self.history)
            return None if conclusion is None else FINDINGS[conclusion]
        return self.totals.finding if self.status in SETTLED else None

    def last_told(self, audience: Audience) -> Told | None:
        """Return the last notice that an audience got; None before the first one."""
        notices = self.told.get(audience, ())
        return notices[-1] if notices else None

    def meaning_for(self, audience: Audience, release: PatientRelease) -> Meaning | None:
        """Return what an audience should know now; None for nothing."""
        if audience is Audience.CLINIC:
            return self._meaning_for_clinic()
        if self.history:
            return Meaning.RETRACTED if self.history[-1].kind is SignatureKind.RETRACT else _meaning_of(self.finding)
        is_released = release is PatientRelease.AUTOMATIC and self.status is ExaminationStatus.READY
        return _meaning_of(self.finding) if is_released and audience is Audience.PATIENT else None

    def owes(self, audience: Audience, release: PatientRelease) -> Meaning | None:
        """Return what an audience is still to be told; None for nothing.

        A patient who was told nothing is not told of a retraction; one whose phone may have got a message is. The
        clinic is told once of fields that came after a signature, and once more after the next one. Systems get a
        report of each signature, also where it does not change the finding.
        """
        if self.migrated or (audience is Audience.PATIENT and self.left_to_clinic):
            return None
        meaning, last = self.meaning_for(audience, release), self.last_told(audience)
        if last is None:
            is_news = meaning is not Meaning.RETRACTED or audience is Audience.SYSTEM or bool(self.pushed)
            return meaning if is_news else None
        is_signed_since = last.signatures < len(self.history)
        if audience is Audience.SYSTEM:
            return meaning if is_signed_since else None
        if meaning is Meaning.LATE_FIELD and is_signed_since:
            return meaning
        return meaning if meaning is not last.meaning else None

    def _meaning_for_clinic(self) -> Meaning | None:
        if self.history:
            return Meaning.LATE_FIELD if self.has_late_fields else None
        if self.is_held:
            return Meaning.HELD
        return _meaning_of(self.finding)


def fields_of_basis(basis: str) -> str:
    """Return the part of a basis that stands for the fields alone, without what is excluded (`basis_of`)."""
    return basis.partition("-")[0]


def _meaning_of(finding: Finding | None) -> Meaning | None:
    return None if finding is None else Meaning(str(finding))
