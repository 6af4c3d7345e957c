"""Parser of TIFF and BigTIFF files: one directory of tags, and strips or tiles."""

import struct

from blastlens.imaging.containers.container import (
    MAX_PIXELS,
    Container,
    check_size,
    refuse_corrupt,
    refuse_pages,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.tag_directory import (
    Directory,
    NoDirectory,
    OutOfData,
    read_directory,
    read_start,
)

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
NAME = "TIFF"

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS, _CHANNELS = 256, 257, 258, 259, 262, 277
_STRIPS = (273, 279)  # offsets, byte counts
_TILES = (324, 325)
_TILE_SIZE = (322, 323)
_ROWS_PER_STRIP, _PLANES, _EXTRA_CHANNELS, _SAMPLE_FORMAT, _PROFILE = 278, 284, 338, 339, 34675
_ONE_NUMBER = {_WIDTH, _HEIGHT, _COMPRESSION, _COLOURS, _CHANNELS, 266, _ROWS_PER_STRIP, _PLANES, 292, 293, 317}
_ONE_NUMBER |= set(_TILE_SIZE)
# ... and colour map, JPEG tables, and the three that describe YCbCr
_KEPT = _ONE_NUMBER | {_BITS, *_STRIPS, *_TILES, 320, _EXTRA_CHANNELS, _SAMPLE_FORMAT, 347, 529, 530, 532}
# none, CCITT, LZW, JPEG, deflate (two codes), PackBits: used by cameras, and no memory needed beyond a strip
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32946, 32773}


def parse(data: bytes, keep: bool = True) -> Container:
    """Parse the directory of a TIFF file; without `keep`, return no pixels.

    Raises:
        UploadRefused: TRUNCATED, CORRUPT, MULTIPLE_PAGES, UNKNOWN_FORMAT for an unsupported kind of TIFF,
            TOO_SMALL or TOO_MANY_PIXELS.
    """
    try:
        layout, offset = read_start(data)
        page = read_directory(data, layout, offset)
        check_size(page.number(_WIDTH), page.number(_HEIGHT))
        _check_single(data, page, offset)
        _check_kind(page)
        _check_places(page, len(data))
        return _make_container(data, page, keep)
    except OutOfData:
        raise refuse_truncated(NAME) from None
    except NoDirectory:
        raise refuse_corrupt(NAME, "its header is broken") from None


def _make_container(data: bytes, page: Directory, keep: bool) -> Container:
    profile = page.entries.get(_PROFILE)
    return Container(
        NAME,
        _rebuild(data, page) if keep else b"",
        page.orientation,
        profile=profile.values if profile is not None else None,
        white_is_zero=page.number(_COLOURS, 1) == 0,
        alpha_may_be_unused=_EXTRA_CHANNELS not in page.entries,
    )


def _check_single(data: bytes, page: Directory, offset: int) -> None:
    if page.next_offset == offset:
        raise refuse_corrupt(NAME, "its directory points to itself")
    if page.next_offset:
        read_directory(data, page.layout, page.next_offset)
        raise refuse_pages(NAME)


def _check_kind(page: Directory) -> None:
    bits = page.numbers(_BITS) or (1,)
    channels = page.number(_CHANNELS, 1)
    if any(entry.count != 1 for tag, entry in page.entries.items() if tag in _ONE_NUMBER):
        raise refuse_corrupt(NAME, "a tag of one value has several")
    if not 1 <= channels <= 5 or len(bits) not in (1, channels):
        raise refuse_variant(NAME, f"{channels} channels")
    if max(bits) > 16 or any(kind != 1 for kind in page.numbers(_SAMPLE_FORMAT)):
        raise refuse_variant(NAME, f"{max(bits)} bits a channel, or numbers with sign or fraction")
    if page.number(_COMPRESSION, 1) not in _COMPRESSIONS:
        raise refuse_variant(NAME, f"compression {page.number(_COMPRESSION, 1)}")
    if page.number(_PLANES, 1) == 2 and channels > 1 and max(bits) > 8:
        raise refuse_variant(NAME, "16 bits a channel in separate planes")


def _check_places(page: Directory, length: int) -> None:
    is_tiled = _TILES[0] in page.entries
    offsets, counts = (page.numbers(tag) for tag in (_TILES if is_tiled else _STRIPS))
    if not offsets or len(offsets) != len(counts):
        raise refuse_corrupt(NAME, f"{len(offsets)} offsets and {len(counts)} lengths of pixel strips")
    if any(offset + count > length for offset, count in zip(offsets, counts, strict=True)):
        raise refuse_truncated(NAME)
    width, height = page.number(_WIDTH), page.number(_HEIGHT)
    piece_width, piece_height = width, min(page.number(_ROWS_PER_STRIP, height), height)
    if is_tiled:
        piece_width, piece_height = (page.number(tag) for tag in _TILE_SIZE)
    if not 0 < piece_width * piece_height <= MAX_PIXELS:
        raise refuse_corrupt(NAME, f"pieces of {piece_width} x {piece_height} pixels")
    planes = page.number(_CHANNELS, 1) if page.number(_PLANES, 1) == 2 else 1
    expected = -(-width // piece_width) * -(-height // piece_height) * planes
    if len(offsets) != expected:
        raise refuse_corrupt(NAME, f"{len(offsets)} pieces of pixels instead of {expected}")


def _rebuild(data: bytes, page: Directory) -> bytes:
    """Return the file with a directory of only the tags that pixels need.

    The values keep their offsets.
    """
    layout = page.layout
    entries = [entry for tag, entry in sorted(page.entries.items()) if tag in _KEPT]
    values = sum(len(entry.values) for entry in entries)
    if not all(entry.is_whole for entry in entries) or values > len(data):
        raise OutOfData
    start = 16 if layout.big else 8
    head = data[: start - struct.calcsize(layout.offset_letter)]
    place = len(data) + len(data) % 2
    directory = struct.pack(layout.order + ("Q" if layout.big else "H"), len(entries))
    end_mark = struct.pack(layout.order + layout.offset_letter, 0)
    pointer = struct.pack(layout.order + layout.offset_letter, place)
    gap = b"\0" * (place - len(data))
    return b"".join([head, pointer, data[start:], gap, directory, *(entry.raw for entry in entries), end_mark])
