import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from blastlens.domain.errors import DamagedPackage, Reason
from blastlens.domain.labels import LABELS
from blastlens.domain.prediction import Answer, Prediction, Rejection
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.stain import rotate_hue
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import Branch, Calibration, DistanceLimit
from blastlens.inference.package import HEAD_FILE, load_package
from tests.tiny_package import write_tiny
from tests.unit.imaging.frames import pad, vignette


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("package")).folder


@pytest.fixture(scope="module")
def classifier(folder: Path) -> Classifier:
    return Classifier(load_package(folder), threads=1)


def test_a_drawn_smear_gets_all_four_probabilities(classifier, folder):
    answer = classifier.classify(draw_smear(1, LABELS[2]).image)
    assert isinstance(answer, Prediction)
    assert set(answer.probabilities) == set(LABELS)
    assert sum(answer.probabilities.values()) == pytest.approx(1.0)
    assert answer.label == answer.prediction_set[0]
    assert answer.model == load_package(folder).identity


@pytest.mark.parametrize(("threshold", "likely"), [(0.9, 1), (0.0, 4)], ids=["certain", "uncertain"])
def test_more_than_one_label_that_cannot_be_excluded_is_uncertain(tmp_path, threshold, likely):
    package = write_tiny(tmp_path, calibration=Calibration(1.0, threshold, 0.99))
    answer = Classifier(package, threads=1).classify(draw_smear(1, LABELS[2]).image)
    assert isinstance(answer, Prediction)
    assert len(answer.prediction_set) == likely
    assert answer.is_certain == (likely == 1)


def test_an_image_with_more_white_than_the_training_images_has_every_label_in_its_set(tmp_path):
    image = draw_smear(1, LABELS[2]).image
    image[60:150, 60:150] = 255  # a sixth of it
    sizes = []
    for share in (None, 0.25, 0.1):
        package = write_tiny(tmp_path / str(share), calibration=Calibration(1.0, 0.9, 0.99, share))
        answer = Classifier(package, threads=1).classify(image)
        assert isinstance(answer, Prediction)
        sizes.append(len(answer.prediction_set))
    assert sizes == [1, 1, 4]


@pytest.mark.parametrize("limit", [DistanceLimit(0.01, 5.0), DistanceLimit(5.0, 0.01)], ids=["distance", "residual"])
def test_an_image_far_from_the_training_data_is_rejected_with_what_to_do(tmp_path, limit):
    reading = Classifier(write_tiny(tmp_path, limit), threads=1).read(draw_smear(1, LABELS[2]).image)
    assert isinstance(reading.answer, Rejection)
    assert reading.answer.reason == Reason.OUT_OF_DISTRIBUTION
    assert "unlike those the model learned from" in reading.answer.message
    assert reading.answer.quality is not None
    assert reading.heat is None


def test_a_package_without_a_limit_rejects_no_image_for_its_distance(tmp_path):
    classifier = Classifier(write_tiny(tmp_path, limit=None), threads=1)
    assert isinstance(classifier.classify(draw_smear(1, LABELS[2]).image), Prediction)


@pytest.mark.parametrize("seen", ["original", "segmented"])
def test_a_model_of_one_branch_answers_and_explains(tmp_path, seen):
    package = write_tiny(tmp_path, limit=None, branches=(Branch("colours", seen),))
    reading = Classifier(package, threads=1).read(draw_smear(1, LABELS[2]).image)
    assert isinstance(reading.answer, Prediction)
    assert reading.heat is not None


def test_a_frame_without_cells_is_rejected_with_what_was_measured(classifier):
    answer = classifier.classify(np.full((224, 224, 3), 240, np.uint8))
    assert isinstance(answer, Rejection)
    assert answer.quality is not None


def test_a_file_that_cannot_be_decoded_is_an_answer_too(classifier):
    reading = classifier.read_bytes(b"not an image")
    assert isinstance(reading.answer, Rejection)
    assert reading.answer.reason == Reason.UNKNOWN_FORMAT
    assert (reading.mask, reading.heat) == (None, None)


def test_a_reading_carries_the_mask_it_was_made_from_and_heat_of_the_same_size(classifier):
    reading = classifier.read_bytes(encode_png(draw_smear(2, LABELS[1], (200, 260)).image))
    assert reading.mask is not None and reading.heat is not None
    assert reading.mask.shape == reading.heat.shape == (200, 260)
    assert reading.heat.min() >= 0 and 0 < reading.heat.max() <= 1


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_an_image_on_a_canvas_is_answered_like_the_image(tmp_path, colour):
    classifier = Classifier(write_tiny(tmp_path, limit=None), threads=1)
    field = draw_smear(1, LABELS[2]).image
    image, inside = pad(field, 2.0, colour)
    reading = classifier.read(image)
    assert probabilities(reading.answer) == pytest.approx(probabilities(classifier.classify(field)), abs=0.1)
    assert reading.mask is not None and reading.heat is not None
    assert reading.mask.shape == reading.heat.shape == inside.shape
    assert reading.mask[inside].any() and not reading.mask[~inside].any() and not reading.heat[~inside].any()


def test_a_field_in_a_round_vignette_is_not_refused_for_its_light(tmp_path):
    image, inside = vignette(draw_smear(1, LABELS[2], (448, 448)).image, 0.45, noise=1)
    reading = Classifier(write_tiny(tmp_path, limit=None), threads=1).read(image)
    assert isinstance(reading.answer, Prediction)
    assert reading.mask is not None and not reading.mask[~inside].any()


@pytest.mark.parametrize(("value", "reason"), [(255, Reason.TOO_BRIGHT), (10, Reason.TOO_DARK)])
def test_a_large_image_without_a_field_is_refused_on_its_thumbnail(monkeypatch, classifier, value, reason):
    monkeypatch.delattr("blastlens.inference.whole_image.segment")
    image = np.full((1500, 2000, 3), value, np.uint8)
    image[200:230, 300:330] = (120, 60, 160)
    reading = classifier.read(image)
    assert isinstance(reading.answer, Rejection)
    assert reading.answer.reason is reason and reading.answer.quality is not None


def test_who_asks_for_no_heat_does_not_load_the_head(tmp_path):
    package = write_tiny(tmp_path)
    classifier = Classifier(package, threads=1)
    (package.folder / HEAD_FILE).write_bytes(b"no head")
    reading = classifier.read(draw_smear(1, LABELS[2]).image)
    assert isinstance(reading.answer, Prediction)
    with pytest.raises(DamagedPackage, match=r"head\.npz"):
        assert reading.heat


def probabilities(answer: Answer) -> list[float]:
    assert isinstance(answer, Prediction)
    return list(answer.probabilities.values())


def test_normalised_colours_answer_alike_whatever_the_hue_and_the_image_stays_as_taken(tmp_path):
    smear = draw_smear(3, LABELS[3]).image
    turned = rotate_hue(smear, 10)
    changes = {}
    for colour in ("as_taken", "normalised"):
        classifier = Classifier(write_tiny(tmp_path / colour, limit=None, colour=colour), threads=1)
        before, after = classifier.read(smear), classifier.read(turned)
        assert after.image is turned
        changes[colour] = np.abs(np.subtract(probabilities(before.answer), probabilities(after.answer))).max()
    assert changes["normalised"] < changes["as_taken"] / 3


def test_quality_is_measured_of_the_image_as_it_was_taken(tmp_path):
    smear = draw_smear(3, LABELS[3]).image
    yellow = (smear * np.array([1.0, 0.95, 0.8])).astype(np.uint8)
    answer = Classifier(write_tiny(tmp_path, colour="normalised"), threads=1).classify(yellow)
    luminance = float((yellow @ np.array([0.299, 0.587, 0.114])).mean()) / 255
    assert answer.quality is not None
    assert answer.quality.brightness == pytest.approx(luminance, abs=0.01)


def test_the_same_image_gets_the_same_answer_from_many_threads(classifier):
    image = draw_smear(3, LABELS[3]).image
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: classifier.classify(image), range(8)))
    assert len({tuple(answer.probabilities.values()) for answer in answers}) == 1


def test_classifying_imports_no_tensorflow():
    code = (
        "import sys; from blastlens.inference.classifier import Classifier; import blastlens.cli.classify;"
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras', 'pandas') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
