"""Quality checks on synthetic smears, and on real ones if available."""

from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Quality
from blastlens.imaging.decode import decode
from blastlens.imaging.quality import QualityLimits, check_quality, measure_quality, measure_white_share
from blastlens.imaging.segmentation import SegmentationSettings, segment
from blastlens.imaging.stain import normalise_colour
from blastlens.imaging.synthetic import draw_smear
from blastlens.training.data.transforms import motion_blurred
from tests.effort import sample

READABLE = Quality(
    focus=30.0,
    brightness=0.85,
    contrast=0.12,
    stained_fraction=0.06,
    background_fraction=0.8,
    foreign_fraction=0.0,
    steadiness=0.6,
)


def verdict(image: np.ndarray) -> Reason | None:
    """Why an image is refused, with the mask the service makes; None where it is read."""
    try:
        check_quality(measure_quality(image, segment(normalise_colour(image), SegmentationSettings())))
    except UploadRefused as refusal:
        return refusal.reason
    return None


def blurred(image: np.ndarray, pixels_of_224: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), pixels_of_224 * max(image.shape) / 224)


def with_scale_bar(image: np.ndarray) -> np.ndarray:
    """Burn a sharp scale bar into one corner of an image (224, 224, 3)."""
    labelled = image.copy()
    labelled[190:, 180:] = 255
    labelled[200:218:3, 185:220] = 0
    return labelled


def even(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((224, 224, 3), (red, green, blue), np.uint8)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("size", [(224, 224), (480, 640), (96, 96)])
def test_drawn_smears_of_every_style_and_size_are_read(label, size):
    assert {verdict(draw_smear(seed, label, size).image) for seed in range(5)} == {None}


@pytest.mark.parametrize("label", LABELS)
def test_drawn_fields_without_blasts_are_refused_for_lack_of_stained_cells(label):
    fields = (draw_smear(seed, label, blasts=0).image for seed in range(8))
    assert {verdict(field) for field in fields} == {Reason.NO_STAINED_CELLS}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("width", [6, 10, 20])
def test_blurred_smears_are_refused_as_blurred(label, width):
    assert verdict(blurred(draw_smear(1, label).image, width)) is Reason.BLURRED


def test_a_scale_bar_in_one_corner_does_not_make_a_blurred_smear_sharp():
    assert verdict(with_scale_bar(blurred(draw_smear(1).image, 6))) is Reason.BLURRED


def test_camera_noise_does_not_make_a_blurred_smear_sharp():
    noise = np.random.default_rng(0).normal(0, 4, (224, 224, 3))
    image = np.clip(blurred(draw_smear(1).image, 6) + noise, 0, 255).astype(np.uint8)
    assert verdict(image) is Reason.BLURRED


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("angle", [0, np.pi / 2])
def test_smears_that_moved_while_they_were_taken_are_refused_as_blurred(label, angle):
    image = motion_blurred(draw_smear(1, label).image, 24, angle)
    assert measure_quality(image, np.zeros(image.shape[:2], bool)).focus > QualityLimits.least_focus
    assert verdict(image) is Reason.BLURRED


def test_a_scale_bar_in_one_corner_does_not_make_a_smear_that_moved_steady():
    assert verdict(with_scale_bar(motion_blurred(draw_smear(1).image, 24, 0))) is Reason.BLURRED


def test_what_is_drawn_out_along_any_direction_is_unsteady_and_what_is_round_is_not():
    drawn = draw_smear(2, size=(400, 400))
    for angle in np.arange(4) * np.pi / 4:
        assert measure_quality(motion_blurred(drawn.image, 24, angle), drawn.mask).steadiness < 0.1
    assert measure_quality(drawn.image, drawn.mask).steadiness > 0.4
    assert measure_quality(even(200, 180, 220), drawn.mask).steadiness == 1.0
    odd = np.full((91, 59, 3), 13, np.uint8)  # at odd widths rounding leaves edges of one ten-millionth
    assert measure_quality(odd, drawn.mask, pixel_size_um=0.4).steadiness == 1.0


def test_black_and_underexposed_images_are_refused_as_too_dark():
    assert verdict(even(0, 0, 0)) is Reason.TOO_DARK
    assert verdict((draw_smear(1).image * 0.25).astype(np.uint8)) is Reason.TOO_DARK


def test_white_and_blown_out_images_are_refused_as_too_bright():
    assert verdict(even(255, 255, 255)) is Reason.TOO_BRIGHT
    assert verdict(np.clip(draw_smear(1).image * 3.0, 0, 255).astype(np.uint8)) is Reason.TOO_BRIGHT


@pytest.mark.parametrize("colour", [(128, 128, 128), (240, 240, 235), (150, 110, 220), (230, 180, 245), (90, 200, 90)])
def test_an_even_colour_is_refused_whatever_the_colour(colour):
    assert verdict(even(*colour)) in (Reason.ONE_COLOUR, Reason.NOT_A_SMEAR)


def test_noise_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    assert verdict(noise) is Reason.NOT_A_SMEAR


def test_what_the_camera_clipped_is_white_and_what_is_pale_is_not():
    image = np.full((448, 448, 3), 253, np.uint8)
    image[:112] = 254
    assert measure_white_share(image) == pytest.approx(0.25)
    image[..., 2] = 240
    assert measure_white_share(image) == 0.0


def test_a_yellow_lamp_and_a_dim_one_are_forgiven():
    image = draw_smear(3).image
    assert verdict((image * [1.0, 0.95, 0.75]).astype(np.uint8)) is None
    assert verdict((image * 0.7).astype(np.uint8)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"brightness": 0.2}, Reason.TOO_DARK),
        ({"brightness": 0.999}, Reason.TOO_BRIGHT),
        ({"contrast": 0.01}, Reason.ONE_COLOUR),
        ({"foreign_fraction": 0.3}, Reason.NOT_A_SMEAR),
        ({"background_fraction": 0.05}, Reason.NOT_A_SMEAR),
        ({"grey_fraction": 0.05}, Reason.NOT_A_SMEAR),
        ({"focus": 0.5}, Reason.BLURRED),
        ({"steadiness": 0.05}, Reason.BLURRED),
        ({"stained_fraction": 0.0}, Reason.NO_STAINED_CELLS),
        ({"stained_fraction": 0.0004}, Reason.NO_STAINED_CELLS),
        ({"stained_fraction": 0.001}, Reason.FEW_STAINED_CELLS),
        ({"brightness": 0.98, "contrast": 0.01}, Reason.TOO_BRIGHT),
        ({"brightness": 0.98, "focus": 0.5}, Reason.TOO_BRIGHT),
        ({"brightness": 0.98, "stained_fraction": 0.0}, Reason.TOO_BRIGHT),
        ({"brightness": 0.98, "grey_fraction": 0.05, "focus": 0.5}, Reason.NOT_A_SMEAR),
    ],
)
def test_each_limit_has_its_own_reason_and_a_sentence_to_act_on(change, reason):
    with pytest.raises(UploadRefused) as refusal:
        check_quality(replace(READABLE, **change))
    assert refusal.value.reason is reason
    assert ":" in refusal.value.message and refusal.value.message.endswith(".")


def refusal_of(**change: float) -> str:
    with pytest.raises(UploadRefused) as refusal:
        check_quality(replace(READABLE, **change))
    return refusal.value.message


def test_only_an_image_without_a_stained_cell_is_refused_for_having_none():
    assert "No stained white cells" in refusal_of(stained_fraction=0.0)
    for change in ({"stained_fraction": 0.002}, {"contrast": 0.01}, {"brightness": 0.98, "stained_fraction": 0.0}):
        assert "o stained white cells" not in refusal_of(**change)
    assert refusal_of(stained_fraction=0.002).startswith("Only 0.20% of the image is stained like white cells")


def test_a_sentence_names_every_cause_that_the_measurement_leaves_open():
    assert "empty field" in refusal_of(brightness=0.98, stained_fraction=0.0)
    assert "empty field" not in refusal_of(brightness=0.999)
    assert "thinner part" in refusal_of(background_fraction=0.05)
    assert "thinner part" not in refusal_of(foreign_fraction=0.3)
    assert "pale" in refusal_of(stained_fraction=0.002)


@pytest.mark.parametrize(("side", "reason"), [(3, Reason.NO_STAINED_CELLS), (10, Reason.FEW_STAINED_CELLS)])
def test_a_speck_is_no_cell_and_one_small_nucleus_is_too_few(side: int, reason: Reason):
    image = draw_smear(1).image
    mask = np.zeros(image.shape[:2], bool)
    mask[:side, :side] = True
    with pytest.raises(UploadRefused) as refusal:
        check_quality(measure_quality(image, mask))
    assert refusal.value.reason is reason


def test_a_bright_image_that_shows_its_cells_is_read():
    check_quality(replace(READABLE, brightness=0.98))


def test_a_readable_quality_passes_and_stricter_limits_can_be_handed_in():
    check_quality(READABLE)
    with pytest.raises(UploadRefused):
        check_quality(READABLE, QualityLimits(least_focus=100.0))


def test_measurements_are_in_their_ranges_and_the_image_is_not_changed():
    drawn = draw_smear(2, size=(300, 200))
    before = drawn.image.copy()
    quality = measure_quality(drawn.image, drawn.mask)
    assert (drawn.image == before).all()
    assert quality.stained_fraction == pytest.approx(drawn.mask.mean())
    assert all(type(value) is float and value >= 0 for value in astuple(quality))
    assert max(astuple(quality)[1:]) <= 1


def test_quality_hardly_depends_on_the_size_an_image_is_sent_in():
    drawn = draw_smear(2, size=(896, 896))
    small = cv2.resize(drawn.image, (448, 448), interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask = cv2.resize(drawn.mask.astype(np.uint8), (448, 448)) > 0
    assert astuple(measure_quality(small, mask)) == pytest.approx(
        astuple(measure_quality(drawn.image, drawn.mask)), rel=0.1, abs=0.01
    )


@pytest.mark.slow
def test_real_smears_are_read_and_real_other_things_are_not(data_folder: Path):
    steps = {"taleqani-all": 6, "other-smears": 3, "wbc-masks": 3, "not-smears": 3}
    tallies = {name: tally(data_folder / name, step) for name, step in steps.items()}
    smears = tallies["taleqani-all"]
    assert smears.total() - smears[None] <= 0.005 * smears.total(), smears
    assert set(tallies["other-smears"]) == {None}
    assert set(tallies["wbc-masks"]) == {None}
    assert None not in tallies["not-smears"], tallies["not-smears"]


@pytest.mark.slow
def test_real_smears_that_light_has_washed_out_are_refused_as_too_bright(data_folder: Path):
    paths = sorted((data_folder / "taleqani-all").rglob("*.jpg"))[::40]
    verdicts = Counter(verdict(cv2.convertScaleAbs(decode(path.read_bytes()), alpha=1.5)) for path in paths)
    assert set(verdicts) == {None, Reason.TOO_BRIGHT}, verdicts


@pytest.mark.slow
def test_real_smears_are_refused_once_blurred(data_folder: Path):
    paths = sorted((data_folder / "taleqani-all").rglob("*.jpg"))[::40]
    assert {verdict(blurred(decode(path.read_bytes()), 6)) for path in paths} == {Reason.BLURRED}


@pytest.mark.slow
def test_real_smears_that_moved_far_while_they_were_taken_are_refused_as_blurred(data_folder: Path):
    paths = sorted((data_folder / "taleqani-all").rglob("*.jpg"))[::40]
    verdicts = Counter(verdict(motion_blurred(decode(path.read_bytes()), 24, 0)) for path in paths)
    assert verdicts[Reason.BLURRED] >= 0.8 * len(paths), verdicts


def tally(folder: Path, step: int) -> Counter[Reason | None]:
    verdicts: Counter[Reason | None] = Counter()
    for path in sample(sorted(each for each in folder.rglob("*.[jp][pn]g") if not each.stem.endswith("_mask")), step):
        try:
            verdicts[verdict(decode(path.read_bytes()))] += 1
        except UploadRefused as refusal:
            verdicts[refusal.reason] += 1
    return verdicts
