"""Notices to clinics and patients, with a text for each protocol.

Others can read subjects, attributes and lock screens (mail servers, logs, bystanders): they state that there is a
result, but neither the result nor the patient. Only `PatientDetail.FULL` shows it on the patient's own lock screen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.notice_texts import format_clinic_text, format_patient_summary, format_patient_text, reference
from blastlens.domain.notification_plan import NoticeOptions, PatientDetail
from blastlens.domain.push import MAX_PUSH_BYTES, make_push_bodies, measure_push
from blastlens.domain.record import Audience, Record
from blastlens.domain.text_catalogue import Language, load_catalogue

MAX_MESSAGE_BYTES = 256 * 1024
"""Largest message that SNS accepts, subject and attributes included."""

TITLE = "blastlens"
TEST_STATUS = "TEST"
PHONE_GONE_STATUS = "DEVICE_GONE"
UNDELIVERED_STATUS = "PATIENT_NOT_TOLD"


@dataclass(frozen=True)
class Notice:
    """A message for one audience.

    Attributes:
        audience: who receives it.
        subject: subject of the e-mail.
        bodies: text by SNS protocol; `default` is for every protocol not listed.
        attributes: values that subscribers may filter by; only opaque ids and the status.

    Raises:
        ValueError: the message is larger than SNS accepts, or its push than a phone's platform accepts.
    """

    audience: Audience
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]

    def __post_init__(self) -> None:
        size = len("".join([self.message, self.subject, *self.attributes, *self.attributes.values()]).encode())
        if size > MAX_MESSAGE_BYTES:
            raise ValueError(f"the notice has {size} bytes, SNS accepts {MAX_MESSAGE_BYTES}")
        push = measure_push(self.bodies)
        if push > MAX_PUSH_BYTES:
            raise ValueError(f"the push message has {push} bytes, phones accept {MAX_PUSH_BYTES}")

    @property
    def message(self) -> str:
        """The bodies in the form of `MessageStructure=json`."""
        return json.dumps(dict(self.bodies), ensure_ascii=False)


def make_notice(
    audience: Audience, record: Record, page_url: str | None, options: NoticeOptions | None = None
) -> Notice:
    """Make the notice of a record for an audience.

    Args:
        audience: who receives it.
        record: the stored result.
        page_url: page on which a clinician opens results; None for none.
        options: language and detail; by default English, with no result on the lock screen.

    Raises:
        ValueError: the audience is the patient and the upload was rejected: a patient cannot act on a rejection.
    """
    chosen = options or NoticeOptions()
    if audience is Audience.CLINIC:
        return _make_clinic_notice(record, page_url, chosen)
    return _make_patient_notice(record, chosen)


def make_test_notice(clinic_id: str, language: Language) -> Notice:
    """Make a notice for a clinic that is marked as a test everywhere."""
    catalogue = load_catalogue(language)
    attributes = {"clinic_id": clinic_id, "upload_id": "test", "status": TEST_STATUS}
    bodies = _bodies(catalogue.fill("test.body"), catalogue.fill("test.lock_screen"), attributes)
    return Notice(Audience.CLINIC, catalogue.fill("test.subject"), bodies, attributes)


def make_phone_gone_notice(record: Record, language: Language) -> Notice:
    """Make the clinic's notice that a patient's phone accepts no more messages."""
    return _make_phone_notice("device_gone", PHONE_GONE_STATUS, record, language)


def make_undelivered_notice(record: Record, language: Language) -> Notice:
    """Make the clinic's notice that no phone of a patient accepted a message."""
    return _make_phone_notice("untold", UNDELIVERED_STATUS, record, language)


def _make_phone_notice(kind: str, status: str, record: Record, language: Language) -> Notice:
    catalogue, upload = load_catalogue(language), record.result.upload
    patient = "" if upload is None else upload.patient_id
    text = catalogue.fill(f"{kind}.body", patient=patient, upload=reference(record))
    attributes = _attributes(record) | {"status": status}
    bodies = _bodies(text, catalogue.fill(f"{kind}.lock_screen"), attributes)
    return Notice(Audience.CLINIC, catalogue.fill(f"{kind}.subject"), bodies, attributes)


def _make_clinic_notice(record: Record, page_url: str | None, options: NoticeOptions) -> Notice:
    catalogue, attributes = load_catalogue(options.language), _attributes(record)
    text = format_clinic_text(record, page_url, options.language, options.reach)
    report = json.dumps(make_diagnostic_report(record), ensure_ascii=False)
    bodies = _bodies(text, catalogue.fill("clinic.lock_screen"), attributes) | {"http": report, "https": report}
    return Notice(Audience.CLINIC, catalogue.fill("clinic.subject"), bodies, attributes)


def _make_patient_notice(record: Record, options: NoticeOptions) -> Notice:
    catalogue, attributes = load_catalogue(options.language), _attributes(record)
    text = format_patient_text(record, options.language)
    shown, sms = catalogue.fill("patient.lock_screen"), catalogue.fill("patient.lock_screen_sms")
    if options.detail is PatientDetail.FULL:
        shown = sms = format_patient_summary(record, options.language)
    data = {"upload_id": attributes["upload_id"], "text": text}
    bodies = {"default": text, "sms": f"{TITLE}: {sms}", **make_push_bodies(TITLE, shown, data)}
    return Notice(Audience.PATIENT, catalogue.fill("patient.subject"), bodies, attributes)


def _attributes(record: Record) -> dict[str, str]:
    upload = record.result.upload
    clinic = {} if upload is None else {"clinic_id": upload.clinic_id}
    return {**clinic, "upload_id": reference(record), "status": str(record.result.status)}


def _bodies(text: str, lock_screen: str, attributes: Mapping[str, str]) -> dict[str, str]:
    push = make_push_bodies(TITLE, lock_screen, {"upload_id": attributes["upload_id"]})
    return {"default": text, "email": text, "sms": f"{TITLE}: {lock_screen}", **push}
