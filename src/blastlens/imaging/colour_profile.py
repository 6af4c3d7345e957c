"""Conversion of colours from an ICC profile to sRGB."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

_LEVELS = np.arange(0, 256, 5, dtype=np.uint8)
_EQUAL = 3  # of 255: published sRGB profiles differ from each other by as much


def convert_to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an image in sRGB.

    The image itself is returned if the profile means sRGB, is damaged, or does not fit the pixels. What a profile means
    is classified by its contents: the names of profiles are not reliable.

    Args:
        image: of mode L, RGB or CMYK.
        profile: an ICC profile.
    """
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, target, image.mode, "RGB")
        if image.mode != "CMYK" and _changes_nothing(transform, image.mode):
            return image
        converted = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if converted is None else converted


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
