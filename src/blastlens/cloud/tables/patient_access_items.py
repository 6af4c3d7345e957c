"""DynamoDB items of access codes, sessions and browsers of patients."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from blastlens.cloud.tables.items import Item, text_of_time, time_of_text
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import AccessCode, PinHash, Session
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import Browser

KEPT_UNTIL = "kept_until"
"""Attribute by which DynamoDB deletes an item, in seconds since 1970."""

CODE, SESSION, BROWSER = "code#", "session#", "browser#"
"""Beginnings of the sort keys in a patient's partition."""

_LISTED = timedelta(days=30)
"""How long an expired code is still listed."""

_SECRETS = "#secrets/"
"""Beginning of the partitions that lead from a code to its patient. A patient's partition begins with a clinic's id."""


def code_key(code: AccessCode) -> dict[str, str]:
    """Return the key of a code."""
    return {"place": str(code.patient), "entry": f"{CODE}{code.id}"}


def secret_key(secret: str) -> dict[str, str]:
    """Return the key of the item that leads from the hash of a code to the code."""
    return {"place": f"{_SECRETS}{secret}", "entry": "code"}


def session_key(patient: PatientId, token_hash: str) -> dict[str, str]:
    """Return the key of a session."""
    return {"place": str(patient), "entry": f"{SESSION}{token_hash}"}


def browser_key(patient: PatientId, browser: str) -> dict[str, str]:
    """Return the key of a browser."""
    return {"place": str(patient), "entry": f"{BROWSER}{browser}"}


def item_of_code(code: AccessCode) -> Item:
    """Return the item of a new code, which has not been used."""
    return {
        **code_key(code),
        "secret": code.secret,
        "pin_salt": code.pin.salt,
        "pin_digest": code.pin.digest,
        "made_at": text_of_time(code.made_at),
        "made_by": code.made_by,
        "ends_at": text_of_time(code.expires_at),
        "wrong_pins": code.wrong_pins,
        KEPT_UNTIL: _seconds(code.expires_at + _LISTED),
    }


def item_of_secret(code: AccessCode) -> Item:
    """Return the item that leads from the hash of a code to the code."""
    kept = _seconds(code.expires_at + _LISTED)
    return {**secret_key(code.secret), "owner": str(code.patient), "code_id": code.id, KEPT_UNTIL: kept}


def code_of_item(item: Mapping[str, object]) -> AccessCode:
    """Return the code that `item_of_code` wrote.

    Raises:
        KeyError, ValueError: the item is of something else.
    """
    given = {name: str(value) for name, value in item.items()}
    return AccessCode(
        id=given["entry"].removeprefix(CODE),
        patient=patient_of_place(given["place"]),
        secret=given["secret"],
        pin=PinHash(given["pin_salt"], given["pin_digest"]),
        made_at=time_of_text(given["made_at"]),
        made_by=given["made_by"],
        expires_at=time_of_text(given["ends_at"]),
        revoked_at=_time(given.get("revoked_at")),
        wrong_pins=int(given["wrong_pins"]),
        last_used_at=_time(given.get("last_used_at")),
    )


def item_of_session(session: Session, token_hash: str) -> Item:
    """Return the item of a session."""
    times = {"ends_at": text_of_time(session.expires_at), KEPT_UNTIL: _seconds(session.expires_at)}
    return {**session_key(session.patient, token_hash), "code_id": session.code_id, **times}


def session_of_item(item: Mapping[str, str]) -> Session:
    """Return the session that `item_of_session` wrote."""
    return Session(patient_of_place(item["place"]), item["code_id"], time_of_text(item["ends_at"]))


def item_of_browser(browser: Browser) -> Item:
    """Return the item of a browser."""
    return {
        **browser_key(browser.patient, browser.id),
        "code_id": browser.code_id,
        "endpoint": browser.endpoint,
        "key": browser.key,
        "secret": browser.secret,
        "language": str(browser.language),
        "ends_at": text_of_time(browser.expires_at),
        KEPT_UNTIL: _seconds(browser.expires_at),
    }


def browser_of_item(item: Mapping[str, str]) -> Browser:
    """Return the browser that `item_of_browser` wrote."""
    return Browser(
        id=item["entry"].removeprefix(BROWSER),
        patient=patient_of_place(item["place"]),
        code_id=item["code_id"],
        endpoint=item["endpoint"],
        key=item["key"],
        secret=item["secret"],
        language=Language(item["language"]),
        expires_at=time_of_text(item["ends_at"]),
    )


def patient_of_place(place: str) -> PatientId:
    """Return the patient of a partition."""
    clinic_id, _, patient_id = place.partition("/")
    return PatientId(clinic_id, patient_id)


def _time(text: str | None) -> datetime | None:
    return None if text is None else time_of_text(text)


def _seconds(time: datetime) -> int:
    return math.ceil(time.timestamp())
