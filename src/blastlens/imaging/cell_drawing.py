"""Drawing of single cells of a synthetic smear: outlines, red cells and blasts."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
Canvas = NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """Place of a cell: centre (row, column) and mean radius, all in pixels."""

    row: float
    column: float
    radius: float


@dataclass(frozen=True)
class Patch:
    """Part of the canvas that a cell covers.

    Attributes:
        window: rows and columns of the canvas.
        depth: distance from the centre as a share of the outline's radius there; 1 on the outline. (h, w)
        cover: share of each pixel inside the cell, 0 to 1. (h, w)
    """

    window: tuple[slice, slice]
    depth: Canvas
    cover: Canvas


def outline_cell(generator: np.random.Generator, place: Place, size: tuple[int, int], roughness: float) -> Patch | None:
    """Return the patch of a cell with a wavy outline.

    Returns None where it lies outside the canvas.

    Args:
        generator: source of the random waves.
        place: centre and radius in pixels.
        size: height and width of the canvas.
        roughness: amplitude of the waves as a share of the radius.
    """
    waves = np.arange(2, 7)
    amplitudes = generator.normal(0, roughness, waves.size) / (waves - 1)
    phases = generator.uniform(0, 2 * np.pi, waves.size)
    reach = place.radius * 1.5 + 2
    top, bottom = max(0, int(place.row - reach)), min(size[0], int(place.row + reach) + 1)
    left, right = max(0, int(place.column - reach)), min(size[1], int(place.column + reach) + 1)
    if top >= bottom or left >= right:
        return None
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    down, across = rows - place.row, columns - place.column
    angle = np.arctan2(down, across)[..., None]
    edge = place.radius * (1 + (amplitudes * np.cos(waves * angle + phases)).sum(axis=-1))
    distance = np.hypot(down, across)
    cover = np.clip(edge - distance + 0.5, 0, 1).astype(np.float32)
    depth = (distance / np.maximum(edge, 1e-3)).astype(np.float32)
    return Patch((slice(top, bottom), slice(left, right)), depth, cover)


def draw_red_cell(canvas: Canvas, patch: Patch, colour: Colour, paleness: float) -> None:
    """Draw a red cell in place: a disc, thin in its middle, that absorbs light.

    Args:
        canvas: (H, W, 3) float32, 0 to 255.
        patch: the cell.
        colour: RGB of its rim on a white field, 0 to 255.
        paleness: transparency of the middle, 0 to 1.
    """
    thickness = patch.cover * (1 - paleness * np.exp(-((patch.depth / 0.5) ** 4)))
    passing = 1 - thickness[..., None] * (1 - np.asarray(colour, np.float32) / 255)
    canvas[patch.window] *= passing


def draw_blast(
    generator: np.random.Generator, canvas: Canvas, patch: Patch, nucleus: Colour, cytoplasm: Colour
) -> None:
    """Draw a blast in place, over what is below: a grainy nucleus in thin cytoplasm."""
    height, width = patch.cover.shape
    grain = _make_noise(generator, (height, width), 1.2) * 0.6 + _make_noise(generator, (height, width), 3.0)
    lean = np.linspace(-1, 1, width, dtype=np.float32) * generator.choice((-1.0, 1.0))
    nucleus_edge = 0.86 + 0.07 * lean  # the nucleus sits to one side
    inside = np.clip((nucleus_edge - patch.depth) * 8 + 0.5, 0, 1)[..., None]
    membrane = np.exp(-(((patch.depth - nucleus_edge) / 0.08) ** 2))
    shade = 1 + 0.06 * grain - 0.10 * membrane
    chromatin = np.asarray(nucleus, np.float32) * shade[..., None]
    body = inside * chromatin + (1 - inside) * np.asarray(cytoplasm, np.float32)
    cover = patch.cover[..., None]
    canvas[patch.window] = canvas[patch.window] * (1 - cover) + body * cover


def _make_noise(generator: np.random.Generator, size: tuple[int, int], width: float) -> Canvas:
    """Return smooth noise of unit deviation with grains of `width` pixels."""
    noise = generator.normal(0, 1, size).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), width)
    return np.asarray(smooth / max(float(smooth.std()), 1e-6), dtype=np.float32)
