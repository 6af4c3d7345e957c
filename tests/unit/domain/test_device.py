import pytest

from blastlens.domain.device import FOLDERS_ONLY, ImagePlace, device_of, make_examination_rule, make_upload
from blastlens.domain.upload import parse_key

BY_NAME = make_examination_rule("(?P<examination>[^_]+)_.*")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("p/1.jpg", ImagePlace("p", None, "p")),
        ("p/e/1.jpg", ImagePlace("p", "e", "p/e")),
        ("p/e/more/1.jpg", ImagePlace("p", "e", "p/e")),
        ("1.jpg", ImagePlace("", None, "")),
    ],
)
def test_the_first_folder_is_the_patient_and_one_inside_it_the_examination(path: str, place: ImagePlace):
    assert FOLDERS_ONLY.find_place(path) == place


@pytest.mark.parametrize(
    ("path", "examination"),
    [("p/e7_1.jpg", "e7"), ("p/1.jpg", None), ("p/folder/e7_1.jpg", "folder"), ("e7_1.jpg", None)],
)
def test_a_pattern_reads_names_in_the_patients_own_folder(path: str, examination: str | None):
    assert BY_NAME.find_place(path).examination_id == examination


@pytest.mark.parametrize("pattern", ["(?P<examination>x*)y.jpg", "(?P<examination>x)?y.jpg"])
def test_an_empty_id_is_none(pattern: str):
    assert make_examination_rule(pattern).find_place("p/y.jpg").examination_id is None


@pytest.mark.parametrize("pattern", ["(", "[^_]+_.*", "(?P<smear>.)_.*", "(?P<examination>a{99999999999})"])
def test_a_pattern_that_cannot_name_an_examination_is_refused(pattern: str):
    with pytest.raises(ValueError, match="a regular expression"):
        make_examination_rule(pattern)


def test_the_key_of_a_field_has_its_examination_and_the_same_id_each_time():
    upload = make_upload("scope-1", "c", "p/e/1.JPG", "00")
    assert upload == make_upload("scope-1", "c", "p/e/1.JPG", "00")
    assert parse_key(upload.key) == upload
    assert upload.key.startswith("uploads/c/p/e/scope-1_")


@pytest.mark.parametrize(
    ("upload_id", "device"),
    [
        (make_upload("scope-3", "c", "p/1.jpg", "00").upload_id, "scope-3"),
        ("5d2c8b0e9f4a417c8b1f0a6d3e7c9b21", None),
        ("_1", None),
        ("upload-0001", None),
    ],
)
def test_the_microscope_of_an_upload_is_read_from_its_id(upload_id: str, device: str | None):
    assert device_of(upload_id) == device
