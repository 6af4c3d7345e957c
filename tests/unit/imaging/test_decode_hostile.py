"""Malicious files: each is decoded or refused, fast and in little memory."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.decode import decode
from tests.unit.imaging.pictures import HEADERS, HEIGHT, WIDTH, chunk, png_header, saved, tiff

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
OTHERS = [b"<script>alert(1)</script>", b"PK\3\4" + bytes(60), b"%PDF-1.7\n%%EOF", b"\x7fELF" + bytes(60)]


def reason_of(data: bytes) -> Reason:
    with pytest.raises(UploadRefused) as refusal:
        decode(data)
    return refusal.value.reason


def exif(directory: bytes) -> bytes:
    """An EXIF block of one directory at byte 8."""
    return b"II*\0" + struct.pack("<I", 8) + directory


def with_exif(block: bytes) -> bytes:
    body = b"Exif\0\0" + block
    data = saved("JPEG")
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("other", OTHERS)
def test_of_a_polyglot_only_the_image_is_read(file_format, other):
    plain = saved(file_format)
    assert np.array_equal(decode(plain + other), decode(plain))


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("file_format", FORMATS)
def test_an_image_after_another_kind_of_file_is_refused(file_format, other):
    assert reason_of(other + saved(file_format)) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("size", [(60000, 1), (1, 60000), (64, 1), (1, 64)])
def test_an_image_of_one_row_or_one_column_is_refused_as_too_small(file_format, size):
    assert reason_of(HEADERS[file_format](*size)) is Reason.TOO_SMALL


def test_an_exif_directory_that_leads_to_itself_is_walked_once():
    ring = struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    assert decode(with_exif(exif(ring))).shape == (HEIGHT, WIDTH, 3)


def test_an_exif_directory_of_absurd_counts_costs_nothing():
    vast = struct.pack("<HHHII", 65535, 274, 4, 2**32 - 1, 8)
    assert decode(with_exif(exif(vast))).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("next_directory", [8, 12, 20, 80])
def test_a_tiff_whose_directories_lead_in_a_ring_is_refused(next_directory):
    entries = {256: 80, 257: 80, 258: 8, 262: 1, 273: 8, 279: 4}
    assert isinstance(reason_of(tiff(entries, next_directory=next_directory, pixels=bytes(200))), Reason)


@pytest.mark.parametrize("second", [png_header(14_000, 14_000)[8:], chunk(b"IHDR", b"")], ids=["vast", "empty"])
def test_a_png_with_a_second_header_is_refused_before_its_size_is_believed(second):
    pixels = chunk(b"IDAT", zlib.compress(bytes(80 * 241)))
    assert reason_of(png_header(80, 80) + second + pixels + chunk(b"IEND", b"")) is Reason.CORRUPT


def test_a_deflate_bomb_behind_a_small_header_is_cut_at_the_headers_size():
    bomb = zlib.compress(bytes(200_000_000), 9)
    data = png_header(80, 80) + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")
    try:
        assert decode(data).shape == (80, 80, 3)
    except UploadRefused as refusal:
        assert refusal.reason in (Reason.CORRUPT, Reason.TRUNCATED)


def test_a_deflate_bomb_as_colour_profile_is_cut_short():
    bomb = chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(200_000_000), 9))
    data = saved("PNG")
    assert decode(data[:33] + bomb + data[33:]).shape == (HEIGHT, WIDTH, 3)


@given(st.sampled_from(FORMATS), st.binary(max_size=200), st.integers(0, 5000), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_whatever_is_pasted_into_a_file_it_is_read_or_refused(file_format, pasted, place, cut):
    data = saved(file_format)
    place %= len(data)
    try:
        decoded = decode(data[:place] + pasted + data[place + cut :])
    except UploadRefused:
        return
    assert decoded.dtype == np.uint8 and decoded.ndim == 3 and decoded.shape[2] == 3
