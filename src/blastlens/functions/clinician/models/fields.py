"""Models of fields, their readings, links and cells."""

from pydantic import Field

from blastlens.domain.errors import Reason
from blastlens.domain.field import Caution, CellKind, PixelSizeSource
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.result import Status
from blastlens.domain.review import CellClass
from blastlens.functions.clinician.models.common import Answer, Id, Link, Share, Time
from blastlens.functions.clinician.models.examinations import Model
from blastlens.functions.clinician.models.reviews import Exclusion

Pixels = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the field as uploaded."""


class Quality(Answer):
    """Measurements of an image before it was read."""

    focus: float
    brightness: float
    contrast: float
    stained_fraction: float
    background_fraction: float
    foreign_fraction: float
    grey_fraction: float
    steadiness: float


class FieldSummary(Answer):
    """What was read of a field."""

    pixel_size_um: float | None
    pixel_size_from: PixelSizeSource
    pixel_size_error: float | None
    windows: int
    white_cells: int
    unnamed_cells: int
    blasts: int
    kinds: dict[CellKind, int] = Field(description="Number of white cells by likeliest kind.")
    uncertain_cells: int | None = Field(description="White cells that a person has to look at before signing.")
    cautions: list[Caution]


class Artifacts(Answer):
    """Object keys of the pictures and of the file of cells; `links` has the addresses."""

    segmented: str | None
    overlay: str | None
    heat: str | None
    cells: str | None


class SignOff(Answer):
    """Signature on a single image, from before examinations."""

    signed_by: str
    label: Label
    signed_at: Time


class EdgeVerdict(Answer):
    """Verdict of the screening at the microscope, before the upload. No answer depends on it."""

    digest: str = Field(description="Digest of the model package that it was made with.")
    probabilities: dict[Label, Share]
    prediction_set: list[Label] = Field(description="Labels that it could not exclude.")
    finding: Finding
    disagrees: bool | None = Field(
        description="Whether one of it and the answer leaves leukemia open and the other does not. Where the image was "
        "rejected: true for a verdict of leukemia alone, else null."
    )


class Reading(Answer):
    """Answer of one model to one version of an image; a refused one has a reason and a sentence."""

    clinic_id: Id | None
    patient_id: Id | None
    examination_id: Id | None
    upload_id: Id | None
    reading: str
    status: Status
    label: Label | None
    probabilities: dict[Label, Share] | None
    prediction_set: list[Label] | None
    reason: Reason | None
    message: str | None
    quality: Quality | None
    field: FieldSummary | None
    model: Model
    artifacts: Artifacts
    taken_at: Time | None
    uploaded_at: Time
    answered_at: Time
    signed_off: SignOff | None
    edge: EdgeVerdict | None
    counts: bool = Field(description="Whether the examination's answer rests on it.")


class FieldLinks(Answer):
    """Links to the image and to the pictures of the reading that counts, else of the newest one."""

    image: Link | None
    segmented: Link | None
    overlay: Link | None
    heat: Link | None


class ExaminationField(Answer):
    """A field with its readings, the newest first."""

    upload_id: Id
    same_as: str | None
    excluded: Exclusion | None
    links: FieldLinks
    readings: list[Reading]


class FieldPage(Answer):
    """Page of an examination's fields, in the order in which they were taken."""

    fields: list[ExaminationField]
    next: str | None


class CellMoved(Answer):
    """Kind that a person gave a cell."""

    kind: CellClass
    by: str
    at: Time


class FoundCell(Answer):
    """White cell of a field; `cell` is its index in that reading."""

    cell: int
    box: Pixels
    outline: list[tuple[int, int]]
    nucleus_um: float | None
    blast_probability: Share
    kind: CellKind
    moved: CellMoved | None


class CellField(Answer):
    """White cells and windows of a field, by the reading that counts."""

    upload_id: Id
    reading: str
    missing: bool = Field(description="Whether the file of cells is gone: its cells are unknown, which is not none.")
    width: int | None
    height: int | None
    pixel_size_um: float | None
    pixel_size_from: PixelSizeSource
    pixel_size_error: float | None
    windows: list[Pixels]
    image: Link
    cells: list[FoundCell]


class CellPage(Answer):
    """Page of the fields of an examination that have cells, in the order in which they were taken."""

    fields: list[CellField]
    next: str | None
