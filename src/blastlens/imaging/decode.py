"""Bytes of an uploaded file become RGB pixels, or a refusal that says what to do about it."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from blastlens.domain.upload import MAX_BYTES
from blastlens.imaging.colour import UnreadColours, to_rgb
from blastlens.imaging.containers import bmp, jpeg, png, tiff
from blastlens.imaging.containers.container import (
    MAX_PIXELS,
    MIN_SIDE,
    Container,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.walk import walk

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "decode"]

# The plug-ins are named one by one: no registry of Pillow's decides what an upload may reach, and no global is set.
_PIXEL_READERS: dict[str, Callable[[BytesIO], Image.Image]] = {
    jpeg.NAME: JpegImageFile,
    png.NAME: PngImageFile,
    bmp.NAME: BmpImageFile,
    tiff.NAME: TiffImageFile,
}
_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG, BMP or TIFF file, told by its first bytes alone.

    Safe to call from several threads at once. Size is checked from the header, before any pixel is decoded.

    Args:
        data: the whole file.

    Returns:
        sRGB pixels, uint8 (H, W, 3), contiguous, upright by the file's EXIF orientation.

    Raises:
        UploadRefused: EMPTY, UNKNOWN_FORMAT, TRUNCATED, CORRUPT, TOO_SMALL, TOO_MANY_PIXELS, TOO_MANY_BYTES or
            MULTIPLE_PAGES.
    """
    container = walk(data)
    image = _read_pixels(container)
    turn = _TURNS.get(container.orientation)
    return np.array(image if turn is None else image.transpose(turn), dtype=np.uint8, order="C")


def _read_pixels(container: Container) -> Image.Image:
    name = container.format_name
    try:
        with _PIXEL_READERS[name](BytesIO(container.pixels)) as image:
            image.load()
            return to_rgb(image, container)
    except UnreadColours as colours:
        raise refuse_variant(name, f"colours of mode {colours}") from None
    except MemoryError:
        raise  # the machine's fault, not the file's
    except Exception as error:  # whatever else a decoder stumbles over lies in the file
        if "truncated" in str(error):
            raise refuse_truncated(name) from None
        raise refuse_corrupt(name, "its pixels cannot be decoded") from None
