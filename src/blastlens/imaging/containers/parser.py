"""Parser of any accepted image file, chosen by the file's first bytes."""

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import refuse_if_too_large
from blastlens.imaging.containers import bmp, jpeg, png, tiff
from blastlens.imaging.containers.container import Container, refuse_truncated
from blastlens.imaging.containers.jpeg_rows import lacks_rows
from blastlens.imaging.containers.other_formats import refuse_other_format


def parse_container(data: bytes, keep: bool = True) -> Container:
    """Parse an image file and check that it is complete, before any pixel is decoded.

    Args:
        data: the whole file.
        keep: whether to return what the pixels need; without it nothing is copied.

    Raises:
        UploadRefused: EMPTY, UNKNOWN_FORMAT, TRUNCATED, CORRUPT, TOO_SMALL, TOO_MANY_PIXELS, TOO_MANY_BYTES or
            MULTIPLE_PAGES.
    """
    if not data:
        raise UploadRefused(Reason.EMPTY, "The file is empty: copy it from the microscope again and upload it anew.")
    refuse_if_too_large(len(data))
    if data.startswith(jpeg.MAGIC):
        return jpeg.parse(data, keep)
    if data.startswith(png.MAGIC):
        return png.parse(data, keep)
    if data.startswith(tiff.MAGICS):
        return tiff.parse(data, keep)
    if bmp.is_bmp(data):
        return bmp.parse(data, keep)
    raise refuse_other_format(data)


def check_rows(data: bytes) -> None:
    """Check that a JPEG file without an end marker has all of its rows, as far as that is visible without decoding.

    Raises:
        UploadRefused: TRUNCATED.
    """
    if lacks_rows(jpeg.parse(data).pixels):
        raise refuse_truncated(jpeg.NAME)
