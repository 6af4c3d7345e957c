"""Clinics, the phones of their patients, and checks of names and numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category

from blastlens.domain.text_catalogue import Language

ROLE_NAME = re.compile(r"blastlens-[a-z][a-z0-9]{0,7}-clinic-(?P<clinic>[A-Za-z0-9_-]{1,38})")
"""Name of the IAM role of a clinic: `blastlens-STAGE-clinic-CLINIC`. A name has 64 characters at most."""

CONTACT_LINES = 6
"""How many lines a letterhead has at most below the name; a report has one page."""

CONTACT_LINE_LENGTH = 80

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_JOINERS = dict.fromkeys((0x200C, 0x200D))  # invisible, but part of how Persian and Indian names are spelled


class Platform(StrEnum):
    """The service that delivers messages to a phone."""

    GCM = "gcm"
    APNS = "apns"
    SMS = "sms"


@dataclass(frozen=True)
class Clinic:
    """A clinic that has been onboarded.

    Attributes:
        id: opaque id; the only one in keys, logs and attributes.
        name: the name that people use. It is stored in the table only.
        email: address that receives the notices.
        language: language of the notices to the clinic and to its patients.
        topic_arn: SNS topic of its notices.
        subscription_arn: subscription of its e-mail address; empty until there is one.
        leaving: whether its removal has begun.
        role: name of its IAM role; empty until it is to have one.
        reports_arn: subscription of its system to signed reports; empty for none.
        contact: lines of its letterhead below the name, joined by line breaks: address, telephone and the like.
            Patients read them on their page and in their report.
    """

    id: str
    name: str
    email: str
    language: Language
    topic_arn: str
    subscription_arn: str = ""
    leaving: bool = False
    role: str = ""
    reports_arn: str = ""
    contact: str = ""

    @property
    def contact_lines(self) -> tuple[str, ...]:
        """Lines of its letterhead below the name."""
        return tuple(self.contact.splitlines())


@dataclass(frozen=True)
class Phone:
    """A patient's phone.

    Attributes:
        id: opaque id; the app may store it, and sends it when its token changes.
        clinic_id: the patient's clinic.
        patient_id: the patient.
        platform: service that delivers its messages.
        endpoint: ARN of its SNS endpoint, or its number for SMS.
        language: language of its messages; None for the clinic's.
    """

    id: str
    clinic_id: str
    patient_id: str
    platform: Platform
    endpoint: str
    language: Language | None = None


def is_phone_number(text: str) -> bool:
    """Check whether `text` is a phone number in E.164 format.

    The format is `+`, country code, number.
    """
    return _NUMBER.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Check whether `text` can be an e-mail address."""
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain) and not any(one.isspace() for one in text)


def tidy_name(text: str) -> str:
    """Return a name with plain spaces, and without spaces around it.

    Word processors put other kinds of space into names such as "Dr. Vogel".
    """
    return "".join(" " if category(letter) == "Zs" else letter for letter in text).strip()


def is_printable_name(name: str) -> bool:
    """Check that a name is visible and printable.

    It contains no line break, no change of writing direction, or the like.
    """
    visible = name.translate(_JOINERS)
    return bool(visible.strip()) and visible.isprintable()


def tidy_contact(lines: Iterable[str]) -> str:
    """Return the lines of a letterhead as `Clinic.contact`, without empty ones.

    Raises:
        ValueError: a line is too long or has characters that cannot be printed, or there are too many.
    """
    tidied = [line for line in map(tidy_name, lines) if line]
    if len(tidied) > CONTACT_LINES:
        raise ValueError(f"a letterhead has at most {CONTACT_LINES} lines below the name, not {len(tidied)}")
    if any(len(line) > CONTACT_LINE_LENGTH or not is_printable_name(line) for line in tidied):
        raise ValueError(f"a line has at most {CONTACT_LINE_LENGTH} characters, all of which can be printed")
    return "\n".join(tidied)
