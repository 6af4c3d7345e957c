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
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass
class _State:
    kept: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    profile_parts: dict[int, bytes] = field(default_factory=dict)
    orientation: int = 1
    frames: int = 0
    scans: int = 0


def parse(data: bytes, keep: bool = True) -> Container:
    """Parse the segments of a JPEG file; without `keep`, return no pixels.

    Raises:
        UploadRefused: TRUNCATED without an end marker, CORRUPT, UNKNOWN_FORMAT for an unsupported kind of JPEG,
            TOO_SMALL or TOO_MANY_PIXELS.
    """
    state = _State()
    position = 2
    while True:
        marker, position = _next_marker(data, position)
        if marker == _END:
            break
        end = position + _length(data, position)
        body = data[position + 2 : end]
        _read_segment(state, marker, body)
        if marker == _START_OF_SCAN:
            end = _end_of_scan(data, end)
        if keep and marker in _FRAMES | _TABLES | _KEPT_APPLICATION | {_START_OF_SCAN}:
            state.kept.append(data[position - 2 : end])
        position = end
    if not state.scans:
        raise refuse_corrupt(NAME, "it holds no picture")
    profile = b"".join(state.profile_parts[number] for number in sorted(state.profile_parts)) or None
    return Container(NAME, b"".join([*state.kept, b"\xff\xd9"]), state.orientation, profile)


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    if position < len(data) and data[position] != 0xFF:
        raise refuse_corrupt(NAME, f"no segment begins at byte {position}")
    while position < len(data) and data[position] == 0xFF:  # a marker may follow any number of fill bytes
        position += 1
    if position >= len(data):
        raise refuse_truncated(NAME)
    return data[position], position + 1


def _length(data: bytes, position: int) -> int:
    length = int.from_bytes(data[position : position + 2], "big")
    if position + max(length, 2) > len(data):
        raise refuse_truncated(NAME)
    if length < 2:
        raise refuse_corrupt(NAME, f"an impossible length at byte {position}")
    return length


def _end_of_scan(data: bytes, position: int) -> int:
    match = _MARKER_IN_SCAN.search(data, position)
    if match is None:
        raise refuse_truncated(NAME)
    return match.start()


def _read_segment(state: _State, marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        state.frames += 1
        _check_frame(marker, body, state.frames)
    elif marker == _START_OF_SCAN:
        state.scans += 1
        if not state.frames or state.scans > MAX_SCANS:
            raise refuse_corrupt(NAME, f"scan {state.scans} of {state.frames} frames")
    elif marker in _APPLICATION:
        _read_application(state, marker, body)
    elif marker == 0xF7:
        raise refuse_variant(NAME, "JPEG-LS")
    elif marker not in _TABLES and marker != _COMMENT:
        raise refuse_corrupt(NAME, f"the unknown mark {marker:#x}")


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
        state.orientation = read_orientation(body[6:])
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        state.profile_parts.setdefault(body[12], body[14:])
