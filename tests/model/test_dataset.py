import shutil

import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.training.dataset import find_examples, split_by_group
from blastlens.training.pixels import read_pixels
from blastlens.training.recipes import FUSION_SCRATCH
from tests.model.folders import draw_data


@pytest.fixture
def data(tmp_path):
    return draw_data(tmp_path / "data", images=10)


def groups_file(data, group_of):
    rows = [f"{path.parent.name}/{path.name},{group_of(path)}" for path in sorted(data.rglob("*.png"))]
    file = data.parent / "groups.csv"
    file.write_text("file,group\n" + "\n".join(rows))
    return file


def test_every_image_is_an_example_of_its_folders_class(data):
    examples = find_examples(data)
    assert len(examples) == 40
    assert {example.label for example in examples} == set(LABELS)


def test_no_group_lies_in_two_parts(data):
    pairs = groups_file(data, lambda path: f"{path.parent.name}-{int(path.stem) // 2}")
    split = split_by_group(find_examples(data, pairs), seed=1, calibration=0.2, validation=0.2)
    parts = [{example.group for example in part} for part in (split.training, split.calibration, split.validation)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert sum(len(part) for part in (split.training, split.calibration, split.validation)) == 40


def test_every_class_is_in_every_part(data):
    split = split_by_group(find_examples(data), seed=0)
    for part in (split.training, split.calibration, split.validation):
        assert {example.label for example in part} == set(LABELS)


def test_the_same_seed_splits_alike_and_another_does_not(data):
    examples = find_examples(data)
    assert split_by_group(examples, 3) == split_by_group(examples, 3)
    assert split_by_group(examples, 3) != split_by_group(examples, 4)


def test_exact_copies_share_a_group_where_no_group_file_is_given(data):
    shutil.copy(data / "Pro" / "000.png", data / "Pro" / "copy.png")
    examples = {example.path.name: example for example in find_examples(data) if example.path.parent.name == "Pro"}
    assert examples["000.png"].group == examples["copy.png"].group


def test_copies_in_two_classes_are_refused_with_both_names(data):
    shutil.copy(data / "Pro" / "000.png", data / "Pre" / "copy.png")
    with pytest.raises(InvalidData, match=r"copy\.png and .*000\.png"):
        find_examples(data)


def test_copies_that_the_group_file_tears_apart_are_refused(data):
    shutil.copy(data / "Pro" / "000.png", data / "Pro" / "copy.png")
    with pytest.raises(InvalidData, match="copies of one image"):
        find_examples(data, groups_file(data, lambda path: path.name))


def test_a_missing_class_folder_is_named(data):
    shutil.rmtree(data / "Pre")
    with pytest.raises(InvalidData, match=r"missing: \['Pre'\]"):
        find_examples(data)


def test_a_foreign_folder_is_named(data):
    (data / "Monocytes").mkdir()
    with pytest.raises(InvalidData, match="Monocytes"):
        find_examples(data)


def test_an_empty_class_folder_is_named(data):
    shutil.rmtree(data / "Benign")
    (data / "Benign").mkdir()
    with pytest.raises(InvalidData, match=r"Benign holds no image"):
        find_examples(data)


def test_a_group_file_without_an_image_is_refused_by_the_images_name(data):
    file = groups_file(data, lambda path: path.stem)
    file.write_text(file.read_text().replace("Pro/003.png", "Pro/gone.png"))
    with pytest.raises(InvalidData, match=r"Pro/003\.png"):
        find_examples(data, file)


def test_a_group_file_with_other_columns_is_refused(data):
    (data.parent / "groups.csv").write_text("name,slide\n")
    with pytest.raises(InvalidData, match="columns"):
        find_examples(data, data.parent / "groups.csv")


def test_an_unreadable_image_is_named_before_training(data):
    (data / "Early" / "000.png").write_bytes(b"no image")
    with pytest.raises(InvalidData, match=r"000\.png cannot be trained on"):
        read_pixels(find_examples(data), 32, FUSION_SCRATCH.segmentation)
