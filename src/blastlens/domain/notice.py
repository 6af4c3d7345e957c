"""Notices: what clinics and patients are told of a result, as each protocol wants it.

Subjects, attributes and push messages are seen by others (mail servers, logs, a phone's lock screen): they say that
there is a result, never which, and never whose.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Audience, Record
from blastlens.domain.wording import clinic_text, patient_text, reference

MAX_MESSAGE_BYTES = 256 * 1024
"""What SNS takes, subject and attributes included."""

CLINIC_SUBJECT = "blastlens: an upload has been answered"
PATIENT_SUBJECT = "blastlens: there is news for you"


@dataclass(frozen=True)
class Notice:
    """A message for one audience.

    Attributes:
        audience: who it is for.
        subject: the e-mail's subject.
        bodies: the text by SNS protocol; `default` is for every protocol not named.
        attributes: what subscribers may filter by; opaque ids and the status, nothing else.

    Raises:
        ValueError: the message is larger than SNS takes.
    """

    audience: Audience
    subject: str
    bodies: Mapping[str, str]
    attributes: Mapping[str, str]

    def __post_init__(self) -> None:
        size = len("".join([self.message, self.subject, *self.attributes, *self.attributes.values()]).encode())
        if size > MAX_MESSAGE_BYTES:
            raise ValueError(f"the notice has {size} bytes, SNS takes {MAX_MESSAGE_BYTES}")

    @property
    def message(self) -> str:
        """The bodies as SNS wants them with `MessageStructure=json`."""
        return json.dumps(dict(self.bodies))


def notice_for(audience: Audience, record: Record, page_url: str) -> Notice:
    """Return what an audience is told of a record.

    Args:
        audience: who is told.
        record: the stored result.
        page_url: the page on which a clinician opens results.

    Raises:
        ValueError: a patient would be told of a rejected upload, with which they can do nothing.
    """
    attributes = _attributes(record)
    if audience is Audience.CLINIC:
        text = clinic_text(record, page_url)
        push = _push("blastlens", "An upload has been answered. Sign in to read the result.", attributes)
        return Notice(audience, CLINIC_SUBJECT, {"default": text, "email": text, **push}, attributes)
    if not isinstance(record.result.answer, Prediction):
        raise ValueError("a patient is told of predictions alone")
    text = patient_text(record.result.answer)
    push = _push("blastlens", "There is a new result for you. Open the app to read it.", attributes)
    return Notice(audience, PATIENT_SUBJECT, {"default": text, "email": text, **push}, attributes)


def _attributes(record: Record) -> dict[str, str]:
    upload = record.result.upload
    clinic = {} if upload is None else {"clinic_id": upload.clinic_id}
    return {**clinic, "upload_id": reference(record), "status": str(record.result.status)}


def _push(title: str, body: str, attributes: Mapping[str, str]) -> dict[str, str]:
    message = {"notification": {"title": title, "body": body}, "data": {"upload_id": attributes["upload_id"]}}
    apple = json.dumps({"aps": {"alert": {"title": title, "body": body}, "sound": "default"}, **message["data"]})
    return {
        "sms": f"{title}: {body}",
        "GCM": json.dumps({"fcmV1Message": {"message": message}}),
        "APNS": apple,
        "APNS_SANDBOX": apple,
    }
