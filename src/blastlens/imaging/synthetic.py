"""Draws smears whose masks are known: for the demo, benchmarks and tests, where no real image may travel along.

They look like smears; they are no evidence about any. Nothing measured on them says how the model does on patients.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.cell_brushes import Canvas, Colour, Place, outline_cell, stain_blast, stain_red_cell
from blastlens.imaging.styles import REFERENCE_SIDE, STYLES, Style

__all__ = ["STYLES", "DrawnSmear", "Style", "draw_smear"]


@dataclass(frozen=True)
class DrawnSmear:
    """A drawn field of view: `image` uint8 (H, W, 3) RGB, and `mask` bool (H, W), True on its blasts."""

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def draw_smear(
    seed: int,
    style: Style | Label = Label.PRE_B,
    size: tuple[int, int] = (REFERENCE_SIDE, REFERENCE_SIDE),
    blasts: int | None = None,
) -> DrawnSmear:
    """Draw a smear; the same arguments draw the same pixels.

    Args:
        seed: a number of zero or more.
        style: a label, for staining like that class's, or a style of one's own.
        size: height and width in pixels; cells grow with the shorter side.
        blasts: how many blasts, 0 for a field of red cells alone; by default as many as the style has.
    """
    look = STYLES[style] if isinstance(style, Label) else style
    generator = np.random.default_rng(seed)
    scale = min(size) / REFERENCE_SIDE
    canvas = _draw_light(generator, size, look.light)
    number = int(generator.integers(look.blasts[0], look.blasts[1] + 1)) if blasts is None else blasts
    places = _place_blasts(generator, number, look.blast_radius, size, scale)
    _draw_red_cells(generator, canvas, look, places, scale)
    _draw_platelets(generator, canvas, look, scale)
    mask = _draw_blasts(generator, canvas, look, places)
    return DrawnSmear(_expose(generator, canvas, look.softness * scale), mask)


def _draw_light(generator: np.random.Generator, size: tuple[int, int], light: Colour) -> Canvas:
    """Return the empty field: a lamp that stands a little aside and fades towards the corners."""
    down, across = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij")
    slope_down, slope_across = generator.uniform(-0.03, 0.03, 2)
    field = 1 + slope_down * down + slope_across * across - 0.04 * (down**2 + across**2)
    return np.asarray(field[..., None] * np.asarray(light), dtype=np.float32)


def _place_blasts(
    generator: np.random.Generator, number: int, radii: tuple[float, float], size: tuple[int, int], scale: float
) -> list[Place]:
    """Return where blasts lie: a third touch a neighbour and overlap it a little, the others keep clear."""
    places: list[Place] = []
    for _ in range(60 * number):  # a crowded field may end with fewer, as the tries run out
        if len(places) == number:
            break
        radius = scale * generator.uniform(*radii)
        row, column = generator.uniform(0.03, 0.97, 2) * size
        if places and generator.random() < 0.35:
            neighbour = places[generator.integers(len(places))]
            distance = (neighbour.radius + radius) * generator.uniform(0.88, 1.0)
            angle = generator.uniform(0, 2 * np.pi)
            row, column = neighbour.row + distance * np.sin(angle), neighbour.column + distance * np.cos(angle)
        place = Place(row, column, radius)
        if 0 <= row < size[0] and 0 <= column < size[1] and not _crowds(place, places, 0.87):
            places.append(place)
    return places


def _crowds(place: Place, others: list[Place], share: float) -> bool:
    """Tell whether a cell comes nearer to another than this share of the sum of both radii."""
    return any(
        math.hypot(place.row - other.row, place.column - other.column) < share * (place.radius + other.radius)
        for other in others
    )


def _draw_red_cells(
    generator: np.random.Generator, canvas: Canvas, look: Style, blasts: list[Place], scale: float
) -> None:
    """Strew red cells between the blasts; where they touch they overlap a little, as in rouleaux."""
    size = canvas.shape[:2]
    drawn: list[Place] = []
    number = int(generator.integers(look.red_cells[0], look.red_cells[1] + 1))
    for _ in range(4 * number):
        row, column = generator.uniform(-0.02, 1.02, 2) * size
        place = Place(row, column, scale * generator.uniform(6.5, 8.5))
        if len(drawn) == number or _crowds(place, blasts, 0.9) or _crowds(place, drawn, 0.82):
            continue
        drawn.append(place)
        patch = outline_cell(generator, place, size, roughness=0.03)
        if patch is not None:
            stain_red_cell(canvas, patch, look.red_cell, look.paleness * generator.uniform(0.6, 1.2))


def _draw_platelets(generator: np.random.Generator, canvas: Canvas, look: Style, scale: float) -> None:
    """Scatter purple specks, too small to be taken for cells."""
    size = canvas.shape[:2]
    for _ in range(int(generator.integers(3, 9))):
        row, column = generator.uniform(0, 1, 2) * size
        patch = outline_cell(generator, Place(row, column, scale * generator.uniform(1.0, 1.8)), size, roughness=0.15)
        if patch is not None:
            stain_red_cell(canvas, patch, look.nucleus, paleness=0.0)


def _draw_blasts(generator: np.random.Generator, canvas: Canvas, look: Style, places: list[Place]) -> NDArray[np.bool_]:
    mask = np.zeros(canvas.shape[:2], dtype=np.bool_)
    for place in places:
        patch = outline_cell(generator, place, canvas.shape[:2], roughness=0.05)
        if patch is None:
            continue
        depth_of_stain = generator.uniform(0.94, 1.05)
        nucleus = (look.nucleus[0] * depth_of_stain, look.nucleus[1] * depth_of_stain, look.nucleus[2])
        stain_blast(generator, canvas, patch, nucleus, look.cytoplasm)
        mask[patch.window] |= patch.cover >= 0.5
    return mask


def _expose(generator: np.random.Generator, canvas: Canvas, softness: float) -> NDArray[np.uint8]:
    """Return what the camera makes of the light: a little blur, a little noise, eight bits."""
    blurred = cv2.GaussianBlur(canvas, (0, 0), max(softness, 0.3))
    noisy = blurred + generator.normal(0, 1.6, canvas.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
