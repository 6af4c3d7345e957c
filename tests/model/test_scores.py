"""Scores of predictions, and their intervals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from blastlens.domain.errors import InvalidData, Reason
from blastlens.domain.labels import LABELS, SCREENING_LABELS, Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Quality, Rejection
from blastlens.training.data.dataset import Example
from blastlens.training.evaluation.intervals import bootstrap, estimate_share, resample
from blastlens.training.evaluation.metrics import score
from blastlens.training.evaluation.predictions import Predictions, collect_predictions, concatenate_predictions


def answers(count=300, labels=LABELS, rejected=0, fields_a_group=1, seed=0):
    """Predictions that are mostly right; the last `rejected` images are rejected."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(len(labels), size=count)
    probabilities = generator.dirichlet([0.4] * len(labels), count)
    probabilities[np.arange(count), truth] += 0.4
    probabilities = np.round(probabilities / 1.4, 2)  # rounding makes ties
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    answered = np.arange(count) < count - rejected
    return Predictions(
        labels,
        truth,
        answered,
        probabilities * answered[:, None],
        (probabilities >= 0.2) & answered[:, None],
        np.array([f"g{index // fields_a_group}" for index in range(count)]),
        {"blurred": rejected} if rejected else {},
    )


@pytest.mark.parametrize("labels", [LABELS, SCREENING_LABELS], ids=["four classes", "two classes"])
def test_class_scores_equal_those_of_scikit_learn(labels):
    given = answers(labels=labels)
    called = given.probabilities.argmax(axis=1)
    scores = score(given)
    precision = precision_score(given.truth, called, average=None)
    recall = recall_score(given.truth, called, average=None)
    f1 = f1_score(given.truth, called, average=None)
    areas = [roc_auc_score(given.truth == index, given.probabilities[:, index]) for index in range(len(labels))]
    for index, label in enumerate(labels):
        of_class = scores.classes[label]
        assert of_class.precision.value == pytest.approx(precision[index])
        assert of_class.recall.value == pytest.approx(recall[index])
        assert of_class.f1.value == pytest.approx(f1[index])
        assert of_class.roc_auc.value == pytest.approx(areas[index])
        others = given.truth != index
        assert of_class.specificity.value == pytest.approx((called[others] != index).mean())
    assert scores.roc_auc.value == pytest.approx(np.mean(areas))


def test_a_rejected_image_counts_as_wrong_and_stands_in_the_last_column():
    every, some = score(answers()), score(answers(rejected=60))
    assert some.rejected == 60
    assert sum(row[-1] for row in some.confusion) == 60
    assert some.accuracy.value == pytest.approx(some.accuracy_answered.value * 240 / 300)
    assert some.accuracy_answered.value == pytest.approx(every.accuracy.value, abs=0.05)
    assert some.rejections == {"blurred": 60}
    for label, row in zip(LABELS, some.confusion, strict=True):
        assert some.classes[label].recall.value == pytest.approx(row[LABELS.index(label)] / sum(row))


def test_only_answered_images_enter_calibration_and_sets():
    given = answers(300, rejected=60)
    kept = given.answered
    answered_only = Predictions(
        LABELS, given.truth[kept], kept[kept], given.probabilities[kept], given.sets[kept], given.groups[kept], {}
    )
    assert score(given).calibration_error.value == pytest.approx(score(answered_only).calibration_error.value)
    assert score(given).set_size.value == pytest.approx(score(answered_only).set_size.value)
    assert score(given).set_coverage.value == pytest.approx(score(answered_only).set_coverage.value)


def test_calibration_error_is_the_gap_between_probability_and_accuracy():
    probabilities = np.tile([0.75, 0.25, 0.0, 0.0], (100, 1))
    truth = np.repeat([0, 1], [60, 40])
    given = Predictions(
        LABELS, truth, np.ones(100, bool), probabilities, probabilities > 0, np.arange(100).astype(str), {}
    )
    scores = score(given)
    assert scores.calibration_error.value == pytest.approx(0.15)
    assert scores.set_coverage.value == 1.0
    assert scores.set_size.value == 2.0


def test_a_model_that_rejects_everything_has_an_accuracy_of_zero_and_no_other_score():
    scores = score(answers(40, rejected=40))
    assert scores.accuracy.value == 0.0
    assert math.isnan(scores.roc_auc.value)
    assert scores.plain()["roc_auc"] == {"value": None, "low": None, "high": None}
    assert scores.plain()["classes"]["benign"]["precision"]["value"] is None


def test_a_class_without_images_has_no_recall_and_hides_no_other():
    given = answers(labels=LABELS)
    kept = given.truth != 3
    fewer = Predictions(
        LABELS, given.truth[kept], kept[kept], given.probabilities[kept], given.sets[kept], given.groups[kept], {}
    )
    scores = score(fewer)
    assert math.isnan(scores.classes[Label.PRO_B].recall.value)
    assert scores.classes[Label.PRE_B].recall.value > 0.5


def test_every_score_is_json():
    assert json.loads(json.dumps(score(answers(rejected=3)).plain(), allow_nan=False))["images"] == 300


def test_wilsons_interval_equals_published_values():
    interval = estimate_share(81, 263)
    assert (interval.low, interval.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert estimate_share(10, 10).high == 1.0
    assert estimate_share(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    assert estimate_share(0, 10).low == 0.0


def test_a_resample_draws_whole_groups():
    drawn = resample(np.array(["a", "a", "b", "c", "c", "c"]), seed=0, resamples=50)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 3] == drawn[:, 4]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_overlapping_images_widen_the_interval():
    hits = np.repeat(np.random.default_rng(0).random(40) < 0.7, 10).astype(float)

    def width(groups):
        interval = bootstrap(
            lambda weights: (weights @ hits) / weights.sum(axis=1), resample(groups.astype(str), seed=0)
        )
        return interval.high - interval.low

    assert width(np.arange(400) // 10) > 2 * width(np.arange(400))


def test_only_the_seed_decides_the_intervals():
    given = answers()
    assert score(given, seed=1) == score(given, seed=1)
    assert score(given, seed=1) != score(given, seed=2)


def test_an_interval_holds_its_value():
    scores = score(answers())
    for estimate in (scores.accuracy, scores.roc_auc, scores.set_size, scores.classes[Label.BENIGN].f1):
        assert estimate.low <= estimate.value <= estimate.high


MODEL = ModelIdentity("tiny", "0", "0" * 64)


def prediction(label, sets, labels=LABELS):
    rest = 0.2 / (len(labels) - 1)
    probabilities = {each: 0.8 if each == label else rest for each in labels}
    return Prediction(label, probabilities, sets, Quality(1, 1, 1, 1, 1, 0), MODEL)


def example(label):
    return Example(Path("image.png"), label, "group", "0")


def test_predictions_hold_answers_beside_true_classes():
    examples = [example(Label.PRE_B), example(Label.PRO_B)]
    given = collect_predictions(
        examples, [prediction(Label.PRE_B, (Label.PRE_B, Label.PRO_B)), Rejection(Reason.BLURRED, "", MODEL)], LABELS
    )
    assert given.truth.tolist() == [2, 3]
    assert given.answered.tolist() == [True, False]
    assert given.sets.tolist() == [[False, False, True, True], [False] * 4]
    assert given.rejections == {"blurred": 1}


def test_every_leukemia_is_malignant_for_a_screening_model():
    examples = [example(label) for label in LABELS]
    malignant = prediction(Label.MALIGNANT, (Label.MALIGNANT,), SCREENING_LABELS)
    assert collect_predictions(examples, [malignant] * 4, SCREENING_LABELS).truth.tolist() == [0, 1, 1, 1]


def test_folds_are_scored_together():
    parts = [answers(100, seed=seed, rejected=2) for seed in range(3)]
    whole = score(concatenate_predictions(parts))
    assert (whole.images, whole.rejected, whole.rejections) == (300, 6, {"blurred": 6})
    with pytest.raises(InvalidData, match="different classes"):
        concatenate_predictions([parts[0], answers(labels=SCREENING_LABELS)])
