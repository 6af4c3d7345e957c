"""Is there a smear worth reading? Where the limits lie of what is measured of an image."""

from collections.abc import Iterator
from dataclasses import dataclass

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.prediction import Quality


@dataclass(frozen=True)
class QualityLimits:
    """Where a measured quality stops being readable.

    Found by measuring 3,022 real smears of three laboratories, which keep a distance from every limit, and the same
    smears blurred, darkened or brightened, which do not. tests/unit/imaging/test_quality.py measures again.

    Attributes:
        least_brightness: of the whole image; the darkest real smear has 0.64.
        greatest_brightness: with 15 % of the range added, pale smears reach 0.996, and the model read 22 of 24 of them;
            with all values multiplied by 1.7 they have 0.999, and nothing is left.
        brightest_field: the emptiest real field has 0.96. What is brighter and shows too little was exposed too long.
        least_contrast: below it the image is one even colour; real smears have at least 0.055. With 15 % of the range
            added, the palest have 0.018, and their cells are still found.
        least_focus: real smears have at least 3.5; blurred by 6 pixels of 224 and noisy, at most 1.3.
        least_stained: share of the image; two real smears have none, the next 0.006.
        least_background: of plasma, glass and pale red cells; the most crowded real field has 0.43.
        greatest_foreign: of colours that no stain takes; real smears have at most 0.0002.
        greatest_grey: of dark pixels without colour; real smears have at most 0.003, all of it their scale bar's.
        least_steadiness: of the real smears that were moved while they were taken, the worst has 0.133. Smeared along
            a line of 24 pixels of 224, 90 % have less than the limit, of 16 pixels 45 %, of 8 pixels 2 %.
    """

    least_brightness: float = 0.35
    greatest_brightness: float = 0.997
    brightest_field: float = 0.97
    least_contrast: float = 0.015
    least_focus: float = 2.0
    least_stained: float = 0.004
    least_background: float = 0.15
    greatest_foreign: float = 0.02
    greatest_grey: float = 0.02
    least_steadiness: float = 0.1


LIMITS = QualityLimits()


def judge(quality: Quality, limits: QualityLimits = LIMITS) -> None:
    """Let a readable image pass.

    Raises:
        UploadRefused: TOO_DARK, TOO_BRIGHT, NOT_A_SMEAR, BLURRED or NO_STAINED_CELLS, whichever comes first.
    """
    for fails, reason, message in _findings(quality, limits):
        if fails:
            raise UploadRefused(reason, message)


def _findings(quality: Quality, limits: QualityLimits) -> Iterator[tuple[bool, Reason, str]]:
    """Yield every test in the order in which a technician would mend the image."""
    too_bright = Reason.TOO_BRIGHT, "The image is too bright: lower the lamp or the exposure time and take it again."
    washed_out = quality.brightness > limits.brightest_field
    yield (
        quality.brightness < limits.least_brightness,
        Reason.TOO_DARK,
        "The image is too dark: raise the lamp or the exposure time and take it again.",
    )
    yield quality.brightness > limits.greatest_brightness, *too_bright
    faint = quality.contrast < limits.least_contrast and quality.foreign_fraction <= limits.greatest_foreign
    yield faint and washed_out, *too_bright
    yield (
        faint,
        Reason.NO_STAINED_CELLS,
        "The image is one even colour: move to a field with cells, bring it into focus and take the image again.",
    )
    yield (
        quality.foreign_fraction > limits.greatest_foreign
        or quality.grey_fraction > limits.greatest_grey
        or quality.background_fraction < limits.least_background,
        Reason.NOT_A_SMEAR,
        "The image does not look like a stained blood smear in bright field: check that the right file was uploaded.",
    )
    blurred = quality.focus < limits.least_focus
    unstained = quality.stained_fraction < limits.least_stained
    yield washed_out and (blurred or unstained), *too_bright
    yield blurred, Reason.BLURRED, "The image is out of focus: focus on the cells and take it again."
    yield (
        quality.steadiness < limits.least_steadiness,
        Reason.BLURRED,
        "The image is smeared along a line: let the stage come to rest and take it again.",
    )
    yield (
        unstained,
        Reason.NO_STAINED_CELLS,
        "No stained white cells are in the image: move to a field that holds some and take it again.",
    )
