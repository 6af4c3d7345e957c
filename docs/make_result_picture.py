"""Program that draws docs/images/result.png: a synthetic field as it is read.

The picture shows the field with its white cells and windows and what is left out, a gallery of white cells, and the
heat map. Around them it is transparent, for pages in light and in dark colours.

python -m docs.make_result_picture [PACKAGE]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from blastlens.domain.field import Cell, CellKind
from blastlens.domain.labels import WORDS, Label
from blastlens.imaging.overlay import draw_cells, draw_heat
from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.thumbnail import make_thumbnail
from blastlens.imaging.usable_area import find_usable_area
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import SHIPPED, load_package
from blastlens.inference.reading import Reading

PICTURE = Path(__file__).parent / "images" / "result.png"
SEED, HEIGHT, WIDTH, UM = 21, 810, 1080, 2 / 9  # pixels of the field, and micrometres in one of them
COLUMNS, ROWS, TILE, PITCH = 5, 2, 120, 132  # of the gallery
CROP_UM = 24.0
GAP, SIZE, LINE = 20, 22, 25  # pixels between parts, of a letter, and from line to line
HEAT = 400, 300  # width and height of the heat map
TEXT = (118, 131, 144, 255)  # readable on white and on black
WINDOW, HATCH = (30, 90, 200), (255, 120, 60)

Pixels = NDArray[np.uint8]


def draw_upload() -> Pixels:
    """Draw a field in the round view of an eyepiece, with a scale bar of 50 micrometres, (H, W, 3) uint8 RGB."""
    image = draw_smear(SEED, Label.EARLY_PRE_B, (HEIGHT, WIDTH), um=UM).image
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    image[np.hypot(rows - HEIGHT / 2, columns - WIDTH / 2) > 0.57 * WIDTH] = (6, 6, 8)
    right, length = WIDTH - 200, round(50 / UM)
    cv2.rectangle(image, (right - length, HEIGHT - 60), (right, HEIGHT - 52), (0, 0, 0), cv2.FILLED)
    return image


def draw_field(reading: Reading, image: Pixels) -> Image.Image:
    """Draw a field with its cells, its windows as broken lines, and hatching over what is left out."""
    usable = find_usable_area(make_thumbnail(image)).resize_mask(*image.shape[:2])
    rows, columns = np.indices(usable.shape)
    drawn = draw_cells(image, reading.cells)
    drawn[~usable & ((rows + columns) % 14 < 3)] = HATCH
    for left, top, width, height in reading.windows:
        faint, edge = drawn.copy(), np.zeros(usable.shape, np.uint8)
        cv2.rectangle(edge, (left + 1, top + 1), (left + width - 2, top + height - 2), 1, 2)
        faint[(edge > 0) & ((rows + columns) % 20 < 12)] = WINDOW
        drawn = cv2.addWeighted(faint, 0.7, drawn, 0.3, 0).astype(np.uint8)
    return Image.fromarray(drawn)


def cut_tile(image: Pixels, cell: Cell) -> Image.Image:
    """Return the surroundings of a cell, CROP_UM wide."""
    left, top, width, height = cell.box
    half = round(CROP_UM / UM / 2)
    padded = cv2.copyMakeBorder(image, half, half, half, half, cv2.BORDER_REPLICATE)
    row, column = top + height // 2, left + width // 2
    return Image.fromarray(padded[row : row + 2 * half, column : column + 2 * half]).resize((TILE, TILE))


def choose_cells(cells: Sequence[Cell]) -> list[Cell]:
    """Return as many cells as the gallery has tiles, spread over their order by blast probability."""
    ranked = sorted(cells, key=lambda cell: -cell.blast_probability)
    number = min(len(ranked), COLUMNS * ROWS)
    return [ranked[index] for index in np.linspace(0, len(ranked) - 1, number).round().astype(int)]


def describe(cell: Cell) -> tuple[str, str, str]:
    """Return the caption of a cell: blast probability, kind, and diameter of the nucleus in micrometres."""
    kind = "other" if cell.kind is CellKind.OTHER_WHITE else WORDS[Label(cell.kind)].short
    return f"{cell.blast_probability:.2f}", kind, f"{cell.nucleus_um or 0:.1f}"


def add_gallery(picture: Image.Image, image: Pixels, cells: Sequence[Cell]) -> None:
    """Add the tiles of cells with their captions, right of the field."""
    chosen, draw = choose_cells(cells), ImageDraw.Draw(picture)
    _write(draw, (WIDTH + GAP, 0), f"{len(chosen)} of {len(cells)} white cells, by blast probability; below it")
    _write(draw, (WIDTH + GAP, LINE), "the kind and the diameter of the nucleus in micrometres")
    for index, cell in enumerate(chosen):
        row, column = divmod(index, COLUMNS)
        left, top = WIDTH + GAP + column * PITCH, 64 + row * (TILE + 3 * LINE + 16)
        picture.paste(cut_tile(image, cell), (left, top))
        for line, text in enumerate(describe(cell)):
            _write(draw, (left, top + TILE + 2 + line * LINE), text)


def add_heat(picture: Image.Image, heat: Image.Image) -> None:
    """Add the heat map and the key of all parts, below the gallery."""
    left, top = WIDTH + GAP, HEIGHT - HEAT[1]
    picture.paste(heat.resize(HEAT, Image.Resampling.LANCZOS), (left, top))
    draw, left = ImageDraw.Draw(picture), left + HEAT[0] + GAP
    draw.ellipse((left + 2, top + 4, left + 34, top + 36), outline=(25, 25, 25), width=6)
    draw.ellipse((left + 4, top + 6, left + 32, top + 34), outline=(255, 225, 0), width=2)
    for step in range(0, 36, 12):
        draw.line((left + step, top + 70, left + step + 7, top + 70), fill=WINDOW, width=3)
    for step in range(0, 30, 10):
        draw.line((left + step, top + 134, left + step + 16, top + 108), fill=HATCH, width=3)
    for index, text in enumerate(("white cell", "window", "left out")):
        _write(draw, (left + 50, top + 8 + 50 * index), text)
    ramp = np.tile(np.arange(256, dtype=np.uint8), (20, 1))
    colours = cv2.cvtColor(cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)
    picture.paste(Image.fromarray(colours.astype(np.uint8)).resize((200, 20)), (left, top + 210))
    _write(draw, (left, top + 178), "heat map")
    _write(draw, (left, top + 236), "little … much")


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str) -> None:
    draw.text(place, text, TEXT, ImageFont.load_default(SIZE))


def main(folder: Path) -> None:
    """Write the picture of what a package reads."""
    image = draw_upload()
    reading = Classifier(load_package(folder), 1).read(image)
    if reading.heat is None or not reading.cells:
        raise SystemExit(f"{folder} reads no white cells in the drawn field: {reading.answer}")
    picture = Image.new("RGBA", (WIDTH + GAP + COLUMNS * PITCH - PITCH + TILE, HEIGHT))
    picture.paste(draw_field(reading, image), (0, 0))
    add_gallery(picture, draw_cells(image, reading.cells), reading.cells)
    add_heat(picture, Image.fromarray(draw_heat(image, reading.heat)))
    # 256 colours: a tenth of the bytes, and the noise of the drawing is the only difference.
    picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else SHIPPED)
