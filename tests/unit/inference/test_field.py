import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage, Reason
from blastlens.domain.field import Caution, CellKind, PixelSize, PixelSizeSource, count_kinds
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.imaging import white_cells, windows
from blastlens.imaging.synthetic import STYLES, draw_smear
from blastlens.inference.classifier import Classifier, Reading
from blastlens.inference.package import write_manifest
from tests.tiny_field import (
    BENIGN,
    EXAMINATION,
    NOT_WHITE,
    OTHER,
    PRE,
    SETTINGS,
    add_field_graphs,
    field_reader,
    fixed_scale,
    write_tiny_field,
)
from tests.tiny_screening import write_tiny_screening

SMEAR = draw_smear(1, LABELS[2]).image


def mosaic(side: int, um_seed: int = 0) -> np.ndarray:
    tiles = [draw_smear(um_seed + seed, LABELS[2]).image for seed in range(side * side)]
    return np.vstack([np.hstack(tiles[row * side : (row + 1) * side]) for row in range(side)])


@pytest.fixture
def read(tmp_path):
    """Read an image with a tiny package whose white cells are of one kind, at one pixel size."""

    def read_image(image, kind=PRE, um=0.5, error=0.2, declared=None, settings=SETTINGS) -> Reading:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return field_reader(write_tiny_field(folder, kind, settings), um, error).read(image, declared)

    return read_image


def predicted(reading: Reading) -> Prediction:
    assert isinstance(reading.answer, Prediction), reading.answer
    return reading.answer


def rejected(reading: Reading) -> Rejection:
    assert isinstance(reading.answer, Rejection), reading.answer
    return reading.answer


def test_a_home_image_is_one_window_and_its_white_cells_are_found(read):
    reading = read(SMEAR)
    answer = predicted(reading)
    assert answer.label is Label.PRE_B and answer.is_certain
    assert answer.field is not None
    assert (answer.field.windows, answer.field.white_cells) == (1, len(reading.cells))
    assert len(reading.cells) >= 8
    assert (
        answer.field.blasts == sum(cell.blast_probability >= SETTINGS.blast_probability for cell in reading.cells) > 0
    )
    assert answer.field.kinds == count_kinds(cell.kind for cell in reading.cells)
    assert answer.field.uncertain_cells == sum(cell.is_uncertain for cell in reading.cells)
    assert answer.field.cautions == ()
    assert answer.field.pixel_size.um == 0.5


def test_the_window_of_a_home_image_gives_what_the_whole_image_gives(tmp_path, read):
    settings = replace(SETTINGS, cells_weight=0.0, windows_weight=1.0, clip=1e-30, least_cells=0)
    by_field = predicted(read(SMEAR, settings=settings))
    package = write_tiny_field(tmp_path / "whole")
    whole = write_manifest(package.folder, replace(package.manifest, scale=None, cells=None, aggregation=None))
    by_image = predicted(Classifier(whole, threads=1).read(SMEAR))
    assert list(by_field.probabilities.values()) == pytest.approx(list(by_image.probabilities.values()), abs=1e-12)


def test_cells_lie_in_the_field_as_it_was_uploaded(read):
    large = cv2.resize(SMEAR, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    small, reading = read(SMEAR), read(np.pad(large, ((0, 0), (300, 0), (0, 0))), um=0.125)
    assert predicted(reading).field is not None
    assert len(reading.cells) == pytest.approx(len(small.cells), abs=2)
    boxes, wanted = (np.array([cell.box for cell in each.cells]) for each in (reading, small))
    middles, expected = (each[:, :2] + each[:, 2:] / 2 for each in (boxes, wanted))
    nearest = np.abs(middles[:, None] - (expected * 4 + (300, 0))).max(axis=2).min(axis=1)
    assert np.median(nearest) < 8
    first = reading.cells[0]
    assert first.kind is CellKind.PRE_B and first.blast_probability > 0.9
    assert first.nucleus_um == pytest.approx(math.sqrt(first.box[2] * first.box[3]) * 0.125, rel=0.3)
    left, top, width, height = first.box
    outline = np.array(first.outline)
    assert outline[:, 0].min() >= left - 4 and outline[:, 0].max() <= left + width + 4
    assert outline[:, 1].min() >= top - 4 and outline[:, 1].max() <= top + height + 4


def test_a_larger_field_is_read_in_windows_and_its_heat_and_mask_have_its_size(read):
    reading = read(mosaic(3), settings=replace(SETTINGS, cells_weight=0.0, windows_weight=1.0))
    answer = predicted(reading)
    assert answer.field is not None and answer.field.windows == 9 == len(reading.windows)
    assert reading.windows[-1] == (448, 448, 224, 224)
    assert reading.mask is not None and reading.mask.shape == (672, 672) and reading.mask.mean() > 0.02
    assert reading.heat is not None and reading.heat.shape == (672, 672)
    assert 0 < reading.heat.max() <= 1 and reading.heat.min() >= 0


def test_windows_without_white_cells_are_not_read(read):
    field = np.full((448, 448, 3), (248, 250, 246), np.uint8)
    field[:224, 224:] = SMEAR
    reading = read(field)
    answer = predicted(reading)
    assert answer.field is not None and answer.field.windows == 1
    assert reading.mask is not None and not reading.mask[224:].any()


def test_a_vignette_is_left_out_and_said(read):
    rows, columns = np.ogrid[:448, :448]
    inside = np.hypot(rows - 224, columns - 224) < 200
    answer = predicted(read(mosaic(2) * inside[..., None].astype(np.uint8)))
    assert answer.field is not None
    assert answer.field.cautions == (Caution.AREA_LEFT_OUT,)
    assert answer.label is Label.PRE_B


@pytest.mark.parametrize(
    ("um", "reason"),
    [(1.4, Reason.MAGNIFICATION_TOO_LOW), (0.03, Reason.MAGNIFICATION_TOO_HIGH)],
)
def test_a_field_of_another_scale_is_refused_before_any_cell_is_looked_for(read, um, reason):
    reading = read(SMEAR, um=um)
    answer = rejected(reading)
    assert answer.reason is reason
    assert answer.quality is not None and answer.field is not None
    assert answer.field.pixel_size.um == um
    assert reading.cells == ()


def test_without_red_cells_the_scale_comes_from_nuclei_and_every_label_is_open(read):
    reading = read(SMEAR, um=None)
    answer = predicted(reading)
    assert answer.field is not None and answer.field.pixel_size.um == pytest.approx(0.5, rel=0.4)
    assert answer.field.pixel_size.source is PixelSizeSource.NUCLEI
    assert len(answer.prediction_set) == 4 and Caution.SCALE_UNCERTAIN in answer.field.cautions


def test_without_red_cells_and_nuclei_the_scale_is_unknown(read):
    empty = draw_smear(1, replace(STYLES[LABELS[2]], blasts=(0, 0))).image
    answer = rejected(read(empty, um=None))
    assert answer.reason is Reason.SCALE_UNKNOWN
    assert answer.field is not None and answer.field.pixel_size.um is None


def test_an_uncertain_scale_leaves_every_label_open(read):
    answer = predicted(read(SMEAR, BENIGN, error=0.6))
    assert len(answer.prediction_set) == 4
    assert answer.field is not None and Caution.SCALE_UNCERTAIN in answer.field.cautions
    assert answer.probabilities[Label.BENIGN] < 0.6


def test_a_declared_pixel_size_is_used(read):
    answer = predicted(read(SMEAR, um=0.52, declared=PixelSize(0.5, PixelSizeSource.METADATA, 0.05)))
    assert answer.field is not None
    assert answer.field.pixel_size.source is PixelSizeSource.METADATA


def test_white_cells_that_cannot_be_named_leave_every_label_open_and_are_counted(read):
    answer = predicted(read(SMEAR, OTHER))
    assert len(answer.prediction_set) == 4
    assert answer.field is not None
    assert answer.field.unnamed_cells == answer.field.white_cells > 3
    assert answer.field.cautions == (Caution.UNNAMED_CELLS,)


def test_a_field_without_white_cells_is_refused(read):
    answer = rejected(read(SMEAR, NOT_WHITE))
    assert answer.reason is Reason.NO_STAINED_CELLS
    assert answer.field is not None and answer.field.white_cells == 0


def test_a_field_far_from_the_training_images_is_refused_with_its_cells(read):
    reading = read(SMEAR, settings=replace(SETTINGS, far=1.0))
    assert isinstance(reading.answer, Prediction)
    far = read(255 - SMEAR // 3, settings=replace(SETTINGS, far=1.0))
    assert isinstance(far.answer, Rejection)


def test_a_blurred_large_field_is_refused_though_its_thumbnail_is_sharp(read):
    answer = rejected(read(cv2.GaussianBlur(mosaic(4), (0, 0), 4)))
    assert answer.reason is Reason.BLURRED


def test_of_too_many_windows_and_cells_the_rest_is_said_to_be_left_out(read, monkeypatch):
    monkeypatch.setattr("blastlens.inference.field.MOST_WINDOWS", 2)
    answer = predicted(read(mosaic(2)))
    assert answer.field is not None
    assert answer.field.windows == 2
    assert answer.field.cautions == (Caution.PART_READ,)
    monkeypatch.setattr("blastlens.inference.field.MOST_WINDOWS", windows.MOST_WINDOWS)
    monkeypatch.setattr(white_cells, "MOST_CELLS", 5)
    monkeypatch.setattr("blastlens.inference.cell_reader.MOST_CELLS", 5)
    answer = predicted(read(SMEAR))
    assert answer.field is not None
    assert answer.field.white_cells <= 5 and answer.field.cautions == (Caution.PART_READ,)


def test_a_classifier_says_by_which_constants_its_fields_are_joined_to_an_examination(tmp_path):
    package = write_tiny_field(tmp_path / "with")
    with fixed_scale():
        assert Classifier(package, threads=1).examination == EXAMINATION
        without = write_manifest(package.folder, replace(package.manifest, examination=None))
        assert Classifier(without, threads=1).examination is None


def test_a_screening_package_reads_fields_too(tmp_path):
    package = add_field_graphs(write_tiny_screening(tmp_path))
    answer = predicted(field_reader(package).read(mosaic(2)))
    assert answer.is_screening and answer.field is not None and answer.field.windows == 4
    assert answer.label is Label.MALIGNANT
    open_one = predicted(field_reader(add_field_graphs(package, OTHER)).read(SMEAR))
    assert len(open_one.prediction_set) == 2


def test_settings_of_proposals_come_from_the_package(tmp_path):
    package = write_tiny_field(tmp_path)
    assert package.manifest.cells is not None
    for settings, match in (({"hue_low": 170}, "out of range"), ({"hue": 1}, "unexpected")):
        cells = replace(package.manifest.cells, constants={"proposals": settings})
        wrong = write_manifest(tmp_path, replace(package.manifest, cells=cells))
        with pytest.raises(DamagedPackage, match=match):
            field_reader(wrong)


def test_a_package_without_the_range_that_it_was_evaluated_on_reads_no_fields(tmp_path):
    package = write_tiny_field(tmp_path)
    unknown = write_manifest(tmp_path, replace(package.manifest, evaluated_um=None))
    with pytest.raises(DamagedPackage, match="evaluated_um"):
        field_reader(unknown)
