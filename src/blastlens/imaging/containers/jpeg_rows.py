"""Search for missing rows in a JPEG file without an end marker.

It runs on a microscope's computer, which has no decoder: it reads the codes of the last scan and keeps no pixel.
"""

import struct
from dataclasses import dataclass, field

_HUFFMAN_FRAMES = {0xC0, 0xC1}
_TABLES, _RESTART_INTERVAL, _START_OF_SCAN = 0xC4, 0xDD, 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}

Lookup = list[tuple[int, int]]  # for each 16 bits, the length of the code that they begin with, and its symbol


@dataclass
class _Header:
    frame: int = 0
    size: tuple[int, int] = (0, 0)
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)  # of a component, across and down
    tables: dict[int, Lookup] = field(default_factory=dict)
    restart_interval: int = 0


def lacks_rows(pixels: bytes) -> bool:
    """Check whether the last scan ends before the image does.

    Only Huffman codes of sequential files are read; for others the result is False, and a decoder must tell.

    A file whose tables are missing or impossible counts as one that lacks rows.

    Args:
        pixels: a parsed JPEG file, which ends with the data of its last scan.
    """
    header, position = _Header(), 2
    try:
        while True:
            marker, length = pixels[position + 1], int.from_bytes(pixels[position + 2 : position + 4], "big")
            body, end = pixels[position + 4 : position + 2 + length], position + 2 + length
            if marker == _START_OF_SCAN:
                next_segment = _find_next_segment(pixels, end)
                if next_segment is None:
                    return header.frame in _HUFFMAN_FRAMES and _scan_lacks_rows(header, body, pixels[end:])
                end = next_segment
            _read_header(header, marker, body)
            position = end
    except (IndexError, KeyError, ZeroDivisionError, struct.error):
        return True


def _find_next_segment(pixels: bytes, position: int) -> int | None:
    while (position := pixels.find(b"\xff", position)) >= 0 and position + 1 < len(pixels):
        following = pixels[position + 1]
        if following not in (0x00, 0xFF) and not 0xD0 <= following <= 0xD7:
            return position
        position += 1
    return None


def _read_header(header: _Header, marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        height, width = struct.unpack_from(">HH", body, 1)
        header.frame, header.size = marker, (width, height)
        parts = [body[start : start + 3] for start in range(6, 6 + 3 * body[5], 3)]
        header.sampling = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
    elif marker == _RESTART_INTERVAL:
        (header.restart_interval,) = struct.unpack_from(">H", body)
    elif marker == _TABLES:
        position = 0
        while position < len(body):
            counts = body[position + 1 : position + 17]
            symbols = body[position + 17 : position + 17 + sum(counts)]
            header.tables[body[position]] = _make_lookup(counts, symbols)
            position += 17 + len(symbols)


def _make_lookup(counts: bytes, symbols: bytes) -> Lookup:
    lookup: Lookup = []
    rest = iter(symbols)
    for length, count in enumerate(counts, 1):
        for _, symbol in zip(range(count), rest, strict=False):  # in this order no symbol is lost
            lookup += [(length, symbol)] * (1 << (16 - length))
            if len(lookup) > 1 << 16:
                raise IndexError
    return lookup + [(16, 0)] * ((1 << 16) - len(lookup))


def _scan_lacks_rows(header: _Header, body: bytes, data: bytes) -> bool:
    chosen = [(body[place], body[place + 1]) for place in range(1, 1 + 2 * body[0], 2)]
    blocks, units = _count_units(header, [component for component, _ in chosen])
    tables = [
        (header.tables[selector >> 4], header.tables[0x10 | selector & 15])
        for (_, selector), number in zip(chosen, blocks, strict=True)
        for _ in range(number)
    ]
    interval = header.restart_interval or units
    pieces = _split_at_restarts(data)
    remaining = units - interval * (len(pieces) - 1)
    return remaining > interval or not _has_units(pieces[-1].replace(b"\xff\0", b"\xff"), tables, remaining)


def _count_units(header: _Header, components: list[int]) -> tuple[list[int], int]:
    """Return the blocks of each component in a unit of a scan, and the number of units."""
    across, down = (max(factor[axis] for factor in header.sampling.values()) for axis in (0, 1))
    width, height = header.size
    if len(components) > 1:
        blocks = [header.sampling[component][0] * header.sampling[component][1] for component in components]
        return blocks, -(-width // (8 * across)) * -(-height // (8 * down))
    (own,) = (header.sampling[component] for component in components)
    return [1], -(-width * own[0] // (8 * across)) * -(-height * own[1] // (8 * down))


def _split_at_restarts(data: bytes) -> list[bytes]:
    pieces, start, position = list[bytes](), 0, 0
    while (position := data.find(b"\xff", position)) >= 0:
        if 0xD0 <= data[position + 1 : position + 2].ljust(1)[0] <= 0xD7:
            pieces.append(data[start:position])
            start = position + 2
        position += 2
    return [*pieces, data[start:]]


def _has_units(data: bytes, tables: list[tuple[Lookup, Lookup]], units: int) -> bool:
    """Read the codes of the units, and check that they end with the data or before."""
    end, place = 8 * len(data), 0
    data += bytes(8)
    for _ in range(units):
        for direct, alternating in tables:
            length, symbol = direct[_sixteen_bits(data, place)]
            place += length + (symbol & 15)
            coefficient = 1
            while coefficient < 64 and place < end:
                length, symbol = alternating[_sixteen_bits(data, place)]
                place += length + (symbol & 15)
                if symbol & 15 == 0 and symbol != 0xF0:  # the end of the block
                    break
                coefficient += 1 + (symbol >> 4)
            else:
                if coefficient < 64:
                    return False
        if place > end:
            return False
    return True


def _sixteen_bits(data: bytes, place: int) -> int:
    byte = place >> 3
    return int.from_bytes(data[byte : byte + 3], "big") >> (8 - (place & 7)) & 0xFFFF
