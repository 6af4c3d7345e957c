"""Count of the rows that a PNG file's compressed pixels hold."""

import zlib
from collections.abc import Iterable

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by the header's type of colour."""

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced image: first column and row, and the steps across and down."""

_PART = 1024 * 1024


def lacks_rows(header: bytes, packed: Iterable[bytes | memoryview]) -> bool:
    """Return whether compressed pixels end before an image's last row.

    The decoder leaves missing rows black where the compressed data end as they should. Damaged data count as whole:
    the decoder refuses them.

    Args:
        header: body of the file's header, 13 bytes.
        packed: bodies of its chunks with pixels, in order.
    """
    wanted = _count_bytes(header)
    inflate = zlib.decompressobj()
    for part in packed:
        rest: bytes | memoryview = part
        while rest and wanted > 0:
            try:
                wanted -= len(inflate.decompress(rest, _PART))
            except zlib.error:
                return False
            rest = inflate.unconsumed_tail
    while wanted > 0 and (left := len(inflate.flush(_PART))):
        wanted -= left
    return wanted > 0


def _count_bytes(header: bytes) -> int:
    """Return how many bytes the pixels have, the filter of each row included; 0 for an unknown type of colour."""
    width, height = (int.from_bytes(header[start : start + 4], "big") for start in (0, 4))
    bits = header[8] * _CHANNELS.get(header[9], 0)
    if not bits:
        return 0
    if not header[12]:
        return _count_rows(width, height, bits)
    sizes = ((-(-(width - left) // across), -(-(height - top) // down)) for left, top, across, down in _PASSES)
    return sum(_count_rows(wide, high, bits) for wide, high in sizes)


def _count_rows(width: int, height: int, bits: int) -> int:
    return height * (1 + -(-width * bits // 8)) if width > 0 and height > 0 else 0
