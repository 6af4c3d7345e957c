"""Conversion of colours from an ICC profile to sRGB."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)
_LEVELS = np.arange(0, 256, 5, dtype=np.uint8)
_EQUAL = 3  # of 255: published sRGB profiles differ from each other by as much


def find_conversion(mode: str, profile: bytes) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion of images with a profile to sRGB.

    None if the profile means sRGB, is damaged, or does not fit the mode. What a profile means is classified by its
    contents: the names of profiles are not reliable.

    Args:
        mode: L, RGB or CMYK.
        profile: an ICC profile.
    """
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        if mode != "CMYK" and _changes_nothing(transform, mode):
            return None
    except _ERRORS:
        return None
    return lambda image: _convert(image, transform)


def _convert(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    try:
        return ImageCms.applyTransform(image, transform) or image
    except _ERRORS:
        return image


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Check whether greys, and pure and pale colours, stay what they are."""
    grey = np.repeat(_LEVELS[:, None], 3, axis=1)
    colours = [np.where(np.arange(3) == channel, _LEVELS[:, None], other) for channel in range(3) for other in (0, 200)]
    sample = Image.fromarray(np.stack([grey, *colours]).astype(np.uint8))
    sample = sample.convert(mode)
    converted = ImageCms.applyTransform(sample, transform)
    assert converted is not None
    before, after = np.asarray(sample.convert("RGB")), np.asarray(converted)
    return int(np.abs(before.astype(np.int16) - after).max()) <= _EQUAL
