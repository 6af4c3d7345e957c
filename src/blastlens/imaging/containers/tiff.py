"""Parser of TIFF and BigTIFF files: directories of tags, and strips or tiles."""

import struct
from collections.abc import Sequence

from blastlens.imaging.containers.container import (
    MAX_PIXELS,
    Container,
    check_size,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.resolution import read_resolution
from blastlens.imaging.containers.tag_directory import (
    Directory,
    Entry,
    NoDirectory,
    OutOfData,
    read_start,
)
from blastlens.imaging.containers.tiff_pages import NAME, choose_pages, read_significant_bits
from blastlens.imaging.containers.tiff_rebuild import rebuild

__all__ = ["MAGICS", "NAME", "parse"]

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS, _CHANNELS = 256, 257, 258, 259, 262, 277
_STRIPS = (273, 279)  # offsets, byte counts
_TILES = (324, 325)
_TILE_SIZE = (322, 323)
_ROWS_PER_STRIP, _LARGEST_VALUE, _PLANES, _EXTRA_CHANNELS, _SAMPLE_FORMAT = 278, 281, 284, 338, 339
_SUBSAMPLING, _PROFILE = 530, 34675
_ONE_NUMBER = {_WIDTH, _HEIGHT, _COMPRESSION, _COLOURS, _CHANNELS, 266, _ROWS_PER_STRIP, _PLANES, 292, 293, 317}
_ONE_NUMBER |= set(_TILE_SIZE)
# ... and colour map, JPEG tables, and the three that describe YCbCr
_KEPT = _ONE_NUMBER | {_BITS, *_STRIPS, *_TILES, 320, _EXTRA_CHANNELS, _SAMPLE_FORMAT, 347, 529, 530, 532}
# none, CCITT, LZW, JPEG, deflate (two codes), PackBits: used by cameras, and no memory needed beyond a strip
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32946, 32773}
_SAMPLE_BITS = {1, 2, 4, 8, 16}
_JPEG_COMPRESSION, _GREY, _YCBCR = 7, 1, 6
_SHORT = 3


def parse(data: bytes, keep: bool = True) -> Container:
    """Parse the directories of a TIFF file; without `keep`, return no pixels.

    Raises:
        UploadRefused: TRUNCATED, CORRUPT, MULTIPLE_PAGES, UNKNOWN_FORMAT for an unsupported kind of TIFF,
            TOO_SMALL or TOO_MANY_PIXELS.
    """
    try:
        layout, offset = read_start(data)
        pages = choose_pages(data, layout, offset)
        for page in pages:
            check_size(page.number(_WIDTH), page.number(_HEIGHT))
            _check_kind(page)
            _check_places(page, len(data))
        return _make_container(data, pages, keep)
    except OutOfData:
        raise refuse_truncated(NAME) from None
    except NoDirectory:
        raise refuse_corrupt(NAME, "its header is broken") from None


def _make_container(data: bytes, pages: Sequence[Directory], keep: bool) -> Container:
    first = pages[0]
    profile = first.entries.get(_PROFILE)
    kept = [[entry for tag, entry in sorted(page.entries.items()) if tag in _KEPT] for page in pages]
    if _sample_bits(first) == 16 and _is_planar(first):
        kept = _split_planes(first, kept[0])
    return Container(
        NAME,
        rebuild(data, first.layout, kept) if keep else b"",
        first.orientation or 1,
        profile=bytes(profile.values) if profile is not None else None,
        white_is_zero=first.number(_COLOURS, 1) == 0,
        alpha_may_be_unused=_EXTRA_CHANNELS not in first.entries,
        sample_bits=_sample_bits(first),
        stated_bits=_stated_bits(first),
        planes=len(kept),
        um_per_pixel=read_resolution(first),
    )


def _split_planes(page: Directory, kept: Sequence[Entry]) -> list[list[Entry]]:
    """Return the entries of three grey pages, for an image whose colours lie in planes one after the other."""
    order = page.layout.order
    single = {_BITS: 16, _COLOURS: _GREY, _CHANNELS: 1, _PLANES: 1}
    planes = []
    for plane in range(3):
        entries = []
        for entry in kept:
            size = len(entry.values) // 3
            if entry.tag in single:
                entry = Entry(entry.tag, _SHORT, 1, struct.pack(order + "H", single[entry.tag]))
            elif entry.tag in (*_STRIPS, *_TILES):
                values = entry.values[plane * size : (plane + 1) * size]
                entry = Entry(entry.tag, entry.kind, entry.count // 3, values)
            entries.append(entry)
        planes.append([entry for entry in entries if entry.tag != _SAMPLE_FORMAT])
    return planes


def _sample_bits(page: Directory) -> int:
    return max(page.numbers(_BITS) or (1,))


def _is_planar(page: Directory) -> bool:
    return page.number(_PLANES, 1) == 2 and page.number(_CHANNELS, 1) > 1


def _stated_bits(page: Directory) -> int | None:
    """Return the bits that the camera used; the largest value 65535 is the default, and states nothing.

    Many programs write the largest value of the image instead of the largest possible one, so that it counts as the
    next bit depth that cameras have.
    """
    largest = max(page.numbers(_LARGEST_VALUE), default=0)
    if not 0 < largest < 65_535:
        return read_significant_bits(page)
    return next(bits for bits in (8, 10, 12, 14, 16) if largest < 2**bits)


def _check_kind(page: Directory) -> None:
    bits = page.numbers(_BITS) or (1,)
    channels = page.number(_CHANNELS, 1)
    if any(entry.count != 1 for tag, entry in page.entries.items() if tag in _ONE_NUMBER):
        raise refuse_corrupt(NAME, "a tag of one value has several")
    if not 1 <= channels <= 5 or len(bits) not in (1, channels):
        raise refuse_variant(NAME, f"{channels} channels")
    if not set(bits) <= _SAMPLE_BITS or any(kind != 1 for kind in page.numbers(_SAMPLE_FORMAT)):
        raise refuse_variant(NAME, f"{max(bits)} bits a channel, packed, or numbers with sign or fraction")
    if page.number(_COMPRESSION, 1) not in _COMPRESSIONS:
        raise refuse_variant(NAME, f"compression {page.number(_COMPRESSION, 1)}")
    if _is_planar(page) and max(bits) > 8 and (channels != 3 or page.number(_COLOURS, 1) != 2):
        raise refuse_variant(NAME, f"16 bits a channel in {channels} planes")
    if page.number(_COLOURS, 1) == _YCBCR and _has_fewer_colours(page):
        raise refuse_variant(NAME, "YCbCr with fewer colours than pixels, not as JPEG")


def _has_fewer_colours(page: Directory) -> bool:
    """Check whether YCbCr pixels share their colours, which the decoder reads in JPEG compression only.

    A file without the tag should mean that they do, but some have a colour for each pixel: their size tells.
    """
    compression, subsampling = page.number(_COMPRESSION, 1), page.numbers(_SUBSAMPLING)
    if compression == _JPEG_COMPRESSION:
        return False
    if subsampling:
        return subsampling != (1, 1)
    return compression == 1 and sum(page.numbers(_STRIPS[1])) < 3 * page.number(_WIDTH) * page.number(_HEIGHT)


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
