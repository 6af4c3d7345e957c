"""Parser of PNG files: chunks with check sums up to an end chunk."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from blastlens.imaging.containers.container import (
    MAX_PROFILE_BYTES,
    Container,
    check_size,
    refuse_corrupt,
    refuse_pages,
    refuse_truncated,
)
from blastlens.imaging.containers.png_rows import lacks_rows
from blastlens.imaging.containers.resolution import read_exif_resolution, resolve_density
from blastlens.imaging.containers.tag_directory import read_orientation

MAGIC = b"\x89PNG\r\n\x1a\n"
NAME = "PNG"

_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_PER_METRE = 1
_UM_OF_METRE = 1e6
_END_CHUNK = bytes(4) + b"IEND\xae\x42\x60\x82"


@dataclass
class _State:
    kept: list[bytes | memoryview] = field(default_factory=lambda: [MAGIC])
    orientation: int | None = None
    profile: bytes | None = None
    has_pixels: bool = False
    depth: int = 8
    stated_bits: int | None = None
    um_per_pixel: float | None = None


def parse(data: bytes, keep: bool = True) -> Container:
    """Parse the chunks of a PNG file; without `keep`, return no pixels and do not count its rows.

    Raises:
        UploadRefused: TRUNCATED without an end chunk or with too few rows, CORRUPT, MULTIPLE_PAGES for an animation,
            TOO_SMALL or TOO_MANY_PIXELS.
    """
    state = _State()
    for kind, chunk in _chunks(data):
        if kind in _PIXELS:
            # A transparent colour of 16 bits does not exist after the conversion of pixels to 8 bits.
            if keep and not (kind == b"tRNS" and state.depth == 16):
                state.kept.append(chunk)
            state.has_pixels = state.has_pixels or kind == b"IDAT"
            state.depth = chunk[16] if kind == b"IHDR" else state.depth
        elif _has_right_sum(chunk):
            _read_other(state, kind, bytes(chunk[8:-4]))
    if not state.has_pixels:
        raise refuse_corrupt(NAME, "it holds no picture")
    if keep and lacks_rows(data[16:29], [chunk[8:-4] for chunk in state.kept if chunk[4:8] == b"IDAT"]):
        raise refuse_truncated(NAME)
    return Container(
        NAME,
        b"".join([*state.kept, _END_CHUNK]) if keep else b"",
        state.orientation or 1,
        state.profile,
        sample_bits=state.depth,
        stated_bits=state.stated_bits,
        um_per_pixel=state.um_per_pixel,
    )


def _read_other(state: _State, kind: bytes, body: bytes) -> None:
    if kind == b"acTL" and int.from_bytes(body[:4], "big") > 1:
        raise refuse_pages(NAME)
    if kind == b"eXIf":
        state.orientation = state.orientation or read_orientation(body)
        state.um_per_pixel = state.um_per_pixel or read_exif_resolution(body)
    elif kind == b"pHYs" and len(body) == 9 and body[8] == _PER_METRE:
        density = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        state.um_per_pixel = resolve_density(*density, _UM_OF_METRE) or state.um_per_pixel
    elif kind == b"iCCP":
        state.profile = _inflate_profile(body)
    elif kind == b"sBIT":
        state.stated_bits = max(body[:3], default=None)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    position, kind, view = len(MAGIC), b"", memoryview(data)
    while kind != b"IEND":
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        end = position + 12 + length
        _check_chunk(data, position, length, kind)
        yield kind, view[position:end]
        position = end


def _check_chunk(data: bytes, position: int, length: int, kind: bytes) -> None:
    if len(kind) < 4:
        raise refuse_truncated(NAME)
    if not kind.isalpha() or length >= 2**31:
        raise refuse_corrupt(NAME, f"no chunk begins at byte {position}")
    end = position + 12 + length
    if position == len(MAGIC):
        _check_header(data, length, kind)
    elif kind == b"IHDR":  # the decoder would use its size, which is not checked
        raise refuse_corrupt(NAME, f"a second header at byte {position}")
    if end > len(data):
        raise refuse_truncated(NAME)
    if kind in _PIXELS and not _has_right_sum(memoryview(data)[position:end]):
        raise refuse_corrupt(NAME, f"the check sum of the chunk at byte {position} is wrong")


def _has_right_sum(chunk: memoryview) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _check_header(data: bytes, length: int, kind: bytes) -> None:
    if kind != b"IHDR" or length != 13:
        raise refuse_corrupt(NAME, "it does not begin with its header")
    if len(data) < 33:
        raise refuse_truncated(NAME)
    # Before the check sum: a forged size may come with a wrong sum.
    check_size(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))


def _inflate_profile(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return None  # the colours are then treated as sRGB, as for a file without profile
