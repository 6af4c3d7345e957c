"""Directories of tagged values in TIFF files and EXIF blocks.

Every read stays inside the data.
"""

import struct
from dataclasses import dataclass

ORIENTATION_TAG = 274
MAX_ENTRIES = 65_535  # a classic TIFF cannot have more
MAX_NUMBERS = 1_000_000  # an image of 50 megapixels has fewer strips

_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTER_OF_TYPE = {1: "B", 3: "H", 4: "I", 16: "Q"}


class OutOfData(Exception):
    """A structure points past the end of the data."""


class NoDirectory(Exception):
    """The bytes are not a directory of tagged values."""


@dataclass(frozen=True)
class Layout:
    """Number format of a block.

    Attributes:
        order: struct's byte order mark, "<" or ">".
        big: whether offsets take 8 bytes (BigTIFF) instead of 4.
    """

    order: str
    big: bool

    @property
    def offset_letter(self) -> str:
        """Struct's letter of an offset."""
        return "Q" if self.big else "I"

    @property
    def entry_bytes(self) -> int:
        """Bytes that one entry takes."""
        return 20 if self.big else 12


@dataclass(frozen=True)
class Entry:
    """One entry: tag, type, number of values, and the values' bytes.

    The bytes are a view, not a copy: many entries may name the same megabytes. They are cut short where they lie past
    the end of the data.
    """

    tag: int
    kind: int
    count: int
    values: bytes | memoryview

    @property
    def is_whole(self) -> bool:
        """Whether all values are inside the data."""
        return len(self.values) == self.count * _BYTES_OF_TYPE[self.kind]


@dataclass(frozen=True)
class Directory:
    """The entries by tag, and the offset of the next directory (0: none)."""

    layout: Layout
    entries: dict[int, Entry]
    next_offset: int

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the whole numbers under a tag.

        The result is empty where the tag is absent or has no whole numbers.

        Raises:
            OutOfData: the numbers lie past the end of the data.
            NoDirectory: there are more than a million.
        """
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in _LETTER_OF_TYPE:
            return ()
        if entry.count > MAX_NUMBERS:
            raise NoDirectory
        if not entry.is_whole:
            raise OutOfData
        return struct.unpack(f"{self.layout.order}{entry.count}{_LETTER_OF_TYPE[entry.kind]}", entry.values)

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first whole number under a tag, or `default`."""
        return next(iter(self.numbers(tag)), default)

    @property
    def orientation(self) -> int | None:
        """EXIF orientation, 1 to 8; None where it is absent or invalid."""
        value = self.number(ORIENTATION_TAG)
        return value if 1 <= value <= 8 else None


def read_start(data: bytes) -> tuple[Layout, int]:
    """Return the layout of a TIFF block and the offset of its first directory.

    Raises:
        NoDirectory: the block does not begin as TIFF.
        OutOfData: the block ends before the offset.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise NoDirectory
    (version,) = _unpack(f"{order}H", data, 2)
    if version == 42:
        return Layout(order, big=False), _unpack(f"{order}I", data, 4)[0]
    if version == 43 and _unpack(f"{order}HH", data, 4) == (8, 0):
        return Layout(order, big=True), _unpack(f"{order}Q", data, 8)[0]
    raise NoDirectory


def read_directory(data: bytes, layout: Layout, offset: int) -> Directory:
    """Read the directory at `offset`; if a tag occurs twice, the first one counts.

    Raises:
        OutOfData: the directory lies past the end of the data.
        NoDirectory: it has more entries than a classic TIFF can have.
    """
    count_letter = "Q" if layout.big else "H"
    (count,) = _unpack(layout.order + count_letter, data, offset)
    if count > MAX_ENTRIES:
        raise NoDirectory
    first = offset + struct.calcsize(layout.order + count_letter)
    end = first + count * layout.entry_bytes
    (next_offset,) = _unpack(layout.order + layout.offset_letter, data, end)
    entries, view = dict[int, Entry](), memoryview(data)
    for start in range(first, end, layout.entry_bytes):
        entry = _read_entry(view, layout, start)
        if entry is not None:
            entries.setdefault(entry.tag, entry)
    return Directory(layout, entries, next_offset)


def read_orientation(block: bytes) -> int | None:
    """Return the orientation (1 to 8) of an EXIF block.

    It is None where the block is damaged or has none.

    The pixels can be decoded although the EXIF block is damaged, so the image is not refused.
    """
    try:
        layout, offset = read_start(block)
        return read_directory(block, layout, offset).orientation
    except (NoDirectory, OutOfData):
        return None


def _read_entry(data: memoryview, layout: Layout, start: int) -> Entry | None:
    tag, kind, count = _unpack(f"{layout.order}HH{layout.offset_letter}", data, start)
    if kind not in _BYTES_OF_TYPE:
        return None  # the specification requires readers to skip unknown types
    size = _BYTES_OF_TYPE[kind] * count
    slot = 8 if layout.big else 4
    place = start + layout.entry_bytes - slot
    if size > slot:
        (place,) = _unpack(layout.order + layout.offset_letter, data, place)
    return Entry(tag, kind, count, data[place : place + size])


def _unpack(layout: str, data: bytes | memoryview, offset: int) -> tuple[int, ...]:
    if offset + struct.calcsize(layout) > len(data):
        raise OutOfData
    return struct.unpack_from(layout, data, offset)
