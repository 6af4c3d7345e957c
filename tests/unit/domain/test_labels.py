import pytest

from blastlens.domain.labels import LABELS, WORDS, Label, label_of_folder


def test_there_are_four_classes_with_the_ids_that_records_carry():
    assert [str(label) for label in LABELS] == ["benign", "early_pre_b", "pre_b", "pro_b"]


def test_every_label_has_its_words():
    assert set(WORDS) == set(LABELS)
    assert all(words.title and words.plain for words in WORDS.values())


def test_only_the_benign_class_is_not_malignant():
    assert [label for label in LABELS if not WORDS[label].malignant] == [Label.BENIGN]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_found_by_its_data_set_folder(label: Label):
    assert label_of_folder(WORDS[label].folder) is label


def test_an_unknown_folder_belongs_to_no_label():
    with pytest.raises(KeyError, match="benign"):
        label_of_folder("benign")
