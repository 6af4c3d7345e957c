"""Parsed image files, and the checks and refusals shared by all formats."""

from dataclasses import dataclass

from blastlens.domain.errors import Reason, UploadRefused

MAX_PIXELS = 50_000_000
MIN_SIDE = 64
MAX_PROFILE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Container:
    """A complete image file before its pixels are decoded.

    Attributes:
        format_name: name of the format for a technician.
        pixels: the file without the metadata that pixels do not need.
        orientation: EXIF orientation, 1 (upright) to 8.
        profile: ICC profile of the colours, if the file has one.
        white_is_zero: whether 0 means white in 16-bit grey; the decoder does not convert it.
        alpha_may_be_unused: whether a fourth channel that is 0 everywhere is unused and makes nothing transparent.
        sample_bits: bits of a stored sample; with 16, the camera may have used fewer.
        stated_bits: bits that the camera used, as the file states; None where it does not.
        planes: 1, or 3 where the pixels are three grey images: red, green and blue.
        um_per_pixel: micrometres per pixel that the file states; None where it states none that a microscope can have.
        lacks_end: whether only the end mark is missing, so that the decoder must check that every row is there.
    """

    format_name: str
    pixels: bytes
    orientation: int = 1
    profile: bytes | None = None
    white_is_zero: bool = False
    alpha_may_be_unused: bool = False
    sample_bits: int = 8
    stated_bits: int | None = None
    planes: int = 1
    um_per_pixel: float | None = None
    lacks_end: bool = False


def refuse_truncated(format_name: str) -> UploadRefused:
    """Return the refusal of a file that ends before its image does."""
    return UploadRefused(
        Reason.TRUNCATED,
        f"The {format_name} file ends before its image does: copy it from the microscope again and upload it anew.",
    )


def refuse_corrupt(format_name: str, finding: str) -> UploadRefused:
    """Return the refusal of a file whose bytes violate its format.

    `finding` describes where.
    """
    return UploadRefused(
        Reason.CORRUPT, f"The {format_name} file is damaged ({finding}): export it from the microscope again."
    )


def refuse_variant(format_name: str, finding: str) -> UploadRefused:
    """Return the refusal of a complete file of an unsupported kind.

    `finding` describes the kind.
    """
    return UploadRefused(
        Reason.UNKNOWN_FORMAT,
        f"This kind of {format_name} file is not read ({finding}): export the image as an ordinary PNG or JPEG.",
    )


def refuse_pages(format_name: str) -> UploadRefused:
    """Return the refusal of a file with more than one image."""
    return UploadRefused(
        Reason.MULTIPLE_PAGES,
        f"The {format_name} file holds more than one image: save each field of view as a file of its own.",
    )


def check_size(width: int, height: int) -> None:
    """Check the size in a header, before memory is allocated for it.

    Raises:
        UploadRefused: TOO_SMALL below 64 pixels on either side, TOO_MANY_PIXELS above 50 megapixels.
    """
    if width < MIN_SIDE or height < MIN_SIDE:
        raise UploadRefused(
            Reason.TOO_SMALL,
            f"The image is {width} x {height} pixels, and at least {MIN_SIDE} x {MIN_SIDE} are needed: "
            "upload the whole field of view at the camera's full size.",
        )
    if width * height > MAX_PIXELS:
        raise UploadRefused(
            Reason.TOO_MANY_PIXELS,
            f"The image is {width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} megapixels: "
            "upload one field of view instead of a scan of the slide.",
        )
