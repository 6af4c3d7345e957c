"""Decoder of uploaded image files to RGB pixels."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from blastlens.domain.upload import MAX_BYTES
from blastlens.imaging.containers import bmp, jpeg, png, tiff
from blastlens.imaging.containers.container import (
    MAX_PIXELS,
    MIN_SIDE,
    Container,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.parser import parse_container

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "decode"]

# Explicit plug-ins: an upload cannot reach other decoders of Pillow's registry, and no global setting is changed.
_PIXEL_READERS: dict[str, Callable[[BytesIO], Image.Image]] = {
    jpeg.NAME: JpegImageFile,
    png.NAME: PngImageFile,
    bmp.NAME: BmpImageFile,
    tiff.NAME: TiffImageFile,
}
_TRANSPOSITIONS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_BITS = {"I;16", "I;16L", "I;16B", "I;16N"}
_CONVERTIBLE = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr"}


class UnsupportedColourMode(Exception):
    """The colour mode has no defined conversion to 8-bit RGB.

    The argument is its name.
    """


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG, BMP or TIFF file, recognised by its first bytes only.

    Thread-safe. The size is checked in the header, before any pixel is decoded.

    Args:
        data: the whole file.

    Returns:
        sRGB pixels, uint8 (H, W, 3), contiguous, rotated by the file's EXIF orientation.

    Raises:
        UploadRefused: EMPTY, UNKNOWN_FORMAT, TRUNCATED, CORRUPT, TOO_SMALL, TOO_MANY_PIXELS, TOO_MANY_BYTES or
            MULTIPLE_PAGES.
    """
    container = parse_container(data)
    image = _read_pixels(container)
    transposition = _TRANSPOSITIONS.get(container.orientation)
    return np.array(image if transposition is None else image.transpose(transposition), dtype=np.uint8, order="C")


def _read_pixels(container: Container) -> Image.Image:
    name = container.format_name
    try:
        with _PIXEL_READERS[name](BytesIO(container.pixels)) as image:
            image.load()
            return _to_rgb(image, container)
    except UnsupportedColourMode as mode:
        raise refuse_variant(name, f"colours of mode {mode}") from None
    except MemoryError:
        raise  # a lack of memory is not an error of the file
    except Exception as error:  # every other error of a decoder is caused by the file
        if "truncated" in str(error):
            raise refuse_truncated(name) from None
        raise refuse_corrupt(name, "its pixels cannot be decoded") from None


def _to_rgb(image: Image.Image, container: Container) -> Image.Image:
    """Convert an image to mode RGB.

    Transparent pixels become white: an empty bright field is white, and black would count as darkness.
    An ICC profile that is damaged or does not match the pixels is ignored.

    Args:
        image: a loaded image of any mode.
        container: colour information of the file.

    Raises:
        UnsupportedColourMode: 32-bit values, Lab or the like.
    """
    if image.mode in _SIXTEEN_BITS:
        image = _to_eight_bits(image, container.white_is_zero)
    if image.mode not in _CONVERTIBLE:
        raise UnsupportedColourMode(image.mode)
    if image.has_transparency_data:
        image = _put_on_white(image.convert("RGBA"), container.alpha_may_be_unused)
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if container.profile:
        image = _to_srgb(image, container.profile)
    return image if image.mode == "RGB" else image.convert("RGB")  # avoids a copy of up to 50 megapixels


def _to_eight_bits(image: Image.Image, white_is_zero: bool) -> Image.Image:
    values: NDArray[np.uint16] = np.asarray(image).astype(np.uint16)
    high = (values >> 8).astype(np.uint8)
    return Image.fromarray(255 - high if white_is_zero else high)


def _put_on_white(image: Image.Image, alpha_may_be_unused: bool) -> Image.Image:
    if alpha_may_be_unused and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    canvas = Image.new("RGBA", image.size, (255, 255, 255, 255))
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in (source.profile.profile_description or ""):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if converted is None else converted
