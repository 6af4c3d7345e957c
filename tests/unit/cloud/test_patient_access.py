from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import (
    CODE_LIFETIME,
    MAX_WRONG_PINS,
    SESSION_LIFETIME,
    CodeState,
    NewCode,
    hash_code,
    make_code,
)
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import Browser, browser_id
from tests.answers import NOON
from tests.aws import PATIENT_ACCESS_TABLE, Services

PATIENT, LONGER = PatientId("clinic-7", "patient-4"), PatientId("clinic-7", "patient-41")
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture
def new(aws: Services) -> NewCode:
    made = make_code(PATIENT, "dr-vogel", NOON)
    aws.access.add(made.stored)
    return made


def session_of(aws: Services, new: NewCode) -> str:
    opened = aws.access.open_session(new.stored, NOON)
    assert opened is not None
    return opened[0]


def browser(new: NewCode, endpoint: str = ENDPOINT) -> Browser:
    code = new.stored
    keys = ("key", "secret", Language.GERMAN, code.expires_at)
    return Browser(browser_id(endpoint), code.patient, code.id, endpoint, *keys)


def everything(aws: Services) -> str:
    return str(aws.dynamodb.scan(TableName=PATIENT_ACCESS_TABLE)["Items"])


def test_a_code_is_found_by_its_hash_and_listed_for_its_patient_alone(aws: Services, new: NewCode):
    assert aws.access.find(hash_code(new.code)) == new.stored
    assert aws.access.find(hash_code("0" * 26)) is None
    assert aws.access.codes_of(PATIENT) == [new.stored] and aws.access.codes_of(LONGER) == []
    assert new.code not in everything(aws) and new.pin not in everything(aws)


def test_codes_are_listed_newest_first(aws: Services, new: NewCode):
    later = make_code(PATIENT, "dr-vogel", NOON + timedelta(days=1))
    aws.access.add(later.stored)
    assert aws.access.codes_of(PATIENT) == [later.stored, new.stored]


def test_of_many_attempts_with_a_code_that_was_read_before_them_five_are_compared(aws: Services, new: NewCode):
    # One after another: moto, unlike DynamoDB, does not evaluate a condition and write in one step.
    counted = [aws.access.count_attempt(new.stored, NOON) for _ in range(20)]
    assert sum(counted) == MAX_WRONG_PINS
    assert aws.access.codes_of(PATIENT)[0].state(NOON) is CodeState.BLOCKED


def test_a_right_pin_forgets_the_wrong_ones_before_it(aws: Services, new: NewCode):
    for _ in range(MAX_WRONG_PINS):
        assert aws.access.count_attempt(new.stored, NOON)
    token = session_of(aws, new)
    (code,) = aws.access.codes_of(PATIENT)
    assert (code.wrong_pins, code.last_used_at) == (0, NOON)
    assert token not in everything(aws)


def test_a_session_opens_its_patients_results_for_fifteen_minutes(aws: Services, new: NewCode):
    token = session_of(aws, new)
    session = aws.access.session(token, NOON)
    assert session is not None and session.patient == PATIENT
    assert aws.access.session(token, NOON + SESSION_LIFETIME - timedelta(seconds=1)) is not None
    assert aws.access.session(token, NOON + SESSION_LIFETIME) is None


def test_a_token_that_was_changed_opens_nothing(aws: Services, new: NewCode):
    token = session_of(aws, new)
    other = make_code(LONGER, "dr-vogel", NOON)
    aws.access.add(other.stored)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace(token[:64], other.stored.secret), ""):
        assert aws.access.session(wrong, NOON) is None


@pytest.mark.parametrize("end", ["revoked", "blocked", "erased"])
def test_what_ends_a_code_ends_its_sessions(aws: Services, new: NewCode, end: str):
    token = session_of(aws, new)
    if end == "revoked":
        assert aws.access.revoke(PATIENT, new.stored.id, NOON)
    elif end == "blocked":
        assert all(aws.access.count_attempt(new.stored, NOON) for _ in range(MAX_WRONG_PINS))
    else:
        for item in aws.access.items_of(PATIENT)[:1]:
            aws.access.delete_item(item)
    assert aws.access.session(token, NOON) is None


@pytest.mark.parametrize("end", ["revoked", "expired", "unknown"])
def test_no_attempt_is_counted_for_a_code_that_opens_nothing(aws: Services, new: NewCode, end: str):
    now, code = NOON, new.stored
    if end == "revoked":
        aws.access.revoke(PATIENT, code.id, NOON)
        assert aws.access.open_session(code, NOON) is None
    elif end == "expired":
        now = NOON + CODE_LIFETIME
    else:
        code = replace(code, id="unknown")
        assert aws.access.open_session(code, NOON) is None
    assert not aws.access.count_attempt(code, now)
    assert len(aws.access.codes_of(PATIENT)) == 1


def test_a_code_is_revoked_once_and_by_its_own_patient_only(aws: Services, new: NewCode):
    assert not aws.access.revoke(LONGER, new.stored.id, NOON) and not aws.access.revoke(PATIENT, "other", NOON)
    assert aws.access.revoke(PATIENT, new.stored.id, NOON)
    assert aws.access.revoke(PATIENT, new.stored.id, NOON + timedelta(days=1))
    assert aws.access.codes_of(PATIENT)[0].revoked_at == NOON


def test_a_browser_is_stored_once_and_goes_with_its_code(aws: Services, new: NewCode):
    browsers = BrowsersTable(aws.dynamodb, PATIENT_ACCESS_TABLE)
    other = make_code(PATIENT, "dr-vogel", NOON)
    aws.access.add(other.stored)
    one, two = browser(new), browser(other, f"{ENDPOINT}2")
    assert browsers.put(one) and browsers.put(one) and browsers.put(two)
    assert sorted(browsers.of_patient(PATIENT), key=repr) == sorted([one, two], key=repr)
    assert browsers.of_patient(LONGER) == []
    aws.access.revoke(PATIENT, new.stored.id, NOON)
    assert browsers.of_patient(PATIENT) == [two]
    assert not browsers.put(one), "a code that was taken back registers nothing"
    browsers.remove(two)
    assert browsers.of_patient(PATIENT) == []


def test_nothing_of_a_patient_is_left_after_all_items_are_deleted(aws: Services, new: NewCode):
    other = make_code(LONGER, "dr-vogel", NOON)
    aws.access.add(other.stored)
    session_of(aws, new)
    BrowsersTable(aws.dynamodb, PATIENT_ACCESS_TABLE).put(browser(new))
    items = aws.access.items_of(PATIENT)
    assert [one["entry"].partition("#")[0] for one in items] == ["code", "browser", "session"]
    for item in items:
        aws.access.delete_item(item)
        aws.access.delete_item(item)
    assert "patient-4/" not in everything(aws) and f"{PATIENT}'" not in everything(aws)
    assert aws.access.find(other.stored.secret) == other.stored


def test_a_transaction_that_meets_another_one_is_tried_again(aws: Services, new: NewCode, monkeypatch):
    conflict = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": "None"}]}

    def refuse(**_: object) -> None:
        raise aws.dynamodb.exceptions.ClientError(conflict, "TransactWriteItems")

    monkeypatch.setattr(aws.dynamodb, "transact_write_items", refuse)
    with pytest.raises(ServiceUnavailable):
        aws.access.open_session(new.stored, NOON)
