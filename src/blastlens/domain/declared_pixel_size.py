"""Pixel sizes declared with an upload: object metadata and its reader."""

import re
from collections.abc import Mapping

from blastlens.domain.field import PixelSize, PixelSizeSource

SIZE_KEY = "pixel-size-um"
"""Key of the object metadata that holds micrometres per pixel, as a decimal number."""

SOURCE_KEY = "pixel-size-from"
"""Key of the object metadata that says who declared it: `device`, or anything else."""

LEAST_UM = 0.01
LARGEST_UM = 10.0
"""Limits of a pixel size that a light microscope can have."""

DECLARED_ERROR = 0.05
"""Relative error of a declared pixel size: magnifications are nominal values."""

_DECIMAL = re.compile(r"\d{1,10}(\.\d{1,20})?", re.ASCII)
_LONGEST_SHOWN = 20


def parse_declared(text: str) -> float:
    """Return the micrometres per pixel in a text such as `0.25`.

    Raises:
        ValueError: the text is not a decimal number, or no light microscope has such a pixel size. The message is a
            sentence that says what to write.
    """
    stripped = text.strip()
    if _DECIMAL.fullmatch(stripped) is None:
        raise ValueError(f"The pixel size {_shorten(text)} is not a decimal number: write micrometres, such as 0.25.")
    um = float(stripped)
    if not LEAST_UM <= um <= LARGEST_UM:
        raise ValueError(
            f"A pixel size of {_shorten(text)} micrometres is outside of {LEAST_UM:g} to {LARGEST_UM:g}: divide the "
            "camera's pixel by the magnification of objective and adapter."
        )
    return um


def declare_pixel_size(um: float, source: PixelSizeSource = PixelSizeSource.METADATA) -> PixelSize:
    """Return a declared pixel size with its error."""
    return PixelSize(um, source, DECLARED_ERROR)


def read_declared(metadata: Mapping[str, str]) -> PixelSize | None:
    """Return the pixel size in an object's metadata; None where it has none.

    Raises:
        ValueError: it is not usable; see `parse_declared`.
    """
    text = metadata.get(SIZE_KEY)
    if text is None:
        return None
    is_device = metadata.get(SOURCE_KEY, "").strip().lower() == PixelSizeSource.DEVICE
    return declare_pixel_size(parse_declared(text), PixelSizeSource.DEVICE if is_device else PixelSizeSource.METADATA)


def make_metadata(um: float, source: PixelSizeSource) -> dict[str, str]:
    """Return the object metadata that declares a pixel size."""
    return {SIZE_KEY: f"{um:.6f}", SOURCE_KEY: str(source)}


def _shorten(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
