from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import Calibration
from blastlens.inference.package import SCREENING, SHIPPED, load_package
from blastlens.inference.scale_gate import allows
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.splits import SplitPlan
from tests.tiny_package import write_tiny


def test_any_label_may_stand_alone_at_the_size_of_the_evaluated_cells():
    assert all(allows((label,), 0.055) for label in Label)


@pytest.mark.parametrize("width", [0.0, 0.03, 0.1, 0.5])
def test_no_label_may_stand_alone_for_cells_of_another_size(width):
    assert not any(allows((label,), width) for label in Label)


def test_benign_alone_needs_larger_cells_than_other_sets():
    assert allows((Label.PRO_B,), 0.04)
    assert allows((Label.BENIGN, Label.EARLY_PRE_B), 0.04)
    assert not allows((Label.BENIGN,), 0.04)


@pytest.fixture(scope="module")
def certain(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A model whose set contains one label wherever it may."""
    package = write_tiny(tmp_path_factory.mktemp("package"), limit=None, calibration=Calibration(1.0, 1.0, 0.99))
    return Classifier(package, threads=1)


def set_size(classifier: Classifier, image: np.ndarray) -> int:
    answer = classifier.classify(image)
    assert isinstance(answer, Prediction)
    return len(answer.prediction_set)


def test_a_field_of_the_evaluated_scale_keeps_its_set(certain):
    assert set_size(certain, draw_smear(3, Label.PRE_B).image) == 1


def test_a_field_three_times_as_wide_or_narrow_gets_every_label(certain):
    image = draw_smear(3, Label.PRE_B).image
    assert set_size(certain, np.tile(image, (3, 3, 1))) == len(LABELS)
    row, column = np.argwhere(cv2.erode(draw_smear(3, Label.PRE_B).mask.astype(np.uint8), np.ones((9, 9))))[0]
    top, left = np.clip((row - 37, column - 37), 0, 224 - 75)
    assert set_size(certain, cv2.resize(image[top : top + 75, left : left + 75], (224, 224))) == len(LABELS)


@pytest.mark.parametrize("folder", [SHIPPED, SCREENING], ids=lambda folder: folder.name)
def test_no_leukemic_field_twice_as_wide_is_benign_alone(folder: Path, data_folder: Path):
    data = data_folder / "taleqani-all"
    calibration = SplitPlan("group", 0).split(find_examples(data, data / "overlap_groups.csv")).calibration
    by_class: dict[Label, list[np.ndarray]] = {}
    for example in calibration:
        by_class.setdefault(example.label, []).append(decode(example.path.read_bytes()))
    classifier = Classifier(load_package(folder), threads=1)
    for label in LABELS[1:]:
        images = by_class[label]
        for four in np.random.default_rng(0).permutation(len(images))[:24].reshape(-1, 4):
            first, second, third, fourth = (images[number] for number in four)
            answer = classifier.classify(np.vstack([np.hstack([first, second]), np.hstack([third, fourth])]))
            assert not (isinstance(answer, Prediction) and answer.prediction_set == (Label.BENIGN,))
