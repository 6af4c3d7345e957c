"""Image files of the corpus: JPEG and PNG of every kind that is read."""

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Draw = Callable[[], NDArray[np.uint8]]

_ORIENTATION = 0x0112
_UM_OF_INCH = 25_400.0
# Primaries of Display P3 adapted to D50, the gamma of sRGB as a parametric curve.
_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}
_D50 = (0.96420, 1.0, 0.82491)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def jpeg(
    draw: Draw,
    mode: str = "RGB",
    quality: int = 90,
    orientation: int | None = None,
    um: float | None = None,
    profile: bytes | None = None,
    **options: Any,
) -> bytes:
    """Return a JPEG file.

    Args:
        draw: the pixels as stored, before any orientation.
        mode: of Pillow.
        quality: 1 to 100.
        orientation: of EXIF.
        um: micrometres per pixel, written as the density of JFIF.
        profile: of ICC.
        options: of Pillow.
    """
    if orientation is not None:
        options["exif"] = _make_exif(orientation)
    if um is not None:
        options["dpi"] = (round(_UM_OF_INCH / um), round(_UM_OF_INCH / um))
    return _save(draw, mode, "JPEG", quality=quality, icc_profile=profile, **options)


def png(
    draw: Draw, mode: str = "RGB", orientation: int | None = None, um: float | None = None, profile: bytes | None = None
) -> bytes:
    """Return a PNG file; transparent is its left quarter, and half of the next one."""
    options: dict[str, Any] = {"icc_profile": profile}
    if orientation is not None:
        options["exif"] = _make_exif(orientation)
    if um is not None:
        options["dpi"] = (_UM_OF_INCH / um, _UM_OF_INCH / um)
    return _save(draw, mode, "PNG", **options)


def make_srgb() -> bytes:
    """Return the ICC profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def make_display_p3() -> bytes:
    """Return an ICC profile of the colours that phones write."""
    tags = {kind: b"XYZ " + bytes(4) + _fixed(*values) for kind, values in _P3.items()}
    tags[b"wtpt"] = b"XYZ " + bytes(4) + _fixed(*_D50)
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(*_CURVE)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 11) + b"Display P3\0" + bytes(78)
    tags[b"cprt"] = b"text" + bytes(4) + b"CC0\0"
    directory, body = struct.pack(">I", len(tags)), b""
    for kind, value in tags.items():
        directory += struct.pack(">4sII", kind, 128 + 4 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    return _make_header(128 + len(directory) + len(body)) + directory + body


def _make_header(size: int) -> bytes:
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s12s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ", date, b"acsp")
    return (head + bytes(28) + _fixed(*_D50)).ljust(128, b"\0")


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _make_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return exif.tobytes()


def _save(draw: Draw, mode: str, file_format: str, **options: Any) -> bytes:
    pixels = draw()
    image = Image.fromarray(pixels)
    if mode == "RGBA":
        alpha = np.full(pixels.shape[:2], 255, np.uint8)
        quarter = pixels.shape[1] // 4
        alpha[:, :quarter], alpha[:, quarter : 2 * quarter] = 0, 128
        image.putalpha(Image.fromarray(alpha))
    elif mode != "RGB":
        image = image.convert(mode)
    stream = BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()
