"""Odd files of cameras, phones and programs, read or refused by their kind."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.containers.parser import parse_container
from blastlens.imaging.decode import decode
from tests.measured_memory import peak_bytes
from tests.unit.imaging.pictures import HEIGHT, WIDTH, Order, chunk, picture, save, saved, tiff_pages
from tests.unit.imaging.test_decode import difference, linear_profile

OME = b'<?xml version="1.0"?><OME xmlns="o"><Image ID="0"><Pixels SizeX="96" SizeY="72" %s>%s</Pixels></Image></OME>\0'
COLOUR_SIZES = b'SizeC="3" SizeZ="1" SizeT="1"'
IMAGEJ = b"ImageJ=1.54f\nimages=3\nchannels=3\nhyperstack=true\nmode=composite\n\0"


def refusal_of(data: bytes) -> UploadRefused:
    with pytest.raises(UploadRefused) as refusal:
        decode(data)
    return refusal.value


@pytest.mark.parametrize("bits", [10, 12, 14, 32])
def test_packed_bits_are_a_kind_that_is_not_read_and_no_damage(bits):
    refusal = refusal_of(tiff_pages((picture(), {258: [bits] * 3})))
    assert refusal.reason is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_tiffs_of_both_byte_orders_and_offset_sizes_are_read(order, big):
    assert difference(decode(tiff_pages((picture(), {}), order=order, big=big)), picture()) == 0


@pytest.mark.parametrize("tag", [{254: [1]}, {255: [2]}, {254: [4]}])
@pytest.mark.parametrize("first", [False, True])
def test_a_smaller_copy_or_mask_beside_the_image_is_left_out(tag, first):
    pages: list[tuple[np.ndarray, dict[int, list[int]]]] = [
        (picture(), {}),
        (np.ascontiguousarray(picture()[::2, ::2]), tag),
    ]
    assert difference(decode(tiff_pages(*(pages[::-1] if first else pages))), picture()) == 0


def test_a_second_full_image_is_refused_beside_smaller_copies():
    data = tiff_pages((picture(), {}), (picture()[:40, :40], {254: [1]}), (picture(), {}))
    assert refusal_of(data).reason is Reason.MULTIPLE_PAGES


def test_an_endless_chain_of_smaller_copies_is_refused():
    small = (picture()[:8, :8], {254: [1]})
    assert refusal_of(tiff_pages((picture(), {}), *[small] * 20)).reason is Reason.MULTIPLE_PAGES


def colour_pages(values: np.ndarray, description: bytes, order: Order = "<") -> bytes:
    first, *others = (np.ascontiguousarray(values[..., channel]) for channel in range(3))
    return tiff_pages((first, {270: description}), *((other, {}) for other in others), order=order)


@pytest.mark.parametrize(
    "description",
    [
        IMAGEJ,
        OME % (COLOUR_SIZES, b""),
        OME % (COLOUR_SIZES, b'<Channel ID="0" Name="R"/><Channel ID="1" Name="G"/><Channel ID="2" Name="B"/>'),
        OME % (COLOUR_SIZES, b'<Channel Name="Red"/><Channel Name="Green"/><Channel Name="Blue"/><TiffData/>'),
    ],
    ids=["ImageJ", "OME", "OME with letters", "OME with names"],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_colours_as_pages_are_one_image(description, order):
    assert difference(decode(colour_pages(picture(), description, order)), picture()) == 0


@pytest.mark.parametrize(
    "description",
    [
        b"\0",
        b"ImageJ=1.54f\nimages=3\nslices=3\n\0",
        OME % (b'SizeC="1" SizeZ="3" SizeT="1"', b""),
        OME % (COLOUR_SIZES, b'<Channel Name="DAPI"/><Channel Name="FITC"/><Channel Name="Cy5"/>'),
        OME % (COLOUR_SIZES, b'<TiffData FirstC="0" IFD="2"/>'),
    ],
    ids=["nothing", "slices", "OME slices", "OME dyes", "OME in another order"],
)
def test_pages_that_are_not_called_colours_are_several_images(description):
    assert refusal_of(colour_pages(picture(), description)).reason is Reason.MULTIPLE_PAGES


@pytest.mark.parametrize("subsampling", [{530: [2, 2]}, {530: [2, 1]}, {}])
def test_uncompressed_ycbcr_with_fewer_colours_is_a_kind_that_is_not_read(subsampling):
    half = picture()[: HEIGHT // 2]
    refusal = refusal_of(tiff_pages((half, {257: [HEIGHT], 262: [6], 278: [HEIGHT], **subsampling})))
    assert refusal.reason is Reason.UNKNOWN_FORMAT


def test_uncompressed_ycbcr_with_a_colour_for_each_pixel_is_read():
    values = np.asarray(Image.fromarray(picture()).convert("YCbCr"))
    assert difference(decode(tiff_pages((values, {262: [6], 530: [1, 1]}))), picture()) <= 4


@pytest.mark.parametrize("kind", [b"tEXt", b"gAMA", b"iCCP", b"eXIf", b"sBIT"])
def test_a_wrong_check_sum_of_a_png_chunk_that_pixels_do_not_need_is_no_damage(kind):
    wrong = bytearray(chunk(kind, b"Comment\0camera"))
    wrong[-1] ^= 1
    data = saved("PNG")
    assert difference(decode(data[:33] + bytes(wrong) + data[33:]), picture()) == 0


@pytest.mark.parametrize("place", [30, -13 - 5])
def test_a_wrong_check_sum_of_a_png_chunk_with_pixels_is_damage(place):
    data = bytearray(saved("PNG"))
    data[place] ^= 1
    assert refusal_of(bytes(data)).reason is Reason.CORRUPT


def bmp_of_fields(masks: tuple[int, int, int], pixels: bytes, bits: int = 32) -> bytes:
    start = 14 + 40 + 12
    sizes = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, bits, 3, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + sizes + struct.pack("<III", *masks) + pixels


@pytest.mark.parametrize("places", [(0, 1, 2), (2, 1, 0), (1, 2, 3), (3, 2, 1), (2, 0, 1)])
def test_a_bmp_with_fields_of_whole_bytes_is_read_in_any_order(places):
    pixels = np.full((HEIGHT, WIDTH, 4), 77, np.uint8)
    for channel, place in enumerate(places):
        pixels[..., place] = picture()[::-1, :, channel]
    red, green, blue = (0xFF << 8 * place for place in places)
    assert difference(decode(bmp_of_fields((red, green, blue), pixels.tobytes())), picture()) == 0


@pytest.mark.parametrize("masks", [(0x3FF00000, 0xFFC00, 0x3FF), (0xFF, 0xFF, 0xFF00), (0, 0, 0)])
def test_a_bmp_with_other_fields_is_a_kind_that_is_not_read(masks):
    data = bmp_of_fields(masks, bytes(WIDTH * HEIGHT * 4))
    assert refusal_of(data).reason is Reason.UNKNOWN_FORMAT


def renamed(profile: bytes, name: str) -> bytes:
    """A profile under another name of at most as many letters."""
    old = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile))).strip()
    new = name.ljust(len(old))[: len(old)]
    changed = profile.replace(old.encode("utf-16-be"), new.encode("utf-16-be"))
    assert changed != profile
    return changed


def test_a_linear_profile_that_is_called_srgb_is_converted_by_its_curves():
    named = saved("PNG", icc_profile=renamed(linear_profile(), "sRGB built-in"))
    assert difference(decode(named), decode(saved("PNG", icc_profile=linear_profile()))) == 0
    assert decode(named).mean() > picture().mean() + 20


def test_an_srgb_profile_under_another_name_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert difference(decode(saved("PNG", icc_profile=renamed(profile, "camera"))), picture()) == 0


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40), "WebP"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "JPEG 2000"),
        (b"\xff\x4f\xff\x51" + bytes(40), "JPEG 2000"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(40), "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(40), "AVIF"),
        (b"GIF89a" + bytes(40), "GIF"),
        (bytes(128) + b"DICM" + bytes(40), "DICOM"),
    ],
)
def test_other_formats_are_named_with_what_to_do(data, name):
    refusal = refusal_of(data)
    assert refusal.reason is Reason.UNKNOWN_FORMAT
    assert name in refusal.message and "JPEG" in refusal.message


def test_a_real_webp_is_named():
    assert "WebP" in refusal_of(save(Image.fromarray(picture()), "WEBP")).message


@pytest.mark.parametrize("width", [60_000, 2**31])
def test_a_bigtiff_of_impossible_size_is_refused_from_its_header(width):
    data = tiff_pages((picture(), {256: [60_000], 257: [60_000]}), big=True, order=">")
    with pytest.raises(UploadRefused) as refusal:
        parse_container(data, keep=False)
    assert refusal.value.reason is Reason.TOO_MANY_PIXELS


def test_many_tags_that_name_the_same_megabytes_cost_no_memory():
    megabytes = 8 * 1024 * 1024
    entries = b"".join(struct.pack("<HHII", tag, 7, megabytes, 8) for tag in range(1000, 3000))
    head = b"II*\0" + struct.pack("<I", 8 + megabytes)
    data = head + bytes(megabytes) + struct.pack("<H", 2000) + entries + bytes(4)
    assert peak_bytes(lambda: refusal_of(data)) < 4_000_000
