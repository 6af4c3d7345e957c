"""Benchmark of the white cells and the pixel sizes that a package finds.

    python benchmarks/cells.py [--package FOLDER] [--data FOLDER] [--images N] [--json]

FOLDER, by default ../shared/data beside the repository, holds labs/raabin/ and other-smears/ (NAME.boxes.txt beside
each image: class 0 white cell, 1 red cell, then centre, width and height as shares of the image), labs/chula/ (fields
of red cells) and wbc-masks/ (NNN.png with NNN_mask.png: 128 cytoplasm, 255 nucleus). A cell counts as found if its box
overlaps a drawn one by IoU 0.5 or has its centre inside; each drawn box counts once. For a package without a cell
model, the pieces of its blast mask are counted, and the output says so. Shares have Wilson's 95 % intervals.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.inference.classifier import Classifier, Reading
from blastlens.inference.package import SHIPPED, load_package
from blastlens.training.evaluation.intervals import estimate_share
from blastlens.training.threads import in_threads
from output import make_parser, report

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BOXED = {"raabin": Path("labs", "raabin"), "other-smears": Path("other-smears")}
"""Folders of images with boxes, by the name of their laboratory."""

RED_CELL_UM = 7.5
WHITE, RED = 0, 1
_EDGE = 0.005  # of a side: a box nearer to the edge is of a cell that is cut
_QUARTER = 0.25
NOT_AVAILABLE = "not available"

Boxes = NDArray[np.float64]
"""(N, 4) left, top, width and height in pixels."""


@dataclass(frozen=True)
class FoundCells:
    """Cells found in one image beside the drawn ones.

    Attributes:
        matched: number of drawn cells that were found.
        drawn: number of drawn cells.
        found: number of found cells.
        size_error: relative error of the pixel size, 0 or more; None where it is unknown or was not stated.
        has_true_size: whether the image has a whole red cell, so that its pixel size is known.
    """

    matched: int
    drawn: int
    found: int
    size_error: float | None
    has_true_size: bool


def read_boxes(file: Path, height: int, width: int) -> tuple[Boxes, Boxes]:
    """Return the drawn white and red cells of an image of a size in pixels."""
    values = np.array(file.read_text("utf-8").split(), np.float64).reshape(-1, 5)
    sides = np.array([width, height], np.float64)
    boxes = np.concatenate([(values[:, 1:3] - values[:, 3:5] / 2) * sides, values[:, 3:5] * sides], axis=1)
    return boxes[values[:, 0] == WHITE], boxes[values[:, 0] == RED]


def match_boxes(found: Boxes, drawn: Boxes) -> int:
    """Return how many drawn boxes are found; the best overlaps are taken first, each box once."""
    pairs = [
        (overlap, i, j)
        for i, one in enumerate(found)
        for j, other in enumerate(drawn)
        if (overlap := _overlap(one, other)) >= 0.5 or _holds_centre(other, one)
    ]
    taken: set[tuple[str, int]] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if ("found", i) not in taken and ("drawn", j) not in taken:
            taken |= {("found", i), ("drawn", j)}
    return len(taken) // 2


def true_pixel_size(red: Boxes, height: int, width: int) -> float | None:
    """Return micrometres per pixel by the median size of the whole red cells; None without one."""
    low, high = red[:, :2], red[:, :2] + red[:, 2:]
    margin = _EDGE * np.array([width, height])
    whole = red[(low > margin).all(axis=1) & (high < np.array([width, height]) - margin).all(axis=1)]
    return RED_CELL_UM / float(np.median(np.sqrt(whole[:, 2] * whole[:, 3]))) if len(whole) else None


def find_boxes(reading: Reading, by_cells: bool) -> Boxes:
    """Return the boxes of the cells of a reading, or of the pieces of its mask."""
    if by_cells:
        return np.array([cell.box for cell in reading.cells], np.float64).reshape(-1, 4)
    if reading.mask is None:
        return np.zeros((0, 4))
    _, _, pieces, _ = cv2.connectedComponentsWithStats(reading.mask.astype(np.uint8))
    return np.asarray(pieces[1:, :4], np.float64)


def measure_boxed(classifier: Classifier, files: Sequence[Path], by_cells: bool) -> dict[str, Any]:
    """Return recall and precision of white cells, and the errors of pixel sizes."""

    def measure(file: Path) -> FoundCells:
        reading = classifier.read_bytes(file.read_bytes())
        height, width = _shape(reading, file)
        white, red = read_boxes(file.with_suffix(".boxes.txt"), height, width)
        boxes, true = find_boxes(reading, by_cells), true_pixel_size(red, height, width)
        stated = None if reading.answer.field is None else reading.answer.field.pixel_size.um
        error = None if true is None or stated is None else abs(stated / true - 1)
        return FoundCells(match_boxes(boxes, white), len(white), len(boxes), error, true is not None)

    images = list(in_threads(measure, files))
    matched, drawn, found = (sum(getattr(image, name) for image in images) for name in ("matched", "drawn", "found"))
    return {
        "images": len(images),
        "recall": _share(matched, drawn),
        "precision": _share(matched, found),
        "pixel_size": _size_errors(images),
    }


def measure_red_fields(classifier: Classifier, files: Sequence[Path], by_cells: bool) -> dict[str, Any]:
    """Return how many white cells are found in ten fields of red cells."""

    def count(file: Path) -> int:
        return len(find_boxes(classifier.read_bytes(file.read_bytes()), by_cells))

    found = sum(in_threads(count, files))
    return {"images": len(files), "white_cells_per_ten_fields": 10 * found / len(files)}


def measure_masks(classifier: Classifier, files: Sequence[Path]) -> dict[str, Any]:
    """Return the mean share of nuclei inside the mask, and of the mask inside cells."""
    recalls, precisions = [], []
    for file in files:
        truth = cv2.imread(str(file.with_name(f"{file.stem}_mask.png")), cv2.IMREAD_GRAYSCALE)
        reading = classifier.read_bytes(file.read_bytes())
        assert truth is not None
        mask = np.zeros(truth.shape, bool) if reading.mask is None else reading.mask
        nucleus, cell = np.equal(truth, 255), np.greater(truth, 0)
        recalls.append(float((mask & nucleus).sum() / nucleus.sum()))
        precisions.append(float((mask & cell).sum() / max(1, mask.sum())))
    return {"images": len(files), "nucleus_recall": fmean(recalls), "cell_precision": fmean(precisions)}


def measure_all(classifier: Classifier, data: Path, images: int | None, by_cells: bool) -> dict[str, Any]:
    """Measure every folder that exists."""
    found: dict[str, Any] = {}
    for name, folder in BOXED.items():
        if files := _sample(_with_boxes(data / folder), images):
            found[name] = measure_boxed(classifier, files, by_cells)
    if files := _sample((data / "labs" / "chula").rglob("*.jpg"), images):
        found["chula"] = measure_red_fields(classifier, files, by_cells)
    if files := _sample((data / "wbc-masks").glob("[0-9][0-9][0-9].png"), images):
        found["wbc-masks"] = measure_masks(classifier, files)
    return found


def _with_boxes(folder: Path) -> Iterable[Path]:
    return (file for file in folder.rglob("*.jpg") if file.with_suffix(".boxes.txt").is_file())


def _sample(files: Iterable[Path], most: int | None) -> list[Path]:
    ordered = sorted(files)
    if most is None or most >= len(ordered):
        return ordered
    return [ordered[index] for index in np.linspace(0, len(ordered) - 1, most).round().astype(int)]


def _shape(reading: Reading, file: Path) -> tuple[int, int]:
    if reading.image is not None:
        return reading.image.shape[0], reading.image.shape[1]
    image = cv2.imread(str(file))
    assert image is not None
    return image.shape[0], image.shape[1]


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the intersection over union of two boxes."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / max(float(np.prod(one[2:]) + np.prod(other[2:])) - shared, 1e-9)


def _holds_centre(drawn: NDArray[np.float64], found: NDArray[np.float64]) -> bool:
    centre = found[:2] + found[2:] / 2
    return bool((centre >= drawn[:2]).all() and (centre <= drawn[:2] + drawn[2:]).all())


def _share(count: int, total: int) -> dict[str, Any]:
    return {"count": count, "of": total, **estimate_share(count, total).plain()}


def _size_errors(images: Sequence[FoundCells]) -> dict[str, Any] | str:
    errors = [image.size_error for image in images if image.size_error is not None]
    if not errors:
        return NOT_AVAILABLE
    known = sum(image.has_true_size for image in images)
    within = _share(sum(error <= _QUARTER for error in errors), known)
    return {"stated": len(errors), "known": known, "median_error": median(errors), "within_quarter": within}


def main() -> None:
    """Measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--package", type=Path, default=SHIPPED, help="package to measure; the shipped one by default")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real images")
    parser.add_argument("--images", type=int, default=None, help="largest number of images of each folder")
    options = parser.parse_args()
    package = load_package(options.package)
    classifier = Classifier(package, threads=os.cpu_count() or 1)
    by_cells = getattr(package.manifest, "cells", None) is not None  # a graph of format 3
    found = measure_all(classifier, options.data, options.images, by_cells)
    if not found:
        print(f"skipped: there are no real images in {options.data}. Name their folder with --data.")
        return
    source = "cells" if by_cells else f"pieces of the mask; cells are {NOT_AVAILABLE}"
    for name, row in found.items():
        print(f"{name} ({source}): {row}")
    report({"package": asdict(package.identity), "counted": source, **found}, options.json)


if __name__ == "__main__":
    main()
