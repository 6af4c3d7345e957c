import pytest

from blastlens.domain.declared_examination import (
    COMPLETE_KEY,
    FIELDS_KEY,
    MAX_FIELDS,
    DeclaredExamination,
    make_examination_metadata,
    read_declared_examination,
)


@pytest.mark.parametrize("fields", [1, 50, MAX_FIELDS])
def test_what_the_sender_declares_is_read(fields: int):
    assert read_declared_examination(make_examination_metadata(fields)) == DeclaredExamination(True, fields)


def test_a_field_without_metadata_declares_nothing():
    assert read_declared_examination({"taken-at": "2026-11-22T09:30:15Z"}) == DeclaredExamination(False, None)


@pytest.mark.parametrize(
    ("text", "complete"), [("true", True), ("True ", True), ("false", False), ("", False), ("1", False)]
)
def test_only_true_marks_the_last_field(text: str, complete: bool):
    assert read_declared_examination({COMPLETE_KEY: text}).complete is complete


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "1.5", "1e3", "many", "100000", "9" * 5000, "0" * 5000 + "1", "\u0665", "5\n5"],
)
def test_an_unusable_number_of_fields_counts_as_not_declared(text: str):
    assert read_declared_examination({COMPLETE_KEY: "true", FIELDS_KEY: text}) == DeclaredExamination(True, None)


def test_a_number_of_fields_may_be_declared_before_the_last_one():
    assert read_declared_examination({FIELDS_KEY: " 012 "}) == DeclaredExamination(False, 12)
