"""Files that cannot be decoded: reasons and messages."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.decode import MAX_BYTES, decode
from tests.measured_memory import peak_bytes
from tests.unit.imaging.pictures import (
    HEADERS,
    HEIGHT,
    WIDTH,
    bmp_header,
    chunk,
    jpeg_header,
    picture,
    png_header,
    save,
    saved,
    tiff,
)

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")


def reason_of(data: bytes) -> Reason:
    with pytest.raises(UploadRefused) as refusal:
        decode(data)
    message = refusal.value.message
    assert message[0].isupper() and message.endswith(".") and len(message) < 250
    return refusal.value.reason


def test_an_empty_file_is_refused_as_empty():
    assert reason_of(b"") is Reason.EMPTY


@pytest.mark.parametrize(
    "data",
    [b"\0", b"hello", b"%PDF-1.7", b"GIF89a" + bytes(40), b"RIFF\0\0\0\0WEBP", b"BM, that is: a letter", bytes(4096)],
)
def test_other_files_are_refused_as_unknown(data):
    assert reason_of(data) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_cut_is_refused_as_truncated(file_format):
    data = saved(file_format)
    end = len(data) - 2 if file_format == "JPEG" else len(data)  # a JPEG whose end mark alone is missing is read
    for length in {*range(8, 60), *range(60, end, end // 97), end - 2, end - 1}:
        assert reason_of(data[:length]) is Reason.TRUNCATED, length


def test_a_truncated_compressed_tiff_is_refused_as_truncated():
    data = saved("TIFF", compression="tiff_lzw")
    assert reason_of(data[: len(data) // 2]) is Reason.TRUNCATED


def test_a_png_whose_pixels_end_early_is_refused_as_truncated():
    pixels = zlib.compress(bytes(500))
    assert reason_of(png_header(80, 80) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")) is Reason.TRUNCATED


@pytest.mark.parametrize(("rows", "is_whole"), [(79, False), (80, True), (81, True)])
def test_a_png_whose_compressed_data_end_before_its_last_row_is_refused(rows: int, is_whole: bool):
    pixels = zlib.compress(bytes(rows * (1 + 3 * 80)))
    data = png_header(80, 80) + chunk(b"IDAT", pixels[:30]) + chunk(b"IDAT", pixels[30:]) + chunk(b"IEND", b"")
    if is_whole:
        assert decode(data).shape == (80, 80, 3)
    else:
        assert reason_of(data) is Reason.TRUNCATED


@pytest.mark.parametrize("missing", [0, 1])
def test_rows_of_an_interlaced_png_are_counted_by_its_passes(missing: int):
    header = struct.pack(">IIBBBBB", 81, 67, 8, 2, 0, 0, 1)
    sizes = [(11, 9), (10, 9), (21, 8), (20, 17), (41, 17), (40, 34), (81, 33)]
    pixels = zlib.compress(bytes(sum(high * (1 + 3 * wide) for wide, high in sizes) - missing))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    if missing:
        assert reason_of(data) is Reason.TRUNCATED
    else:
        assert decode(data).shape == (67, 81, 3)


def test_a_png_with_a_wrong_check_sum_is_refused_as_corrupt():
    data = bytearray(saved("PNG"))
    data[len(data) // 2] ^= 0x55
    assert reason_of(bytes(data)) is Reason.CORRUPT


def test_a_png_without_pixels_is_refused_as_corrupt():
    assert reason_of(png_header(80, 80) + chunk(b"IEND", b"")) is Reason.CORRUPT


def test_a_jpeg_with_a_broken_segment_is_refused_as_corrupt():
    data = saved("JPEG")
    assert reason_of(data[:20] + b"\xff\xdb\0\1" + data[20:]) is Reason.CORRUPT
    assert reason_of(jpeg_header(80, 80) + b"\xff\xd9") is Reason.CORRUPT


def test_a_jpeg_with_two_frames_is_refused_as_corrupt():
    frame = jpeg_header(80, 80)[2:]
    assert reason_of(jpeg_header(80, 80) + frame + b"\xff\xd9") is Reason.CORRUPT


def test_a_jpeg_of_twelve_bits_is_refused_as_a_kind_that_is_not_read():
    data = bytearray(saved("JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = 0xC1, 12
    assert reason_of(bytes(data)) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("mode", ["I", "F", "LAB"])
def test_numbers_and_colours_without_a_defined_conversion_are_refused(mode):
    image = Image.new(mode, (WIDTH, HEIGHT))
    assert reason_of(save(image, "TIFF")) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("size", [(0, 0), (0, 100), (100, 0), (1, 1), (5000, 1), (63, 64), (64, 63)])
def test_tiny_and_empty_sizes_are_refused_as_too_small(file_format, size):
    assert reason_of(HEADERS[file_format](*size)) is Reason.TOO_SMALL


@pytest.mark.parametrize("file_format", FORMATS)
def test_sixty_four_pixels_a_side_are_enough(file_format):
    assert decode(save(Image.new("RGB", (64, 64)), file_format)).shape == (64, 64, 3)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_decompression_bomb_is_refused_from_its_header_and_costs_no_memory(file_format):
    bomb = HEADERS[file_format](60000, 60000)
    assert peak_bytes(lambda: reason_of(bomb)) < 1_000_000
    assert reason_of(bomb) is Reason.TOO_MANY_PIXELS


def test_a_whole_png_bomb_is_refused_from_its_header():
    pixels = zlib.compress(bytes(8000 * 7000 // 8), 9)
    assert reason_of(png_header(8000, 7000) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")) is Reason.TOO_MANY_PIXELS


def test_too_many_bytes_are_refused_whatever_they_are():
    assert reason_of(saved("JPEG").ljust(MAX_BYTES + 1, b"\0")) is Reason.TOO_MANY_BYTES


def test_a_file_of_the_greatest_size_is_read():
    assert decode(saved("JPEG").ljust(MAX_BYTES, b"\0")).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("file_format", ["TIFF", "PNG"])
def test_more_than_one_page_is_refused(file_format):
    other = Image.fromarray(255 - picture())
    assert reason_of(saved(file_format, save_all=True, append_images=[other])) is Reason.MULTIPLE_PAGES


def test_a_tiff_directory_that_points_to_itself_is_refused_at_once():
    entries = {256: 80, 257: 80, 258: 8, 262: 1, 273: 8, 279: 4}
    assert reason_of(tiff(entries, next_directory=8)) is Reason.CORRUPT


def test_a_ring_of_tiff_directories_is_refused_at_once():
    first = {256: 80, 257: 80, 258: 8, 262: 1, 273: 8, 279: 4}
    second = struct.pack("<HHHIII", 1, 256, 4, 1, 80, 8)
    assert reason_of(tiff(first, next_directory=86, pixels=second)) is Reason.MULTIPLE_PAGES


def test_a_huge_tile_in_a_small_tiff_is_refused_before_memory_is_taken():
    entries = {256: 80, 257: 80, 258: 8, 259: 5, 262: 1, 277: 1, 322: 60000, 323: 60000, 324: 8, 325: 4}
    assert reason_of(tiff(entries)) is Reason.CORRUPT


def test_a_tiff_whose_strips_lie_outside_the_file_is_refused_as_truncated():
    entries = {256: 80, 257: 80, 258: 8, 259: 1, 262: 1, 277: 1, 273: 100, 278: 80, 279: 6400}
    assert reason_of(tiff(entries)) is Reason.TRUNCATED


def test_a_bmp_of_negative_width_is_refused():
    assert reason_of(bmp_header(-80, 80)) is Reason.CORRUPT


@pytest.mark.parametrize("file_format", FORMATS)
def test_random_damage_is_decoded_or_refused_and_nothing_else(file_format):
    generator = np.random.default_rng(11)
    data = saved(file_format)
    for _ in range(300):
        damaged = bytearray(data)
        reach = len(data) if generator.random() < 0.5 else min(len(data), 200)
        for place in generator.integers(0, reach, 3):
            damaged[place] = generator.integers(0, 256)
        try:
            decoded = decode(bytes(damaged))
        except UploadRefused:
            continue
        assert decoded.dtype == np.uint8 and decoded.ndim == 3 and decoded.shape[2] == 3
