"""Images with a known width of red cells, by laboratory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData, UploadRefused
from blastlens.imaging.decode import decode
from blastlens.training.data.arrays import read_image
from blastlens.training.data.dataset import Example, images_in
from blastlens.training.scale.red_cells import HOME_WIDTH, STATED_WIDTHS, width_from_boxes, width_from_middles

HOME = "taleqani"

_KEPT_WIDTH = 72.0  # px: wider red cells are shrunk when read, because crops do not show wider ones
_HOME_IMAGES = 900
_LMU_SIDE = 400


@dataclass(frozen=True)
class SizedImage:
    """An image with the width of its red cells.

    Attributes:
        file: where it was read from.
        image: (H, W, 3) uint8 RGB.
        width: of a red cell in px of `image`.
        laboratory: name.
    """

    file: Path
    image: NDArray[np.uint8]
    width: float
    laboratory: str


def list_home(examples: Sequence[Example], most: int = _HOME_IMAGES) -> list[tuple[Path, float]]:
    """List at most `most` home images, spread evenly, each with the width of its red cells in px."""
    chosen = np.linspace(0, len(examples) - 1, min(most, len(examples))).round().astype(int)
    return [(examples[number].path, HOME_WIDTH) for number in chosen]


def list_laboratories(labs: Path, boxed: Path | None) -> dict[str, list[tuple[Path, float]]]:
    """List the images of other laboratories with the width of their red cells in px.

    Args:
        labs: folder with one folder for each laboratory.
        boxed: folder of images with boxes beside them, of one more laboratory, which gets the folder's name.

    Raises:
        InvalidData: no image has a known width.
    """
    found = {folder.name: list(_sized(folder, folder.name)) for folder in sorted(labs.iterdir()) if folder.is_dir()}
    if boxed is not None:
        found[boxed.name] = list(_sized(boxed, boxed.name))
    sized = {name: images for name, images in found.items() if images}
    if not sized:
        raise InvalidData(f"no image in {labs} has boxes of red cells beside it. Name the folder of laboratories.")
    return sized


def read_sized(listed: Sequence[tuple[Path, float]], laboratory: str) -> list[SizedImage]:
    """Read images, shrunk where red cells are wider than any crop shows them."""
    return [_read(file, width, laboratory) for file, width in listed]


def _read(file: Path, width: float, laboratory: str) -> SizedImage:
    image = read_image(file)
    factor = min(1.0, _KEPT_WIDTH / width)
    if factor < 1.0:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return SizedImage(file, image, width * factor, laboratory)


def _sized(folder: Path, laboratory: str) -> Iterator[tuple[Path, float]]:
    measure = _measure_by(laboratory)
    for place in [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]:
        for file in images_in(place):
            width = measure(file)
            if width is not None:
                yield file, width


def _measure_by(laboratory: str) -> Callable[[Path], float | None]:
    return _stated_width(laboratory) if laboratory in STATED_WIDTHS else _measured_width


def _stated_width(laboratory: str) -> Callable[[Path], float | None]:
    def measure(file: Path) -> float | None:
        odd = laboratory == "lmu" and read_image(file).shape[0] != _LMU_SIDE
        return None if odd else STATED_WIDTHS[laboratory]

    return measure


def _measured_width(file: Path) -> float | None:
    boxes, middles = file.with_suffix(".boxes.txt"), file.with_suffix(".cells.txt")
    if boxes.is_file():
        height, width = read_image(file).shape[:2]
        return width_from_boxes(boxes, height, width)
    return width_from_middles(middles, read_image(file)) if middles.is_file() else None


def read_photographs(folder: Path) -> list[NDArray[np.uint8]]:
    """Read the images of a folder that the service accepts; those that it refuses, for their size for example, not."""
    photographs = []
    for file in images_in(folder):
        try:
            photographs.append(decode(file.read_bytes()))
        except UploadRefused:
            continue
    return photographs
