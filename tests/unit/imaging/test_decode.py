"""Decoding of valid files."""

import struct
import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, ImageOps

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.imaging.decode import decode
from tests.measured_memory import peak_bytes
from tests.unit.imaging.pictures import HEIGHT, WIDTH, picture, save, saved

FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
LOSSLESS = ("PNG", "BMP", "TIFF")


def difference(left: np.ndarray, right: np.ndarray) -> float:
    assert left.shape == right.shape
    return float(np.abs(left.astype(int) - right.astype(int)).max())


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_comes_out_as_contiguous_rgb_bytes(file_format):
    decoded = decode(saved(file_format))
    assert decoded.shape == (HEIGHT, WIDTH, 3)
    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous and decoded.flags.writeable


@pytest.mark.parametrize("file_format", LOSSLESS)
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_lossless_files_keep_every_pixel(file_format, mode):
    image = Image.fromarray(picture()).convert(mode)
    assert difference(decode(save(image, file_format)), np.asarray(image.convert("RGB"))) == 0


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpegs_come_out_as_the_decoder_sees_them(mode):
    data = saved("JPEG", mode, quality=95)
    assert difference(decode(data), np.asarray(Image.open(BytesIO(data)).convert("RGB"))) == 0


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_a_channel_keep_their_high_byte(suffix, channels):
    colours = picture() if channels > 1 else picture()[..., :1]
    wide = colours[..., ::-1].astype(np.uint16) * 257
    if channels == 4:
        wide = np.dstack([wide, np.full((HEIGHT, WIDTH), 65535, np.uint16)])
    data = cv2.imencode(suffix, wide)[1].tobytes()
    assert difference(decode(data), np.broadcast_to(colours, (HEIGHT, WIDTH, 3))) == 0


def test_sixteen_bit_grey_tiff_with_white_as_zero_is_not_a_negative():
    grey = picture()[..., 0].astype(np.uint16) * 257
    data = save(Image.fromarray(65535 - grey), "TIFF", tiffinfo={262: 0})
    assert difference(decode(data)[..., 0], picture()[..., 0]) <= 1


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_transparent_pixels_are_laid_on_white(file_format):
    image = Image.fromarray(picture()).convert("RGBA")
    image.putalpha(0)
    assert (decode(save(image, file_format)) == 255).all()


def bmp_with_alpha(alpha: np.ndarray) -> bytes:
    """A BMP of 32 bits whose header, of version 4, gives the fourth byte of every pixel a mask."""
    rows = np.dstack([picture()[..., ::-1], alpha])[::-1].tobytes()
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    sizes = struct.pack("<IiiHHIIiiII", 108, WIDTH, HEIGHT, 1, 32, 3, len(rows), 0, 0, 0, 0)
    start = 14 + 108
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + sizes + masks + bytes(52) + rows


def test_a_fourth_channel_that_a_bmp_left_at_zero_hides_nothing():
    assert difference(decode(bmp_with_alpha(np.zeros((HEIGHT, WIDTH), np.uint8))), picture()) == 0


def test_transparent_pixels_of_a_bmp_that_has_others_are_laid_on_white():
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:10] = 0
    decoded = decode(bmp_with_alpha(alpha))
    assert (decoded[:10] == 255).all()
    assert difference(decoded[10:], picture()[10:]) == 0


def test_a_fourth_channel_of_zeros_that_a_tiff_does_not_call_transparency_hides_nothing():
    image = Image.fromarray(picture()).convert("RGBA")
    image.putalpha(0)
    named = save(image, "TIFF")
    extra_channels = struct.pack("<HHI", 338, 3, 1)
    assert extra_channels in named
    unnamed = named.replace(extra_channels, struct.pack("<HHI", 337, 3, 1))  # another tag, which nobody reads
    assert difference(decode(unnamed), picture()) == 0


def test_a_transparent_palette_colour_is_laid_on_white():
    image = Image.new("P", (WIDTH, HEIGHT), 0)
    image.putpalette([10, 20, 30])
    assert (decode(save(image, "PNG", transparency=0)) == 255).all()


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_comes_out_in_its_own_colours_and_not_inverted(file_format):
    options = {"quality": 95} if file_format == "JPEG" else {}
    assert difference(decode(saved(file_format, "CMYK", **options)), picture()) < 12


@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate"])
def test_the_usual_tiff_compressions_are_read(compression):
    assert difference(decode(saved("TIFF", compression=compression)), picture()) == 0


def test_a_tiff_of_jpeg_strips_is_read():
    assert difference(decode(saved("TIFF", compression="jpeg", quality=95)), picture()) <= 16


def test_bigtiff_is_read():
    assert difference(decode(saved("TIFF", big_tiff=True)), picture()) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied(file_format, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    option = {"tiffinfo": {274: orientation}} if file_format == "TIFF" else {"exif": exif.tobytes()}
    data = saved(file_format, **option)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert difference(decode(data), np.asarray(upright)) == 0


@pytest.mark.parametrize(
    "block", [b"", b"nonsense", b"II*\0\x08\0\0\0", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\xff\xff\xff\xff"]
)
def test_a_broken_exif_block_does_not_spoil_the_pixels(block):
    assert decode(saved("JPEG", exif=b"Exif\0\0" + block)).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_colours_under_an_icc_profile_become_srgb(file_format):
    # Numbers that mean linear light stand for brighter middle tones than the same numbers in sRGB.
    plain = decode(saved(file_format))
    tagged = decode(saved(file_format, icc_profile=linear_profile()))
    assert tagged.mean() > plain.mean() + 20


@pytest.mark.parametrize("kind", ["broken", "of Lab colours"])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_a_profile_that_does_not_fit_is_left_aside(file_format, kind):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    profile = b"no profile at all" if kind == "broken" else lab
    assert difference(decode(saved(file_format, icc_profile=profile)), decode(saved(file_format))) == 0


def test_an_srgb_profile_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert difference(decode(saved("PNG", icc_profile=profile)), picture()) == 0


def test_what_follows_a_jpegs_end_is_ignored():
    assert difference(decode(saved("JPEG") + b"maker's trailer"), decode(saved("JPEG"))) == 0


def test_a_tiff_that_is_also_something_else_is_read_by_its_first_bytes():
    assert difference(decode(saved("TIFF") + b"PK\x03\x04 %PDF-1.7"), picture()) == 0


def test_many_threads_decode_alike():
    files = [saved(file_format) for file_format in FORMATS] * 8
    alone = [decode(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(decode, files))
    assert all(difference(left, right) == 0 for left, right in zip(alone, together, strict=True))


def test_decoding_warns_of_nothing_and_leaves_pillow_as_it_was():
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for file_format in FORMATS:
            decode(saved(file_format))
    assert not caught
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["other-smears", "not-smears", "wbc-masks", "taleqani-all"])
def test_every_real_image_of_legal_size_is_decoded(data_folder: Path, folder):
    for path in sorted((data_folder / folder).rglob("*.[jp][pn]g")):
        try:
            decoded = decode(path.read_bytes())
        except UploadRefused as refusal:
            assert refusal.reason is Reason.TOO_SMALL, path
            assert min(Image.open(path).size) < 64
        else:
            assert decoded.shape[:2] == Image.open(path).size[::-1]


def linear_profile() -> bytes:
    """An ICC profile with sRGB's primaries and no tone curve, made by changing the curves of Pillow's own."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, 128)
    for index in range(count):
        signature, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if signature in (b"rTRC", b"gTRC", b"bTRC"):
            profile[offset : offset + size] = (b"curv" + bytes(8)).ljust(size, b"\0")
    return bytes(profile).replace(b"s\0R\0G\0B", b"l\0i\0n\0e")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK"])
def test_a_large_image_is_decoded_strip_by_strip(mode):
    image = Image.fromarray(np.tile(picture(), (20, 20, 1))).convert(mode)
    data = save(image, "TIFF", compression="tiff_adobe_deflate")
    assert difference(decode(data), np.asarray(Image.open(BytesIO(data)).convert("RGB"))) == 0
    assert peak_bytes(lambda: decode(data)) < 1.6 * image.width * image.height * 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_strips_of_a_turned_image_come_out_upright(orientation):
    image = Image.fromarray(np.tile(picture(), (10, 12, 1)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = save(image, "PNG", exif=exif)
    decoded = decode(data)
    assert decoded.flags.c_contiguous
    assert difference(decoded, np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(data))))) == 0
