import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging import working_field
from blastlens.imaging.synthetic import draw_smear
from blastlens.imaging.usable_area import LeftOut, UsableArea, find_usable_area
from blastlens.imaging.working_field import make_working_field, resample

SMEAR = draw_smear(1, LABELS[2]).image


def whole(image: np.ndarray) -> UsableArea:
    return UsableArea(np.ones(image.shape[:2], np.bool_))


@pytest.mark.parametrize("um", [0.4, 0.5, 0.62])
def test_an_image_like_the_training_images_is_read_as_it_is_whatever_its_estimated_scale(um):
    found = make_working_field(SMEAR, whole(SMEAR), um)
    assert np.array_equal(found.image, SMEAR)
    assert (found.um, found.usable, found.is_part) == (um, None, False)


def test_a_large_field_is_read_at_half_a_micrometre_a_pixel():
    large = np.kron(SMEAR, np.ones((4, 4, 1), np.uint8))
    found = make_working_field(large, whole(large), 0.125)
    assert np.array_equal(found.image, SMEAR)
    assert found.um == pytest.approx(0.5)
    assert found.to_upload(np.array([[10.0, 20.0]])).tolist() == [[40.0, 80.0]]


def test_only_the_usable_area_is_read_and_its_place_in_the_upload_is_kept():
    framed = np.pad(SMEAR, ((60, 40), (30, 10), (0, 0)))
    found = make_working_field(framed, find_usable_area(framed), 0.5)
    assert (found.left, found.top) == pytest.approx((30, 60), abs=3)
    assert found.image.shape[0] == pytest.approx(224, abs=6)
    assert found.image.min() > 20
    corner = found.to_upload(np.array([[0.0, 0.0]]))
    assert corner.tolist() == [[found.left, found.top]]


def test_a_scale_bar_stays_in_the_image_and_is_not_usable():
    marked = SMEAR.copy()
    marked[200:204, 150:210] = 0
    usable = np.ones((224, 224), np.bool_)
    usable[196:208, 146:214] = False
    found = make_working_field(marked, UsableArea(usable, left_out=(LeftOut.SCALE_BAR,)), 0.5)
    assert np.array_equal(found.image, marked)
    assert found.usable is not None and not found.usable[202, 180] and found.usable[100, 100]


def test_outside_of_a_round_area_the_field_is_painted_with_the_background():
    rows, columns = np.ogrid[:224, :224]
    inside = np.hypot(rows - 112, columns - 112) < 105
    dark = SMEAR * inside[..., None].astype(np.uint8)
    found = make_working_field(dark, find_usable_area(dark), 0.5)
    assert found.usable is not None and not found.usable[0, 0]
    assert found.image[0, 0].min() > 200


def test_of_a_field_too_large_to_be_read_the_part_with_the_most_stained_pixels_is_read(monkeypatch):
    monkeypatch.setattr(working_field, "MOST_PIXELS", 250_000)
    field = np.full((800, 1000, 3), 240, np.uint8)
    field[500:724, 600:824] = SMEAR
    found = make_working_field(field, whole(field), 0.5)
    assert found.is_part
    assert found.image.shape[0] * found.image.shape[1] <= 250_000
    assert found.left <= 620 and found.left + found.width >= 804
    assert found.top <= 520 and found.top + found.height >= 704


def test_an_image_near_the_working_scale_is_not_resampled():
    same, zoom = resample(SMEAR, 0.51)
    assert same is SMEAR and zoom == 1.0
    smaller, zoom = resample(SMEAR, 0.25)
    assert (smaller.shape, zoom) == ((112, 112, 3), 0.5)
    assert resample(SMEAR, 1.0)[0].shape == (448, 448, 3)
