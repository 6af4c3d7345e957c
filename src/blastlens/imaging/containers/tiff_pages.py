"""Pages of a TIFF file: the one full image, or three that are its colours."""

import re

from blastlens.imaging.containers.container import refuse_corrupt, refuse_pages
from blastlens.imaging.containers.tag_directory import Directory, Layout, read_directory

NAME = "TIFF"
MAX_PAGES = 16

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _DESCRIPTION, _CHANNELS = 254, 255, 256, 257, 258, 270, 277
_REDUCED_OR_MASK = 0b101
_OLD_REDUCED = 2
_ALIKE = (_WIDTH, _HEIGHT, _BITS, 262)  # 262: colours
_MAX_DESCRIPTION = 1024 * 1024
_COLOUR_NAMES = ((b"r", b"red"), (b"g", b"green"), (b"b", b"blue"))
_OME_SIZE = re.compile(rb'\bSize([CZT])="(\d+)"')
_OME_CHANNEL = re.compile(rb'<(?:\w+:)?Channel\b[^>]*?\bName="([^"]*)"')
_OME_PLACE = re.compile(rb"<(?:\w+:)?TiffData\b[^>]*>")
_OME_BITS = re.compile(rb'\bSignificantBits="(\d{1,2})"')
_IMAGEJ_VALUE = re.compile(rb"^(images|channels|slices|frames)=(\d+)\s*$", re.MULTILINE)


def choose_pages(data: bytes, layout: Layout, offset: int) -> tuple[Directory, ...]:
    """Return the page that is the image, or three grey pages that are its red, green and blue.

    Smaller copies and masks beside the image are left out.

    Args:
        data: the whole file.
        layout: number format of the file.
        offset: place of the first directory.

    Raises:
        UploadRefused: MULTIPLE_PAGES, or CORRUPT where the first directory leads to itself.
        OutOfData: a directory lies past the end of the data.
        NoDirectory: a directory is impossible.
    """
    pages = _read_pages(data, layout, offset)
    full = [page for page in pages if not _is_reduced_or_mask(page)] or pages
    if len(full) == 1 or (len(full) == 3 and _are_colours(full)):
        return tuple(full)
    raise refuse_pages(NAME)


def read_significant_bits(page: Directory) -> int | None:
    """Return the bits of a sample that an OME description states; None where there is none."""
    description = _description(page)
    match = _OME_BITS.search(description) if b"OME" in description else None
    return int(match[1]) if match else None


def _read_pages(data: bytes, layout: Layout, offset: int) -> list[Directory]:
    pages, seen = list[Directory](), set[int]()
    while offset and offset not in seen:
        if len(pages) == MAX_PAGES:
            raise refuse_pages(NAME)
        seen.add(offset)
        pages.append(read_directory(data, layout, offset))
        if pages[-1].next_offset == offset and len(pages) == 1:
            raise refuse_corrupt(NAME, "its directory points to itself")
        offset = pages[-1].next_offset
    return pages


def _is_reduced_or_mask(page: Directory) -> bool:
    return bool(page.number(_SUBFILE) & _REDUCED_OR_MASK) or page.number(_OLD_SUBFILE) == _OLD_REDUCED


def _are_colours(pages: list[Directory]) -> bool:
    """Check whether three pages are grey, alike, and described as the colours of one image."""
    alike = len({tuple(page.numbers(tag) for tag in _ALIKE) for page in pages}) == 1
    if not alike or any(page.number(_CHANNELS, 1) != 1 for page in pages):
        return False
    description = _description(pages[0])
    if description.startswith(b"ImageJ="):
        found = dict(_IMAGEJ_VALUE.findall(description))
        stacked = {found.get(name, b"1") for name in (b"slices", b"frames")}
        return found.get(b"channels") == b"3" and stacked == {b"1"}
    return b"OME" in description and _is_ome_colour(description)


def _is_ome_colour(description: bytes) -> bool:
    sizes = sorted(_OME_SIZE.findall(description))
    names = [name.strip().lower() for name in _OME_CHANNEL.findall(description)]
    named = not names or (
        len(names) == 3 and all(name in allowed for name, allowed in zip(names, _COLOUR_NAMES, strict=True))
    )
    in_order = all(
        _attribute(place, b"FirstC") == _attribute(place, b"IFD") for place in _OME_PLACE.findall(description)
    )
    return sizes == [(b"C", b"3"), (b"T", b"1"), (b"Z", b"1")] and named and in_order


def _attribute(element: bytes, name: bytes) -> int:
    match = re.search(rb"\b" + name + rb'="(\d{1,9})"', element)
    return int(match[1]) if match else 0


def _description(page: Directory) -> bytes:
    entry = page.entries.get(_DESCRIPTION)
    return bytes(entry.values[:_MAX_DESCRIPTION]) if entry else b""
