"""Videos for Chromium's fake camera: drawn fields through an eyepiece."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from blastlens.domain.labels import Label
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear

_SIZE = (960, 1280)
_UM = 0.2
"""Micrometres in a pixel: the disc of the eyepiece is then 180 micrometres wide."""
_DISC = 0.47
"""Radius of the disc, as a share of the height."""
_SURROUND = 12


def draw_view(seed: int, label: Label = Label.PRE_B, blasts: int | None = None) -> np.ndarray:
    """Return a drawn field inside of the disc of an eyepiece, RGB."""
    image = draw_smear(seed, label, size=_SIZE, blasts=blasts, um=_UM).image
    outside = np.ones(_SIZE, np.uint8)
    cv2.circle(outside, (_SIZE[1] // 2, _SIZE[0] // 2), round(_DISC * _SIZE[0]), 0, -1)
    return np.where(outside[..., None] > 0, np.uint8(_SURROUND), image)


def write_video(path: Path, frames: Sequence[np.ndarray]) -> Path:
    """Write frames of one size as a video that Chromium repeats without an end, ten frames a second (YUV4MPEG2)."""
    height, width = frames[0].shape[:2]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


def write_field(folder: Path) -> Path:
    """Write a drawn field through an eyepiece as a PNG file."""
    file = folder / "field.png"
    file.write_bytes(encode_png(draw_view(62)))
    return file
