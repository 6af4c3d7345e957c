import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.domain.errors import Reason, UploadRefused
from blastlens.domain.upload import EXTENSIONS, Upload, decode_event_key, is_valid_id, parse_key

IDS = st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=1, max_size=64)


EITHER_CASE = st.sampled_from(EXTENSIONS).flatmap(lambda one: st.sampled_from([one, one.upper(), one.title()]))


@given(clinic=IDS, patient=IDS, upload=IDS, extension=EITHER_CASE)
def test_every_upload_is_read_back_from_its_key(clinic: str, patient: str, upload: str, extension: str):
    one = Upload(clinic, patient, upload, extension)
    assert parse_key(one.key) == one


@pytest.mark.parametrize(
    "key",
    [
        "",
        "uploads/",
        "uploads/c/p/u",
        "uploads/c/p/u.gif",
        "uploads/c/p/u.t\N{LATIN SMALL LETTER DOTLESS I}f",
        "uploads/c/p/u.jpg.exe",
        "uploads/c/p/u.jpg\n",
        "uploads/c/p/.jpg",
        "uploads/c/p/e/u/v.jpg",
        "uploads//p/u.jpg",
        "uploads/../p/u.jpg",
        "/uploads/c/p/u.jpg",
        "artifacts/c/p/u.jpg",
        "uploads/c/Jane Doe/u.jpg",
        "uploads/c/a+b/u.jpg",
        "uploads/c/p/ü.jpg",
        "uploads/c/p/٣.jpg",
        f"uploads/c/p/{'u' * 65}.jpg",
    ],
)
def test_a_key_that_breaks_the_contract_is_refused(key: str):
    with pytest.raises(UploadRefused) as caught:
        parse_key(key)
    assert caught.value.reason is Reason.INVALID_KEY


def test_the_refusal_of_a_key_does_not_repeat_it():
    with pytest.raises(UploadRefused) as caught:
        parse_key("uploads/clinic-7/Jane Doe/smear.jpg")
    assert "Jane" not in str(caught.value)


@given(st.text())
def test_no_text_at_all_makes_key_parsing_fail_otherwise(key: str):
    try:
        assert parse_key(key).key == key
    except UploadRefused as refusal:
        assert refusal.reason is Reason.INVALID_KEY


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("%C3%BC.jpg", "ü.jpg"),
        ("100%", "100%"),
        ("%FF", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_key_of_an_event_is_decoded_once(encoded: str, key: str):
    assert decode_event_key(encoded) == key


def test_an_id_has_1_to_64_letters_digits_hyphens_and_underscores():
    assert all(is_valid_id(text) for text in ("a", "A-9_z", "x" * 64))
    assert not any(is_valid_id(text) for text in ("", "x" * 65, "a b", "a/b", "é", "a\n"))
