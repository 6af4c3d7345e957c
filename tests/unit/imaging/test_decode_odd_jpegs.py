"""JPEG files with junk, without an end marker, or with two EXIF blocks."""

import struct

import numpy as np
import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.containers.parser import check_rows
from blastlens.imaging.decode import decode
from tests.unit.imaging.pictures import chunk, picture, saved
from tests.unit.imaging.test_decode import difference
from tests.unit.imaging.test_decode_odd_files import refusal_of


@pytest.mark.parametrize("junk", [b"\0\0\0\0", b"camera", b"\xff\0\xff\0", b"\xff\xff\xff", b"\xff\xd0"])
def test_bytes_between_jpeg_segments_are_skipped(junk):
    data = saved("JPEG")
    assert difference(decode(data[:20] + junk + data[20:]), decode(data)) == 0


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"quality": 95}])
@pytest.mark.parametrize("end", [b"", b"\xff", bytes(5000)], ids=["nothing", "half", "reserved space"])
def test_a_jpeg_that_lacks_its_end_mark_alone_is_read(options, end):
    data = saved("JPEG", **options)
    assert difference(decode(data[:-2] + end), decode(data)) == 0
    check_rows(data[:-2] + end)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("end", [b"", bytes(5000)], ids=["nothing", "reserved space"])
def test_a_jpeg_that_lacks_rows_is_truncated(options, end):
    data = saved("JPEG", **options)
    for missing in (4, 5, 20, 100, len(data) // 3):
        assert refusal_of(data[:-missing] + end).reason is Reason.TRUNCATED, missing


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"restart_marker_rows": 1}, {"optimize": True}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_missing_rows_are_found_without_a_decoder(options, mode):
    data = saved("JPEG", mode, **options)
    check_rows(data[:-2])
    for missing in (4, 5, 20, 100, len(data) // 3):
        with pytest.raises(UploadRefused) as refusal:
            check_rows(data[:-missing])
        assert refusal.value.reason is Reason.TRUNCATED, missing


def test_a_jpeg_that_lacks_its_end_mark_and_a_table_is_truncated():
    data = saved("JPEG")[:-2]
    table = data.index(b"\xff\xc4")
    length = int.from_bytes(data[table + 2 : table + 4], "big")
    with pytest.raises(UploadRefused) as refusal:
        check_rows(data[:table] + data[table + 2 + length :])
    assert refusal.value.reason is Reason.TRUNCATED


@pytest.mark.parametrize("seed", range(3))
def test_damage_of_a_jpeg_without_end_mark_is_found_or_not_and_nothing_else_happens(seed):
    generator = np.random.default_rng(seed)
    data = saved("JPEG")[:-2]
    for _ in range(100):
        damaged = bytearray(data)
        for place in generator.integers(0, len(data), 4):
            damaged[place] = generator.integers(0, 256)
        for check in (decode, check_rows):
            try:
                check(bytes(damaged))
            except UploadRefused:
                continue


def test_a_progressive_jpeg_that_lacks_its_finest_scans_is_truncated():
    data = saved("JPEG", progressive=True)
    last_tables = data.rindex(b"\xff\xc4") if b"\xff\xc4" in data else 0
    assert refusal_of(data[:last_tables]).reason is Reason.TRUNCATED


def exif_segment(orientation: int | None) -> bytes:
    entries = b"" if orientation is None else struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    body = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries) // 12) + entries + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


@pytest.mark.parametrize("orientations", [(6, None), (6, 1), (6, 3), (None, 6)])
def test_of_two_exif_blocks_the_first_orientation_counts(orientations):
    data = saved("JPEG")
    turned = data[:2] + b"".join(map(exif_segment, orientations)) + data[2:]
    assert difference(decode(turned), np.rot90(decode(data), -1)) == 0


def test_of_two_exif_chunks_of_a_png_the_first_orientation_counts():
    data = saved("PNG")
    chunks = chunk(b"eXIf", exif_segment(6)[10:]) + chunk(b"eXIf", exif_segment(3)[10:])
    assert difference(decode(data[:33] + chunks + data[33:]), np.rot90(picture(), -1)) == 0
