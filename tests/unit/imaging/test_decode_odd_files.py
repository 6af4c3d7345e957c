"""Odd files of cameras, phones and programs, read or refused by their kind."""

import struct
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.containers.parser import check_rows, parse_container
from blastlens.imaging.decode import decode
from blastlens.imaging.sixteen_bits import UnclearBitDepth, choose_bits
from tests.measured_memory import peak_bytes
from tests.unit.imaging.pictures import HEIGHT, WIDTH, chunk, picture, save, saved, tiff_pages
from tests.unit.imaging.test_decode import difference, linear_profile

OME = b'<?xml version="1.0"?><OME xmlns="o"><Image ID="0"><Pixels SizeX="96" SizeY="72" %s>%s</Pixels></Image></OME>\0'
COLOUR_SIZES = b'SizeC="3" SizeZ="1" SizeT="1"'
IMAGEJ = b"ImageJ=1.54f\nimages=3\nchannels=3\nhyperstack=true\nmode=composite\n\0"


def refusal_of(data: bytes) -> UploadRefused:
    with pytest.raises(UploadRefused) as refusal:
        decode(data)
    return refusal.value


def widened(bits: int) -> np.ndarray:
    """The picture as a camera of so many bits writes it into words of 16."""
    return (picture().astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)


def brightest(bits: int) -> np.ndarray:
    values = widened(bits)
    values[0, 0] = 2**bits - 1
    return values


def png_of_sixteen_bits(values: np.ndarray, significant: bytes = b"") -> bytes:
    data = cv2.imencode(".png", values[..., ::-1])[1].tobytes()
    return data[:33] + (chunk(b"sBIT", significant) if significant else b"") + data[33:]


def shown(values: np.ndarray, bits: int) -> np.ndarray:
    return values >> (bits - 8)


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
    pages = [(picture(), {}), (np.ascontiguousarray(picture()[::2, ::2]), tag)]
    assert difference(decode(tiff_pages(*(pages[::-1] if first else pages))), picture()) == 0


def test_a_second_full_image_is_refused_beside_smaller_copies():
    data = tiff_pages((picture(), {}), (picture()[:40, :40], {254: [1]}), (picture(), {}))
    assert refusal_of(data).reason is Reason.MULTIPLE_PAGES


def test_an_endless_chain_of_smaller_copies_is_refused():
    small = (picture()[:8, :8], {254: [1]})
    assert refusal_of(tiff_pages((picture(), {}), *[small] * 20)).reason is Reason.MULTIPLE_PAGES


def colour_pages(values: np.ndarray, description: bytes, order: str = "<") -> bytes:
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


def test_camera_bits_of_colours_as_pages_are_told_by_all_of_them():
    values = widened(12)
    values[..., 2] //= 3
    values[0, 0, 0] = 4095
    expected = picture().copy()
    expected[..., 2] //= 3
    assert difference(decode(colour_pages(values, IMAGEJ, ">"))[1:], expected[1:]) <= 1


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


def test_sixteen_bit_colours_in_planes_are_read():
    values = brightest(12)
    size = HEIGHT * WIDTH * 2
    start = 8
    planes = np.ascontiguousarray(values.transpose(2, 0, 1)).reshape(3 * HEIGHT, WIDTH)
    tags = {257: [HEIGHT], 258: [16] * 3, 262: [2], 277: [3], 278: [HEIGHT], 284: [2]}
    places = {273: [start, start + size, start + 2 * size], 279: [size] * 3}
    assert difference(decode(tiff_pages((planes, {**tags, **places})))[1:], picture()[1:]) == 0


@pytest.mark.parametrize("subsampling", [{530: [2, 2]}, {530: [2, 1]}, {}])
def test_uncompressed_ycbcr_with_fewer_colours_is_a_kind_that_is_not_read(subsampling):
    half = picture()[: HEIGHT // 2]
    refusal = refusal_of(tiff_pages((half, {257: [HEIGHT], 262: [6], 278: [HEIGHT], **subsampling})))
    assert refusal.reason is Reason.UNKNOWN_FORMAT


def test_uncompressed_ycbcr_with_a_colour_for_each_pixel_is_read():
    values = np.asarray(Image.fromarray(picture()).convert("YCbCr"))
    assert difference(decode(tiff_pages((values, {262: [6], 530: [1, 1]}))), picture()) <= 4


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


def test_of_two_exif_chunks_of_a_png_the_first_orientation_counts():
    data = saved("PNG")
    chunks = chunk(b"eXIf", exif_segment(6)[10:]) + chunk(b"eXIf", exif_segment(3)[10:])
    assert difference(decode(data[:33] + chunks + data[33:]), np.rot90(picture(), -1)) == 0
