"""Images of 16 bits a channel, reduced to 8 by the bits that the camera used."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

CAMERA_BITS = (10, 12, 14)
"""Bit depths of cameras that the largest value of an image shows."""

_GREY_MODES = {"I;16", "I;16L", "I;16B", "I;16N"}
_COLOUR_BANDS = {"RGB": 3, "RGBX": 3, "RGBA": 3, "RGBa": 3}
_OTHER_ORDER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if sys.byteorder == "little" else ";16L"}
_PLAINLY_FULL = 1 << 14
_STRIP_ROWS = 256
_LEAST_SHARE = 8  # a smear is bright field: a largest value below an eighth of the range contradicts the range

OpenImage = Callable[[], ImageFile]


class UnclearBitDepth(Exception):
    """The file and its largest value do not show the camera's bit depth.

    Attributes:
        largest: value in the colour channels.
        stated: bits that the file states, if it does.
    """

    def __init__(self, largest: int, stated: int | None) -> None:
        super().__init__(largest, stated)
        self.largest = largest
        self.stated = stated


def choose_bits(largest: int, stated: int | None) -> int:
    """Return how many bits of a 16-bit word the camera used.

    A stated number counts if the largest value fits and fills at least an eighth of the range. A larger value shows
    that the file states what the camera had before the values were widened to 16 bits. Without a statement the largest
    value counts, if it fills at least half of the range of 10, 12 or 14 bits, or a quarter of that of 16.

    Args:
        largest: value in the colour channels.
        stated: bits that the file states; None where it does not.

    Raises:
        UnclearBitDepth: the largest value is too small for what is stated, or nothing is stated and the value needs
            9, 11 or 13 bits, or less than 9.
    """
    if stated is not None and 8 <= stated <= 16 and largest < 1 << stated:
        if largest < (1 << stated) // _LEAST_SHARE:
            raise UnclearBitDepth(largest, stated)
        return stated
    if largest >= _PLAINLY_FULL:
        return 16
    if largest.bit_length() in CAMERA_BITS:
        return largest.bit_length()
    raise UnclearBitDepth(largest, None)


def read_sixteen_bits(open_image: OpenImage, stated: int | None, planes: int = 1) -> Image.Image:
    """Decode an image of 16 bits a channel to 8.

    Args:
        open_image: opens the file.
        stated: bits that the file states; None where it does not.
        planes: 3 where the file has a grey page for each of red, green and blue.

    Returns:
        The image, of mode L where it is grey. Bits are shifted, so that widened 8-bit values come back exactly.

    Raises:
        UnclearBitDepth: the number of bits that the camera used is unknown.
    """
    image, raw_modes = _load(open_image, 0)
    if image.mode in _GREY_MODES:
        return _reduce_grey([image, *(_load(open_image, page)[0] for page in range(1, planes))], stated)
    bands = _COLOUR_BANDS.get(image.mode)
    is_swappable = all(raw_mode[-4:] in _OTHER_ORDER for raw_mode in raw_modes)
    if bands is None or not is_swappable or _largest(image, slice(bands)) >= _PLAINLY_FULL >> 8:
        return image  # the decoder has kept the high bytes
    low, _ = _load(open_image, 0, is_swapped=True)
    return _reduce_colours(image, low, bands, stated)


def _reduce_grey(pages: list[Image.Image], stated: int | None) -> Image.Image:
    values = [np.asarray(pages.pop(0)).astype(np.uint16, copy=False) for _ in range(len(pages))]
    bits = choose_bits(max(int(page.max()) for page in values), stated)
    reduced = [Image.fromarray(_shift(values.pop(0), bits)) for _ in range(len(values))]
    return reduced[0] if len(reduced) == 1 else Image.merge("RGB", reduced)


def _reduce_colours(high: Image.Image, low: Image.Image, bands: int, stated: int | None) -> Image.Image:
    """Return `high` with 8 bits of the words, of which two images have the bytes.

    The work is done in strips, as the words of 50 megapixels would take 400 MB.
    """
    strips = [(0, top, high.width, min(top + _STRIP_ROWS, high.height)) for top in range(0, high.height, _STRIP_ROWS)]
    bits = choose_bits(max(int(_join(high, low, strip)[..., :bands].max()) for strip in strips), stated)
    is_full_alpha = _largest(high, slice(bands, None)) >= 1 << (bits - 8)  # opacity has all 16 bits
    for strip in strips:
        words = _join(high, low, strip)
        reduced = _shift(words, bits)
        if is_full_alpha:
            reduced[..., bands:] = words[..., bands:] >> 8
        high.paste(Image.frombytes(high.mode, reduced.shape[1::-1], reduced.tobytes()), strip[:2])
    return high


def _join(high: Image.Image, low: Image.Image, strip: tuple[int, int, int, int]) -> NDArray[np.uint16]:
    words = np.asarray(high.crop(strip)).astype(np.uint16) << 8
    return np.asarray(words | np.asarray(low.crop(strip)), dtype=np.uint16)


def _largest(image: Image.Image, bands: slice) -> int:
    """Return the largest value of some bands; 0 if there are none."""
    return max((int(np.asarray(image.getchannel(band)).max()) for band in image.getbands()[bands]), default=0)


def _load(open_image: OpenImage, page: int, is_swapped: bool = False) -> tuple[Image.Image, list[str]]:
    """Decode a page, and return it with the raw modes of its tiles.

    The decoder keeps one byte of each colour, the high one. With the other byte order it keeps the low one.
    """
    with open_image() as image:
        if page:
            image.seek(page)
        raw_modes = [_raw_mode(tile.args) for tile in image.tile]
        if is_swapped:
            image.tile = [tile._replace(args=_swap_order(tile.args)) for tile in image.tile]
        image.load()
        return image, raw_modes


def _raw_mode(arguments: tuple[Any, ...] | str | None) -> str:
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _swap_order(arguments: tuple[Any, ...] | str | None) -> tuple[Any, ...] | str:
    raw_mode = _raw_mode(arguments)
    swapped = raw_mode[:-4] + _OTHER_ORDER[raw_mode[-4:]]
    return (swapped, *arguments[1:]) if isinstance(arguments, tuple) else swapped


def _shift(values: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    return np.asarray(np.minimum(values >> (bits - 8), 255), dtype=np.uint8)
