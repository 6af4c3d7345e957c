"""Notices: what clinics and patients are told of a result, as each protocol wants it.

Subjects, attributes and what a lock screen shows are seen by others (mail servers, logs, bystanders): they say that
there is a result, never which, and never whose. Only `PatientDetail.FULL` lets a patient's own lock screen say it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from blastlens.domain.catalogue import Language, catalogue
from blastlens.domain.fhir import diagnostic_report
from blastlens.domain.push import MAX_PUSH_BYTES, push_bodies, size_of_push
from blastlens.domain.record import Audience, Record
from blastlens.domain.telling import PatientDetail, Telling
from blastlens.domain.wording import clinic_text, patient_gist, patient_text, reference

MAX_MESSAGE_BYTES = 256 * 1024
"""What SNS takes, subject and attributes included."""

TITLE = "blastlens"
TEST_STATUS = "TEST"
DEVICE_STATUS = "DEVICE_GONE"
UNTOLD_STATUS = "PATIENT_NOT_TOLD"


@dataclass(frozen=True)
class Notice:
    """A message for one audience.

    Attributes:
        audience: who it is for.
        subject: the e-mail's subject.
        bodies: the text by SNS protocol; `default` is for every protocol not named.
        attributes: what subscribers may filter by; opaque ids and the status, nothing else.

    Raises:
        ValueError: the message is larger than SNS takes, or its push than a phone's platform does.
    """

    audience: Audience
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]

    def __post_init__(self) -> None:
        size = len("".join([self.message, self.subject, *self.attributes, *self.attributes.values()]).encode())
        if size > MAX_MESSAGE_BYTES:
            raise ValueError(f"the notice has {size} bytes, SNS takes {MAX_MESSAGE_BYTES}")
        push = size_of_push(self.bodies)
        if push > MAX_PUSH_BYTES:
            raise ValueError(f"the push message has {push} bytes, phones take {MAX_PUSH_BYTES}")

    @property
    def message(self) -> str:
        """The bodies as SNS wants them with `MessageStructure=json`."""
        return json.dumps(dict(self.bodies), ensure_ascii=False)


def notice_for(audience: Audience, record: Record, page_url: str | None, telling: Telling | None = None) -> Notice:
    """Return what an audience is told of a record.

    Args:
        audience: who is told.
        record: the stored result.
        page_url: the page on which a clinician opens results; None for none.
        telling: language and manner; in English, with nothing on the lock screen, where it is None.

    Raises:
        ValueError: a patient would be told of a rejected upload, with which they can do nothing.
    """
    manner = telling or Telling()
    return _for_clinic(record, page_url, manner) if audience is Audience.CLINIC else _for_patient(record, manner)


def test_notice(clinic_id: str, language: Language) -> Notice:
    """Return a notice that shows a clinic that notices reach it; it says in every place that it is a test."""
    words = catalogue(language)
    attributes = {"clinic_id": clinic_id, "upload_id": "test", "status": TEST_STATUS}
    bodies = _bodies(words.say("test.body"), words.say("test.lock_screen"), attributes)
    return Notice(Audience.CLINIC, words.say("test.subject"), bodies, attributes)


def device_gone_notice(record: Record, language: Language) -> Notice:
    """Return what a clinic is told when a patient's phone takes no messages any more."""
    return _of_patient("device_gone", DEVICE_STATUS, record, language)


def untold_notice(record: Record, language: Language) -> Notice:
    """Return what a clinic is told when no phone of a patient took what they were to be told."""
    return _of_patient("untold", UNTOLD_STATUS, record, language)


def _of_patient(kind: str, status: str, record: Record, language: Language) -> Notice:
    words, upload = catalogue(language), record.result.upload
    patient = "" if upload is None else upload.patient_id
    text = words.say(f"{kind}.body", patient=patient, upload=reference(record))
    attributes = _attributes(record) | {"status": status}
    bodies = _bodies(text, words.say(f"{kind}.lock_screen"), attributes)
    return Notice(Audience.CLINIC, words.say(f"{kind}.subject"), bodies, attributes)


def _for_clinic(record: Record, page_url: str | None, telling: Telling) -> Notice:
    words, attributes = catalogue(telling.language), _attributes(record)
    text = clinic_text(record, page_url, telling.language, telling.reach)
    report = json.dumps(diagnostic_report(record), ensure_ascii=False)
    bodies = _bodies(text, words.say("clinic.lock_screen"), attributes) | {"http": report, "https": report}
    return Notice(Audience.CLINIC, words.say("clinic.subject"), bodies, attributes)


def _for_patient(record: Record, telling: Telling) -> Notice:
    words, attributes = catalogue(telling.language), _attributes(record)
    text = patient_text(record, telling.language)
    shown, sms = words.say("patient.lock_screen"), words.say("patient.lock_screen_sms")
    if telling.detail is PatientDetail.FULL:
        shown = sms = patient_gist(record, telling.language)
    data = {"upload_id": attributes["upload_id"], "text": text}
    bodies = {"default": text, "sms": f"{TITLE}: {sms}", **push_bodies(TITLE, shown, data)}
    return Notice(Audience.PATIENT, words.say("patient.subject"), bodies, attributes)


def _attributes(record: Record) -> dict[str, str]:
    upload = record.result.upload
    clinic = {} if upload is None else {"clinic_id": upload.clinic_id}
    return {**clinic, "upload_id": reference(record), "status": str(record.result.status)}


def _bodies(text: str, lock_screen: str, attributes: Mapping[str, str]) -> dict[str, str]:
    push = push_bodies(TITLE, lock_screen, {"upload_id": attributes["upload_id"]})
    return {"default": text, "email": text, "sms": f"{TITLE}: {lock_screen}", **push}
