"""Image quality: measurements, and the limits of a readable image."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.prediction import Quality
from blastlens.imaging.channels import greatest_channel, least_channel
from blastlens.imaging.sharpness import measure_sharpness, resize_longest_side, resize_usable

_LIGHT = 0.6
_COLOURED = 0.25
_DARK = 0.43
_GREY = 0.157  # chroma below which a dark pixel has no colour
_FOREIGN_HUES = (20, 85)  # OpenCV hues, yellow to green-blue: no Romanowsky stain has them
_WHITE_QUANTILE = 0.95
_GREATEST_GAIN = 2.0
_WHITE = 254  # of 255: JPEG compression changes clipped values by one


@dataclass(frozen=True)
class QualityLimits:
    """Limits of the measurements of a readable image.

    Chosen on 3,022 real smears of three laboratories, which keep a distance from every limit, and on the same smears
    blurred, darkened or brightened, which do not. tests/unit/imaging/test_quality.py repeats the measurement.

    Attributes:
        least_brightness: of the whole image; the darkest real smear has 0.64.
        greatest_brightness: with 15 % of the range added, pale smears reach 0.996, and the model
            classified 22 of 24 of them; with all values multiplied by 1.7 they have 0.999, and no detail is left.
        brightest_field: the emptiest real field has 0.96. A brighter image with too little detail is overexposed.
        least_contrast: below it the image is one even colour; real smears have at least 0.055. With 15 % of the range
            added, the palest have 0.018, and their cells are still found.
        least_focus: real smears have at least 3.5; blurred by 6 pixels of 224 and noisy, at most 1.3.
        least_stained: share of the image; two real smears have none, the next 0.006.
        smallest_cell: share of the image below which a stained area is smaller than one nucleus: 10 micrometres in a
            field of 400 have 0.0005.
        least_background: of plasma, glass and pale red cells; the most crowded real field has 0.43.
        greatest_foreign: of colours that no stain has; real smears have at most 0.0002.
        greatest_grey: of dark pixels without colour; real smears have at most 0.003, all of it in their scale bar.
        least_steadiness: the worst of the real smears with motion blur has 0.133. Blurred along
            a line of 24 pixels of 224, 90 % have less than the limit, of 16 pixels 45 %, of 8 pixels 2 %.
    """

    least_brightness: float = 0.35
    greatest_brightness: float = 0.997
    brightest_field: float = 0.97
    least_contrast: float = 0.015
    least_focus: float = 2.0
    least_stained: float = 0.004
    smallest_cell: float = 0.0005
    least_background: float = 0.15
    greatest_foreign: float = 0.02
    greatest_grey: float = 0.02
    least_steadiness: float = 0.1


LIMITS = QualityLimits()


def measure_quality(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    usable: NDArray[np.bool_] | None = None,
    pixel_size_um: float | None = None,
) -> Quality:
    """Measure the quality of an image.

    Args:
        rgb: the image, uint8 (H, W, 3).
        mask: its blast mask, bool (H, W).
        usable: bool of any size with the image's shape, False where the image is not read; all of it by default.
        pixel_size_um: micrometres per pixel. Where it is known, focus and steadiness are measured at the home scale,
            and otherwise as if the image were as wide as a training image.

    Returns:
        The measurements; `check_quality` compares them with the limits.
    """
    small = resize_longest_side(rgb)
    inside = resize_usable(usable, small)
    luminance = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    background, foreign, grey = _measure_colours(small, inside)
    focus, steadiness = measure_sharpness(rgb, usable, pixel_size_um)
    return Quality(
        focus=focus,
        brightness=float(luminance[inside].mean()) / 255,
        contrast=float(luminance[inside].std()) / 255,
        stained_fraction=_measure_stained(mask, usable),
        background_fraction=background,
        foreign_fraction=foreign,
        grey_fraction=grey,
        steadiness=steadiness,
    )


def measure_white_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of pixels of an image that are clipped to white, 0 to 1.

    The image is (H, W, 3) uint8 RGB; a pixel counts if every channel is white.
    """
    return float((least_channel(resize_longest_side(rgb)) >= _WHITE).mean())


def check_quality(quality: Quality, limits: QualityLimits = LIMITS, fields: float = 1.0) -> None:
    """Check that an image is readable.

    Args:
        quality: its measurements.
        limits: of a readable image.
        fields: how many training images it covers (`count_home_fields`). The least stained area is one of a size, not
            of a share: a large field with one white cell is read, and the number of cells decides later.

    Raises:
        UploadRefused: TOO_DARK, TOO_BRIGHT, ONE_COLOUR, NOT_A_SMEAR, BLURRED, NO_STAINED_CELLS or FEW_STAINED_CELLS,
            whichever test fails first.
    """
    shrink = 1 / max(1.0, fields)
    limits = replace(limits, least_stained=limits.least_stained * shrink, smallest_cell=limits.smallest_cell * shrink)
    for failed, reason, message in _run_tests(quality, limits):
        if failed:
            raise UploadRefused(reason, message)


def check_exposure(quality: Quality, limits: QualityLimits = LIMITS) -> None:
    """Check what a thumbnail shows whatever its scale, before anything else is computed: light and colours.

    Raises:
        UploadRefused: TOO_DARK, TOO_BRIGHT, ONE_COLOUR or NOT_A_SMEAR.
    """
    for failed, reason, message in _test_exposure(quality, limits):
        if failed:
            raise UploadRefused(reason, message)


_EMPTY = (
    Reason.TOO_BRIGHT,
    "The image is too bright, or shows an empty field: lower the lamp or the exposure time, or move to a field "
    "with cells, and take it again.",
)


def _run_tests(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    """Yield every test, in the order in which a technician can correct the image."""
    yield from _test_exposure(quality, limits)
    yield from _test_cells(quality, limits)


def _test_exposure(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    too_bright = Reason.TOO_BRIGHT, "The image is too bright: lower the lamp or the exposure time and take it again."
    yield (
        quality.brightness < limits.least_brightness,
        Reason.TOO_DARK,
        "The image is too dark: raise the lamp or the exposure time and take it again.",
    )
    yield quality.brightness > limits.greatest_brightness, *too_bright
    faint = quality.contrast < limits.least_contrast and quality.foreign_fraction <= limits.greatest_foreign
    yield faint and quality.brightness > limits.brightest_field, *_EMPTY
    yield (
        faint,
        Reason.ONE_COLOUR,
        "The image is one even colour: move to a field with cells, bring it into focus and take the image again.",
    )
    yield (
        quality.foreign_fraction > limits.greatest_foreign or quality.grey_fraction > limits.greatest_grey,
        Reason.NOT_A_SMEAR,
        "The image does not look like a stained blood smear in bright field: check that the right file was uploaded.",
    )
    yield (
        quality.background_fraction < limits.least_background,
        Reason.NOT_A_SMEAR,
        "The image shows hardly any space between cells: check that the right file was uploaded, or move to a thinner "
        "part of the smear and take it again.",
    )


def _test_cells(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    blurred = quality.focus < limits.least_focus
    unstained = quality.stained_fraction < limits.least_stained
    yield quality.brightness > limits.brightest_field and (blurred or unstained), *_EMPTY
    yield blurred, Reason.BLURRED, "The image is out of focus: focus on the cells and take it again."
    yield (
        quality.steadiness < limits.least_steadiness,
        Reason.BLURRED,
        "The image is smeared along a line: let the stage come to rest and take it again.",
    )
    yield (
        quality.stained_fraction < limits.smallest_cell,
        Reason.NO_STAINED_CELLS,
        "No stained white cells were found in the image: move to a field with some, or stain the smear longer if there "
        "are some, and take it again.",
    )
    yield (
        unstained,
        Reason.FEW_STAINED_CELLS,
        f"Only {quality.stained_fraction:.2%} of the image is stained like white cells, and {limits.least_stained:.1%} "
        "is needed: move to a field with more, or stain the smear longer if they are pale, and take it again.",
    )


def _measure_stained(mask: NDArray[np.bool_], usable: NDArray[np.bool_] | None) -> float:
    if usable is None or usable.all():
        return float(mask.mean())
    size = mask.shape[::-1]
    inside = cv2.resize(usable.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)
    return float(mask[inside].mean()) if inside.any() else float(mask.mean())


def _measure_colours(small: NDArray[np.uint8], inside: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the shares of background, foreign and dark grey pixels.

    Background is light and hardly coloured; foreign are strong colours that no stain has.
    """
    balanced = _balance_white(small, inside)
    greatest = greatest_channel(balanced)
    chroma = (greatest.astype(np.float32) - least_channel(balanced)) / 255
    hue = cv2.cvtColor(balanced, cv2.COLOR_RGB2HSV)[..., 0]
    light = greatest > _LIGHT * 255
    foreign = (hue > _FOREIGN_HUES[0]) & (hue < _FOREIGN_HUES[1]) & (chroma > _COLOURED)
    grey = (greatest < _DARK * 255) & (chroma < _GREY)
    background, foreign_share, grey_share = (
        float(kind[inside].mean()) for kind in (light & (chroma < _COLOURED), foreign, grey)
    )
    return background, foreign_share, grey_share


def _balance_white(small: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Make the brightest field white, with a limited gain.

    Otherwise a yellow lamp would count as a foreign colour.
    """
    white = np.array([np.quantile(channel[inside], _WHITE_QUANTILE) for channel in cv2.split(small)])
    gain = np.clip(255 / np.maximum(white, 1), 1, _GREATEST_GAIN)
    table = np.clip(np.arange(256)[:, None] * gain, 0, 255).astype(np.uint8)
    return cv2.LUT(small, table[None]).astype(np.uint8, copy=False)
