import pytest

from blastlens.domain.fields import FieldReader


def refusal(name: str, expected: str, value: object) -> ValueError:
    return ValueError(f"{name} is not {expected}: {value!r}")


def reader(**values: object) -> FieldReader:
    return FieldReader(values, refusal)


def test_fields_are_read():
    fields = reader(name="microscope-1", seconds=5, watch={"folder": "images"})
    assert fields.text("name") == "microscope-1"
    assert fields.number("seconds", 2.0) == 5.0
    assert fields.mapping("watch").text("folder") == "images"


def test_a_missing_field_has_its_default():
    assert reader().text("name", "") == ""
    assert reader().number("seconds", 2.0) == 2.0


@pytest.mark.parametrize("value", [None, "", 5, b"text", ["text"]])
def test_a_text_must_be_a_text_that_is_not_empty(value):
    with pytest.raises(ValueError, match="name is not a text"):
        reader(name=value).text("name")


@pytest.mark.parametrize("value", [True, "5", -1, float("nan"), float("inf"), 1e9, None])
def test_a_number_must_be_a_finite_number_of_at_least_0(value):
    with pytest.raises(ValueError, match="seconds is not a number"):
        reader(seconds=value).number("seconds", 2.0)


def test_a_mapping_must_be_a_mapping_and_is_named_by_its_path():
    with pytest.raises(ValueError, match=r"s3\.bucket is not an object"):
        reader(bucket="smears").mapping("bucket", "s3.bucket")
    with pytest.raises(ValueError, match="event is not an object"):
        FieldReader.of([], "event", refusal)
