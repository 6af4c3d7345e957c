"""Synthetic smears with known masks, for the demo, benchmarks and tests.

They replace real images, which we may not publish. Accuracy on them says nothing about accuracy on patients.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.cell_drawing import Canvas, Colour, Place, draw_blast, draw_red_cell, outline_cell
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM

REFERENCE_SIDE = 224  # styles give lengths in pixels of a field this wide


@dataclass(frozen=True)
class Style:
    """Appearance of a laboratory's smears.

    Colours are RGB, 0 to 255; lengths in pixels of a 224-pixel field.

    Attributes:
        light: colour of the empty field.
        red_cell: colour of the rim of a red cell on a white field.
        paleness: transparency of the middle of a red cell, 0 to 1.
        nucleus: colour of a blast's chromatin.
        cytoplasm: colour of its thin cytoplasm.
        blasts: least and greatest number of blasts.
        blast_radius: least and greatest radius.
        red_cells: least and greatest number of red cells.
        softness: standard deviation of the microscope's blur.
    """

    light: Colour
    red_cell: Colour
    paleness: float
    nucleus: Colour
    cytoplasm: Colour
    blasts: tuple[int, int]
    blast_radius: tuple[float, float]
    red_cells: tuple[int, int]
    softness: float


STYLES: dict[Label, Style] = {  # colours measured on real smears of each class
    Label.BENIGN: Style(
        light=(251, 253, 246),
        red_cell=(182, 194, 206),
        paleness=0.35,
        nucleus=(118, 92, 214),
        cytoplasm=(158, 146, 232),
        blasts=(4, 9),
        blast_radius=(7, 14),
        red_cells=(90, 130),
        softness=0.7,
    ),
    Label.EARLY_PRE_B: Style(
        light=(248, 253, 250),
        red_cell=(176, 189, 205),
        paleness=0.30,
        nucleus=(141, 112, 232),
        cytoplasm=(164, 148, 240),
        blasts=(5, 9),
        blast_radius=(11, 14),
        red_cells=(80, 120),
        softness=0.7,
    ),
    Label.PRE_B: Style(
        light=(241, 252, 252),
        red_cell=(140, 178, 222),
        paleness=0.55,
        nucleus=(134, 114, 236),
        cytoplasm=(160, 148, 243),
        blasts=(14, 22),
        blast_radius=(9, 13),
        red_cells=(60, 90),
        softness=0.7,
    ),
    Label.PRO_B: Style(
        light=(253, 253, 246),
        red_cell=(186, 200, 208),
        paleness=0.70,
        nucleus=(213, 164, 247),
        cytoplasm=(212, 174, 248),
        blasts=(4, 7),
        blast_radius=(9, 12),
        red_cells=(55, 90),
        softness=0.9,
    ),
}


@dataclass(frozen=True)
class DrawnSmear:
    """A drawn field of view.

    `image` uint8 (H, W, 3) RGB, and `mask` bool (H, W), True on its blasts.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def draw_smear(
    seed: int,
    style: Style | Label = Label.PRE_B,
    size: tuple[int, int] = (REFERENCE_SIDE, REFERENCE_SIDE),
    blasts: int | None = None,
    um: float | None = None,
) -> DrawnSmear:
    """Draw a smear; the same arguments give the same pixels.

    Args:
        seed: a number of zero or more.
        style: a label, for the staining of that class, or a custom style.
        size: height and width in pixels; cells grow with the shorter side.
        blasts: number of blasts, 0 for a field of red cells only; by default as many as the style has.
        um: micrometres in a pixel: the number of cells grows with the area then, not their size in the smear.
    """
    drawn_style = STYLES[style] if isinstance(style, Label) else style
    generator = np.random.default_rng(seed)
    scale = min(size) / REFERENCE_SIDE if um is None else HOME_PIXEL_SIZE_UM / um
    if um is not None:
        drawn_style = _spread(drawn_style, size[0] * size[1] / (scale * REFERENCE_SIDE) ** 2)
    canvas = _draw_light(generator, size, drawn_style.light)
    number = int(generator.integers(drawn_style.blasts[0], drawn_style.blasts[1] + 1)) if blasts is None else blasts
    places = _place_blasts(generator, number, drawn_style.blast_radius, size, scale)
    _draw_red_cells(generator, canvas, drawn_style, places, scale)
    _draw_platelets(generator, canvas, drawn_style, scale)
    mask = _draw_blasts(generator, canvas, drawn_style, places)
    return DrawnSmear(_expose(generator, canvas, drawn_style.softness * scale), mask)


def draw_wide_field(seed: int, style: Style | Label = Label.PRE_B, count: tuple[int, int] = (3, 3)) -> DrawnSmear:
    """Draw a field several times as wide as a training image, at its scale; cells are cut at the seams.

    Args:
        seed: a number of zero or more.
        style: a label, or a custom style.
        count: how many drawings it has from top to bottom and from left to right, each with cells of its own.
    """
    first = 10_000 * seed
    drawn = [
        [draw_smear(first + row * count[1] + column, style) for column in range(count[1])] for row in range(count[0])
    ]
    image = np.vstack([np.hstack([each.image for each in row]) for row in drawn])
    return DrawnSmear(image, np.vstack([np.hstack([each.mask for each in row]) for row in drawn]))


def _spread(style: Style, area: float) -> Style:
    """Return a style with the numbers of cells for an area, in fields of 224 pixels."""
    blasts, red_cells = ((round(least * area), round(most * area)) for least, most in (style.blasts, style.red_cells))
    return replace(style, blasts=blasts, red_cells=red_cells)


def _draw_light(generator: np.random.Generator, size: tuple[int, int], light: Colour) -> Canvas:
    """Return the empty field under a lamp that fades towards the corners."""
    down, across = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij")
    slope_down, slope_across = generator.uniform(-0.03, 0.03, 2)
    field = 1 + slope_down * down + slope_across * across - 0.04 * (down**2 + across**2)
    return np.asarray(field[..., None] * np.asarray(light), dtype=np.float32)


def _place_blasts(
    generator: np.random.Generator, number: int, radii: tuple[float, float], size: tuple[int, int], scale: float
) -> list[Place]:
    """Choose the places of blasts.

    A third touch a neighbour and overlap it slightly, the others are separate.
    """
    places: list[Place] = []
    for _ in range(60 * number):  # in a crowded field the tries may end before all are placed
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
        if 0 <= row < size[0] and 0 <= column < size[1] and not _is_too_near(place, places, 0.87):
            places.append(place)
    return places


def _is_too_near(place: Place, others: list[Place], share: float) -> bool:
    """Check whether a cell is nearer to another than a share of both radii."""
    return any(
        math.hypot(place.row - other.row, place.column - other.column) < share * (place.radius + other.radius)
        for other in others
    )


def _draw_red_cells(
    generator: np.random.Generator, canvas: Canvas, style: Style, blasts: list[Place], scale: float
) -> None:
    """Draw red cells between the blasts.

    Those that touch overlap slightly, as in rouleaux.
    """
    size = canvas.shape[:2]
    drawn: list[Place] = []
    number = int(generator.integers(style.red_cells[0], style.red_cells[1] + 1))
    for _ in range(4 * number):
        row, column = generator.uniform(-0.02, 1.02, 2) * size
        place = Place(row, column, scale * generator.uniform(6.5, 8.5))
        if len(drawn) == number or _is_too_near(place, blasts, 0.9) or _is_too_near(place, drawn, 0.82):
            continue
        drawn.append(place)
        patch = outline_cell(generator, place, size, roughness=0.03)
        if patch is not None:
            draw_red_cell(canvas, patch, style.red_cell, style.paleness * generator.uniform(0.6, 1.2))


def _draw_platelets(generator: np.random.Generator, canvas: Canvas, style: Style, scale: float) -> None:
    """Draw platelets: purple specks, smaller than cells."""
    size = canvas.shape[:2]
    for _ in range(int(generator.integers(3, 9))):
        row, column = generator.uniform(0, 1, 2) * size
        patch = outline_cell(generator, Place(row, column, scale * generator.uniform(1.0, 1.8)), size, roughness=0.15)
        if patch is not None:
            draw_red_cell(canvas, patch, style.nucleus, paleness=0.0)


def _draw_blasts(
    generator: np.random.Generator, canvas: Canvas, style: Style, places: list[Place]
) -> NDArray[np.bool_]:
    mask = np.zeros(canvas.shape[:2], dtype=np.bool_)
    for place in places:
        patch = outline_cell(generator, place, canvas.shape[:2], roughness=0.05)
        if patch is None:
            continue
        depth_of_stain = generator.uniform(0.94, 1.05)
        nucleus = (style.nucleus[0] * depth_of_stain, style.nucleus[1] * depth_of_stain, style.nucleus[2])
        draw_blast(generator, canvas, patch, nucleus, style.cytoplasm)
        mask[patch.window] |= patch.cover >= 0.5
    return mask


def _expose(generator: np.random.Generator, canvas: Canvas, softness: float) -> NDArray[np.uint8]:
    """Return the camera's image.

    Slightly blurred, with a little noise, in eight bits.
    """
    blurred = cv2.GaussianBlur(canvas, (0, 0), max(softness, 0.3))
    noisy = blurred + generator.normal(0, 1.6, canvas.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
