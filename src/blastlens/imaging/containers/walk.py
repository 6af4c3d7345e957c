"""Any image file, told by its first bytes, walked by its format's module."""

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import refuse_if_too_large
from blastlens.imaging.containers import bmp, jpeg, png, tiff
from blastlens.imaging.containers.container import Container


def walk(data: bytes, keep: bool = True) -> Container:
    """Walk an image file, which proves that it is whole, before any pixel is decoded.

    Args:
        data: the whole file.
        keep: hand on what the pixels need; without it nothing is copied, and the answer is only whether it is whole.

    Raises:
        UploadRefused: EMPTY, UNKNOWN_FORMAT, TRUNCATED, CORRUPT, TOO_SMALL, TOO_MANY_PIXELS, TOO_MANY_BYTES or
            MULTIPLE_PAGES.
    """
    if not data:
        raise UploadRefused(Reason.EMPTY, "The file is empty: copy it from the microscope again and upload it anew.")
    refuse_if_too_large(len(data))
    if data.startswith(jpeg.MAGIC):
        return jpeg.read(data, keep)
    if data.startswith(png.MAGIC):
        return png.read(data, keep)
    if data.startswith(tiff.MAGICS):
        return tiff.read(data, keep)
    if bmp.is_bmp(data):
        return bmp.read(data, keep)
    raise UploadRefused(
        Reason.UNKNOWN_FORMAT,
        "The file is no JPEG, PNG, BMP or TIFF image, whatever its name says: "
        "export the image from the microscope in one of these formats.",
    )
