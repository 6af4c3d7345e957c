"""Parser of JPEG files: segments and entropy-coded scans up to an end marker."""

import re
from dataclasses import dataclass, field

from blastlens.imaging.containers.container import (
    Container,
    check_size,
    refuse_corrupt,
    refuse_truncated,
    refuse_variant,
)
from blastlens.imaging.containers.resolution import read_exif_resolution, resolve_density
from blastlens.imaging.containers.tag_directory import read_orientation

MAGIC = b"\xff\xd8\xff"
NAME = "JPEG"
MAX_SCANS = 100  # progressive files usually have about ten; thousands would occupy the decoder for long

_END = 0xD9
_START_OF_SCAN = 0xDA
_FRAMES_READ = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}  # baseline, extended, progressive; Huffman and arithmetic
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD}
_APPLICATION = set(range(0xE0, 0xF0))
_COMMENT = 0xFE
_KEPT_APPLICATION = {0xE0, 0xEE}  # JFIF and Adobe: they define the colours of the components
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_UM_OF_DENSITY = {1: 25_400.0, 2: 10_000.0}  # JFIF: dots per inch, per centimetre
_RESERVED_BYTES = 16  # as many zeros may be data
_RESTARTS = set(range(0xD0, 0xD8))


@dataclass
class _State:
    kept: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    profile_parts: dict[int, bytes] = field(default_factory=dict)
    orientation: int | None = None
    um_per_pixel: float | None = None
    frames: int = 0
    scans: int = 0
    components: int = 0
    finished: set[tuple[int, int]] = field(default_factory=set)  # component and coefficient, in full precision
    lacks_end: bool = False


def parse(data: bytes, keep: bool = True) -> Container:
    """Parse the segments of a JPEG file; without `keep`, return no pixels.

    Bytes between two segments are skipped, as libjpeg does. If only the end marker is missing, the file is returned
    as one whose rows the decoder must check.

    Raises:
        UploadRefused: TRUNCATED, CORRUPT, UNKNOWN_FORMAT for an unsupported kind of JPEG, TOO_SMALL or
            TOO_MANY_PIXELS.
    """
    state = _State()
    position = 2
    while not state.lacks_end:
        marker, position = _next_marker(data, position)
        if marker == _END:
            break
        end = position + _length(data, position)
        body = data[position + 2 : end]
        _read_segment(state, marker, body)
        if marker == _START_OF_SCAN:
            end = _end_of_scan(state, data, end)
        if keep and marker in _FRAMES | _TABLES | _KEPT_APPLICATION | {_START_OF_SCAN}:
            state.kept.append(data[position - 2 : end])
        position = end
    if not state.scans:
        raise refuse_corrupt(NAME, "it holds no picture")
    profile = b"".join(state.profile_parts[number] for number in sorted(state.profile_parts)) or None
    pixels = b"".join(state.kept if state.lacks_end else [*state.kept, b"\xff\xd9"])
    return Container(
        NAME, pixels, state.orientation or 1, profile, um_per_pixel=state.um_per_pixel, lacks_end=state.lacks_end
    )


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    match = _MARKER.search(data, position)
    while match is not None and data[match.end() - 1] in _RESTARTS:  # left over from a scan
        match = _MARKER.search(data, match.end())
    if match is None:
        raise refuse_truncated(NAME)
    return data[match.end() - 1], match.end()


def _length(data: bytes, position: int) -> int:
    length = int.from_bytes(data[position : position + 2], "big")
    if position + max(length, 2) > len(data):
        raise refuse_truncated(NAME)
    if length < 2:
        raise refuse_corrupt(NAME, f"an impossible length at byte {position}")
    return length


def _end_of_scan(state: _State, data: bytes, position: int) -> int:
    """Return where a scan ends: at the next marker, or at the end of a file whose last scan this is."""
    match = _MARKER_IN_SCAN.search(data, position)
    if match is not None:
        return match.start()
    if len(state.finished) < 64 * state.components:
        raise refuse_truncated(NAME)
    state.lacks_end = True
    return max(position, _end_of_data(data))


def _end_of_data(data: bytes) -> int:
    """Return where the data of a file without an end marker end.

    Space that was reserved and not written is zero, and half an end marker is FF.
    """
    end = len(data.rstrip(b"\0"))
    if len(data) - end <= _RESERVED_BYTES:
        return len(data.rstrip(b"\xff"))
    return end + 1 if data[end - 1] == 0xFF else end


def _read_segment(state: _State, marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        state.frames += 1
        _check_frame(marker, body, state.frames)
        state.components = body[5]
    elif marker == _START_OF_SCAN:
        state.scans += 1
        if not state.frames or state.scans > MAX_SCANS:
            raise refuse_corrupt(NAME, f"scan {state.scans} of {state.frames} frames")
        _read_scan_header(state, body)
    elif marker in _APPLICATION:
        _read_application(state, marker, body)
    elif marker == 0xF7:
        raise refuse_variant(NAME, "JPEG-LS")
    elif marker not in _TABLES and marker != _COMMENT:
        raise refuse_corrupt(NAME, f"the unknown mark {marker:#x}")


def _read_scan_header(state: _State, body: bytes) -> None:
    """Note the coefficients that are complete after a scan; a sequential scan completes all of its components."""
    number = body[0] if body else 0
    if len(body) < 4 + 2 * number:
        raise refuse_corrupt(NAME, f"a scan header of {len(body)} bytes")
    first, last, precision = body[1 + 2 * number : 4 + 2 * number]
    if precision & 0x0F == 0:  # the lowest bit is sent
        components = body[1 : 1 + 2 * number : 2]
        state.finished |= {(component, place) for component in components for place in range(first, min(last, 63) + 1)}


def _check_frame(marker: int, body: bytes, frames: int) -> None:
    if len(body) < 6 or frames > 1:
        raise refuse_corrupt(NAME, f"frame header {frames} of {len(body)} bytes")
    precision, components = body[0], body[5]
    check_size(int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))
    if marker not in _FRAMES_READ or precision != 8:
        raise refuse_variant(NAME, f"coding process {marker - 0xC0} with {precision} bits")
    if components not in (1, 3, 4):
        raise refuse_corrupt(NAME, f"{components} colour components")


def _read_application(state: _State, marker: int, body: bytes) -> None:
    if marker == 0xE1 and body.startswith(b"Exif\0"):
        state.orientation = state.orientation or read_orientation(body[6:])
        state.um_per_pixel = state.um_per_pixel or read_exif_resolution(body[6:])
    elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 12 and body[7] in _UM_OF_DENSITY:
        density = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
        state.um_per_pixel = state.um_per_pixel or resolve_density(*density, _UM_OF_DENSITY[body[7]])
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        state.profile_parts.setdefault(body[12], body[14:])
