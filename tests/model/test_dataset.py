import shutil

import pytest

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS
from blastlens.training.data.arrays import read_pixels
from blastlens.training.data.dataset import Example, check_readable, find_examples
from blastlens.training.data.splits import split_by_group
from blastlens.training.recipes.toml import load_recipe
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


def test_what_systems_leave_in_the_folders_is_no_example(data):
    picture = (data / "Pro" / "000.png").read_bytes()
    for name in ("Pro/._000.png", "Pro/Thumbs.db", "Pro/@eaDir/000.png", "@eaDir/x.png", "__MACOSX/x.png", "Pro/1.dcm"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_bytes(picture)
    (data / "Pro" / "@eaDir.png").mkdir()
    assert len(find_examples(data)) == 40


def test_endings_in_capitals_are_examples(data):
    (data / "Pro" / "000.png").rename(data / "Pro" / "000.PNG")
    assert len(find_examples(data)) == 40


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


def test_exact_copies_share_a_group_without_a_group_file(data):
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
    with pytest.raises(InvalidData, match=r"class folder Benign of .* holds no image"):
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
    with pytest.raises(InvalidData, match=r"000\.png cannot be read"):
        read_pixels(find_examples(data), load_recipe("fusion"), 32)


def test_every_empty_class_folder_is_named_at_once(data):
    for folder in ("Pre", "Pro"):
        shutil.rmtree(data / folder)
        (data / folder).mkdir()
    with pytest.raises(InvalidData, match=r"folders Pre, Pro .* hold no image"):
        find_examples(data)


def test_a_folder_with_one_class_is_refused_with_the_reason(data):
    for folder in ("Benign", "Early", "Pre"):
        shutil.rmtree(data / folder)
    with pytest.raises(InvalidData, match="One class only"):
        find_examples(data)


def test_a_class_folder_given_for_the_data_folder_is_explained(data):
    with pytest.raises(InvalidData, match="name the folder above"):
        find_examples(data / "Pro")


def test_a_data_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidData, match=r"nowhere must hold exactly"):
        find_examples(tmp_path / "nowhere")


def test_hidden_folders_of_other_tools_are_ignored(data):
    (data / ".ipynb_checkpoints").mkdir()
    assert len(find_examples(data)) == 40


def test_a_group_of_two_classes_is_refused_with_both_names(data):
    file = groups_file(data, lambda path: "shared" if path.stem == "000" else f"{path.parent.name}-{path.stem}")
    with pytest.raises(InvalidData, match=r"Benign.000\.png and .*Early.000\.png share the group shared"):
        find_examples(data, file)


def test_an_image_in_two_groups_is_refused_by_name(data):
    file = groups_file(data, lambda path: f"{path.parent.name}-{path.stem}")
    file.write_text(file.read_text() + "\nPro/003.png,another\n")
    with pytest.raises(InvalidData, match=r"Pro/003\.png into two groups"):
        find_examples(data, file)


def test_a_line_without_a_group_is_named_by_its_number(data):
    file = groups_file(data, lambda path: f"{path.parent.name}-{path.stem}")
    file.write_text(file.read_text() + "\nPro/010.png,\n")
    with pytest.raises(InvalidData, match="line 42"):
        find_examples(data, file)


@pytest.mark.parametrize("bytes_of_no_csv", [b"\xff\xfe\x00file", b"file,group\n\x80\x81,g\n"])
def test_a_group_file_that_is_no_text_is_refused(data, bytes_of_no_csv):
    (data.parent / "groups.csv").write_bytes(bytes_of_no_csv)
    with pytest.raises(InvalidData, match="cannot be read as CSV"):
        find_examples(data, data.parent / "groups.csv")


def test_a_group_file_saved_by_a_spreadsheet_is_read(data):
    file = groups_file(data, lambda path: f"{path.parent.name}-{path.stem}")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert find_examples(data, file)[0].group == "Benign-000"


def test_unreadable_images_are_all_named_up_front(data):
    (data / "Early" / "000.png").write_bytes(b"no image")
    (data / "Pro" / "004.png").write_bytes((data / "Pro" / "005.png").read_bytes()[:200])
    with pytest.raises(InvalidData, match=r"2 of 40 images") as refused:
        check_readable(find_examples(data))
    assert "Early/000.png: " in str(refused.value) and "Pro/004.png: " in str(refused.value)


def test_of_very_many_unreadable_images_ten_are_named(data):
    for index, path in enumerate(sorted(data.rglob("*.png"))[:14]):
        path.write_bytes(b"no image" + bytes([index]))
    with pytest.raises(InvalidData, match="and 4 more") as refused:
        check_readable(find_examples(data))
    assert str(refused.value).count(".png: ") == 10


def test_readable_images_are_let_through_and_tracked(data):
    tracked: list[Example] = []

    def track(items):
        for item in items:
            tracked.append(item)
            yield item

    check_readable(find_examples(data), track)
    assert len(tracked) == 40
