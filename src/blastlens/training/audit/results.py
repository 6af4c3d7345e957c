"""What an audit found, as records; `audit.json` is their other form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from blastlens.domain.prediction import ModelIdentity


@dataclass(frozen=True)
class AuditRow:
    """One probe's outcome.

    Attributes:
        probe: what was done, in a few words.
        accuracy: share of all images answered rightly, 0 to 1; a rejected image counts as wrong.
        images: how many were judged.
        rejected: how many of them were not answered.
        note: a plain sentence on what it means.
    """

    probe: str
    accuracy: float
    images: int
    rejected: int
    note: str

    @property
    def share_rejected(self) -> float:
        """Share of the images that were not answered, 0 to 1."""
        return self.rejected / max(self.images, 1)


@dataclass(frozen=True)
class Heat:
    """Where a model looks, by Grad-CAM, over the images it answered.

    Attributes:
        inside: mean share of the heat that lies inside blasts, 0 to 1.
        area: mean share of the image that blasts take: what chance would give, 0 to 1.
        images: how many it was measured on.
    """

    inside: float
    area: float
    images: int


@dataclass(frozen=True)
class Audit:
    """Everything that was found out about one package.

    Attributes:
        package: which.
        recipe: what it was trained by.
        part: which part of the split was judged: "training", "calibration" or "validation".
        split: how the data was parted, as the package says it.
        overlap_with_training: how many images have a copy or an overlapping field among the training images;
            None where that cannot be known.
        chance: share of the most frequent class: what a model that has seen nothing would reach.
        rows: one for each probe.
        heat: None where no image was answered.
    """

    package: ModelIdentity
    recipe: str
    part: str
    split: Mapping[str, Any]
    overlap_with_training: int | None
    chance: float
    rows: tuple[AuditRow, ...]
    heat: Heat | None

    def row(self, probe: str) -> AuditRow:
        """Return the outcome of a probe by its name."""
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
            "rows": [asdict(row) for row in self.rows],
            "heat": None if self.heat is None else asdict(self.heat),
        }
