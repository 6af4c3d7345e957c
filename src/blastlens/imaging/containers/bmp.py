"""Parser of BMP files: a fixed header, then rows of pixels."""

import struct

from blastlens.imaging.containers.container import (
    Container,
    check_size,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)

MAGIC = b"BM"
NAME = "BMP"

_CORE_HEADER = 12
_INFO_HEADERS = {40, 52, 56, 64, 108, 124}
_PLAIN, _BIT_FIELDS, _ALPHA_BIT_FIELDS = 0, 3, 6
_RUN_LENGTHS = {1, 2}


def is_bmp(data: bytes) -> bool:
    """Check whether the bytes begin as BMP.

    The two magic letters are also the beginning of many texts.
    """
    if not data.startswith(MAGIC):
        return False
    header = int.from_bytes(data[14:18], "little")
    return len(data) < 18 or header in _INFO_HEADERS | {_CORE_HEADER}


def parse(data: bytes, keep: bool = True) -> Container:
    """Check the header of a BMP file against the file's length.

    Without `keep`, return no pixels.

    Raises:
        UploadRefused: TRUNCATED, CORRUPT, UNKNOWN_FORMAT for an unsupported kind of BMP, TOO_SMALL or TOO_MANY_PIXELS.
    """
    if len(data) < 26:
        raise refuse_truncated(NAME)
    pixels_at, header = struct.unpack_from("<II", data, 10)
    if len(data) < 14 + header:
        raise refuse_truncated(NAME)
    width, height, bits, compression, packed_bytes = _read_header(data, header)
    if width < 0:
        raise refuse_corrupt(NAME, f"a width of {width}")
    height = abs(height)  # negative: rows run from the top
    check_size(width, height)
    if bits not in (1, 4, 8, 16, 24, 32):
        raise refuse_variant(NAME, f"{bits} bits a pixel")
    if compression in (_PLAIN, _BIT_FIELDS, _ALPHA_BIT_FIELDS):
        packed_bytes = (width * bits + 31) // 32 * 4 * height
    elif compression not in _RUN_LENGTHS:
        raise refuse_variant(NAME, f"compression {compression}")
    if pixels_at + packed_bytes > len(data):
        raise refuse_truncated(NAME)
    if pixels_at < 14 + header:
        raise refuse_corrupt(NAME, f"pixels at byte {pixels_at}, inside the header")
    # Cameras write 0 into the fourth byte, even if the header defines a mask for it.
    return Container(NAME, data if keep else b"", alpha_may_be_unused=True)


def _read_header(data: bytes, header: int) -> tuple[int, int, int, int, int]:
    if header == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return width, height, bits, _PLAIN, 0
    width, height, _, bits, compression, packed_bytes = struct.unpack_from("<iiHHII", data, 18)
    return width, height, bits, compression, packed_bytes
