"""Images of 10 to 16 bits a channel in words of 16."""

import cv2
import numpy as np
import pytest

from blastlens.domain.errors import Reason
from blastlens.imaging.decode import decode
from blastlens.imaging.sixteen_bits import UnclearBitDepth, choose_bits
from tests.unit.imaging.pictures import HEIGHT, WIDTH, chunk, picture, tiff_pages
from tests.unit.imaging.test_decode import difference
from tests.unit.imaging.test_decode_odd_files import IMAGEJ, colour_pages, refusal_of

OME = b'<?xml version="1.0"?><OME xmlns="o"><Image ID="0"><Pixels SizeX="96" SizeY="72" %s>%s</Pixels></Image></OME>\0'
COLOUR_SIZES = b'SizeC="3" SizeZ="1" SizeT="1"'


def widened(bits: int) -> np.ndarray:
    """The picture as a camera of so many bits writes it into words of 16."""
    return np.asarray(picture().astype(np.uint32) * (2**bits - 1) // 255, dtype=np.uint16)


def brightest(bits: int) -> np.ndarray:
    values = widened(bits)
    values[0, 0] = 2**bits - 1
    return values


def png_of_sixteen_bits(values: np.ndarray, significant: bytes = b"") -> bytes:
    data = cv2.imencode(".png", values[..., ::-1])[1].tobytes()
    return data[:33] + (chunk(b"sBIT", significant) if significant else b"") + data[33:]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_camera_bits_in_sixteen_bit_words_are_told_by_the_largest_value(bits, order):
    values = brightest(bits)
    decoded = decode(tiff_pages((values, {}), order=order))
    assert difference(decoded[1:], picture()[1:]) == 0
    assert difference(decode(png_of_sixteen_bits(values)), decoded) == 0


@pytest.mark.parametrize("bits", [9, 10, 11, 12, 13, 14])
def test_significant_bits_of_a_png_count_where_the_largest_value_is_unclear(bits):
    data = png_of_sixteen_bits(widened(bits) // 2, bytes([bits] * 3))
    assert difference(decode(data), picture() // 2) <= 1


@pytest.mark.parametrize(("largest", "bits"), [(4095, 12), (3210, 12), (1023, 10), (16383, 14)])
def test_the_largest_value_that_a_tiff_states_tells_its_bits(largest, bits):
    data = tiff_pages((widened(bits) // 2, {281: [largest] * 3}))
    assert difference(decode(data), picture() // 2) <= 1


def test_significant_bits_in_an_ome_description_count():
    description = OME % (COLOUR_SIZES + b' SignificantBits="12"', b"")
    assert difference(decode(tiff_pages((widened(12) // 2, {270: description}))), picture() // 2) <= 1


@pytest.mark.parametrize("significant", [b"", b"\x0c\x0c\x0c"])
def test_values_that_fill_sixteen_bits_keep_their_high_byte_whatever_is_stated(significant):
    assert difference(decode(png_of_sixteen_bits(picture().astype(np.uint16) * 257, significant)), picture()) == 0


def test_compressed_camera_bits_are_read():
    values = brightest(12)
    data = cv2.imencode(".tiff", values[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()
    assert difference(decode(data)[1:], picture()[1:]) == 0


def test_grey_camera_bits_are_read():
    grey = brightest(12)[..., 0]
    assert difference(decode(tiff_pages((grey, {})))[1:, :, 0], picture()[1:, :, 0]) == 0


def test_opacity_of_sixteen_bits_beside_camera_bits_hides_nothing():
    values = np.dstack([brightest(12), np.full((HEIGHT, WIDTH), 65535, np.uint16)])
    decoded = decode(tiff_pages((values, {338: [2]})))
    assert difference(decoded[1:], picture()[1:]) == 0


@pytest.mark.parametrize("bits", [9, 11, 13])
def test_an_unclear_bit_depth_is_refused_as_such_and_not_as_darkness(bits):
    refusal = refusal_of(tiff_pages((brightest(bits), {})))
    assert refusal.reason is Reason.UNKNOWN_FORMAT
    assert f"the largest value is {2**bits - 1}" in refusal.message and "8 bits a channel" in refusal.message
    assert "lamp" not in refusal.message


def test_values_that_contradict_the_stated_bits_are_refused_and_not_called_dark():
    refusal = refusal_of(png_of_sixteen_bits(widened(8), b"\x0c\x0c\x0c"))
    assert refusal.reason is Reason.UNKNOWN_FORMAT
    assert "12 bits are stated" in refusal.message


@pytest.mark.parametrize(
    ("largest", "stated", "bits"),
    [
        (65535, None, 16),
        (16384, None, 16),
        (16383, None, 14),
        (8192, None, 14),
        (8191, None, None),
        (4095, None, 12),
        (2048, None, 12),
        (2047, None, None),
        (1023, None, 10),
        (511, None, None),
        (255, None, None),
        (0, None, None),
        (4095, 12, 12),
        (512, 12, 12),
        (511, 12, None),
        (4096, 12, None),
        (65535, 12, 16),
        (255, 8, 8),
        (9000, 16, 16),
    ],
)
def test_the_rule_of_bit_depths(largest, stated, bits):
    if bits is None:
        with pytest.raises(UnclearBitDepth):
            choose_bits(largest, stated)
    else:
        assert choose_bits(largest, stated) == bits


def test_camera_bits_of_colours_as_pages_are_told_by_all_of_them():
    values = widened(12)
    values[..., 2] //= 3
    values[0, 0, 0] = 4095
    expected = picture().copy()
    expected[..., 2] //= 3
    assert difference(decode(colour_pages(values, IMAGEJ, ">"))[1:], expected[1:]) <= 1


def test_sixteen_bit_colours_in_planes_are_read():
    values = brightest(12)
    size = HEIGHT * WIDTH * 2
    start = 8
    planes = np.ascontiguousarray(values.transpose(2, 0, 1)).reshape(3 * HEIGHT, WIDTH)
    tags = {257: [HEIGHT], 258: [16] * 3, 262: [2], 277: [3], 278: [HEIGHT], 284: [2]}
    places = {273: [start, start + size, start + 2 * size], 279: [size] * 3}
    assert difference(decode(tiff_pages((planes, {**tags, **places})))[1:], picture()[1:]) == 0
