"""Fields of view: pixel size, white cells, and cautions about what was read."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PixelSizeSource(StrEnum):
    """Where a pixel size comes from, with the values that records and `--json` contain.

    `METADATA` and `DEVICE` are declared with the upload, `DEVICE` by a microscope's configuration. `FILE` is the
    resolution in the image file. The others are estimated from the image: by a network, or by the diameter of red
    cells or nuclei.
    """

    METADATA = "metadata"
    DEVICE = "device"
    FILE = "file"
    LEARNED = "learned"
    RED_CELLS = "red_cells"
    NUCLEI = "nuclei"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PixelSize:
    """Micrometres per pixel of a field as uploaded.

    Attributes:
        um: micrometres per pixel; None where it is unknown.
        source: where it comes from.
        relative_error: half width of its 95 % interval as a share of it, such as 0.25; infinite where it is unknown.

    Raises:
        ValueError: `um` is not a positive finite number, or `relative_error` is negative or not a number.
    """

    um: float | None
    source: PixelSizeSource
    relative_error: float

    def __post_init__(self) -> None:
        if self.um is not None and not (math.isfinite(self.um) and self.um > 0):
            raise ValueError(f"a pixel size of {self.um} um is not a positive number")
        if not self.relative_error >= 0:
            raise ValueError(f"a relative error of {self.relative_error} is not a number of at least 0")


UNKNOWN_PIXEL_SIZE = PixelSize(None, PixelSizeSource.UNKNOWN, math.inf)
"""The pixel size of a field of which nothing is known."""


class Caution(StrEnum):
    """Why a prediction set was widened, or what of a field was left out.

    Values are those of records and of `--json`.
    """

    FEW_CELLS = "few_cells"
    UNNAMED_CELLS = "unnamed_cells"
    SCALE_UNCERTAIN = "scale_uncertain"
    SCALES_DISAGREE = "scales_disagree"
    DECLARED_UNUSABLE = "declared_unusable"
    MODELS_DISAGREE = "models_disagree"
    UNLIKE_TRAINING = "unlike_training"
    AREA_LEFT_OUT = "area_left_out"
    PART_READ = "part_read"


@dataclass(frozen=True)
class FieldSummary:
    """What was read of a field.

    Attributes:
        pixel_size: the pixel size that it was read at.
        windows: number of windows that were read.
        white_cells: number of white cells that were read.
        cautions: why the prediction set was widened, and what was left out; each once, most important first.
        unnamed_cells: number of those white cells that the model cannot name (`CellKind.OTHER_WHITE`).
        blasts: number of those white cells that look like leukemic lymphoblasts.
        kinds: kind -> number of those white cells; empty in records from before kinds were counted.
        uncertain_cells: number of those white cells that a person has to look at (`Cell.is_uncertain`); None in the
            same records.
    """

    pixel_size: PixelSize
    windows: int
    white_cells: int
    cautions: tuple[Caution, ...] = ()
    unnamed_cells: int = 0
    blasts: int = 0
    kinds: Mapping["CellKind", int] = field(default_factory=dict)
    uncertain_cells: int | None = None


def to_plain_field(summary: FieldSummary | None) -> dict[str, Any] | None:
    """Convert a field to one JSON object, by the data contract; None stays None."""
    if summary is None:
        return None
    size = summary.pixel_size
    return {
        "pixel_size_um": None if size.um is None else float(size.um),
        "pixel_size_from": str(size.source),
        "pixel_size_error": float(size.relative_error) if math.isfinite(size.relative_error) else None,
        "windows": int(summary.windows),
        "white_cells": int(summary.white_cells),
        "unnamed_cells": int(summary.unnamed_cells),
        "blasts": int(summary.blasts),
        "kinds": {str(kind): int(number) for kind, number in summary.kinds.items()},
        "uncertain_cells": None if summary.uncertain_cells is None else int(summary.uncertain_cells),
        "cautions": [str(caution) for caution in summary.cautions],
    }


Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the field as uploaded."""


class CellKind(StrEnum):
    """Kind of a white cell: a label of the data set, or any other white cell."""

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"
    OTHER_WHITE = "other_white"


UNCERTAIN = (0.1, 0.9)
"""Blast probabilities between these two are uncertain: a person has to look at such a cell before signing."""


@dataclass(frozen=True)
class Cell:
    """A white cell that was found in a field.

    Attributes:
        box: the cell with its cytoplasm, in pixels of the field as uploaded.
        outline: (x, y) of the corners of its outline, in the same pixels.
        nucleus_um: diameter of its nucleus in micrometres; None where the pixel size is unknown.
        blast_probability: probability that it is a leukemic lymphoblast, 0 to 1.
        kind: its likeliest kind.

    Raises:
        ValueError: `blast_probability` is not a probability.
    """

    box: Box
    outline: tuple[tuple[int, int], ...]
    nucleus_um: float | None
    blast_probability: float
    kind: CellKind

    def __post_init__(self) -> None:
        if not 0 <= self.blast_probability <= 1:
            raise ValueError(f"{self.blast_probability} is not a probability")

    @property
    def is_uncertain(self) -> bool:
        """Whether it may be a blast and may be none."""
        low, high = UNCERTAIN
        return low < self.blast_probability < high


def count_kinds(kinds: Iterable[CellKind]) -> dict[CellKind, int]:
    """Return how many cells there are of each kind that occurs, in the order of `CellKind`."""
    counted = Counter(kinds)
    return {kind: counted[kind] for kind in CellKind if counted[kind]}
