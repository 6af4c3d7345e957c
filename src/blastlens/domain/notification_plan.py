"""Settings and options of notifications: when, in which detail and language."""

from dataclasses import dataclass
from enum import StrEnum

from blastlens.domain.text_catalogue import Language

TRIAL_STAGES = ("dev", "test")
"""Stages that have no patients: only they may notify before a clinician has signed, and have no operator."""


class PatientRelease(StrEnum):
    """When a patient is notified of an examination."""

    AUTOMATIC = "automatic"
    AFTER_SIGN_OFF = "after-sign-off"


class PatientDetail(StrEnum):
    """Content of a patient's message: that there is a result, and who explains it."""

    MINIMAL = "minimal"


class PatientNotification(StrEnum):
    """How the patient is notified of an examination.

    Values are keys under `reach` of words/*.toml, for the clinic's notice.
    """

    NOTIFIED = "told"
    AFTER_SIGN_OFF = "after_sign_off"
    NOBODY = "nobody"


@dataclass(frozen=True)
class PatientSettings:
    """When and how patients are notified.

    Attributes:
        release: when.
        detail: content of their message.
        sms: whether a patient receives an SMS if no push message can be delivered.
    """

    release: PatientRelease = PatientRelease.AFTER_SIGN_OFF
    detail: PatientDetail = PatientDetail.MINIMAL
    sms: bool = False


@dataclass(frozen=True)
class NoticeOptions:
    """Options for the texts of one notice.

    Attributes:
        language: language of all its texts.
        reach: statement for the clinic on how the patient is notified; None to leave it out.
    """

    language: Language = Language.ENGLISH
    reach: PatientNotification | None = None
