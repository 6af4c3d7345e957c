"""Results of an audit, and their form in `audit.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import ModelIdentity
from blastlens.training.audit.answer_counts import AnswerCounts
from blastlens.training.audit.field_kinds import Family
from blastlens.training.evaluation.intervals import estimate_share


@dataclass(frozen=True)
class AuditRow:
    """The result of one probe.

    Attributes:
        probe: its name.
        accuracy: share of all images classified rightly, 0 to 1; a rejected image counts as wrong.
        images: number of images.
        rejected: number of images that were rejected.
        note: a sentence on what the result means.
        set_size: mean number of labels in the prediction sets; None without a model or answered images.
    """

    probe: str
    accuracy: float
    images: int
    rejected: int
    note: str
    set_size: float | None = None

    @property
    def share_rejected(self) -> float:
        """Share of the images that were rejected, 0 to 1."""
        return self.rejected / max(self.images, 1)


@dataclass(frozen=True)
class Heat:
    """Grad-CAM heat inside blasts, over the answered images.

    Attributes:
        inside: mean share of the heat that lies inside blasts, 0 to 1.
        area: mean share of the image that blasts cover, 0 to 1; the share of heat expected by chance.
        images: number of images.
    """

    inside: float
    area: float
    images: int


@dataclass(frozen=True)
class FieldRow:
    """The result on one kind of field.

    Attributes:
        kind: its name.
        family: what it changes.
        readable: whether its accuracy is asked for; of the others only that leukemia is never benign alone.
        right: number of fields whose label is right; a rejected one is not.
        leukemias: number of leukemic fields.
        missed: how many of them came back as benign alone.
        covered: number of prediction sets that hold the true label.
        pixel_size_error: median of the relative errors of the pixel size, 0 or more; None where none was stated.
        counts: of all answers.
    """

    kind: str
    family: Family
    readable: bool
    right: int
    leukemias: int
    missed: int
    covered: int
    pixel_size_error: float | None
    counts: AnswerCounts

    @property
    def accuracy(self) -> float:
        """Share of all fields whose label is right, 0 to 1."""
        return self.right / max(self.counts.images, 1)

    def plain(self) -> dict[str, Any]:
        """Return the row as JSON can hold it."""
        return {
            "kind": self.kind,
            "family": str(self.family),
            "readable": self.readable,
            "accuracy": estimate_share(self.right, self.counts.images).plain(),
            "leukemias": self.leukemias,
            "leukemia_as_benign_alone": self.missed,
            "covered": self.covered,
            "pixel_size_error": self.pixel_size_error,
            **self.counts.plain(),
        }


@dataclass(frozen=True)
class Audit:
    """The results of one package.

    Attributes:
        package: its name, version and digest.
        recipe: that it was trained with.
        part: of the split, which the results are of: "training", "calibration" or "validation".
        split: plan of the split, as in the package's manifest.
        overlap_with_training: how many images have a copy or an overlapping field among the training images;
            None where it is unknown.
        chance: share of the most frequent class, 0 to 1: the accuracy of a constant answer.
        rows: one for each probe; empty where none was measured.
        heat: None where no image was answered.
        classes: number of classes of the model.
        fields: one row for each kind of field; empty where none was measured.
        laboratories: one row for each laboratory that a fold left out, from results files.
    """

    package: ModelIdentity
    recipe: str
    part: str
    split: Mapping[str, Any]
    overlap_with_training: int | None
    chance: float
    rows: tuple[AuditRow, ...]
    heat: Heat | None
    classes: int = len(LABELS)
    fields: tuple[FieldRow, ...] = ()
    laboratories: tuple[Mapping[str, Any], ...] = ()

    def row(self, probe: str) -> AuditRow:
        """Return the result of a probe by its name."""
        return next(row for row in self.rows if row.probe == probe)

    def plain(self) -> dict[str, Any]:
        """Return the audit as JSON can hold it."""
        package = {**asdict(self.package), "recipe": self.recipe}
        return {
            "package": package,
            "part": self.part,
            "split": dict(self.split),
            "like_training": self.overlap_with_training,
            "chance": self.chance,
            "rows": [_plain_row(row) for row in self.rows],
            "set_sizes": {row.probe: row.set_size for row in self.rows if row.set_size is not None},
            "heat": None if self.heat is None else asdict(self.heat),
            "fields": [row.plain() for row in self.fields],
            "laboratories": [dict(row) for row in self.laboratories],
        }


def _plain_row(row: AuditRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "set_size"}
