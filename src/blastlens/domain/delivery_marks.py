"""Marks of the messages that phones accepted, by which a retry repeats none."""

from itertools import groupby

from blastlens.domain.examination import Examination, Meaning
from blastlens.domain.record import Audience
from blastlens.domain.signature import FINDINGS

ANNOUNCED = "announced"
"""In the place of a phone's id: a message was about to be sent. It is stored before the first phone gets one."""


def announcement_mark(examination: Examination, meaning: Meaning) -> str:
    """Return the mark that a message is about to be sent."""
    return delivery_mark(examination, meaning, ANNOUNCED)


def delivery_mark(examination: Examination, meaning: Meaning, phone_id: str) -> str:
    """Return the mark that a phone accepted a message, `PHONE#MEANING#NUMBER`.

    The number rises with each message and each change of what was signed: a meaning that comes back is another message.
    """
    told = len(examination.told.get(Audience.PATIENT, ()))
    signed = [None if one.conclusion is None else FINDINGS[one.conclusion] for one in examination.history]
    return f"{phone_id}#{meaning}#{told + len(list(groupby(signed)))}"


def is_replacement(examination: Examination, meaning: Meaning) -> bool:
    """Check whether the patient got, or may have got, a message of another meaning or number."""
    if examination.last_told(Audience.PATIENT) is not None:
        return True
    this = delivery_mark(examination, meaning, "")
    return any(not mark.endswith(this) for mark in examination.pushed)
