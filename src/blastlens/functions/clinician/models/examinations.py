"""Models of examinations and of a worklist."""

from pydantic import Field

from blastlens.domain.errors import Reason
from blastlens.domain.examination import ExaminationStatus, Meaning
from blastlens.domain.finding import Finding, Urgency
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience
from blastlens.domain.review import CellClass
from blastlens.domain.signature import Check, Conclusion, SignatureKind
from blastlens.functions.clinician.models.common import Answer, Id, Share, Time
from blastlens.functions.clinician.models.reviews import Review


class Model(Answer):
    """The model package that an answer rests on."""

    name: str
    version: str
    digest: str


class FieldCounts(Answer):
    """Fields of an examination; `declared` is how many its sender says there are. Excluded ones do not count."""

    read: int
    rejected: dict[Reason, int]
    excluded: int
    declared: int | None
    waiting_for_model: int


class ComputedAnswer(Answer):
    """Answer to all fields together. It is no diagnosis, and "benign" does not rule leukemia out."""

    label: Label
    probabilities: dict[Label, Share]
    prediction_set: list[Label] = Field(description="Labels that cannot be excluded; more than one is uncertain.")
    finding: Finding
    white_cells: int
    blasts: int
    blast_interval: tuple[Share, Share]
    contradicts: bool
    missing_cells: int


class EdgeTotals(Answer):
    """Verdicts of the screening at the microscope beside the answers to the same fields. No answer depends on them."""

    compared: int = Field(
        description="Fields with a verdict and an answer, and rejected ones with a verdict of leukemia alone."
    )
    disagreeing: int = Field(description="Those of which one leaves leukemia open and the other does not.")
    disagrees: bool = Field(
        description="Whether all verdicts together leave leukemia open and all answers together do not, or the other "
        "way round."
    )


class Signature(Answer):
    """Entry of the history, oldest first; a retraction has no conclusion."""

    kind: SignatureKind
    conclusion: Conclusion | None
    replaces: Conclusion | None
    signed_by: str
    signed_at: Time
    reason: str | None
    basis: str
    checks: list[Check]


class Told(Answer):
    """Notice that an audience got."""

    meaning: Meaning
    told_at: Time
    basis: str
    taken_at: Time | None


class Release(Answer):
    """Statement of a person that an examination with another patient's image belongs to its patient."""

    released_by: str
    released_at: Time


class Examination(Answer):
    """All fields of one smear, with one answer and its signatures."""

    clinic_id: Id
    patient_id: Id
    examination_id: Id
    status: ExaminationStatus
    held: bool
    late_fields: bool
    finding: Finding | None
    basis: str
    signatures: int
    fields: FieldCounts
    answer: ComputedAnswer | None
    edge: EdgeTotals
    model: Model
    first_taken_at: Time
    last_taken_at: Time
    uploaded_at: Time
    answered_at: Time
    history: list[Signature]
    told: dict[Audience, list[Told]]
    left_to_clinic: bool
    released: Release | None
    urgency: Urgency
    summary: str = Field(description="One sentence, in the language of the request.")
    checks: list[Check] = Field(description="What a signer has to confirm.")
    hides_leukemia: bool = Field(
        description="Whether leukemia is open only because an excluded field shows it or leaves it open."
    )
    revision: int = Field(description="Number of the write that stored it; the ETag names it.")


class Differential(Answer):
    """White cells of the fields that count, by kind, as a person left them."""

    cells: int
    by_kind: dict[CellClass, int]
    moved: int
    blasts: int
    blast_share: Share | None
    blast_interval: tuple[Share, Share] | None


class ReviewedCells(Answer):
    """Review and differential after cells were moved."""

    review: Review
    differential: Differential


class OpenExamination(Examination):
    """An examination with its review and its differential."""

    review: Review
    differential: Differential


class Worklist(Answer):
    """Page of a worklist, unsigned and urgent first.

    It may have fewer examinations than asked for, and none; there are more as long as `next` is not null.
    """

    examinations: list[Examination]
    next: str | None
    as_of: Time
