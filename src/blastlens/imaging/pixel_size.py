"""Choice between a declared pixel size, that of the file, and an estimate."""

from blastlens.domain.declared_pixel_size import DECLARED_ERROR
from blastlens.domain.field import Caution, PixelSize, PixelSizeSource

GREATEST_RATIO = 1.3
"""A declared and an estimated pixel size that differ by a larger factor disagree."""


def size_in_file(um: float | None) -> PixelSize | None:
    """Return the pixel size that an image file states (`decode_with_resolution`), or None where it states none."""
    return None if um is None else PixelSize(um, PixelSizeSource.FILE, DECLARED_ERROR)


def reconcile(declared: PixelSize | None, estimated: PixelSize) -> tuple[PixelSize, Caution | None]:
    """Choose between a declared and an estimated pixel size.

    The declared one is used if there is one. If the estimate differs from it by more than 30 %, one of them is wrong,
    and nothing says which: the answer must then abstain.

    Args:
        declared: with the upload or in the file; None for neither.
        estimated: from the image.

    Returns:
        The pixel size to use, and `SCALES_DISAGREE` where they do.
    """
    if declared is None or declared.um is None:
        return estimated, None
    if estimated.um is None:
        return declared, None
    ratio = max(declared.um / estimated.um, estimated.um / declared.um)
    if ratio <= GREATEST_RATIO:
        return declared, None
    return PixelSize(declared.um, declared.source, max(declared.relative_error, ratio - 1)), Caution.SCALES_DISAGREE
