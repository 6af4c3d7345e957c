"""Any colours that Pillow can hold become RGB of 8 bits in sRGB."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from blastlens.imaging.containers.container import Container

_SIXTEEN_BITS = {"I;16", "I;16L", "I;16B", "I;16N"}
_CONVERTIBLE = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr"}


class UnreadColours(Exception):
    """The image's colours are of a kind that has no agreed way to 8-bit RGB; the argument names it."""


def to_rgb(image: Image.Image, container: Container) -> Image.Image:
    """Return the image in mode RGB.

    Transparent pixels are laid on white: an empty field of a bright-field microscope is white, and black would
    be measured as darkness. An ICC profile that is broken or does not fit the pixels is left aside.

    Args:
        image: a loaded image of any mode.
        container: what the file says of its colours.

    Raises:
        UnreadColours: 32-bit numbers, Lab or the like.
    """
    if image.mode in _SIXTEEN_BITS:
        image = _eight_bits(image, container.white_is_zero)
    if image.mode not in _CONVERTIBLE:
        raise UnreadColours(image.mode)
    if image.has_transparency_data:
        image = _on_white(image.convert("RGBA"), container.alpha_may_be_unused)
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if container.profile:
        image = _to_srgb(image, container.profile)
    return image if image.mode == "RGB" else image.convert("RGB")  # a copy of 50 megapixels would be dear


def _eight_bits(image: Image.Image, white_is_zero: bool) -> Image.Image:
    values: NDArray[np.uint16] = np.asarray(image).astype(np.uint16)
    high = (values >> 8).astype(np.uint8)
    return Image.fromarray(255 - high if white_is_zero else high)


def _on_white(image: Image.Image, alpha_may_be_unused: bool) -> Image.Image:
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
