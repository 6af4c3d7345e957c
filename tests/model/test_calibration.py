import numpy as np
import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.inference.uncertainty import apply_temperature
from blastlens.training.data.dataset import Example
from blastlens.training.evaluation.calibration import calibrate, fit_white_limit
from blastlens.training.evaluation.metrics import summarise


def outputs_sharpened_by(factor, count=4000):
    """Outputs of a calibrated model, made `factor` times overconfident."""
    generator = np.random.default_rng(0)
    calibrated = generator.dirichlet([0.5] * 4, count)
    classes = np.array([generator.choice(4, p=row) for row in calibrated])
    return apply_temperature(calibrated, 1 / factor), classes


def test_a_model_three_times_overconfident_gets_a_temperature_of_three():
    outputs, classes = outputs_sharpened_by(3.0)
    assert calibrate(outputs, classes).temperature == pytest.approx(3.0, rel=0.1)


def test_calibrating_lowers_the_calibration_error():
    outputs, classes = outputs_sharpened_by(3.0)
    fitted = calibrate(outputs, classes)
    before = summarise(outputs, classes, fitted)
    after = summarise(apply_temperature(outputs, fitted.temperature), classes, fitted)
    assert after.calibration_error < 0.5 * before.calibration_error


def test_the_sets_hold_the_true_class_as_often_as_promised_on_new_images():
    outputs, classes = outputs_sharpened_by(1.0, 8000)
    fitted = calibrate(outputs[:4000], classes[:4000], coverage=0.9)
    assert summarise(outputs[4000:], classes[4000:], fitted).set_coverage == pytest.approx(0.9, abs=0.02)


def test_too_few_images_for_the_coverage_put_every_class_into_the_set():
    outputs, classes = outputs_sharpened_by(1.0, 50)
    assert calibrate(outputs, classes, coverage=0.99).set_threshold == 0.0


def test_the_limit_of_white_is_that_of_the_whitest_examples_though_not_of_one_in_thousands(tmp_path):
    examples = []
    for number, rows in enumerate([0, 56, 112]):
        image = np.full((224, 224, 3), 200, np.uint8)
        image[:rows] = 255
        (tmp_path / f"{number}.png").write_bytes(encode_png(image))
        examples.append(Example(tmp_path / f"{number}.png", LABELS[0], str(number), str(number)))
    assert fit_white_limit(examples, lambda items: items) == pytest.approx(0.5, abs=0.01)
    assert fit_white_limit([examples[1]] * 1200 + [examples[2]], lambda items: items) == pytest.approx(0.25)


def test_scores_follow_from_the_confusion_matrix():
    probabilities = np.eye(4)[[0, 0, 1, 2, 3, 3]] * 0.97 + 0.0075
    classes = np.array([0, 1, 1, 2, 3, 3])
    scores = summarise(probabilities, classes, calibrate(probabilities, classes))
    assert scores.accuracy == pytest.approx(5 / 6)
    assert scores.confusion[1] == [1, 1, 0, 0]
    assert scores.recall[str(LABELS[1])] == 0.5
