"""Writer of a TIFF file with only the tags that its pixels need."""

import struct
from collections.abc import Sequence

from blastlens.imaging.containers.tag_directory import Entry, Layout, OutOfData

_LONG, _LONG8 = 4, 16
_MAGIC = {"<": b"II*\0", ">": b"MM\0*"}


def rebuild(data: bytes, layout: Layout, pages: Sequence[Sequence[Entry]]) -> bytes:
    """Return a classic TIFF with the pixels of `data` and one directory for each page.

    Pixels keep their offsets and byte order; numbers of 8 bytes, which only BigTIFF has, become 4 bytes.

    Args:
        data: the whole file, with less than 4 GiB.
        layout: its number format.
        pages: for each page the entries to keep, sorted by tag.

    Raises:
        OutOfData: values lie past the end of the data, or are more than the data.
    """
    entries = [entry for page in pages for entry in page]
    if not all(entry.is_whole for entry in entries) or sum(len(entry.values) for entry in entries) > len(data):
        raise OutOfData
    place = first = len(data) + len(data) % 2
    start = 16 if layout.big else 8
    directories: list[bytes] = []
    for number, page in enumerate(pages, 1):
        directory = _write_directory(layout, page, place, is_last=number == len(pages))
        directories.append(directory)
        place += len(directory)
    head = (_MAGIC[layout.order] + struct.pack(layout.order + "I", first)).ljust(start, b"\0")
    return b"".join([head, memoryview(data)[start:], b"\0" * (first - len(data)), *directories])


def _write_directory(layout: Layout, page: Sequence[Entry], place: int, is_last: bool) -> bytes:
    fields, values = list[bytes](), b""
    after = place + 2 + 12 * len(page) + 4
    for entry in page:
        kind, content = _shorten(layout, entry)
        field = content.ljust(4, b"\0")
        if len(content) > 4:
            field = struct.pack(layout.order + "I", after + len(values))
            values += content + b"\0" * (len(content) % 2)
        fields.append(struct.pack(layout.order + "HHI", entry.tag, kind, entry.count) + field)
    count, next_place = struct.pack(layout.order + "H", len(page)), 0 if is_last else after + len(values)
    return b"".join([count, *fields, struct.pack(layout.order + "I", next_place), values])


def _shorten(layout: Layout, entry: Entry) -> tuple[int, bytes]:
    if entry.kind != _LONG8:
        return entry.kind, bytes(entry.values)
    numbers = struct.unpack(f"{layout.order}{entry.count}Q", entry.values)
    if any(number >= 2**32 for number in numbers):
        raise OutOfData
    return _LONG, struct.pack(f"{layout.order}{entry.count}I", *numbers)
