"""Program that draws docs/images/result.png from a synthetic smear.

The picture shows the smear as uploaded, its segmented image, and its outlines.

python docs/make_result_picture.py
"""

from pathlib import Path

import cv2
import numpy as np

from blastlens.domain.labels import Label
from blastlens.imaging.overlay import draw_outlines, encode_png
from blastlens.imaging.segmentation import black_out, segment
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.package import SHIPPED, load_package

SIDE, GAP = 320, 8


def main() -> None:
    """Write the picture."""
    image = draw_smear(11, Label.EARLY_PRE_B, (SIDE, SIDE)).image
    mask = segment(image, load_package(SHIPPED).manifest.segmentation)
    panels = [image, black_out(image, mask), draw_outlines(image, mask)]
    framed = [cv2.copyMakeBorder(panel, 0, 0, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for panel in panels]
    picture = np.hstack(framed)[:, :-GAP].astype(np.uint8)
    (Path(__file__).parent / "images" / "result.png").write_bytes(encode_png(picture))


if __name__ == "__main__":
    main()
