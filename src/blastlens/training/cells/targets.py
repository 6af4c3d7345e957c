"""Which answers are right for a proposal, by what is known of its image."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.white_cells import Proposal
from blastlens.inference.cells import CELL_CLASSES, NOT_WHITE, OTHER_WHITE
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.cells.sources import HOME, CellSource

LEUKEMIAS = tuple(label for label in LABELS if label is not Label.BENIGN)
_SINGLE_CELLS = ("lmu", "jtsc")  # laboratories whose images are centred on one white cell
_CENTRAL = 0.3  # of the side: the white cell of such an image is no further from its middle
_DIAGNOSES = ("acute_lymphoblastic_leukemia", "myeloma")
_NO_NUCLEI = ("red_cells", "red_cell_disease")
_STRONG_PURPLE, _WEAK_PURPLE = 48.0, 42.0
"""Mean of (red + blue) / 2 - green. Stained nuclei of the data folder have more than the first; red cells less than
the second."""
_BENIGN = CELL_CLASSES.index(Label.BENIGN)
_LEAST_NUCLEUS = 11.0  # px, 5.5 um: smaller regions are platelets, debris or cut off

Targets = NDArray[np.float32]
"""Weight of each class of `CELL_CLASSES` as a right answer, 0 to 1; all zero where nothing is known."""


def targets_of(source: CellSource, image: NDArray[np.uint8], proposals: Sequence[Proposal]) -> Targets:
    """Return the targets (N, 6) of the proposals of an image.

    Args:
        source: where the image comes from.
        image: (H, W, 3) uint8 RGB at the working scale, in standardised colour.
        proposals: its regions.
    """
    if source.laboratory == HOME:
        white = _white_target(source.truth)
        choices = {True: white, False: one_class(NOT_WHITE), None: nothing()}
        return _stack([choices[_is_nucleus(image, proposal)] for proposal in proposals])
    if source.truth in _DIAGNOSES:  # nearly every region of these images is a nucleus
        white = _white_target(source.truth)
        return _stack([white if each.diameter >= _LEAST_NUCLEUS else nothing() for each in proposals])
    if source.boxes is not None:
        return _boxed_targets(source.boxes, proposals, image.shape)
    if source.truth in _NO_NUCLEI:
        return _stack([one_class(NOT_WHITE)] * len(proposals))
    central = _find_central(proposals, image.shape) if source.laboratory in _SINGLE_CELLS else None
    single = one_class(OTHER_WHITE, NOT_WHITE) if source.truth == "cell_SMUDGE" else one_class(OTHER_WHITE)
    return _stack([single if index == central else nothing() for index in range(len(proposals))])


def one_class(*names: str) -> Targets:
    """Return the target (6,) of which each of the classes is right."""
    return np.array([float(name in names) for name in CELL_CLASSES], np.float32)


def nothing() -> Targets:
    """Return the target (6,) of a proposal of which nothing is known."""
    return np.zeros(len(CELL_CLASSES), np.float32)


def soften_targets(targets: Targets, recipe: CellRecipe) -> Targets:
    """Return targets (N, 6) that let a nucleus of an image with a diagnosis be another cell, at a price.

    Not every cell of a leukemic image is a blast, and benign images show all kinds of cells.
    """
    softened = targets.copy()
    benign, leukemic = targets[:, _BENIGN] > 0, targets[:, [CELL_CLASSES.index(label) for label in LEUKEMIAS]].any(1)
    softened[benign, CELL_CLASSES.index(OTHER_WHITE)] = recipe.benign_tolerance
    softened[leukemic, CELL_CLASSES.index(OTHER_WHITE)] = recipe.tolerance
    unknown = targets[:, [CELL_CLASSES.index(label) for label in LEUKEMIAS]].all(axis=1)
    softened[unknown, CELL_CLASSES.index(OTHER_WHITE)] = recipe.unknown_tolerance
    softened[benign | leukemic, CELL_CLASSES.index(NOT_WHITE)] = recipe.tolerance
    return softened


def _white_target(truth: str) -> Targets:
    """Return the target of a nucleus in an image with a diagnosis."""
    if truth == "myeloma":
        return one_class(OTHER_WHITE)
    return one_class(*LEUKEMIAS) if truth == "acute_lymphoblastic_leukemia" else one_class(truth)


def _is_nucleus(image: NDArray[np.uint8], proposal: Proposal) -> bool | None:
    """Judge a region by its purple; None where it may be either."""
    left, top, width, height = proposal.box
    part = image[top : top + height, left : left + width]
    region = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(region, [proposal.outline - np.array([left, top], np.int32)], 255)
    red, green, blue, _ = cv2.mean(part, region)
    purple = (red + blue) / 2 - green
    if purple < _WEAK_PURPLE:
        return False
    return True if purple >= _STRONG_PURPLE and proposal.diameter >= _LEAST_NUCLEUS else None


def _boxed_targets(boxes: NDArray[np.float64], proposals: Sequence[Proposal], shape: tuple[int, ...]) -> Targets:
    """Return the targets of regions by the boxes around their centres.

    The largest region in the box of a white cell is its nucleus; of further ones nothing is known.
    """
    targets = _stack([one_class(NOT_WHITE)] * len(proposals))
    centres = np.array([proposal.centre for proposal in proposals]).reshape(-1, 2) / (shape[1], shape[0])
    for _, x, y, width, height in boxes[boxes[:, 0] == 0]:
        inside = np.flatnonzero((np.abs(centres - (x, y)) < (width / 2, height / 2)).all(axis=1)).tolist()
        if inside:
            targets[inside] = 0.0
            targets[max(inside, key=lambda index: proposals[index].diameter)] = one_class(OTHER_WHITE)
    return targets


def _find_central(proposals: Sequence[Proposal], shape: tuple[int, ...]) -> int | None:
    """Return the largest region near the middle of an image."""
    middle = np.array([shape[1], shape[0]]) / 2
    reach = _CENTRAL * min(shape[:2])
    near = [index for index, each in enumerate(proposals) if np.hypot(*(np.array(each.centre) - middle)) < reach]
    return max(near, key=lambda index: proposals[index].diameter, default=None)


def _stack(targets: Sequence[Targets]) -> Targets:
    return np.stack(targets) if targets else np.zeros((0, len(CELL_CLASSES)), np.float32)
