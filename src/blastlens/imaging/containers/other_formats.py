"""Names of formats that are not read, and what to do with such a file."""

from blastlens.domain.errors import Reason, UploadRefused

_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_EXPORT = "open it in the program that wrote it and export the image as JPEG, PNG or TIFF."
_FIRST_BYTES = (
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
)


def refuse_other_format(data: bytes) -> UploadRefused:
    """Return the refusal of a file in another format, by its name where it is known."""
    name = _name_format(data)
    if name == "HEIC":
        message = (
            "The file is a HEIC photograph, as iPhones write, and HEIC is not read: set Settings > Camera > Formats "
            "to Most Compatible and take it again, or export it as JPEG."
        )
    elif name is not None:
        message = f"The file is in the format {name}, which is not read: {_EXPORT}"
    else:
        message = (
            "The file is no JPEG, PNG, BMP or TIFF image, whatever its name says: "
            "export the image from the microscope in one of these formats."
        )
    return UploadRefused(Reason.UNKNOWN_FORMAT, message)


def _name_format(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[place : place + 4] for place in range(16, min(len(data), 64), 4))}
        if brands & _AVIF_BRANDS:
            return "AVIF"
        return "HEIC" if brands & _HEIF_BRANDS else None
    if data[128:132] == b"DICM":
        return "DICOM"
    return next((name for first, name in _FIRST_BYTES if data.startswith(first)), None)
