from dataclasses import replace

import numpy as np
import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.field import Caution
from blastlens.domain.labels import LABELS
from blastlens.inference.aggregation import Evidence, aggregate
from blastlens.training.data.dataset import find_examples
from blastlens.training.packaging.field_calibration import START, fit_settings, score_samples
from blastlens.training.packaging.field_samples import (
    AS_TAKEN,
    KINDS,
    FieldSample,
    draw_fields,
    load_samples,
    save_samples,
)
from tests.model.folders import draw_data


def draw_sample(generator, truth: int, kind: str = AS_TAKEN, cells_right: float = 0.8) -> FieldSample:
    """Evidence of a window model that is nearly always right, and of cells of which some are."""
    windows = _near(generator, truth if generator.random() < 0.97 else int(generator.integers(4)), 1, 4, 0.93)
    number = int(generator.integers(4, 15))
    cells = np.concatenate(
        [
            _near(generator, truth if generator.random() < cells_right else int(generator.integers(4)), 1, 6, 0.8)
            for _ in range(number)
        ]
    )
    return FieldSample(kind, truth, Evidence(windows, np.array([0.5]), cells, (Caution.AREA_LEFT_OUT,)), 0.2)


def _near(generator, label: int, rows: int, classes: int, sure: float) -> np.ndarray:
    found = generator.dirichlet(np.ones(classes), rows) * (1 - sure)
    found[:, label] += sure
    return np.asarray(found / found.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def samples() -> list[FieldSample]:
    generator = np.random.default_rng(0)
    taken = [draw_sample(generator, index % 4) for index in range(300)]
    return taken + [draw_sample(generator, index % 4, "mosaic 2 x 2") for index in range(80)]


def test_fitted_constants_cover_99_percent_of_the_images_and_keep_sets_small(samples):
    settings = fit_settings(samples)
    scores = {each.kind: each for each in score_samples(samples, settings)}
    assert list(scores) == [AS_TAKEN, "mosaic 2 x 2", "all"]
    assert scores[AS_TAKEN].coverage >= 0.985
    assert scores["all"].fields == 380
    assert scores["all"].accuracy >= 0.97
    assert scores[AS_TAKEN].set_size < 1.5
    assert settings.cells_weight > 0 and settings.windows_weight > 0
    assert abs(scores["all"].accuracy - scores["all"].confidence) < 0.05


def test_cells_without_information_get_no_weight(samples):
    generator = np.random.default_rng(1)
    noise = [replace(each, evidence=replace(each.evidence, cells=_shuffle(generator, each))) for each in samples]
    informative, useless = fit_settings(samples), fit_settings(noise)
    assert useless.cells_weight < informative.cells_weight


def _shuffle(generator, sample: FieldSample) -> np.ndarray:
    return np.concatenate([_near(generator, int(generator.integers(4)), 1, 6, 0.8) for _ in range(8)])


def test_benign_fields_with_the_usual_number_of_blast_like_cells_stay_benign(samples):
    settings = fit_settings(samples)
    benign = [each for each in samples if each.truth == 0]
    alone = [aggregate(each.evidence, settings).prediction_set == (0,) for each in benign]
    assert np.mean(alone) > 0.8


def test_samples_come_back_from_their_file(tmp_path, samples):
    save_samples(tmp_path / "samples.npz", samples)
    for read, written in zip(load_samples(tmp_path / "samples.npz"), samples, strict=True):
        assert (read.kind, read.truth, read.scale_error) == (written.kind, written.truth, written.scale_error)
        assert read.evidence.cautions == written.evidence.cautions
        for name in ("windows", "cells", "distances"):
            assert np.array_equal(getattr(read.evidence, name), getattr(written.evidence, name))


def test_without_an_image_that_can_be_read_nothing_is_calibrated():
    with pytest.raises(InvalidData, match="cannot be calibrated"):
        fit_settings([])


def test_fields_are_made_of_images_of_one_label_and_the_same_seed_draws_the_same(tmp_path):
    examples = find_examples(draw_data(tmp_path / "data", images=3))
    drawn = list(draw_fields(examples, LABELS))
    assert {kind for kind, _, _ in drawn} <= {kind.name for kind in KINDS}
    assert sum(kind == AS_TAKEN for kind, _, _ in drawn) == len(examples)
    shapes = {kind: image.shape[:2] for kind, _, image in drawn}
    assert shapes["mosaic 2 x 2"] == (192, 192)
    assert shapes["upsampled 3 times"] == (288, 288)
    assert shapes["cut to 4:3"] == (72, 96)
    again = list(draw_fields(examples, LABELS))
    assert all(np.array_equal(one[2], other[2]) for one, other in zip(drawn, again, strict=True))


def test_settings_start_from_constants_that_are_not_fitted(samples):
    settings = fit_settings(samples, replace(START, far=1.7, least_cells=2))
    assert (settings.far, settings.least_cells) == (1.7, 2)
