"""Clinics that are told of results, and the phones of their patients."""

import re
from dataclasses import dataclass
from enum import StrEnum

from blastlens.domain.catalogue import Language

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class Platform(StrEnum):
    """By what way a phone is reached."""

    GCM = "gcm"
    APNS = "apns"
    SMS = "sms"


@dataclass(frozen=True)
class Clinic:
    """A clinic that has been onboarded.

    Attributes:
        id: opaque; what keys, logs and attributes carry.
        name: what people call it. It stays in the table.
        email: who is told.
        language: in which they, and their patients, are told.
        topic_arn: the topic that carries its notices.
        subscription_arn: its e-mail's subscription; empty until there is one.
        leaving: whether its removal has begun.
    """

    id: str
    name: str
    email: str
    language: Language
    topic_arn: str
    subscription_arn: str = ""
    leaving: bool = False


@dataclass(frozen=True)
class Phone:
    """A patient's device.

    Attributes:
        id: opaque; the app may keep it, and names it when its token changes.
        clinic_id: the patient's clinic.
        patient_id: whose it is.
        platform: how it is reached.
        endpoint: ARN of its SNS endpoint, or its number for SMS.
        language: in which it is told; None for the clinic's.
    """

    id: str
    clinic_id: str
    patient_id: str
    platform: Platform
    endpoint: str
    language: Language | None = None


def is_phone_number(text: str) -> bool:
    """Tell whether `text` is a phone number as E.164 writes it, `+` and the country first."""
    return _NUMBER.fullmatch(text) is not None
