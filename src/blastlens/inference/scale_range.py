"""Range of pixel sizes that a package was evaluated on, and what lies outside."""

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.field import PixelSize, PixelSizeSource
from blastlens.imaging.thumbnail import HOME_PIXEL_SIZE_UM

LEAST_FIELD_UM = 25.0
"""Side of a field in micrometres below which too little of the smear is seen: a large white cell is as wide."""

_ESTIMATED = {PixelSizeSource.LEARNED, PixelSizeSource.RED_CELLS, PixelSizeSource.NUCLEI}
_GREATEST_SHIFT = 0.5


def check_range(size: PixelSize, evaluated_um: tuple[float, float], shorter_side: int) -> None:
    """Check that a field can be read at its pixel size.

    Args:
        size: of the field.
        evaluated_um: least and greatest pixel size that the package was evaluated on.
        shorter_side: of the field, in its pixels.

    Raises:
        UploadRefused: SCALE_UNKNOWN, MAGNIFICATION_TOO_LOW or MAGNIFICATION_TOO_HIGH.
    """
    if size.um is None:
        raise UploadRefused(
            Reason.SCALE_UNKNOWN,
            "The pixel size of the image is unknown: move to a field with red cells, or send the pixel size with the "
            "image (docs/microscopes.md), and take it again.",
        )
    least, greatest = evaluated_um
    if size.um > greatest:
        raise UploadRefused(
            Reason.MAGNIFICATION_TOO_LOW,
            f"A pixel of the image is {size.um:.2g} micrometres wide, and cells are read up to {greatest:.2g}: use a "
            "stronger objective or adapter, or more of the camera's pixels, and take it again.",
        )
    side = shorter_side * size.um
    if size.um < least or side < LEAST_FIELD_UM:
        raise UploadRefused(
            Reason.MAGNIFICATION_TOO_HIGH,
            f"The image is {side:.0f} micrometres wide, {size.um:.2g} a pixel, and at least {LEAST_FIELD_UM:.0f} and "
            f"{least:.2g} are needed: use a weaker objective or adapter, or send the whole field, and take it again.",
        )


def choose_reading_size(size: PixelSize) -> float:
    """Return the pixel size at which a field is read: home, where it lies within the error of an estimate.

    The models were trained at the home scale exactly, and estimates for images at that scale vary. A declared pixel
    size is used as it is.

    Args:
        size: of the field, known.
    """
    um = float(size.um or HOME_PIXEL_SIZE_UM)
    if size.source not in _ESTIMATED:
        return um
    factor = 1 + min(size.relative_error, _GREATEST_SHIFT)
    return HOME_PIXEL_SIZE_UM if um / factor <= HOME_PIXEL_SIZE_UM <= um * factor else um


def is_certain(size: PixelSize, evaluated_um: tuple[float, float], greatest_error: float) -> bool:
    """Return whether a pixel size is exact enough, and within the evaluated range whatever its error."""
    if size.um is None or size.relative_error > greatest_error:
        return False
    factor = 1 + size.relative_error
    return evaluated_um[0] <= size.um / factor and size.um * factor <= evaluated_um[1]
