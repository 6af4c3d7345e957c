"""Kinds of fields that cameras show, and how each is made from images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import ceil

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.stain import standardise_colour
from blastlens.training.audit import perturbations
from blastlens.training.audit.field_shapes import Border, Image, crop, mosaic, pad, vignette, zoom
from blastlens.training.audit.perturbations import Perturbation, Scene

Draw = Callable[[Sequence[Image], np.random.Generator], Image]
"""Makes one field (H, W, 3) uint8 RGB from its images, each (H, W, 3) uint8 RGB."""


class Family(StrEnum):
    """What a kind of field changes."""

    SIZE = "size of the field"
    BORDER = "border"
    VIGNETTE = "eyepiece"
    PIXEL_SIZE = "pixel size"
    CELLS = "cells"


@dataclass(frozen=True)
class FieldKind:
    """A kind of field.

    Attributes:
        name: unique, as shown in tables; the seed of its draws.
        family: what it changes.
        draw: makes one field.
        images: number of images in a field.
        zoom: pixels a micrometre, over those of the images: 2 for a field that is upsampled twofold.
        readable: whether its accuracy is asked for. Of the other kinds it is asked only that leukemia never comes back
            as benign alone: they have too few pixels a cell, or their cells are painted over.
    """

    name: str
    family: Family
    draw: Draw
    images: int = 1
    zoom: float = 1.0
    readable: bool = True


def _mosaic(images: Sequence[Image], _: np.random.Generator, rows: int, columns: int, zoomed: float = 1.0) -> Image:
    field = mosaic(images, rows, columns)
    return field if zoomed == 1.0 else zoom(field, zoomed)


def _padded(images: Sequence[Image], generator: np.random.Generator, factor: float, border: Border) -> Image:
    return pad(images[0], factor, border, _place(generator))


def _centred(images: Sequence[Image], _: np.random.Generator, factor: float, border: Border) -> Image:
    return pad(images[0], factor, border)


def _cropped(
    images: Sequence[Image], generator: np.random.Generator, height: float, width: float, zoomed: float = 1.0
) -> Image:
    """Crop to shares of the height and the width at a random place, then zoom."""
    field = images[0]
    part = crop(field, round(height * field.shape[0]), round(width * field.shape[1]), _place(generator))
    return part if zoomed == 1.0 else zoom(part, zoomed)


def _zoomed(images: Sequence[Image], _: np.random.Generator, factor: float) -> Image:
    return zoom(images[0], factor)


def _round(
    images: Sequence[Image], generator: np.random.Generator, diameter: float, columns: int = 1, shift: float = 0.0
) -> Image:
    """Show a mosaic through an eyepiece whose centre is up to `shift` of the sides off."""
    field = mosaic(images, columns, columns)
    centre = 0.5 + generator.uniform(-shift, shift, 2)
    return vignette(field, diameter, (float(centre[0]), float(centre[1])))


def _phone(images: Sequence[Image], _: np.random.Generator, columns: int) -> Image:
    """Show the round field of an eyepiece in a black frame of 4:3."""
    field = vignette(mosaic(images, columns, columns), 0.96)
    sides = round(field.shape[1] / 6)
    return np.pad(field, ((0, 0), (sides, sides), (0, 0)))


def _painted(images: Sequence[Image], _: np.random.Generator, perturb: Perturbation) -> Image:
    """Paint by a mask that does not depend on the measured package."""
    image = images[0]
    return perturb(Scene(image, stained_cells(image), Label.BENIGN, 0))


def stained_cells(image: Image) -> NDArray[np.bool_]:
    """Return the mask (H, W) of stained cells by the default HSV thresholds, whatever package is measured."""
    return segment(standardise_colour(image), SegmentationSettings())


def _place(generator: np.random.Generator) -> tuple[float, float]:
    down, across = generator.uniform(size=2)
    return float(down), float(across)


ONLY_CELLS, NO_CELLS = "all but the cells painted over", "cells painted over"
_WIDTHS = (2, 3, 4, 5, 6)
_LEAST_ZOOM = 0.6  # below it a red cell is smaller than nine pixels
_BORDERS: tuple[Border, ...] = ("white", "black", "grey", "mirrored")

KINDS: tuple[FieldKind, ...] = (
    FieldKind("as taken", Family.SIZE, partial(_zoomed, factor=1.0)),
    *(
        FieldKind(f"mosaic {side} x {side}", Family.SIZE, partial(_mosaic, rows=side, columns=side), side * side)
        for side in _WIDTHS
    ),
    *(
        FieldKind(
            f"mosaic {side} x {ceil(0.75 * side)}",
            Family.SIZE,
            partial(_mosaic, rows=ceil(0.75 * side), columns=side),
            side * ceil(0.75 * side),
        )
        for side in _WIDTHS[2:]
    ),
    FieldKind("cut to 4:3", Family.SIZE, partial(_cropped, height=0.75, width=1.0)),
    FieldKind(
        "mosaic 2 x 2 cut to 4:3",
        Family.SIZE,
        lambda images, generator: _cropped([mosaic(images, 2, 2)], generator, 0.75, 1.0),
        4,
    ),
    FieldKind("crop of 0.8", Family.SIZE, partial(_cropped, height=0.8, width=0.8)),
    FieldKind("crop of 0.67", Family.SIZE, partial(_cropped, height=0.67, width=0.67)),
    *(
        FieldKind(f"{border} border, {factor} times as wide", Family.BORDER, partial(how, factor=factor, border=border))
        for border in _BORDERS
        for factor, how in ((1.25, _padded), (1.6, _centred), (2.5, _padded))
    ),
    FieldKind("round", Family.VIGNETTE, partial(_round, diameter=0.97)),
    FieldKind("round, off-centre", Family.VIGNETTE, partial(_round, diameter=0.85, shift=0.08)),
    FieldKind("round mosaic 2 x 2", Family.VIGNETTE, partial(_round, diameter=0.97, columns=2), 4),
    FieldKind(
        "round mosaic 3 x 3, off-centre", Family.VIGNETTE, partial(_round, diameter=0.8, columns=3, shift=0.1), 9
    ),
    FieldKind("round mosaic 3 x 3 in a 4:3 frame", Family.VIGNETTE, partial(_phone, columns=3), 9),
    *(
        FieldKind(f"upsampled {factor} times", Family.PIXEL_SIZE, partial(_zoomed, factor=factor), zoom=factor)
        for factor in (1.33, 2, 4, 8)
    ),
    *(
        FieldKind(
            f"shrunk to {factor:.0%}",
            Family.PIXEL_SIZE,
            partial(_zoomed, factor=factor),
            zoom=factor,
            readable=factor > _LEAST_ZOOM,
        )
        for factor in (0.75, 0.5, 0.25)
    ),
    FieldKind(
        "crop of 0.67, upsampled to a whole image",
        Family.PIXEL_SIZE,
        partial(_cropped, height=0.67, width=0.67, zoomed=1.5),
        zoom=1.5,
    ),
    *(
        FieldKind(
            f"mosaic {side} x {side}, {'shrunk' if factor < 1 else 'upsampled'} to {factor:.0%}",
            Family.PIXEL_SIZE,
            partial(_mosaic, rows=side, columns=side, zoomed=factor),
            side * side,
            factor,
            readable=factor > _LEAST_ZOOM,
        )
        for side, factor in ((2, 0.75), (2, 0.5), (3, 0.33), (4, 0.25), (2, 2.0), (3, 4.0))
    ),
    FieldKind(ONLY_CELLS, Family.CELLS, partial(_painted, perturb=perturbations.mask_surroundings), readable=False),
    FieldKind(NO_CELLS, Family.CELLS, partial(_painted, perturb=perturbations.mask_blasts), readable=False),
)
"""All kinds, in the order of the tables."""
