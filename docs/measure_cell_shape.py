"""Height-to-width ratio of nuclei by folder, which reveals squeezed images.

    python -m docs.measure_cell_shape [DATA]

DATA, by default ../shared/data beside the repository, contains one folder of images for each source. Prints a median
over blasts that touch neither others nor the edge: their vertical over their horizontal spread, 1 if they are round.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.cli.image_files import find_image_files
from blastlens.domain.errors import UploadRefused
from blastlens.imaging.decode import decode
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.stain import prepare_colour

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MOST = 80
"""Number of images per folder, taken evenly over all of them."""
SMALLEST = 0.004  # of an image: less is debris
SOLID = 0.93  # of its convex hull: less is two cells that touch


def measure_nuclei(mask: NDArray[np.bool_]) -> Iterator[float]:
    """Yield height over width of each single blast in a mask (H, W), by the standard deviations of its pixels."""
    count, places, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for number in range(1, count):
        left, top, width, height, area = boxes[number]
        inside = left > 0 and top > 0 and left + width < mask.shape[1] and top + height < mask.shape[0]
        if not inside or area < SMALLEST * mask.size:
            continue
        pixels = np.argwhere(places == number)
        if area >= SOLID * cv2.contourArea(cv2.convexHull(pixels.astype(np.int32))):
            down, across = pixels.std(axis=0)
            yield float(down / across)


def measure_shapes(files: Sequence[Path]) -> Iterator[float]:
    """Yield height over width of every single blast in images; refused images are skipped."""
    for file in files:
        with suppress(UploadRefused):
            image = prepare_colour(decode(file.read_bytes()), "standardised")
            yield from measure_nuclei(segment(image, SegmentationSettings()))


def main() -> None:
    """Measure every folder, and print a line for each."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    for folder in sorted(data.iterdir()) if data.is_dir() else ():
        found, _ = find_image_files([folder])
        images = [file for file in found if not file.stem.endswith("_mask")]
        measured = list(measure_shapes(images[:: max(1, len(images) // MOST)]))
        if measured:
            print(f"{folder.name}: {np.median(measured):.2f} (median of {len(measured)} blasts)")


if __name__ == "__main__":
    main()
