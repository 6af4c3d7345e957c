"""Notices about examinations, with a text for each protocol.

Others can read subjects, attributes, push messages, SMS and unencrypted connections (mail servers, phone networks,
logs, bystanders): they state that there is a result, but neither the result nor the patient. The result is in the
clinic's e-mail, and in the signed report that a system receives by https.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning
from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.notice_texts import format_brief_text, format_clinic_text, format_phone_text
from blastlens.domain.notification_plan import NoticeOptions
from blastlens.domain.patient_texts import format_patient_message
from blastlens.domain.push import MAX_PUSH_BYTES, make_push_bodies, measure_push
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Language, load_catalogue

MAX_MESSAGE_BYTES = 256 * 1024
"""Largest message that SNS accepts, subject and attributes included."""

TITLE = "blastlens"
TEST_STATUS = "TEST"
HELD_STATUS = "HELD"
LATE_FIELD_STATUS = "LATE_FIELD"
PHONE_GONE_STATUS = "DEVICE_GONE"
UNDELIVERED_STATUS = "PATIENT_NOT_TOLD"
STATUSES = (
    *(str(one) for one in ExaminationStatus if one is not ExaminationStatus.OPEN),
    *(HELD_STATUS, LATE_FIELD_STATUS, TEST_STATUS, PHONE_GONE_STATUS, UNDELIVERED_STATUS),
)
"""Every value of the attribute `status`; none states a finding."""

_KINDS = {Meaning.HELD: ("held", HELD_STATUS), Meaning.LATE_FIELD: ("late", LATE_FIELD_STATUS)}
"""Meaning → section of words/*.toml and status, where these are not those of an answer."""

_READ_IN_FULL = ("email", "email-json", "sqs", "lambda", "firehose")
"""Protocols whose subscribers read the complete text: the clinic's mail, and services of the account itself."""

_REPORTED_TO = ("https", "sqs", "lambda", "firehose")
"""Protocols whose subscribers receive the complete report."""


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


def make_clinic_notice(
    examination: Examination, meaning: Meaning, page_url: str | None, options: NoticeOptions | None = None
) -> Notice:
    """Make the notice of an examination for its clinic.

    Args:
        examination: the stored examination.
        meaning: what the clinic is told: a finding, HELD or LATE_FIELD.
        page_url: page on which a clinician opens examinations; None for none.
        options: language and reach; by default English, without the other.
    """
    chosen = options or NoticeOptions()
    kind, status = _KINDS.get(meaning, ("clinic", str(examination.status)))
    attributes = _attributes(examination, status)
    brief = format_brief_text(kind, examination, chosen.language)
    bodies = _bodies(format_clinic_text(examination, meaning, page_url, chosen), brief, attributes)
    return Notice(Audience.CLINIC, load_catalogue(chosen.language).fill(f"{kind}.subject"), bodies, attributes)


def make_patient_notice(
    examination: Examination, meaning: Meaning, language: Language, replaces: bool = False
) -> Notice:
    """Make the notice of an examination for its patient: that there is a result, or that one no longer counts.

    Args:
        examination: the stored examination.
        meaning: what the patient is told.
        language: of the message.
        replaces: whether the patient got an earlier message of another meaning.
    """
    attributes = _attributes(examination, str(examination.status))
    text = format_patient_message(examination, meaning, language, replaces)
    data = {"examination_id": attributes["examination_id"], "upload_id": attributes["upload_id"], "text": text}
    bodies = {"default": text, "sms": f"{TITLE}: {text}", **make_push_bodies(TITLE, text, data)}
    return Notice(Audience.PATIENT, load_catalogue(language).fill("patient.subject"), bodies, attributes)


def make_report_notice(examination: Examination, language: Language) -> Notice:
    """Make the notice with the report of a signed examination for the systems of its clinic.

    Raises:
        ValueError: nobody has signed the examination.
    """
    if not examination.history:
        raise ValueError("an examination that nobody has signed has no report for other systems")
    attributes = _attributes(examination, str(examination.status))
    report = json.dumps(make_diagnostic_report(examination), ensure_ascii=False)
    bodies = {"default": format_brief_text("report", examination, language), **dict.fromkeys(_REPORTED_TO, report)}
    return Notice(Audience.SYSTEM, load_catalogue(language).fill("report.subject"), bodies, attributes)


def make_test_notice(clinic_id: str, language: Language) -> Notice:
    """Make a notice for a clinic that is marked as a test everywhere."""
    catalogue = load_catalogue(language)
    attributes = {"clinic_id": clinic_id, "examination_id": "test", "upload_id": "test", "status": TEST_STATUS}
    bodies = _bodies(catalogue.fill("test.body"), catalogue.fill("test.lock_screen"), attributes)
    return Notice(Audience.CLINIC, catalogue.fill("test.subject"), bodies, attributes)


def make_phone_gone_notice(examination: Examination, language: Language) -> Notice:
    """Make the clinic's notice that a patient's phone accepts no more messages."""
    return _make_phone_notice("device_gone", PHONE_GONE_STATUS, examination, language)


def make_undelivered_notice(examination: Examination, language: Language) -> Notice:
    """Make the clinic's notice that no phone of a patient accepted a message."""
    return _make_phone_notice("untold", UNDELIVERED_STATUS, examination, language)


def _make_phone_notice(kind: str, status: str, examination: Examination, language: Language) -> Notice:
    attributes = _attributes(examination, status)
    brief = format_brief_text(kind, examination, language)
    bodies = _bodies(format_phone_text(kind, examination, language), brief, attributes)
    return Notice(Audience.CLINIC, load_catalogue(language).fill(f"{kind}.subject"), bodies, attributes)


def _attributes(examination: Examination, status: str) -> dict[str, str]:
    # `upload_id` is what subscriptions filtered by before there were examinations. A notice without it would be lost
    # to them in silence. An image without an examination in its key has one of the upload's id.
    identity = examination.id.examination_id
    return {
        "clinic_id": examination.id.clinic_id,
        "examination_id": identity,
        "upload_id": identity,
        "status": status,
    }


def _bodies(text: str, brief: str, attributes: Mapping[str, str]) -> dict[str, str]:
    data = {name: attributes[name] for name in ("examination_id", "upload_id")}
    push = make_push_bodies(TITLE, brief, data)
    return {"default": brief, "sms": f"{TITLE}: {brief}", **push, **dict.fromkeys(_READ_IN_FULL, text)}
