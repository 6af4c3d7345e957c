"""Crops around proposals of white cells, the input of the cell model."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.white_cells import Proposal

CROP_SIDE = 48
"""Side of a crop in pixels of 0.5 um: 24 um, a white cell with its nearest neighbours."""

BACKGROUND = 255
"""Level of all channels outside of the image: in standardised colour the background is white."""

_RIM = 5  # px, odd: the mask is widened by half of it, so that it holds the edge of the nucleus and thin cytoplasm


def cut_crops(
    image: NDArray[np.uint8], mask: NDArray[np.bool_] | None, proposals: Sequence[Proposal], side: int = CROP_SIDE
) -> NDArray[np.uint8]:
    """Cut a square around each proposal.

    Args:
        image: (H, W, 3) uint8 RGB at the working scale, in standardised colour.
        mask: (H, W), False where the image is not usable: those pixels become background; None uses all.
        proposals: the regions.
        side: of the crops in pixels.

    Returns:
        (N, side, side, 4) uint8: RGB, and 255 inside the proposal's own region, widened by `_RIM` // 2 pixels.
    """
    margin = side // 2 + 1
    usable = image if mask is None or mask.all() else np.where(mask[..., None], image, np.uint8(BACKGROUND))
    framed = cv2.copyMakeBorder(usable, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(BACKGROUND,) * 3)
    crops = np.zeros((len(proposals), side, side, 4), np.uint8)
    rim = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_RIM, _RIM))
    for crop, proposal in zip(crops, proposals, strict=True):
        left, top = (round(place) - side // 2 for place in proposal.centre)
        crop[..., :3] = framed[top + margin : top + margin + side, left + margin : left + margin + side]
        region = np.zeros((side, side), np.uint8)
        cv2.fillPoly(region, [proposal.outline - np.array([left, top], np.int32)], 255)
        crop[..., 3] = cv2.dilate(region, rim)
    return crops
