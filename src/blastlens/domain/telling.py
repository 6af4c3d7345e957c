"""How a clinic and its patients want to be told."""

from dataclasses import dataclass
from enum import StrEnum

from blastlens.domain.catalogue import Language


class PatientRelease(StrEnum):
    """When a patient is told of a prediction."""

    AUTOMATIC = "automatic"
    AFTER_SIGN_OFF = "after-sign-off"


class PatientDetail(StrEnum):
    """What a patient's lock screen shows: that there is a result, or the result itself."""

    MINIMAL = "minimal"
    FULL = "full"


class Reach(StrEnum):
    """How the patient of a prediction hears of it, as the clinic is told."""

    TOLD = "told"
    AFTER_SIGN_OFF = "after_sign_off"
    NOBODY = "nobody"


@dataclass(frozen=True)
class PatientSettings:
    """When and how patients are told.

    Attributes:
        release: when.
        detail: what their lock screen shows.
        sms: whether a patient whom no push message reaches gets an SMS.
    """

    release: PatientRelease = PatientRelease.AUTOMATIC
    detail: PatientDetail = PatientDetail.MINIMAL
    sms: bool = False


@dataclass(frozen=True)
class Telling:
    """How one notice is worded.

    Attributes:
        language: of all its texts.
        detail: what a patient's lock screen shows.
        reach: how the patient hears of it, for the clinic; None leaves it unsaid.
    """

    language: Language = Language.ENGLISH
    detail: PatientDetail = PatientDetail.MINIMAL
    reach: Reach | None = None
