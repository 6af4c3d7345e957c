"""Recall of proposals on marked cells, boxes and masks."""

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.decode import decode
from blastlens.imaging.stain import prepare_colour
from blastlens.imaging.white_cells import ProposalSettings, draw_regions, propose
from blastlens.training.cells.rendering import resize
from blastlens.training.cells.sources import CellSource, find_sources_elsewhere, working_factor

MARKS = Path(__file__).parent / "marked_cells.json"
MASKS_FACTOR = 0.2  # of wbc-masks to the working scale: their cells are 146 px wide in the median
REACH = 8.0  # px, 4 um: a proposal this near to a mark is that cell


def count_found(marks: list[list[int]], centres: list[tuple[float, float]]) -> int:
    """Count the marks with a proposal of their own, nearest pairs first."""
    pairs = sorted(
        (float(np.hypot(x - u, y - v)), i, j) for i, (x, y) in enumerate(marks) for j, (u, v) in enumerate(centres)
    )
    found: set[int] = set()
    used: set[int] = set()
    for distance, mark, centre in pairs:
        if distance < REACH and mark not in found and centre not in used:
            found.add(mark)
            used.add(centre)
    return len(found)


def test_nearly_all_marked_cells_are_proposed(data_folder: Path) -> None:
    images = json.loads(MARKS.read_text())["images"]
    found = total = 0
    for name, marks in images.items():
        image = prepare_colour(decode((data_folder / "taleqani-all" / name).read_bytes()), "standardised")
        proposals = propose(image, ProposalSettings())
        found += count_found(marks["cells"], [proposal.centre for proposal in proposals])
        total += len(marks["cells"])
    assert total == 433
    assert found / total >= 0.96


def test_white_cells_with_boxes_are_proposed(data_folder: Path) -> None:
    sources = find_sources_elsewhere(data_folder / "labs", data_folder / "other-smears")
    boxed = [source for source in sources if source.boxes is not None][::5]
    found = np.array([count_boxes(source) for source in boxed]).sum(axis=0)
    assert found[0] / found[1] >= 0.97


def test_regions_hold_the_nuclei_and_stay_inside_the_cells_of_manual_masks(data_folder: Path) -> None:
    recalls, precisions = [], []
    for file in sorted((data_folder / "wbc-masks").glob("[0-9][0-9][0-9].png")):
        truth = cv2.imread(str(file.with_name(f"{file.stem}_mask.png")), cv2.IMREAD_GRAYSCALE)
        assert truth is not None
        image = at_working_scale(decode(file.read_bytes()), MASKS_FACTOR)
        regions = draw_regions(propose(image, ProposalSettings()), *image.shape[:2])
        mask = cv2.resize(regions.astype(np.uint8), truth.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        nucleus, cell = np.equal(truth, 255), np.greater(truth, 0)
        recalls.append((mask & nucleus).sum() / nucleus.sum())
        precisions.append((mask & cell).sum() / max(1, mask.sum()))
    assert np.mean(recalls) >= 0.95
    assert np.mean(precisions) >= 0.90


def at_working_scale(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return an image as proposals need it."""
    return prepare_colour(resize(image, (factor, factor)), "standardised")


def count_boxes(source: CellSource) -> tuple[int, int]:
    """Return how many whole white cells of an image have a proposal in their box, and how many there are."""
    assert source.boxes is not None and source.red_cell is not None
    taken = decode(source.path.read_bytes())
    image = at_working_scale(taken, working_factor(source, *taken.shape[:2]))
    centres = np.array([each.centre for each in propose(image, ProposalSettings())]).reshape(-1, 2)
    shares = centres / (image.shape[1], image.shape[0])
    white = source.boxes[(source.boxes[:, 0] == 0) & (source.boxes[:, 3:5].min(axis=1) >= 0.9 * source.red_cell)]
    inside = [(np.abs(shares - box[1:3]) < box[3:5] / 2).all(axis=1).any() for box in white]
    return sum(map(int, inside)), len(white)
