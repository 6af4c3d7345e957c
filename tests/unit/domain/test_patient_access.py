from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import (
    CODE_LIFETIME,
    CodeState,
    format_code,
    hash_code,
    make_code,
    make_session_token,
    read_code,
    read_pin,
    split_session_token,
)
from tests.answers import NOON

PATIENT = PatientId("clinic-7", "patient-41")


def test_a_new_code_has_128_random_bits_and_its_pin_six_digits():
    one, other = (make_code(PATIENT, "dr-vogel", NOON) for _ in range(2))
    assert len(one.code) == 26 and len(one.pin) == 6 and one.pin.isdecimal()
    assert one.code != other.code and one.stored.id != other.stored.id
    assert one.stored.pin.salt != other.stored.pin.salt


def test_nothing_that_is_stored_holds_the_code_or_the_pin():
    new = make_code(PATIENT, "dr-vogel", NOON)
    assert new.code not in repr(new.stored) and new.stored.secret == hash_code(new.code)
    assert new.stored.pin.matches(new.pin)
    assert not new.stored.pin.matches(f"{(int(new.pin) + 1) % 10**6:06d}")


@given(st.binary(min_size=16, max_size=16))
def test_a_code_is_read_as_it_is_printed_and_as_people_type_it(secret: bytes):
    code = format_code(secret)
    assert read_code(code) == code
    grouped = "-".join(code[at : at + 4] for at in range(0, 26, 4))
    assert read_code(f" {grouped.upper()} ") == code
    assert read_code(grouped.replace("-", " ").replace("0", "O").replace("1", "l")) == code


@pytest.mark.parametrize("typed", ["", "abc", "u" * 26, "0" * 25, "0" * 27, "é" * 26, "٣" * 26])
def test_what_cannot_be_a_code_is_none(typed: str):
    assert read_code(typed) is None


@pytest.mark.parametrize(("typed", "pin"), [("012 345", "012345"), ("12345", None), ("٣٣٣٣٣٣", None), ("12345a", None)])
def test_a_pin_has_six_digits(typed: str, pin: str | None):
    assert read_pin(typed) == pin


def test_a_code_is_open_until_it_expires_is_revoked_or_blocked():
    code = make_code(PATIENT, "dr-vogel", NOON).stored
    later = NOON + CODE_LIFETIME
    assert code.state(NOON) is CodeState.OPEN and code.state(later - timedelta(seconds=1)) is CodeState.OPEN
    assert code.state(later) is CodeState.EXPIRED
    assert replace(code, wrong_pins=4).state(NOON) is CodeState.OPEN
    assert replace(code, wrong_pins=5).state(NOON) is CodeState.BLOCKED
    assert replace(code, wrong_pins=5, revoked_at=NOON).state(later) is CodeState.REVOKED


def test_a_token_leads_to_its_code_and_is_stored_as_a_hash():
    secret = hash_code("0" * 26)
    token = make_session_token(secret)
    parts = split_session_token(token)
    assert parts is not None and parts[0] == secret and parts[1] not in token


@pytest.mark.parametrize("token", ["", ".", "a.b", f"{'0' * 64}.{'a' * 42}", f"{'G' * 64}.{'a' * 43}", "ü" * 108])
def test_what_cannot_be_a_token_is_none(token: str):
    assert split_session_token(token) is None
