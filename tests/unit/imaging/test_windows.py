import numpy as np
import pytest

from blastlens.imaging.windows import (
    LARGEST_SHARE,
    LEAST_SHARE,
    WINDOW_UM,
    Window,
    choose_windows,
    plan_windows,
)


def shares(windows: tuple[Window, ...], pixel_size_um: float) -> list[float]:
    """Return the sides of windows as shares of the wanted side."""
    return [side * pixel_size_um / WINDOW_UM for window in windows for side in (window.height, window.width)]


@pytest.mark.parametrize(
    ("height", "width", "pixel_size_um"),
    [(224, 224, 0.5), (224, 224, 0.4), (224, 224, 0.66), (224, 298, 0.43), (126, 224, 0.6), (1792, 1792, 0.0625)],
    ids=["home", "smaller", "larger", "4:3", "16:9", "upsampled"],
)
def test_a_field_about_as_large_as_a_window_is_one_window(height, width, pixel_size_um):
    assert plan_windows(height, width, pixel_size_um) == (Window(0, 0, height, width),)


@pytest.mark.parametrize("number", [2, 3, 4, 6])
def test_a_mosaic_of_training_images_gets_windows_of_the_trained_zoom(number):
    windows = plan_windows(224 * number, 224 * number, 0.5)
    assert number**2 == len(windows)
    assert LEAST_SHARE <= min(shares(windows, 0.5)) <= max(shares(windows, 0.5)) <= LARGEST_SHARE + 0.01


@pytest.mark.parametrize(
    ("height", "width"), [(480, 640), (1944, 2592), (1080, 1920), (700, 3000), (60, 900), (901, 233)]
)
@pytest.mark.parametrize("pixel_size_um", [0.1, 0.25, 0.5, 0.9])
def test_windows_cover_every_pixel_and_stay_inside(height, width, pixel_size_um):
    covered = np.zeros((height, width), bool)
    for window in plan_windows(height, width, pixel_size_um):
        part = window.cut(covered)
        assert part.shape == (window.height, window.width)
        part[:] = True
    assert covered.all()


@pytest.mark.parametrize("error", [0.85, 1.15])
def test_windows_stay_within_the_trained_zoom_when_the_pixel_size_is_wrong_by_15_percent(error):
    for number in (2, 3, 4, 5):
        windows = plan_windows(224 * number, 224 * number, 0.5 * error)
        assert max(shares(windows, 0.5)) <= 4 / 3 + 0.03
        assert min(shares(windows, 0.5)) >= 0.65


def test_windows_of_a_large_field_are_squares_within_the_trained_zoom():
    for pixel_size_um in np.geomspace(0.08, 0.9, 30):
        windows = plan_windows(3000, 4000, pixel_size_um)
        assert all(abs(window.height - window.width) <= 1 for window in windows)
        assert min(shares(windows, pixel_size_um)) >= LEAST_SHARE
        assert max(shares(windows, pixel_size_um)) <= LARGEST_SHARE + 0.01


def test_a_field_narrower_than_a_window_gets_windows_as_narrow_as_itself():
    windows = plan_windows(60, 900, 0.5)
    assert {window.height for window in windows} == {60}
    assert all(window.width <= 60 * 16 / 9 + 1 for window in windows)


def test_windows_without_white_cells_are_not_read():
    windows = plan_windows(448, 448, 0.5)
    centres = np.array([[30.0, 40.0], [300.0, 440.0]])
    assert choose_windows(windows, centres) == (windows[0], windows[3])
    assert choose_windows(windows, np.empty((0, 2))) == ()


def test_of_too_many_windows_those_with_the_most_white_cells_are_read():
    windows = plan_windows(448, 448, 0.5)
    centres = np.array([[10.0, 10.0], [250.0, 10.0], [260.0, 30.0], [250.0, 300.0], [260.0, 300.0], [10.0, 400.0]])
    assert choose_windows(windows, centres, most=3) == (windows[0], windows[1], windows[3])


def test_a_cell_where_windows_overlap_counts_for_the_nearest_one_only():
    upper, lower = Window(0, 0, 100, 100), Window(50, 0, 100, 100)
    assert choose_windows((upper, lower), np.array([[50.0, 70.0]])) == (upper,)


def test_a_window_is_found_again_in_the_field_at_another_size():
    assert Window(10, 20, 30, 40).scale(2.0) == Window(20, 40, 60, 80)
    assert Window(0, 0, 1, 1).scale(0.1) == Window(0, 0, 1, 1)
