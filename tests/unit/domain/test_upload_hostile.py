"""Malicious object keys: parsed by the contract, or refused without quoting them."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.domain.errors import UploadRefused
from blastlens.domain.upload import decode_event_key, parse_key

HOSTILE = [
    "uploads/../artifacts/c/p/u.jpg",
    "uploads/c/../../etc/passwd.jpg",
    "../uploads/c/p/u.jpg",
    "/uploads/c/p/u.jpg",
    "uploads//c/p/u.jpg",
    "uploads/c/p/u.jpg\0.exe",
    "uploads/c/p/u\r\nSet-Cookie: a.jpg",
    "uploads/c/p/\x1b[31mu.jpg",
    "uploads/c/p/\u202egpj.u.jpg",
    "uploads/c/p/\uff0e\uff0e.jpg",
    "uploads/c/p/" + "u" * 1008 + ".jpg",
    "u" * 1024,
    "uploads/" + "c/" * 500 + "u.jpg",
]


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize("encode", [str, quote])
def test_a_key_that_leaves_the_prefix_is_refused_and_not_repeated(key, encode):
    with pytest.raises(UploadRefused) as refusal:
        parse_key(decode_event_key(encode(key)))
    assert key not in refusal.value.message and len(refusal.value.message) < 300


def test_a_key_that_is_encoded_twice_is_decoded_once():
    with pytest.raises(UploadRefused):
        parse_key(decode_event_key("uploads%252Fc%252Fp%252Fu.jpg"))


@given(st.text(max_size=1024))
def test_whatever_a_key_holds_it_is_read_as_itself_or_refused(text):
    decoded = decode_event_key(text)
    try:
        assert parse_key(decoded).key == decoded
    except UploadRefused as refusal:
        assert "INVALID" in refusal.reason.name
