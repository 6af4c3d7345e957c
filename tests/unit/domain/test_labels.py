import pytest

from blastlens.domain.labels import (
    LABEL_SETS,
    LABELS,
    SCREENING_LABELS,
    WORDS,
    Label,
    find_label,
    find_label_set,
    screening_label,
)


def test_there_are_four_classes_with_the_ids_in_records():
    assert [str(label) for label in LABELS] == ["benign", "early_pre_b", "pre_b", "pro_b"]


def test_screening_has_two_classes_with_the_ids_in_records():
    assert [str(label) for label in SCREENING_LABELS] == ["benign", "malignant"]


def test_every_label_has_its_names():
    assert set(WORDS) == set(Label)
    assert all(words.title and words.short for words in WORDS.values())


def test_no_two_labels_have_the_same_name():
    assert len({words.title for words in WORDS.values()}) == len(Label)
    assert len({words.short for words in WORDS.values()}) == len(Label)


def test_only_the_benign_class_is_not_malignant():
    assert [label for label in Label if not WORDS[label].malignant] == [Label.BENIGN]


def test_screening_keeps_benign_and_calls_every_leukemia_malignant():
    assert [screening_label(label) for label in LABELS] == [Label.BENIGN, *[Label.MALIGNANT] * 3]
    assert [screening_label(label) for label in SCREENING_LABELS] == list(SCREENING_LABELS)


@pytest.mark.parametrize("known", LABEL_SETS)
def test_a_known_set_of_labels_is_found_in_whatever_order_and_returned_in_its_own(known: tuple[Label, ...]):
    assert find_label_set(tuple(reversed(known))) == known


@pytest.mark.parametrize(
    "labels",
    [(), LABELS[:3], (*LABELS, Label.MALIGNANT), (Label.BENIGN, Label.PRE_B), (Label.BENIGN, *SCREENING_LABELS)],
    ids=["none", "one missing", "both at once", "another pair", "one twice"],
)
def test_labels_that_are_not_a_known_set_are_refused(labels: tuple[Label, ...]):
    with pytest.raises(ValueError, match="not a known set of labels"):
        find_label_set(labels)


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_found_by_its_data_set_folder(label: Label):
    assert find_label(WORDS[label].folder) is label


@pytest.mark.parametrize("folder", ["benign", "", "Malignant"])
def test_an_unknown_folder_belongs_to_no_label(folder: str):
    with pytest.raises(KeyError, match=f"'{folder}'"):
        find_label(folder)
