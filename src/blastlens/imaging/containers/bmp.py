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
_MASKS_AT = 54
_BYTE_MASKS = {0xFF << 8 * byte: byte for byte in range(4)}
_BLUE_GREEN_RED = (2, 1, 0)  # bytes of red, green and blue in plain pixels of 32 bits
_FIELDS_OF_16_BITS = {(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)}


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
    if compression in (_BIT_FIELDS, _ALPHA_BIT_FIELDS):
        data = _arrange_fields(data, header, bits, pixels_at, keep)
    # Cameras write 0 into the fourth byte, even if the header defines a mask for it.
    return Container(NAME, data if keep else b"", alpha_may_be_unused=True)


def _arrange_fields(data: bytes, header: int, bits: int, pixels_at: int, keep: bool) -> bytes:
    """Return the file with 32-bit fields in the order of plain pixels: blue, green, red, and a fourth byte.

    Raises:
        UploadRefused: CORRUPT, or UNKNOWN_FORMAT for fields that are not whole bytes.
    """
    if pixels_at < _MASKS_AT + 12:
        raise refuse_corrupt(NAME, f"pixels at byte {pixels_at}, inside the fields")
    *colours, alpha = struct.unpack_from("<IIII", data, _MASKS_AT)
    alpha = alpha if header >= 56 else 0
    if bits == 16 and tuple(colours) in _FIELDS_OF_16_BITS:
        return data
    places = tuple(_BYTE_MASKS.get(mask, -1) for mask in colours)
    if bits != 32 or -1 in places or len(set(places)) < 3 or alpha not in (0, *_BYTE_MASKS):
        raise refuse_variant(NAME, f"{bits} bits a pixel in fields of {', '.join(f'{mask:x}' for mask in colours)}")
    if places == _BLUE_GREEN_RED and alpha in (0, 0xFF << 24):
        return data
    if alpha:
        raise refuse_variant(NAME, "colours in another order, with transparency")
    if not keep:
        return data
    arranged = bytearray(data)
    struct.pack_into("<III", arranged, _MASKS_AT, *(0xFF << 8 * place for place in _BLUE_GREEN_RED))
    for place, wanted in zip(places, _BLUE_GREEN_RED, strict=True):
        arranged[pixels_at + wanted :: 4] = data[pixels_at + place :: 4]
    return bytes(arranged)


def _read_header(data: bytes, header: int) -> tuple[int, int, int, int, int]:
    if header == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return width, height, bits, _PLAIN, 0
    width, height, _, bits, compression, packed_bytes = struct.unpack_from("<iiHHII", data, 18)
    return width, height, bits, compression, packed_bytes
