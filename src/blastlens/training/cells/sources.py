"""Images for the cell model: of the data folder and of other laboratories."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.training.data.dataset import Example, images_in

HOME = "home"
"""Name of the laboratory of the data folder."""

RED_CELL_SIDE = 15.0
"""Width of a red cell of 7.5 um in pixels of the working scale."""

_FACTORS = {
    # Working pixels for each pixel of the file, from the width of red cells or the camera's data.
    "snam": 0.72,
    "lmu": 0.141,  # 14.14 pixels a micrometre
    "jtsc": 0.33,
    "chula": 0.385,  # of 640 pixels across; larger files in proportion
}
_SQUEEZED = 4 / 3
"""Height over width of a round cell where 4:3 was resized to a square: in the data folder (ADR 0031) and in snam."""
_CHULA_WIDTH = 640
_LEFT_OUT = ("acute_myeloid_leukemia_blast",)  # blasts, but of no class of ours
_EDGE = 0.01  # of the side: boxes that reach it are cut off and do not measure a red cell


@dataclass(frozen=True)
class CellSource:
    """An image and what is known of its cells.

    Attributes:
        path: the file.
        laboratory: name; `HOME` for the data folder.
        truth: a label's value for `HOME`, otherwise as in the index: "normal", "red_cells", "myeloma" …
        factor: to the working scale.
        red_cell: mean width and height of its red cells as a share of the image's; instead of `factor`.
        squeezed: height over width of a round cell.
        boxes: (N, 5) class, centre x and y, width and height as shares of the image; None where there is no file.
            Classes: 0 white cell, 1 red cell, 2 platelet.
    """

    path: Path
    laboratory: str
    truth: str
    factor: float = 1.0
    red_cell: float | None = None
    squeezed: float = 1.0
    boxes: NDArray[np.float64] | None = None


def home_sources(examples: Sequence[Example]) -> tuple[CellSource, ...]:
    """Return the images of the data folder, which are at the working scale."""
    return tuple(CellSource(each.path, HOME, str(each.label), squeezed=_SQUEEZED) for each in examples)


def find_sources_elsewhere(labs: Path, boxed: Path | None = None) -> tuple[CellSource, ...]:
    """List the images of other laboratories, sorted by path.

    Args:
        labs: folder with `index.csv` (file, laboratory, truth).
        boxed: a folder of one more laboratory without leukemia, each image with `NAME.boxes.txt`.

    Raises:
        InvalidData: the index cannot be read.
    """
    try:
        with (labs / "index.csv").open(newline="", encoding="utf-8") as lines:
            rows = sorted(csv.DictReader(lines), key=lambda row: row["file"])
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(f"{labs / 'index.csv'} cannot be read: {error!r}. Name the folder that holds it.") from error
    found = [_source(labs / row["file"], row["laboratory"], row["truth"]) for row in rows]
    more = [] if boxed is None else [_source(path, boxed.name, "normal") for path in images_in(boxed)]
    return tuple(source for source in [*found, *more] if source is not None)


def read_boxes(path: Path) -> NDArray[np.float64] | None:
    """Return the boxes beside an image, (N, 5); None where there is no file."""
    file = path.with_suffix(".boxes.txt")
    if not file.is_file():
        return None
    return np.array(file.read_text().split(), np.float64).reshape(-1, 5)


def measure_red_cells(boxes: NDArray[np.float64]) -> float | None:
    """Return the median mean side of whole red cells as a share of the image's; None without any."""
    red = boxes[boxes[:, 0] == 1]
    low, high = red[:, 1:3] - red[:, 3:5] / 2, red[:, 1:3] + red[:, 3:5] / 2
    whole = red[(low > _EDGE).all(axis=1) & (high < 1 - _EDGE).all(axis=1)]
    return float(np.median(np.sqrt(whole[:, 3] * whole[:, 4]))) if len(whole) else None


def _source(path: Path, laboratory: str, truth: str) -> CellSource | None:
    """Return a source; None where nothing is known of its scale or its cells."""
    if truth in _LEFT_OUT:
        return None
    if laboratory in _FACTORS:
        squeezed = _SQUEEZED if laboratory == "snam" else 1.0
        return CellSource(path, laboratory, truth, _FACTORS[laboratory], squeezed=squeezed)
    boxes = read_boxes(path)
    size = None if boxes is None else measure_red_cells(boxes)
    if size is None:
        return None
    return CellSource(path, laboratory, truth, red_cell=size, boxes=boxes)


def working_factor(source: CellSource, height: int, width: int) -> float:
    """Return the factor to the working scale for a file of a size in pixels."""
    if source.red_cell is not None:
        return RED_CELL_SIDE / (source.red_cell * float(np.sqrt(height * width)))
    return source.factor * _CHULA_WIDTH / width if source.laboratory == "chula" else source.factor
