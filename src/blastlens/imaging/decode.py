"""Decoder of uploaded image files to RGB pixels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import MAX_BYTES
from blastlens.imaging.colour_profile import find_conversion
from blastlens.imaging.containers import bmp, jpeg, png, tiff
from blastlens.imaging.containers.container import (
    MAX_PIXELS,
    MIN_SIDE,
    Container,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.jpeg_rows import lacks_rows
from blastlens.imaging.containers.parser import parse_container
from blastlens.imaging.sixteen_bits import UnclearBitDepth, read_sixteen_bits

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "decode", "decode_with_resolution"]

# Explicit plug-ins: an upload cannot reach other decoders of Pillow's registry, and no global setting is changed.
_PIXEL_READERS: dict[str, Callable[[BytesIO], ImageFile]] = {
    jpeg.NAME: JpegImageFile,
    png.NAME: PngImageFile,
    bmp.NAME: BmpImageFile,
    tiff.NAME: TiffImageFile,
}
_AS_STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""By EXIF orientation: the view of an upright image that has the rows and columns of the file."""
_STRIP_PIXELS = 500_000  # converted at once; whole copies of 50 megapixels take 200 MB each
_JPEG_END = b"\xff\xd9"
_FILLINGS = (b"\0" * 2048, b"\xff\0" * 1024, b"\xa5" * 2048)
_MAX_COUNTED_BYTES = 8 * 1024 * 1024  # rows are counted in about 0.6 seconds for each MiB
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
    return decode_with_resolution(data)[0]


def decode_with_resolution(data: bytes) -> tuple[NDArray[np.uint8], float | None]:
    """Decode an image file as `decode` does, and return the micrometres per pixel that it states.

    None where it states none, or none that a microscope's image can have.
    """
    container = parse_container(data)
    return _read_pixels(container), container.um_per_pixel


def _read_pixels(container: Container) -> NDArray[np.uint8]:
    name = container.format_name
    try:
        image = _load_without_end(container) if container.lacks_end else _load(container)
        return _to_rgb(image, container)
    except UploadRefused:
        raise
    except UnsupportedColourMode as mode:
        raise refuse_variant(name, f"colours of mode {mode}") from None
    except UnclearBitDepth as unclear:
        raise _refuse_bit_depth(name, unclear) from None
    except MemoryError:
        raise  # a lack of memory is not an error of the file
    except Exception as error:  # every other error of a decoder is caused by the file
        if "truncated" in str(error):
            raise refuse_truncated(name) from None
        if "unknown pixel mode" in str(error):
            raise refuse_variant(name, "an unusual combination of channels and bits") from None
        raise refuse_corrupt(name, "its pixels cannot be decoded") from None


def _load(container: Container) -> Image.Image:
    """Decode the pixels of a file, with 8 bits a channel where the file has 16."""

    def open_image() -> ImageFile:
        return _PIXEL_READERS[container.format_name](BytesIO(container.pixels))

    if container.sample_bits == 16:
        image = read_sixteen_bits(open_image, container.stated_bits, container.planes)
        return ImageOps.invert(image) if container.white_is_zero else image
    if container.planes > 1:
        return _merge_planes(open_image, container.planes)
    with open_image() as image:
        image.load()
        return image


def _merge_planes(open_image: Callable[[], ImageFile], planes: int) -> Image.Image:
    """Return one colour image of grey pages, in the order red, green, blue."""
    grey = []
    with open_image() as image:
        for page in range(planes):
            image.seek(page)
            grey.append(image.convert("L"))
    return Image.merge("RGB", grey)


def _load_without_end(container: Container) -> Image.Image:
    """Decode a JPEG file without an end marker.

    The decoder does not tell whether data are missing, it fills in. So rows are counted where that is possible, and the
    pixels are decoded with different data after the end: if one depends on them, data are missing.

    Raises:
        UploadRefused: TRUNCATED, data are missing.
    """
    if len(container.pixels) <= _MAX_COUNTED_BYTES and lacks_rows(container.pixels):
        raise refuse_truncated(container.format_name)
    image, *others = (_load(replace(container, pixels=container.pixels + bits + _JPEG_END)) for bits in _FILLINGS)
    if any(ImageChops.difference(image, other).getbbox() for other in others):
        raise refuse_truncated(container.format_name)
    return image


def _refuse_bit_depth(name: str, unclear: UnclearBitDepth) -> UploadRefused:
    stated = f"{unclear.stated} bits are stated" if unclear.stated else "the camera's bit depth is not stated"
    return UploadRefused(
        Reason.UNKNOWN_FORMAT,
        f"The {name} file has 16 bits a channel, {stated}, and the largest value is {unclear.largest}, "
        "so the brightness is unclear: export the image with 8 bits a channel.",
    )


def _to_rgb(image: Image.Image, container: Container) -> NDArray[np.uint8]:
    """Convert an image to upright RGB pixels, strip by strip.

    Transparent pixels become white: an empty bright field is white, and black would count as darkness.
    An ICC profile that is damaged or does not match the pixels is ignored.

    Args:
        image: a loaded image of any mode with 8 bits a channel.
        container: orientation and colour information of the file.

    Returns:
        (H, W, 3) uint8, contiguous.

    Raises:
        UnsupportedColourMode: 32-bit values, Lab or the like.
    """
    if image.mode not in _CONVERTIBLE:
        raise UnsupportedColourMode(image.mode)
    is_opaque = not image.has_transparency_data or (
        container.alpha_may_be_unused
        and all(strip.convert("RGBA").getchannel("A").getextrema() == (0, 0) for _, strip in _split(image))
    )
    is_turned = container.orientation >= 5
    upright = np.empty((image.width, image.height, 3) if is_turned else (image.height, image.width, 3), np.uint8)
    stored = _AS_STORED[container.orientation](upright)
    mode = _choose_mode(image.mode, is_opaque)
    convert = find_conversion(mode, container.profile) if container.profile else None
    for rows, strip in _split(image):
        strip = (strip if is_opaque else _put_on_white(strip)).convert(mode)
        stored[rows] = _read_strip(strip if convert is None else convert(strip))
    return upright


def _read_strip(strip: Image.Image) -> NDArray[np.uint8]:
    """Return the RGB pixels of an image of mode L, RGB or CMYK."""
    if strip.mode == "L":
        return cv2.cvtColor(np.asarray(strip), cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))


def _choose_mode(mode: str, is_opaque: bool) -> str:
    """Return the mode in which pixels of a mode have the colours that an ICC profile describes."""
    if not is_opaque:
        return "RGB"
    return "L" if mode == "1" else mode if mode in ("L", "CMYK") else "RGB"


def _split(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Yield an image's strips with their rows; one strip where the image is small."""
    count = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, count):
        rows = slice(top, min(top + count, image.height))
        yield rows, image if count >= image.height else image.crop((0, rows.start, image.width, rows.stop))


def _put_on_white(strip: Image.Image) -> Image.Image:
    canvas = Image.new("RGBA", strip.size, (255, 255, 255, 255))
    canvas.alpha_composite(strip.convert("RGBA"))
    return canvas
