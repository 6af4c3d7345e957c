"""Notices to clinics and patients, with a text for each protocol.

Others can read subjects, attributes, push messages, SMS and unencrypted connections (mail servers, phone networks,
logs, bystanders): they state that there is a result, but neither the result nor the patient. The result is in the
clinic's e-mail, and in what an encrypted subscriber of the clinics' topic receives.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.notice_texts import format_brief_text, format_clinic_text, format_phone_text, reference
from blastlens.domain.notification_plan import NoticeOptions, Standing
from blastlens.domain.prediction import Prediction
from blastlens.domain.push import MAX_PUSH_BYTES, make_push_bodies, measure_push
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Status
from blastlens.domain.text_catalogue import Language, load_catalogue

MAX_MESSAGE_BYTES = 256 * 1024
"""Largest message that SNS accepts, subject and attributes included."""

TITLE = "blastlens"
TEST_STATUS = "TEST"
PHONE_GONE_STATUS = "DEVICE_GONE"
UNDELIVERED_STATUS = "PATIENT_NOT_TOLD"
STATUSES = (*(str(one) for one in Status), TEST_STATUS, PHONE_GONE_STATUS, UNDELIVERED_STATUS)
"""Every value of the attribute `status`."""

_READ_IN_FULL = ("email", "email-json", "sqs", "lambda", "firehose")
"""Protocols whose subscribers read the complete text: the clinic's mail, and services of the account itself."""


@dataclass(frozen=True)
class Notice:
    """A message for one audience.

    Attributes:
        audience: who receives it.
        subject: subject of the e-mail.
        bodies: text by SNS protocol; `default` is for every protocol not listed, and contains no result.
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
        options: language, standing and reach; by default English, without the others.

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
    attributes = _attributes(record) | {"status": status}
    brief = format_brief_text(kind, record, NoticeOptions(language))
    bodies = _bodies(format_phone_text(kind, record, language), brief, attributes)
    return Notice(Audience.CLINIC, load_catalogue(language).fill(f"{kind}.subject"), bodies, attributes)


def _make_clinic_notice(record: Record, page_url: str | None, options: NoticeOptions) -> Notice:
    catalogue, attributes = load_catalogue(options.language), _attributes(record)
    text = format_clinic_text(record, page_url, options)
    report = json.dumps(make_diagnostic_report(record, options.standing), ensure_ascii=False)
    bodies = _bodies(text, format_brief_text("clinic", record, options), attributes) | {"https": report}
    return Notice(Audience.CLINIC, catalogue.fill("clinic.subject"), bodies, attributes)


def _make_patient_notice(record: Record, options: NoticeOptions) -> Notice:
    if not isinstance(record.result.answer, Prediction):
        raise ValueError("a rejected upload has no message for the patient")
    attributes = _attributes(record)
    standing = Standing.REPLACES if record.owes_correction else options.standing
    text = format_brief_text("patient", record, replace(options, standing=standing))
    data = {"upload_id": attributes["upload_id"], "text": text}
    bodies = {"default": text, "sms": f"{TITLE}: {text}", **make_push_bodies(TITLE, text, data)}
    return Notice(Audience.PATIENT, load_catalogue(options.language).fill("patient.subject"), bodies, attributes)


def _attributes(record: Record) -> dict[str, str]:
    upload = record.result.upload
    clinic = {} if upload is None else {"clinic_id": upload.clinic_id}
    return {**clinic, "upload_id": reference(record), "status": str(record.result.status)}


def _bodies(text: str, brief: str, attributes: Mapping[str, str]) -> dict[str, str]:
    push = make_push_bodies(TITLE, brief, {"upload_id": attributes["upload_id"]})
    return {"default": brief, "sms": f"{TITLE}: {brief}", **push, **dict.fromkeys(_READ_IN_FULL, text)}
