"""Errors of the scale model on images with a known width of red cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.inference.scale import RED_CELL_UM, ScaleModel
from blastlens.training.data.arrays import read_image

WIDTHS = (8.0, 12.0, 18.0, 25.0, 40.0, 60.0)
"""Widths of red cells in px at which images are measured, beside their own size."""

_WITHIN = 0.25
_LARGEST_GROWTH = 4.0
_LEAST_SIDE = 64


@dataclass(frozen=True)
class ScaleErrors:
    """Errors on a set of images at one size of red cells.

    Attributes:
        images: number.
        unknown: share without an estimate.
        median: median relative error of the estimates; NaN without any.
        within: share of the estimates within 25 %.
        bias: median of estimate over truth, less 1.
        covered: share of the estimates whose interval holds the truth.
    """

    images: int
    unknown: float
    median: float
    within: float
    bias: float
    covered: float


def measure_errors(model: ScaleModel, listed: Sequence[tuple[Path, float]], width: float | None = None) -> ScaleErrors:
    """Measure the model on images.

    Args:
        model: the scale model.
        listed: files with the width of their red cells in px.
        width: size to which images are resized first; None for as they are.
    """
    ratios, allowed = [], []
    images = 0
    for file, truth in listed:
        image = read_image(file)
        factor = 1.0 if width is None else width / truth
        if factor > _LARGEST_GROWTH or min(image.shape[:2]) * factor < _LEAST_SIDE:
            continue
        images += 1
        size = model.estimate(_resize(image, factor))
        if size.um is not None:
            ratios.append(RED_CELL_UM / size.um / (truth * factor))
            allowed.append(1 + size.relative_error)
    return _summarise(np.array(ratios), np.array(allowed), images)


def measure_sizes(model: ScaleModel, listed: Sequence[tuple[Path, float]]) -> dict[str, ScaleErrors]:
    """Measure images as they are and at every size of red cells that they allow."""
    found = {"as taken": measure_errors(model, listed)}
    found |= {f"{width:g} px": measure_errors(model, listed, width) for width in WIDTHS}
    return {name: errors for name, errors in found.items() if errors.images}


def _resize(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor == 1.0:
        return image
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation).astype(np.uint8, copy=False)


def _summarise(ratios: NDArray[np.float64], allowed: NDArray[np.float64], images: int) -> ScaleErrors:
    if not len(ratios):
        return ScaleErrors(images, 1.0 if images else 0.0, float("nan"), float("nan"), float("nan"), float("nan"))
    errors = np.abs(ratios - 1)
    return ScaleErrors(
        images,
        1 - len(ratios) / images,
        float(np.median(errors)),
        float((errors <= _WITHIN).mean()),
        float(np.median(ratios) - 1),
        float((np.maximum(ratios, 1 / ratios) <= allowed).mean()),
    )


def measure_photographs(model: ScaleModel, photographs: Sequence[NDArray[np.uint8]]) -> dict[str, int]:
    """Count images that are not smears, and those among them that get a pixel size."""
    sized = sum(model.estimate(photograph).um is not None for photograph in photographs)
    return {"images": len(photographs), "with_pixel_size": sized}
