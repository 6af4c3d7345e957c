import struct

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from blastlens.domain.declared_pixel_size import declare_pixel_size
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, Caution, PixelSize, PixelSizeSource
from blastlens.imaging.decode import decode_with_resolution
from blastlens.imaging.pixel_size import reconcile, size_in_file
from tests.unit.imaging.pictures import chunk, picture, save, saved

UNIT, X, Y, DESCRIPTION = 296, 282, 283, 270


def learned(um: float) -> PixelSize:
    return PixelSize(um, PixelSizeSource.LEARNED, 0.2)


def test_without_a_declared_size_the_estimate_counts():
    assert reconcile(None, learned(0.5)) == (learned(0.5), None)


def test_a_declared_size_counts_where_the_image_says_nothing():
    declared = declare_pixel_size(0.1, PixelSizeSource.METADATA)
    assert reconcile(declared, UNKNOWN_PIXEL_SIZE) == (declared, None)


@pytest.mark.parametrize("um", [0.39, 0.5, 0.64])
def test_a_declared_size_near_the_estimate_counts(um):
    declared = declare_pixel_size(0.5, PixelSizeSource.DEVICE)
    assert reconcile(declared, learned(um)) == (declared, None)


@pytest.mark.parametrize("um", [0.1, 0.38, 0.66, 3.0])
def test_sizes_that_differ_by_more_than_a_third_disagree(um):
    chosen, caution = reconcile(declare_pixel_size(0.5, PixelSizeSource.FILE), learned(um))
    assert caution == Caution.SCALES_DISAGREE
    assert chosen.um == 0.5
    assert chosen.relative_error >= 0.3


def test_the_size_in_a_file_counts_like_a_declared_one():
    assert size_in_file(None) is None
    assert reconcile(size_in_file(0.5), learned(0.6)) == (PixelSize(0.5, PixelSizeSource.FILE, 0.05), None)


def resolution(data: bytes) -> float | None:
    image, um = decode_with_resolution(data)
    assert image.shape == (72, 96, 3)
    return um


def tiff(x: float, y: float | None = None, unit: int = 3, description: str = "") -> bytes:
    tags = ImageFileDirectory_v2()
    tags[X], tags[Y], tags[UNIT] = IFDRational(x), IFDRational(x if y is None else y), unit
    if description:
        tags[DESCRIPTION] = description
    return save(Image.fromarray(picture()), "TIFF", tiffinfo=tags)


def ome(attributes: str) -> bytes:
    return tiff(72, unit=2, description=f'<?xml version="1.0"?><OME><Image><Pixels {attributes}/></Image></OME>')


def test_tiff_files_state_pixels_per_centimetre_or_inch():
    assert resolution(tiff(20_000)) == pytest.approx(0.5)
    assert resolution(tiff(50_800, unit=2)) == pytest.approx(0.5)


def test_ome_files_state_the_physical_size():
    assert resolution(ome('PhysicalSizeX="0.065" PhysicalSizeY="0.065"')) == pytest.approx(0.065)
    assert resolution(ome('PhysicalSizeX="65" PhysicalSizeXUnit="nm"')) == pytest.approx(0.065)
    assert resolution(ome('PhysicalSizeX="0.1" PhysicalSizeXUnit="pixel"')) is None
    assert resolution(ome('PhysicalSizeX="0.1.2" PhysicalSizeXUnit="nm"')) is None


def test_imagej_files_state_pixels_per_micron():
    assert resolution(tiff(10, unit=1, description="ImageJ=1.54\nunit=micron\n")) == pytest.approx(0.1)
    assert resolution(tiff(10, unit=1, description="ImageJ=1.54\nunit=pixel\n")) is None


def test_png_files_state_pixels_per_metre():
    plain = saved("PNG")
    physical = chunk(b"pHYs", struct.pack(">IIB", 10_000_000, 10_000_000, 1))
    assert resolution(plain[:33] + physical + plain[33:]) == pytest.approx(0.1)


def test_jpeg_files_state_a_density_or_an_exif_resolution():
    assert resolution(saved("JPEG", dpi=(50_800, 50_800))) == pytest.approx(0.5)
    exif = Image.Exif()
    exif[X], exif[Y], exif[UNIT] = IFDRational(40_000), IFDRational(40_000), 3
    assert resolution(saved("JPEG", exif=exif)) == pytest.approx(0.25)


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600, 1200])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_the_resolution_of_a_screen_or_printer_is_not_a_pixel_size(file_format, dpi):
    assert resolution(saved(file_format, dpi=(dpi, dpi))) is None


def test_pixels_that_are_not_square_have_no_pixel_size():
    assert resolution(tiff(20_000, 15_000)) is None


def test_a_damaged_or_empty_resolution_is_none():
    assert resolution(tiff(0)) is None
    assert resolution(saved("BMP")) is None
    plain = saved("PNG")
    for body in (b"", bytes(9), struct.pack(">IIB", 0, 0, 1), struct.pack(">IIB", 10**7, 10**7, 0)):
        assert resolution(plain[:33] + chunk(b"pHYs", body) + plain[33:]) is None
