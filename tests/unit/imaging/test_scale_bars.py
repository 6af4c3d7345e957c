import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.decode import decode
from blastlens.imaging.scale_bars import (
    BARS_OF_CLASS,
    CORNERS,
    RED,
    SCALE_BARS,
    WIDE,
    Corner,
    draw_scale_bar,
    erase_scale_bar,
    fill_corner,
    find_scale_bar_area,
)


@pytest.fixture
def field():
    return np.full((224, 224, 3), (225, 215, 235), np.uint8)


def generator(seed=0):
    return np.random.default_rng(seed)


def changed(before, after):
    return (before != after).any(axis=2)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("style", SCALE_BARS)
def test_a_bar_stays_within_the_area_of_its_corner(field, style, corner):
    where = find_scale_bar_area(224, 224, corner)
    for seed in range(20):
        drawn = changed(field, draw_scale_bar(field, style, generator(seed), corner))
        assert drawn.sum() > 20
        assert drawn[where].sum() == drawn.sum()


@pytest.mark.parametrize("style", SCALE_BARS)
def test_a_bar_is_drawn_in_the_styles_ink(field, style):
    for seed in range(10):
        far = np.abs(draw_scale_bar(field, style, generator(seed)).astype(int) - style.ink).max(axis=2)
        assert far.min() < 60  # a line thinner than a pixel is mixed with what lies beside it


def test_a_plate_hides_the_smear_and_a_bar_without_one_does_not(field):
    assert (changed(field, draw_scale_bar(field, WIDE, generator()))).sum() > 600
    assert (changed(field, draw_scale_bar(field, RED, generator()))).sum() < 120


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (128, 128), (90, 300), (1200, 900)])
@pytest.mark.parametrize("style", SCALE_BARS)
def test_a_bar_grows_with_the_image(size, style):
    image = np.full((*size, 3), 128, np.uint8)
    drawn = draw_scale_bar(image, style, generator())
    assert drawn.shape == image.shape and drawn.dtype == np.uint8
    where = find_scale_bar_area(*size)
    assert changed(image, drawn).sum() == changed(image, drawn)[where].sum() > 0


def test_the_image_handed_in_is_left_as_it_is(field):
    before = field.copy()
    draw_scale_bar(field, WIDE, generator())
    erase_scale_bar(field)
    fill_corner(field, generator())
    assert (field == before).all()


def test_the_same_generator_draws_the_same_bar_and_another_draws_another(field):
    assert (draw_scale_bar(field, WIDE, generator(1)) == draw_scale_bar(field, WIDE, generator(1))).all()
    assert (draw_scale_bar(field, WIDE, generator(1)) != draw_scale_bar(field, WIDE, generator(2))).any()


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("style", SCALE_BARS)
def test_erasing_takes_every_bar_out(field, style, corner):
    for seed in range(5):
        assert (erase_scale_bar(draw_scale_bar(field, style, generator(seed), corner), corner) == field).all()


def test_erasing_shows_neighbouring_pixels_and_touches_nothing_else():
    image = generator().integers(0, 256, (224, 224, 3)).astype(np.uint8)
    erased = erase_scale_bar(image)
    rows, columns = find_scale_bar_area(224, 224)
    assert (erased[rows.start, columns] == image[rows.start - 1, columns]).all()
    outside = np.ones((224, 224), bool)
    outside[rows, columns] = False
    assert (erased[outside] == image[outside]).all()


def test_the_area_holds_the_bars_of_the_training_data():
    rows, columns = find_scale_bar_area(224, 224)
    assert rows.start <= 186 and columns.start <= 178 and rows.stop == columns.stop == 224


def test_a_filled_corner_is_one_colour_in_one_corner(field):
    seen: set[Corner] = set()
    for seed in range(40):
        filled = fill_corner(field, generator(seed))
        where = changed(field, filled)
        assert len(np.unique(filled[where], axis=0)) <= 1
        seen.update(corner for corner in CORNERS if where[find_scale_bar_area(224, 224, corner)].any())
        assert sum(where[find_scale_bar_area(224, 224, corner)].any() for corner in CORNERS) <= 1
    assert seen == set(CORNERS)


def test_every_class_has_styles_that_can_be_drawn():
    assert set(BARS_OF_CLASS) == set(LABELS)
    assert all(styles and set(styles) <= set(SCALE_BARS) for styles in BARS_OF_CLASS.values())


def test_erasing_a_real_bar_leaves_no_black_line(data_folder):

    images = sorted((data_folder / "taleqani-all" / "Early").glob("*.jpg"))[::15]
    where = find_scale_bar_area(224, 224)
    real = [decode(path.read_bytes()) for path in images]
    assert sum((image[where].max(axis=2) < 30).sum() > 20 for image in real) > 10
    assert sum((erase_scale_bar(image)[where].max(axis=2) < 30).sum() > 20 for image in real) == 0
